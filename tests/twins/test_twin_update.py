"""Readings: each field holds the value measured last, whatever the order in which they come."""

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from support.probes import Level, Place, Probe

from actors.cell import encode_state
from twins.errors import Unstorable
from twins.event import Event, Reading
from twins.turn import Turn, enter, leave

FIELDS = "abcxy"
VALUES = st.one_of(st.none(), st.integers(-9, 9).map(float))
READINGS = st.lists(
    st.one_of(
        st.builds(Level, at=st.integers(1, 9).map(float), a=VALUES, b=VALUES, c=VALUES),
        st.builds(Place, at=st.integers(1, 9).map(float), c=VALUES, x=VALUES, y=VALUES),
    ),
    max_size=14,
)


def event(time: float = 0.0) -> Event:
    """Some event."""
    return Event("e", "level", "probe/p1", time, "probe/p1", None)


def update(twin: Probe, reading: Reading, time: float = 0.0) -> tuple[bool, Turn]:
    """Take over one reading in a turn of its own; returns what `update` says, and the turn."""
    turn = Turn(time)
    token = enter(turn)
    try:
        turn.begin(twin.id, event(time))
        return twin.update(reading), turn
    finally:
        leave(token)


@given(READINGS)
@example([Level(at=1.0, a=1.0), Place(at=3.0, x=1.0), Level(at=2.0, a=2.0)])
@example([Level(at=2.0, a=1.0, b=1.0), Level(at=3.0, a=1.0), Level(at=2.0, b=2.0)])
@example([Level(at=5.0, a=1.0), Place(at=3.0, c=1.0), Level(at=4.0, c=2.0), Level(at=3.0, c=9.0)])
def test_each_field_holds_its_newest_value(readings: list[Level | Place]) -> None:
    """Oracle: of the readings that measured a field the latest; of equal times the last to come."""
    twin = Probe.new("p1")
    newest: dict[str, tuple[float, float]] = {}
    for reading in readings:
        update(twin, reading)
        at = reading.at or 0.0
        for name in set(FIELDS) & set(reading.__struct_fields__):
            value = getattr(reading, name)
            if value is not None and at >= newest.get(name, (0.0, 0.0))[0]:
                newest[name] = (at, value)

    assert {name: value for name, (_, value) in newest.items()} == _held(twin)
    assert {name: at for name, (at, _) in newest.items()} == {
        name: twin.measured_at(name) for name in newest
    }


@given(READINGS, st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter(readings: list[Level | Place], chance: Any) -> None:
    """Readings of different times end in the same values, however they are mixed."""
    distinct = [
        type(reading)(**{**_fields(reading), "at": 1.0 + number})
        for number, reading in enumerate(readings)
    ]
    twins = []
    for order in (distinct, chance.sample(distinct, len(distinct))):
        twin = Probe.new("p1")
        for reading in order:
            update(twin, reading)
        twins.append((_held(twin), {name: twin.measured_at(name) for name in FIELDS}))

    assert twins[0] == twins[1]


def test_update_says_whether_it_was_the_newest() -> None:
    """And rules look only at what is."""
    twin = Probe.new("p1")
    answers = [update(twin, Level(at=at, a=1.0)) for at in (5.0, 4.0, 5.0, 6.0)]

    assert [True, False, True, True] == [newest for newest, _ in answers]
    assert [True, False, True, True] == [turn.fresh for _, turn in answers]


def test_a_late_reading_wakes_no_rule() -> None:
    """A rise that lies in the past is no signal."""
    twin = Probe.new("p1")
    levels = [Level(at=float(at), a=90.0 + 2 * at) for at in range(1, 6)]
    in_order = Probe.new("p2").receive(_event(levels))
    late = twin.receive(_event([Level(at=99.0, b=1.0), *levels]))

    assert (1, 0) == (len(in_order.signals), len(late.signals))


def test_without_a_time_the_events_counts() -> None:
    """A reading that does not say when it was measured was measured when its event happened."""
    twin = Probe.new("p1")
    update(twin, Level(a=1.0), time=7.0)
    update(twin, Level(at=8.0, b=1.0))

    assert (7.0, 8.0, None) == tuple(map(twin.measured_at, "abc"))


def test_what_was_not_measured_has_no_time() -> None:
    """A field that nobody measured stays None, and so does its time."""
    twin = Probe.new("p1")
    update(twin, Level(at=3.0))

    assert [None] * 5 == [twin.measured_at(name) for name in FIELDS]
    assert 3.0 == twin.stamp


def test_a_twin_of_one_reading_remembers_no_times() -> None:
    """Where each reading brings all fields, one stamp is all that is kept."""
    twin = Probe.new("p1")
    for at in range(1, 9):
        update(twin, Level(at=float(at), a=1.0, b=2.0, c=3.0))

    assert None is twin.older


@pytest.mark.parametrize("at", [float("nan"), float("inf")])
def test_a_time_that_is_no_time_cannot_stay(at: float) -> None:
    """It would hold back every later reading, or none; the state that it leaves is refused."""
    twin = Probe.new("p1")
    update(twin, Level(at=1.0, a=1.0))
    update(twin, Level(at=at, a=2.0))

    with pytest.raises(Unstorable):
        encode_state(twin)


def _held(twin: Probe) -> dict[str, float]:
    return {name: value for name in FIELDS if (value := getattr(twin, name)) is not None}


def _fields(reading: Reading) -> dict[str, Any]:
    return {name: getattr(reading, name) for name in reading.__struct_fields__}


def _event(levels: list[Level]) -> Event:
    return Event("e", "level", "probe/p1", 50.0, "probe/p1", levels)
