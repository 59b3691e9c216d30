"""The tables of a partition's SQLite file, and how older files get them."""

from actors.store import sqlite_search, sqlite_verdicts

LAYOUT = 3
"""Version of the tables below. `prepare` upgrades older files; a newer one is refused."""

_BY_PARKED = "CREATE INDEX parked ON twins (id) WHERE parked IS NOT NULL"

_ADD_PARKED = """
ALTER TABLE twins ADD COLUMN parked REAL;
UPDATE twins SET parked = vigil_parked(key_id, id, book)
"""

UPGRADES = {
    1: sqlite_verdicts.SCHEMA,
    2: f"{_ADD_PARKED}; {_BY_PARKED}",
}
"""From this version to the next. `vigil_parked` is the store's: what a book says of `parked`."""

SCHEMA = f"""
CREATE TABLE cluster (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    partition INTEGER NOT NULL, partitions INTEGER NOT NULL, complete INTEGER NOT NULL
);
CREATE TABLE ownership (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    epoch INTEGER NOT NULL, gateway TEXT NOT NULL, host TEXT NOT NULL
);
CREATE TABLE head (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    epoch INTEGER NOT NULL, position INTEGER NOT NULL, now REAL NOT NULL, stream TEXT NOT NULL,
    created REAL NOT NULL, body BLOB NOT NULL, format INTEGER NOT NULL,
    previous BLOB NOT NULL, rows BLOB NOT NULL, chain BLOB NOT NULL
);
CREATE TABLE twins (
    id TEXT PRIMARY KEY,
    position INTEGER NOT NULL, schema INTEGER NOT NULL, key_id INTEGER NOT NULL,
    state NOT NULL, book BLOB NOT NULL, parked REAL
);
{_BY_PARKED};
CREATE TABLE reminders (
    twin_id TEXT, name TEXT, due REAL NOT NULL,
    PRIMARY KEY (twin_id, name)
) WITHOUT ROWID;
{sqlite_verdicts.SCHEMA};
{sqlite_search.SCHEMA}
"""
# `twins` has row ids, against habit: without them, rows of 5 KB (a customer's profile) cost
# more than twice as much to write. `state` is text when it is plain JSON, and a blob when sealed.
