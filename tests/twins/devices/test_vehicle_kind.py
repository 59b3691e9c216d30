"""Vehicle: a connected car."""

from typing import Any

import msgspec
import pytest
from support.city import CAR
from support.world import START, World

from actors.testing import Fault
from twins.devices.vehicle import Vehicle
from twins.event import encode_message
from twins.handler import Origin
from twins.testing import play


def said(world: World, twin_id: str, name: str) -> list[Any]:
    """The data of all messages of a type that a twin has got."""
    handler = world.twin(twin_id).kind.handler(name)
    return [
        handler.decode(payload).data for _, to, type_, payload in world.log
        if (to, type_) == (twin_id, name)
    ]  # fmt: skip


def test_settings_set_links_and_leave_the_rest() -> None:
    """What is left out stays; null empties a link."""
    world = World()
    world.send(CAR, "configured", {"owner": "customer/c1", "description": "red"})
    world.send(CAR, "configured", {"dealer": "dealer/d1"})
    world.send(CAR, "configured", {"owner": None})
    world.run()
    car = world.twin(CAR)

    assert (car.owner, car.dealer, car.description) == (None, "dealer/d1", "red")


@pytest.mark.parametrize(
    "settings",
    [{"ownr": "customer/c1"}, {"owner": "vehicle/v1"}, {"owner": "customer/a b"}, {"desk": 7}],
)
def test_settings_that_make_no_sense_are_refused(settings: dict[str, Any]) -> None:
    """A typing error, a link to another kind, or no id at all is not taken for a setting."""
    with pytest.raises(msgspec.ValidationError):
        play(Vehicle.new("v1"), START, "configured", encode_message(settings))


@pytest.mark.parametrize(
    "reading",
    [{"coolant_c": float("nan")}, {"lat": 90.5}, {"speed_kmh": -1.0}, {"rpm": float("inf")},
     {"fuel_level_pct": "full"}],
)  # fmt: skip
def test_readings_that_no_sensor_can_send_are_refused(reading: dict[str, Any]) -> None:
    """Nothing gets into the state that could not be stored as JSON, or is beyond its range."""
    with pytest.raises(msgspec.ValidationError):
        Vehicle.kind.handler("telemetry").decode(encode_message(reading))


def test_position_needs_both_coordinates() -> None:
    """A car is somewhere only once latitude and longitude were measured."""
    world = World()
    world.send(CAR, "telemetry", {"at": START, "lat": 60.0}, origin=Origin.DEVICE)
    world.run()

    assert world.twin(CAR).position is None

    world.send(CAR, "telemetry", {"at": START + 1, "lon": 24.0}, origin=Origin.DEVICE)
    world.run()

    assert world.twin(CAR).position == (60.0, 24.0)


def test_evidence_is_computed_kept_and_told() -> None:
    """The computation gets the readings; its result is the car's, and the asker's."""
    world = World()
    request = {"asker": "roadside/v1", "arrangement_id": "a-1", "readings": [[START, 99.0]]}
    world.send(CAR, "evidence.requested", request, origin=Origin.TWIN)
    world.run()

    assert world.twin(CAR).remaining_life_h == 1.5
    assert [
        (answer.arrangement_id, answer.remaining_life_h)
        for answer in said(world, "roadside/v1", "evidence.answered")
    ] == [("a-1", 1.5)]
    assert world.effects[0].address == "remaining_useful_life"
    assert world.effects[0].request["readings"] == [[START, 99.0]]


@pytest.mark.parametrize("result", [None, {}, {"remaining_life_h": -1}, {"remaining_life_h": "x"}])
def test_a_computation_that_fails_or_makes_no_sense_is_said(result: Any) -> None:
    """The asker hears that there is no result; the car keeps what it knew."""
    world = World()
    car = world.twin(CAR)
    outcome = {"effect_id": "e", "key": "roadside/v1 a-1", "result": result}
    turn, _ = play(car, START, "remaining_useful_life.done", encode_message(outcome))

    assert turn.tells[0].data.reason
    assert car.remaining_life_h is None

    world.fault = lambda _: Fault(carried_out=False, reason="expired")
    request = {"asker": "roadside/v1", "arrangement_id": "a-1"}
    world.send(CAR, "evidence.requested", request, origin=Origin.TWIN)
    world.run()

    assert [a.reason for a in said(world, "roadside/v1", "evidence.answered")] == ["expired"]


def test_the_car_knows_its_helper() -> None:
    """Who is on the way is kept, the last word counts."""
    world = World()
    for eta_s in (100.0, 50.0):
        helper = {"arrangement_id": "a-1", "service": "tow_operator/t1", "eta_s": eta_s}
        world.send(CAR, "helper.moved", helper, origin=Origin.TWIN)
    world.run()

    assert world.twin(CAR).helper.eta_s == 50.0
