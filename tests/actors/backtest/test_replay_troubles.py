"""Replay where something goes wrong: rules that raise, logs with holes, memory."""

from collections.abc import Sequence
from typing import Any

import pytest
from msgspec import Struct
from replay_kit import HOT, HOTTER, warm_up
from support.backtests import explosive
from support.feed import START, device, inside, told
from support.history import History, contest, fired, result, rule, times

from actors.backtest.replay import Replay
from actors.backtest.report import Where
from actors.backtest.side import Step
from actors.errors import ChainBroken, Gap
from actors.quarantine import SKIP
from actors.store.base import Verdict
from twins.rules.actions import ACTIONS


@pytest.fixture(name="explosive")
def _explosive(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """A rule that raises when it fires."""
    monkeypatch.setitem(ACTIONS, "explode", explosive())
    return [rule("hot", "coolant_c > 100", then={"explode": {}})]


def test_a_rule_that_raises_parks_the_twin_in_its_own_replay(
    explosive: list[dict[str, Any]],
) -> None:
    """It is told, with the reason; the live side goes on, and so do other twins."""
    history = warm_up()
    history.measure(60.0, "vehicle/v3", coolant_c=90)
    part = history.replay(HOT, explosive)

    assert (0, 4, 0) == fired(part)
    assert 2 == part.parked_twins
    assert 2 == part.lost
    assert [
        ("vehicle/v1", Where.CANDIDATE, 10.0), ("vehicle/v2", Where.CANDIDATE, 11.0),
    ] == [(one.twin_id, one.where, one.now - START) for one in part.parked]  # fmt: skip
    assert "ValueError: vehicle/v1 is on fire" == part.parked[0].reason
    assert 3 == part.twins


def test_a_twin_that_was_really_parked_goes_on_when_it_really_did(
    explosive: list[dict[str, Any]],
) -> None:
    """Where both rule sets park a twin, the operator's word in the log lets it go on in both."""
    history = History()
    history.measure(0.0, coolant_c=101)
    history.measure(10.0, coolant_c=90)
    history.block(inside("vehicle/v1", SKIP, None, "op1"), at=20.0)
    history.measure(30.0, coolant_c=90)
    calm = [*explosive, rule("cold", "coolant_c < 95", on="telemetry")]
    part = history.replay(explosive, calm)

    assert [Where.BOTH] == [one.where for one in part.parked]
    assert 0 == part.lost
    assert [("vehicle/v1", 10.0)] == times(result(part, "cold").first)


def test_a_log_that_begins_in_the_middle_is_taken_as_it_comes() -> None:
    """Trimmed history: each sender's first message is taken, whatever came before it."""
    history = History(partitions=2)
    for number in range(1, 6):
        history.measure(number, coolant_c=96 + number * 2)
        tried = told("vehicle/v1", "context.tried", {"remedy": "fan"}, f"t{number}")
        history.told(1, number, tried, at=number)
    part = history.replay(HOT, HOTTER, first=6)

    assert (1, 1, 0) == fired(part)
    assert 5 == part.blocks


def test_a_log_with_a_hole_is_refused() -> None:
    """Blocks that do not follow say so, instead of a wrong report."""
    history = warm_up()
    del history.log[4]
    with pytest.raises(ChainBroken, match="position 5"):
        history.replay(HOT, HOT)

    pair = History(partitions=2)
    for number in range(1, 4):
        pair.told(1, number, told("vehicle/v1", "context.tried", {"remedy": "x"}, "t"), at=number)
    del pair.log[1]
    with pytest.raises(Gap, match="follows 2, but 1 was the last"):
        pair.replay(HOT, HOT)


class Level(Struct):
    """What no telemetry looks like."""

    coolant_c: str


def test_what_cannot_be_read_parks_on_both_sides() -> None:
    """An event that a later code can no longer read is a matter of neither rule set."""
    history = History()
    history.block(device("vehicle/v1", "telemetry", Level("warm"), boot=1, sequence=1), at=0.0)
    part = history.replay(HOT, HOTTER)

    assert [Where.BOTH] == [one.where for one in part.parked]


def test_what_a_host_condemned_is_condemned_here() -> None:
    """An event that loops would hang the replay as it hung its host; positions differ here."""
    history = warm_up()
    verdict = Verdict(900, "vehicle/v1", "vehicle/v1:1:3", "it looped")
    part = history.replay(HOT, HOTTER, verdicts=[verdict])

    assert [("vehicle/v1", Where.BOTH, "it looped")] == [
        (one.twin_id, one.where, one.reason) for one in part.parked
    ]
    assert (0, 3, 0) == fired(part)


def test_nothing_that_twins_cause_is_kept() -> None:
    """Messages and effects of a replay go nowhere, and do not fill the memory."""
    history = History()
    for second in range(50):
        history.measure(second, coolant_c=90 + second % 2 * 20)
    candidate = [rule("hot", "coolant_c > 100", then={"command": {"name": "warn_driver"}})]
    replay = Replay(0, 4, {"vehicle": contest(HOT, candidate)}, since=START)
    history.feed(replay)

    sizes = [side.partition.outbox.size for side in (replay._candidate, replay._live)]
    assert [0, 0] == sizes
    assert (25, 25, 25) == fired(replay.finish(START + 60.0))


def test_a_quiet_week_is_not_kept_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing arrives, what reminders do is compared stretch by stretch, and forgotten."""
    kept: list[int] = []

    class Counting(Replay):
        """Notes how much is compared at once."""

        def _compare(self, candidate: Sequence[Step], live: Sequence[Step]) -> None:
            kept.append(max(len(candidate), len(live)))
            super()._compare(candidate, live)

    monkeypatch.setattr("support.history.Replay", Counting)
    quiet = [rule(f"quiet{hours}", f"silent({hours}h)") for hours in range(1, 25)]
    history = History()
    history.measure(0.0, coolant_c=90)
    history.measure(7 * 86_400.0, coolant_c=90)
    part = history.replay(quiet, quiet, until=9 * 86_400.0)

    assert [(2, 2, 2)] * 24 == [fired(part, one["rule"]) for one in quiet]
    assert 1 == max(kept)


def test_what_comes_a_little_late_is_the_same_firing() -> None:
    """A reminder on one side and the reading of the same moment on the other: one event time."""
    waiting = [rule("hot", "coolant_c > 100", **{"for": "10s"})]
    driving = [rule("hot", "coolant_c > 100 and speed_kmh > 1")]
    history = History()
    history.measure(0.0, coolant_c=101)
    history.block(history.reading(10.0, coolant_c=101, speed_kmh=5), at=10.3)
    part = history.replay(waiting, driving)

    assert (1, 1, 1) == fired(part)


def test_ticks_stand_outside_of_the_chain() -> None:
    """The log's own ticks change nothing, wherever they stand; devices without numbers count."""
    history = History()
    history.tick(-1.0)
    history.block(device("vehicle/v1", "telemetry", {"coolant_c": 101}, time=START), at=0.0)
    history.tick(0.5)
    history.measure(1.0, coolant_c=90)
    part = history.replay(HOT, HOT)

    assert (1, 1, 1) == fired(part)
    assert (4, 2) == (part.blocks, part.events)
