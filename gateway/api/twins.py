"""Operators' calls on one twin: read it, ask it, send it an event, read its history."""

import re
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query, Request, Response

from actors.quarantine import RESUME, SKIP
from actors.state import TwinState
from actors.words import RESERVED
from gateway.api.cloudevents import parse_json
from gateway.api.context import Context, Key, Kind, within
from gateway.api.errors import Invalid
from gateway.api.events import Places
from gateway.api.idempotency import IdempotencyKey, event_id_of
from gateway.api.models import Problem
from gateway.api.needs import Operates, Reads, reached
from gateway.api.revisions import IfNoneMatch, tag_of, tagged, unchanged
from gateway.api.sending import send, wire
from gateway.api.services import Sender
from gateway.twin_views import Asked, History, Sent, TwinThen
from twins.event import MAX_DATA_BYTES
from twins.kind import kind_of

PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"model": Problem} for status in (401, 404, 409, 422, 503, 504)
}
MAX_HISTORY = 10_000
THEN_S = 30.0
"""How long one look into the past may take, in seconds."""
DAY_S = 86_400.0

router = APIRouter(prefix="/v1", tags=["twins"], responses=PROBLEMS)

_TYPE = r"^[A-Za-z0-9_-]{1,64}(\.[A-Za-z0-9_-]{1,64}){0,7}$"
_BODY: dict[str, Any] = {"requestBody": {"content": {"application/json": {"schema": {}}}}}


async def _data(request: Request) -> Any:
    """The body's JSON; an empty body is no data."""
    body = await request.body()
    if len(body) > MAX_DATA_BYTES:
        raise Invalid(f"the data takes {len(body)} bytes; the limit is {MAX_DATA_BYTES}")
    return parse_json(body) if body.strip() else None


@router.get(
    "/twins/{kind}/{key}",
    response_model=TwinState,
    responses={304: {"description": "It is as the caller has it."}},
)
async def get_twin(
    kind: Kind,
    key: Key,
    response: Response,
    shared: Reads,
    *,
    min_position: Annotated[int | None, Query(ge=0, le=2**62)] = None,
    if_none_match: IfNoneMatch = None,
) -> Any:
    """Read a twin. With `min_position` of a write of one's own, the answer contains that write.

    Its `ETag` is its revision: another one after every event that it handled.
    """
    twin_id = f"{kind}/{key}"
    state = await within(
        shared.limits.read_s,
        shared.services.state(twin_id, min_position),
        f"{twin_id} did not answer within {shared.limits.read_s:g} s"
        + ("" if min_position is None else f", or has not reached position {min_position}")
        + "; `vigil status` says who owns it",
    )
    if unchanged(state, if_none_match):
        return Response(status_code=304, headers={"ETag": tag_of(state)})
    return tagged(response, state)


@router.get("/twins/{kind}/{key}/then")
async def get_twin_then(
    kind: Kind,
    key: Key,
    shared: Reads,
    *,
    at: Annotated[
        str | None, Query(max_length=64, description="A time: seconds, or ISO 8601 with an offset.")
    ] = None,
    position: Annotated[
        int | None, Query(ge=0, le=2**62, description="Of the log of its partition.")
    ] = None,
) -> TwinThen:
    """Read a twin as it was after all that the log took up to a time, or up to a position.

    The log is replayed, for this twin alone; as far back as it reaches, the answer is exact.
    """
    kind_of(kind)
    if (at is None) is (position is None):
        raise Invalid("give `at` or `position`, one of them")
    then = None if at is None else moment(at, 0.0, "at")
    return await within(
        THEN_S,
        shared.services.then(f"{kind}/{key}", position, then),
        f"the log was not replayed within {THEN_S:g} s; ask again, it goes on where it was",
    )


@router.post("/twins/{kind}/{key}/ask/{name}", openapi_extra=_BODY)
async def ask_twin(
    kind: Kind,
    key: Key,
    name: str,
    request: Request,
    *,
    shared: Operates,
    idempotency_key: IdempotencyKey = None,
) -> Asked:
    """Call one of the twin's `@ask` methods with the body's JSON, and return its answer."""
    twin_id, event_id = f"{kind}/{key}", event_id_of(idempotency_key)
    if not re.fullmatch(_TYPE, name):
        raise Invalid("a call's name is words of [A-Za-z0-9_-] with dots between")
    data = reached(shared, kind, await _data(request))
    wire(data)
    with Places(shared, 1):
        value = await within(
            shared.limits.read_s,
            shared.services.ask(twin_id, name, data, event_id),
            f"no answer within {shared.limits.read_s:g} s; ask again with the header "
            f"`Idempotency-Key: {event_id}`, it counts once",
        )
    return Asked(twin_id=twin_id, event_id=event_id, value=msgspec.to_builtins(value))


