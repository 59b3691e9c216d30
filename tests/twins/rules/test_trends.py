"""Values that keep climbing or falling, and the signal that follows."""

from operator import itemgetter
from random import Random
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from support.city import CAR
from support.world import START, World

from load.drives import simulate_drive
from twins.handler import Origin
from twins.rules.trends import look_rate, take_falling, take_rate, take_rising
from twins.rules.windows import BUCKETS


def fires(values: list[float], times: int = 3) -> list[int]:
    """At which of the values it begins to be true."""
    memory: list[Any] = [None]
    held, found = False, []
    for index, value in enumerate(values):
        before = held
        held = take_rising(memory, 0, value, float(index), times, 0.5, 95.0, 92.0)
        if held and not before:
            found.append(index)
    return found


def drive(world: World, values: list[float], start: float = START) -> None:
    """Let a car send one reading a second with these coolant temperatures."""
    for second, value in enumerate(values):
        reading = {"at": start + second, "coolant_c": value, "speed_kmh": 40.0}
        world.send(CAR, "telemetry", reading, origin=Origin.DEVICE)
    world.run()


def test_fires_at_the_last_of_so_many_rises() -> None:
    """Three rises beyond the band, from a first value within the range: it fires at the third."""
    assert fires([95.0, 96.0, 97.0, 98.0, 99.0]) == [3]


def test_the_step_into_the_range_is_no_rise() -> None:
    """From 90 straight to 96 is one value within the range, not a rise."""
    assert fires([90.0, 96.0, 97.0, 98.0]) == []
    assert fires([90.0, 96.0, 97.0, 98.0, 99.0]) == [4]


def test_steps_within_the_band_add_up() -> None:
    """At any sampling a rise is what lies more than the band above the last level."""
    assert fires([95.0 + 0.25 * step for step in range(9)]) == []
    assert fires([95.0 + 0.25 * step for step in range(10)]) == [9]


def test_a_change_of_just_the_band_is_noise() -> None:
    """Half a degree, up and down, is no rise and no fall."""
    assert fires([95.0, 95.5, 96.0, 96.5, 96.0]) == []
    assert fires([95.0, 96.0, 95.5, 97.0, 96.5, 98.0]) == [5]


def test_a_fall_beyond_the_band_starts_anew() -> None:
    """Two rises, a fall, two rises: nothing; the third after the fall fires."""
    assert fires([95.0, 96.0, 97.0, 96.0, 97.0, 98.0]) == []
    assert fires([95.0, 96.0, 97.0, 96.0, 97.0, 98.0, 99.0]) == [6]


def test_fires_once_until_it_is_cleared() -> None:
    """It is armed again below 92, not between 92 and 95, and not by falling within the range."""
    climb = [95.0, 96.0, 97.0, 98.0]

    assert fires([*climb, 97.0, *climb]) == [3]
    assert fires([*climb, 93.0, *climb]) == [3]
    assert fires([*climb, 91.9, *climb]) == [3, 8]


@given(
    values=st.lists(st.integers(80, 110).map(float), max_size=40),
    again=st.lists(st.integers(1, 4), min_size=40, max_size=40),
)
def test_readings_that_come_twice_are_no_rises(values: list[float], again: list[int]) -> None:
    """However often a value is sampled: it fires at the same value."""
    repeated = [value for value, times in zip(values, again, strict=False) for _ in range(times)]
    places = [sum(again[:number]) for number in range(len(values))]

    assert [places[number] for number in fires(values)] == fires(repeated)


@given(st.lists(st.none() | st.integers(-40, 40).map(float), max_size=40))
def test_falling_is_rising_upside_down(values: list[float | None]) -> None:
    """With a range and without one."""
    for limit, clear in ((None, None), (5.0, 5.0), (5.0, 2.0)):
        up, down = [None], [None]
        for at, value in enumerate(values):
            turned = None if value is None else -value
            rose = take_rising(up, 0, value, float(at), 3, 0.5, limit, clear)
            low = None if limit is None else -limit
            free = None if clear is None else -clear

            assert rose is take_falling(down, 0, turned, float(at), 3, 0.5, low, free)


def test_without_a_range_a_fall_ends_it() -> None:
    """Three rises from anywhere; it is over with the first fall, and may come again."""
    memory: list[Any] = [None]
    held = [
        take_rising(memory, 0, value, float(at), 3, 0.5, None, None)
        for at, value in enumerate([1.0, 2.0, 3.0, 4.0, 5.0, 4.0, 5.0, 6.0, 7.0])
    ]

    assert [False] * 3 + [True] * 2 + [False] * 3 + [True] == held


