"""When another rule would have noticed the same trouble: earlier, later, never, or another one."""

from collections.abc import Iterable
from typing import Any

import pytest
from msgspec import json

import twins.devices
from actors.backtest.contest import Contest
from actors.block import Entry
from actors.store.base import PLAIN, TwinRow
from actors.whatif.other_rule import Noticed, Reading, notice, since_of
from twins.event import encode_message
from twins.handler import Origin
from twins.kind import kind_of
from twins.outputs import Signal
from twins.rules.ruleset import compile_rules

assert twins.devices, "the kind that has the rule"

CAR, NAME, START = "vehicle/v1", "engine.overheating", 1_700_000_000.0
ROW = TwinRow(CAR, 0, kind_of("vehicle").schema, PLAIN, json.encode({"key": "v1"}), b"")


def contest(steps: int, above: float = 95.0) -> Contest:
    """The published rules, and those with another number of rises."""
    live = list(kind_of("vehicle").ruleset.documents)
    other: list[Any] = json.decode(
        json.encode(live).replace(
            b"rising(coolant_c, 10, band=0.5, above=95",
            f"rising(coolant_c, {steps}, band=0.5, above={above:g}".encode(),
        )
    )
    return Contest("vehicle", compile_rules("vehicle", live), compile_rules("vehicle", other))


def readings(*degrees: float) -> list[Reading]:
    """One a second."""
    return [
        (START + second, Entry(CAR, "telemetry", Origin.DEVICE, encode_message(
            {"coolant_c": degree, "at": START + second}, id=f"e{second}"
        )))
        for second, degree in enumerate(degrees)
    ]  # fmt: skip


def noticed(steps: int, degrees: Iterable[float], real_s: float, above: float = 95.0) -> Noticed:
    """What comes of it, for a signal so long after the first reading."""
    signal = Signal("x", NAME, CAR, START + real_s, {})
    return notice(contest(steps, above), ROW, readings(*degrees), signal, START + 7200.0)


HOT = [90.0, *(94.0 + degree for degree in range(14))]
"""It rises from the second reading on: ten rises above 95 are there with the thirteenth."""


@pytest.mark.parametrize(("steps", "at_s"), [(10, 12.0), (5, 7.0), (12, 14.0)])
def test_more_rises_are_noticed_later_and_fewer_sooner(steps: int, at_s: float) -> None:
    """By as many readings."""
    found = noticed(steps, HOT, 12.0)

    assert found.present is not None
    assert found.candidate is not None
    assert (12.0, at_s) == (found.present.time - START, found.candidate.time - START)
    assert (False, 0) == (found.at_least, found.others)


def test_what_never_holds_is_never_noticed() -> None:
    """Whatever the published rules say."""
    found = noticed(10, HOT, 12.0, above=200.0)

    assert (None, True) == (found.candidate, found.present is not None)


def test_a_trouble_that_had_passed_is_another_one() -> None:
    """A small rise that only the other rule notices, a cool spell, and then the real one."""
    small = [90.0, 94.0, 95.0, 96.0, 97.0, 98.0, 99.0, 100.0]
    degrees = [*small, *([88.0] * 1200), *HOT]
    begin = float(len(small) + 1200)
    found = noticed(5, degrees, begin + 12.0)

    assert found.candidate is not None
    assert (begin + 7.0, 1) == (found.candidate.time - START, found.others)


def test_a_signal_that_the_published_rules_do_not_raise_is_not_found() -> None:
    """Not even a second beside it."""
    assert noticed(5, HOT, 11.0).present is None
    assert noticed(5, HOT, 13.0).present is None


def test_an_earlier_real_one_ends_the_search() -> None:
    """What was helped with then is not noticed again."""
    degrees = [*HOT, *([88.0] * 60), *HOT]
    begin = float(len(HOT) + 60)
    found = noticed(5, degrees, begin + 12.0)

    assert found.candidate is not None
    assert (begin + 7.0, 0) == (found.candidate.time - START, found.others)


def test_the_history_reaches_as_far_back_as_the_rules() -> None:
    """An hour at least."""
    assert since_of(contest(5), Signal("x", NAME, CAR, START, {})) <= START - 3600.0
