"""Reach: how an erasure reaches the cluster: gateways, hosts, and the stream of dead letters."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable

import ray
from nats.aio.client import Client

from actors.coordinator import NAMESPACE, coordinator
from actors.erased import ERASE
from actors.errors import LogError, Unavailable
from actors.log import request
from actors.store.base import Ownership
from gateway.api.ray_calls import called
from gateway.api.services import Ack, Refusal, Sender
from gateway.dead_letters import STREAM
from twins.ids import split

SEND_S = 10.0
SETTLE_S = 60.0
"""How long all partitions may take to settle, in seconds."""

Send = Callable[[str, str, bytes, Sender, float], Awaitable[Ack | Refusal]]
"""`Services.send`."""


class Reach:
    """See `gateway.erasing.Cluster`."""

    def __init__(self, client: Client, partitions: int, send: Send) -> None:
        self._client = client
        self._partitions = partitions
        self._send = send

    async def tell(self, twin_id: str, body: bytes) -> int:
        """Through the gateway, in Vigil's own name."""
        answer = await self._send(twin_id, ERASE, body, "inside", SEND_S)
        if isinstance(answer, Refusal):
            raise Unavailable(f"{twin_id}: the gateway refuses to erase it: {answer.reason}")
        return answer.position

    async def settle(self) -> dict[int, int]:
        """Every host settles all that it serves."""
        owners: list[Ownership] = await called(coordinator().owners.remote())
        names = sorted({owner.host.partition("#")[0] for owner in owners if owner.host})
        heads: dict[int, int] = {}
        try:
            async with asyncio.timeout(SETTLE_S):
                for name in names:
                    host = ray.get_actor(name, namespace=NAMESPACE)
                    heads |= await host.settle.remote()
        except (ray.exceptions.RayError, ValueError, TimeoutError) as error:
            raise Unavailable(f"the hosts do not settle: {error!r}; try again") from error
        return heads

    async def bury(self, twin_ids: Iterable[str]) -> int:
        """Purge the twins' subjects."""
        count = 0
        for twin_id in twin_ids:
            kind, key = split(twin_id)
            body = json.dumps({"filter": f"dead.*.{kind}.{key}"}).encode()
            answer = await request(self._client, f"$JS.API.STREAM.PURGE.{STREAM}", body)
            if "error" in answer:
                raise LogError(f"cannot purge {STREAM}: {answer['error'].get('description')}")
            count += int(answer.get("purged", 0))
        return count
