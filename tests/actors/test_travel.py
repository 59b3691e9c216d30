"""Travel: a twin's past is what it was, to the last digit, wherever one begins."""

import random
from collections.abc import Callable
from typing import Any

import pytest
from support.rules import Oven

import twins.devices
import twins.people
from actors.block import decode_block
from actors.partition import Partition
from actors.snapshot import snapshot
from actors.state import TwinState
from actors.testing import Fleet
from actors.travel import Station, Travel
from twins.ids import partition_of

assert Oven.kind, "the kind that the rules are for"
assert twins.devices, "the kinds that this is about"
assert twins.people, "the same"

PARTITIONS = 4
CAR = "vehicle/v1"
RULE = "rule: engine.warm\non: telemetry\nwhen: coolant_c > 100\nthen: [{signal: engine.warm}]\n"


def drive(seed: int) -> Fleet:
    """A car among others: readings, an owner, commands, a maintenance, rules that change."""
    chance = random.Random(seed)
    fleet = Fleet(PARTITIONS, seed)
    fleet.functions["remaining_useful_life"] = lambda _: {"remaining_life_h": 1.0}
    steps: list[Callable[[], Any]] = [
        lambda: fleet.measure(CAR, {"coolant_c": chance.uniform(60, 120), "speed_kmh": 0.0}),
        lambda: fleet.measure(CAR, {"coolant_c": 80.0, "at": fleet.now - 60}),
        lambda: fleet.measure(f"vehicle/v{chance.randrange(2, 40)}", {"coolant_c": 120.0}),
        lambda: fleet.tell(CAR, "configured", {"owner": f"customer/c{chance.randrange(3)}"}),
        lambda: fleet.tell(f"customer/c{chance.randrange(3)}", "configured", {"tier": "gold"}),
        lambda: fleet.ask(CAR, "command", {"name": "warn_driver"}),
        lambda: fleet.ask(CAR, "vigil.maintain", {"by": "Mika", "until": fleet.now + 90}),
        lambda: fleet.advance(chance.uniform(1, 120)),
        lambda: fleet.publish("vehicle", RULE) if chance.random() < 0.3 else None,
    ]
    for _ in range(120):
        chance.choice(steps)()
    return fleet


class Known:
    """What a partition's log made of the car, position by position."""

    def __init__(self, fleet: Fleet) -> None:
        self.number = partition_of(CAR, PARTITIONS)
        self.log = fleet._shards[self.number].log
        self.states: dict[int, TwinState] = {}
        self.touched: list[int] = []
        own = f"partition/{self.number}"
        partition = Partition(self.number, PARTITIONS)
        for position, (body, stamp) in enumerate(self.log, 1):
            block = decode_block(body)
            partition.needed(block, stamp)
            applied = partition.apply(block, body, position, stamp)
            if CAR in applied.touched or own in applied.touched:
                self.touched.append(position)
            cell = partition.peek(CAR)
            if cell is not None:
                self.states[position] = snapshot(cell, 0, position, partition.now)

    def go(self, travel: Travel, until: int) -> None:
        """Give a journey all that touched the car, up to a position."""
        for position in self.touched:
            if travel.position < position <= until:
                body, stamp = self.log[position - 1]
                travel.take(decode_block(body), body, position, stamp)


@pytest.mark.parametrize("seed", range(4))
def test_past_is_what_it_was_at_every_position(seed: int) -> None:
    """State, counts and digest, of the blocks alone that touched it."""
    known = Known(drive(seed))
    travel = Travel(known.number, PARTITIONS, CAR)
    compared = 0
    for position in known.touched:
        known.go(travel, position)
        if position in known.states:
            assert known.states[position] == travel.state(), f"seed {seed}, position {position}"
            compared += 1

    assert compared > 30


@pytest.mark.parametrize("seed", range(2))
def test_journey_goes_on_from_any_station(seed: int) -> None:
    """As from a checkpoint; the journey that left it there is not disturbed."""
    known = Known(drive(seed))
    straight = Travel(known.number, PARTITIONS, CAR)
    stations: list[Station] = []
    for position in known.touched[:: max(1, len(known.touched) // 8)]:
        known.go(straight, position)
        stations.append(straight.station())
    end = known.touched[-1]
    known.go(straight, end)
    ends = []
    for station in stations:
        again = Travel(known.number, PARTITIONS, CAR, station)
        known.go(again, end)
        ends.append(again.state())

    assert len(stations) > 4
    assert [straight.state()] * len(stations) == ends


def test_before_its_first_message_it_does_not_exist() -> None:
    """It is as a new one."""
    state = Travel(0, PARTITIONS, CAR).state()

    assert (False, 0, "0") == (state.exists, state.applied, state.revision)


def test_what_another_partition_told_twice_counts_once() -> None:
    """Its message may lie in the log again after a crash; the real partition drops it."""
    known = Known(drive(1))
    travel = Travel(known.number, PARTITIONS, CAR)
    for position in known.touched:
        body, stamp = known.log[position - 1]
        block = decode_block(body)
        travel.take(block, body, position, stamp)
        if block.source >= 0:
            before = travel.state()
            travel.take(block, body, position, stamp)
            after = travel.state()
            counted = [(one.applied, one.digest, one.state) for one in (before, after)]

            assert counted[0] == counted[1]
