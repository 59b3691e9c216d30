"""Rule: one compiled rule, and where it stands with each twin.

    well ──▶ pending ──▶ open ──▶ well
                │          │
                └─▶ spent ◀┘

- pending: `when` holds; not yet for as long as `for` asks, or a limit, another rule or a
  maintenance of the twin forbids it
- open: it has fired, and is not cleared
- spent: it was cleared, or passed over for another rule, while `when` still holds; only when that
  has ended can it begin anew

The generated function decides whether `when` holds, for all rules at once, and calls `step` only
for a rule that has something to do. A rule of the moment is never anything but well.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from twins.ids import digest
from twins.operated import maintained
from twins.record import Firing, limit_name, note_evidence, note_firing
from twins.rules.actions import Act, SignalSaid, act_id
from twins.rules.document import SEVERITIES
from twins.rules.evidence import evidence
from twins.rules.generate import width_of
from twins.rules.memory import SLOTS, STATE, arm, drop, keep
from twins.rules.plan import Plan
from twins.rules.template import Template
from twins.rules.windows import expires
from twins.turn import Turn

if TYPE_CHECKING:
    from twins.twin import Twin

PENDING: Final = 0
OPEN: Final = 1
SPENT: Final = 2

FIRED: Final = 3
"""Index, in the state, of the firing's id; it is there only where something follows its end."""

Small = Callable[["Twin", Turn, Any, tuple[Any, ...]], Any]
"""A small generated function; `generate.small` says of what."""


@dataclass(slots=True)
class Compiled:
    """The small functions of a rule."""

    clear: Small | None = None
    escalate: list[tuple[Small, Small | None]] = field(default_factory=list)
    data: list[Small] = field(default_factory=list)
    """Of each thing that follows: its data, by name."""
    asked: list[Small] = field(default_factory=list)
    """Of each thing that follows: the fields that are expressions, by name."""


