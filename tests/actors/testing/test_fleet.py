"""The public test helpers for many twins: real partitions, and what lies outside of them."""

from typing import Any, ClassVar

import msgspec
import pytest

from actors.errors import AskFailed
from actors.testing import START, Device, FakeProvider, Fault, Fleet
from twins.devices.commands import Commanded, Spec
from twins.errors import TwinError
from twins.event import Reading
from twins.handler import ask, done, due, failed, heeds, on, told
from twins.outputs import Outcome, Signal, Target
from twins.services import TowOperator
from twins.twin import Twin


class Draught(Reading):
    """A reading."""

    draught_m: float | None = None


class Boat(Commanded, kind="fleet_boat"):
    """Signals when it lies deep, and pumps."""

    takes: ClassVar[dict[str, Spec]] = {"pump": Spec(life_s=60.0)}

    draught_m: float | None = None
    helped: int = 0

    @on("telemetry")
    def telemetry(self, reading: Draught) -> None:
        """Deep is bad."""
        self.update(reading)
        if (self.draught_m or 0.0) > 2.0:
            self.signal("boat.deep")

    @on("crash")
    def crash(self) -> None:
        """A mistake of its author."""
        raise KeyError("mast")

    @told("helped")
    def take_help(self, by: str) -> None:  # noqa: ARG002 - the message carries it
        """Somebody helps."""
        self.helped += 1

    @ask("draught")
    def draught(self) -> float:
        """Answer, if it is known."""
        if self.draught_m is None:
            raise ValueError("nothing was measured")
        return self.draught_m


class Harbour(Twin, kind="fleet_harbour"):
    """Helps a minute later, with a tug, and says so."""

    tugs: int = 0
    no_tug: str | None = None

    @heeds("boat.deep")
    def deep(self, signal: Signal) -> None:  # noqa: ARG002 - its key says whose it is
        """Do something, in a minute."""
        self.remind("help", after_s=60.0)
        self.effect(
            "tug", Target.COMPUTE, "nearest_tug", {"for": self.key}, expires_at=self.now + 9
        )

    @due("help")
    def help(self) -> None:
        """Help."""
        self.tell(f"fleet_boat/{self.key}", "helped", "harbour")

    @done("tug")
    def tug(self, outcome: Outcome) -> None:
        """There is one."""
        self.tugs += outcome.result

    @failed("tug")
    def tug_failed(self, outcome: Outcome) -> None:
        """There is none."""
        self.no_tug = outcome.reason


BOATS = [f"fleet_boat/b{number}" for number in range(8)]


def harbour(seed: int | None = None, partitions: int = 4) -> Fleet:
    """A fleet with a tug."""
    fleet = Fleet(partitions, seed)
    fleet.functions["nearest_tug"] = lambda _: 1
    return fleet


def deep(fleet: Fleet) -> None:
    """Let all boats lie deep, twice, and be helped."""
    for boat in BOATS * 2:
        fleet.measure(boat, {"draught_m": 2.5})
        fleet.advance(7.0)
    fleet.advance(60.0)


def test_twins_tell_each_other_and_time_passes() -> None:
    """From a signal to a supervisor, an effect and a reminder, over all partitions."""
    fleet = harbour()
    fleet.measure(BOATS[0], {"draught_m": 2.5})
    early = fleet.twin(BOATS[0]).helped
    fleet.advance(59.9)
    still = fleet.twin(BOATS[0]).helped
    fleet.advance(0.1)

    assert (0, 0, 1) == (early, still, fleet.twin(BOATS[0]).helped)
    assert 1 == fleet.twin("fleet_harbour/b0").tugs
    assert ["boat.deep"] == [signal.name for signal in fleet.signals]
    assert START + 60.0 == fleet.now
    assert (START + 60.0, "fleet_harbour/b0", "due.help") in fleet.handled


@pytest.mark.parametrize("seed", range(5))
def test_the_order_among_pairs_changes_nothing(seed: int) -> None:
    """Drawn orders, twins that are stored and restored: the end is the same, and so a replay."""
    straight, drawn = harbour(), harbour(seed)
    deep(straight)
    deep(drawn)
    again = drawn.replay()

    assert [1] * len(BOATS) == [drawn.twin(boat).helped for boat in BOATS]
    assert straight.states() == drawn.states() == again.states()
    assert sorted(signal.id for signal in drawn.signals) == sorted(
        signal.id for signal in again.signals
    )


def test_the_number_of_partitions_changes_nothing() -> None:
    """One, or sixteen."""
    one, many = harbour(partitions=1), harbour(partitions=16)
    deep(one)
    deep(many)

    assert one.states() == many.states()


