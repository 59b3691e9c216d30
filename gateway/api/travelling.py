"""Travelling: a twin at any time, or at any position of its log, by replay (`actors.travel`).

| the log | then the journey begins |
|---|---|
| is there from its first position on | there, or where an earlier journey left a station |
| begins later, and the twin was quiet since | with the twin of the checkpoint |
| begins later | with what the twin is known to have been told by today; the answer says so |

Which blocks touched the twin, the history index says; it is as old as the last checkpoint, so the
blocks after that are all looked at.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from typing import Final

from nats.aio.client import Client

from actors import log
from actors.backtest.base import hindsight
from actors.block import Block, decode_block
from actors.cut import decode_body
from actors.errors import StoreError
from actors.keyring import Keyring
from actors.keys import open_block
from actors.store.base import Head, HistoryIndex, Store, TwinRow
from actors.travel import Station, Travel
from gateway.api.errors import Invalid, NotFound, Overloaded
from gateway.twin_views import TwinThen
from twins.ids import PARTITION, partition_of

AT_ONCE: Final = 16
MOST_BLOCKS: Final = 50_000
"""Blocks that one journey may read."""
MOST_RECENT: Final = 20_000
"""Blocks after the last checkpoint that are looked at."""
EVERY: Final = 256
"""After so many blocks a journey leaves a station."""
ALL: Final = 2**31

_TRIES: Final = 5
_KNOWN_TWINS: Final = 64
_KNOWN_STATIONS: Final = 64

CAVEAT: Final = (
    "the log begins at position {first}, and no checkpoint before that is kept: what its readings "
    "say and what its rules remember is of the time since; what it was told before, an owner say, "
    "is as it is today"
)


class Stations:
    """Where journeys of this process may begin; in memory, the least recent ones leave."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, list[Station]] = OrderedDict()

    def before(self, twin_id: str, position: float, at: float) -> Station | None:
        """The last one of a twin that lies neither behind a position nor behind a time."""
        known = self._known.get(twin_id)
        if known is None:
            return None
        self._known.move_to_end(twin_id)
        fit = [one for one in known if one.position <= position and one.now <= at]
        return max(fit, key=lambda one: one.position, default=None)

    def add(self, twin_id: str, station: Station) -> None:
        """Keep one."""
        known = self._known.setdefault(twin_id, [])
        if all(one.position != station.position for one in known):
            known.append(station)
        if len(known) > _KNOWN_STATIONS:
            del known[0]
        while len(self._known) > _KNOWN_TWINS:
            self._known.popitem(last=False)

    def clear(self) -> None:
        """Forget all: nothing of a person who is erased may stay."""
        self._known.clear()


