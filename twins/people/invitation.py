"""Invitation: bookings as text for calendars (iCalendar, RFC 5545 and 5546)."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

from icalendar import Calendar, Event, vCalAddress, vText

from twins.people.messages import Booking

PRODUCT: Final = "-//Vigil//Customers//EN"
NOBODY: Final = "invalid:nomail"
"""Who organised it, where nobody takes answers."""


def calendar_text(
    bookings: Iterable[Booking],
    *,
    method: str = "PUBLISH",
    organizer: str = NOBODY,
    attendee: str | None = None,
    name: str | None = None,
) -> str:
    """Bookings as a calendar (RFC 5545; its method as in RFC 5546).

    A booking keeps its UID for ever, and its SEQUENCE rises with every change, so that a calendar
    replaces what it has.

    Args:
        bookings: In any order.
        method: PUBLISH for a feed, REQUEST for an invitation, CANCEL for what was given back.
        organizer: A URI: `mailto:help@example.com`.
        attendee: The same; a REQUEST needs one.
        name: What calendars call a feed.

    Raises:
        ValueError: A REQUEST without attendee.
    """
    if method == "REQUEST" and attendee is None:
        raise ValueError("an invitation needs its attendee; without one use method PUBLISH")
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", method)
    if name is not None:
        calendar.add("x-wr-calname", name)
    for booking in bookings:
        calendar.add_component(_event(booking, method, organizer, attendee))
    text: bytes = calendar.to_ical()
    return text.decode()


def _event(booking: Booking, method: str, organizer: str, attendee: str | None) -> Event:
    event = Event()
    event.add("uid", f"{booking.id}@vigil")
    event.add("sequence", booking.sequence)
    event.add("dtstamp", _utc(booking.changed_at))
    event.add("dtstart", _utc(booking.starts_at))
    if booking.ends_at is not None and booking.ends_at > booking.starts_at:
        event.add("dtend", _utc(booking.ends_at))
    event.add("summary", f"{booking.what} ({booking.by})" if booking.by else booking.what)
    cancelled = booking.cancelled or method == "CANCEL"
    event.add("status", "CANCELLED" if cancelled else "CONFIRMED")
    address = vCalAddress(organizer)
    address.params["CN"] = vText("Vigil")
    event.add("organizer", address)
    if attendee is not None:
        event.add("attendee", vCalAddress(attendee))
    return event


def _utc(at: float) -> datetime:
    # Calendars know whole seconds; what begins later than it says would be missed.
    return datetime.fromtimestamp(int(at), UTC)
