"""A naive partition: the oracle of the tests. It has no cache, no cut, no window of bits.

It keeps every number and every id that it ever saw, looks through all reminders each time, and
copies whole twins. It shares the kinds with the real one (they are what is run), nothing else.
"""

from copy import deepcopy
from typing import Any

import msgspec

from actors.block import Entry, decode_block
from twins.event import Event, Message
from twins.handler import Origin
from twins.ids import digest, partition_of, split
from twins.kind import KINDS
from twins.outputs import Effect, Signal, Tell
from twins.rulebook.compiling import rules_of
from twins.rulebook.live import LiveRules
from twins.turn import Turn, enter, leave
from twins.twin import Twin, handle, remind

WINDOW = 64
IDS = 32
DUE = 1024


class Numbers:
    """What one source has sent, of its last boot."""

    def __init__(self, boot: int) -> None:
        self.boot = boot
        self.taken: set[int] = set()

    def take(self, boot: int, sequence: int) -> bool:
        """Whether the number is new: within the window, and not seen before."""
        if boot > self.boot:
            self.boot, self.taken = boot, set()
        known = bool(self.taken) and max(self.taken) - sequence > WINDOW
        if boot < self.boot or known or sequence in self.taken:
            return False
        self.taken.add(sequence)
        return True


class Aside:
    """A parked twin: why, and what waits, in parts."""

    def __init__(self, reason: str, most: int) -> None:
        self.reason = reason
        self.parts: list[list[tuple[Entry, float]]] = []
        self.shelved = 0
        """Parts that came between the first and the last one, and were handled."""
        self.going = False
        self._most = most

    def add(self, entry: Entry, stamp: float) -> None:
        """Let it wait behind all others."""
        if not self.parts or len(self.parts[-1]) >= self._most:
            self.parts.append([])
        self.parts[-1].append((entry, stamp))

    @property
    def waiting(self) -> list[tuple[Entry, float]]:
        """All that waits."""
        return [item for part in self.parts for item in part]


