"""Replay: one partition's history, applied with the live rules and with the candidate beside them.

    replay = Replay(number, partitions, contests, since=since)
    replay.load(rows)                            # of the twins that `needed` names
    replay.take(block, body, stamp)              # each message of the log, in order
    replay.finish(until)

It is as pure as the partition: both sides run the real partition and the real twins, with windows,
repeats, late readings and reminders; what they cause is thrown away, and what fired is compared.
Everything that a twin sees comes through its partition's log, so that twins of other kinds, and
those that are not in the sample, are left out.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

import msgspec
from msgspec import Struct, msgpack

from actors.applied import Applied
from actors.backtest.contest import Contest
from actors.backtest.report import ParkedTwin, RuleResult, SignalResult, Where
from actors.backtest.side import Side, Step
from actors.backtest.tally import Tally
from actors.block import Block, Entry
from actors.chains import Chains
from actors.cut import decode_body
from actors.store.base import Head, ReminderRow, TwinRow, Verdict
from twins.event import Message
from twins.ids import PARTITION, digest
from twins.rulebook.messages import PUBLISHED, Published

EXAMPLES = 20
"""Firings that are kept of each rule and sort, unless told otherwise."""

STRETCH_S = 60.0
"""Where nothing arrives for long, so much time passes at once: what reminders do in it is compared,
and forgotten."""

_HEX = 16
_decode_published = msgpack.Decoder(Message[Published]).decode


class Part(Struct):
    """What came of one partition."""

    rules: list[RuleResult]
    signals: list[SignalResult]
    parked: list[ParkedTwin]
    parked_twins: int
    published: list[tuple[float, str, int]]
    """(log time, kind, version) of rules that were published in the span."""
    twins: int
    events: int
    """Since `since`."""
    warm_up: int
    """Before."""
    blocks: int
    lost: int
    """Twins that one rule set alone has parked."""


class Replay:
    """One partition.

    Args:
        number: Which one.
        partitions: How many there are.
        contests: Kind -> what is compared; twins of other kinds are left out.
        since: From when on firings count, by the log's time.
        share: Of the twins, from 0 to 1; which ones depends on their ids alone.
        examples: Firings that are kept of each rule and sort.
        verdicts: Events of the partition that no host could let go on.
    """

    def __init__(
        self,
        number: int,
        partitions: int,
        contests: Mapping[str, Contest],
        *,
        since: float,
        share: float = 1.0,
        examples: int = EXAMPLES,
        verdicts: Sequence[Verdict] = (),
    ) -> None:
        self.number = number
        self._since = since
        self._share = share
        self._examples = examples
        self._kinds = dict.fromkeys(contests)
        self._prefixes = tuple(f"{kind}/" for kind in contests)
        candidate = {kind: contest.candidate for kind, contest in contests.items()}
        live = {kind: contest.live for kind, contest in contests.items()}
        self._candidate = Side(number, partitions, candidate, verdicts)
        self._live = Side(number, partitions, live, verdicts)
        self._tally = Tally(contests, examples)
        self._chains = Chains()
        self._chained = False
        """Whether a gateway's block was seen."""
        self._parked: list[ParkedTwin] = []
        self._counts = dict.fromkeys(("events", "warm_up", "blocks", "parked"), 0)
        self._published: list[tuple[float, str, int]] = []

    # -- beginning ---------------------------------------------------------------------------

    def matters(self, twin_id: str) -> bool:
        """Whether a twin takes part."""
        return twin_id.startswith(self._prefixes) and sampled(twin_id, self._share)

    def restore(self, head: Head, reminders: Iterable[ReminderRow]) -> list[str]:
        """Begin with a checkpoint, instead of with nothing.

        Returns the twins that have to be given with `load` before the first block: reminders wake
        them.
        """
        mine = [row for row in reminders if self.matters(row.twin_id)]
        for side in (self._candidate, self._live):
            side.restore(head, mine)
        body = decode_body(head.body)
        self._chains, self._chained = Chains(body.chain, body.marks, body.chains), True
        return list(dict.fromkeys(row.twin_id for row in mine))

    def needed(self, block: Block) -> list[str]:
        """The twins of a block that take part and are not in memory, each once."""
        peek = self._candidate.partition.peek
        subjects = dict.fromkeys(entry.subject for entry in block.entries)
        return [twin_id for twin_id in subjects if self.matters(twin_id) and peek(twin_id) is None]

    def load(self, rows: Iterable[TwinRow]) -> None:
        """Give twins as they were before the first block; those without a row begin anew."""
        rows = list(rows)
        for side in (self._candidate, self._live):
            side.load(rows)

    # -- replaying ---------------------------------------------------------------------------

    def take(self, block: Block, body: bytes, position: int, stamp: float) -> None:
        """Apply one message of the log to both sides, and compare what fired.

        Args:
            block: The message, decoded.
            body: Its bytes.
            position: Its log position, for errors.
            stamp: The log server's stamp, seconds since the epoch.

        Raises:
            Gap: A message of another partition is missing before it.
            ChainBroken: It does not follow the block before it.
        """
        self._counts["blocks"] += 1
        if not self._follow(block, body, position):
            return
        entries = []
        for entry in block.entries:
            if self.matters(entry.subject):
                entries.append(entry)
            elif entry.type == PUBLISHED:
                self._note_published(entry, stamp)
        self._counts["events" if stamp >= self._since else "warm_up"] += len(entries)
        # What comes late by less than a stretch is compared with what a reminder did in its place.
        self._pass_time(stamp - STRETCH_S)
        self._compare(
            list(self._candidate.take(entries, stamp)), list(self._live.take(entries, stamp))
        )

    def finish(self, until: float) -> Part:
        """Let time pass to the end of the span, and return what came of it."""
        self._pass_time(until)
        counts = self._counts
        return Part(
            rules=self._tally.rules(),
            signals=self._tally.raised(),
            parked=self._parked,
            parked_twins=counts["parked"],
            published=self._published,
            twins=self.twins,
            events=counts["events"],
            warm_up=counts["warm_up"],
            blocks=counts["blocks"],
            lost=len(self._candidate.lost) + len(self._live.lost),
        )

    @property
    def twins(self) -> int:
        """How many twins are in memory, on each side."""
        return self._candidate.partition.hot[0]

    @property
    def events(self) -> int:
        """Events that were replayed so far."""
        return self._counts["events"] + self._counts["warm_up"]

    def _follow(self, block: Block, body: bytes, position: int) -> bool:
        """Check that a message follows; the first one of a sender is taken as it comes.

        False for a message of another partition that came again.
        """
        chains, source = self._chains, block.source
        if source >= 0:
            if source not in chains.marks:
                chains.marks[source], chains.heads[source] = block.before, block.previous
        elif not self._chained and block.entries:
            chains.head, self._chained = block.previous, True
        return chains.follow(self.number, block, body, position)

    def _note_published(self, entry: Entry, stamp: float) -> None:
        if entry.subject != f"{PARTITION}/{self.number}" or stamp < self._since:
            return
        try:
            published = _decode_published(entry.payload).data
        except msgspec.DecodeError:
            return  # not a rulebook's word; the partition's own twin ignores it, too
        if published.kind in self._kinds:
            self._published.append((stamp, published.kind, published.version))

    # -- comparing ---------------------------------------------------------------------------

    def _pass_time(self, until: float) -> None:
        """Let time pass on both sides, a stretch at a time."""
        sides = (self._candidate, self._live)
        while True:
            dues = [due for side in sides if (due := side.next_due) is not None and due < until]
            if not dues:
                return
            end = min(until, max(min(dues), self._live.partition.now) + STRETCH_S)
            candidate, live = (list(side.pass_time(end)) for side in sides)
            self._compare(candidate, live)

    def _compare(self, candidate: Sequence[Step], live: Sequence[Step]) -> None:
        """Take up what both sides did in the same stretch of time."""
        if any(applied.parked for _, applied in (*candidate, *live)):
            self._note_parked(candidate, live)
        mine, theirs = self._counting(candidate), self._counting(live)
        self._tally.firings(
            [firing for applied in mine for firing in applied.firings],
            [firing for applied in theirs for firing in applied.firings],
        )
        self._tally.signals(
            [signal for applied in mine for signal in applied.signals],
            [signal for applied in theirs for signal in applied.signals],
        )

    def _counting(self, steps: Sequence[Step]) -> list[Applied]:
        """Those steps that caused anything, and lie in the span."""
        return [
            applied
            for now, applied in steps
            if now >= self._since and (applied.firings or applied.signals)
        ]

    def _note_parked(self, candidate: Sequence[Step], live: Sequence[Step]) -> None:
        """Keep who was set aside; one that only one side set aside takes part there no more."""
        mine = _parked(candidate)
        theirs = _parked(live)
        for twin_id in {**mine, **theirs}:
            where = Where.BOTH
            if twin_id not in theirs and not self._is_parked(self._live, twin_id):
                where = Where.CANDIDATE
                self._candidate.lost[twin_id] = None
            elif twin_id not in mine and not self._is_parked(self._candidate, twin_id):
                where = Where.LIVE
                self._live.lost[twin_id] = None
            self._counts["parked"] += 1
            if len(self._parked) < self._examples:
                side = self._live if where is Where.LIVE else self._candidate
                cell = side.partition.peek(twin_id)
                parked = cell.book.parked if cell else None
                since = parked.since if parked else side.partition.now
                reason = parked.reason if parked else ""
                self._parked.append(ParkedTwin(twin_id, where, since, reason))

    @staticmethod
    def _is_parked(side: Side, twin_id: str) -> bool:
        cell = side.partition.peek(twin_id)
        return cell is not None and cell.book.parked is not None


def _parked(steps: Sequence[Step]) -> dict[str, None]:
    return {twin_id: None for _, applied in steps for twin_id in applied.parked}


@lru_cache(100_000)
def _number(twin_id: str) -> int:
    return int(digest("sample", twin_id), _HEX)


def sampled(twin_id: str, share: float) -> bool:
    """Whether a twin is in a sample: by its id alone, so that a larger one holds a smaller one."""
    return share >= 1.0 or _number(twin_id) < share * 2**64
