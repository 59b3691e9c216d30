"""A customer's feed of bookings: by a signed link, for calendars to subscribe to."""

import pytest
from icalendar import Calendar
from support.api_server import AS_OPERATOR, client_of
from support.fake_services import START, FakeServices

from gateway.links import BadLink, sign_link, verify_link

KEY = b"a key of thirty-two bytes, or so"
BOOKING = {"id": "a1.slot", "arrangement_id": "a1", "what": "Service", "starts_at": START,
           "ends_at": START + 60, "changed_at": START}  # fmt: skip


def booked(edition: int = 0) -> FakeServices:
    """A cluster in which one customer has a booking."""
    services = FakeServices()
    services.add("customer/c1", bookings={"a1.slot": BOOKING}, calendar_edition=edition)
    return services


async def path_of(services: FakeServices) -> str:
    """What an operator is told."""
    async with client_of(services) as client:
        answer = await client.get("/v1/customers/c1/calendar", headers=AS_OPERATOR)
    path: str = answer.json()["path"]
    return path


async def test_the_link_leads_to_her_bookings() -> None:
    """A calendar that others can read; the same text is not sent twice."""
    services = booked()
    path = await path_of(services)
    async with client_of(services) as client:
        answer = await client.get(path)
        again = await client.get(path, headers={"if-none-match": answer.headers["etag"]})
    (event,) = Calendar.from_ical(answer.text).walk("VEVENT")

    assert answer.headers["content-type"].startswith("text/calendar")
    assert event["UID"] == "a1.slot@vigil"
    assert again.status_code == 304


async def test_a_higher_edition_ends_the_links_before() -> None:
    """And an edition can be given out anew."""
    old = await path_of(booked())
    services = booked(edition=1)
    async with client_of(services) as client:
        assert (await client.get(old)).status_code == 404
        assert (await client.get(await path_of(services))).status_code == 200


@pytest.mark.parametrize("link", ["x", "x.y", "\u00e9.\u00e9", "a" * 600, ""])
async def test_another_link_leads_nowhere(link: str) -> None:
    """No word about why."""
    async with client_of(booked()) as client:
        assert (await client.get(f"/v1/calendars/{link}.ics")).status_code == 404


async def test_only_operators_give_links_out() -> None:
    """And only for customers that there are."""
    async with client_of(booked()) as client:
        assert (await client.get("/v1/customers/c1/calendar")).status_code == 401
        missing = await client.get("/v1/customers/c9/calendar", headers=AS_OPERATOR)

    assert missing.status_code == 404


def test_a_link_for_one_use_is_worth_nothing_for_another() -> None:
    """Its purpose is signed along."""
    link = sign_link(KEY, "one", b"body")

    assert verify_link(KEY, "one", link) == b"body"
    for purpose, text in (("two", link), ("one", link[:-1]), ("one", f"x{link}")):
        with pytest.raises(BadLink):
            verify_link(KEY, purpose, text)
    with pytest.raises(ValueError, match="16"):
        sign_link(b"short", "one", b"body")
