"""A kiln, for tests of the rule language: a kind with a field of every type, and short ways to try.

trial = kiln("- {rule: hot, when: temp_c > 1200}")
trial.measure({"temp_c": 1250.0})
assert ["hot"] == names(trial)
"""

from typing import Annotated, Any, ClassVar, Literal

from msgspec import Meta, Struct

import twins.people
from twins.devices.commands import Commanded, Spec
from twins.event import Reading
from twins.handler import on, told
from twins.ids import CustomerId
from twins.rules.document import read_rules
from twins.rules.rule import OPEN
from twins.rules.ruleset import RuleSet, compile_rules
from twins.settings import UNSET, Settings, UnsetType
from twins.testing import Trial

assert twins.people, "the kind that kilns mirror"


class Heat(Reading):
    """What a kiln measures."""

    temp_c: Annotated[float, Meta(ge=0, le=1500)] | None = None
    load: Annotated[int, Meta(ge=0, le=100)] | None = None
    mode: Literal["idle", "fire", "cool"] | None = None
    door: bool | None = None


class Power(Reading):
    """What it measures at other times."""

    volts: float | None = None


class Fault(Struct):
    """What it reports once: no reading."""

    code: int
    text: str = ""


class KilnSettings(Settings):
    """Master data."""

    owner: CustomerId | UnsetType | None = UNSET
    name: str | UnsetType = UNSET


class Kiln(Commanded, kind="kiln"):
    """A kiln of a pottery."""

    takes: ClassVar[dict[str, Spec]] = {"cool_down": Spec(life_s=60.0)}
    mirrors: ClassVar[dict[str, tuple[str, ...]]] = {"owner": ("tier", "lifetime_value_cents")}

    temp_c: float | None = None
    load: int | None = None
    mode: str | None = None
    door: bool | None = None
    volts: float | None = None
    name: str = ""
    owner: CustomerId | None = None
    faults: int = 0

    @property
    def place(self) -> tuple[float, float] | None:
        """A value that can be passed on only."""
        return None if self.temp_c is None else (self.temp_c, 0.0)

    @on("heat")
    def heat(self, reading: Heat) -> None:
        """Take over a reading."""
        self.update(reading)

    @on("power")
    def power(self, reading: Power) -> None:
        """Take over a reading of the other sort."""
        self.update(reading)

    @on("fault")
    def fault(self, fault: Fault) -> None:
        """Count."""
        assert fault.code >= 0
        self.faults += 1

    @told("configured")
    def configured(self, settings: KilnSettings) -> None:
        """Take over master data."""
        settings.apply(self)


class Kilned(Trial):
    """A kiln with rules, and a test's clock."""

    def heat(self, temp_c: float | None = None, at: float | None = None, **more: Any) -> None:
        """Let it measure."""
        self.measure({"temp_c": temp_c, **more}, "heat", at)

    def heats(self, *values: float, every_s: float = 1.0) -> None:
        """Let it measure so many values, time passing before each but the first."""
        for number, value in enumerate(values):
            if number:
                self.advance(every_s)
            self.heat(value)


def compiled(text: str, version: int = 1) -> RuleSet:
    """The rule set of kilns of this text."""
    return compile_rules(Kiln.kind, read_rules(text, "kiln.yaml", "kiln"), version)


def kiln(text: str, key: str = "k1") -> Kilned:
    """A kiln with these rules."""
    return Kilned(f"kiln/{key}", {"kiln": compiled(text)})


def names(trial: Trial) -> list[str]:
    """The names of all signals so far."""
    return [signal.name for signal in trial.signals]


def is_open(trial: Trial, rule: str) -> bool:
    """Whether a rule has fired and is not cleared."""
    memory = (trial.twin.windows or {}).get(rule)
    return memory is not None and memory[1] is not None and memory[1][0] == OPEN
