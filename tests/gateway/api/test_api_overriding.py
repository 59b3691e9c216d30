"""People change an arrangement through the API, over a city in which it goes on."""

from typing import Any

import pytest
from support.api_server import AS_OPERATOR, client_of
from support.city import CAR, DESK, OWNER, SUPERVISOR
from support.policy_services import CityServices

from actors.supervisors.arrangement import State


async def call(services: CityServices, method: str, path: str, data: Any = None) -> Any:
    """Status and content of an operator's call."""
    async with client_of(services) as client:
        answer = await client.request(method, path, json=data, headers=AS_OPERATOR)
        return answer.status_code, answer.json()


@pytest.fixture
def services() -> CityServices:
    """She has been offered a truck, a ride and a car, and has not answered."""
    services = CityServices()
    city = services.city
    city.overheat()
    city.world.run_until(lambda: city.arrangement.state is State.OFFERED)
    return services


def path(services: CityServices, what: str = "") -> str:
    """Of the arrangement, or of what is done with it."""
    id_ = services.city.arrangement.id
    return f"/v1/arrangements/{SUPERVISOR}/{id_}" + (f"/{what}" if what else "")


async def test_the_page_says_what_is_held_until_when_and_why_it_was_chosen(
    services: CityServices,
) -> None:
    """Holds, deadlines, and what else could be had."""
    _, shown = await call(services, "GET", path(services))
    tow = next(leg for leg in shown["legs"] if leg["name"] == "tow")

    assert ["cover"] == [leg["name"] for leg in shown["legs"] if leg["last"]]
    assert ("held", "tow_operator/t2", True) == (tow["state"], tow["service"], tow["required"])
    assert "the soonest of 2: 10 min, the next 15 min" == tow["chosen_because"]
    assert ["tow_operator/t1"] == [one["service"] for one in tow["options"]]
    assert tow["hold_id"].endswith(".tow.1")
    assert tow["expires_at"] > shown["now"]
    assert shown["deadlines"]["offer"] == shown["expires_at"]
    assert [] == shown["returns"]


async def test_one_thing_is_left_out(services: CityServices) -> None:
    """By whom it was stands with it."""
    status, said = await call(
        services, "POST", path(services, "leave-out"), {"by": "ann", "leg": "rental"}
    )
    _, shown = await call(services, "GET", path(services))
    rental = next(leg for leg in shown["legs"] if leg["name"] == "rental")

    assert (200, "offered") == (status, said["state"])
    assert ("declined", "left out by ann") == (rental["state"], rental["reason"])


async def test_another_option_is_chosen(services: CityServices) -> None:
    """She is offered it anew."""
    given = {"by": "ann", "leg": "tow", "service": "tow_operator/t1"}
    status, _ = await call(services, "POST", path(services, "choose"), given)
    city = services.city
    city.world.run_until(lambda: city.arrangement.state is State.OFFERED)
    _, shown = await call(services, "GET", path(services))
    tow = next(leg for leg in shown["legs"] if leg["name"] == "tow")

    assert 200 == status
    assert ("tow_operator/t1", "held") == (tow["service"], tow["state"])
    assert ["tow_operator/t2"] == [one["service"] for one in tow["options"]]


async def test_a_person_takes_it_over(services: CityServices) -> None:
    """Nothing stays held."""
    status, _ = await call(services, "POST", path(services, "take-over"), {"by": "ann"})
    city = services.city
    city.world.run_until(city.ended)

    assert 200 == status
    assert State.WITH_PERSON is city.arrangement.state
    assert 0 == city.count("held")


@pytest.mark.parametrize(
    ("what", "given", "status"),
    [
        ("leave-out", {"leg": "tow"}, 422),
        ("leave-out", {"leg": "NO LEG"}, 422),
        ("choose", {"leg": "tow", "service": "nobody"}, 422),
        ("choose", {"leg": "tow", "service": "tow_operator/t9"}, 422),
        ("take-over", {"reason": "x" * 2000}, 422),
    ],
)
async def test_what_cannot_be_is_refused(
    services: CityServices, what: str, given: dict[str, Any], status: int
) -> None:
    """And changes nothing."""
    found, problem = await call(services, "POST", path(services, what), {"by": "ann", **given})

    assert status == found
    assert problem["detail"]
    assert State.OFFERED is services.city.arrangement.state


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("state=offered", 1), ("state=closed", 0), ("story=roadside", 1), ("story=service", 0),
        (f"about={CAR}", 1), ("about=vehicle/other", 0), (f"customer={OWNER}", 1),
        ("customer=customer/other", 0), (f"desk={DESK}", 1), ("desk=desk/other", 0),
        (f"state=offered&story=roadside&about={CAR}&desk={DESK}", 1),
    ],
)  # fmt: skip
async def test_the_list_is_narrowed(services: CityServices, query: str, found: int) -> None:
    """By how it stands, its story, what it is about, for whom, and where."""
    status, listed = await call(services, "GET", f"/v1/arrangements?{query}")

    assert (200, found) == (status, len(listed["items"]))
