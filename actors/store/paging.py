"""Pages of a search: how what is found is sorted, and the cursor that goes on after a page.

Rows are ordered by the sort field, then by id (ascending either way). Of the field's values, none
comes first, then numbers (false and true as 0 and 1), then text; a list or object counts as its
JSON text. That is SQLite's order too, so partitions sort by themselves and merge here.

A cursor holds the last row's value and id, and a digest that ties them to the search: so a cursor
that was damaged, or belongs to another search, is refused.
"""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import blake2b
from typing import Any, TypeAlias

import msgspec
from msgspec import Struct, msgpack

from actors.errors import BadFilter
from actors.store.filter import Field, parse_field

MAX_LIMIT = 1_000
"""Most rows in one page."""

SortValue: TypeAlias = str | int | float | None


class Sort(Struct, frozen=True):
    """What a search is sorted by; by id alone when there is no field."""

    field: Field | None = None
    descending: bool = False


class Place(Struct, array_like=True, frozen=True):
    """Where a page ended."""

    value: SortValue
    """The last row's value of the sort field; None when it has none, or nothing is sorted by."""
    id: str


class _Cursor(Struct, array_like=True, frozen=True):
    digest: bytes
    place: Place


def parse_sort(text: str | None) -> Sort:
    """Read `field`, or `-field` for descending, or raise `BadFilter`."""
    if text is None:
        return Sort()
    return Sort(parse_field(text.removeprefix("-")), descending=text.startswith("-"))


def check_limit(limit: int) -> None:
    """Raise `BadFilter` unless a page of `limit` rows may be asked for."""
    if not 1 <= limit <= MAX_LIMIT:
        raise BadFilter(f"limit {limit}: ask for 1 to {MAX_LIMIT} twins a page")


def in_order(rows: list[tuple[Place, Any]], sort: Sort) -> list[tuple[Place, Any]]:
    """Rows of several partitions in the order of the search."""
    rows.sort(key=lambda row: row[0].id)
    if sort.field is not None:  # sorting is stable: ids stay ascending within one value
        rows.sort(key=lambda row: _rank(row[0].value), reverse=sort.descending)
    return rows


def _rank(value: SortValue) -> tuple[int, Any]:
    if value is None:
        return 0, 0
    return (2, value) if isinstance(value, str) else (1, value)


def encode_cursor(place: Place, where: str, sort: str | None) -> str:
    """The text that `decode_cursor` reads, for the same search only."""
    return urlsafe_b64encode(msgpack.encode(_Cursor(_digest(place, where, sort), place))).decode()


def decode_cursor(cursor: str, where: str, sort: str | None) -> Place:
    """Where to go on, or `BadFilter` when the cursor is damaged or of another search."""
    try:
        body = urlsafe_b64decode(cursor.encode("ascii"))
        found = msgpack.decode(body, type=_Cursor)
    except (UnicodeEncodeError, binascii.Error, msgspec.DecodeError):
        found = None
    if found is None or encode_cursor(found.place, where, sort) != cursor:
        raise BadFilter(
            "cursor: damaged, or of a search with another filter or sort; "
            "start again without a cursor"
        )
    return found.place


def _digest(place: Place, where: str, sort: str | None) -> bytes:
    return blake2b(msgpack.encode((place, where, sort)), digest_size=8).digest()
