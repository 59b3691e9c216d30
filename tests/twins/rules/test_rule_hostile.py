"""Rules that try to reach more than a rule may, by every text that may stand in one."""

import ast
import builtins
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.kiln import Kiln, compiled, kiln

import actors.supervisors.actions
from twins.errors import BadDocument
from twins.record import MAX_FIRINGS
from twins.rulebook.messages import Page
from twins.rulebook.pages import MAX_REMEMBERED as MOST_OF_A_KIND
from twins.rulebook.pages import problems_of
from twins.rules.actions import MAX_DATA
from twins.rules.errors import BadRule
from twins.rules.evidence import MAX_TEXT
from twins.rules.plan import MAX_REMEMBERED
from twins.rules.ruleset import RuleSet, compile_rules

assert actors.supervisors.actions, "arrangements and campaigns may stand in rules"

Path = tuple[str | int, ...]

RULE: dict[str, Any] = {
    "rule": "r",
    "kind": "kiln",
    "on": ["heat"],
    "about": "words",
    "context": "owner is not None",
    "when": "temp_c > 100 and name == 'x'",
    "for": "1s",
    "clear": "temp_c < 50",
    "severity": "info",
    "escalate": [{"to": "critical", "when": "temp_c > 200", "clear": "temp_c < 150"}],
    "every": "1s",
    "at_most": {"times": 3, "within": "1h"},
    "suppresses": "other",
    "excludes": ["another"],
    "then": [
        {"decide": "table", "as": "found", "data": {"n": "temp_c"}},
        {"signal": "s", "data": {"key": "temp_c + 1", "answer": "found.y"}},
        {"command": "cool_down", "life": "1m", "data": {"x": "mode"}},
        {"case": "a case", "skill": "kilns", "data": ["temp_c"]},
        {"message": "note", "to": "owner", "urgency": "low", "data": {"x": "temp_c"}},
        {"arrangement": {"name": "visit", "to": "owner", "steps": ["slot"], "require": ["slot"],
                         "earliest": "1d", "latest": "2d", "skill": "workshop",
                         "offer": {"template": "note", "within": "5m"}}, "data": {"x": "temp_c"}},
        {"campaign": {"name": "winter", "to": "owner", "audience": "owner.tier == 'gold'",
                      "message": "note", "stop": {"after": "30d", "when": "unreached > 50"}},
         "data": {"x": "temp_c"}},
    ],
}  # fmt: skip
NOTE: dict[str, Any] = {
    "rule": "note",
    "kind": "kiln",
    "template": {"en": {"subject": "About $name", "text": "It has ${x:number} degrees."}},
}
TABLE: dict[str, Any] = {
    "rule": "table",
    "kind": "kiln",
    "table": {
        "nodes": [
            {"id": "in", "type": "inputNode", "name": "in"},
            {"id": "t", "type": "decisionTableNode", "name": "t", "content": {
                "hitPolicy": "first",
                "inputs": [{"id": "i", "name": "n", "field": "n"}],
                "outputs": [{"id": "o", "name": "y", "field": "y"}],
                "rules": [{"_id": "r1", "i": "> 3", "o": "n + 1"}, {"i": "", "o": "'x'"}]}},
            {"id": "out", "type": "outputNode", "name": "out"},
        ],
        "edges": [{"id": "e1", "sourceId": "in", "targetId": "t"},
                  {"id": "e2", "sourceId": "t", "targetId": "out"}],
    },
}  # fmt: skip
OTHERS = [
    {"rule": name, "kind": "kiln", "on": "heat", "when": "door"} for name in ("other", "another")
]
DOCUMENTS = [RULE, NOTE, TABLE, *OTHERS]


