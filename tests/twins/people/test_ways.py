"""Which channel first: hers, unless others have worked better of late."""

from hypothesis import given
from hypothesis import strategies as st

from twins.people.ways import HALF_S, What, Worked, in_order

WAYS = ["sms:1", "email:1", "messenger:1"]
NOW = 1_800_000_000.0
WHAT = st.sampled_from(["answered", "ignored", "failed"])
EVENTS = st.lists(st.tuples(st.sampled_from(WAYS), WHAT, st.floats(0, 30 * 86_400.0)), max_size=30)


def played(events: list[tuple[str, What, float]]) -> tuple[dict[str, Worked], float]:
    """What is known after all of it, and when that is."""
    worked: dict[str, Worked] = {}
    now = NOW
    for way, what, later_s in events:
        now += later_s
        worked.setdefault(way, Worked()).note(what, now)
    return worked, now


def test_her_own_order_is_where_it_begins() -> None:
    """Each way once, also where she named it twice."""
    assert WAYS == in_order([*WAYS, WAYS[0]], {}, NOW)


def test_one_failure_changes_nothing_and_several_do() -> None:
    """What fails again and again is tried last."""
    once, now = played([("sms:1", "failed", 0.0)])
    often, _ = played([("sms:1", "failed", 0.0)] * 4)

    assert WAYS == in_order(WAYS, once, now)
    assert "sms:1" == in_order(WAYS, often, now)[-1]


def test_what_is_answered_comes_first() -> None:
    """Although she named it later."""
    worked, now = played([("sms:1", "ignored", 60.0), ("email:1", "answered", 60.0)] * 3)

    assert "email:1" == in_order(WAYS, worked, now)[0]


@given(EVENTS)
def test_after_a_long_time_her_order_is_as_it_was(events: list[tuple[str, What, float]]) -> None:
    """Nothing counts for ever."""
    worked, now = played(events)

    assert WAYS == in_order(WAYS, worked, now + 12 * HALF_S)


@given(EVENTS, st.sampled_from(WAYS))
def test_an_answer_never_sets_a_channel_back(
    events: list[tuple[str, What, float]], way: str
) -> None:
    """And a failure never forward."""
    worked, now = played(events)
    place = in_order(WAYS, worked, now).index(way)
    better, _ = played([*events, (way, "answered", 0.0)])
    worse, _ = played([*events, (way, "failed", 0.0)])

    assert in_order(WAYS, better, now).index(way) <= place
    assert in_order(WAYS, worse, now).index(way) >= place
