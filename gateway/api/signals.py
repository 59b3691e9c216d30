"""Calls about signals: what twins noticed lately.

A signal lives on in what it began: an arrangement names its cause, and a twin says why it fired
(`GET /v1/rules/…/why`). Here are the last ones, as the hosts remember them.
"""

import asyncio
from typing import Annotated, Final

from fastapi import APIRouter, Query
from msgspec.structs import asdict

from actors.changes import KEPT_SIGNALS, Noticed
from actors.errors import ActorError
from gateway.api.live_events import Signal
from gateway.api.models import Answer, Problem
from gateway.api.needs import Reads
from twins.ids import PART

LOOK_S: Final = 3.0
"""How long a host may take."""

router = APIRouter(
    prefix="/v1/signals",
    tags=["search"],
    responses={status: {"model": Problem} for status in (401, 422, 503, 504)},
)


class Signals(Answer):
    """What twins noticed, the newest first."""

    items: list[Signal]
    missing: list[int]
    """Partitions whose host did not answer: theirs are not among the items."""


@router.get("")
async def list_signals(
    shared: Reads,
    *,
    kind: Annotated[
        str | None, Query(pattern=f"^{PART}$", description="Of twins of this kind alone.")
    ] = None,
    twin: Annotated[
        str | None, Query(pattern=f"^{PART}/{PART}$", description="Of this twin alone.")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=KEPT_SIGNALS)] = 100,
) -> Signals:
    """List the newest signals that hosts remember: the last 4,096 of each partition.

    A host forgets them when it ends; those that came since its last checkpoint come again.
    """

    async def of(partition: int) -> list[Noticed] | None:
        try:
            async with asyncio.timeout(LOOK_S):
                return await shared.services.noticed(partition, kind, twin, limit)
        except (ActorError, TimeoutError):
            return None

    numbers = range(shared.services.partitions)
    found = await asyncio.gather(*(of(number) for number in numbers))
    signals = [one.signal for part in found for one in part or ()]
    signals.sort(key=lambda one: (one.time, one.id), reverse=True)
    return Signals(
        items=[Signal(**asdict(one)) for one in signals[:limit]],
        missing=[number for number, part in zip(numbers, found, strict=True) if part is None],
    )
