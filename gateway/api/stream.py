"""`GET /v1/live`: what changes, as server-sent events.

| event | data |
|---|---|
| `hello` | `{at}`; the first one |
| `change` | a twin's state, as of `GET /v1/twins`; a newer one replaces those not yet sent |
| `left` | `{id, revision, at}`: a twin does not match `where` any more; perhaps it never did |
| `arrangement` | `ArrangementView`, beside the `change` of its supervisor |
| `signal` | what a twin noticed |
| `status` | `{at, healthy, problems, totals, watchers}` every 2 s; the heartbeat |
| `lost` | `{count}`: so many were left out; null: what happened before this connection is missing |

Reconnecting with `Last-Event-ID` goes on where the connection broke, without a gap, also with
another API process: an id says how far the logs were seen. What changed several times meanwhile
comes once, as it is.
"""

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, Header, Query
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import BaseModel

from actors.store.filter import parse
from actors.store.filter_fields import check_fields
from gateway.api.errors import Overloaded
from gateway.api.live import Interest, Item
from gateway.api.live_events import LiveEvent
from gateway.api.models import Problem
from gateway.api.needs import Reads
from twins.ids import PART, split

RETRY_MS = 1000

router = APIRouter(tags=["live"])

_encode = msgspec.json.Encoder().encode


def interest(
    kind: Annotated[str | None, Query(pattern=f"^{PART}$")] = None,
    twin: Annotated[str | None, Query(max_length=130)] = None,
    where: Annotated[
        str | None,
        Query(max_length=4096, description="Only twins that match; `left` tells when one ceases."),
    ] = None,
    twins: Annotated[
        int, Query(ge=1, le=10_000, description="At most so many twins at a time.")
    ] = 1000,
) -> Interest:
    """Read what a watcher wants; raises `BadTwinId` and `BadFilter`."""
    if twin is not None:
        split(twin)
    if where:
        check_fields(where)
    if not where:
        return Interest(kind, twin, None, twins)
    whole = where if kind is None else f'kind = "{kind}" and ({where})'
    return Interest(kind, twin, parse(where), twins, search=whole)


def room(shared: Reads) -> None:
    """Refuse a stream too many, before it begins."""
    if shared.hub.watchers >= shared.limits.streams:
        raise Overloaded(f"{shared.hub.watchers} live streams are open; close one, or wait")


def _text(item: Item) -> str:
    if isinstance(item.data, BaseModel):
        return item.data.model_dump_json()
    return _encode(item.data).decode()


@router.get(
    "/v1/live",
    response_class=EventSourceResponse,
    dependencies=[Depends(room)],
    responses={
        200: {
            "model": LiveEvent,
            "description": "Events, as they happen, until the connection ends",
        },
        **{status: {"model": Problem} for status in (401, 403, 422, 503)},
    },
)
async def watch(
    shared: Reads,
    wanted: Annotated[Interest, Depends(interest)],
    last_event_id: Annotated[str | None, Header(alias="Last-Event-ID", max_length=8192)] = None,
) -> AsyncIterator[ServerSentEvent]:
    """Watch what changes in twins, as it changes."""
    async with aclosing(shared.hub.watch(wanted, last_event_id)) as items:
        async for id_, item in items:
            yield ServerSentEvent(
                raw_data=_text(item),
                event=item.event,
                id=id_,
                retry=RETRY_MS if item.event == "hello" else None,
            )
