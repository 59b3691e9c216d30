"""Expressions: what a condition means, by the generated code and by the interpreter alike."""

import ast
from math import isfinite
from typing import Any

import msgspec
import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st
from support.kiln import Kiln, compiled, is_open, kiln, names

from actors.cell import encode_state
from twins.rules.errors import BadRule
from twins.rules.evaluate import Known, holds
from twins.rules.expression import parse_condition, parse_value
from twins.rules.fields import Type
from twins.rules.plan import Catalogue
from twins.rules.ruleset import RuleSet, compile_rules
from twins.rules.syntax import BadExpression

CATALOGUE = Catalogue.of(Kiln.kind)
SCOPE = CATALOGUE.scope(["heat", "fault"])


def held(condition: str, **fields: Any) -> bool:
    """Whether a condition holds for a kiln with these fields, by the generated code."""
    trial = kiln(f"{{rule: r, on: heat, when: {condition!r}}}")
    for name, value in fields.items():
        setattr(trial.twin, name, value)
    trial.heat(None)
    return is_open(trial, "r")


@pytest.mark.parametrize(
    ("condition", "fields", "expected"),
    [
        ("temp_c > 1200", {"temp_c": 1250.0}, True),
        ("temp_c > 1200", {"temp_c": 1200.0}, False),
        ("1000 <= temp_c < 1200", {"temp_c": 1000.0}, True),
        ("1000 <= temp_c < 1200", {"temp_c": 1200.0}, False),
        ("temp_c > 100 and load < 5 or door", {"door": True}, True),
        ("temp_c > 100 and (load < 5 or door)", {"door": True}, False),
        ("mode == 'fire'", {"mode": "fire"}, True),
        ("mode != 'fire'", {"mode": "idle"}, True),
        ("mode in ('fire', 'cool')", {"mode": "cool"}, True),
        ("mode not in ('fire', 'cool')", {"mode": "idle"}, True),
        ("load in (1, 2, 3)", {"load": 4}, False),
        ("door", {"door": True}, True),
        ("not door", {"door": True}, False),
        ("door == false", {"door": False}, True),
        ("temp_c - 3 * load > 10", {"temp_c": 20.0, "load": 3}, True),
        ("temp_c / load > 5", {"temp_c": 20.0, "load": 3}, True),
        ("load % 7 == 3", {"load": 17}, True),
        ("abs(temp_c - 100) < 5", {"temp_c": 97.0}, True),
        ("-temp_c < -5", {"temp_c": 6.0}, True),
        ("true", {}, True),
        ("false or temp_c > 1", {"temp_c": 2.0}, True),
        ("load >= 60 and name == 'a b'", {"load": 60, "name": "a b"}, True),
    ],
)
def test_what_a_condition_means(condition: str, fields: dict[str, Any], expected: bool) -> None:
    """As it reads."""
    assert expected is held(condition, **fields)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("temp_c > 5", False),
        ("temp_c < 5", False),
        ("temp_c != 5", False),
        ("temp_c == temp_c", False),
        ("not temp_c > 5", True),
        ("mode not in ('fire',)", False),
        ("door", False),
        ("not door", True),
        ("door == false", False),
        ("temp_c + 1 > 0", False),
        ("abs(temp_c) >= 0", False),
        ("temp_c is None", True),
        ("temp_c is not None", False),
        ("temp_c + load is None", True),
    ],
)
def test_a_comparison_with_what_is_not_known_is_false(condition: str, expected: bool) -> None:
    """Whatever the comparison is, `!=` and `not in` too; `not` turns it round, `is None` asks."""
    assert expected is held(condition)


@pytest.mark.parametrize("condition", ["temp_c / load > 0", "temp_c % load >= 0"])
def test_dividing_by_zero_gives_nothing(condition: str) -> None:
    """It is unknown, and so a comparison with it is false."""
    assert not held(condition, temp_c=5.0, load=0)


def test_data_can_be_passed_on_that_cannot_be_compared() -> None:
    """A place, for example."""
    trial = kiln("{rule: r, when: temp_c > 1, then: {signal: s, data: [place, temp_c, name]}}")
    trial.heat(2.0)
    data = trial.signals[0].data

    assert ((2.0, 0.0), 2.0, "") == (data["place"], data["temp_c"], data["name"])


