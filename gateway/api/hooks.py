"""`/v1/hooks/people`: customers, their orders and their visitors, from where they are kept.

    Vigil-Signature: t=<seconds>,v1=<hex of HMAC-SHA-256 over "<seconds>.<body>">
    {"customers": [{"id": "c-17", "name": "Aino"}],
     "events": [{"id": "shop-1", "subject": "order/o1", "type": "order.placed", "data": {…}}]}

A customer is as a row of the import (`twins.people.rows`); an event goes to its subject, and may
have a `time`. All of it is checked before any of it is sent; repeated, it counts once.
"""

from typing import Annotated, Any, Final

import msgspec
from fastapi import APIRouter, Request
from msgspec import Meta, Struct

from gateway.api.context import Context
from gateway.api.errors import Forbidden, Invalid, NoAnswer, TooLarge
from gateway.api.events import Places, took
from gateway.api.models import Hooked, Problem
from gateway.api.needs import BySignature
from gateway.channels.signing import SIGNATURE, Signer, verify_signature
from twins.errors import TwinError
from twins.event import MAX_DATA_BYTES, encode_message
from twins.ids import TwinId, digest, split
from twins.kind import kind_of
from twins.people.rows import BadRow, events_of, unknown_columns
from twins.units import Time

TAKEN: Final[dict[str, frozenset[str]]] = {
    "customer": frozenset({
        "configured", "consent.said", "satisfaction.answered", "merge.requested", "merge.undone",
        "call.received", "help.noted",
    }),
    "order": frozenset({"order.placed", "payment.received", "return.received", "refund.paid"}),
    "visitor": frozenset({"visitor.identified", "visitor.unidentified"}),
}  # fmt: skip
"""Kind -> types of events that the webhook takes; whoever has its key can do no more."""

router = APIRouter(tags=["customers"])


class _Event(Struct, forbid_unknown_fields=True):
    id: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_.:#/-]{1,200}$")]
    subject: TwinId
    type: str
    data: Any = None
    time: Time | None = None


class _Body(Struct, forbid_unknown_fields=True):
    customers: list[dict[str, str]] = []
    events: list[_Event] = []


class _Ready(Struct):
    """One event that has been checked."""

    twin_id: str
    type: str
    id: str
    body: bytes


@router.post(
    "/v1/hooks/people",
    status_code=202,
    responses={status: {"model": Problem} for status in (403, 413, 422, 429, 503, 504)},
)
async def take_people(request: Request, shared: BySignature) -> Hooked:
    """Take customers and events; all of them are durable when the answer comes."""
    body = await request.body()
    key = Signer(shared.keys.offer_key).webhook_key
    header = request.headers.get(SIGNATURE, "")
    if not verify_signature(key, header, body, shared.services.clock()):
        raise Forbidden(f"send {SIGNATURE}, made with the webhooks' key, within five minutes")
    try:
        read = msgspec.json.decode(body, type=_Body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Invalid(f"the body is not as this webhook takes it: {error}") from error
    ready = [*_rows(read.customers, header), *_events(read.events)]
    if len(ready) > shared.limits.batch:
        raise TooLarge(f"{len(ready)} events; send at most {shared.limits.batch} at once")
    with Places(shared, len(ready)):
        for event in ready:
            await _send(shared, event)
    return Hooked(customers=len(read.customers), events=len(ready))


async def _send(shared: Context, event: _Ready) -> None:
    ids = {"twin_id": event.twin_id, "event_id": event.id}
    try:
        answer = await shared.services.send(
            event.twin_id, event.type, event.body, "inside", shared.limits.send_s
        )
    except TimeoutError as error:
        raise NoAnswer(
            "the log did not answer in time; send all of it again, it counts once", **ids
        ) from error
    took(answer, **ids)


def _rows(customers: list[dict[str, str]], signature: str) -> list[_Ready]:
    """The rows' events. What they set may be set back later, so their ids are the delivery's."""
    ready: list[_Ready] = []
    for number, row in enumerate(customers):
        bad = unknown_columns(row)
        if bad:
            raise Invalid(f"customers[{number}]: {BadRow(bad)}")
        try:
            events = events_of(row)
        except BadRow as error:
            raise Invalid(f"customers[{number}]: {error}") from error
        for one in events:
            id_ = f"hook-{digest(signature, str(len(ready)))}"
            ready.append(_Ready(one.twin_id, one.type, id_, encode_message(one.data, id=id_)))
    return ready


def _events(events: list[_Event]) -> list[_Ready]:
    ready = []
    for number, event in enumerate(events):
        where = f"events[{number}]"
        kind, _ = split(event.subject)
        if event.type not in TAKEN.get(kind, frozenset()):
            raise Invalid(
                f"{where}: {event.type[:100]!r} of {kind} does not come this way; what does: "
                + "; ".join(f"{name}: {', '.join(sorted(types))}" for name, types in TAKEN.items())
            )
        body = encode_message(event.data, id=event.id, time=event.time)
        if len(body) > MAX_DATA_BYTES:
            raise Invalid(f"{where}: it takes {len(body)} bytes; the limit is {MAX_DATA_BYTES}")
        try:
            kind_of(kind).handler(event.type).decode(body)
        except (msgspec.ValidationError, TwinError) as error:
            raise Invalid(f"{where}: {error}") from error
        ready.append(_Ready(event.subject, event.type, event.id, body))
    return ready
