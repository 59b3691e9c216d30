"""Rules that ask decision tables: what follows uses the answer, and the reason is kept."""

from typing import Any, ClassVar

import msgspec
import pytest
import yaml
from support.jdm import as_file, jdm

from twins.devices.commands import Commanded, Spec
from twins.event import Reading
from twins.handler import on
from twins.rules.decide import MOST_EVIDENCE
from twins.rules.document import read_rules
from twins.rules.errors import BadRule
from twins.rules.ruleset import RuleSet, compile_rules
from twins.testing import Trial


class Sensed(Reading):
    """A reading."""

    tank_l: float | None = None
    place: str | None = None


class Pump(Commanded, kind="decide_pump"):
    """A pump with a tank."""

    takes: ClassVar[dict[str, Spec]] = {"open": Spec()}

    tank_l: float | None = None
    place: str | None = None

    @on("telemetry")
    def telemetry(self, reading: Sensed) -> None:
        """Take over a reading."""
        self.update(reading)


TABLE = jdm(
    ["tank_l", "place"],
    ["offer", "minutes"],
    [["< 5", "", '"refill"', "tank_l * 2"], ["", '"cellar"', '"look"', "30"]],
)
RULE = """
rule: tank.low
when: tank_l < 10
then:
  - decide: remedy
    data: [tank_l, place]
  - command: open
    data: {minutes: remedy.minutes, how: remedy.offer}
  - signal: tank.low
    data: {offer: remedy.offer, all: remedy}
"""


def rules(rule: str = RULE, table: dict[str, Any] = TABLE) -> RuleSet:
    """Both, from their files."""
    documents = [
        *read_rules(rule, "tank.low.yaml", "decide_pump"),
        *read_rules(as_file(table), "rules/decide_pump/remedy.json", "decide_pump"),
    ]
    return compile_rules("decide_pump", documents, 4)


def trial(**reading: Any) -> Trial:
    """A pump that measured this."""
    found = Trial("decide_pump/p1", {"decide_pump": rules()})
    found.measure(reading)
    return found


def test_what_follows_uses_the_answer() -> None:
    """In the data of commands and signals: a part of it, or all."""
    found = trial(tank_l=4.0)

    assert [("tank.low", "refill", {"offer": "refill", "minutes": 8})] == [
        (it.name, it.data["offer"], it.data["all"]) for it in found.signals
    ]
    assert [{"minutes": 8, "how": "refill"}] == [it.request["data"] for it in found.effects]


def test_the_reason_is_kept_with_the_firing() -> None:
    """Which row, by which values; in the signal, and in the twin's record, which is stored."""
    found = trial(tank_l=9.0, place="cellar")
    found.restore()
    decision = found.signals[0].data["why"]["decisions"]["remedy"]

    assert [{
        "table": "table", "row": 2, "inputs": {"place": "cellar", "tank_l": 9},
        "outputs": {"minutes": 30, "offer": "look"},
    }] == decision["rows"]  # fmt: skip
    assert decision == found.twin.record.firings[0].why["decisions"]["remedy"]
    assert {"table": "remedy", "outputs": {"minutes": 30, "offer": "look"}}.items() <= (
        decision.items()
    )


def test_no_answer_is_an_unknown_value() -> None:
    """The rule fires all the same."""
    found = trial(tank_l=9.0, place="roof")

    assert [("tank.low", None, {})] == [
        (it.name, it.data["offer"], it.data["all"]) for it in found.signals
    ]


def test_a_table_is_asked_once_a_firing() -> None:
    """Not with every event: only when the rule begins to hold."""
    asked = []
    compiled = rules()
    said: Any = compiled.rules["tank.low"].plan.then[0].said
    ask = said.ask
    object.__setattr__(said, "ask", lambda data: asked.append(data) or ask(data))
    found = Trial("decide_pump/p1", {"decide_pump": compiled})
    for litres in (20.0, 9.0, 8.0, 7.0, 20.0, 6.0):
        found.measure({"tank_l": litres})

    assert [9.0, 6.0] == [data["tank_l"] for data in asked]


