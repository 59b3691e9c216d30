"""The public test helpers for one twin: a test's clock, and what a twin caused."""

from typing import Annotated

import msgspec
import pytest
from msgspec import Meta

from twins.event import Reading
from twins.handler import ask, due, on, told
from twins.outputs import Target
from twins.testing import START, Trial
from twins.twin import Twin


class Heat(Reading):
    """A reading."""

    core_c: Annotated[float, Meta(ge=0, le=500)] | None = None


class Kiln(Twin, kind="trial_kiln"):
    """Cools down for a minute after it was hot."""

    core_c: float | None = None
    cooled: int = 0

    @on("telemetry")
    def telemetry(self, reading: Heat) -> None:
        """Look, and come back later."""
        self.update(reading)
        if (self.core_c or 0.0) > 300.0:
            self.signal("kiln.hot", core_c=self.core_c)
            self.tell("desk/d", "kiln.noted", {"core_c": self.core_c})
            self.effect("fan", Target.DEVICE, self.id)
            self.remind("cool", after_s=60.0)

    @told("opened")
    def opened(self) -> None:
        """It cools by itself."""
        self.forget("cool")

    @ask("double")
    def double(self, number: int) -> int:
        """Answer."""
        return 2 * number

    @due("cool")
    def cool(self) -> None:
        """It is cool."""
        self.cooled += 1


def test_what_a_twin_causes_is_kept() -> None:
    """Signals, messages and effects, in order."""
    trial = Trial("trial_kiln/k1")
    trial.measure({"core_c": 299.0})
    trial.measure([{"core_c": 301.0}, {"core_c": 302.0}])

    assert 302.0 == trial.twin.core_c
    assert ["kiln.hot", "kiln.hot"] == [signal.name for signal in trial.signals]
    assert [301.0, 302.0] == [tell.data["core_c"] for tell in trial.tells]
    assert ["fan", "fan"] == [effect.name for effect in trial.effects]


def test_time_passes_when_the_test_lets_it() -> None:
    """Reminders fire when they are due, not before, and not after they were dropped."""
    trial = Trial("trial_kiln/k1")
    trial.measure({"core_c": 301.0})
    trial.advance(59.0)
    before = trial.twin.cooled
    trial.advance(1.0)
    trial.measure({"core_c": 301.0})
    trial.tell("opened")
    trial.advance(3600.0)

    assert (0, 1, START + 3660.0) == (before, trial.twin.cooled, trial.now)


def test_a_reading_has_a_time() -> None:
    """Now, or the one that the test gives it."""
    trial = Trial("trial_kiln/k1")
    trial.advance(5.0)
    trial.measure({"core_c": 1.0})
    trial.measure({"core_c": 2.0}, at=START)

    assert (1.0, START + 5.0) == (trial.twin.core_c, trial.twin.stamp)


def test_an_answer_comes_back() -> None:
    """And a state that is stored and read again."""
    trial = Trial("trial_kiln/k1")
    trial.measure({"core_c": 5.0})
    trial.restore()

    assert (14, 5.0) == (trial.ask("double", 7), trial.twin.core_c)


def test_what_a_gateway_would_refuse_is_refused() -> None:
    """Data that does not fit, and a message that is not the device's to send."""
    trial = Trial("trial_kiln/k1")

    with pytest.raises(msgspec.ValidationError, match="<= 500"):
        trial.measure({"core_c": 501.0})
    with pytest.raises(AssertionError, match="opened comes from twin only"):
        trial.measure(None, "opened")
