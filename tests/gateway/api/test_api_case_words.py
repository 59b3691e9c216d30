"""What people do with cases, over a city in which desk, employees and customers are real."""

from typing import Any

import pytest
from support.api_server import AS_OPERATOR, client_of
from support.city import CAR, DESK, OWNER
from support.policy_services import CityServices
from support.story import YES

from actors.supervisors.arrangement import State


async def call(services: CityServices, method: str, path: str, data: Any = None) -> Any:
    """Status and content of an operator's call."""
    async with client_of(services) as client:
        answer = await client.request(method, path, json=data, headers=AS_OPERATOR)
        return answer.status_code, answer.json()


@pytest.fixture
def services() -> CityServices:
    """A city in which roadside proposes, and somebody has to say whether it is done."""
    services = CityServices()
    world = services.city.world
    world.customer = lambda _: YES
    world.send("policy/roadside", "configured", {"level": "propose"})
    services.city.overheat()
    return services


@pytest.fixture
def case(services: CityServices) -> str:
    """The case's path."""
    return f"/v1/cases/{services.city.arrangement.proposal.id}"


async def test_the_page_of_a_case_says_whose_it_is_and_who_could_have_it(
    services: CityServices, case: str
) -> None:
    """What she is worth, whom it was given to, and colleagues: the able and idle ones first."""
    _, shown = await call(services, "GET", case)

    assert (OWNER, 1_200_000) == (shown["case"]["customer_id"], shown["case"]["value_cents"])
    assert ["employee/e1"] == shown["tried"]
    assert ["employee/e2", "employee/e3"] == [one["id"] for one in shown["colleagues"]]
    assert [False, True] == [one["lead"] for one in shown["colleagues"]]


async def test_of_equally_urgent_cases_the_more_valuable_customers_is_first(
    services: CityServices,
) -> None:
    """A case that a rule opened knows only whose it is; her twin says what she is worth."""
    world = services.city.world
    for name, cents, urgency in (("rich", 9_000_000, "normal"), ("poor", 100, "normal"),
                                 ("hurt", 0, "high")):  # fmt: skip
        world.send(f"customer/{name}", "configured", {"lifetime_value_cents": cents})
        world.send(DESK, "case.opened", {
            "id": name, "subject": CAR, "reason": "see to her", "skill": "roadside",
            "urgency": urgency, "person": f"customer/{name}",
        })  # fmt: skip
    world.run()
    _, listed = await call(services, "GET", "/v1/cases")

    hers = services.city.arrangement.proposal.id
    found = [(one["id"], one["value_cents"]) for one in listed["items"]]

    assert [("hurt", 0), ("rich", 9_000_000), (hers, 1_200_000), ("poor", 100)] == found


async def test_a_case_is_taken_and_handed_over(services: CityServices, case: str) -> None:
    """Her colleague has it then, with the note, and has to take it herself."""
    taken = await call(services, "POST", f"{case}/take", {"by": "ann"})
    given = await call(
        services, "POST", f"{case}/hand-over",
        {"by": "ann", "employee": "employee/e2", "note": "she speaks Finnish"},
    )  # fmt: skip
    world = services.city.world
    (hers,) = world.twin("employee/e2").cases.values()

    assert (200, "taken", "employee/e1") == (taken[0], taken[1]["state"], taken[1]["employee"])
    assert (200, "assigned", "employee/e2") == (given[0], given[1]["state"], given[1]["employee"])
    assert {} == world.twin("employee/e1").cases
    assert ("assigned", ["ann hands it over: she speaks Finnish"]) == (hers.state, hers.notes)

    status, _ = await call(services, "POST", f"{case}/close", {"by": "bea", "verdict": "decline"})

    assert 200 == status
    assert State.COMPENSATED is services.city.arrangement.state


async def test_without_a_name_it_goes_to_whoever_comes_next(
    services: CityServices, case: str
) -> None:
    """At last to nobody: everybody had it."""
    found = [await call(services, "POST", f"{case}/hand-over", {"by": "ann"}) for _ in range(3)]

    assert ["employee/e2", "employee/e3"] == [answer["employee"] for _, answer in found[:2]]
    assert 422 == found[2][0]
    assert "nobody else" in found[2][1]["detail"]


async def test_it_goes_to_nobody_elses_desk(services: CityServices, case: str) -> None:
    """The refusal names who there is."""
    status, problem = await call(
        services, "POST", f"{case}/hand-over", {"by": "ann", "employee": "employee/zoe"}
    )

    assert 422 == status
    assert "employee/e1, employee/e2, employee/e3" in problem["detail"]


async def test_the_customer_is_written_to_and_the_case_says_so(
    services: CityServices, case: str
) -> None:
    """Her own twin sends it, once however often it is asked for; whoever has the case reads so."""
    letter = {"by": "ann", "subject": "Your $car", "text": "We are looking for a truck, $name."}
    status, written = await call(services, "POST", f"{case}/letters", letter)
    world = services.city.world
    (mine,) = world.twin("employee/e1").cases.values()
    sent = [one for one in world.twin(OWNER).contacts if one.what.startswith("message")]
    (told,) = [one for one in world.notices if one["subject"] == "Your $car"]

    assert (200, OWNER) == (status, written["customer_id"])
    assert sent
    assert "We are looking for a truck, $name." in told["text"]
    assert ["ann wrote to her: Your $car", "Your $car: she was told by way0"] == mine.notes


