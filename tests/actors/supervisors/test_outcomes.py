"""Outcomes, end to end: what is told where it arises comes to the right figures, in any order.

A population with a known truth: signals, supervisors, policies, cases and customers are real. What
became of each customer is told late, again and out of order, by employees, a telephone system,
invoices and herself; and `vigil outcomes` must say what is so.
"""

from dataclasses import dataclass, field
from statistics import fmean
from typing import Any

import pytest
from support.drawn import SEEDS, Drawn

from twins.outputs import Signal
from twins.policies.comparison import calls_avoided, compared
from twins.policies.messages import OutcomeNoted
from twins.policies.outcomes import MAX_COSTS, Followed, drawn, latest

POLICY, HOUR = "policy/roadside", 3600.0
FOLLOW_H, LATE_H = 24.0, 6.0


@dataclass
class Truth:
    """One customer, and what became of her."""

    customer: str
    key: str
    signal_at: float
    held_out: bool
    called: bool = False
    minutes: float | None = None
    cents: int | None = None
    satisfaction: float | None = None


@dataclass
class Town:
    """A population, and what is told of it when."""

    draw: Drawn
    people: list[Truth] = field(default_factory=list)
    told: list[tuple[float, str, str, Any, str]] = field(default_factory=list)
    """(when, twin, type, data, id of the event)."""

    def later(self, at: float, twin_id: str, event_type: str, data: dict[str, Any]) -> None:
        """Let something that happened be told once to three times, up to some hours late."""
        id_ = self.draw.key()
        for number in range(self.draw.randint(1, 3)):
            when = at + self.draw.uniform(0, LATE_H * HOUR)
            event_id = self.draw.choice((id_, f"{id_}-{number}"))
            self.told.append((when, twin_id, event_type, {"at": at, **data}, event_id))


def town(seed: int, count: int = 30) -> Town:
    """Draw one; its desk has nobody to send, so all who are treated get an employee's help."""
    draw = Drawn(seed)
    here = Town(draw)
    fleet, desk = draw.fleet, draw.desk("roadside", take_s=86_400.0)
    fleet.functions["remaining_useful_life"] = lambda _: {}
    fleet.tell(POLICY, "configured", {"holdout": 0.4, "follow_h": FOLLOW_H, "late_h": LATE_H})
    for _ in range(count):
        fleet.advance(draw.uniform(1, 60))
        customer, key, at = draw.person(), draw.key(), fleet.now
        data = {"owner": customer, "desk": desk, "position": [60.1, 24.9]}
        signal = Signal(f"s-{key}", "engine.overheating", f"vehicle/{key}", at, data)
        fleet.tell(f"roadside/{key}", "signal.engine.overheating", signal)
        out = drawn(customer, POLICY, 0.4)
        here.people.append(Truth(customer, key, at, held_out=out))
    return here


def live(here: Town) -> None:
    """Draw what becomes of all of them, and put on its way whatever is told of it."""
    draw = here.draw
    for one in here.people:
        start, end = one.signal_at, one.signal_at + FOLLOW_H * HOUR
        # Calls before, and after all is over, are not about it.
        for at in (start - draw.uniform(1, HOUR), end + draw.uniform(0, HOUR)):
            here.later(at, one.customer, "call.received", {"text": "something else"})
        if draw.random() < (0.7 if one.held_out else 0.2):
            one.called = True
            at = draw.uniform(start, end - 1)
            contact = {"what": "call.received", "channel": "phone"}
            said = {"call.received": {}, "contact.noted": contact, "help.noted": {"called": True}}
            here.later(at, one.customer, *draw.choice(list(said.items())))
        if one.held_out and draw.random() < 0.8:
            helped_at = draw.uniform(start, end - 1)
            one.minutes = (helped_at - start) / 60.0
            here.later(helped_at, one.customer, "help.noted", {"helped_at": helped_at})
            one.cents = 0
            for _ in range(draw.randint(1, 3)):
                cents = draw.cents()
                one.cents += cents
                invoice = {"id": draw.key(), "cost_cents": cents, "currency": "EUR"}
                here.later(draw.uniform(start, end - 1), one.customer, "help.noted", invoice)
        if draw.random() < 0.6:
            scores = sorted(
                (draw.uniform(start, end - 1), draw.randint(0, 10))
                for _ in range(draw.randint(1, 3))
            )
            one.satisfaction = 1.0 + scores[-1][1] * 0.4
            for at, score in scores:
                here.later(at, one.customer, "satisfaction.answered", {"score": score})
    draw.shuffle(here.told)


def close_cases(here: Town) -> None:
    """The employee helps each of the treated, and says when and for how much."""
    draw, fleet = here.draw, here.draw.fleet
    for one in [one for one in here.people if not one.held_out]:
        case = fleet.twin(f"roadside/{one.key}").arrangement.case
        fleet.advance(draw.uniform(1, 120))
        fleet.ask(case.employee, "take", {"case_id": case.id})
        one.minutes, one.cents = (fleet.now - one.signal_at) / 60.0, draw.cents()
        fleet.ask(case.employee, "close", {
            "case_id": case.id, "verdict": "accept", "helped": True, "cost_cents": one.cents,
        })  # fmt: skip
        fleet.run()