class Model:
    """All twins of one partition, by the plainest means.

    Args:
        number: Which partition it is.
        partitions: How many there are.
        part: How many events a parked twin handles at one position when it is released.
        sources: How many numbering sources beside its own a twin remembers.
    """

    def __init__(
        self, number: int = 0, partitions: int = 1, part: int = 64, sources: int = 64
    ) -> None:
        self.number, self.partitions = number, partitions
        self._part, self._sources = part, sources
        self.position = 0
        self.now = 0.0
        self.twins: dict[str, Twin] = {}
        self.numbers: dict[str, dict[str, Numbers]] = {}
        self.open: dict[str, set[str]] = {}
        """Twin -> ids of its effects whose outcome did not come yet."""
        self.ids: dict[str, list[str]] = {}
        self.aside: dict[str, Aside] = {}
        self.due: dict[tuple[str, str], float] = {}
        self.marks: dict[int, int] = {}
        self.heard: dict[int, set[bytes]] = {}
        """Partition -> each message of it that was applied."""
        self.replies: dict[str, tuple[Any, bool]] = {}
        """Call -> (what it answered, whether it was refused)."""
        self.applied: dict[str, list[str]] = {}
        """Twin -> ids of the events that it handled, in order."""
        self.skipped: dict[str, list[str]] = {}
        """Twin -> ids of the events that an operator left out."""
        self.told: dict[int, list[tuple[int, str, str, bytes]]] = {}
        """Partition -> (position, to, type, payload) of all that was told to it."""
        self.effects: list[tuple[int, Effect]] = []
        self.signals: list[Signal] = []
        self.verdicts: set[tuple[int, str, str]] = set()
        """(position, twin, event) of what is not handled there."""
        self.refused = 0
        self.repeats = 0
        self._so_far = 0
        """Messages that the block being applied told until now: their ids count them."""

    def apply(self, body: bytes, stamp: float) -> None:
        """Apply the next message of the log."""
        block = decode_block(body)
        self.position += 1
        self.now = max(self.now, stamp)
        self._so_far = 0
        fresh = True
        if block.source >= 0:
            mark = self.marks.get(block.source, 0)
            heard = self.heard.setdefault(block.source, set())
            fresh = body not in heard
            assert not fresh or (block.before, block.position >= mark) == (mark, True), "a gap"
            self.marks[block.source] = max(mark, block.position)
            heard.add(body)
        due = sorted((at, *owner) for owner, at in self.due.items() if at <= self.now)
        for at, twin_id, name in due[:DUE]:
            if self.due.get((twin_id, name)) == at:
                del self.due[twin_id, name]
                if name.startswith("vigil.further:"):
                    self._go_on(twin_id)
                    continue
                entry = Entry(twin_id, f"due.{name}", Origin.INSIDE, msgspec.msgpack.encode(at))
                self._offer(entry, self.now)
        for entry in block.entries if fresh else []:
            self._take(entry, stamp)

    def _take(self, entry: Entry, stamp: float) -> None:
        kind, _, _ = entry.subject.partition("/")
        handler = KINDS[kind].handlers.get(entry.type) if kind in KINDS else None
        operates = entry.origin == Origin.INSIDE and entry.type in ("vigil.resume", "vigil.skip")
        allowed = handler is not None and entry.origin >= handler.least
        if not operates and not allowed:
            self.refused += 1
            if entry.type.startswith("ask.") and entry.origin == Origin.INSIDE:
                self.replies[event_id(entry)] = (None, True)
            return
        self.twins.setdefault(entry.subject, KINDS[kind].new(split(entry.subject)[1]))
        if not self._new(entry):
            self.repeats += 1
        elif operates:
            self._operate(entry)
        else:
            self._offer(entry, stamp)

    def _new(self, entry: Entry) -> bool:
        message = msgspec.msgpack.decode(entry.payload, type=Message[Any])
        if message.sequence is not None:
            sources = self.numbers.setdefault(entry.subject, {})
            source = message.source or ""
            boot = message.boot or 0
            others = [name for name in sources if name]
            if source in sources or not source or len(others) < self._sources:
                numbers = sources.setdefault(source, Numbers(boot))
                return numbers.take(boot, message.sequence)
            return self._new_id(entry, "")
        if entry.origin == Origin.TWIN:
            return True
        if entry.origin == Origin.INSIDE and entry.type.endswith((".done", ".failed")):
            effect_id = message.data["effect_id"]
            known = effect_id in self.open.get(entry.subject, set())
            self.open.get(entry.subject, set()).discard(effect_id)
            return known
        return self._new_id(entry, f"{entry.origin} ")

    def _new_id(self, entry: Entry, prefix: str) -> bool:
        id_ = f"{prefix}{event_id(entry)}"
        ids = self.ids.setdefault(entry.subject, [])
        if id_ in ids[-IDS:]:
            return False
        ids.append(id_)
        return True

    def _offer(self, entry: Entry, stamp: float) -> None:
        """Give an event to its twin, or let it wait where the twin is set aside."""
        aside = self.aside.get(entry.subject)
        if aside is None:
            self._handle(entry, stamp)
        elif entry.type.startswith("ask."):
            self.replies[event_id(entry)] = (None, True)
        else:
            aside.add(entry, stamp)

    def _operate(self, entry: Entry) -> None:
        aside = self.aside.get(entry.subject)
        if aside is None or aside.going:
            return
        part = aside.parts.pop(0)
        if entry.type == "vigil.skip":
            self.skipped.setdefault(entry.subject, []).append(event_id(part.pop(0)[0]))
        self._release(entry.subject, aside, part)

    def _go_on(self, twin_id: str) -> None:
        aside = self.aside[twin_id]
        if len(aside.parts) > 1:
            aside.shelved += 1
        self._release(twin_id, aside, aside.parts.pop(0))

    def _release(self, twin_id: str, aside: Aside, part: list[tuple[Entry, float]]) -> None:
        """Handle one part, and the rest of it waits where one of it fails."""
        del self.aside[twin_id]
        for index, (later, stamp) in enumerate(part, 1):
            self._handle(later, stamp)
            again = self.aside.get(twin_id)
            if again is not None:
                again.parts = [again.waiting + part[index:], *aside.parts]
                again.shelved = aside.shelved
                return
        if aside.parts:
            aside.going = True
            self.aside[twin_id] = aside
            self.due[twin_id, f"vigil.further:{aside.shelved}"] = self.now

    def _handle(self, entry: Entry, stamp: float) -> None:
        twin_id, twin = entry.subject, self.twins[entry.subject]
        turn = Turn(self.now)
        turn.position, turn.rules = self.position, self._rules()
        so_far = self._so_far
        turn.tells.extend([None] * so_far)  # type: ignore[list-item]  # only their number counts
        before = deepcopy(twin)
        called = entry.type.startswith("ask.")
        token = enter(turn)
        try:
            self._heed(entry)
            event = _event(entry, stamp, self.now)
            turn.begin(twin_id, event, len(self.applied.get(twin_id, [])))
            if entry.type.startswith("due."):
                answer = None
                remind(twin, entry.type[4:])
            else:
                answer = handle(twin, event, turn)
        except Exception as error:  # noqa: BLE001 - the model does as the partition promises
            self.twins[twin_id] = before
            if called:
                self.replies[event_id(entry)] = (None, True)
            else:
                aside = Aside(f"{type(error).__name__}: {error}", self._part)
                self.aside[twin_id] = aside
                aside.add(entry, stamp)
            return
        finally:
            leave(token)
        applied = self.applied.setdefault(twin_id, [])
        # A reminder may be set again for the time at which it ran, and then has the same id.
        again = f" {len(applied)}" if entry.type.startswith("due.") else ""
        applied.append(event.id + again)
        for tell in turn.tells[so_far:]:
            self._tell(twin_id, tell)
        self._so_far = len(turn.tells)
        for hit in turn.hits:
            self._own().saw(hit)
        awaited = {it.id for it in turn.effects if f"{it.name}.done" in twin.kind.handlers}
        self.open.setdefault(twin_id, set()).update(awaited)
        self.effects.extend((self.position, deepcopy(effect)) for effect in turn.effects)
        self.signals.extend(deepcopy(turn.signals))
        self._remind(twin_id, turn)
        if called:
            self.replies[event.id] = (msgspec.to_builtins(deepcopy(answer)), False)

    def _tell(self, teller: str, tell: Tell) -> None:
        payload = msgspec.msgpack.encode(
            Message(data=tell.data, id=tell.id, source=teller, traceparent=tell.traceparent)
        )
        every = [f"partition/{number}" for number in range(self.partitions)]
        for to in every if tell.to == "partition/*" else [tell.to]:
            told = self.told.setdefault(partition_of(to, self.partitions), [])
            told.append((self.position, to, tell.type, payload))

    def _own(self) -> LiveRules:
        own = self.twins[f"partition/{self.number}"]
        assert isinstance(own, LiveRules)
        return own

    def _rules(self) -> dict[str, Any]:
        """What is live, compiled anew each time."""
        if f"partition/{self.number}" not in self.twins:
            return {}
        return {
            kind: rules_of(kind, live.documents, live.version)
            for kind, live in self._own().sets.items()
            if live.version
        }

    def _remind(self, twin_id: str, turn: Turn) -> None:
        for name, at in turn.reminders.items():
            if at is None:
                self.due.pop((twin_id, name), None)
            else:
                self.due[twin_id, name] = at

    def _heed(self, entry: Entry) -> None:
        if (self.position, entry.subject, event_id(entry)) in self.verdicts:
            raise TimeoutError("condemned")


def event_id(entry: Entry) -> str:
    """The id of an entry's event."""
    if entry.type.startswith("due."):
        at = msgspec.msgpack.decode(entry.payload, type=float)
        return digest(entry.subject, entry.type, repr(at))
    message = msgspec.msgpack.decode(entry.payload, type=Message[Any])
    if message.sequence is not None:
        return f"{message.source or entry.subject}:{message.boot or 0}:{message.sequence}"
    return message.id or digest(entry.type, entry.payload.hex())


def _event(entry: Entry, stamp: float, now: float) -> Event:
    subject = entry.subject
    if entry.type.startswith("due."):
        return Event(event_id(entry), entry.type, subject, now, subject, None)
    handler = KINDS[split(subject)[0]].handlers[entry.type]
    message = handler.decode(entry.payload)
    time = stamp if message.time is None else message.time
    return Event(
        event_id(entry), entry.type, subject, time, message.source or subject, message.data
    )
