"""Tests of rules as data: what passes, what fails and how it is told, and what is no test."""

import pytest
from support.rules import Oven, document

from twins.errors import BadDocument
from twins.rules.happened import RuleTestResult
from twins.rules.ruleset import RuleSet, compile_rules
from twins.rules.testing import read_tests, run_test

HOT = document("oven.hot", then=[{"signal": {"name": "oven.hot", "data": ["inside_c"]}}])
SILENT = document("oven.gone", when="silent(15m)", shadow=True)


def rules(*documents: dict[str, object]) -> RuleSet:
    """Rules of ovens."""
    return compile_rules(Oven.kind, documents or (HOT,))


def run(text: str, given: RuleSet | None = None) -> RuleTestResult:
    """The one test of a text."""
    (test,) = read_tests(text, "it.yaml")
    return run_test(test, given or rules())


def test_a_signal_that_is_expected_passes() -> None:
    """With its time and some of its data; a number is a number."""
    result = run("""
        test: it gets hot
        kind: oven
        events:
          - {at: 0s, data: {inside_c: 200}}
          - {at: 90s, data: {inside_c: 260.0}}
        expect:
          - {signal: oven.hot, at: 90s, rule: oven.hot, severity: warning, data: {inside_c: 260}}
    """)

    assert result.passed
    assert [("oven.hot", 90.0)] == [(one.signal, one.at) for one in result.happened]


@pytest.mark.parametrize(
    ("expect", "lines"),
    [
        ("[]", ["+      10s  oven.hot  (rule oven.hot, warning, inside_c 300.0)"]),
        (
            "[{signal: oven.hot}, {signal: oven.cold}]",
            [
                "       10s  oven.hot  (rule oven.hot, warning, inside_c 300.0)",
                "- any time  oven.cold",
            ],
        ),
        (
            "[{signal: oven.hot, at: 20s}]",
            [
                "-      20s  oven.hot",
                "+      10s  oven.hot  (rule oven.hot, warning, inside_c 300.0)",
            ],
        ),
        (
            "[{signal: oven.hot, data: {inside_c: 1}}]",
            [
                "- any time  oven.hot  (inside_c 1)",
                "+      10s  oven.hot  (rule oven.hot, warning, inside_c 300.0)",
            ],
        ),
    ],
    ids=["nothing expected", "one is missing", "another time", "other data"],
)
def test_a_difference_fails_and_is_told(expect: str, lines: list[str]) -> None:
    """Line by line: what both are, what is missing, and what happened besides."""
    result = run(f"""
        test: it gets hot
        kind: oven
        events: [{{at: 10s, data: {{inside_c: 300}}}}]
        expect: {expect}
    """)

    assert (False, lines) == (result.passed, result.lines)


def test_a_series_is_events_at_equal_distances() -> None:
    """It goes on where the one before ended; null is not measured."""
    result = run("""
        test: hot twice
        kind: oven
        events:
          - {every: 10s, series: {inside_c: [240, 260, null, 240]}, data: {load_pct: 5}}
          - {every: 5s, series: {inside_c: [270]}}
        expect:
          - {signal: oven.hot, at: 10s}
          - {signal: oven.hot, at: 35s}
    """)

    assert result.passed, result.lines


def test_time_passes_where_nothing_arrives() -> None:
    """Rules that wait are looked at when they are due; `until` lets time go on after the last."""
    text = """
        test: an oven that says nothing
        kind: oven
        events: [{data: {inside_c: 20}}, {at: 10m, data: {inside_c: 20}}]
        until: UNTIL
        expect: EXPECT
    """
    early = run(text.replace("UNTIL", "24m").replace("EXPECT", "[]"), rules(SILENT))
    late = run(text.replace("UNTIL", "26m").replace("EXPECT", "[rule: oven.gone]"), rules(SILENT))

    assert (True, True) == (early.passed, late.passed), late.lines
    assert [True] == [one.shadow for one in late.happened]


def test_a_late_reading_is_taken_when_the_log_gets_it() -> None:
    """Newer ones have come before it: rules do not look at what is over."""
    result = run("""
        test: the hot reading came late
        kind: oven
        events:
          - {at: 60s, data: {inside_c: 100}}
          - {at: 30s, late: 60s, data: {inside_c: 300}}
    """)

    assert result.passed, result.lines


def test_a_twin_begins_with_given_fields() -> None:
    """And rules of the test's own come before those that it is run with."""
    result = run("""
        test: only the red one
        kind: oven
        twin: {name: red}
        rules: [{rule: red.hot, when: inside_c > 50 and name == "red"}]
        events: [{data: {inside_c: 60}}]
        expect: [{signal: red.hot}]
    """)

    assert result.passed, result.lines


def test_a_handler_that_fails_fails_the_test() -> None:
    """The test says when and with what; it is no error of whoever runs it."""
    result = run("test: a\nkind: oven\nevents: [{at: 5s, type: timer, data: -3}]")

    assert (False, ["! 5s  ValueError: a timer of -3 minutes"]) == (result.passed, result.lines)


def test_a_text_holds_many_tests() -> None:
    """Parted by `---`, or in a list."""
    one = "test: a\nkind: oven\nevents: []\n"

    assert 2 == len(read_tests(f"{one}---\n{one}"))
    assert 2 == len(read_tests("[{test: a, kind: oven, events: []}, "
                               "{test: b, kind: oven, events: []}]"))  # fmt: skip


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("test: a\nkind: oven", "events is missing"),
        ("test: a\nkind: oven\nevents: []\nexpects: []", "it.yaml:4:1"),
        ("test: a\nkind: oven\nevents: [{at: soon}]", "it.yaml:3:15"),
        ("test: a\nkind: oven\nevents: [{every: 3s}]", "both `every` and `series`"),
        (
            "test: a\nkind: oven\nevents: [{every: 3s, series: {inside_c: [1], load_pct: [1, 2]}}]",
            "equally long",
        ),
        ("test: a\nkind: oven\nevents: []\nexpect: [{at: 3s}]", "say what is expected"),
        ("test: a\nkind: oven\nevents: [{data: {colour: 1}}]", "brings no colour"),
        ("test: a\nkind: oven\nevents: [{data: {inside_c: 9999}}]", "`float` <= 600"),
        ("test: a\nkind: oven\nevents: [{type: boom}]", "oven has no event boom"),
        ("test: a\nkind: oven\nevents: [{type: timer, data: x}]", "timer: Expected `int`"),
        ("test: a\nkind: oven\nevents: [{data: 3, every: 1s, series: {load_pct: [1]}}]", "fields"),
        ("test: a\nkind: oven\ntwin: {colour: red}\nevents: []", "it.yaml:3:8"),
        ("test: a\nkind: oven\ntwin: {name: 3}\nevents: []", "Expected `str`"),
        ("test: a\nkind: oven\nmirrors: {owner: {tier: x}}\nevents: []", "does not mirror it"),
        ("test: a\nkind: oven\nrules: [{rule: x, when: colour > 1}]\nevents: []", "colour"),
    ],
)
def test_what_is_no_test_says_where(text: str, said: str) -> None:
    """Line and word, before anything is run."""
    with pytest.raises(BadDocument) as caught:
        run(text)

    assert said in str(caught.value)