@router.post("/twins/{kind}/{key}/events/{event_type}", status_code=202, openapi_extra=_BODY)
async def send_event(
    kind: Kind,
    key: Key,
    event_type: str,
    request: Request,
    *,
    shared: Operates,
    idempotency_key: IdempotencyKey = None,
    sender: Annotated[
        Sender, Query(description="In whose name: Vigil's own, or the device's.")
    ] = "inside",
) -> Sent:
    """Send the twin an event; the answer comes when it is durable."""
    twin_id, event_id = f"{kind}/{key}", event_id_of(idempotency_key)
    if not re.fullmatch(_TYPE, event_type):
        raise Invalid("an event's type is words of [A-Za-z0-9_-] with dots between")
    if event_type.startswith(RESERVED):
        raise Invalid(f"{event_type}: only Vigil itself says that; `resume`, say, is a call")
    body = wire(reached(shared, kind, await _data(request)), id=event_id)
    return await send(shared, twin_id, event_type, body, sender, event_id)


@router.post("/twins/{kind}/{key}/resume", status_code=202)
async def resume_twin(
    kind: Kind, key: Key, shared: Operates, idempotency_key: IdempotencyKey = None
) -> Sent:
    """Let a parked twin go on: with the event that failed, then with all that waits, in order."""
    return await _let_go_on(shared, f"{kind}/{key}", RESUME, idempotency_key)


@router.post("/twins/{kind}/{key}/skip", status_code=202)
async def skip_twin(
    kind: Kind, key: Key, shared: Operates, idempotency_key: IdempotencyKey = None
) -> Sent:
    """Let a parked twin go on without the event that failed; all that waits follows, in order."""
    return await _let_go_on(shared, f"{kind}/{key}", SKIP, idempotency_key)


async def _let_go_on(shared: Context, twin_id: str, word: str, given: str | None) -> Sent:
    event_id = event_id_of(given)
    return await send(shared, twin_id, word, wire(None, id=event_id), "inside", event_id)


def moment(text: str | None, default: float, name: str) -> float:
    """A time given as seconds since the epoch, or as ISO 8601 with an offset."""
    if text is None:
        return default
    try:
        at = float(text)
    except ValueError:
        try:
            parsed = datetime.fromisoformat(text)
            at = parsed.timestamp() if parsed.tzinfo else float("nan")
        except (ValueError, OverflowError, OSError):
            at = float("nan")
    # NaN fails both comparisons.
    if not -1e12 < at < 1e12:  # noqa: PLR2004 - beyond any year that a calendar has
        raise Invalid(
            f"{name} is seconds since the epoch, or ISO 8601 with an offset: 2026-05-01T12:00:00Z"
        )
    return at


@router.get("/history/{kind}/{key}")
async def get_twin_history(
    kind: Kind,
    key: Key,
    shared: Reads,
    *,
    since: Annotated[str | None, Query(description="Default: 24 hours ago.")] = None,
    until: Annotated[str | None, Query(description="Default: now.")] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_HISTORY)] = 100,
) -> History:
    """Read a twin's events from the log: the newest `limit` of the span, oldest first.

    The index that finds them is written with checkpoints, so the last 2 s or so may be missing.
    """
    twin_id = f"{kind}/{key}"
    now = shared.services.clock()
    start, end = moment(since, now - DAY_S, "since"), moment(until, now, "until")
    if end < start:
        raise Invalid("until lies before since")
    items, more = await within(
        shared.limits.read_s,
        shared.services.history(twin_id, start, end, limit),
        f"the log was not read within {shared.limits.read_s:g} s; ask for a shorter span",
    )
    plain = [replace(item, data=msgspec.to_builtins(item.data)) for item in items]
    return History(twin_id=twin_id, items=plain, more=more)
