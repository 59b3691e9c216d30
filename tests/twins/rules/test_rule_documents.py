"""Documents: rules as they are written in files, and what is said of a mistake in one."""

from typing import Any

import msgspec
import pytest
from support.kiln import Kiln

from twins.errors import BadDocument
from twins.rules.document import Document, Severity, read_rules
from twins.rules.duration import seconds, spoken
from twins.rules.errors import BadRule
from twins.rules.fields import Type, fields_of
from twins.rules.ruleset import compile_rules

WHOLE = """
rule: kiln.hot
kind: kiln
on: [heat]
about: words for people
context: owner.tier == "gold"
when: rising(temp_c, 3, band=0.5, above=900, clear=850)
for: 30s
clear: temp_c < 850
severity: warning
escalate: [{to: critical, when: temp_c > 1200}]
every: 10m
at_most: {times: 3, within: 1d}
priority: 10
suppresses: []
excludes: []
shadow: false
then:
  - signal: kiln.hot
    data: {temp_c: temp_c, load: load}
  - command: {name: cool_down, data: {}}
"""


def test_a_file_is_read() -> None:
    """Each key is what it says."""
    (document,) = read_rules(WHOLE)

    assert (["heat"], 30.0, 600.0, 10) == (
        document.on, document.for_, document.every, document.priority,
    )  # fmt: skip
    assert (3, 86_400.0) == (document.at_most.times, document.at_most.within)  # type: ignore[union-attr]  # it is there
    assert (Severity.CRITICAL, "temp_c > 1200") == (
        document.escalate[0].to, document.escalate[0].when,
    )  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "- {rule: a, when: load > 1}\n- {rule: b, when: load > 1}",
        "rule: a\nwhen: load > 1\n---\nrule: b\nwhen: load > 1\n",
        "- {rule: a, when: load > 1}\n---\n- {rule: b, when: load > 1}\n---\n",
        '[{"rule": "a", "when": "load > 1"},\n\t{"rule": "b", "when": "load > 1"}]',
    ],
)
def test_a_text_may_hold_several(text: str) -> None:
    """A list, parts of YAML, both, and JSON."""
    assert ["a", "b"] == [document.rule for document in read_rules(text, kind="kiln")]


def test_a_rule_set_can_be_made_again_from_its_documents() -> None:
    """They are plain data, fit for JSON, and the set comes out the same."""
    rules = compile_rules(Kiln.kind, read_rules(WHOLE), 7)
    documents = msgspec.json.decode(msgspec.json.encode(rules.documents))
    again = compile_rules("kiln", documents, 7)

    assert (rules.documents, rules.source) == (again.documents, again.source)
    assert rules.rule("kiln.hot").plan.digest == again.rule("kiln.hot").plan.digest


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("rule: a b\nwhen: x", "x.yaml:1:7: a b: rule: string should match pattern"),
        ("rule: a\nwen: x > 1", "x.yaml:2:1: a: wen: no such word here; did you mean when?"),
        ("rule: a\nfor: 30x", "x.yaml:2:6: a: for: '30x' is no duration; write for example 30s"),
        ("rule: a\nevery: -3", "x.yaml:2:8: a: every: input should be greater than 0, not -3"),
        ("rule: a\nseverity: bad", "x.yaml:2:11: a: severity: input should be 'info', 'warning'"),
        ("rule: a\nshadow: yes", "x.yaml:2:9: a: shadow: input should be a valid boolean"),
        ("rule: a\nat_most: {times: 0, within: 1d}", "x.yaml:2:18: a: at_most.times: input should"),
        ("rule: a\nat_most: {times: 1}", "x.yaml:2:1: a: at_most: within is missing"),
        ("when: load > 1", "x.yaml:1:1: rule is missing"),
        ("rule: a\nthen: 5", "x.yaml:2:7: a: then: input should be a valid list"),
        ("- 5", "x.yaml:1:3: a rule is words with values, not int"),
        ("rule: a\nwhen: 5", "x.yaml:2:7: a: when: input should be a valid string, not 5"),
    ],
)
def test_a_mistake_is_pointed_to(text: str, said: str) -> None:
    """File, line, column, rule and key; and what to write instead."""
    with pytest.raises(BadRule) as caught:
        read_rules(text, "x.yaml", "kiln")

    assert said in str(caught.value)


@pytest.mark.parametrize("text", ["rule: [", "rule: &a b\nkind: *a", "rule: a\nrule: b"])
def test_what_is_no_yaml_is_refused(text: str) -> None:
    """And what YAML has and rules have not."""
    with pytest.raises(BadDocument, match=r"x.yaml:\d+:\d+: "):
        read_rules(text, "x.yaml", "kiln")


def test_a_document_may_come_as_data() -> None:
    """Then a mistake has no line, but rule and path."""
    with pytest.raises(BadRule) as caught:
        Document.of({"rule": "a", "kind": "kiln", "at_most": {"times": 0, "within": 5}})
    (problem,) = caught.value.problems

    assert ("a", "at_most.times", None) == (problem.rule, problem.path, problem.line)


def test_the_kind_must_be_said_somewhere() -> None:
    """In the document, or by whoever reads it."""
    with pytest.raises(BadRule, match="kind is missing"):
        read_rules("rule: a\nwhen: load > 1")


@pytest.mark.parametrize(
    ("text", "expected"),
    [("30s", 30.0), ("15m", 900.0), ("6h", 21_600.0), ("30d", 2_592_000.0), ("1.5h", 5_400.0),
     ("250ms", 0.25), ("2w", 1_209_600.0)],
)  # fmt: skip
def test_durations(text: str, expected: float) -> None:
    """As people write them."""
    assert expected == seconds(text)


def test_durations_are_spoken_in_the_largest_unit_that_fits() -> None:
    """For texts."""
    assert ["90s", "10m", "6h", "30d", "0.25s"] == [
        spoken(each) for each in (90.0, 600.0, 21_600.0, 2_592_000.0, 0.25)
    ]


def test_fields_know_type_unit_range_and_choices() -> None:
    """Of a kind's own fields; the range is that of the readings that bring them."""
    found: Any = fields_of(Kiln.kind)
    heat, mode, place = found["temp_c"], found["mode"], found["place"]

    assert (Type.NUMBER, "°C", 0, 1500, True) == (
        heat.type, heat.unit, heat.low, heat.high, heat.measured,
    )  # fmt: skip
    assert {"idle", "fire", "cool"} == {*mode.choices}
    assert (Type.OTHER, Type.CONDITION) == (place.type, found["door"].type)
    assert not {"windows", "record", "mirror", "older", "watched", "event", "now"} & found.keys()
