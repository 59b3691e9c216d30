"""Over time: counts of firings by stretches, whose sums are the counts themselves."""

from random import Random

import pytest
from support.backtests import heating, report_of
from support.history import rule

from actors.backtest.report import Fires
from actors.backtest.tally import MOST_STRETCHES, in_stretches, stretch_of


def test_what_fired_over_time_adds_up() -> None:
    """To what fired at all, on either side."""
    report = report_of(
        heating(3, 20), [rule("a", "coolant_c > 105")], [rule("a", "coolant_c > 101")]
    )
    (one,) = report.rules
    sums = [sum(getattr(each, side) for each in one.over_time) for side in ("candidate", "live")]

    assert [one.candidate, one.live] == sums
    assert one.candidate > 0
    assert [each.at for each in one.over_time] == sorted({each.at for each in one.over_time})


@pytest.mark.parametrize("seed", range(5))
def test_longer_stretches_hold_the_same(seed: int) -> None:
    """Whichever span it is, there are 120 of them at most, and none is lost."""
    random = Random(seed)
    span_s = random.uniform(1.0, 90 * 86_400.0)
    minutes = [
        Fires(60.0 * random.randrange(int(span_s // 60) + 1), random.randrange(5), 1)
        for _ in range(500)
    ]
    stretch_s = stretch_of(span_s)
    found = in_stretches(minutes, stretch_s)

    assert len(found) <= MOST_STRETCHES + 1, "the span may begin in the midst of one"
    assert 0 == stretch_s % 60
    assert sum(one.candidate for one in minutes) == sum(one.candidate for one in found)
    assert sum(one.live for one in minutes) == sum(one.live for one in found)
    assert all(one.at % stretch_s == 0 for one in found)
