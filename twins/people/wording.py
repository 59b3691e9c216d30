"""Wording: what customers read of their bookings, in their language; else English.

Each text is a template (`twins.rules.template`), filled where the letter leaves.
"""

from collections.abc import Sequence
from typing import Any, Final

from twins.people.messages import Booking
from twins.rules.template import chosen

_BOOKED: Final[dict[str, tuple[str, str]]] = {
    "en": ("Booked for you", "$name, this is booked for you, and stands in the calendar attached:"),
    "de": ("Für Sie gebucht", "$name, dies ist für Sie gebucht und steht im Kalender im Anhang:"),
    "fi": ("Varattu sinulle", "$name, tämä on varattu sinulle ja on liitteenä kalenterina:"),
}
_CANCELLED: Final[dict[str, tuple[str, str]]] = {
    "en": ("Cancelled", "$name, this is cancelled; the calendar attached takes it out:"),
    "de": ("Abgesagt", "$name, dies ist abgesagt; der Kalender im Anhang nimmt es heraus:"),
    "fi": ("Peruttu", "$name, tämä on peruttu; liitteenä oleva kalenteri poistaa sen:"),
}


def booking_words(
    language: str, bookings: Sequence[Booking], *, cancelled: bool
) -> tuple[str, str, str, dict[str, Any]]:
    """(language, subject, text, data) of the letter that brings bookings, or takes them back."""
    tag, (subject, text) = chosen(_CANCELLED if cancelled else _BOOKED, language)
    data: dict[str, Any] = {}
    lines = [text, ""]
    for number, booking in enumerate(bookings):
        title = f"{booking.what} ({booking.by})" if booking.by else booking.what
        data[f"what{number}"], data[f"at{number}"] = title, booking.starts_at
        lines.append(f"- ${{what{number}}}: ${{at{number}:time}}")
    return tag, subject, "\n".join(lines), data
