"""Worlds: the demo's, and those of a file."""

from pathlib import Path

import pytest
from provider_kit import SCENE, START, small_world
from pydantic import ValidationError

from load.providers import World, demo_world
from load.providers.errors import UnknownProviderError
from load.providers.inventory import Inventory
from load.providers.movement import distance_m
from load.providers.world import Fleet, describe


def test_the_demo_world_has_two_or_three_of_each() -> None:
    """Three tow operators and dealers, two ride companies and depots, one insurer."""
    ids = [provider.provider_id for provider in demo_world(1, SCENE).providers]

    assert ids == [
        "t1", "t2", "t3", "r1", "r2", "d1", "d2", "dealer1", "dealer2", "dealer3", "i1",
    ]  # fmt: skip


def test_the_demo_world_is_its_seed_s() -> None:
    """One seed gives one world, another seed another."""
    one, again, other = (demo_world(seed, SCENE) for seed in (1, 1, 2))

    assert one == again
    assert one != other


def test_the_demo_world_lies_in_the_city() -> None:
    """All vehicles start within 12 km of the centre."""
    bases = [
        vehicle.base
        for provider in demo_world(3, SCENE).providers
        if isinstance(provider, Fleet)
        for vehicle in provider.vehicles
    ]

    assert len(bases) == 18
    assert max(distance_m(SCENE, base) for base in bases) <= 12_001


def test_every_demo_provider_has_something_to_offer(tmp_path: Path) -> None:
    """The trial request of each description yields an offer."""
    world = demo_world(1, SCENE)
    inventory = Inventory(world, tmp_path / "p.db", lambda: START)
    trials = {each.provider_id: describe(each, 1.0, START).trial for each in world.providers}
    empty = [name for name, trial in trials.items() if not inventory.offers(name, trial)]
    inventory.close()

    assert empty == []


def test_a_world_survives_its_file() -> None:
    """A world written as JSON and read again is the same."""
    world = small_world()

    assert world == World.model_validate_json(world.model_dump_json())


def test_an_unknown_provider_is_named() -> None:
    """The error says who was asked for and who is there."""
    with pytest.raises(UnknownProviderError, match=r"'t9' works here; there are t1, r1"):
        small_world().provider("t9")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"time_scale": 0}, "greater than 0"),
        ({"providers": [{"kind": "tow_operator"}]}, "Field required"),
        ({"providers": [{"kind": "bakery"}]}, "does not match any of the expected tags"),
        ({"speed": 1}, "Extra inputs"),
    ],
)
def test_a_world_that_cannot_be(change: dict[str, object], message: str) -> None:
    """A wrong configuration is refused with the field's name."""
    fields = small_world().model_dump(mode="json")
    with pytest.raises(ValidationError, match=message):
        World.model_validate({**fields, **change})


def test_ids_are_given_once() -> None:
    """Two providers, or two vehicles of one, of the same id are refused."""
    world = small_world()
    with pytest.raises(ValidationError, match="two things of one id"):
        World(providers=(world.providers[0], world.providers[0]))
    fleet = world.providers[0].model_dump()
    with pytest.raises(ValidationError, match="two things of one id"):
        type(world.providers[0]).model_validate({**fleet, "vehicles": [fleet["vehicles"][0]] * 2})


@pytest.mark.parametrize(
    ("change", "message"),
    [({"timezone": "Mars/Base"}, "no IANA time zone"), ({"closes": "08:00"}, "before it opens")],
)
def test_a_dealer_that_cannot_be(change: dict[str, object], message: str) -> None:
    """A dealer needs a time zone that exists, and working hours."""
    dealer = small_world().provider("dealer1")
    with pytest.raises(ValidationError, match=message):
        type(dealer).model_validate({**dealer.model_dump(), **change})
