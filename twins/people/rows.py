"""Rows: customers as a table has them, one a line, and the events that they mean.

    id,name,language,email,phone,lifetime_value,consent_marketing,consent_at,consent_text
    c-17,Aino,fi,aino@example.com,+358 40 123 4567,1250.50,yes,2026-03-01T12:00:00Z,v3

It is pure, so that the command line and the webhook take the same. What a row means sets what is
so, with the time at which it was said: importing it again changes nothing, and importing what it
was before sets that again.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from typing import Any, Final

import msgspec
from msgspec import Struct

from twins.ids import PART
from twins.people.consents import ConsentSaid
from twins.people.customer import CustomerSettings
from twins.people.identity import email_id, phone_id

PURPOSES: Final = ("devices", "marketing", "position", "web", "learning")

_YES_NO: Final = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}

_CHANNELS: Final = {"email": "email", "phone": "sms", "webhook": "webhook"}
"""Column -> channel."""

_TEXTS: Final = (
    "name", "language", "tier", "timezone", "country", "currency", "insurer", "policy", "dealer",
)  # fmt: skip

_MOST: Final = 10**10
"""Units of a currency."""

COLUMNS: Final = (
    "id", *_TEXTS, *_CHANNELS, "calendar_feed", "lifetime_value", "latitude", "longitude",
    *(f"consent_{purpose}" for purpose in PURPOSES), "consent_at", "consent_how", "consent_text",
)  # fmt: skip
"""All columns there are. Only `id` has to be there; an empty cell says nothing."""


class BadCell(Struct, frozen=True):
    """One cell that means nothing, or no good."""

    column: str
    why: str


class ImportedEvent(Struct, frozen=True):
    """One event that a row means."""

    twin_id: str
    type: str
    data: dict[str, Any]


class BadRow(ValueError):
    """The table's fault: what is wrong with a row, cell by cell."""

    def __init__(self, cells: list[BadCell]) -> None:
        super().__init__("; ".join(f"{cell.column}: {cell.why}" for cell in cells))
        self.cells = cells


def unknown_columns(names: Iterable[str]) -> list[BadCell]:
    """What is wrong with a table's columns."""
    names = list(names)
    bad = [
        BadCell(name, f"there is no such column{_nearest(name)}")
        for name in names
        if name not in COLUMNS
    ]
    bad += [BadCell(name, "it stands there twice") for name in sorted(set(names))
            if names.count(name) > 1]  # fmt: skip
    if "id" not in names:
        bad.append(BadCell("id", "the table lacks it; it says whose twin a row is"))
    return bad


def _nearest(name: str) -> str:
    near = get_close_matches(name, COLUMNS, 1)
    return f"; did you mean {near[0]}?" if near else f"; there are: {', '.join(COLUMNS)}"


def events_of(row: Mapping[str, str]) -> list[ImportedEvent]:
    """The events that a row means, in order; raises `BadRow` with all that is wrong."""
    cells = {name: text.strip() for name, text in row.items() if text.strip()}
    bad: list[BadCell] = []
    key = cells.get("id", "")
    if not re.fullmatch(PART, key):
        bad.append(BadCell("id", f"{key!r} is none; write 1 to 64 of A-Z a-z 0-9 _ -"))
    settings = _settings(cells, bad)
    words = _consents(cells, bad)
    if bad:
        raise BadRow(bad)
    twin_id = f"customer/{key}"
    # Consents first: what is set may need them.
    events = [ImportedEvent(twin_id, "consent.said", said) for said in words]
    return [*events, ImportedEvent(twin_id, "configured", settings)] if settings else events


def _settings(cells: Mapping[str, str], bad: list[BadCell]) -> dict[str, Any]:
    settings: dict[str, Any] = {}

    def take(column: str, name: str, make: Callable[[str], Any]) -> None:
        if column not in cells:
            return
        try:
            value = make(cells[column])
            msgspec.convert({name: value}, CustomerSettings)
        except ValueError as error:  # msgspec's, too
            bad.append(BadCell(column, f"{cells[column][:80]!r}: {error}"))
        else:
            settings[name] = value

    for name in _TEXTS:
        take(name, name, str)
    take("lifetime_value", "lifetime_value_cents", _cents)
    take("calendar_feed", "calendar_feeds", lambda url: [url])
    channels = [_channel(column, cells, bad) for column in cells if column in _CHANNELS]
    if channels:
        settings["channels"] = channels
    if "latitude" in cells or "longitude" in cells:
        bad += [
            BadCell(column, "a place needs both latitude and longitude")
            for column in ("latitude", "longitude")
            if column not in cells
        ]
        where = ",".join(cells.get(name, "0") for name in ("latitude", "longitude"))
        take("latitude", "position", lambda _: [float(part) for part in where.split(",", 1)])
    return settings


def _channel(column: str, cells: Mapping[str, str], bad: list[BadCell]) -> dict[str, str]:
    address = cells[column]
    if column == "email" and email_id(address) is None:
        bad.append(BadCell(column, f"{address[:80]!r} is no e-mail address"))
    if column == "phone" and phone_id(address, cells.get("country")) is None:
        bad.append(
            BadCell(column, f"{address[:80]!r} is no number; write +358…, or give a country")
        )
    return {"channel": _CHANNELS[column], "address": address[:500]}


def _cents(text: str) -> int:
    try:
        amount = Decimal(text)
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or abs(amount) > _MOST or amount * 100 != int(amount * 100):
        raise ValueError("write it with a point and two decimals at most: 1250.50")
    return int(amount * 100)


def _consents(cells: Mapping[str, str], bad: list[BadCell]) -> list[dict[str, Any]]:
    said = {
        purpose: cells[f"consent_{purpose}"].lower()
        for purpose in PURPOSES
        if f"consent_{purpose}" in cells
    }
    if not said:
        return []
    at = _moment(cells.get("consent_at"), bad)
    if "consent_text" not in cells and any(_YES_NO.get(word) for word in said.values()):
        bad.append(BadCell("consent_text", "a consent needs the version of the text agreed to"))
    words = []
    for purpose, word in said.items():
        if word not in _YES_NO:
            bad.append(BadCell(f"consent_{purpose}", f"{word[:80]!r}; write yes or no"))
            continue
        data = {
            "purpose": purpose,
            "given": _YES_NO[word],
            "how": cells.get("consent_how", "import"),
            "text_version": cells.get("consent_text", ""),
            "at": at,
        }
        try:
            msgspec.convert(data, ConsentSaid)
        except msgspec.ValidationError as error:
            bad.append(BadCell(f"consent_{purpose}", str(error)))
        words.append(data)
    return words


def _moment(text: str | None, bad: list[BadCell]) -> float:
    """A time with its offset; without one nobody knows when she said it."""
    try:
        at = datetime.fromisoformat(text or "")
        if at.tzinfo is not None:
            return at.timestamp()
    except (ValueError, OverflowError, OSError):
        pass
    bad.append(BadCell("consent_at", "write when she said so: 2026-03-01T12:00:00Z"))
    return 0.0
