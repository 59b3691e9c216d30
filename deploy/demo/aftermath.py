"""Aftermath: what becomes of customers, told to Vigil as in the world, where nobody there knows it.

Whom nothing has reached when her arrangement is over calls the hotline, and helps herself; later
comes the invoice. Both reach her twin by the signed webhook, as a telephone system's and an
insurer's do. How satisfied she is she says by herself (`deploy.demo.people`).
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

import httpx2
import msgspec
import structlog

from actors.supervisors.arrangement import Arrangement
from deploy.demo.watch import Telling
from gateway.channels import SIGNATURE, Signer

logger = structlog.get_logger(__name__)

LOOK_S: Final = 1.0

CALLS_S: Final = 3.0
"""How long she waits before she calls, in seconds."""

HELPED_S: Final = 6.0
"""When she has found help by herself, seconds after her arrangement has ended."""

INVOICE_CENTS: Final = 23_900


class Aftermath:
    """Tells what becomes of them.

    Args:
        http: Sends it.
        api_url: Where Vigil's API is.
        signer: Signs it.
        tellings: The stories; whoever watches them keeps their facts up to date.
        clock: Seconds since the epoch.
        sleep: Waits.
    """

    def __init__(
        self,
        http: httpx2.AsyncClient,
        api_url: str,
        signer: Signer,
        tellings: Sequence[Telling],
        *,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._http = http
        self._url = f"{api_url}/v1/hooks/people"
        self._signer = signer
        self._tellings = tellings
        self._clock = clock
        self._sleep = sleep
        self.told: dict[str, None] = {}
        """Ids of the events that Vigil has taken."""

    async def run(self) -> None:
        """Tell it when it happens, until cancelled."""
        while True:
            await self.look()
            await self._sleep(LOOK_S)

    async def look(self) -> None:
        """Tell what has happened by now."""
        for telling in self._tellings:
            arr = telling.facts.arrangement
            if arr is None or arr.ended_at is None or _helped(arr):
                continue
            for event, at in _events(telling.customer, arr):
                if at <= self._clock():
                    await self._tell(event)

    async def finish(self) -> None:
        """Wait until all that comes of arrangements that are over has happened."""
        ends = [
            arr.ended_at
            for telling in self._tellings
            if (arr := telling.facts.arrangement) is not None
            and arr.ended_at is not None
            and not _helped(arr)
        ]
        last = max(ends, default=0.0) + HELPED_S
        await self._sleep(max(0.0, last - self._clock()))
        await self.look()

    async def _tell(self, event: dict[str, Any]) -> None:
        if event["id"] in self.told:
            return
        body = msgspec.json.encode({"events": [event]})
        signature = self._signer.signature(body, self._clock())
        try:
            answer = await self._http.post(self._url, content=body, headers={SIGNATURE: signature})
        except httpx2.HTTPError as error:
            logger.debug("cannot tell", what=event["id"], error=repr(error))
            return
        if answer.status_code == httpx2.codes.ACCEPTED:
            self.told[event["id"]] = None
        else:
            logger.warning("not taken", what=event["id"], status=answer.status_code)


def _helped(arr: Arrangement) -> bool:
    """Whether she has what she was offered, or what she need not be asked for."""
    return arr.track is not None or any(leg.state == "confirmed" for leg in arr.legs.values())


def _events(customer: str, arr: Arrangement) -> list[tuple[dict[str, Any], float]]:
    """What is told of her -> when."""
    assert arr.ended_at is not None
    call_at, helped_at = arr.ended_at + CALLS_S, arr.ended_at + HELPED_S
    call = {"id": f"call-{arr.id}", "at": call_at, "text": "where is help?"}
    invoice = {
        "id": f"invoice-{arr.id}", "at": helped_at, "helped_at": helped_at,
        "cost_cents": INVOICE_CENTS, "currency": "EUR",
    }  # fmt: skip
    return [
        ({"id": data["id"], "subject": customer, "type": name, "data": data}, at)
        for name, data, at in (
            ("call.received", call, call_at), ("help.noted", invoice, helped_at),
        )
    ]  # fmt: skip