def tell_all(here: Town) -> None:
    """Deliver what is told, when it is, and wait until everybody's time is over."""
    fleet = here.draw.fleet
    for when, twin_id, event_type, data, id_ in sorted(here.told, key=lambda one: one[0]):
        fleet.advance(max(0.0, when - fleet.now))
        fleet.send(twin_id, event_type, data, id_=id_)
        if here.draw.random() < 0.3:
            fleet.run()
    fleet.run()
    fleet.advance((FOLLOW_H + LATE_H) * HOUR)


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_told_anywhere_comes_to_what_is_so(seed: int) -> None:
    """Late, again and out of order; each call, invoice and answer counts once."""
    here = town(seed)
    live(here)
    close_cases(here)
    tell_all(here)
    policy = here.draw.fleet.twin(POLICY)
    measures = {one.name: one for one in compared(policy)}
    arms = {
        "treated": [one for one in here.people if not one.held_out],
        "held_out": [one for one in here.people if one.held_out],
    }

    assert ["had to call", "minutes to help", "cost", "satisfaction"] == list(measures)
    assert {} == policy.followed
    for arm, people in arms.items():
        found = {name: getattr(measure, arm) for name, measure in measures.items()}
        assert len(people) == found["had to call"].n > 0
        assert pytest.approx(fmean(one.called for one in people)) == found["had to call"].value
        for name, of in (
            ("minutes to help", "minutes"), ("cost", "cents"), ("satisfaction", "satisfaction"),
        ):  # fmt: skip
            values = [getattr(one, of) for one in people if getattr(one, of) is not None]
            assert len(values) == found[name].n > 0
            assert pytest.approx(fmean(values)) == found[name].value
    avoided = calls_avoided(policy)
    shares = [fmean(one.called for one in arms[arm]) for arm in ("treated", "held_out")]

    assert avoided.value == pytest.approx((shares[1] - shares[0]) * len(arms["treated"]))
    assert avoided.interval is not None
    assert avoided.interval[0] <= avoided.value <= avoided.interval[1]
    here.draw.replays()


@pytest.mark.parametrize("seed", SEEDS)
def test_what_the_person_is_told_at_her_other_name_counts(seed: int) -> None:
    """Two customers that are one person: she called once, whichever of them is told."""
    here = town(seed, count=1)
    (one,), fleet = here.people, here.draw.fleet
    other = here.draw.person()
    which = here.draw.choice(((one.customer, other), (other, one.customer)))
    fleet.tell(which[0], "merge.requested", {"into": which[1]})
    for id_ in here.draw.sample((one.customer, other), 2):
        fleet.tell(id_, "call.received", {"id": "call-1"})
    fleet.tell(here.draw.choice(which), "help.noted", {"id": "i-1", "cost_cents": 500})
    fleet.tell(here.draw.choice(which), "help.noted", {"id": "i-1", "cost_cents": 500})
    fleet.tell(here.draw.choice(which), "satisfaction.answered", {"score": 5})
    (followed,) = fleet.twin(POLICY).followed.values()

    assert (True, {"EUR": 500}, 3.0) == (followed.called, followed.spent(), followed.satisfaction)
    here.draw.replays()


@pytest.mark.parametrize("seed", SEEDS[:2])
def test_everybody_is_asked_how_satisfied_she_is(seed: int) -> None:
    """By a channel of hers, the same words in both arms; what she answers counts in hers."""
    here = town(seed, count=8)
    fleet = here.draw.fleet
    fleet.tell(POLICY, "configured", {"survey_h": 3.0})
    fleet.advance(4 * HOUR)
    asked = [notice for notice in fleet.notices if notice.get("survey")]
    for notice in asked:
        about = notice["survey"]["arrangement_id"]
        fleet.tell(notice["to"], "satisfaction.answered", {"score": 10, "arrangement_id": about})
    followed = fleet.twin(POLICY).followed.values()

    assert {one.customer for one in here.people} == {notice["to"] for notice in asked}
    assert 1 == len({(notice["subject"], notice["text"]) for notice in asked})
    assert {5.0} == {one.satisfaction for one in followed}
    assert len(here.people) == len(asked) == len(followed)
    here.draw.replays()


def test_one_of_two_signals_takes_it() -> None:
    """The last one at or before it: what is told of a customer counts for one of them."""
    followed = {
        id_: Followed(arm="held_out", customer="customer/c1", at=at, until=at + 100.0)
        for id_, at in (("a", 0.0), ("b", 50.0))
    }
    found = [latest(followed, ["customer/c1"], at) for at in (-1.0, 0.0, 49.0, 50.0, 149.0, 150.0)]

    assert [None, "a", "a", "b", "b", None] == found
    assert latest(followed, ["customer/c2"], 60.0) is None


def test_costs_of_one_arrangement_are_bounded() -> None:
    """However many are told; a known one may still be corrected."""
    one = Followed(arm="held_out", at=0.0, until=100.0)
    for number in [*range(MAX_COSTS + 5), 0]:
        one.note(OutcomeNoted(id=f"i{number}", cost_cents=10, currency="EUR"), 1.0)
    one.note(OutcomeNoted(id="i0", cost_cents=7, currency="SEK"), 1.0)

    assert {"EUR": 10 * (MAX_COSTS - 1), "SEK": 7} == one.spent()


def test_an_employee_who_was_called_says_so() -> None:
    """Her customer's twin keeps the call, and the policy counts it."""
    here = town(1, count=1)
    fleet, customer = here.draw.fleet, here.people[0].customer
    fleet.ask("employee/e9", "note_call", {"person": customer, "text": "where is help?"})
    fleet.run()
    (followed,) = fleet.twin(POLICY).followed.values()

    assert ("call.received", "where is help?") == (
        fleet.twin(customer).contacts[-1].what, fleet.twin(customer).contacts[-1].detail
    )  # fmt: skip
    assert followed.called
