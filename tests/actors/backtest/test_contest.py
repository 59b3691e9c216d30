"""What a candidate changes: rules by their documents, and by what else those name."""

from typing import Any

import pytest
from support.history import contest, rule
from support.jdm import jdm

import actors.supervisors
import twins.devices
import twins.people
from actors.backtest.report import Change, KindRules

assert actors.supervisors, "arrangements and campaigns"
assert twins.devices
assert twins.people, "vehicles mirror what they tell"


def table(answer: str) -> dict[str, Any]:
    """A decision table that always says the same."""
    return {
        "rule": "remedy", "kind": "vehicle",
        "table": jdm(["coolant_c"], ["what"], [["> 0", f'"{answer}"']]),
    }  # fmt: skip


ASKING = rule("hot", then=[{"decide": "remedy", "data": ["coolant_c"]}, {"signal": "hot"}])
PLAIN = rule("cold", "coolant_c < 60")


def test_rules_are_told_apart_by_what_they_say() -> None:
    """Live ones first; the order of keys and of documents is no change."""
    moved = dict(reversed(rule("same").items()))
    found = contest(
        [rule("same"), rule("other"), rule("gone")],
        [rule("new"), rule("other", "coolant_c > 101"), moved],
    )

    assert {
        "gone": Change.REMOVED, "new": Change.NEW, "other": Change.CHANGED, "same": Change.SAME,
    } == found.changes()  # fmt: skip
    assert KindRules("vehicle", 4, 3, 3) == found.about


def test_a_rule_is_another_when_its_table_is() -> None:
    """The tables themselves are none of the rules; one that asks none is as it was."""
    changed = contest([ASKING, PLAIN, table("fan")], [ASKING, PLAIN, table("tow")])
    same = contest([ASKING, PLAIN, table("fan")], [ASKING, PLAIN, table("fan")])

    assert {"cold": Change.SAME, "hot": Change.CHANGED} == changed.changes()
    assert {"cold": Change.SAME, "hot": Change.SAME} == same.changes()


STEPS = {"name": "visit", "to": "owner", "steps": ["slot"], "offer": {"template": "note"}}
INVITED = {"name": "winter", "to": "owner", "message": "note", "stop": {"at_most": 5}}


SENT = {"to": "owner", "template": ["other", "note"]}


@pytest.mark.parametrize("then", [{"arrangement": STEPS}, {"campaign": INVITED}, {"message": SENT}])
def test_a_rule_is_another_when_a_part_of_it_names_another_text(then: dict[str, Any]) -> None:
    """The template of an offer, or of a campaign's message, or one of several wordings."""
    other = {"rule": "other", "template": {"en": {"subject": "x", "text": "other"}}}
    notes = [
        {"rule": "note", "template": {"en": {"subject": "x", "text": text}}}
        for text in ("one", "two")
    ]
    telling = rule("hot", then=[then])
    changed = contest([telling, other, notes[0]], [telling, other, notes[1]])

    same = contest([telling, other, notes[0]], [telling, other, notes[0]])

    assert {"hot": Change.CHANGED} == changed.changes()
    assert {"hot": Change.SAME} == same.changes()
