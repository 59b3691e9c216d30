"""Leave: a supervisor does as much as its policy lets it do, and gives back when it is stopped."""

from random import Random
from typing import Any

import pytest
from support.city import CAR, DESK, OWNER, SUPERVISOR, City, city
from support.story import YES, story
from support.world import START, replay

from actors.supervisors.arrangement import State
from actors.testing import Fault
from twins.outputs import Signal
from twins.policies import Leave
from twins.policies.messages import policy_id
from twins.policies.outcomes import drawn

POLICY, ALL = "policy/roadside", "policy/all"
WARNINGS = ["warn_driver", "pull_over"]


def configured(twin_id: str = POLICY, **settings: Any) -> City:
    """A city whose roadside policy, or all of them, has these settings."""
    here = city()
    here.world.send(twin_id, "configured", settings)
    here.world.run()
    return here


def commands(here: City) -> list[str]:
    """What the car was told, in order."""
    sent = [effect for effect in here.world.effects if effect.name == "command"]
    return [effect.request["name"] for effect in sent]


def calls(here: City) -> int:
    """How often any provider was called."""
    return sum(len(provider.calls) for provider in here.everybody)


def employee_of(here: City, case_id: str) -> str:
    """Who has a case of the desk."""
    employee: str = here.world.twin(DESK).cases[case_id].employee
    return employee


def close(here: City, case_id: str, verdict: str | None) -> None:
    """Let the employee who has a case close it."""
    employee = employee_of(here, case_id)
    here.world.ask(employee, "take", {"case_id": case_id})
    here.world.run()
    here.world.ask(employee, "close", {"case_id": case_id, "verdict": verdict})
    here.world.run()


# -- levels --------------------------------------------------------------------------------------


def test_shadow_does_nothing_and_says_what_it_would_have_done() -> None:
    """No provider is called, nobody is told, no case; but the driver is warned."""
    here = configured(level="shadow")
    here.overheat()
    arr = here.arrangement
    would = [step.partition(".")[0] for step in here.steps if step.endswith("would_be_asked")]

    assert (State.COMPENSATED, Leave.SHADOW) == (arr.state, arr.leave)
    assert WARNINGS == commands(here)
    assert ["cover", "tow", "slot", "ride", "rental"] == would
    assert (0, {}, {}) == (
        calls(here), here.world.twin(DESK).cases, here.world.twin(OWNER).arrangements
    )  # fmt: skip


def test_a_proposal_waits_for_a_person() -> None:
    """Until she taps only the driver is warned; the case has the whole plan."""
    here = configured(level="propose")
    here.overheat()
    arr = here.arrangement
    case = here.world.twin("employee/e1").cases[arr.proposal.id]

    assert (State.PROPOSED, 0, WARNINGS) == (arr.state, calls(here), commands(here))
    assert ["cover", "tow", "slot", "ride", "rental"] == [
        leg["leg"] for leg in case.context["plan"]
    ]

    here.world.customer = lambda _: YES
    close(here, arr.proposal.id, "accept")
    here.world.run_until(here.ended)
    verdicts = here.world.twin(POLICY).trust.verdicts

    assert State.CLOSED is here.arrangement.state
    assert [*WARNINGS, "open_trunk"] == list(dict.fromkeys(commands(here)))
    assert [("the customer accepted", True)] == [(one.why, one.right) for one in verdicts]


@pytest.mark.parametrize("verdict", ["decline", None])
def test_a_declined_proposal_does_nothing(verdict: str | None) -> None:
    """Whoever closes the case without a word has not agreed; the decision was wrong."""
    here = configured(level="propose")
    here.overheat()
    close(here, here.arrangement.proposal.id, verdict)
    verdicts = here.world.twin(POLICY).trust.verdicts

    assert (State.COMPENSATED, 0) == (here.arrangement.state, calls(here))
    assert [False] == [one.right for one in verdicts]


def test_a_proposal_that_nobody_looks_at_stays_with_a_person() -> None:
    """After its time nothing is done any more; the case stays, and says so."""
    here = configured(level="propose", propose_min=5.0)
    here.overheat()
    here.world.run_until(here.ended)
    arr = here.arrangement
    case = here.world.twin(DESK).cases[arr.case.id]

    assert (State.WITH_PERSON, 0, arr.proposal.id) == (arr.state, calls(here), arr.case.id)
    assert ["nobody decided in time; nothing was arranged"] == case.notes
    assert 300.0 == arr.ended_at - arr.opened_at


def test_without_an_answer_a_person_is_asked() -> None:
    """Nobody says whether all are stopped, so the policy says nothing: nothing is done."""
    here = city()
    here.world.twins[ALL] = here.world.twin("policy/another")
    here.overheat()
    here.world.run_until(lambda: here.arrangement.state is State.PROPOSED)

    assert 0 == calls(here)
    assert "leave.late" in here.steps
    assert WARNINGS == commands(here)


