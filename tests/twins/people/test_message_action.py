"""A rule has its owner told something: by her channel, in her language, and never twice."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.published import publish

from actors.testing import Fault, Fleet
from twins.outputs import Effect
from twins.people.reached import EACH_S, LIFE_S, MAX_SENDING
from twins.rules.document import read_rules
from twins.rules.errors import BadRule
from twins.rules.ruleset import compile_rules

CAR, OWNER = "vehicle/v1", "customer/c1"
TEMPLATE = """
rule: coolant.hot
template:
  en: {subject: "Hot, $name", text: "${coolant_c:number} °C in your $what."}
  fi: {subject: "Kuuma, $name", text: "${coolant_c:number} °C, $what."}
"""
RULE = """
rule: coolant
on: telemetry
when: coolant_c > 100
then:
  - message: {template: coolant.hot, to: owner}
    data: {coolant_c: coolant_c, what: description}
"""
REFUSED = Fault(carried_out=False, reason="refused")


def fleet(rule: str = RULE, **settings: Any) -> Fleet:
    """A car, and its owner with two channels."""
    found = Fleet()
    publish(found, f"{TEMPLATE}---{rule}")
    found.tell(CAR, "configured", {"owner": OWNER, "description": "grey estate"})
    channels = [{"channel": name, "address": f"{name}:1"} for name in ("sms", "email")]
    found.tell(OWNER, "configured", {"name": "Lisa", "language": "fi-FI", "channels": channels,
                                     **settings})  # fmt: skip
    return found


def heat(found: Fleet) -> None:
    """The rule fires."""
    found.advance(1.0)
    found.measure(CAR, {"coolant_c": 95.0})
    found.measure(CAR, {"coolant_c": 101.0, "at": found.now + 0.5})


def told(found: Fleet) -> list[tuple[str, str, str]]:
    """(what, channel, detail) of her contacts."""
    return [(it.what, it.channel, it.detail) for it in found.twin(OWNER).contacts]


def test_the_notice_is_the_template_and_what_it_shows() -> None:
    """Her language, nothing filled yet; by the channel that she prefers, and by that alone."""
    found = fleet()
    heat(found)
    (effect,) = found.effects

    assert "sms:sms:1" == effect.address
    assert {
        "to": OWNER, "name": "Lisa", "language": "fi", "subject": "Kuuma, $name",
        "text": "${coolant_c:number} °C, $what.",
        "data": {"coolant_c": 101.0, "what": "grey estate"},
    } == effect.request  # fmt: skip
    assert found.now + LIFE_S["normal"] / 2 == effect.expires_at
    assert found.notices == [effect.request]


def test_both_twins_know_that_she_was_reached() -> None:
    """`contacted(sms, 7d)` holds for the rules of both; nothing of it is left under way."""
    found = fleet()
    heat(found)

    assert {"sms": found.now} == found.twin(OWNER).record.contacts
    assert {"sms": found.now} == found.twin(CAR).record.contacts
    assert [("message.sent", "sms", "coolant.hot")] == told(found)
    assert found.twin(OWNER).sending is None


def test_a_rule_can_leave_her_alone() -> None:
    """Who was contacted a day ago is not told again; after a week she is."""
    found = fleet(RULE.replace("when:", "context: not contacted(7d)\nwhen:"))
    heat(found)
    found.advance(86_400.0)
    heat(found)

    assert 1 == len(found.notices)

    found.advance(7 * 86_400.0)
    heat(found)

    assert 2 == len(found.notices)


def test_what_surely_failed_goes_by_the_next_channel() -> None:
    """And one message is carried, not two."""
    found = fleet()
    found.fault = lambda it: REFUSED if it.address.startswith("sms") else Fault()
    heat(found)

    assert ["sms:sms:1", "email:email:1"] == [it.address for it in found.effects]
    assert [("message.sent", "email", "coolant.hot")] == told(found)
    assert {"email": found.now} == found.twin(CAR).record.contacts


def test_what_may_have_been_carried_is_not_sent_again() -> None:
    """Where nobody knows, she counts as reached."""
    found = fleet()
    found.fault = lambda _: Fault(reason="unknown")
    heat(found)

    assert ["sms:sms:1"] == [it.address for it in found.effects]
    assert [("message.sent", "sms", "coolant.hot")] == told(found)


def test_where_no_channel_carries_it_that_is_noted() -> None:
    """With the last reason; nobody counts as contacted."""
    found = fleet()
    found.fault = lambda _: REFUSED
    heat(found)

    assert [("message.not_sent", "", "coolant.hot: refused")] == told(found)
    assert (None, None) == (found.twin(OWNER).record, found.twin(OWNER).sending)
    assert not found.twin(CAR).record.contacts


def test_a_late_failure_ends_it() -> None:
    """When its time is over, no further channel is tried."""
    found = fleet()
    found.fault = lambda _: Fault(carried_out=False, reason="expired", delay_s=LIFE_S["normal"])
    heat(found)
    found.advance(2 * LIFE_S["normal"])

    assert 1 == len(found.effects)
    assert [("message.not_sent", "", "coolant.hot: expired")] == told(found)


def test_she_without_a_channel_is_not_told() -> None:
    """It is noted with her."""
    found = fleet(channels=[])
    heat(found)

    assert [("message.not_sent", "", "coolant.hot: no_channel")] == told(found)


def test_a_car_without_an_owner_says_so_with_its_firing() -> None:
    """Nobody to tell is no reason to fail."""
    found = fleet()
    found.tell(CAR, "configured", {"owner": None})
    heat(found)
    (firing,) = found.twin(CAR).record.firings

    assert ["message coolant.hot: owner is no twin"] == firing.why["undone"]
    assert [] == found.effects


def test_messages_under_way_are_bounded() -> None:
    """A channel that does not answer does not fill her twin."""
    found = fleet()
    found.fault = lambda _: Fault(silent=True)
    for _ in range(MAX_SENDING + 2):
        heat(found)

    assert MAX_SENDING == len(found.twin(OWNER).sending)
    assert [("message.not_sent", "", "coolant.hot: too_many")] * 2 == told(found)


@pytest.mark.parametrize(
    ("severity", "more", "urgency"),
    [("critical", "", "high"), ("info", "", "low"), ("info", "urgency: high", "high")],
)
def test_it_is_as_urgent_as_the_rule_is_severe(severity: str, more: str, urgency: str) -> None:
    """Unless the message says otherwise; it decides how long a channel is tried."""
    found = fleet(f"{RULE}    {more}\nseverity: {severity}\n")
    heat(found)
    (effect,) = found.effects

    assert urgency == effect.request.get("urgency", "normal")
    assert found.now + EACH_S[urgency] == effect.expires_at  # type: ignore[index]  # the cases name urgencies


def test_a_rule_about_a_person_tells_herself() -> None:
    """`to: id`."""
    found = fleet()
    publish(
        found,
        """
