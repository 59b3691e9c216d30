"""Side: one of two partitions that are given the same history, each with rules of its own.

What it applies is a log of its own: only the twins that matter, numbered and chained anew, and a
tick at the very moment at which a reminder is due. A host writes those when it is time; the ones in
the log came for the reminders of the rules that were live then. What a side causes is thrown away.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from actors.applied import Applied
from actors.block import FORMAT, GENESIS, Block, Entry, chain
from actors.cut import decode_body
from actors.partition import Partition
from actors.store.base import Head, ReminderRow, TwinRow, Verdict
from twins.rules.ruleset import RuleSet

MOST_AGAIN = 1000
"""Ticks at one moment; after so many, time goes on: a twin may wish to be woken at once."""

TICK_S = 0.02
"""By how much it then goes on: as long as a host waits between two ticks."""

_BODY = b""
_AFTER = chain(_BODY)
"""Every block has the same bytes, none, and so the next one names the same hash."""


Step = tuple[float, Applied]
"""The log's time, and what came of one block or tick."""


class Side:
    """One partition with one rule set a kind.

    Args:
        number: Which partition it is.
        partitions: How many there are.
        rules: Kind -> what runs, whatever was published when.
        verdicts: Events that no host could let go on; here neither, though positions differ.
    """

    def __init__(
        self,
        number: int,
        partitions: int,
        rules: Mapping[str, RuleSet],
        verdicts: Sequence[Verdict] = (),
    ) -> None:
        self.partition = Partition(number, partitions)
        self.partition.verdicts.everywhere = {
            (it.twin_id, it.event_id): it.reason for it in verdicts
        }
        self._rules = rules
        self._previous = GENESIS
        self.lost: dict[str, None] = {}
        """Twins that only this side has parked: what they would have done is not known."""
        self._run_rules()

    def _run_rules(self) -> None:
        # Turns read this very dictionary; nothing is told to the partition's own twin here.
        self.partition.in_force.rules.update(self._rules)

    def restore(self, head: Head, reminders: Iterable[ReminderRow]) -> None:
        """Begin with a checkpoint."""
        self.partition.restore(head, reminders)
        self._previous = decode_body(head.body).chain

    def load(self, rows: Iterable[TwinRow]) -> None:
        """Give twins as they were; those without a row begin anew."""
        self.partition.load(rows)

    def take(self, entries: Sequence[Entry], stamp: float) -> Iterator[Step]:
        """Let time pass up to a block's stamp, and apply what of it matters."""
        yield from self.pass_time(stamp)
        if self.lost:
            entries = [entry for entry in entries if entry.subject not in self.lost]
        if entries:
            yield self._apply(self._previous, list(entries), stamp)
            self._previous = _AFTER

    @property
    def next_due(self) -> float | None:
        """When the next reminder is due; None: there is none."""
        return self.partition.reminders.next_due()

    def pass_time(self, until: float) -> Iterator[Step]:
        """Run the reminders that are due before a time, each when it is due."""
        again = 0
        while (due := self.next_due) is not None and due < until:
            now = max(due, self.partition.now)
            again = again + 1 if now == self.partition.now else 0
            if again > MOST_AGAIN:
                now += TICK_S
            yield self._apply(GENESIS, [], now)

    def _apply(self, previous: bytes, entries: list[Entry], stamp: float) -> Step:
        partition = self.partition
        block = Block(FORMAT, 0, 0, previous, -1, 0, 0, entries)
        applied = partition.apply(block, _BODY, partition.position + 1, stamp)
        self._throw_away()
        return partition.now, applied

    def _throw_away(self) -> None:
        outbox = self.partition.outbox
        outbox.effects.clear()
        for pair in outbox.pairs.values():
            pair.waiting.clear()