def test_one_held_out_is_only_warned_and_followed() -> None:
    """Nothing is done for her and nobody is told; the policy follows what becomes of her."""
    here = configured(holdout=0.5)
    found = next(f"customer/c{n}" for n in range(100) if held_out(here, f"customer/c{n}"))
    here.world.send(CAR, "configured", {"owner": found})
    here.world.send(found, "configured", {"channels": [], "insurer": "insurer/i1"})
    here.overheat()
    followed = here.world.twin(POLICY).followed

    assert Leave.HELD_OUT is here.arrangement.leave
    assert (0, WARNINGS) == (calls(here), commands(here))
    assert ["held_out"] == [one.arm for one in followed.values()]


def held_out(here: City, customer: str) -> bool:
    """Whether a customer is drawn."""
    return drawn(customer, POLICY, here.world.twin(POLICY).settings.holdout)


# -- the kill switch -----------------------------------------------------------------------------


def moments() -> int:
    """How many messages the whole story takes."""
    here = city()
    story(here, YES)
    return len(here.world.log)


@pytest.mark.parametrize("which", [POLICY, ALL])
def test_stopped_at_any_moment_holds_sum_to_zero(which: str) -> None:
    """After each of the story's events: what is held is given back, what is firm has a person."""
    count = moments()
    ends = set()
    for moment in range(30, count, 4):
        here = city()
        here.world.customer = lambda _: YES
        stop_at(here, which, moment)
        here.world.run_until(here.ended)
        arr, firm = here.arrangement, here.count("confirmed")
        ends.add((arr.state, firm > 0))

        assert [] == begun_since(here), moment
        assert 0 == here.count("held"), moment
        assert not arr.returns, moment
        if arr.halted is not None and firm:
            assert arr.case is not None, moment
        if arr.leave is Leave.STOPPED:
            assert 0 == calls(here), moment

    assert {(State.COMPENSATED, False), (State.WITH_PERSON, True)} <= ends, ends


@pytest.mark.parametrize("seed", range(20))
def test_stopped_in_any_order_of_messages_holds_sum_to_zero(seed: int) -> None:
    """Messages of different twins overtake each other, the stop among them; providers fail."""
    chance = Random(seed)
    here = city(seed)
    here.world.customer = lambda _: chance.choice([YES, {"accept": False}, None])
    here.world.fault = lambda _: (
        Fault(reason="unknown", carried_out=chance.random() < 0.5)
        if chance.random() < 0.1
        else Fault()
    )
    which = chance.choice([POLICY, ALL])
    stop_at(here, which, chance.randrange(40, 300))
    here.world.run_until(here.ended)

    assert [] == begun_since(here), f"seed {seed}"
    assert 0 == here.count("held"), f"seed {seed}"
    assert not here.arrangement.returns, f"seed {seed}"


def begun_since(here: City) -> list[str]:
    """What was held or confirmed after the supervisor had heard of the stop."""
    steps = here.steps
    since = steps[steps.index("leave.withdrawn") :] if "leave.withdrawn" in steps else []
    return [step for step in since if step.endswith((".holding", ".confirming"))]


def stop_at(here: City, which: str, moment: int) -> None:
    """Play the story until so many events were handled, and stop the policy then."""
    world = here.world
    degrees = iter(range(94, 107))
    handled = world._handle

    def handle(*event: Any) -> Any:
        answer = handled(*event)
        if len(world.log) == moment:
            world.send(which, "ask.policy.stop", {"by": "her"})
        return answer

    world._handle = handle  # type: ignore[method-assign]  # counts what is handled
    for degree in degrees:
        here.reading(float(degree))


def test_nothing_begins_while_it_is_stopped_and_it_goes_on_when_resumed() -> None:
    """The next signal after the resume is helped."""
    here = city()
    here.world.ask(ALL, "policy.stop", {"by": "her", "reason": "fire drill"})
    here.overheat()
    stopped = here.arrangement

    assert (State.COMPENSATED, Leave.STOPPED, 0) == (stopped.state, stopped.leave, calls(here))
    assert "every policy was stopped by her: fire drill" == stopped.reason

    here.world.ask(ALL, "policy.resume", {"by": "her"})
    here.world.customer = lambda _: YES
    signal(here, "again")
    here.world.run_until(lambda: here.arrangement.ended and here.arrangement.id != stopped.id)

    assert State.CLOSED is here.arrangement.state


def signal(here: City, id_: str) -> None:
    """Let the supervisor notice an overheating engine."""
    data = {"position": (60.17, 24.94), "owner": OWNER, "dealer": "dealer/x1", "desk": DESK}
    heeded = Signal(id_, "engine.overheating", CAR, here.world.now, data)
    here.world.send(SUPERVISOR, "signal.engine.overheating", heeded)
    here.world.run()