async def test_a_case_says_what_became_of_a_letter(services: CityServices, case: str) -> None:
    """By what she was told; and that she was not, where she allows it no more."""
    letter = {"by": "ann", "subject": "first", "text": "x"}
    await call(services, "POST", f"{case}/letters", letter)
    services.city.world.send(
        OWNER, "consent.said", {"purpose": "devices", "given": False, "how": "telephone"}
    )
    services.city.world.run()
    await call(services, "POST", f"{case}/letters", letter | {"subject": "second"})
    _, shown = await call(services, "GET", case)
    found = [(one["subject"], one["by"], one["channel"], one["reason"]) for one in shown["letters"]]

    assert [("first", "ann", "way0", None), ("second", "ann", None, "no_consent")] == found
    assert [] == [one for one in services.city.world.notices if one["subject"] == "second"]
    assert "second: she was not told: no_consent" in shown["notes"]


SOUTH = "desk/south"


def southern(services: CityServices) -> None:
    """A desk in another town, with somebody who can do it."""
    world = services.city.world
    world.send(SOUTH, "configured", {"name": "South"})
    world.send("employee/s1", "configured", {"skills": ["roadside"], "shift": {}, "desk": SOUTH})
    world.run()


async def test_a_case_is_handed_to_another_desk_and_decided_there(
    services: CityServices, case: str
) -> None:
    """With its notes and as old as it is; its supervisor hears from there, and help comes."""
    southern(services)
    before = (await call(services, "GET", case))[1]["case"]["opened_at"]
    services.city.world.advance(10.0)
    lies = await call(
        services, "POST", f"{case}/hand-over",
        {"by": "ann", "desk": SOUTH, "note": "she lives there"},
    )  # fmt: skip
    _, shown = await call(services, "GET", case)
    closed = await call(services, "POST", f"{case}/close", {"by": "sue", "verdict": "accept"})
    city = services.city
    city.world.run_until(city.ended)

    assert (200, "waiting", SOUTH) == (lies[0], lies[1]["state"], lies[1]["desk"])
    assert (SOUTH, "employee/s1", before) == (
        shown["case"]["desk"], shown["case"]["employee"], shown["case"]["opened_at"],
    )  # fmt: skip
    assert ["ann hands it over: she lives there"] == shown["notes"]
    assert {} == city.world.twin("employee/e1").cases
    assert (200, "employee/s1") == (closed[0], closed[1]["employee"])
    assert State.CLOSED is city.arrangement.state


async def test_what_comes_for_a_case_that_has_moved_follows_it(services: CityServices) -> None:
    """A note, what became of a letter, and that there is nothing to decide any more."""
    southern(services)
    world = services.city.world
    world.send(DESK, "case.opened", {
        "id": "c", "subject": CAR, "reason": "look at it", "skill": "roadside", "person": OWNER,
    })  # fmt: skip
    letter = {"letter_id": "m1", "letter": {"subject": "Your car", "by": "ann"}}
    world.run()
    world.ask(DESK, "note", {"case_id": "c", "text": "ann wrote", **letter})
    world.run()
    await call(services, "POST", "/v1/cases/c/hand-over", {"by": "ann", "desk": SOUTH})
    world.send(DESK, "case.noted", {"id": "c", "text": "she called"})
    world.send(DESK, "message.settled", {"id": "m1", "channel": "sms"})
    world.run()
    _, shown = await call(services, "GET", "/v1/cases/c")
    world.send(DESK, "case.cleared", {"id": "c", "text": "it is over"})
    world.run()
    _, after = await call(services, "GET", "/v1/cases/c")

    assert ["ann wrote", "she called", "Your car: she was told by sms"] == shown["notes"]
    assert ["sms"] == [one["channel"] for one in shown["letters"]]
    assert (SOUTH, "closed") == (after["case"]["desk"], after["case"]["state"])


async def test_a_case_that_comes_back_is_where_it_was(services: CityServices, case: str) -> None:
    """There and back again: it lies at one desk at a time."""
    southern(services)
    for desk in (SOUTH, DESK):
        await call(services, "POST", f"{case}/hand-over", {"by": "ann", "desk": desk})
    _, listed = await call(services, "GET", "/v1/cases")

    assert [DESK] == [one["desk"] for one in listed["items"]]
    assert {} == services.city.world.twin(DESK).moved


@pytest.mark.parametrize(
    ("to", "status", "said"),
    [
        ({"desk": "desk/nowhere"}, 409, "there is no desk/nowhere"),
        ({"desk": DESK, "employee": "employee/e2"}, 422, "`employee` or `desk`"),
    ],
)
async def test_it_goes_to_one_desk_that_there_is(
    services: CityServices, case: str, to: dict[str, str], status: int, said: str
) -> None:
    """It stays where it is otherwise."""
    found, problem = await call(services, "POST", f"{case}/hand-over", {"by": "ann", **to})
    _, shown = await call(services, "GET", case)

    assert (status, DESK) == (found, shown["case"]["desk"])
    assert said in problem["detail"]


