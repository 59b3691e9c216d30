"""What a replay cannot know is said where it matters, and nowhere else."""

from support.history import contest, rule

import twins.devices
import twins.people
from actors.backtest.caveats import Known, caveats
from actors.backtest.replay import Part

assert twins.devices
assert twins.people, "vehicles mirror what they tell"

SINCE = 1_800_000_000.0
HOT = [rule("hot", "coolant_c > 100")]
LONG = [
    rule("mean", "avg(coolant_c, 5m) > 90 and coolant_c > 80", every="2h"),
    rule("again", "coolant_c > 90 and happened(hot, 30d)"),
]


def part(**more: object) -> Part:
    """What came of a partition."""
    empty = Part([], [], [], 0, [], 5, 100, 0, 10, 0)
    for name, value in more.items():
        setattr(empty, name, value)
    return empty


def codes(known: list[Known], parts: list[Part], **more: object) -> list[str]:
    """The codes of what is said."""
    rules = more.pop("candidate", HOT)
    found = caveats({"vehicle": contest(HOT, rules)}, known, parts, SINCE, more.get("share", 1.0))  # type: ignore[arg-type]  # the tests' own names
    return [one.code for one in found]


def test_what_is_known_well_needs_few_words() -> None:
    """A log that reaches back far enough, or an older checkpoint: what always holds is all."""
    whole = Known(0, whole=True, checkpoint=False, oldest=SINCE - 1.0, guessed=0)
    older = Known(1, whole=False, checkpoint=True, oldest=SINCE - 1.0, guessed=0)
    long = Known(2, whole=False, checkpoint=False, oldest=SINCE - 40 * 86_400, guessed=0)
    empty = Known(3, whole=True, checkpoint=False, oldest=None, guessed=0)

    assert ["outcomes"] == codes([whole, older, long, empty], [part()], candidate=LONG)


def test_a_history_that_begins_too_late() -> None:
    """After the span's beginning, or within the reach of what rules look back on."""
    late = Known(0, whole=False, checkpoint=False, oldest=SINCE + 60.0, guessed=0)
    short = Known(1, whole=False, checkpoint=False, oldest=SINCE - 86_400.0, guessed=0)
    young = Known(2, whole=True, checkpoint=False, oldest=SINCE + 60.0, guessed=0)

    assert ["history_begins_later", "outcomes"] == codes([late], [part()])
    assert ["outcomes"] == codes([short], [part()])
    assert ["windows_begin_empty", "outcomes"] == codes([short], [part()], candidate=LONG)
    assert ["log_began_later", "outcomes"] == codes([young], [part()], candidate=LONG)


def test_the_longest_reach_counts() -> None:
    """Windows, waits, limits and questions of either rule set."""
    assert 30 * 86_400.0 == contest(HOT, LONG).looks_back_s
    assert 7200.0 == contest(LONG[:1], HOT).looks_back_s
    assert 300.0 == contest(HOT, [rule("x", "max(coolant_c, 5m) > 90")]).looks_back_s
    assert 0.0 == contest(HOT, HOT).looks_back_s


def test_the_rest_is_said_when_it_happened() -> None:
    """Twins of today, twins set aside, other versions in the span, a sample."""
    guessed = Known(0, whole=False, checkpoint=False, oldest=SINCE - 1.0, guessed=7)
    published = [(SINCE + 5.0, "vehicle", 3), (SINCE + 6.0, "vehicle", 4)]
    parts = [part(lost=2, published=published), part(published=published)]
    found = caveats({"vehicle": contest(HOT, HOT)}, [guessed], parts, SINCE, 0.01)

    assert ["twins_of_today", "parked", "versions_changed", "sample", "outcomes"] == [
        one.code for one in found
    ]
    assert "of 7 twins" in found[0].text
    assert found[1].text.startswith("2 twins raised")
    assert "(3 at 2027-01-15T08:00:05Z, 4 at 2027-01-15T08:00:06Z)" in found[2].text
    assert "version 4, which is live now" in found[2].text
    assert "0.01 of the twins" in found[3].text
