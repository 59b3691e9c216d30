"""The package's own tests, run where it is installed beside Vigil."""

from typing import Any

import lighthouse.kinds
import msgspec
import pytest

from actors.kinds import gather_kinds, load_kinds
from actors.testing import FakeProvider, Fleet
from twins.testing import Trial

assert lighthouse.kinds, "importing it registers the kinds"


def failing(answer: dict[str, Any] | None) -> tuple[Fleet, FakeProvider]:
    """A lighthouse whose lamp fails, and what its keeper says."""
    fleet = Fleet()
    yard = FakeProvider("slot", [{"offer_id": "dock", "price_cents": 5000, "currency": "NOK"}])
    fleet.employ("dealer/yard", yard)
    fleet.tell("lighthouse/l1", "configured", {"yard": "dealer/yard", "desk": "desk/d1"})
    radio = {"channel": "radio", "address": "16"}
    fleet.tell("customer/keeper", "configured", {"channels": [radio]})
    fleet.customer = lambda _: answer
    for volts in (230.0, 220.0, 150.0, 140.0, 130.0, 130.0):
        fleet.measure("lighthouse/l1", {"lamp_v": volts, "turns_min": 2.0}, "beam")
        fleet.advance(30.0)
    fleet.run_until(lambda: fleet.twin("keepers/l1").arrangement.ended)
    return fleet, yard


def test_vigil_finds_the_package() -> None:
    """By its entry point; nobody named it."""
    found = [source.name for source in gather_kinds([])]

    assert "lighthouse.kinds" in found
    assert {"lighthouse", "buoy", "keepers"} <= load_kinds(gather_kinds([])).keys()


def test_a_lamp_is_replaced() -> None:
    """The rule notices it once, the spare lamp is switched on, and the yard is booked."""
    fleet, yard = failing({"accept": True})

    assert [signal.name for signal in fleet.signals] == ["lamp.failing"]
    assert [it.state for it in fleet.twin("lighthouse/l1").commands.values()] == ["done"]
    assert fleet.twin("keepers/l1").arrangement.state == "closed"
    assert yard.count("confirmed", fleet.now) == 1


def test_a_keeper_who_declines_pays_nothing() -> None:
    """What was held is given back."""
    fleet, yard = failing({"accept": False})

    assert fleet.twin("keepers/l1").arrangement.state == "compensated"
    assert yard.count("held", fleet.now) + yard.count("confirmed", fleet.now) == 0


def test_a_lighthouse_answers() -> None:
    """By itself, without any fleet."""
    trial = Trial("lighthouse/l1")
    trial.measure({"lamp_v": 230.0}, "beam")

    assert trial.ask("seen_from_m") == 34_500.0


def test_a_buoy_is_its_makers_description() -> None:
    """With the names of the description on the wire, and its bounds."""
    trial = Trial("buoy/b1")
    trial.measure({"wave-height": 2.5, "adrift": False})
    trial.measure({"force": 3.0}, "bumped")

    assert (trial.twin.wave_height, trial.twin.adrift) == (2.5, False)
    with pytest.raises(msgspec.ValidationError, match="<= 30"):
        trial.measure({"wave-height": 31.0})
