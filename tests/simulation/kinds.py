"""The kinds of the simulation: a meter, its owner, and a desk that runs arrangements.

They use all that a kind may use (readings, rules, signals, messages, reminders, effects, calls,
failing handlers), and they write down what they handled, so that a repeat or a loss can be seen.
"""

from typing import ClassVar

from msgspec import Struct, field

from twins.event import Reading
from twins.handler import ask, done, due, failed, heeds, on, told
from twins.outputs import Outcome, Signal, Target
from twins.twin import Twin

RISING = "sim.rising"
PROVIDER = "http://127.0.0.1:9/providers/sim"


class Level(Reading):
    """What a meter measures."""

    value: float | None = None
    load: float | None = None


class Battery(Reading):
    """What a meter measures at other times."""

    volts: float | None = None


class Count(Struct):
    """A message to count; the handler fails while the log's time is before `poison_until`."""

    n: int
    owner: str
    poison_until: float = 0.0


class Counted(Struct):
    """A meter tells its owner: the `n`th message to it."""

    n: int


class Settled(Struct):
    """A desk tells an owner what became of a case."""

    case: str
    state: str


class Meter(Twin, kind="sim_meter"):
    """A device."""

    rules: ClassVar[str] = f"""
      rule: {RISING}
      on: level
      when: rising(value, 2, band=1, above=50, clear=40)
      then: {{signal: {RISING}, data: [load]}}
    """

    trace: list[str] = field(default_factory=list)
    """Ids of the device's events, in the order in which they were handled."""
    value: float | None = None
    load: float | None = None
    volts: float | None = None
    told_owner: dict[str, int] = field(default_factory=dict)
    thanks: list[int] = field(default_factory=list)
    checks: list[float] = field(default_factory=list)
    outcomes: list[str] = field(default_factory=list)

    @on("level")
    def level(self, reading: Level) -> None:
        """Take over a reading; a list of them is noted once."""
        if not self.trace or self.trace[-1] != self.event.id:
            self.trace.append(self.event.id)
        self.update(reading)

    @on("battery")
    def battery(self, reading: Battery) -> None:
        """Take over a reading of the other sort, and look again after a while."""
        self.trace.append(self.event.id)
        self.update(reading)
        self.remind("check", after_s=7)

    @on("count")
    def count(self, count: Count) -> None:
        """Tell the owner; a poisoned one fails only after it has changed and caused much."""
        self.trace.append(self.event.id)
        number = self.told_owner[count.owner] = self.told_owner.get(count.owner, 0) + 1
        self.tell(count.owner, "meter.counted", Counted(number))
        self.remind("check", after_s=11.5)
        if count.n % 5 == 0:
            self.effect("sim.read", Target.COMPUTE, "read", {"trace": self.trace[-3:]})
        if self.now < count.poison_until:
            self.forget("check")
            raise RuntimeError(f"poison until {count.poison_until}")

    @due("check")
    def check(self) -> None:
        """Note when it ran."""
        self.checks.append(self.now)

    @told("owner.thanks")
    def thanked(self, counted: Counted) -> None:
        """Note the answer."""
        self.thanks.append(counted.n)

    @done("sim.read")
    def was_read(self, outcome: Outcome) -> None:
        """Note the outcome."""
        self.outcomes.append(f"done {outcome.effect_id}")

    @failed("sim.read")
    def was_not_read(self, outcome: Outcome) -> None:
        """Note the outcome."""
        self.outcomes.append(f"failed {outcome.effect_id}")

    @ask("recent")
    def recent(self) -> list[str]:
        """Answer with what was handled last; an empty meter refuses."""
        if not self.trace:
            raise LookupError("nothing yet")
        return self.trace[-2:]


class Owner(Twin, kind="sim_owner"):
    """Whom meters and desks tell."""

    heard: dict[str, list[int]] = field(default_factory=dict)
    """Meter -> numbers of its messages, in order."""
    settled: list[str] = field(default_factory=list)
    nudges: list[tuple[str, float, float]] = field(default_factory=list)
    """(reminder, when it was due, when it ran)."""
    nudge_due: dict[str, float] = field(default_factory=dict)

    @told("meter.counted")
    def counted(self, counted: Counted) -> None:
        """Note it, thank for every third, and nudge somebody if there is silence then."""
        meter = self.event.source
        self.heard.setdefault(meter, []).append(counted.n)
        if counted.n % 3 == 0:
            self.tell(meter, "owner.thanks", counted)
        name = f"nudge:{meter}"
        if counted.n % 7 == 6:
            self.nudge_due.pop(name, None)
            self.forget(name)
        else:
            self.nudge_due[name] = self.now + 9.0
            self.remind(name, at=self.now + 9.0)

    @told("desk.settled")
    def case_settled(self, settled: Settled) -> None:
        """Note what became of a case."""
        self.settled.append(f"{settled.case} {settled.state}")

    @due("nudge")
    def nudge(self) -> None:
        """Send a notice."""
        name = self.event.type.removeprefix("due.")
        self.nudges.append((name, self.nudge_due.pop(name), self.now))
        self.effect("sim.notice", Target.CHANNEL, f"log:{self.key}", {"about": name})


class Desk(Twin, kind="sim_desk"):
    """A supervisor: hold, then confirm; or release when time is over."""

    cases: dict[str, str] = field(default_factory=dict)
    """Case -> its state."""
    steps: list[str] = field(default_factory=list)
    """All that happened, in order."""

    @heeds(RISING)
    def rising(self, signal: Signal) -> None:
        """Open a case."""
        self.steps.append(f"signal {signal.id}")
        self.cases[signal.id] = "holding"
        self._effect("sim.hold", signal.id)
        self.remind(f"lapse:{signal.id}", after_s=15.0)

    @done("sim.hold")
    def held(self, outcome: Outcome) -> None:
        """Confirm, unless it is too late."""
        self.steps.append(f"held {outcome.key}")
        late = self.cases[outcome.key] == "lapsed"
        self._effect("sim.release" if late else "sim.confirm", outcome.key)

    @failed("sim.hold")
    def not_held(self, outcome: Outcome) -> None:
        """Nothing was free."""
        self.steps.append(f"not held {outcome.key}")
        self._settle(outcome.key, "failed")

    @done("sim.confirm")
    def confirmed(self, outcome: Outcome) -> None:
        """All is well."""
        self.steps.append(f"confirmed {outcome.key}")
        self._settle(outcome.key, "confirmed")

    @failed("sim.confirm")
    def not_confirmed(self, outcome: Outcome) -> None:
        """Give back what was held."""
        self.steps.append(f"not confirmed {outcome.key}")
        self._effect("sim.release", outcome.key)

    @done("sim.release")
    @failed("sim.release")
    def released(self, outcome: Outcome) -> None:
        """It ended without success."""
        self.steps.append(f"released {outcome.key}")
        self._settle(outcome.key, "released")

    @due("lapse")
    def lapse(self) -> None:
        """Time is over for a case that was never held."""
        case = self.event.type.partition(":")[2]
        self.steps.append(f"lapse {case}")
        if self.cases[case] == "holding":
            self.cases[case] = "lapsed"

    def _effect(self, name: str, case: str) -> None:
        self.effect(name, Target.PROVIDER, PROVIDER, {"case": case}, key=case, order=case)

    def _settle(self, case: str, state: str) -> None:
        self.forget(f"lapse:{case}")
        self.cases[case] = state
        self.tell(f"sim_owner/o{len(self.steps) % 3}", "desk.settled", Settled(case, state))