def test_no_number_that_cannot_be_stored_leaves_a_rule() -> None:
    """Infinite, or beyond 64 bits: it is unknown."""
    trial = kiln(
        """
        rule: r
        when: temp_c > 1
        then:
          signal: s
          data:
            big: load * load * load * load * load * load * load * load * load
            huge: volts * 1e15 * 1e15 * 1e15
            none: volts / 0
            fine: load * 2
        """
    )
    trial.twin.load, trial.twin.volts = 2**40, 1e300
    trial.heat(2.0)
    data = trial.signals[0].data

    assert [None, None, None, 2**41] == [data[name] for name in ("big", "huge", "none", "fine")]


# -- refused -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("condition", "at_fault", "said"),
    [
        ("tmp_c > 5", "tmp_c", "a kiln has no 'tmp_c'; did you mean temp_c?"),
        ("temp_c", "temp_c", "is a number, not a condition"),
        ("temp_c > 'hot'", "'hot'", "temp_c is a number and 'hot' is a text"),
        ("mode > 'fire'", "'fire'", "a text can only be equal or not"),
        ("mode == 5", "5", "they cannot be compared"),
        ("place == 5", "place", "can be passed on in `data`, but not compared"),
        ("temp_c + mode > 5", "mode", "mode is a text, and a number is needed here"),
        ("temp_c > 5 and load", "load", "not a condition"),
        ("temp_c = 5", "=", "write == to compare"),
        ("temp_c > 5 && door", "&&", "write `and` for &&"),
        ("!door", "!", "write `not` for !"),
        ("temp_c > 5 # hot", "#", "say it in `about`"),
        ("avg(temp_c) > 5", "avg(temp_c)", "within is missing; write avg(x, within)"),
        ("avg(temp_c, 5) > 5", "5", "is no duration"),
        ("avg(temp_c, 500d) > 5", "500d", "is no duration up to 400d"),
        ("avg(mode, 5m) > 5", "mode", "a number is needed"),
        ("count(temp_c, 5m) > 5", "temp_c", "not a condition"),
        ("temp_c > 5m", "5m", "a duration stands in operators only"),
        ("average(temp_c, 5m) > 5", "average", "there is no operator 'average'"),
        ("rising(temp_c, 0)", "0", "a whole number from 1 to 100"),
        ("rising(temp_c, 3, above=90, clear=95)", "rising", "turn them round"),
        ("rising(temp_c, 3, top=95)", "95", "top= does not fit"),
        ("falling(temp_c, 3, clear=95)", "falling", "clear needs below"),
        ("rising(temp_c, 3, band=load)", "load", "is a number, written out"),
        ("count(avg(temp_c, 5m) > 3, 10m) > 1", "avg", "no operator stands within count"),
        (
            "event.nothing == 3",
            "event.nothing",
            "the event brings no 'nothing'; there are: code, text",
        ),
        ("owner.name == 'x'", "owner.name", "a kiln mirrors of owner no 'name'; there are: tier"),
        ("temp_c == None", "None", "write `x is None`"),
        ("temp_c is 5", "5", "only `is None`"),
        ("mode in 'fire'", "'fire'", "values in brackets"),
        ("mode in ('fire', 5)", "5", "5 is a number, mode a text"),
        ("mode in (name,)", "name", "values, written out"),
        ("happened(kiln-hot, 3d)", "kiln-hot", "is no name"),
        ("", "", "nothing here"),
        ("count", "count", "count is an operator; write count(condition, within)"),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_word(
    condition: str, at_fault: str, said: str
) -> None:
    """The part at fault, and what to write instead."""
    with pytest.raises(BadExpression) as caught:
        parse_condition(condition, SCOPE)
    start, end = caught.value.span

    assert said in str(caught.value)
    assert condition[start:end].startswith(at_fault)


ANY = "{rule: r, when: door}"


def one(condition: str) -> RuleSet:
    """The rule set of one rule over all events of a kiln, which is open while a condition holds."""
    rule = {"rule": "r", "on": ["heat", "power", "fault"], "when": condition}
    return compile_rules(Kiln.kind, [rule])


WORDS = [
    "temp_c", "load", "mode", "door", "name", "owner", "tier", "event", "code", "place", "count",
    "avg", "rising", "changed", "was", "silent", "open", "happened", "tried", "abs", "min", "5m",
    "30s", "1", "0", "2.5", "'fire'", "(", ")", ",", ".", "+", "-", "*", "/", "%", "<", ">=", "==",
    "!=", "and", "or", "not", "in", "is", "None", "true", "=", "within", "[", "]", "{", "}", ":",
    "lambda", "for", "if", "else", "__class__", "_x", "**", ":=", "@", "\n", "'", '"', "#", "é",
]  # fmt: skip


@settings(max_examples=1500)
@given(
    st.one_of(
        st.lists(st.sampled_from(WORDS), max_size=25).map(" ".join),
        st.lists(st.sampled_from(WORDS), max_size=25).map("".join),
        st.text(max_size=60),
    )
)
def test_any_text_is_refused_or_runs(text: str) -> None:
    """Nothing is raised but `BadExpression`, and what is taken runs on kilns of any state."""
    try:
        parse_condition(text, SCOPE)
    except BadExpression as error:
        start, end = error.span

        assert 0 <= start <= end <= max(len(text), 1)
        return
    trial = kiln(ANY)
    trial.rules["kiln"] = one(text)
    for temp_c in (None, 0.0, 1500.0):
        trial.heat(temp_c, load=0, mode="fire")
        trial.measure({"volts": 1e308}, "power")
        trial.measure({"code": 3}, "fault")
        trial.advance(400.0)


# -- the interpreter is the oracle ---------------------------------------------------------------

NUMBERS = st.recursive(
    st.sampled_from(
        ["temp_c", "load", "volts", "0", "1", "2.5", "100", "owner.lifetime_value_cents"]
    ),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from("+-*/%"), inner).map(lambda it: f"({' '.join(it)})"),
        inner.map(lambda it: f"(-{it})"),
        inner.map(lambda it: f"abs({it})"),
    ),
    max_leaves=5,
)
COMPARED = st.sampled_from(["<", "<=", ">", ">=", "==", "!="])
FIXED = st.sampled_from([
    "door", "mode == 'fire'", "mode != name", "mode not in ('idle', 'cool')",
    "owner.tier == 'gold'", "owner == 'customer/c1'", "mode is not None", "true",
    "door == false", "happened(x, 3d)", "open(x)", "contacted(3d)", "tried(x)",
])  # fmt: skip
CONDITIONS = st.recursive(
    st.one_of(
        st.tuples(NUMBERS, COMPARED, NUMBERS).map(" ".join),
        st.tuples(NUMBERS, COMPARED, NUMBERS, COMPARED, NUMBERS).map(" ".join),
        NUMBERS.map(lambda it: f"{it} is None"),
        NUMBERS.map(lambda it: f"{it} in (0, 1, 2.5)"),
        FIXED,
    ),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from([" and ", " or "]), inner).map(
            lambda it: f"({''.join(it)})"
        ),
        inner.map(lambda it: f"(not ({it}))"),
    ),
    max_leaves=6,
)
STATES = st.fixed_dictionaries(
    {
        "temp_c": st.none() | st.sampled_from([0.0, 1.0, 2.5, 100.0, 1e308, -1e308]),
        "load": st.none() | st.sampled_from([0, 1, 2, -3, 2**63 - 1]),
        "volts": st.none() | st.sampled_from([0.0, 2.5, -1e-300]),
        "mode": st.none() | st.sampled_from(["idle", "fire"]),
        "door": st.none() | st.booleans(),
        "owner": st.sampled_from([None, "customer/c1"]),
        "mirror": st.sampled_from(
            [None, {"owner": {"of": "customer/c1", "tier": "gold", "lifetime_value_cents": 2**62}},
             {"owner": {"of": "customer/c1", "tier": None}}]
        ),
    }
)  # fmt: skip


