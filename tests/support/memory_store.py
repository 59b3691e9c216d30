"""A store in memory: the part of the store's interface that serving a partition needs.

It keeps what a real one keeps between transactions, fences by epoch, and refuses what goes back.
"""

from collections.abc import Iterator, Sequence

import msgspec

from actors.errors import Fenced, StaleCheckpoint
from actors.store.base import Checkpoint, Head, Ownership, ReminderRow, TwinRow, Verdict


class MemoryStore:
    """Checkpoints of all partitions. Rows are copied in, so nobody changes them afterwards."""

    def __init__(self) -> None:
        self.commits = 0
        self.fenced = 0
        self._owners: dict[int, Ownership] = {}
        self._heads: dict[int, Head] = {}
        self._twins: dict[int, dict[str, TwinRow]] = {}
        self._reminders: dict[int, dict[tuple[str, str], ReminderRow]] = {}
        self._verdicts: dict[int, list[Verdict]] = {}
        self._trials: dict[int, bytes | None] = {}

    def ownership(self, partition: int) -> Ownership:
        """Who owns a partition now; epoch 0 when nobody ever did."""
        return self._owners.get(partition, Ownership(partition))

    def assign(self, expected_epoch: int, owner: Ownership) -> Ownership:
        """Write the owner with the next epoch, or raise `Fenced` if the epoch moved on."""
        held = self.ownership(owner.partition)
        if held.epoch != expected_epoch:
            raise Fenced(f"partition {owner.partition} is at {held.epoch}, not {expected_epoch}")
        self._owners[owner.partition] = msgspec.structs.replace(owner, epoch=expected_epoch + 1)
        return self._owners[owner.partition]

    def head(self, partition: int) -> Head | None:
        """The last committed head, or None before the first checkpoint."""
        return self._heads.get(partition)

    def twins(self, partition: int, ids: Sequence[str]) -> list[TwinRow]:
        """Those of the twins that exist."""
        rows = self._twins.get(partition, {})
        return [rows[twin_id] for twin_id in ids if twin_id in rows]

    def sealed(self, partition: int, key_ids: Sequence[int]) -> list[str]:
        """Those sealed with one of these keys."""
        rows = self._twins.get(partition, {})
        return sorted(row.id for row in rows.values() if row.key_id in key_ids)

    def all_twins(self, partition: int) -> dict[str, TwinRow]:
        """Every twin of a partition, by id in alphabetical order."""
        return dict(sorted(self._twins.get(partition, {}).items()))

    def drop(self, partition: int, twin_id: str) -> None:
        """Lose a row: nobody has its key any more."""
        del self._twins[partition][twin_id]

    def reminders(self, partition: int) -> Iterator[ReminderRow]:
        """All reminders of a partition, by due time."""
        rows = self._reminders.get(partition, {}).values()
        return iter(sorted(rows, key=lambda row: (row.due, row.twin_id, row.name)))

    def verify(self, partition: int, *, deep: bool = False) -> bytes | None:
        """Nothing is ever altered here."""
        del deep
        return None if self.head(partition) is None else b"verified"

    def _check_host(self, partition: int, host: str) -> None:
        if self.ownership(partition).host != host:
            raise Fenced(f"partition {partition}: {host!r} does not own it")

    def verdicts(self, partition: int) -> list[Verdict]:
        """All verdicts of a partition, by position."""
        return sorted(self._verdicts.get(partition, []), key=lambda it: it.position)

    def condemn(self, partition: int, host: str, verdict: Verdict) -> None:
        """Write a verdict, or raise `Fenced`."""
        self._check_host(partition, host)
        self._verdicts.setdefault(partition, []).append(verdict)

    def trial(self, partition: int) -> bytes | None:
        """What was noted last."""
        return self._trials.get(partition)

    def note_trial(
        self, partition: int, host: str, note: bytes | None, *, synced: bool = True
    ) -> None:
        """Note it, or raise `Fenced`."""
        del synced
        self._check_host(partition, host)
        self._trials[partition] = note

    def commit(self, checkpoint: Checkpoint) -> None:
        """Write all of it, or raise `Fenced` or `StaleCheckpoint` and write nothing."""
        head = checkpoint.head
        if self.ownership(head.partition).epoch != head.epoch:
            self.fenced += 1
            raise Fenced(f"partition {head.partition}: epoch {head.epoch} is over")
        held = self._heads.get(head.partition)
        if held is not None and head.position < held.position:
            raise StaleCheckpoint(
                f"partition {head.partition}: {head.position} lies below {held.position}"
            )
        self._heads[head.partition] = msgspec.structs.replace(head)
        twins = self._twins.setdefault(head.partition, {})
        for row in checkpoint.twins:
            twins[row.id] = msgspec.structs.replace(row)
        reminders = self._reminders.setdefault(head.partition, {})
        for key in checkpoint.forgotten:
            reminders.pop(key, None)
        for reminder in checkpoint.reminders:
            reminders[reminder.twin_id, reminder.name] = reminder
        self.commits += 1
