"""Whatever happens, an arrangement ends, and nothing stays held."""

from collections import Counter
from random import Random
from typing import Any

import msgspec
import pytest
from support.city import City, city
from support.world import replay

from actors.supervisors.arrangement import LegState, State
from actors.testing import Fault
from twins.outputs import Effect

SEEDS = 240
SAID: list[dict[str, Any] | None] = [
    None,
    {"accept": True},
    {"accept": True},
    {"accept": True, "declined": ["rental"]},
    {"accept": True, "declined": ["tow", "cover"]},
    {"accept": False},
]


def fault(chance: Random) -> Fault:
    """Something that can go wrong with an effect, and how long it takes."""
    delay_s = chance.choice([0.0, 1.0, 20.0, 100.0, 700.0])
    return chance.choice(
        [
            Fault(carried_out=False, reason="refused", detail="unavailable", delay_s=delay_s),
            Fault(reason="unknown", delay_s=delay_s),
            Fault(carried_out=False, reason="unknown", delay_s=delay_s),
            Fault(carried_out=False, reason="expired", delay_s=delay_s),
            Fault(carried_out=False, delay_s=delay_s),
            Fault(silent=True),
            Fault(carried_out=False, silent=True),
            Fault(delay_s=delay_s + 1.0),
        ]
    )


def troubled(seed: int) -> City:
    """A city in which messages cross, twins are evicted, and a share of all effects fails."""
    chance = Random(f"trouble {seed}")
    here = city(seed, channels=chance.randint(1, 3))
    share = chance.choice([0.0, 0.05, 0.2, 0.5, 0.9])

    def decide(_: Effect) -> Fault:
        return fault(chance) if chance.random() < share else Fault()

    here.world.fault = decide
    said = chance.choice(SAID)
    here.world.customer = lambda _: said
    here.world.answers_after_s = chance.choice([0.0, 5.0, 100.0, 500.0, 700.0])
    for provider in here.everybody:
        if chance.random() < share / 3:
            provider.offers = []
        if chance.random() < share / 3:
            provider.hold_limit_s = chance.choice([5.0, 60.0, 120.0])
    here.overheat()
    return here


def check(here: City) -> None:
    """What holds of every arrangement that has ended."""
    arr = here.arrangement
    confirmed = {
        hold_id for provider in here.everybody for hold_id, record in provider.holds.items()
        if record.state == "confirmed"
    }  # fmt: skip
    wanted = {leg.hold_id for leg in arr.legs.values() if leg.state is LegState.CONFIRMED}
    named = "".join(step.detail or "" for step in arr.steps if step.name.startswith("case."))

    assert here.count("held") == 0
    assert wanted <= confirmed
    assert all(hold_id in named for hold_id in confirmed - wanted), "nobody knows of a hold"
    if arr.state is State.COMPENSATED:
        assert confirmed == set()
    if arr.state is State.WITH_PERSON:
        assert arr.case.employee is not None
    trucks = sum(provider.count("confirmed", here.world.now) for provider in here.tows)
    assert trucks <= 1, "two trucks"


@pytest.mark.parametrize("tens", range(SEEDS // 10))
def test_every_arrangement_ends(tens: int) -> None:
    """In any order, with any failure or silence: carried out, given back, or with a person.

    Nothing is held at any provider in the end; what is confirmed is wanted, or named in a case.
    """
    for seed in range(tens * 10, tens * 10 + 10):
        print(f"seed {seed}")  # noqa: T201 - pytest shows it when the test fails
        here = troubled(seed)
        here.world.run_until(here.ended, most_s=24 * 3600.0)
        # A provider may still answer what it was asked long ago.
        here.world.advance(3600.0)
        check(here)


def test_the_troubles_reach_every_ending() -> None:
    """The seeds above are worth something: they end in all three ways."""
    endings: Counter[State] = Counter()
    for seed in range(60):
        here = troubled(seed)
        here.world.run_until(here.ended, most_s=24 * 3600.0)
        endings[here.arrangement.state] += 1

    assert set(endings) == {State.CLOSED, State.COMPENSATED, State.WITH_PERSON}
    assert min(endings.values()) >= 3


@pytest.mark.parametrize("seed", range(0, 24, 2))
def test_troubles_replay_to_the_byte(seed: int) -> None:
    """The same log on new twins, never evicted: the same states and outputs, byte for byte."""
    here = troubled(seed)
    here.world.run_until(here.ended, most_s=24 * 3600.0)
    states, outputs = replay(here.world.log)

    assert outputs == here.world.outputs
    assert states == {id_: msgspec.json.encode(twin) for id_, twin in here.world.twins.items()}
