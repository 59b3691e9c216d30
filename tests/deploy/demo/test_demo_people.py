"""Simulated people: customers leave a link to a person first; employees let a case escalate."""

from typing import Any
from urllib.parse import parse_qs

import httpx2
import msgspec
import pytest
from demo_kit import FakeApi, message, state

from deploy.demo.people import SCORE, SCORE_FAILED, Customers, Employees, form
from deploy.demo.stories.roadside import RESCUED
from twins.people.messages import Survey

OFFERED = state("roadside/v1", arrangement={"id": "arr", "state": "offered"})
CONFIRMING = state("roadside/v1", arrangement={"id": "arr", "state": "confirming"})


class Clock:
    """Time that passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        """Seconds since the epoch."""
        return self.now

    async def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds


class Browser:
    """Takes forms, and answers with the statuses that are given."""

    def __init__(self, *statuses: int) -> None:
        self.statuses = list(statuses)
        self.forms: list[dict[str, list[str]]] = []

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        """Answer one request."""
        self.forms.append(parse_qs(request.content.decode()))
        return httpx2.Response(self.statuses.pop(0))


def customers(api: FakeApi, browser: Browser, clock: Clock, **says: Any) -> Customers:
    """Customers who wait for 20 s; of some of them something else than yes is known."""
    plots = {
        f"customer/{key}": msgspec.structs.replace(RESCUED, **said) for key, said in says.items()
    }
    http = httpx2.AsyncClient(transport=httpx2.MockTransport(browser))
    return Customers(
        api, http, 20.0, plots, clock=clock, sleep=clock.sleep,
    )  # fmt: skip


async def test_a_customer_taps_after_her_patience() -> None:
    """Not before 20 s, once, and with all that is offered."""
    clock, browser = Clock(), Browser(303)
    found = customers(FakeApi(OFFERED), browser, clock)

    await found.read(message())

    assert 120.0 == clock.now
    assert [{"answer": ["accept"], "keep": ["tow", "ride", "rental"]}] == browser.forms
    assert {"arr": "simulated"} == found.tapped
    assert {} == found.waiting
    assert {"arr": 1} == found.received


async def test_a_customer_leaves_out_what_she_does_not_want() -> None:
    """Its box is not ticked; what cannot be declined has no box at all."""
    clock, browser = Clock(), Browser(303)

    said = {"declines": frozenset(["rental"])}
    await customers(FakeApi(OFFERED), browser, clock, c1=said).read(message())

    assert [{"answer": ["accept"], "keep": ["tow", "ride"]}] == browser.forms


async def test_a_customer_takes_one_of_the_alternatives() -> None:
    """Her tap names it."""
    clock, browser = Clock(), Browser(303)

    await customers(FakeApi(OFFERED), browser, clock, c1={"chooses": 2}).read(message())

    assert ["accept:2"] == browser.forms[0]["answer"]


async def test_a_person_at_the_screen_comes_first() -> None:
    """When somebody has answered, the simulated customer does nothing."""
    clock, browser = Clock(), Browser()
    found = customers(FakeApi(CONFIRMING), browser, clock)

    await found.read(message())

    assert 101.0 == clock.now
    assert [] == browser.forms
    assert {"arr": "a person"} == found.tapped


async def test_a_link_that_does_not_answer_is_tapped_again() -> None:
    """Whoever has a flat tyre tries more than once; the first success ends it."""
    clock, browser = Clock(), Browser(503, 500, 303, 500)

    await customers(FakeApi(OFFERED), browser, clock).read(message())

    assert 3 == len(browser.forms)


@pytest.mark.parametrize("status", [404, 410])
async def test_a_link_that_is_over_is_let_go(status: int) -> None:
    """Nothing would become of another try."""
    clock, browser = Clock(), Browser(status)

    await customers(FakeApi(OFFERED), browser, clock).read(message())

    assert 1 == len(browser.forms)


async def test_a_message_without_an_offer_is_only_read() -> None:
    """There is nothing to tap."""
    clock, browser = Clock(), Browser()
    found = customers(FakeApi(), browser, clock)

    await found.read(message(offer=None, link=None))

    assert 100.0 == clock.now
    assert {} == found.received


def test_the_form_is_that_of_the_page() -> None:
    """`answer`, and a `keep` for each box that is ticked: what the API reads."""
    assert "answer=accept&keep=tow&keep=ride&keep=rental" == form(message(), None)


# -- employees -----------------------------------------------------------------------------------


def desk(**case: Any) -> FakeApi:
    """A desk with one case and two employees, the second a lead."""
    fields = {"id": "case1", "opened_at": 50.0, "employee": "employee/e1", **case}
    return FakeApi(
        state(
            "desk/d",
            cases={"case1": fields},
            employees={"employee/e1": {}, "employee/e2": {"lead": True}},
        )
    )


async def work(api: FakeApi, started_at: float = 0.0) -> list[tuple[str, str, Any]]:
    """One round of work; returns what was asked."""
    await Employees(api, ["desk/d"], escalations=1, started_at=started_at).look("desk/d")
    return [asked[:3] for asked in api.asked]


async def test_a_new_case_is_left_to_escalate() -> None:
    """Nobody takes it at once, so that one sees what happens then."""
    assert [] == await work(desk(state="assigned"))


async def test_an_escalated_case_is_taken_by_whom_it_went_to() -> None:
    """By a call to her own twin, with an id that makes a second call harmless."""
    api = desk(state="assigned", escalations=1)

    assert [("employee/e1", "take", {"case_id": "case1"})] == await work(api)
    assert ["take.case1.e1"] == [asked[3] for asked in api.asked]


async def test_a_lead_takes_a_case_anyway() -> None:
    """After her there is nobody."""
    api = desk(state="assigned", employee="employee/e2")

    assert [("employee/e2", "take", {"case_id": "case1"})] == await work(api)


@pytest.mark.parametrize("case", [{}, {"employee": None}, {"state": "taken"}, {"state": "closed"}])
async def test_nothing_else_is_touched(case: dict[str, Any]) -> None:
    """A case that waits, or that somebody has, or that is closed. A default shows no state."""
    assert [] == await work(desk(**case))


async def test_cases_of_earlier_runs_are_settled() -> None:
    """They are taken at once and closed, or their cars could never be helped again."""
    taken = await work(desk(state="assigned"), started_at=60.0)
    closed = await work(desk(state="taken"), started_at=60.0)

    assert [("employee/e1", "take", {"case_id": "case1"})] == taken
    assert [
        ("employee/e1", "close", {"case_id": "case1", "note": "settled by telephone"})
    ] == closed


@pytest.mark.parametrize(("fails", "score"), [(False, SCORE), (True, SCORE_FAILED)])
async def test_a_customer_says_how_satisfied_she_is(*, fails: bool, score: int) -> None:
    """By the link that she is sent, after her patience; as her story went."""
    clock, browser = Clock(), Browser(200)
    found = customers(FakeApi(), browser, clock, c1={"fails": fails})
    asked = msgspec.structs.replace(
        message(), to="customer/c1", offer=None, survey=Survey(arrangement_id="arr", until=900.0)
    )

    await found.read(asked)

    assert 120.0 == clock.now
    assert [{"score": [str(score)]}] == browser.forms
    assert {"customer/c1": score} == found.scores
    assert ({}, {}) == (found.waiting, found.received)
