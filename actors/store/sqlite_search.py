"""Search over the SQLite files of all partitions.

Plain states are searched by SQLite alone, by an index where there is one. Sealed ones are opened
one by one (about 5 µs each), in a query of their own; where the key is gone they never match.
"""

from hashlib import blake2b
from sqlite3 import Connection
from typing import Any

import msgspec
from msgspec import json

from actors.errors import BadFilter, StoreError
from actors.keyring import Keyring
from actors.store.base import PLAIN, Found, Page
from actors.store.filter import Filter, parse, parse_field
from actors.store.filter_sql import to_sql, value_sql
from actors.store.filter_tree import Compare, Field, Glob, In, conjuncts, pinned_kind
from actors.store.paging import (
    Place,
    Sort,
    check_limit,
    decode_cursor,
    encode_cursor,
    in_order,
    parse_sort,
)
from actors.store.sqlite_file import SqliteFile
from twins.errors import BadTwinId
from twins.ids import split

SCHEMA = """
CREATE TABLE indexes (
    kind TEXT, field TEXT, condition TEXT NOT NULL,
    PRIMARY KEY (kind, field)
) WITHOUT ROWID;
"""

_PARKED = "parked IS NOT NULL"
_SEARCHABLE = f"key_id = {PLAIN} AND json_valid(state)"
_PLAIN = "twins"
_OPENED = """
(SELECT id, position, parked, 0 AS key_id, vigil_open(key_id, id, state) AS state FROM twins
WHERE key_id != 0)
"""
_decode = json.Decoder(dict[str, Any]).decode


def search(
    files: list[SqliteFile],
    where: str,
    sort: str | None,
    limit: int,
    cursor: str | None,
    keyring: Keyring | None = None,
    *,
    parked: bool = False,
) -> Page:
    """One page: the first rows of each partition, merged. See `Store.search`."""
    tree = parse(where)
    order = parse_sort(sort)
    check_limit(limit)
    after = decode_cursor(cursor, where, sort) if cursor is not None else None
    rows: list[tuple[Place, Any]] = []
    heads: list[float] = []
    for file in files:
        with file.reading() as db:
            for table in _tables(db, keyring):
                rows += _rows(db, table, tree, order, limit + 1, after, parked=parked)
            heads += (now for (now,) in db.execute("SELECT now FROM head"))
    page = in_order(rows, order)[:limit]
    return Page(
        items=[
            Found(place.id, position, _state(place.id, state)) for place, (position, state) in page
        ],
        cursor=encode_cursor(page[-1][0], where, sort) if len(rows) > limit else None,
        as_of=min(heads, default=0.0),
    )


def count(
    files: list[SqliteFile], where: str, keyring: Keyring | None = None, *, parked: bool = False
) -> int:
    """How many twins a filter finds."""
    tree = parse(where)
    found = 0
    for file in files:
        with file.reading() as db:
            for table in _tables(db, keyring):
                condition, values = _condition(db, tree, None, parked=parked)
                query = f"SELECT count(*) FROM {table} WHERE {condition}"  # noqa: S608 - table and condition are made here of checked names; values are bound
                found += db.execute(query, values).fetchone()[0]
    return found


def _tables(db: Connection, keyring: Keyring | None) -> list[str]:
    """Where to search: among plain twins, and among sealed ones where there is a keyring."""
    if keyring is None:
        return [_PLAIN]

    def open_state(key_id: int, twin_id: str, state: bytes) -> str | None:
        key = keyring.get(key_id)
        return None if key is None else key.open(state, twin_id.encode()).decode()

    db.create_function("vigil_open", 3, open_state)
    return [_PLAIN, _OPENED]


def declare_index(file: SqliteFile, kind: str, field: str) -> None:
    """Create an index on a field of one kind, and note it where `_condition` finds it.

    It covers that kind alone, so that others do not pay for it.
    """
    try:
        split(f"{kind}/x")
    except BadTwinId as error:
        raise BadFilter(f"no index on {field} of {kind!r}: that is no kind's name") from error
    value = value_sql(parse_field(field))
    condition = f"substr(id, 1, {len(kind) + 1}) = '{kind}/'"
    name = "by_" + blake2b(f"{kind}/{field}".encode(), digest_size=8).hexdigest()
    with file.writing() as db:
        db.execute(
            f"CREATE INDEX IF NOT EXISTS {name} ON twins ({value}, id) "
            f"WHERE {_SEARCHABLE} AND {condition}"
        )
        db.execute("INSERT OR IGNORE INTO indexes VALUES (?, ?, ?)", (kind, field, condition))


def _rows(
    db: Connection, table: str, tree: Filter, order: Sort, limit: int, after: Place | None, *,
    parked: bool,
) -> list[tuple[Place, Any]]:  # fmt: skip
    condition, values = _condition(db, tree, order.field, parked=parked)
    value = "NULL" if order.field is None else value_sql(order.field)
    way = "DESC" if order.descending and order.field is not None else "ASC"
    if after is not None:
        start, more = _after(value, order, after)
        condition = f"{condition} AND {start}"
        values += more
    by = "id" if order.field is None else f"{value} {way}, id"
    query = (
        f"SELECT {value}, id, position, CAST(state AS BLOB) FROM {table} "  # noqa: S608 - table and condition are made here of checked names; values are bound
        f"WHERE {condition} ORDER BY {by} LIMIT ?"
    )
    return [(Place(row[0], row[1]), row[2:]) for row in db.execute(query, [*values, limit])]


def _after(value: str, order: Sort, after: Place) -> tuple[str, list[Any]]:
    """The condition for rows behind a cursor's place. Rows without a value come first, or last."""
    if order.field is None:
        return "id > ?", [after.id]
    if after.value is None:
        rest = "" if order.descending else f" OR {value} IS NOT NULL"
        return f"(({value} IS NULL AND id > ?){rest})", [after.id]
    beyond = f"{value} < ? OR {value} IS NULL" if order.descending else f"{value} > ?"
    return f"({beyond} OR ({value} = ? AND id > ?))", [after.value, after.value, after.id]


def _condition(
    db: Connection, tree: Filter, sort: Field | None, *, parked: bool
) -> tuple[str, list[Any]]:
    """What rows have to meet, and how SQLite is to come by them.

    The filter's own condition is complete; what is added can exclude nothing that it finds. With
    a declared index it is that index's condition, else the range of ids of the kind.
    """
    condition, values = to_sql(tree)
    condition = f"{_SEARCHABLE} AND {condition}"
    if parked:
        # They are few, and have an index of their own.
        return f"{_PARKED} AND {condition}", values
    kind = pinned_kind(tree)
    if kind is None or "/" in kind:
        return condition, values
    fields = [sort] if sort else []
    fields += [
        term.field
        for term in conjuncts(tree)
        if isinstance(term, In | Glob) or (isinstance(term, Compare) and term.op != "!=")
    ]
    indexed = db.execute(
        "SELECT condition FROM indexes WHERE kind = ? "
        "AND field IN (SELECT value FROM json_each(?)) LIMIT 1",
        (kind, json.encode([str(field) for field in fields]).decode()),
    ).fetchone()
    if indexed:
        return f"{condition} AND {indexed[0]}", values
    after_slash = chr(ord("/") + 1)
    return f"{condition} AND id >= ? AND id < ?", [*values, f"{kind}/", f"{kind}{after_slash}"]


def _state(twin_id: str, state: bytes) -> dict[str, Any]:
    try:
        return _decode(state)
    except msgspec.DecodeError as error:
        raise StoreError(
            f"twin {twin_id}: its state is no JSON object ({error}); verify its partition"
        ) from error