# -- money ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(12))
def test_many_at_once_never_spend_more_than_the_limit(seed: int) -> None:
    """Six cars, money for two of them, in any order; then a replay."""
    here = city(seed)
    world = here.world
    for tow in here.tows:
        tow.offers = [{**tow.offers[0], "offer_id": f"{tow.offers[0]['offer_id']}{n}"}
                      for n in range(6)]  # fmt: skip
    limit = 80_000
    world.send(POLICY, "configured", {"day_cents": {"EUR": limit}})
    world.run()
    world.customer = lambda _: YES
    for number in range(1, 7):
        owner = f"customer/c{number}"
        world.send(owner, "configured", {
            "channels": [{"channel": "way0", "address": "http://127.0.0.1:9/messages"}],
            "insurer": "insurer/i1", "policy": "P-1"})  # fmt: skip
        data = {"position": (60.17, 24.94), "owner": owner, "dealer": "dealer/x1", "desk": DESK}
        heeded = Signal(f"s{number}", "engine.overheating", f"vehicle/v{number}", world.now, data)
        world.send(f"roadside/v{number}", "signal.engine.overheating", heeded)
    supervisors = [world.twin(f"roadside/v{number}") for number in range(1, 7)]
    world.run_until(lambda: all(
        (arr := world.twin(one.id).arrangement) is not None and arr.ended for one in supervisors
    ))  # fmt: skip
    arrs = [world.twin(one.id).arrangement for one in supervisors]
    firm = sum(
        record.offer["price_cents"]
        for provider in here.everybody
        for record in provider.holds.values()
        if record.state == "confirmed" and provider.sells != "cover"
    )
    (day,) = world.twin(POLICY).days.values()
    refused = [arr for arr in arrs if "refuses to spend" in (arr.reason or "")]

    assert 0 < firm <= limit, f"seed {seed}"
    assert firm == day.total["EUR"], f"seed {seed}"
    assert refused, f"seed {seed}"
    assert 0 == here.count("held")
    states, outputs = replay(world.log)
    assert outputs == world.outputs
    assert states.keys() <= world.twins.keys()


def test_what_she_does_not_want_is_not_spent() -> None:
    """Reserved is all that was offered; what she declined comes back the same day."""
    here = story(city(), {"accept": True, "declined": ["rental"]})
    (day,) = here.world.twin(POLICY).days.values()

    assert 17_000 + 9_900 + 2_000 == day.total["EUR"]
    assert {OWNER: {"EUR": 28_900}} == day.customers


# -- undo ----------------------------------------------------------------------------------------


def test_undo_gives_back_what_providers_take_back() -> None:
    """On the way: all of it; the answer says what stays; the money comes back."""
    here = city()
    here.world.customer = lambda _: YES
    here.overheat()
    here.world.run_until(lambda: here.arrangement.state is State.UNDERWAY)
    arr = here.arrangement
    undone = here.world.ask(SUPERVISOR, "undo", {"arrangement_id": arr.id, "by": "her"})
    here.world.run_until(here.ended)
    (day,) = here.world.twin(POLICY).days.values()

    assert ["cover", "tow", "slot", "ride", "rental"] == undone.undoing
    assert {"offer", "warn_driver", "pull_over"} <= undone.cannot.keys()
    assert State.COMPENSATED is here.arrangement.state
    assert (0, 0, 0) == (here.count("held"), here.count("confirmed"), day.total["EUR"])


def test_what_has_happened_cannot_be_undone() -> None:
    """The truck has come and the rental has begun: both stay, with what pays for them."""
    here = story(city(), YES)
    arr = here.arrangement
    undone = here.world.ask(SUPERVISOR, "undo", {"arrangement_id": arr.id, "by": "her"})
    here.world.run_until(here.ended)

    assert "tow_operator/t2 has arrived" == undone.cannot["tow"]
    assert "it belongs to what stays" == undone.cannot["cover"]
    assert undone.cannot["rental"].startswith("it has begun at rental_depot/")
    assert ["slot", "ride"] == undone.undoing
    assert 3 == here.count("confirmed")
    assert State.CLOSED is here.arrangement.state


def test_an_unknown_arrangement_cannot_be_undone() -> None:
    """It says whose fault it is."""
    here = story(city(), YES)
    with pytest.raises(Exception, match="knows no arrangement nothing"):
        here.world.ask(SUPERVISOR, "undo", {"arrangement_id": "nothing", "by": "her"})

    assert START < here.world.now


def test_of_alternatives_the_dearest_is_reserved() -> None:
    """She takes one of them; together they would break a limit that none of them breaks."""
    here = city()
    here.overheat()
    arr, supervisor = here.arrangement, here.supervisor
    before = supervisor.held_cents(arr)
    for number, name in enumerate(("slot", "ride"), 1):
        arr.legs[name].alternative = number

    assert 17_000 + 9_900 + 2_000 + 4_500 == before
    assert before - 2_000 == supervisor.held_cents(arr)


def test_what_a_person_says_of_her_case_counts() -> None:
    """She took over what nobody could arrange, and says that there was no need."""
    here = city()
    for tow in here.tows:
        tow.offers = []
    here.overheat()
    here.world.run_until(here.ended)
    close(here, here.arrangement.case.id, "decline")
    (verdict,) = here.world.twin(POLICY).trust.verdicts

    assert (False, True) == (verdict.right, verdict.why.startswith("decline by employee/"))


def test_an_arrangement_called_all_is_not_all_of_them() -> None:
    """Its name comes from a rule; stopping it must not stop the others."""
    assert ("policy/all_", "policy/winter") == (policy_id("all"), policy_id("winter"))
