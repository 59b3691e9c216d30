"""`/v1/calendars/{link}.ics`: what is booked for a customer, for her calendar to subscribe to.

The link is all that is needed, and it does not end by itself: calendars keep it for years. Setting
`calendar_edition` of her twin higher ends all that were given out.
"""

from hashlib import sha256
from typing import Annotated

import msgspec
from fastapi import APIRouter, Header, Response
from msgspec import Struct

from gateway.api.context import Context, Key, within
from gateway.api.errors import NotFound
from gateway.api.models import CalendarLink, Problem
from gateway.api.needs import ByLink, Serves
from gateway.links import BadLink, sign_link, verify_link
from twins.errors import BadTwinId
from twins.ids import split
from twins.people.invitation import calendar_text
from twins.people.messages import Booking

PURPOSE = "vigil.calendar.1"
CALENDAR = "text/calendar; charset=utf-8"

router = APIRouter(tags=["customers"])


class _Body(Struct, array_like=True, forbid_unknown_fields=True):
    key: str
    edition: int


class _State(Struct):
    """What is needed of a customer's twin."""

    calendar_edition: int = 0
    bookings: dict[str, Booking] | None = None


def calendar_path(secret: bytes, key: str, edition: int) -> str:
    """The path of a customer's feed."""
    link = sign_link(secret, PURPOSE, msgspec.msgpack.encode(_Body(key, edition)))
    return f"/v1/calendars/{link}.ics"


async def _state(shared: Context, twin_id: str) -> _State | None:
    found = await within(
        shared.limits.read_s, shared.services.state(twin_id), f"{twin_id} did not answer in time"
    )
    return msgspec.convert(found.state, _State) if found.exists else None


@router.get(
    "/v1/customers/{key}/calendar",
    responses={status: {"model": Problem} for status in (401, 404, 503, 504)},
)
async def get_calendar_link(key: Key, shared: Serves) -> CalendarLink:
    """Where a customer's bookings can be subscribed to. Whoever has the link can read them."""
    state = await _state(shared, f"customer/{key}")
    if state is None:
        raise NotFound(f"customer/{key} never received anything", twin_id=f"customer/{key}")
    path = calendar_path(shared.keys.offer_key, key, state.calendar_edition)
    return CalendarLink(path=path, edition=state.calendar_edition)


@router.get(
    "/v1/calendars/{link}.ics",
    response_class=Response,
    responses={
        200: {"content": {"text/calendar": {}}},
        304: {"description": "Nothing changed"},
        **{status: {"model": Problem} for status in (404, 503, 504)},
    },
)
async def get_calendar(
    link: str,
    shared: ByLink,
    if_none_match: Annotated[str | None, Header()] = None,
) -> Response:
    """What is booked for a customer, as a calendar (RFC 5545)."""
    try:
        body = verify_link(shared.keys.offer_key, PURPOSE, link)
        read = msgspec.msgpack.decode(body, type=_Body)
        split(f"customer/{read.key}")
    except (BadLink, msgspec.DecodeError, BadTwinId) as error:
        raise NotFound("this is no calendar of ours; ask for a new link") from error
    state = await _state(shared, f"customer/{read.key}")
    if state is None or state.calendar_edition != read.edition:
        raise NotFound("this is no calendar of ours any more; ask for a new link")
    text = calendar_text((state.bookings or {}).values(), name="Vigil")
    tag = f'"{sha256(text.encode()).hexdigest()[:32]}"'
    headers = {"etag": tag, "cache-control": "private, max-age=300"}
    if if_none_match is not None and tag in if_none_match:
        return Response(status_code=304, headers=headers)
    return Response(text, media_type=CALENDAR, headers=headers)
