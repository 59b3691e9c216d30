"""What lies within objects: rules name it with dots, as far as its type is known."""

from collections.abc import Iterator
from typing import Annotated, ClassVar

import pytest
from msgspec import Meta, Struct
from support.registry import kinds_as_they_were

from twins.documents import load_kind
from twins.errors import BadDeclaration
from twins.kind import Kind
from twins.rules.errors import BadRule
from twins.rules.fields import Type, fields_of, struct_fields
from twins.rules.ruleset import compile_rules
from twins.rules.testing import read_tests, run_test
from twins.rules.why import why_not
from twins.testing import Trial
from twins.twin import Twin

LAMP = """\
kind: lamp
fields:
  state:
    type: object
    fields:
      level: {type: integer, range: [0, 255], required: true}
      color: {type: object, fields: {r: {type: number, unit: "%"}}}
      mode: {type: string, one_of: [on, off]}
      seen: {type: array, items: {type: number}}
events:
  telemetry: {measures: [state]}
  failed: {payload: {part: {type: object, fields: {code: {type: integer}}}}}
"""


LampId = Annotated[str, Meta(extra={"link": "lamp"})]


@pytest.fixture(autouse=True)
def lamp() -> Iterator[Kind]:
    """A lamp as home automation describes it: all of it is one object."""
    with kinds_as_they_were():
        yield load_kind(LAMP)


def passes(text: str) -> None:
    """A test of rules, as data."""
    (test,) = read_tests(text)
    result = run_test(test)

    assert result.passed, "\n".join(result.lines)


def test_fields_have_types_units_and_ranges(lamp: Kind) -> None:
    """As other fields; all of them may be unknown, for their object may be."""
    fields = fields_of(lamp)
    level, red = fields["state.level"], fields["state.color.r"]

    assert (Type.NUMBER, 0, 255, True, True) == (
        level.type, level.low, level.high, level.optional, level.measured,
    )  # fmt: skip
    assert ("%", ("off", "on")) == (red.unit, fields["state.mode"].choices)
    assert [Type.OTHER] * 3 == [
        fields[name].type for name in ("state", "state.color", "state.seen")
    ]


def test_a_condition_reads_them() -> None:
    """In the state; what is unknown, at any depth, compares with nothing."""
    passes("""\
test: bright and red
kind: lamp
rules: [{rule: red, when: state.level > 200 and state.color.r > 50}]
events:
  - {data: {}}
  - {at: 1s, data: {state: {level: 250}}}
  - {at: 2s, data: {state: {level: 250, color: {}}}}
  - {at: 3s, data: {state: {level: 250, color: {r: 60}}}}
expect:
  - signal: red
    at: 3s
    data: {why: {inputs: {state.level: 250, state.color.r: 60}}}
""")


def test_windows_and_trends_take_them() -> None:
    """From the readings themselves, the late ones as well; what a reading does not bring is none.

    Readings: 10 and 20 at first, then one without it, then 60; and 70, late, between them.
    """
    passes("""\
test: red on average
kind: lamp
rules:
  - {rule: red, when: "avg(state.color.r, 1m) > 37"}
  - {rule: rising, when: "rising(state.level, 2)"}
events:
  - {data: {state: {level: 1, color: {r: 10}}}}
  - {at: 10s, data: {state: {level: 2, color: {r: 20}}}}
  - {at: 20s, data: {state: {level: 2}}}
  - {at: 30s, data: {state: {level: 3, color: {r: 60}}}}
  - {at: 15s, late: 20s, data: {state: {level: 9, color: {r: 70}}}}
expect:
  - {rule: rising, signal: rising, at: 30s}
  - {rule: red, signal: red, at: 30s, data: {why: {values: {"avg(state.color.r, 1m)": 40}}}}
""")


def test_an_event_brings_them_and_data_takes_them() -> None:
    """By the event's names; passed on under the last word, or under one's own."""
    passes("""\
test: a part failed
kind: lamp
rules:
  - rule: broken
    on: failed
    when: event.part.code == 7
    then: {signal: broken, data: {code: event.part.code, level: state.level}}
events:
  - {data: {state: {level: 3}}}
  - {type: failed, data: {}}
  - {type: failed, data: {part: {code: 7}}}
expect:
  - {signal: broken, data: {code: 7, level: 3}}
""")


def test_why_not_comes_to_the_same(lamp: Kind) -> None:
    """The slow way, beside the generated one."""
    rules = compile_rules(lamp, [{"rule": "red", "when": "state.color.r > 50"}])
    trial = Trial("lamp/l1", {"lamp": rules})
    trial.measure({"state": {"level": 3, "color": {"r": 40}}})

    assert "state.color.r is 40.0" in why_not(trial.twin, rules, "red", trial.now).words


@pytest.mark.parametrize(
    ("when", "said"),
    [
        ("state > 1", "state can be passed on in `data`, but not compared"),
        ("state.levle > 1", "a lamp has no 'state.levle'; did you mean state.level?"),
        ("state.level.x > 1", "a lamp has no 'state.level.x'"),
        ("state.seen.x > 1", "a lamp has no 'state.seen.x'"),
        ("state._level > 1", "a name does not begin with an underscore"),
        ("state.__class__ == 1", "a name does not begin with an underscore"),
        ("windows.x > 1", "a lamp has no 'windows.x'"),
        ("record.signals == 1", "a lamp has no 'record.signals'"),
    ],
)
def test_what_there_is_not(lamp: Kind, when: str, said: str) -> None:
    """Neither what is misspelt, nor what a twin keeps for itself, nor what Python would find."""
    with pytest.raises(BadRule, match=said.replace("?", r"\?")):
        compile_rules(lamp, [{"rule": "x", "when": when}])


class Nested(Struct):
    """It may lie in itself."""

    level: int = 0
    inner: "Nested | None" = None


def test_what_lies_in_itself_is_named_once() -> None:
    """Names come to an end."""
    assert ["level", "inner"] == list(struct_fields(Nested))


def test_a_part_is_not_mirrored() -> None:
    """A mirror copies whole fields."""

    class Owner(Twin, kind="lamp_owner"):
        """Somebody with a lamp."""

        mirrors: ClassVar[dict[str, tuple[str, ...]]] = {"lamp": ("state.level",)}
        lamp: LampId | None = None

    with pytest.raises(BadDeclaration, match=r"mirrors lamp\.state\.level"):
        compile_rules(Owner.kind, [{"rule": "x", "when": "lamp.state.level > 1"}])
