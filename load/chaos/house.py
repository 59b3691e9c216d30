"""House: the node that a run breaks, in a process of its own, as `vigil up` starts it."""

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import httpx2
import msgspec
from nats.aio.client import Client

from actors.connection import NatsAddress
from deploy.cli import process
from deploy.errors import DeployError
from deploy.node import free_port
from deploy.running import Running, watchdog
from deploy.settings import NodeSettings
from gateway.auth import FLEET, device_token
from gateway.secrets import Secrets
from load.chaos.processes import below_of, end_all, kill

START_S = 150.0
STOP_S = 60.0
KINDS = [*NodeSettings().kinds, "load.chaos.errand", "load.chaos.poison"]
ASK_S = 30.0
"""How long one answer of the API may take, in seconds."""


class House:
    """A node that runs, seen from outside.

    Args:
        folder: Its data folder.
        running: Where it is.
    """

    def __init__(self, folder: Path, running: Running) -> None:
        self.folder = folder
        self.running = running
        self.secrets = Secrets.load(folder)
        self._http = httpx2.AsyncClient(
            base_url=running.api_url,
            headers={"Authorization": f"Bearer {running.operator_token}"},
            timeout=ASK_S,
            trust_env=False,
        )

    @property
    def pid(self) -> int:
        """Of the watchdog: the node, and all that it starts, is below it, also after a restart."""
        return watchdog_of(self.folder)

    @property
    def address(self) -> NatsAddress:
        """The log server, as the node's own parts sign in."""
        secrets = self.secrets
        return NatsAddress(self.running.nats_url, secrets.internal_user, secrets.internal_password)

    async def status(self, within_s: float = ASK_S) -> dict[str, Any] | None:
        """What the node says of itself; None when it does not say in time."""
        try:
            async with asyncio.timeout(within_s):
                found: dict[str, Any] = await self.read("/v1/status")
        except (httpx2.HTTPError, TimeoutError, msgspec.DecodeError):
            return None
        return found

    async def twin(self, twin_id: str) -> dict[str, Any] | None:
        """A twin; None when nobody answers for it now."""
        try:
            found: dict[str, Any] = await self.read(f"/v1/twins/{twin_id}")
        except (httpx2.HTTPError, msgspec.DecodeError):
            return None
        return found

    def token(self, kind: str) -> str:
        """What signs in for all devices of a kind."""
        return device_token(self.secrets.device_key, f"{kind}/*")

    @asynccontextmanager
    async def signed_in(self, kind: str) -> AsyncIterator[Client]:
        """A plain NATS connection for all devices of a kind, that comes back for ever."""
        client = Client()
        await client.connect(
            self.running.nats_url, user=f"{kind}/*", password=self.token(kind),
            inbox_prefix=f"_INBOX.{kind}.{FLEET}", max_reconnect_attempts=-1,
            reconnect_time_wait=1, error_cb=_ignore,
        )  # fmt: skip
        try:
            yield client
        finally:
            await client.close()

    async def read(self, path: str, **params: str) -> Any:
        """What the API answers; raises `httpx2.HTTPError` when it does not."""
        answer = await self._http.get(path, params=params)
        answer.raise_for_status()
        return msgspec.json.decode(answer.content)

    async def close(self) -> None:
        """Look no more."""
        await self._http.aclose()


async def _ignore(_error: Exception) -> None:
    """Whoever sends sees that nobody answers; the client's own words say nothing more."""


def settings_of(folder: Path, members: int, *, free: bool) -> dict[str, Any]:
    """The settings of the node: the defaults, on ports that stay when a part starts again.

    Args:
        folder: For its data.
        members: How many hosts and gateways it has.
        free: Whether a device may send as fast as it likes.
    """
    limits = {"gateway.rate_per_device": "1000000", "gateway.burst_per_device": "1000000"}
    return {
        **(limits if free else {}),
        "node.folder": str(folder),
        "node.kinds": KINDS,
        "nats.port": str(free_port()),
        # What is told to devices is looked at here; that MQTT is told the same is tried elsewhere.
        "nats.mqtt_port": "none",
        "api.port": str(free_port()),
        "host.count": str(members),
        "gateway.count": str(members),
    }


@asynccontextmanager
async def house(folder: Path, members: int, *, free: bool = False) -> AsyncIterator[House]:
    """Start a node; at the end of the block it and all of its processes are gone."""
    given = [
        f"{name}={value if isinstance(value, str) else msgspec.json.encode(value).decode()}"
        for name, value in settings_of(folder, members, free=free).items()
    ]
    running = await asyncio.to_thread(_start, folder, given)
    top = watchdog_of(folder)
    one = House(folder, running)
    try:
        yield one
    finally:
        await one.close()
        await asyncio.to_thread(_end, folder, top)


def _start(folder: Path, given: list[str]) -> Running:
    folder.mkdir(parents=True, exist_ok=True)
    return process.start(process.up_command(None, given), folder, START_S)


def watchdog_of(folder: Path) -> int:
    """The process that watches the node of a folder."""
    found = watchdog(folder)
    assert found is not None, "`process.start` starts one, and nothing here ends it"
    return found


def _end(folder: Path, pid: int) -> None:
    """End the node, in good order where it still can, and whatever of it is left."""
    below = below_of(pid)
    with suppress(DeployError):
        process.stop(folder, STOP_S)
    end_all(below)
    with suppress(ProcessLookupError):
        kill(pid)  # our own child, and not waited for: its number is nobody else's
    with suppress(ChildProcessError):
        os.waitpid(pid, 0)


def scratch() -> Path:
    """A new folder for a run."""
    return Path(tempfile.mkdtemp(prefix="vigil-chaos-"))