def texts(value: Any, path: Path = ()) -> Iterator[tuple[Path, bool]]:
    """Where each text stands; True: it is a key, the last part of its path."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield (*path, name), True
            yield from texts(inner, (*path, name))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from texts(inner, (*path, number))
    elif isinstance(value, str):
        yield path, False


PLACES = list(texts(DOCUMENTS))


def changed(place: tuple[Path, bool], text: str) -> list[dict[str, Any]]:
    """The documents with another text, or key, at one place."""
    documents: Any = deepcopy(DOCUMENTS)
    (*way, last), is_key = place
    inner = documents
    for part in way:
        inner = inner[part]
    if is_key:
        inner[text] = inner.pop(last)
    else:
        inner[last] = text
    return list(documents)


def tried(documents: list[dict[str, Any]]) -> RuleSet | None:
    """The rules, if they are taken, after they ran on kilns; nothing else may be raised."""
    try:
        rules = compile_rules(Kiln.kind, documents)
    except BadDocument:
        return None
    trial = kiln("{rule: other, when: door}")
    trial.rules["kiln"] = rules
    trial.tell("configured", {"owner": "customer/c1", "name": "x"})
    for temp_c in (20.0, 150.0, 250.0, 120.0, 30.0):
        trial.heat(temp_c, mode="fire")
        trial.advance(5.0)
    return rules


def check_reach(rules: RuleSet) -> None:
    """The generated text has no way out: no import, loop, private attribute, or builtin."""
    found = list(ast.walk(ast.parse(rules.source)))
    bound = {node.id for node in found if isinstance(node, ast.Name)
             and isinstance(node.ctx, ast.Store)}  # fmt: skip
    bound |= {node.arg for node in found if isinstance(node, ast.arg)}
    bound |= {node.name for node in found if isinstance(node, ast.FunctionDef)}
    allowed = (
        ast.Module, ast.FunctionDef, ast.arguments, ast.arg, ast.Assign, ast.If, ast.Return,
        ast.Expr, ast.Call, ast.Name, ast.Attribute, ast.Subscript, ast.Constant, ast.Compare,
        ast.BoolOp, ast.UnaryOp, ast.BinOp, ast.IfExp, ast.Tuple, ast.Dict, ast.expr_context,
        ast.cmpop, ast.boolop, ast.unaryop, ast.operator,
    )  # fmt: skip

    assert [] == [node for node in found if not isinstance(node, allowed)]
    assert [] == [node.attr for node in found if isinstance(node, ast.Attribute)
                  and node.attr.startswith("_")]  # fmt: skip
    assert not {node.id for node in found if isinstance(node, ast.Name)
                and node.id not in bound} & {*vars(builtins)}  # fmt: skip


HOSTILE = [
    "__import__('os').system('true')", "().__class__.__base__.__subclasses__()", "__class__",
    "x.__globals__", "'); import os; ('", "x\nimport os", "x\r\nimport os", "# ", "\\", "\x00",
    "{0.__class__}", "%(x)s", "${x.__class__}", "${x:__class__}", "$__class__", "${_x}", "$",
    "lambda: 1", "[x for x in (1,)]", "temp_c ** 9 ** 9", "9 ** 9 ** 9", "1 << 99999", "name * 99",
    "temp_c if door else 1", "f'{temp_c}'", "exec", "twin", "turn", "reading", "windows", "eval(x)",
    "rand(9)", "d('now')", "map([1], #)", "$nodes", "$root", "../../etc/passwd", "why", "",
    " ", "x" * 100_000, "((" * 400, "é" * 70, "\ud800", "r\u202es", "-" * 990 + "1", "1e999",
    "vehicle/v1", "customer/../x", "99999999999999999999d", "1d" * 300, "None", "true", "0",
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(HOSTILE)))
def test_a_hostile_text_anywhere_is_refused_or_harmless(number: int) -> None:
    """No way out, and nothing raised. All texts at all places take a minute: a sixth of them."""
    for place in PLACES[number % 6 :: 6]:
        rules = tried(changed(place, HOSTILE[number]))
        if rules is not None:
            check_reach(rules)


PIECES = [
    *HOSTILE[:-12], "temp_c", "name", "mode", "found.y", "event.load", "owner.tier", "avg(", "5m",
    ")", "(", "+", "*", "==", ">", "'fire'", "1", ",", ".", " and ", "was(", "rising(", "in",
]  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(PLACES), st.lists(st.sampled_from(PIECES), max_size=6).map("".join))
def test_whatever_is_put_together_is_refused_or_harmless(
    place: tuple[Path, bool], text: str
) -> None:
    """Pieces of what is allowed and of what is not, anywhere."""
    rules = tried(changed(place, text))
    if rules is not None:
        check_reach(rules)


def test_these_documents_are_rules() -> None:
    """As they stand above, all of them is taken, and everything follows."""
    rules = tried(deepcopy(DOCUMENTS))

    assert rules is not None
    assert 5 == len(rules.documents)
    assert len(PLACES) > 100

    check_reach(rules)


# -- what has no bound of its own ----------------------------------------------------------------


def test_a_rule_remembers_so_much_and_no_more() -> None:
    """In `when`, and in the data of what follows."""
    data = {f"k{number}": f"avg(temp_c, {number + 1}s)" for number in range(MAX_REMEMBERED + 1)}
    rule = {"rule": "r", "on": "heat", "when": "door", "then": {"signal": "s", "data": data}}
    with pytest.raises(BadRule, match=f"17 operators .* more than {MAX_REMEMBERED}"):
        compile_rules(Kiln.kind, [rule])

    data.popitem()
    compile_rules(Kiln.kind, [rule])


def test_the_rules_of_a_kind_remember_so_much_and_no_more() -> None:
    """Of each twin; it is told before anything is published."""
    many = MOST_OF_A_KIND // MAX_REMEMBERED + 1
    data = {f"k{number}": f"avg(temp_c, {number + 1}s)" for number in range(MAX_REMEMBERED)}
    pages = {
        f"r{n}": Page(document={"rule": f"r{n}", "kind": "kiln", "on": "heat", "when": "door",
                                "then": {"signal": "s", "data": data}})
        for n in range(many)
    }  # fmt: skip
    (problem,) = problems_of("kiln", pages, 1)
    pages.popitem()

    assert f"more than the {MOST_OF_A_KIND} that a kind may have" in problem.message
    assert [] == problems_of("kiln", pages, 1)


@pytest.mark.parametrize("value", ["\ud800", object()])
def test_what_cannot_be_stored_is_refused(value: Any) -> None:
    """Wherever it stands, in a decision table too."""
    documents: Any = deepcopy(DOCUMENTS)
    documents[2]["table"]["nodes"][1]["name"] = value
    with pytest.raises(BadRule, match="cannot be written as JSON"):
        compile_rules(Kiln.kind, documents)


def test_an_action_carries_so_many_values() -> None:
    """By name, and as a list of fields."""
    for data in ({f"k{n}": "temp_c" for n in range(MAX_DATA + 1)}, ["temp_c"] * (MAX_DATA + 1)):
        rule = {"rule": "r", "on": "heat", "when": "door", "then": {"signal": "s", "data": data}}
        with pytest.raises(BadRule, match=f"at most {MAX_DATA} items"):
            compile_rules(Kiln.kind, [rule])


def test_of_a_long_text_the_beginning_is_kept() -> None:
    """A twin keeps many firings, and a device may send long texts; the signal has all of it."""
    trial = kiln(
        "{rule: r, on: fault, when: event.text != was(event.text), "
        "then: {signal: s, data: [event.text]}}"
    )
    for number in range(MAX_FIRINGS + 2):
        trial.measure({"code": 1, "text": f"{number % 10}" * 10_000}, "fault")
    firings = trial.twin.record.firings

    assert {MAX_TEXT + 1} == {
        len(text) for one in firings
        for text in (one.why["inputs"]["event.text"], one.why["values"]["was(event.text)"])
    }  # fmt: skip
    assert all(len(one.why["words"]) < 1000 for one in firings)
    assert 10_000 == len(trial.signals[-1].data["event.text"])


@pytest.mark.parametrize("condition", ["temp_c > 5and door", "1if door else 0 > 1", "5in (1, 2)"])
def test_a_number_ends_before_a_word_begins(condition: str) -> None:
    """Python would read it, with a warning: which is taken must not hang on how those are shown."""
    with pytest.raises(BadRule, match="write a blank behind the number"):
        compiled(f"{{rule: r, when: '{condition}'}}")
