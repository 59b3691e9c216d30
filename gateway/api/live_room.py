"""Live room: what waits for one watcher, and how far she has seen each partition. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from msgspec import Struct

from actors.changes import END, Change, Changed, Mark, Noticed, key_of
from actors.state import TwinState
from actors.store.filter import Filter
from gateway.api.arrangement import arrangements_of, is_supervisor
from gateway.api.live_match import Match
from gateway.api.marks import encode_marks

MAX_SIGNALS: Final = 1000
"""Signals that wait for one watcher; of more, the oldest are dropped, and it is said."""


class Interest(Struct, frozen=True):
    """What a watcher wants to see."""

    kind: str | None = None
    twin_id: str | None = None
    where: Filter | None = None
    """Over states; signals pass by kind and twin alone."""
    twins: int = 1000
    """At most so many twins at a time (supervisors not counted): the first that change."""
    search: str = ""
    """The same as text, for a search: what of `kind` matches `where`."""

    def reaches(self, item: TwinState | Noticed) -> bool:
        """Whether an item is of a twin that she asks about, whatever its state."""
        twin_id = item.signal.twin_id if isinstance(item, Noticed) else item.id
        if self.twin_id is not None and twin_id != self.twin_id:
            return False
        return self.kind is None or twin_id.partition("/")[0] == self.kind


class Item(Struct, frozen=True):
    """One thing for a watcher."""

    event: str
    """`change`, `left`, `arrangement`, `signal`, `status`, `lost` or `hello`."""
    data: Any


class Room:
    """What waits for one watcher.

    Invariant: nothing of a partition is handed out beyond `covered`, up to where all that changed
    is known here; so an item's id never claims more than was seen.

    Args:
        interest: What she wants.
        partitions: How many there are.
        marks: Up to where she has seen each of them; None: she begins now.
    """

    def __init__(
        self, interest: Interest, partitions: int, marks: Sequence[Mark] | None = None
    ) -> None:
        self.interest = interest
        self.seen: list[Mark | None] = list(marks) if marks else [None] * partitions
        """Of each partition: what was handed out."""
        self.covered: list[Mark | None] = list(self.seen)
        """Of each partition: up to where all that changed is known."""
        self.gaps: set[int] = set(range(partitions))
        """Partitions of which hosts have to be asked what is behind `covered`."""
        self.failed = False
        """Whether they could not be asked; it is tried again with the next status."""
        self._looked: dict[int, Mark | None] = {}
        self._states: list[dict[str, TwinState]] = [{} for _ in range(partitions)]
        self._signals: list[dict[Mark, Noticed]] = [{} for _ in range(partitions)]
        self._left: set[str] = set()
        """Of the states that wait, those that are told as such that left her filter."""
        self.match = Match(interest.where)
        self._known: set[str] = set()
        self._lost = 0
        self._lost_past = False

    def offer(self, partition: int, change: Change) -> None:
        """Take what a host tells; where it does not follow, there is a gap before it."""
        covered = self.covered[partition]
        # What is covered is known as it was later; an older state would bring back what left.
        news = [one for one in change.states if covered is None or key_of(one) > covered]
        self._keep_all(partition, news, change.signals)
        if covered is None or covered < (change.after, END):
            self.gaps.add(partition)
        elif covered < (change.position, END):
            self.covered[partition] = (change.position, END)

    def fill(self, partition: int, changed: Changed) -> None:
        """Take what a host was asked for."""
        seen = self.seen[partition]
        if changed.lost:
            self._lost_past = True
        if seen is None or changed.until < seen:
            # She begins now; or the log is another one than that which she has seen.
            self.seen[partition] = changed.until
        self._keep_all(partition, changed.states, changed.signals)
        self.covered[partition] = changed.until
        if changed.until[1] == END:
            self.gaps.discard(partition)

    def compare(self, positions: Mapping[int, int | None]) -> None:
        """Ask about partitions that stand beyond what is known, and did so at the last look."""
        for partition, covered in enumerate(self.covered):
            position = positions.get(partition)
            behind = covered is not None and position is not None and covered[0] < position
            if behind and self._looked.get(partition) == covered:
                self.gaps.add(partition)
            self._looked[partition] = covered

    def _keep_all(
        self, partition: int, states: Sequence[TwinState], signals: Sequence[Noticed]
    ) -> None:
        for state in states:
            self._keep(partition, state)
        for signal in signals:
            self._keep(partition, signal)

    def _keep(self, partition: int, item: TwinState | Noticed) -> None:
        key, seen = key_of(item), self.seen[partition]
        if seen is not None and (key[0], key[1] + _LAST) <= seen:
            return  # it was handed out already
        if not self.interest.reaches(item):
            return
        if isinstance(item, Noticed):
            signals = self._signals[partition]
            signals[key] = item
            if len(signals) > MAX_SIGNALS:
                del signals[min(signals)]
                self._lost += 1
            return
        self._keep_state(self._states[partition], item)

    def _keep_state(self, states: dict[str, TwinState], state: TwinState) -> None:
        held = states.get(state.id)
        if held is not None and held.changed > state.changed:
            return
        if not self.match.matches(state):
            self._known.discard(state.id)
            if self.match.leave(state.id):
                states[state.id] = state
                self._left.add(state.id)
            elif held is not None:
                states[state.id] = state  # the younger of two that both do not match
            return
        if state.id not in self._known and not is_supervisor(state):
            if len(self._known) >= self.interest.twins:
                self._lost += 1
                return
            self._known.add(state.id)
        self.match.enter(state.id)
        self._left.discard(state.id)
        states[state.id] = state

    def take(self) -> Iterator[tuple[str | None, Item]]:
        """Hand out all that may be, partition by partition, each with the id after it."""
        if self._lost_past:
            self._lost_past = False
            yield None, Item("lost", {"count": None})
        for partition, covered in enumerate(self.covered):
            if covered is None:
                continue
            for mark, item in self._ripe(partition, covered):
                self.seen[partition] = mark
                yield self.id, item
            seen = self.seen[partition]
            if seen is None or seen < covered:
                self.seen[partition] = covered
        if self._lost:
            lost, self._lost = self._lost, 0
            yield self.id, Item("lost", {"count": lost})

    def _ripe(self, partition: int, covered: Mark) -> list[tuple[Mark, Item]]:
        states, signals = self._states[partition], self._signals[partition]
        found: list[tuple[Mark, Item]] = [
            (mark, Item("signal", signals.pop(mark).signal))
            for mark in [mark for mark in signals if mark <= covered]
        ]
        for state in [one for one in states.values() if key_of(one) <= covered]:
            position, key = key_of(states.pop(state.id))
            if state.id in self._left:
                self._left.discard(state.id)
                left = {"id": state.id, "revision": state.revision, "at": state.now}
                found.append(((position, key), Item("left", left)))
                continue
            found.append(((position, key), Item("change", state)))
            found += [
                ((position, f"{key}{_LAST}"), Item("arrangement", view))
                for view in arrangements_of(state.id, state.state, state.now)
            ]
        seen = self.seen[partition]
        ripe = [one for one in found if seen is None or one[0] > seen]
        ripe.sort(key=lambda one: one[0])
        return ripe

    @property
    def id(self) -> str | None:
        """Up to where she has seen everything; None while that is not known."""
        marks = [mark for mark in self.seen if mark is not None]
        return encode_marks(marks) if len(marks) == len(self.seen) else None


_LAST: Final = "~"
"""Behind a twin's key: what belongs to its change, and comes after it."""