async def test_a_note_is_read_by_whoever_has_it(services: CityServices, case: str) -> None:
    """And stands in the case."""
    status, _ = await call(services, "POST", f"{case}/notes", {"by": "ann", "text": "no answer"})
    _, shown = await call(services, "GET", case)

    assert (200, ["ann: no answer"]) == (status, shown["notes"])


async def test_a_plan_is_changed_before_it_is_accepted(services: CityServices, case: str) -> None:
    """She needs no rental: nobody is asked for one, and all else is done."""
    word = {"by": "ann", "verdict": "accept", "without": ["rental"]}
    status, _ = await call(services, "POST", f"{case}/close", word)
    city = services.city
    city.world.run_until(city.ended)

    assert 200 == status
    assert State.CLOSED is city.arrangement.state
    assert [] == [call for depot in city.depots for call in depot.calls]
    assert ("declined", "left out by employee/e1") == (
        city.arrangement.legs["rental"].state, city.arrangement.legs["rental"].reason,
    )  # fmt: skip
    assert "rental.left_out" in city.steps


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ({"verdict": "accept", "without": ["tow"]}, "makes no sense without 'tow'"),
        ({"verdict": "accept", "without": ["boat"]}, "has no 'boat'"),
        ({"verdict": "decline", "without": ["rental"]}, "only of a plan that is accepted"),
    ],
)
async def test_what_cannot_be_left_out_is_refused(
    services: CityServices, case: str, word: dict[str, Any], said: str
) -> None:
    """Nothing is done then."""
    status, problem = await call(services, "POST", f"{case}/close", {"by": "ann", **word})

    assert 409 == status
    assert said in problem["detail"]
    assert State.PROPOSED is services.city.arrangement.state


@pytest.mark.parametrize("what", ["take", "notes", "hand-over", "letters", "close"])
async def test_nothing_is_done_with_a_closed_case(
    services: CityServices, case: str, what: str
) -> None:
    """It says how it was closed."""
    await call(services, "POST", f"{case}/close", {"by": "ann", "note": "done"})
    words = {"notes": {"text": "x"}, "letters": {"subject": "x", "text": "y"}}.get(what, {})
    status, problem = await call(services, "POST", f"{case}/{what}", {"by": "ben", **words})

    assert 409 == status
    assert "closed already: ann: done" in problem["detail"]


async def test_whose_case_it_is_not_known_nobody_is_written_to(services: CityServices) -> None:
    """A machine's, say."""
    services.city.world.send(DESK, "case.opened", {
        "id": "c", "subject": CAR, "reason": "look at it", "skill": "roadside",
    })  # fmt: skip
    services.city.world.run()
    letter = {"by": "ann", "subject": "x", "text": "y"}
    status, problem = await call(services, "POST", "/v1/cases/c/letters", letter)

    assert 409 == status
    assert "names no customer" in problem["detail"]


WAYS = [{"channel": "sms", "address": "+358 40 123 4567"},
        {"channel": "email", "address": "Kaisa@Example.com"}]  # fmt: skip


@pytest.mark.parametrize(
    "address",
    ["%2B358401234567", "%2B358+40+123+4567", "kaisa%40example.com", "040123456%37&country=FI"],
)
async def test_a_caller_is_known_before_the_first_word(
    services: CityServices, address: str
) -> None:
    """However her number is written: who she is, and the case that waits."""
    services.city.world.send(OWNER, "configured", {"channels": WAYS})
    services.city.world.run()
    status, found = await call(services, "GET", f"/v1/people?address={address}")

    assert (200, OWNER, "Kaisa", 1_200_000) == (
        status, found["customer_id"], found["name"], found["value_cents"],
    )  # fmt: skip
    assert [services.city.arrangement.proposal.id] == [one["id"] for one in found["cases"]]


async def test_a_merged_caller_is_the_one_who_stays(services: CityServices) -> None:
    """Her cases under both names are shown."""
    world = services.city.world
    world.send("customer/old", "configured", {"channels": WAYS})
    world.send("customer/old", "merge.requested", {"into": OWNER})
    world.run()
    _, found = await call(services, "GET", "/v1/people?address=kaisa@example.com")

    assert (OWNER, ["customer/old"]) == (found["customer_id"], found["also"])
    assert 1 == len(found["cases"])


@pytest.mark.parametrize(("address", "status"), [("nobody@example.com", 404), ("0401234567", 422)])
async def test_a_stranger_is_told_apart_from_what_is_no_address(
    services: CityServices, address: str, status: int
) -> None:
    """Both say what to do."""
    found, problem = await call(services, "GET", f"/v1/people?address={address}")

    assert status == found
    assert any(word in problem["detail"] for word in ("search by name", "name its `country`"))
