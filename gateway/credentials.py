"""Credentials: tokens, sessions and sign-ins under way, in one small SQLite file.

What is kept is a hash. A secret has 256 bits of chance, so its SHA-256 can't be guessed back, and
whoever reads the file, or a backup of it, can't sign in. What is taken back is gone at once, for
every process that has the file open.

| kind | is | is good |
|---|---|---|
| `token` | of a program, or of a person's scripts | until it ends or is revoked |
| `session` | of a browser | until it ends, or its owner signs out |
| `sign-in` | printed once, exchanged for a session | once |
| `login` | a sign-in by OIDC under way | once |
"""

import secrets
import time
from collections.abc import Callable, Iterable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, Literal, get_args

import msgspec
from msgspec import Struct, json

from actors.store.sqlite_file import SqliteFile
from gateway.roles import Role

FORMAT: Final = 1

SCHEMA: Final = """
CREATE TABLE credentials (
    hash BLOB PRIMARY KEY, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, made REAL NOT NULL,
    ends REAL, parent TEXT, body BLOB NOT NULL
) WITHOUT ROWID;
CREATE INDEX credentials_by_kind ON credentials (kind, made, id);
CREATE INDEX credentials_by_parent ON credentials (parent) WHERE parent IS NOT NULL;
CREATE INDEX credentials_by_end ON credentials (ends) WHERE ends IS NOT NULL
"""

Kind = Literal["token", "session", "sign-in", "login"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)

PREFIX: Final = "vigil_"
"""What a token begins with, so that people and scanners for secrets recognise one."""

SECRET_BYTES: Final = 32
MAX_SECRET: Final = 128
"""A longer text is none of ours, and is not looked at."""


class Credential(Struct, frozen=True, kw_only=True):
    """What a secret stands for."""

    id: str
    """Short, and no secret: lists and the activity log name it."""
    kind: Kind
    name: str
    """Whose it is."""
    roles: frozenset[Role]
    made: float
    """Seconds since the epoch."""
    ends: float | None
    """Null: never."""
    by: str
    """Who had it made."""
    parent: str | None = None
    """The credential that it was exchanged for; with it, it is gone."""
    more: dict[str, Any] = {}
    """What its use needs to remember."""


class _Body(Struct, frozen=True):
    name: str
    roles: list[Role]
    by: str
    more: dict[str, Any] = {}


_encode = json.Encoder().encode
_decode = json.Decoder(_Body).decode


class Credentials:
    """See the module. Any thread may call. `clock`: seconds since the epoch."""

    def __init__(self, folder: Path, clock: Callable[[], float] = time.time) -> None:
        path = folder / "credentials.db"
        self._file = SqliteFile(path, schema=SCHEMA, version=FORMAT, secret=True)
        self._clock = clock

    def prepare(self) -> None:
        """Create the file if it is missing."""
        self._file.create()

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def make(
        self,
        kind: Kind,
        name: str,
        roles: Iterable[Role],
        *,
        lasts_s: float | None,
        by: str,
        parent: str | None = None,
        more: Mapping[str, Any] | None = None,
    ) -> tuple[str, Credential]:
        """A new one, durable on return: its secret, which nobody can be told again, and what it is.

        Args:
            kind: See the module.
            name: Whose it is.
            roles: What they are to the cluster.
            lasts_s: For how many seconds; None: until it is taken back.
            by: Who has it made.
            parent: The credential that it is exchanged for.
            more: What its use needs to remember; JSON.
        """
        now = self._clock()
        secret = (PREFIX if kind == "token" else "") + secrets.token_urlsafe(SECRET_BYTES)
        made = Credential(
            id=secrets.token_hex(6), kind=kind, name=name, roles=frozenset(roles), made=now,
            ends=None if lasts_s is None else now + lasts_s, by=by, parent=parent,
            more=dict(more or {}),
        )  # fmt: skip
        body = _encode(_Body(name, sorted(made.roles), by, made.more))
        with self._file.writing() as db:
            db.execute("DELETE FROM credentials WHERE ends <= ?", (now,))
            db.execute(
                "INSERT INTO credentials VALUES (?, ?, ?, ?, ?, ?, ?)",
                (_hash(kind, secret), made.id, kind, now, made.ends, parent, body),
            )
        return secret, made

    def find(self, kind: Kind, secret: str) -> Credential | None:
        """What a secret stands for; None where it is none, has ended or was taken back."""
        if len(secret) > MAX_SECRET:
            return None
        with self._file.reading() as db:
            row = db.execute(
                f"SELECT {_COLUMNS} FROM credentials WHERE hash = ?",  # noqa: S608 - a constant
                (_hash(kind, secret),),
            ).fetchone()
        return self._good(row)

    def take(self, kind: Kind, secret: str) -> Credential | None:
        """The same, and it is used up, durably: of two who come with it one gets it."""
        if len(secret) > MAX_SECRET:
            return None
        with self._file.writing() as db:
            row = db.execute(
                f"DELETE FROM credentials WHERE hash = ? RETURNING {_COLUMNS}",  # noqa: S608 - a constant
                (_hash(kind, secret),),
            ).fetchone()
        return self._good(row)

    def all(self, kind: Kind) -> list[Credential]:
        """Those of a kind that are good, the oldest first."""
        with self._file.reading() as db:
            rows = db.execute(
                f"SELECT {_COLUMNS} FROM credentials WHERE kind = ? ORDER BY made, id",  # noqa: S608 - a constant
                (kind,),
            ).fetchall()
        return [one for one in map(self._good, rows) if one is not None]

    def revoke(self, id_: str) -> Credential | None:
        """Take one back, with all that it was exchanged for; durable on return."""
        with self._file.writing() as db:
            row = db.execute(
                f"DELETE FROM credentials WHERE id = ? RETURNING {_COLUMNS}",  # noqa: S608 - a constant
                (id_,),
            ).fetchone()
            db.execute("DELETE FROM credentials WHERE parent = ?", (id_,))
        return self._good(row)

    def _good(self, row: Any) -> Credential | None:
        if row is None:
            return None
        id_, kind, made, ends, parent, body = row
        if ends is not None and ends <= self._clock():
            return None
        read = _decode(body)
        return Credential(
            id=id_, kind=msgspec.convert(kind, Kind), name=read.name, roles=frozenset(read.roles),
            made=made, ends=ends, by=read.by, parent=parent, more=read.more,
        )  # fmt: skip


_COLUMNS: Final = "id, kind, made, ends, parent, body"


def _hash(kind: Kind, secret: str) -> bytes:
    # The kind is hashed along: what was made for one use is worth nothing for another.
    return sha256(f"{kind}\0{secret}".encode("utf-8", "surrogatepass")).digest()