class Rule:
    """One rule of one rule set.

    Args:
        plan: What it says.
        version: Of the rule set.
        stamp: Of the rule set, as the memory of twins knows it.
        suppressors: Rules while which are open this one does not fire.
        rivals: Rules that exclude this one, whichever of the two says so.
        templates: What messages of the rule set say.
    """

    def __init__(
        self, plan: Plan, version: int, stamp: int, suppressors: tuple[str, ...],
        rivals: frozenset[str], templates: Mapping[str, Template],
    ) -> None:  # fmt: skip
        document = plan.document
        self.plan = plan
        self.name = plan.name
        self.version = version
        self.suppressors = suppressors
        self.rivals = rivals
        self.compiled = Compiled()
        self._templates = templates
        self._clears = [
            number for number, follows in enumerate(plan.then) if follows.action.clear is not None
        ]
        self._stamp = stamp
        self._for_s = document.for_ or 0.0
        self._level = SEVERITIES.index(document.severity)
        self.limit = limit_name(document.rule, shadow=document.shadow)
        self._kept = max(1, document.at_most.times if document.at_most else 1)
        self._windows = [
            (SLOTS + slot, width_of(call))
            for slot, call in enumerate(plan.calls)
            if call.operator.windowed
        ]
        self._silences = [
            (SLOTS + slot, call.values["within"])
            for slot, call in enumerate(plan.calls)
            if call.operator.name == "silent"
        ]

    def begin(self, twin: "Twin") -> list[Any]:
        """New memory, kept by the twin."""
        memory = [self.plan.digest, None, *(None for _ in self.plan.calls)]
        keep(twin, self._stamp, self.name, memory)
        return memory

    def step(
        self, twin: "Twin", turn: Turn, reading: Any, at: float, held: bool,
        memory: list[Any] | None, results: tuple[Any, ...],
    ) -> None:  # fmt: skip
        """Look at one twin, after an event or as time passed.

        Args:
            twin: The twin.
            turn: Its turn.
            reading: The event's data; None as time passes.
            at: The event time of what is known: of the newest reading, or now.
            held: Whether `when` holds.
            memory: What the rule remembers of the twin.
            results: What its operators gave.
        """
        if self.plan.momentary:
            if held:
                self._moment(twin, turn, reading, at, results)
            self._settle(twin, memory)
            return
        state = None if memory is None else memory[STATE]
        if state is None:
            if not held:
                self._settle(twin, memory)
                self._wake(twin, turn, at, memory)
                return
            if memory is None:
                memory = self.begin(twin)
            state = memory[STATE] = [PENDING, at, 0]
        assert memory is not None
        phase = state[0]
        if phase == OPEN:
            self._look(twin, turn, reading, at, held, memory, results)
        elif not held:
            memory[STATE] = None
        elif phase == PENDING:
            self._try(twin, turn, reading, at, state, results)
        self._settle(twin, memory)
        self._wake(twin, turn, at, memory)

    # -- firing ------------------------------------------------------------------------------

    def _moment(
        self, twin: "Twin", turn: Turn, reading: Any, at: float, results: tuple[Any, ...]
    ) -> None:
        if maintained(twin) is not None:
            return
        forbidden = self.suppressed_by(twin) or self.limited_until(twin, turn.now) is not None
        if not forbidden and not self._excluded(turn, at):
            self._fire(twin, turn, reading, at, at, self._level, results)

    def _try(
        self, twin: "Twin", turn: Turn, reading: Any, at: float, state: list[Any],
        results: tuple[Any, ...],
    ) -> None:  # fmt: skip
        """Fire, unless it is too early, or something forbids it."""
        if at - state[1] < self._for_s or self.suppressed_by(twin) or maintained(twin):
            return
        if self.limited_until(twin, turn.now) is not None:
            return
        if self._excluded(turn, at):
            state[0] = SPENT
            return
        state[0] = OPEN
        state[2] = self._escalations(twin, turn, reading, results, 0)
        level = self.severity(state[2])
        firing = self._fire(twin, turn, reading, at, state[1], level, results)
        if self._clears and not firing.shadow:
            state.append(firing.id)

    def suppressed_by(self, twin: "Twin") -> str | None:
        """The open rule that keeps this one from firing."""
        windows = twin.windows
        if windows is None:
            return None
        for name in self.suppressors:
            memory = windows.get(name)
            if memory is not None and memory[STATE] is not None and memory[STATE][0] == OPEN:
                return name
        return None

    def limited_until(self, twin: "Twin", now: float) -> float | None:
        """Until when `every` and `at_most` keep it from firing (log time); None: they do not."""
        record = twin.record
        times = None if record is None else record.rules.get(self.limit)
        if not times:
            return None
        document = self.plan.document
        until = 0.0
        if document.every is not None:
            until = times[-1] + document.every
        if document.at_most is not None and len(times) >= document.at_most.times:
            until = max(until, times[-document.at_most.times] + document.at_most.within)
        return until if until > now else None

    def _excluded(self, turn: Turn, at: float) -> bool:
        """Whether a rule that this one excludes has fired on the same reading."""
        return any(one.rule in self.rivals and one.at == at for one in turn.fired)

    def _fire(
        self, twin: "Twin", turn: Turn, reading: Any, at: float, since: float, level: int,
        results: tuple[Any, ...],
    ) -> Firing:  # fmt: skip
        event, document = turn.cause(), self.plan.document
        severity = SEVERITIES[level]
        firing = Firing(
            id=f"{twin.id}~{digest(twin.id, event.id, self.name, repr(at))}",
            rule=self.name,
            version=self.version,
            at=at,
            now=turn.now,
            severity=severity.value,
            shadow=document.shadow,
            signals=[],
            why={
                "rule": self.name,
                "version": self.version,
                "severity": severity.value,
                **evidence(self.plan, twin, reading, results, since, at),
            },
        )
        turn.fired.append(firing)
        note_firing(twin, firing, self._kept)
        if document.shadow:
            turn.hit(self.name, at)
            return firing
        for number, follows in enumerate(self.plan.then):
            data = self.compiled.data[number](twin, turn, reading, results)
            asked = self.compiled.asked[number](twin, turn, reading, results)
            act: Act[Any] = Act(
                twin, turn, firing, follows.said, number, data, asked, self._templates
            )
            follows.action.carry(act)
        return firing

    # -- while it is open --------------------------------------------------------------------

    def _look(
        self, twin: "Twin", turn: Turn, reading: Any, at: float, held: bool, memory: list[Any],
        results: tuple[Any, ...],
    ) -> None:  # fmt: skip
        """Close it, or make it worse or better."""
        state, clear = memory[STATE], self.compiled.clear
        if not held if clear is None else clear(twin, turn, reading, results):
            self._cleared(twin, turn, state)
            if held:
                state[0] = SPENT
            else:
                memory[STATE] = None
            return
        if not self.compiled.escalate:
            return
        before = self.severity(state[2])
        state[2] = self._escalations(twin, turn, reading, results, state[2])
        after = self.severity(state[2])
        if after != before:
            self._changed(twin, turn, reading, at, state[1], before, after, results)

    def leave(self, twin: "Twin", turn: Turn) -> None:
        """Forget it: its context does not hold, so it is not open any more."""
        memory = (twin.windows or {}).get(self.name)
        if memory is not None and memory[STATE] is not None:
            self._cleared(twin, turn, memory[STATE])
        drop(twin, self.name)

    def _cleared(self, twin: "Twin", turn: Turn, state: list[Any]) -> None:
        """Let what followed know that it is over."""
        if len(state) == FIRED:
            return
        firing_id = state.pop()
        for number in self._clears:
            follows = self.plan.then[number]
            assert follows.action.clear is not None
            follows.action.clear(twin, turn, act_id(firing_id, number), follows.said)

    def _escalations(
        self, twin: "Twin", turn: Turn, reading: Any, results: tuple[Any, ...], active: int
    ) -> int:
        """Which escalations count now: bit i is the i-th."""
        found = 0
        for number, (when, clear) in enumerate(self.compiled.escalate):
            stays = active >> number & 1 and clear is not None
            if when(twin, turn, reading, results) or (
                stays and clear is not None and not clear(twin, turn, reading, results)
            ):
                found |= 1 << number
        return found

    def severity(self, active: int) -> int:
        """Index of the severity while these escalations count."""
        escalate = self.plan.escalate
        levels = (one.level for number, one in enumerate(escalate) if active >> number & 1)
        return max(self._level, max(levels, default=0))

    def _changed(
        self, twin: "Twin", turn: Turn, reading: Any, at: float, since: float, before: int,
        after: int, results: tuple[Any, ...],
    ) -> None:  # fmt: skip
        """Tell that it got worse (`….escalated`) or better (`….eased`)."""
        if self.plan.document.shadow:
            return
        severity = SEVERITIES[after].value
        why = {
            "rule": self.name,
            "version": self.version,
            "severity": severity,
            "before": SEVERITIES[before].value,
            **evidence(self.plan, twin, reading, results, since, at),
        }
        word = "escalated" if after > before else "eased"
        signals = [
            twin.signal(f"{follows.said.name}.{word}", why=why).id
            for follows in self.plan.then
            if isinstance(follows.said, SignalSaid)
        ]
        if signals:
            change = Firing(
                id=f"{twin.id}~{digest(twin.id, turn.cause().id, self.name, repr(at), word)}",
                rule=self.name, version=self.version, at=at, now=turn.now, severity=severity,
                signals=signals, why=why,
            )  # fmt: skip
            note_evidence(twin, change)

    # -- remembering -------------------------------------------------------------------------

    def _settle(self, twin: "Twin", memory: list[Any] | None) -> None:
        """Forget it where there is nothing to remember."""
        if memory is not None and not any(part is not None for part in memory[STATE:]):
            drop(twin, self.name)

    def _wake(self, twin: "Twin", turn: Turn, at: float, memory: list[Any] | None) -> None:
        """Have the twin woken when the rule may change although nothing arrives."""
        if memory is None:
            return
        due = [] if memory[STATE] is None else self._changes(twin, turn, at, memory)
        for slot, within_s in self._silences:
            heard = memory[slot]
            if heard is not None and heard[0] + within_s > turn.now:
                due.append(heard[0] + within_s)
        if due:
            arm(twin, turn, min(due))

    def _changes(self, twin: "Twin", turn: Turn, at: float, memory: list[Any]) -> list[float]:
        """When time alone may make a rule fire, or clear it (log time)."""
        phase, since = memory[STATE][:2]
        # Where the readings' clock is ahead of the log's, time passes from where the readings are.
        present = max(turn.now, at)
        due = []
        if phase == PENDING:
            rest, until = since + self._for_s - at, self.limited_until(twin, turn.now)
            if rest > 0:
                due.append(present + rest)
            elif until is not None:
                due.append(until)
        for slot, width in self._windows:
            old = expires(memory, slot, at, width)
            if old is not None:
                due.append(max(present, old))
        return due
