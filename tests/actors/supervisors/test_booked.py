"""Booked: what an arrangement has got stands in its customer's calendar, and is taken out again."""

from icalendar import Calendar
from support.city import OWNER, SUPERVISOR, city

EMAIL = {"channel": "email", "address": "aino@example.com"}


def emailed(here: object) -> list[str]:
    """The calendars that went to her address, oldest first."""
    effects = here.world.effects  # type: ignore[attr-defined]  # every scene has a world
    return [effect.request["calendar"] for effect in effects if effect.name == "booking"]


def test_what_is_confirmed_stands_in_her_calendar() -> None:
    """With its time, in her words; what she did not want does not."""
    here = city()
    here.world.customer = lambda _: {"accept": True, "declined": ["rental"]}
    here.overheat()
    here.world.run_until(here.ended)
    bookings = here.world.twin(OWNER).bookings
    legs = here.arrangement.legs
    by_leg = {id_.rpartition(".")[2]: booking for id_, booking in bookings.items()}

    assert {"tow", "slot", "ride"} == by_leg.keys()
    assert not any(booking.cancelled for booking in bookings.values())
    assert (legs["slot"].starts_at, legs["slot"].ends_at) == (
        by_leg["slot"].starts_at,
        by_leg["slot"].ends_at,
    )
    assert by_leg["tow"].starts_at == here.arrangement.verdict.at + legs["tow"].eta_s
    assert by_leg["slot"].what != "slot"


def test_it_goes_to_her_address_once() -> None:
    """However often she is told how it stands."""
    here = city()
    channels = [*map(_way, here.world.twin(OWNER).channels), EMAIL]
    here.world.send(OWNER, "configured", {"channels": channels})
    here.world.customer = lambda _: {"accept": True}
    here.overheat()
    here.world.run_until(here.ended)
    (text,) = emailed(here)

    assert 4 == len(Calendar.from_ical(text).walk("VEVENT"))


def test_what_is_given_back_leaves_her_calendar() -> None:
    """She cancels while the truck is on its way: each booking is taken out, once, by one mail."""
    here = city()
    channels = [*map(_way, here.world.twin(OWNER).channels), EMAIL]
    here.world.send(OWNER, "configured", {"channels": channels})
    here.world.customer = lambda _: {"accept": True}
    here.overheat()
    here.world.run_until(lambda: here.arrangement.state == "underway")
    booked = dict(here.world.twin(OWNER).bookings)
    reply = {"arrangement_id": here.arrangement.id, "reply": "cancel", "answered_by": "her"}
    here.world.send(SUPERVISOR, "reply.given", reply)
    here.world.run_until(here.ended)
    bookings = here.world.twin(OWNER).bookings
    first, second = (Calendar.from_ical(text) for text in emailed(here))

    assert 4 == len(booked)
    assert bookings.keys() == booked.keys()
    assert all(booking.cancelled for booking in bookings.values())
    assert ("PUBLISH", "CANCEL") == (first["METHOD"], second["METHOD"])
    assert {str(event["UID"]) for event in first.walk("VEVENT")} == {
        str(event["UID"]) for event in second.walk("VEVENT")
    }


def _way(channel: object) -> dict[str, str]:
    return {"channel": channel.channel, "address": channel.address}  # type: ignore[attr-defined]  # one of her channels
