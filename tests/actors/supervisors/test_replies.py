"""What a customer says beside yes and no, at any time, and what she gets for it."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.city import CAR, DESK, OWNER
from support.town import Town, town

from actors.supervisors.arrangement import LegState, State
from actors.supervisors.composed import composed_id
from actors.supervisors.replying import MAX_MOVES

SUPERVISOR = composed_id("visit", CAR)
RULE = """
rule: battery.low
on: telemetry
when: battery_v < 11.5
then:
  - arrangement: {name: visit, to: owner, steps: [rental, slot], require: [slot]}
"""


def offered(seed: int | None = None) -> Town:
    """A visit that she is asked about."""
    here = town(RULE, seed)
    here.fire()
    here.fleet.run_until(lambda: here.arrangement.state is State.OFFERED)
    here.fleet.run()
    return here


def accepted() -> Town:
    """A visit that is booked."""
    here = offered()
    answer(here, accept=True)
    here.end()
    return here


def answer(here: Town, *, accept: bool, **more: Any) -> None:
    """Yes or no."""
    said = {"arrangement_id": here.arrangement.id, "accept": accept, "answered_by": "her", **more}
    here.fleet.tell(SUPERVISOR, "offer.answered", said)


def reply(here: Town, what: str, **more: Any) -> None:
    """She says something else."""
    said = {"arrangement_id": here.arrangement.id, "reply": what, "answered_by": "her", **more}
    here.fleet.tell(SUPERVISOR, "reply.given", said)


def counts(here: Town) -> tuple[int, int]:
    """(held, confirmed) at all providers."""
    return here.count("held"), here.count("confirmed")


def test_another_time_is_a_later_one() -> None:
    """All of it is held anew; one more message, with a link of its own."""
    here = offered()
    first = here.arrangement.legs["slot"].starts_at
    here.fleet.advance(60.0)
    reply(here, "another_time", until=here.arrangement.offer["expires_at"])
    here.fleet.run_until(lambda: here.arrangement.state is State.OFFERED)
    here.fleet.run()
    one, two = (notice["offer"] for notice in here.fleet.notices)
    slot, rental = (here.arrangement.legs[name] for name in ("slot", "rental"))

    assert slot.starts_at > first
    assert rental.starts_at == slot.starts_at
    assert (2, 0) == counts(here)
    assert one["expires_at"] < two["expires_at"]
    assert 2 == sum(step == "offer.sent" for step in here.steps)

    answer(here, accept=True, until=one["expires_at"])

    assert State.OFFERED is here.arrangement.state, "the older link answers nothing any more"

    answer(here, accept=True, until=two["expires_at"])
    here.end()

    assert State.CLOSED is here.arrangement.state
    assert (0, 2) == counts(here)


def test_no_time_suits_her() -> None:
    """After some tries a person finds one with her."""
    here = offered()
    for _ in range(MAX_MOVES + 1):
        assert State.OFFERED is here.arrangement.state
        reply(here, "another_time")
        here.fleet.run_until(lambda: here.arrangement.state in (State.OFFERED, State.WITH_PERSON))
        here.fleet.run()
    here.end()
    (case,) = here.fleet.twin(DESK).cases.values()

    assert "the customer wants another time" == case.reason
    assert (0, 0) == counts(here)


def test_call_me_is_a_case_and_changes_nothing_else() -> None:
    """What is held stays as long as it would have; she may still say yes."""
    here = offered()
    reply(here, "call_me")
    (case,) = here.fleet.twin(DESK).cases.values()

    assert "the customer asks to be called" == case.reason
    assert (2, 0) == counts(here)

    answer(here, accept=True)
    here.end()

    assert State.CLOSED is here.arrangement.state


def test_what_nobody_understands_is_read_by_a_person() -> None:
    """As a case, with her words."""
    here = offered()
    reply(here, "words", words="Is my dog allowed?")
    (case,) = here.fleet.twin(DESK).cases.values()

    assert "the customer wrote: Is my dog allowed?" == case.reason


@pytest.mark.parametrize("what", ["fine", "cancel"])
def test_an_offer_that_she_needs_no_more(what: str) -> None:
    """Everything is given back; only that she is fine counts as a false alarm."""
    here = offered()
    reply(here, what)
    here.end()

    assert State.COMPENSATED is here.arrangement.state
    assert (0, 0) == counts(here)
    assert (what == "fine") == ("reply.noted" in here.steps)
    assert {} == here.fleet.twin(DESK).cases


def test_cancelled_after_it_was_accepted() -> None:
    """It had ended with everything confirmed; all of it is given back."""
    here = accepted()

    assert (0, 2) == counts(here)

    reply(here, "cancel", until=here.arrangement.offer["expires_at"])
    here.end()

    assert State.COMPENSATED is here.arrangement.state
    assert (0, 0) == counts(here)
    assert [LegState.RELEASED] * 2 == [leg.state for leg in here.arrangement.legs.values()]


def test_what_has_begun_is_settled_by_a_person() -> None:
    """Nobody can give back a service that is being done."""
    here = accepted()
    here.fleet.advance(here.arrangement.legs["slot"].starts_at - here.fleet.now + 60.0)
    reply(here, "cancel")
    here.end()
    (case,) = here.fleet.twin(DESK).cases.values()

    assert State.WITH_PERSON is here.arrangement.state
    assert "has begun" in case.reason


def test_her_twin_knows_that_she_answered() -> None:
    """So the channel counts as one that works."""
    here = offered()
    reply(here, "call_me")
    owner = here.fleet.twin(OWNER)

    assert ["offer.sent", "reply.call_me"] == [contact.what for contact in owner.contacts]
    assert owner.asked is None
    assert 1.0 == sum(it.good for it in owner.worked.values())


SAID = st.lists(
    st.tuples(
        st.sampled_from(["yes", "no", "another_time", "call_me", "fine", "cancel", "words"]),
        st.sampled_from([0.0, 1.0, 20.0, 400.0]),
        st.booleans(),
    ),
    max_size=6,
)


@settings(max_examples=60)
@given(SAID, st.integers(0, 2**16))
def test_whatever_she_says_nothing_stays_held(
    said: list[tuple[str, float, bool]], seed: int
) -> None:
    """It ends; what is not confirmed is given back, and what is was accepted and not cancelled."""
    here = offered(seed)
    for what, wait_s, old in said:
        here.fleet.advance(wait_s)
        until = None if not old or here.arrangement.offer is None else 1.0
        if what in ("yes", "no"):
            answer(here, accept=what == "yes", until=until)
        else:
            reply(here, what, until=until)
    here.end()
    here.fleet.advance(3600.0)
    arr = here.arrangement

    assert arr.ended
    assert 0 == here.count("held")
    assert {} == arr.returns
    if here.count("confirmed"):
        assert arr.verdict is not None
        assert arr.verdict.accept
    if arr.state is State.COMPENSATED:
        assert 0 == here.count("confirmed")
    assert here.fleet.replay().states() == here.fleet.states()