def test_a_large_reason_keeps_its_rows() -> None:
    """The twin's state stays small."""
    found = Trial("decide_pump/p1", {"decide_pump": rules()})
    found.measure({"tank_l": 9.0, "place": "cellar"})
    found.measure({"tank_l": 20.0})
    wide = jdm(["tank_l", "place"], ["offer", "minutes"], [["", "", "place", "1"]])
    found.rules = {"decide_pump": rules(table=wide)}
    found.measure({"tank_l": 9.0, "place": "x" * MOST_EVIDENCE})
    decision = found.signals[-1].data["why"]["decisions"]["remedy"]

    assert [{"table": "table", "row": 1}] == decision["rows"]
    assert MOST_EVIDENCE == len(found.signals[-1].data["offer"])


def test_an_answer_may_be_named() -> None:
    """Where two tables are asked, or the name is long."""
    named = RULE.replace("decide: remedy\n", "decide: {name: remedy, as: r}\n").replace(
        "remedy.", "r."
    )
    compiled = rules(named.replace("all: remedy", "all: r"))
    found = Trial("decide_pump/p1", {"decide_pump": compiled})
    found.measure({"tank_l": 4.0})

    assert ["refill"] == [it.data["offer"] for it in found.signals]
    assert ["r"] == list(found.signals[0].data["why"]["decisions"])


def test_tables_are_documents_of_the_rule_set() -> None:
    """From its documents alone, as they lie in the log, the same set is made again."""
    first = rules()
    stored = msgspec.json.decode(msgspec.json.encode(first.documents))
    again = compile_rules("decide_pump", stored, 4)
    written = yaml.safe_dump({"rule": "remedy", "about": "Whom to help.", "table": TABLE})
    (table,) = read_rules(written, "remedy.yaml", "decide_pump")

    assert first.documents == again.documents
    assert {"tank.low", "remedy"} == {document["rule"] for document in again.documents}
    assert ["tank.low"] == list(again.rules)
    assert ("remedy", TABLE) == (table.rule, table.plain["table"])


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (
            RULE.replace("decide: remedy", "decide: remedi"),
            (
                "tank.low.yaml:5:13: tank.low: then.0.decide: decide_pump has no decision table "
                "'remedi'; did you mean remedy?"
            ),
        ),
        (
            RULE.replace("[tank_l, place]", "[tank_l]"),
            "tank.low: then.0.decide: the table looks at place; put it into `data`",
        ),
        (
            RULE.replace("offer: remedy.offer", "offer: remedy.ofer"),
            "then.2.data.offer: a decide_pump has no 'remedy.ofer'; did you mean remedy.offer?",
        ),
        (
            RULE.replace("when: tank_l < 10", 'when: remedy.offer == "refill"'),
            "tank.low.yaml:3:7: tank.low: when: ",
        ),
    ],
)
def test_a_mistake_in_a_rule_is_pointed_to(rule: str, said: str) -> None:
    """No such table, a missing value, a part that the answer has not, an answer too early."""
    with pytest.raises(BadRule) as caught:
        rules(rule)

    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (
            {"rule": "remedy", "table": TABLE, "when": "tank_l > 3"},
            "remedy: when: a decision table has no when; write a rule that asks it: decide",
        ),
        (
            {"rule": "remedy", "table": jdm(["tank_l"], ["x"], [["rand(3)", "1"]])},
            "remedy: nodes.1.content.rules.0.i0: a cell cannot call 'rand'",
        ),
        ({"rule": "remedy", "table": {}}, "remedy: nodes is missing"),
    ],
)
def test_a_mistake_in_a_table_is_pointed_to(document: dict[str, Any], said: str) -> None:
    """As in a rule: before it is published."""
    with pytest.raises(BadRule) as caught:
        compile_rules("decide_pump", [document])

    assert said in str(caught.value)