class Traveller:
    """Reads what journeys need.

    Args:
        client: A connection to the log server.
        store: Of the running node; it is read.
        history: Its index.
        partitions: How many there are.
        keyring: What opens sealed events and rows; None: there are none.
    """

    def __init__(
        self, client: Client, store: Store, history: HistoryIndex, partitions: int,
        keyring: Keyring | None = None,
    ) -> None:  # fmt: skip
        self._client = client
        self._store = store
        self._history = history
        self._partitions = partitions
        self._keyring = keyring
        self.stations = Stations()

    async def then(self, twin_id: str, position: int | None, at: float | None) -> TwinThen:
        """A twin after a position, or after all that the log took up to a time.

        Raises:
            Invalid: The position does not exist yet, or too much would have to be read.
            NotFound: The log does not reach so far back.
        """
        partition = partition_of(twin_id, self._partitions)
        state = await log.stream_state(self._client, partition)
        if position is not None and position > state.last:
            raise Invalid(
                f"partition {partition} has no position {position} yet; its log ends at "
                f"{state.last}",
                twin_id=twin_id, partition=partition,
            )  # fmt: skip
        last = state.last if position is None else position
        until = float("inf") if at is None else at
        head, rows = await asyncio.to_thread(self._checkpoint, partition, twin_id)
        start, caveat = await self._start(partition, twin_id, last, until, state.first, head, rows)
        touched = await asyncio.to_thread(self._touched, partition, twin_id, until)
        begin = state.first - 1 if start is None else start.position
        committed = head.position if head is not None else 0
        recent = range(max(committed, begin) + 1, last + 1)
        if len(recent) > MOST_RECENT:
            raise Overloaded(
                f"{len(recent)} blocks came after the last checkpoint; try it a little later"
            )
        positions = sorted({one for one in touched if begin < one <= last} | set(recent))
        if len(positions) > MOST_BLOCKS:
            raise Invalid(
                f"{twin_id}: {len(positions)} blocks would have to be read, at most {MOST_BLOCKS} "
                "may be; ask for an earlier time first, later ones then begin there"
            )
        verdicts = await asyncio.to_thread(self._store.verdicts, partition)
        travel = Travel(partition, self._partitions, twin_id, start, verdicts)
        read = await self._go(travel, partition, positions, until, keep=caveat is None)
        return TwinThen(travel.state(), caveat is None, caveat, read)

    def _checkpoint(self, partition: int, twin_id: str) -> tuple[Head | None, list[TwinRow]]:
        """The head and the twin's rows, of one checkpoint."""
        ids = [twin_id, f"{PARTITION}/{partition}"]
        for _ in range(_TRIES):
            head = self._store.head(partition)
            rows = self._store.twins(partition, ids)
            again = self._store.head(partition)
            if head is None or (again is not None and again.position == head.position):
                return head, rows
        raise StoreError(f"partition {partition}: its checkpoints follow too fast; try it again")

    def _touched(self, partition: int, twin_id: str, until: float) -> set[int]:
        """Positions that may matter, as far as the index knows them."""
        own = f"{PARTITION}/{partition}"
        return {
            position
            for one in (twin_id, own)
            for position in self._history.positions(partition, one, 0.0, until, ALL)
        }

    async def _start(
        self, partition: int, twin_id: str, last: int, until: float, first: int,
        head: Head | None, rows: list[TwinRow],
    ) -> tuple[Station | None, str | None]:  # fmt: skip
        """Where to begin, and what is not exact then."""
        station = self.stations.before(twin_id, last, until)
        if station is not None or first <= 1:
            return station, None
        row = next((one for one in rows if one.id == twin_id), None)
        if last < first - 1:
            raise NotFound(
                f"the log of partition {partition} begins at {first}; what was before is trimmed",
                twin_id=twin_id,
            )
        if head is not None and row is not None and row.position <= last:
            stored = await log.read(self._client, partition, row.position)
            if (head.now if stored is None else stored.stamp) <= until:
                return await asyncio.to_thread(self._of_checkpoint, head, rows, twin_id), None
        past = [] if row is None else [hindsight(row)]
        return Station(first - 1, 0.0, past, [], {}), CAVEAT.format(first=first)

    def _of_checkpoint(self, head: Head, rows: list[TwinRow], twin_id: str) -> Station:
        body = decode_body(head.body)
        marks = {source: (mark, body.chains[source]) for source, mark in body.marks.items()}
        mine = [one for one in self._store.reminders(head.partition) if one.twin_id == twin_id]
        row = next(one for one in rows if one.id == twin_id)
        return Station(row.position, 0.0, [row, *_rules(rows, row)], mine, marks)

    async def _go(
        self, travel: Travel, partition: int, positions: Sequence[int], until: float, *, keep: bool
    ) -> int:
        """Read and apply; returns how many blocks were applied."""
        applied = 0
        for begin in range(0, len(positions), AT_ONCE):
            chunk = positions[begin : begin + AT_ONCE]
            stored = await asyncio.gather(
                *(log.read(self._client, partition, one) for one in chunk)
            )
            known = [one for one in stored if one is not None and one.stamp <= until]
            await asyncio.to_thread(self._apply, travel, known)
            applied += len(known)
            if keep and applied and not applied % EVERY:
                self.stations.add(travel.twin_id, travel.station())
            if len(known) < len([one for one in stored if one is not None]):
                break
        if keep and applied >= AT_ONCE:
            self.stations.add(travel.twin_id, travel.station())
        return applied

    def _apply(self, travel: Travel, stored: Sequence[log.Stored]) -> None:
        for one in stored:
            travel.take(self._opened(one.body), one.body, one.position, one.stamp)

    def _opened(self, body: bytes) -> Block:
        block = decode_block(body)
        if self._keyring is not None:
            open_block(block, self._keyring)  # what cannot be opened never happened
        return block


def _rules(rows: list[TwinRow], twin: TwinRow) -> list[TwinRow]:
    """The partition's own twin; what it learned after the twin's last event does not matter."""
    return [
        TwinRow(row.id, min(row.position, twin.position), row.schema, row.key_id, row.state,
                row.book)
        for row in rows
        if row.id != twin.id
    ]  # fmt: skip
