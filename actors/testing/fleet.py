"""Fleet: real partitions in memory, for tests of kinds, rules and supervisors, without a cluster.

    fleet = Fleet()
    fleet.measure("oven/o1", {"core_c": 251.0})      # its device sends, and all is delivered
    fleet.advance(30)                                # the test's clock; reminders fire
    assert ["core.hot"] == [signal.name for signal in fleet.signals]
    assert 251.0 == fleet.twin("oven/o1").core_c

What runs here is what runs in a host: repeats are recognised, order is kept per pair, states and
outputs are encoded. Only a mistake is not set aside but raised: a handler's exception, a message
that no handler takes, data that does not fit.
"""

from collections import deque
from typing import Any

import msgspec

import twins.rulebook
from actors.applied import Applied
from actors.block import GENESIS, Entry, chain, decode_block, encode_block
from actors.cell import encode_state
from actors.errors import AskFailed
from actors.partition import Partition
from actors.testing.outside import Outside
from actors.testing.provider import FakeProvider
from twins.errors import TwinError
from twins.event import encode_message
from twins.handler import Origin
from twins.ids import partition_of, split
from twins.kind import kind_of
from twins.rules.document import read_rules

assert twins.rulebook, "the kinds by which rules are published"

RESTORED = 0.2
"""How often a seeded fleet stores and restores the twins that it told something."""

_ROOMY = 1 << 30
_TICK = encode_block(0, GENESIS, [])


class _Shard:
    """One partition and its log."""

    def __init__(self, number: int, partitions: int) -> None:
        self.partition = Partition(number, partitions, _ROOMY)
        self.log: list[tuple[bytes, float]] = []
        """(message, stamp), all that was applied."""
        self.waiting: deque[bytes] = deque()
        """Messages of other partitions, not applied yet."""
        self.known: dict[str, None] = {}
        """Twins that were told anything."""
        self._chain = GENESIS

    def block(self, entry: Entry) -> bytes:
        """The next block of the gateway, with one entry."""
        body = encode_block(1, self._chain, [entry])
        self._chain = chain(body)
        return body


