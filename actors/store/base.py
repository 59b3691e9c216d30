"""The store: what a partition's state is kept in, behind one interface.

SQLite and PostgreSQL meet the same `Store`, and the same contract tests. Calls block: the host
runs them in a thread. One writer a partition, fenced by its epoch in the same transaction.
"""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Protocol

from msgspec import Struct

FORMAT = 2
"""Version of the format of checkpoints; a reader refuses one that it does not know."""

READS = (1, 2)
"""Formats that this version goes on from. Since 2, a book knows its parts and open effects."""

PLAIN = 0
"""Key id of what is not sealed."""


class TwinRow(Struct, array_like=True):
    """One twin in a checkpoint."""

    id: str
    position: int
    """Log position of the last event that it handled."""
    schema: int
    key_id: int
    state: bytes
    """Its fields, JSON (UTF-8), so that the store can search them."""
    book: bytes
    """What the partition keeps about it (marks, parked events), MessagePack."""
    parked: float | None = None
    """Since when (log time) it is set aside, as its book says; None: it is not. By it such twins
    are found without opening every book."""


class ReminderRow(Struct, array_like=True, frozen=True, order=True, gc=False):
    """One reminder: at `due` (log time, seconds since the epoch) call the twin's `name`.

    They are ordered by due time, twin and name. All of a partition's are in memory, so they are
    not tracked by the garbage collector, which saves 16 of their 56 bytes.
    """

    due: float
    twin_id: str
    name: str


class Head(Struct):
    """What a partition knows beside its twins, at one position."""

    partition: int
    epoch: int
    position: int
    now: float
    stream: str
    """Name of the log's stream."""
    created: float
    """When that stream was created: a stream made anew under the name is another log."""
    body: bytes
    """Marks, chain hashes, replies and the outbox, MessagePack; the partition alone reads it."""
    format: int = FORMAT


class Checkpoint(Struct):
    """One transaction: the head, and what changed since the last one."""

    head: Head
    twins: Sequence[TwinRow] = ()
    reminders: Sequence[ReminderRow] = ()
    """Set or moved since the last checkpoint; (twin_id, name) is the key."""
    forgotten: Sequence[tuple[str, str]] = ()
    """(twin_id, name) of reminders that fired or were dropped."""
    persons: Mapping[str, str] = MappingProxyType({})
    """Twin -> whose it is: a store with a keyring seals these with their persons' keys."""


class Verdict(Struct, array_like=True, frozen=True):
    """What a host could not let go on: at this position the event parks its twin, unhandled.

    It is written before any output of the position leaves, and read before a replay, so that every
    replay parks the same event.
    """

    position: int
    twin_id: str
    event_id: str
    reason: str


class Ownership(Struct, frozen=True):
    """Who owns a partition. The epoch rises with every change."""

    partition: int
    epoch: int = 0
    gateway: str = ""
    host: str = ""


class Found(Struct):
    """One twin that a search found."""

    id: str
    position: int
    state: dict[str, Any]


class Page(Struct):
    """A page of search results, as of the checkpoints that it read."""

    items: list[Found]
    cursor: str | None
    """Give it back to go on; None at the end."""
    as_of: float
    """The oldest `now` among the checkpoints searched, seconds since the epoch."""


class Store(Protocol):
    """Checkpoints of all partitions."""

    def prepare(self, partitions: int) -> None:
        """Create what is missing; refuse (`PartitionsDiffer`) when made for another number."""

    def ownership(self, partition: int) -> Ownership:
        """Who owns a partition now; epoch 0 when nobody ever did."""

    def assign(self, expected_epoch: int, owner: Ownership) -> Ownership:
        """Compare and set: write `owner` with epoch + 1, or raise `Fenced` if it moved on."""

    def head(self, partition: int) -> Head | None:
        """The last committed head, or None before the first checkpoint."""

    def twins(self, partition: int, ids: Sequence[str]) -> list[TwinRow]:
        """Those of the twins that exist, in one query, any number of ids.

        Sealed ones come opened; those whose key is gone do not exist any more.
        """

    def sealed(self, partition: int, key_ids: Sequence[int]) -> list[str]:
        """The twins that are sealed with one of these keys, by id. Reads the whole partition."""

    def reminders(self, partition: int) -> Iterator[ReminderRow]:
        """All reminders of a partition, by due time."""

    def commit(self, checkpoint: Checkpoint) -> None:
        """Write all of it or nothing, durable on return.

        Raises `Fenced` when the partition's epoch in the store is not the head's, and
        `StaleCheckpoint` when the head's position is below the committed one.
        """

    def verdicts(self, partition: int) -> list[Verdict]:
        """All verdicts of a partition, by position."""

    def condemn(self, partition: int, host: str, verdict: Verdict) -> None:
        """Write a verdict, durable on return.

        Raises `Fenced` when another host owns the partition, for that one may have handled it.
        """

    def trial(self, partition: int) -> bytes | None:
        """What was noted last, if it was not taken back."""

    def note_trial(
        self, partition: int, host: str, note: bytes | None, *, synced: bool = True
    ) -> None:
        """Note how the partition's host is doing, in place of the last note; None takes it back.

        Not `synced`, it outlives the process, and perhaps not the machine. Raises `Fenced`.
        """

    def verify(self, partition: int, *, deep: bool = False) -> bytes | None:
        """Check the committed checkpoint; returns its chain hash, None before the first one.

        `deep` reads all of it. Raises `StoreError` when it is not what was committed.
        """

    def search(
        self,
        where: str,
        *,
        sort: str | None = None,
        limit: int = 100,
        cursor: str | None = None,
        parked: bool = False,
    ) -> Page:
        """Search all partitions, for example `kind = vehicle and coolant_c > 100`.

        `sort` is a field, with `-` before it for descending. With `parked`, among those alone that
        are set aside, which takes no longer than they are many. Raises `BadFilter` naming the
        column.
        """

    def count(self, where: str, *, parked: bool = False) -> int:
        """How many twins the filter finds; with `parked`, of those that are set aside."""

    def close(self) -> None:
        """Close all connections."""


class HistoryIndex(Protocol):
    """Which blocks of the log hold which twin. Written with checkpoints, off the hot path."""

    def note(
        self, partition: int, touched: dict[str, list[int]], first: float, last: float
    ) -> None:
        """Twin id -> ascending positions of the blocks that touched it between two log times.

        Noting the same positions again (after a crash) changes nothing for readers.
        """

    def positions(
        self, partition: int, twin_id: str, since: float, until: float, limit: int = 100_000
    ) -> list[int]:
        """Ascending positions, each once, of blocks that may hold the twin's events in a span."""

    def touched(self, partition: int, position: int, most: int) -> list[str] | None:
        """The twins of blocks at a position or later, each once; None: more than `most`."""

    def forget(self, partition: int, below: int) -> None:
        """Drop what points below a position (the log was trimmed to there)."""

    def close(self) -> None:
        """Close all connections."""