@given(
    samples=st.lists(
        st.tuples(st.integers(0, 2_000), st.integers(-50, 50).map(float)), max_size=40
    ),
    later=st.integers(0, 100),
)
def test_the_rate_is_what_the_history_says(
    samples: list[tuple[int, float]], later: int
) -> None:  # fmt: skip
    """From the first value of the window's oldest bucket to the last value, a second."""
    series = sorted(((1_000.0 + tenth / 10, value) for tenth, value in samples), key=itemgetter(0))
    memory: list[Any] = [None]
    found = None
    for at, value in series:
        found = take_rate(memory, 0, value, at, 5.0)
    end = series[-1][0] if series else 0.0

    assert slope(series, end) == found
    assert slope(series, end + later) == look_rate(memory, 0, end + later, 5.0)


def slope(series: list[tuple[float, float]], time: float) -> float | None:
    """The same by the whole history."""
    known = [one for one in series if one[0] // 5.0 >= time // 5.0 - BUCKETS]
    if not known or known[-1][0] == known[0][0]:
        return None
    (first_at, first), (last_at, last) = known[0], known[-1]
    return (last - first) / (last_at - first_at)


def test_a_cold_start_is_no_signal() -> None:
    """Sixty rises in a row below the range mean nothing, and leave nothing in the state."""
    world = World()
    drive(world, [20.0 + degree for degree in range(75)])

    assert world.signals == []
    assert world.twin(CAR).windows is None


def test_sound_engines_are_no_signal() -> None:
    """Simulated drives of sound engines, cold and warm, never fire; with what was sent on top."""
    for seed in range(6):
        world = World()
        coolant = [
            value
            for _, value in simulate_drive(seed, 900.0, seed % 2 == 0, seed % 3 == 0).coolant()
        ]
        drive(world, coolant)

        assert world.signals == [], f"seed {seed}"


def test_noise_above_the_range_is_no_signal() -> None:
    """A hot engine whose sensor flickers by up to a band never fires."""
    chance = Random(11)
    values = [97.0 + chance.uniform(-0.25, 0.25) for _ in range(500)]

    assert fires(values, times=10) == []


def test_the_signal_carries_its_evidence() -> None:
    """Links, position, what was measured, the rule in words and the readings that made it fire."""
    world = World()
    links = {"owner": "customer/c1", "dealer": "dealer/d1", "desk": "desk/k1",
             "description": "red van"}  # fmt: skip
    world.send(CAR, "configured", links)
    world.send(CAR, "telemetry", {"at": START - 1, "lat": 60.0, "lon": 24.0}, origin=Origin.DEVICE)
    drive(world, [95.0 + degree for degree in range(12)])

    assert len(world.signals) == 1
    signal = world.signals[0]
    expected = {
        **links,
        "position": (60.0, 24.0),
        "coolant_c": 105.0,
        "speed_kmh": 40.0,
        "why": {
            "rule": "engine.overheating",
            "version": 0,
            "severity": "critical",
            "at": START + 10,
            "inputs": {"coolant_c": 105.0},
            "values": {"rising(coolant_c, 10, band=0.5, above=95, clear=92)": True},
            "readings": [[START + second, 95.0 + second] for second in range(11)],
            "words": "coolant_c rose 10 times by more than 0.5, from 95.0 to 105.0",
        },
    }

    assert signal.name == "engine.overheating"
    assert signal.time == START
    assert expected == signal.data


def test_a_late_reading_is_no_rise() -> None:
    """Readings that come after newer ones are not looked at by the rule."""
    world = World()
    drive(world, [95.0])
    for second in range(1, 12):
        reading = {"at": START - second, "coolant_c": 95.0 + second}
        world.send(CAR, "telemetry", reading, origin=Origin.DEVICE)
    world.run()

    assert world.signals == []


def test_the_count_survives_storing() -> None:
    """A twin stored and restored between two readings counts on."""
    world = World()
    for second in range(11):
        drive(world, [95.0 + second], START + second)
        stored = msgspec.json.encode(world.twins[CAR])
        world.twins[CAR] = world.twins[CAR].kind.restore(stored, 1)

    assert [signal.name for signal in world.signals] == ["engine.overheating"]