@settings(max_examples=400)
@given(condition=CONDITIONS, state=STATES)
def test_the_generated_code_means_what_the_tree_means(
    condition: str, state: dict[str, Any]
) -> None:  # fmt: skip
    """For every condition and every state, unknown, huge and zero values among them."""
    try:
        node = parse_condition(condition, SCOPE)
    except BadExpression:
        reject()  # too many multiplications
    trial = kiln(ANY)
    trial.rules["kiln"] = one(condition)
    for name, value in state.items():
        setattr(trial.twin, name, value)
    trial.heat(None)

    assert holds(node, Known(trial.twin, trial.now)) is is_open(trial, "r"), condition


@settings(max_examples=200)
@given(
    number=NUMBERS,
    states=st.lists(STATES, min_size=1, max_size=4),
    operator=st.sampled_from(["avg", "min", "max", "rate", "was", "rising", "falling"]),
)
def test_nothing_that_cannot_be_stored_is_remembered(
    number: str, states: list[dict[str, Any]], operator: str
) -> None:
    """However large, small or infinite it gets: neither in the state nor in what is told."""
    more = {"rising": ", 1", "falling": ", 1", "was": ""}.get(operator, ", 5m")
    called = f"{operator}({number}{more})"
    compares = "" if operator in ("rising", "falling") else " != 0.123"
    rule = {
        "rule": "r",
        "on": "power",
        "when": f"{called}{compares}",
        "then": {"signal": "s", "data": {"x": called}},
    }
    try:
        rules = compile_rules(Kiln.kind, [rule])
    except BadRule:
        reject()  # too many multiplications
    trial = kiln(ANY)
    trial.rules["kiln"] = rules
    for state in states:
        for name, value in state.items():
            setattr(trial.twin, name, value)
        # Of all fields a `power` measures the voltage alone: the others are taken as they are.
        trial.measure({"volts": state["volts"]}, "power")
        trial.advance(1.0)
        encode_state(trial.twin)

    assert all(finite(msgspec.to_builtins(signal.data)) for signal in trial.signals)