rule: welcome
on: configured
when: changed(tier)
then: {message: hello, to: id, data: {tier: tier}}
---
rule: hello
template: {en: {subject: "$tier", text: hello}}
""",
        "customer",
    )
    found.tell(OWNER, "configured", {"tier": "gold"})
    found.tell(OWNER, "configured", {"tier": "silver"})

    assert [{"tier": "silver"}] == [it["data"] for it in found.notices]
    assert {"sms": found.now} == found.twin(OWNER).record.contacts


OUTCOMES = st.sampled_from(["done", "refused", "expired", "unknown"])


@given(st.lists(st.lists(OUTCOMES, min_size=2, max_size=2), min_size=1, max_size=4))
def test_every_message_is_settled_once(outcomes: list[list[str]]) -> None:
    """Whatever becomes of each channel: at most one may have carried it, and nothing is left."""
    found = fleet()
    expected = []
    for both in outcomes:
        before = len(found.effects)
        found.fault = _as(both)
        heat(found)
        tried = [it.address.partition(":")[0] for it in found.effects[before:]]
        came = zip(tried, both, strict=False)
        expected.append(next((way for way, it in came if it in ("done", "unknown")), ""))

        assert len(tried) == len(set(tried)) == 1 + (both[0] not in ("done", "unknown"))

    assert expected == [it.channel for it in found.twin(OWNER).contacts]
    assert found.twin(OWNER).sending is None
    assert found.replay().states() == found.states()


def _as(both: list[str]) -> Callable[[Effect], Fault]:
    left = iter(both)

    def fault(_: Effect) -> Fault:
        came = next(left)
        return Fault(carried_out=came == "done", reason=None if came == "done" else came)

    return fault


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("coolant.hot, to", "coolant.hott, to"), "vehicle has no template 'coolant.hott'"),
        ((", what: description", ""), "the template shows what; put it into `data`"),
        (("to: owner", "to: dealer"), "dealer is a dealer, which nobody can tell anything"),
        (("to: owner", "to: rpm"), "rpm is no twin; name a link"),
        (("to: owner", "to: ownr"), "did you mean owner?"),
        (("to: owner", "to: \"'desk/d'\""), "'desk/d' is a desk, which nobody can tell anything"),
        ((", to: owner", ""), "to is missing"),
        (("Kuuma, $name", "Kuuma, $5"), "a dollar sign stands before a place"),
        (("${coolant_c:number} °C, $what", "${coolant_c:numbr} °C, $what"),
         "'numbr' is no way to show coolant_c"),
        (("${coolant_c:number} °C, $what", "$what"), "another language shows coolant_c"),
        (("  fi: {", "  finnish: {"), "coolant.hot: finnish: string should match"),
        (("template:\n", "when: rpm > 1\ntemplate:\n"), "a template has no when"),
    ],
)  # fmt: skip
def test_a_mistake_is_pointed_to(change: tuple[str, str], said: str) -> None:
    """In the rule and in the template, before anything is published."""
    text = f"{TEMPLATE}---{RULE}"

    assert change[0] in text
    with pytest.raises(BadRule) as caught:
        compile_rules("vehicle", read_rules(text.replace(*change), "test.yaml", "vehicle"))

    assert said in str(caught.value)
    assert "test.yaml:" in str(caught.value)


def test_templates_are_documents_of_the_rule_set() -> None:
    """From its documents alone, as they lie in the log, the same set is made again."""
    rules = compile_rules("vehicle", read_rules(f"{TEMPLATE}---{RULE}", "x", "vehicle"))

    assert rules.documents == compile_rules("vehicle", rules.documents).documents
    assert ["coolant", "coolant.hot"] == [it["rule"] for it in rules.documents]
