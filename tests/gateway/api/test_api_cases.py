"""Calls about cases, over a city in which desk, employees and supervisors are real."""

from typing import Any

import pytest
from support.api_server import AS_OPERATOR, client_of
from support.city import DESK, OWNER
from support.policy_services import CityServices
from support.story import YES

from actors.supervisors.arrangement import State


async def call(services: CityServices, method: str, path: str, data: Any = None) -> Any:
    """Status and content of an operator's call."""
    async with client_of(services) as client:
        answer = await client.request(method, path, json=data, headers=AS_OPERATOR)
        return answer.status_code, answer.json()


def proposed() -> tuple[CityServices, str]:
    """A city in which roadside proposes, and the id of its case."""
    services = CityServices()
    world = services.city.world
    world.customer = lambda _: YES
    world.send("policy/roadside", "configured", {"level": "propose"})
    services.city.overheat()
    return services, services.city.arrangement.proposal.id


async def test_a_proposal_is_shown_with_its_plan_and_done_by_one_call() -> None:
    """Nothing before; afterwards help comes, and the note says who wanted it."""
    services, id_ = proposed()
    status, listed = await call(services, "GET", "/v1/cases")
    _, shown = await call(services, "GET", f"/v1/cases/{id_}")
    calls = sum(len(one.calls) for one in services.city.everybody)
    closed = await call(
        services, "POST", f"/v1/cases/{id_}/close", {"by": "ann", "verdict": "accept", "note": "go"}
    )
    services.city.world.run_until(services.city.ended)
    _, after = await call(services, "GET", "/v1/cases?closed=true")

    assert (200, [id_], 0) == (status, [one["id"] for one in listed["items"]], calls)
    assert shown["case"]["proposes"]
    assert ["cover", "tow", "slot", "ride", "rental"] == [leg["leg"] for leg in shown["plan"]]
    assert "facts" in shown["context"]
    assert (200, "closed", "accept") == (closed[0], closed[1]["state"], closed[1]["verdict"])
    assert State.CLOSED is services.city.arrangement.state
    assert [(id_, "accept", "ann: go")] == [
        (one["id"], one["verdict"], one["note"]) for one in after["items"]
    ]


async def test_what_is_declined_is_not_done_and_what_became_of_her_is_counted() -> None:
    """She had called, and was helped otherwise, for so much."""
    services, id_ = proposed()
    word = {"by": "ann", "verdict": "decline", "called": True, "helped": True, "cost_cents": 700,
            "currency": "EUR"}  # fmt: skip
    await call(services, "POST", f"/v1/cases/{id_}/close", word)
    (followed,) = services.city.world.twin("policy/roadside").followed.values()

    assert State.COMPENSATED is services.city.arrangement.state
    assert (OWNER, True, {"EUR": 700}) == (followed.customer, followed.called, followed.spent())
    assert followed.helped_at == services.city.world.now


async def test_a_case_is_closed_once() -> None:
    """A second word comes too late, and one that nobody has is not found."""
    services, id_ = proposed()
    first, _ = await call(services, "POST", f"/v1/cases/{id_}/close", {"by": "ann"})
    second, problem = await call(services, "POST", f"/v1/cases/{id_}/close", {"by": "ben"})
    unknown, _ = await call(services, "GET", "/v1/cases/nowhere")

    assert (200, 409, 404) == (first, second, unknown)
    assert "closed already: ann" in problem["detail"]


@pytest.mark.parametrize(
    "word", [{}, {"by": "ann", "verdict": "perhaps"}, {"by": "ann", "cost_cents": -1}]
)
async def test_a_bad_word_is_refused(word: dict[str, Any]) -> None:
    """Nobody's, one that means nothing, a cost below nothing."""
    services, id_ = proposed()
    status, _ = await call(services, "POST", f"/v1/cases/{id_}/close", word)

    assert 422 == status
    assert State.PROPOSED is services.city.arrangement.state


async def test_a_case_that_nobody_has_cannot_be_closed() -> None:
    """It waits for somebody with its skill, and says so."""
    services = CityServices()
    case = {"id": "k1", "subject": "vehicle/v1", "reason": "odd", "skill": "welding"}
    services.city.world.send("desk/elsewhere", "case.opened", case)
    services.city.world.run()
    status, problem = await call(services, "POST", "/v1/cases/k1/close", {"by": "ann"})
    _, here = await call(services, "GET", f"/v1/cases?desk={DESK}")

    assert (409, True) == (status, "'welding'" in problem["detail"])
    assert [] == here["items"]
