"""Keyring: the keys of all persons, in one small SQLite file (`keys/keyring.db`).

It lies apart from log and store, and is not to be kept in their backups: what a backup holds of a
person is readable as long as her key is here, and no longer. Lost, it takes all that is sealed
along; so it has backups of its own, of which only the newest may be kept.

Any thread and any process of the machine may call. What was looked up is kept in memory, bounded,
and forgotten when something changed (`refresh`).
"""

import secrets
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from sqlite3 import Connection
from typing import Any

import msgspec
from msgspec import Struct, json, msgpack

from actors.block import Entry
from actors.errors import StoreError
from actors.keys import SECRET_BYTES, Key, Opened, seal_entry
from actors.store.sqlite_file import SqliteFile
from twins.event import Message
from twins.handler import Origin
from twins.kind import KINDS, is_person

FORMAT = 1
MOST = 50_000
"""How many keys, and how many twins' persons, a process remembers."""

REFRESH_S = 0.5
"""How long a process may go on with what it remembers, in seconds."""

SCHEMA = """
CREATE TABLE keys (
    id INTEGER PRIMARY KEY, person TEXT NOT NULL, secret BLOB NOT NULL,
    made REAL NOT NULL, retired INTEGER NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX key_in_use ON keys (person) WHERE retired = 0;
CREATE INDEX keys_by_person ON keys (person);
CREATE TABLE belongings (twin TEXT PRIMARY KEY, person TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX belongings_by_person ON belongings (person);
CREATE TABLE changes (one INTEGER PRIMARY KEY CHECK (one = 1), number INTEGER NOT NULL);
INSERT INTO changes VALUES (1, 0);
CREATE TABLE erasures (
    id TEXT PRIMARY KEY, person TEXT NOT NULL, begun REAL NOT NULL, done REAL, body BLOB NOT NULL
)
"""

_NEW = 1
_decode_message = msgpack.Decoder(Message[Any]).decode
_CHANGED = "UPDATE changes SET number = number + 1"


class Erasure(Struct, kw_only=True, omit_defaults=True):
    """One erasure, and, once it is done, its certificate."""

    id: str
    person: str
    """Twin id of whom."""
    begun: float
    """When, seconds since the epoch, by the clock of whoever carried it out."""
    done: float | None = None
    key_ids: list[int] = []
    """Of the keys that were thrown away, the one in use first; what names one of them is closed
    for good."""
    twins: dict[str, list[int]] = {}
    """Twin -> (partition, log position) at which its state was erased."""
    heads: dict[int, int] = {}
    """Partition -> position of its checkpoint when the keys were thrown away: no replay begins
    before it."""
    letters: int = 0
    """Dead letters that were deleted."""