class Fleet(Outside):
    """Twins of all kinds that are loaded, in real partitions.

    Args:
        partitions: How many; a power of two.
        seed: Draws the order of what may happen in any, and stores and restores twins now and
            then. None: the oldest first, and twins stay.
    """

    def __init__(self, partitions: int = 4, seed: int | None = None) -> None:
        super().__init__(seed)
        self._shards = [_Shard(number, partitions) for number in range(partitions)]
        self._outside: deque[Entry] = deque()
        self.handled: list[tuple[float, str, str]] = []
        """(now, twin, type) of all messages that were applied, in order."""

    # -- what a test does --------------------------------------------------------------------

    def measure(self, twin_id: str, data: Any, event_type: str = "telemetry") -> None:
        """Let a device send an event, as it would over the wire, and deliver all that follows."""
        self.send(twin_id, event_type, data, origin=Origin.DEVICE)
        self.run()

    def tell(self, twin_id: str, event_type: str, data: Any = None) -> None:
        """Let one of Vigil's own edges send an event, and deliver all that follows."""
        self.send(twin_id, event_type, data)
        self.run()

    def send(
        self, twin_id: str, event_type: str, data: Any = None, *, origin: Origin = Origin.INSIDE,
        id_: str | None = None,
    ) -> None:  # fmt: skip
        """Put an event from outside of the twins on its way; `run` delivers it.

        Raises `TwinError` or msgspec's `ValidationError` for what a gateway would refuse.
        """
        payload = encode_message(data, id=id_ or f"outside-{next(self._numbers)}")
        handler = kind_of(split(twin_id)[0]).handler(event_type)
        handler.decode(payload)
        if origin < handler.least:
            raise TwinError(f"{twin_id} takes {event_type!r} from Vigil's own parts only")
        self._outside.append(Entry(twin_id, event_type, origin, payload))

    def ask(self, twin_id: str, name: str, data: Any = None) -> Any:
        """Call a twin, now, and return its answer as plain data; raises `AskFailed`."""
        id_ = f"ask-{next(self._numbers)}"
        payload = encode_message(data, id=id_)
        shard = self._shard(twin_id)
        self._apply(shard, shard.block(Entry(twin_id, f"ask.{name}", Origin.INSIDE, payload)))
        reply = shard.partition.replies[id_]
        if reply.error is not None:
            raise AskFailed(f"{twin_id} {name}: {reply.error}")
        return reply.value

    def employ(self, twin_id: str, provider: FakeProvider, **settings: Any) -> None:
        """Let a company's twin be configured, with a provider behind it."""
        url = f"http://127.0.0.1:9/{twin_id}"
        self.providers[url] = provider
        self.tell(twin_id, "configured", {"base_url": url, "name": twin_id, **settings})

    def publish(self, kind: str, *texts: str) -> int:
        """Publish rules and tables of a kind, in place of those before; returns the version.

        Raises `BadDocument` for a text that is no rule, and `AskFailed` for what cannot run.
        """
        book = f"rulebook/{kind}"
        documents = [document for text in texts for document in read_rules(text, kind=kind)]
        names = {document.rule for document in documents}
        before = self.ask(book, "rules.show", {})["rules"]
        request = {
            "by": "a test",
            "put": [{"document": document.plain} for document in documents],
            "remove": sorted(before.keys() - names),
        }
        draft = self.ask(book, "rules.draft", request)
        publish = {"draft": draft["id"], "by": "a test", "approval": False}
        version: int = self.ask(book, "rules.publish", publish)["number"]
        self.run()
        return version

    def twin(self, twin_id: str) -> Any:
        """The twin as it is; as new where nothing was told to it. Changing it changes nothing."""
        name, key = split(twin_id)
        kind, cell = kind_of(name), self._shard(twin_id).partition.peek(twin_id)
        return kind.new(key) if cell is None else kind.decode_state(encode_state(cell.twin))

    def states(self) -> dict[str, Any]:
        """The states of all twins that were told anything, by id, as plain data."""
        known = sorted(twin_id for shard in self._shards for twin_id in shard.known)
        return {twin_id: msgspec.to_builtins(self.twin(twin_id)) for twin_id in known}

    def replay(self) -> "Fleet":
        """A fleet that applied the same logs, straight; `states` and `signals` must be equal."""
        again = Fleet(len(self._shards))
        for mine, its in zip(self._shards, again._shards, strict=True):
            for body, stamp in mine.log:
                again.now = stamp
                again._apply(its, body)
        return again

    # -- what runs the twins -----------------------------------------------------------------

    def under_way(self) -> list[Any]:
        """Partitions that another one has told something, and the outside."""
        ready: list[Any] = [shard for shard in self._shards if shard.waiting]
        return [*ready, self._outside] if self._outside else ready

    def deliver(self, message: Any) -> None:
        """Let a partition apply the next message."""
        if message is self._outside:
            entry = self._outside.popleft()
            shard = self._shard(entry.subject)
            self._apply(shard, shard.block(entry))
        else:
            self._apply(message, message.waiting.popleft())

    def next_reminder(self) -> float | None:
        """When the next reminder is due."""
        times = [shard.partition.reminders.next_due() for shard in self._shards]
        return min((at for at in times if at is not None), default=None)

    def remind(self) -> None:
        """Fire the reminders that are due."""
        for shard in self._shards:
            while (at := shard.partition.reminders.next_due()) is not None and at <= self.now:
                self._apply(shard, _TICK)

    def _shard(self, twin_id: str) -> _Shard:
        return self._shards[partition_of(twin_id, len(self._shards))]

    def _apply(self, shard: _Shard, body: bytes) -> None:
        """Apply one message of a log, as a host does, and pass on what it causes."""
        partition, block = shard.partition, decode_block(body)
        shard.log.append((body, self.now))
        due = partition.reminders.peek(self.now)
        self._load(partition, partition.needed(block, self.now))
        applied = partition.apply(block, body, len(shard.log), self.now)
        self.handled += [(self.now, item.twin_id, f"due.{item.name}") for item in due]
        self.handled += [(self.now, entry.subject, entry.type) for entry in block.entries]
        shard.known |= dict.fromkeys(applied.touched)
        for twin_id in applied.parked:
            cell = partition.peek(twin_id)
            assert cell is not None
            assert cell.book.parked is not None
            raise AssertionError(
                f"{twin_id} fails on {cell.book.parked.event_type}: {cell.book.parked.reason}"
            )
        self._no_refusal(block.entries, applied)
        if self.chance is not None and self.chance.random() < RESTORED:
            self._restore(partition, applied.touched)
        self.signals += applied.signals
        self._pass_on(shard)

    def _load(self, partition: Partition, missing: list[str]) -> None:
        """Give twins that are not in memory: here, those are new."""

    def _pass_on(self, shard: _Shard) -> None:
        """Deliver what a partition's outbox holds."""
        outbox = shard.partition.outbox
        for caused in outbox.effects:
            self.caused(caused.effects)
        outbox.effects = []
        for target, pair in outbox.pairs.items():
            for _, message in list(pair.waiting):
                self._shards[target].waiting.append(message)
                outbox.acknowledge(target)

    def _no_refusal(self, entries: list[Entry], applied: Applied) -> None:
        if applied.refused and not any(entry.type.startswith("ask.") for entry in entries):
            said = ", ".join(f"{entry.type} to {entry.subject}" for entry in entries)
            raise AssertionError(f"nobody takes this, or not from there: {said}")

    def _restore(self, partition: Partition, twin_ids: list[str]) -> None:
        """As if they had been evicted: what is not in their state is gone."""
        for twin_id in twin_ids:
            cell = partition.peek(twin_id)
            if cell is not None:
                cell.twin = cell.twin.kind.decode_state(encode_state(cell.twin))