def finite(value: Any) -> bool:
    """Whether no number in it is infinite or none at all."""
    if isinstance(value, dict):
        return all(map(finite, value.values()))
    if isinstance(value, list | tuple):
        return all(map(finite, value))
    return not isinstance(value, float) or isfinite(value)


def test_a_value_has_its_type() -> None:
    """A number, a text, a condition, or something that is passed on only."""
    found = [parse_value(text, SCOPE).type for text in ("temp_c + 1", "mode", "door", "place")]

    assert [Type.NUMBER, Type.TEXT, Type.CONDITION, Type.OTHER] == found


def test_nothing_stands_in_the_generated_text_but_what_it_needs() -> None:
    """Its names are its own, the helpers' and those of fields; what was written is a literal."""
    rules = compiled(
        """
        - rule: "a"
          context: owner.tier == "__import__('os')"
          when: rising(temp_c, 3, above=9) and avg(temp_c, 5m) > 5 and happened("x' + exec", 3d)
          clear: silent(3m)
          then: {signal: s, data: {"'); x(": "'__class__'"}}
        """
    )
    helpers = {
        "take_rising", "take_avg", "look_rising", "look_avg", "look_silent", "heard", "tidy",
        "late", "happened", "step_0", "begin_0", "leave_0", "plain",
    }  # fmt: skip
    found = list(ast.walk(ast.parse(rules.source)))
    loaded = {node.id for node in found if isinstance(node, ast.Name)}
    stored = {
        node.id for node in found if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
    arguments = {node.arg for node in found if isinstance(node, ast.arg)}

    assert loaded - stored - arguments <= helpers
    assert {node.attr for node in found if isinstance(node, ast.Attribute)} <= {
        "windows", "record", "mirror", "temp_c", "stamp", "now", "get",
    }  # fmt: skip


def test_conditions_may_take_several_lines() -> None:
    """As YAML folds or keeps them."""
    trial = kiln("rule: r\nwhen: |\n  temp_c > 10\n  and load < 5\n")
    trial.heat(11.0, load=1)

    assert ["r"] == names(trial)
    assert compiled("rule: r\nwhen: temp_c > 10\n  and load < 5\n").rules.keys() == {"r"}