def test_commands_reach_the_device() -> None:
    """It does them, says nothing, or refuses; the twin knows."""

    class Stubborn(Device):
        """Refuses everything."""

        def refuses(self, command: dict[str, Any]) -> bool:  # noqa: ARG002 - a hook
            """Whatever it is."""
            return True

    states = []
    for device in (Device(), Device(silent=True), Stubborn()):
        fleet = harbour()
        fleet.device = device
        id_ = fleet.ask(BOATS[0], "command", {"name": "pump"})["id"]
        fleet.advance(61.0)
        states.append(fleet.twin(BOATS[0]).commands[id_].state)

    assert ["done", "expired", "failed"] == states


@pytest.mark.parametrize(
    ("fault", "reason", "tugs"),
    [
        (Fault(), None, 1),
        (Fault(carried_out=False, reason="refused"), "refused", 0),
        (Fault(reason="unknown"), "unknown", 0),
        (Fault(silent=True), None, 0),
        (Fault(delay_s=30.0), None, 1),
    ],
)
def test_what_goes_wrong_is_the_tests_choice(fault: Fault, reason: str | None, tugs: int) -> None:
    """An effect fails, is silent, or takes its time."""
    fleet = harbour()
    fleet.fault = lambda _: fault
    fleet.measure(BOATS[0], {"draught_m": 2.5})
    fleet.advance(31.0)
    twin = fleet.twin("fleet_harbour/b0")

    assert (reason, tugs) == (twin.no_tug, twin.tugs)


def test_a_company_is_employed_with_its_provider() -> None:
    """Its twin is configured, and calls reach the provider."""
    fleet = harbour()
    provider = FakeProvider("tow", [{"offer_id": "truck", "price_cents": 100, "currency": "EUR"}])
    fleet.employ("tow_operator/t1", provider, position=(60.0, 24.0))
    request = {"asker": BOATS[0], "arrangement_id": "a", "leg": "tow", "by": START + 60}
    fleet.send("tow_operator/t1", "availability.requested", request)
    with pytest.raises(AssertionError, match=r"nobody takes this.*availability.answered to fleet"):
        fleet.run()

    assert isinstance(fleet.twin("tow_operator/t1"), TowOperator)
    assert [("availability", "")] == provider.calls


def test_mistakes_are_raised() -> None:
    """What a gateway refuses, what a handler raises, and a call that fails."""
    fleet = harbour()

    with pytest.raises(msgspec.ValidationError, match="Expected `float"):
        fleet.measure(BOATS[0], {"draught_m": "deep"})
    with pytest.raises(TwinError, match="fleet_boat/b0 takes 'helped' from Vigil's own parts"):
        fleet.measure(BOATS[0], "me", "helped")
    with pytest.raises(AssertionError, match="fleet_boat/b0 fails on crash: KeyError: 'mast'"):
        fleet.measure(BOATS[0], None, "crash")
    with pytest.raises(AskFailed, match="fleet_boat/b1 draught: ValueError: nothing was measured"):
        fleet.ask(BOATS[1], "draught")


def test_a_twin_is_shown_not_given() -> None:
    """Changing it changes nothing; one that nobody told anything is as new."""
    fleet = harbour()
    fleet.measure(BOATS[0], {"draught_m": 1.0})
    fleet.twin(BOATS[0]).draught_m = 9.0

    assert (1.0, None) == (fleet.ask(BOATS[0], "draught"), fleet.twin(BOATS[1]).draught_m)
    assert [BOATS[0]] == list(fleet.states())


def test_waiting_for_what_never_comes_ends() -> None:
    """With a word about it."""
    fleet = harbour()
    fleet.measure(BOATS[0], {"draught_m": 2.5})

    with pytest.raises(AssertionError, match="nothing is due any more"):
        fleet.run_until(lambda: False)


SINKING = """
rule: boat.sinking
when: avg(draught_m, 1m) > 1.5
then:
  - command: pump
  - signal: boat.sinking
    data: [draught_m]
"""


def test_rules_are_published_through_the_log() -> None:
    """To every partition; the version before is replaced by it."""
    fleet = harbour()
    first = fleet.publish("fleet_boat", SINKING)
    for boat in BOATS:
        for _ in range(8):
            fleet.measure(boat, {"draught_m": 1.8})
            fleet.advance(10.0)
    noticed = [signal.twin_id for signal in fleet.signals]
    second = fleet.publish("fleet_boat", SINKING.replace("boat.sinking", "boat.low"))
    fleet.measure(BOATS[0], {"draught_m": 1.9})

    assert (1, 2) == (first, second)
    assert sorted(BOATS) == sorted(noticed)
    assert ["boat.low"] == [signal.name for signal in fleet.signals[len(BOATS) :]]
    assert {1} == {len(fleet.twin(boat).commands) for boat in BOATS[1:]}


def test_rules_that_cannot_run_are_not_published() -> None:
    """The error says why."""
    fleet = harbour()

    with pytest.raises(AskFailed, match="has no 'draft_m'"):
        fleet.publish("fleet_boat", SINKING.replace("avg(draught_m", "avg(draft_m"))