class Keyring:
    """See the module. `clock`: seconds since the epoch; `monotonic`: of a clock nobody sets."""

    def __init__(
        self,
        folder: Path,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._file = SqliteFile(folder / "keyring.db", schema=SCHEMA, version=FORMAT, secret=True)
        self._clock = clock
        self._monotonic = monotonic
        self._by_id: dict[int, Key | None] = {}
        self._by_person: dict[str, Key] = {}
        self._by_twin: dict[str, Key | None] = {}
        """What a gateway seals a twin's events with; None: they are nobody's."""
        self._number = -1
        self._looked = float("-inf")

    def prepare(self) -> None:
        """Create the file if it is missing."""
        self._file.create()

    def close(self) -> None:
        """Close the file, and remember nothing."""
        self.forget()
        self._file.close()

    # -- keys --------------------------------------------------------------------------------

    def of(self, person: str) -> Key:
        """See `Keys`. A new key is durable before it is returned: that takes some milliseconds."""
        key = self._by_person.get(person)
        if key is None:
            key = self._of([person])[person]
        return key

    def get(self, key_id: int) -> Key | None:
        """See `Keys`."""
        memory = self._by_id
        return memory[key_id] if key_id in memory else self.fetch([key_id])[key_id]

    def fetch(self, key_ids: Iterable[int]) -> dict[int, Key | None]:
        """Look keys up before they are needed, all at once."""
        # Taken before it is read: what changes meanwhile makes it a memory that nobody has.
        memory = self._by_id
        wanted = list(key_ids)
        ids = json.encode(wanted).decode()
        with self._file.reading() as db:
            rows = db.execute(
                "SELECT id, person, secret FROM keys WHERE id IN (SELECT value FROM json_each(?))",
                (ids,),
            ).fetchall()
        keys = {row[0]: Key(*row) for row in rows}
        found = {key_id: keys.get(key_id) for key_id in wanted}
        _bound(memory)
        memory |= found
        return found

    def unknown(self, key_ids: Iterable[int]) -> list[int]:
        """Those that are not in memory."""
        return [key_id for key_id in key_ids if key_id not in self._by_id]

    def _of(self, persons: Iterable[str]) -> dict[str, Key]:
        """Their keys, made where there are none: all in one transaction."""
        by_person, by_id = self._by_person, self._by_id
        wanted = list(dict.fromkeys(persons))
        with self._file.reading() as db:
            keys = _in_use(db, wanted)
        if len(keys) < len(wanted):
            with self._file.writing() as db:
                for person in wanted:
                    if person not in keys:
                        _make(db, person, self._clock())
                keys = _in_use(db, wanted)
        _bound(by_person)
        by_person |= keys
        by_id |= {key.id: key for key in keys.values()}
        return keys

    # -- whose ---------------------------------------------------------------------------------

    def belong(self, twins: dict[str, str | None]) -> None:
        """Say whose twins are from now on: twin -> person, None for nobody's."""
        with self._file.writing() as db:
            for twin, person in twins.items():
                if person is None:
                    db.execute("DELETE FROM belongings WHERE twin = ?", (twin,))
                else:
                    db.execute("INSERT OR REPLACE INTO belongings VALUES (?, ?)", (twin, person))
            db.execute(_CHANGED)
        for twin in twins:
            self._by_twin.pop(twin, None)

    def key_of(self, twin: str) -> Key | None:
        """What a twin's events are sealed with; from memory if it is there."""
        memory = self._by_twin
        return memory[twin] if twin in memory else self.look_up([twin])[twin]

    def person_of(self, twin: str) -> str | None:
        """Whose events of a twin are, as far as it was said."""
        key = self.key_of(twin)
        return None if key is None else key.person

    def strangers(self, entries: Iterable[Entry]) -> list[str]:
        """The twins among these of which it is not in memory whose they are."""
        known = self._by_twin
        return [entry.subject for entry in entries if entry.subject not in known]

    def look_up(self, twins: Iterable[str]) -> dict[str, Key | None]:
        """Find out whose twins are, and their persons' keys; made where there are none."""
        memory = self._by_twin
        twins = list(dict.fromkeys(twins))
        found: dict[str, str] = {}
        linked = []
        for twin in twins:
            kind = KINDS.get(twin.partition("/")[0])
            if kind is not None and kind.personal == "id":
                found[twin] = twin
            elif kind is not None and kind.personal is not None:
                linked.append(twin)
        if linked:
            with self._file.reading() as db:
                found |= db.execute(
                    "SELECT twin, person FROM belongings "
                    "WHERE twin IN (SELECT value FROM json_each(?))",
                    (json.encode(linked).decode(),),
                ).fetchall()
        keys = self._of(found.values()) if found else {}
        known = {twin: keys[found[twin]] if twin in found else None for twin in twins}
        _bound(memory)
        memory |= known
        return known

    def seal(self, entries: list[Entry]) -> tuple[list[Entry], bool]:
        """A gateway's entries as the log shall hold them, and whether some are sealed.

        Quick where `look_up` was told of `strangers` before.
        """
        known = self._by_twin
        sealed = False
        out = []
        for entry in entries:
            twin = entry.subject
            key = known[twin] if twin in known else self.key_of(twin)
            if entry.origin != Origin.DEVICE and (person := _named(entry)) is not None:
                key = self.of(person)
            if key is None and type(entry) is Opened:
                # What her key sealed must not become readable because the key is gone.
                key = self.get(entry.key_id) or _lost(entry.key_id)
            if key is None:
                out.append(entry)
            else:
                sealed = True
                out.append(seal_entry(entry, key))
        return (out, True) if sealed else (entries, False)

    # -- what changed ------------------------------------------------------------------------

    def stale(self) -> bool:
        """Whether it is time to `refresh`."""
        return self._monotonic() - self._looked >= REFRESH_S

    def refresh(self) -> None:
        """Forget what is in memory if something changed."""
        self._looked = self._monotonic()
        with self._file.reading() as db:
            number: int = db.execute("SELECT number FROM changes").fetchone()[0]
        if number != self._number:
            self._number = number
            self.forget()

    def forget(self) -> None:
        """Remember nothing."""
        # New ones: a thread may be in the midst of looking something up.
        self._by_id, self._by_person, self._by_twin = {}, {}, {}

    # -- erasing -----------------------------------------------------------------------------

    def begin_erasure(self, person: str, erasure_id: str) -> Erasure:
        """The erasure of a person that is under way; a new one if there is none."""
        with self._file.writing() as db:
            row = db.execute(
                "SELECT body FROM erasures WHERE person = ? AND done IS NULL", (person,)
            ).fetchone()
            if row is not None:
                return json.decode(row[0], type=Erasure)
            ids = db.execute("SELECT id FROM keys WHERE person = ? ORDER BY retired, id", (person,))
            erasure = Erasure(
                id=erasure_id, person=person, begun=self._clock(), key_ids=[row[0] for row in ids]
            )
            db.execute(
                "INSERT INTO erasures VALUES (?, ?, ?, NULL, ?)",
                (erasure.id, person, erasure.begun, json.encode(erasure)),
            )
        return erasure

    def note_erasure(self, erasure: Erasure) -> None:
        """Keep how far it is."""
        with self._file.writing() as db:
            _note(db, erasure)

    def retire(self, erasure: Erasure) -> None:
        """From now on nothing new is sealed with its keys; after `REFRESH_S`, nowhere."""
        with self._file.writing() as db:
            for key_id in erasure.key_ids:
                db.execute("UPDATE keys SET retired = 1 WHERE id = ?", (key_id,))
            db.execute("DELETE FROM belongings WHERE person = ?", (erasure.person,))
            db.execute(_CHANGED)
        self.forget()

    def throw(self, erasure: Erasure) -> Erasure:
        """Throw its keys away, and leave no byte of them; the erasure is done."""
        erasure.done = self._clock()
        with self._file.writing() as db:
            for key_id in erasure.key_ids:
                db.execute("DELETE FROM keys WHERE id = ?", (key_id,))
            _note(db, erasure)
            db.execute(_CHANGED)
        self._file.wipe()
        self.forget()
        return erasure

    def erasures(self, person: str | None = None) -> list[Erasure]:
        """All, or those of one person, oldest first."""
        with self._file.reading() as db:
            rows = db.execute(
                "SELECT body FROM erasures WHERE ? IS NULL OR person = ? ORDER BY begun, id",
                (person, person),
            ).fetchall()
        return [json.decode(row[0], type=Erasure) for row in rows]

    def erased_to(self, partition: int) -> int:
        """The last position of a partition at which a checkpoint had settled an erasure, or 0.

        What a checkpoint before it makes again is not what was made then.
        """
        with self._file.reading() as db:
            row = db.execute(
                "SELECT max(json_extract(CAST(body AS TEXT), ?)) FROM erasures "
                "WHERE done IS NOT NULL",
                (f'$.heads."{partition}"',),
            ).fetchone()
        return int(row[0] or 0)

    def key_ids(self, person: str) -> list[int]:
        """Of the keys that a person has, ascending."""
        with self._file.reading() as db:
            rows = db.execute("SELECT id FROM keys WHERE person = ? ORDER BY id", (person,))
            return [row[0] for row in rows]


def _named(entry: Entry) -> str | None:
    """Whom a message makes the person of its twin: what it tells of her device is hers already.

    To a twin that is nobody's, a question may say whom it is about (`person`): an employee's word
    on a case is its customer's.
    """
    kind = KINDS.get(entry.subject.partition("/")[0])
    if kind is None or kind.personal == "id":
        return None
    if kind.personal is None and not entry.type.startswith("ask."):
        return None
    try:
        data = _decode_message(entry.payload).data
    except msgspec.DecodeError:
        return None
    person = data.get(kind.personal or "person") if isinstance(data, dict) else None
    return person if isinstance(person, str) and is_person(person) else None


def _lost(key_id: int) -> Key:
    """A key that nobody has, under the id of one that was thrown away."""
    return Key(key_id, "", secrets.token_bytes(SECRET_BYTES))


def _in_use(db: Connection, persons: list[str]) -> dict[str, Key]:
    rows = db.execute(
        "SELECT id, person, secret FROM keys "
        "WHERE retired = 0 AND person IN (SELECT value FROM json_each(?))",
        (json.encode(persons).decode(),),
    )
    return {row[1]: Key(*row) for row in rows}


def _make(db: Connection, person: str, now: float) -> None:
    """Another process may have been faster."""
    db.execute(
        "INSERT OR IGNORE INTO keys (id, person, secret, made) VALUES (?, ?, ?, ?)",
        # By chance, so that a keyring restored from a backup gives no id twice.
        (secrets.randbits(62) + _NEW, person, secrets.token_bytes(SECRET_BYTES), now),
    )


def _note(db: Connection, erasure: Erasure) -> None:
    changed = db.execute(
        "UPDATE erasures SET done = ?, body = ? WHERE id = ?",
        (erasure.done, json.encode(erasure), erasure.id),
    )
    if not changed.rowcount:
        raise StoreError(f"erasure {erasure.id} is not in the keyring; begin it anew")


def _bound(memory: "dict[str, Key] | dict[int, Key | None] | dict[str, Key | None]") -> None:
    """Keep it from growing for ever; what is needed again is looked up again."""
    if len(memory) >= MOST:
        memory.clear()
