"""Lint: rules that can never fire, and rules that get in each other's way."""

import pytest
from support.kiln import compiled

import actors.supervisors
from twins.rules.lint import lint

assert actors.supervisors, "arrangements that rules may ask for"


def found(text: str) -> list[str]:
    """What is odd about rules."""
    return list(map(str, lint(compiled(text))))


@pytest.mark.parametrize(
    "when",
    [
        "temp_c > 95 and temp_c < 90",
        "temp_c > 95 and not temp_c > 90",
        "temp_c >= 95 and temp_c < 95",
        "mode == 'fire' and mode == 'idle'",
        "mode in ('fire', 'cool') and mode == 'idle'",
        "door and not door and door is not None",
        "temp_c is None and temp_c > 5",
        "5 > load > 7",
        "(load > 5 or load > 7) and load < 3",
        "temp_c < 0",
        "temp_c > 1500",
        "load + 1 > 200",
        "-temp_c > 10",
        "avg(temp_c, 5m) > 1600",
        "count(door, 5m) < 0",
        "abs(temp_c) < 0",
        "temp_c > 2 * 1500",
        "rising(temp_c, 3, above=95, clear=90) and temp_c < 80",
        "falling(temp_c, 3, below=20) and temp_c > 30",
        "load == 5 and load != 5 and load > 5",
        "false",
    ],
)
def test_a_rule_that_can_never_fire_is_told(when: str) -> None:
    """Its parts contradict each other, or the field's range."""
    assert any("can never hold" in one for one in found(f'{{rule: r, when: "{when}"}}'))


@pytest.mark.parametrize(
    "when",
    [
        "temp_c > 90 and temp_c < 95",
        "temp_c > 95 or temp_c < 90",
        "temp_c > 95 and not load > 90",
        "not temp_c > 95 and not temp_c < 90",
        "mode == 'fire' or mode == 'idle'",
        "not door",
        "temp_c is None",
        "volts > 1e9",
        "temp_c > load and load > temp_c",
        "rising(temp_c, 3, above=95, clear=90) and temp_c < 93",
        "avg(temp_c, 5m) > 1400 and temp_c < 10",
        "mode != 'fire'",
        "mode not in ('fire', 'cool')",
        "temp_c * volts > 5",
    ],
)
def test_a_rule_that_can_fire_is_left_alone(when: str) -> None:
    """What cannot be seen through counts as possible."""
    assert [] == found(f'{{rule: r, when: "{when}"}}')


def two(first: str, second: str) -> str:
    """Two rules, a and b."""
    return f"[{{rule: a, when: temp_c > 5, {first}}}, {{rule: b, when: load > 5, {second}}}]"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{rule: r, when: temp_c > 1600}", "1:26: r: when: temp_c lies between 0 to 1500, never"),
        ("{rule: r, when: mode == 'fired'}", "mode is never 'fired'; it is one of"),
        ('{rule: r, when: \'mode in ("fired", "idle")\'}', "mode is never 'fired'"),
        ("{rule: r, context: temp_c > 90, when: temp_c < 80}", "can never hold where `context`"),
        ("{rule: r, context: temp_c < 0, when: load > 1}", "r: context: it can never hold"),
        ("{rule: r, when: name is not None}", "it always holds"),
        ("{rule: r, when: temp_c > 95, clear: temp_c < 0}", "r: clear: it can never hold"),
        ("{rule: r, when: temp_c > 95, clear: temp_c < 97}", "then the rule is cleared at once"),
        ("{rule: r, when: 'happened(nobody, 3d)'}", "no rule raises 'nobody'"),
        ("{rule: r, when: 'open(nothing)'}", "no supervisor is called 'nothing'"),
        (two("then: {signal: s}", "then: {signal: s}"), "b: then: it raises s as a does"),
        (two("excludes: b", "about: x"), "it and a exclude each other and have one priority"),
        (two("suppresses: b", "priority: 1"), "b has a higher priority"),
        (two("suppresses: b", "suppresses: a"), "they suppress each other: a -> b -> a"),
    ],
)
def test_what_is_hardly_meant_is_told(text: str, said: str) -> None:
    """Each once, at its place."""
    assert 1 == sum(said in one for one in found(text)), found(text)


def test_a_long_circle_is_told_once() -> None:
    """Wherever it is begun."""
    rules = [("a", "b"), ("b", "c"), ("c", "a"), ("d", "a")]
    text = ", ".join(
        f"{{rule: {one}, on: heat, when: load > 5, suppresses: {other}}}" for one, other in rules
    )

    assert ["they suppress each other: a -> b -> c -> a"] == [
        one.rpartition("suppresses: ")[2] for one in found(f"[{text}]")
    ]


@pytest.mark.parametrize(
    "text",
    [
        "{rule: r, when: temp_c > 95, clear: temp_c < 90}",
        "{rule: r, when: 'happened(r, 3d) and open(roadside)'}",
        "{rule: r, when: 'happened(engine.overheating, 3d)'}",
        two("then: {signal: s}", "then: {signal: s}").replace("load > 5", "temp_c < 5"),
        two("excludes: b, priority: 1", "about: x"),
        two("suppresses: b, priority: 1", "about: x"),
    ],
)
def test_what_is_meant_is_left_alone(text: str) -> None:
    """No warning that nobody needs."""
    assert [] == found(text)
