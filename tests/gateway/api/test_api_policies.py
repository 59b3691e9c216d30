"""Calls about policies, over a city in which they are real."""

from typing import Any

from support.api_server import AS_OPERATOR, client_of
from support.city import OWNER
from support.policy_services import CityServices
from support.story import YES

from actors.supervisors.arrangement import State


async def call(services: CityServices, method: str, path: str, data: Any = None) -> Any:
    """Status and content of an operator's call."""
    async with client_of(services) as client:
        answer = await client.request(method, path, json=data, headers=AS_OPERATOR)
        return answer.status_code, answer.json()


async def test_policies_are_listed_with_how_they_stand() -> None:
    """`all` first; then who has asked for leave, with level, reach and money."""
    services = CityServices()
    services.city.world.customer = lambda _: YES
    services.city.overheat()
    services.city.world.run_until(lambda: services.city.arrangement.state is State.UNDERWAY)
    status, found = await call(services, "GET", "/v1/policies")
    everything, roadside = found["items"]

    assert 200 == status
    assert ("all", ["roadside"]) == (everything["name"], everything["members"])
    assert ("roadside", "act", None, None) == (
        roadside["name"], roadside["level"], roadside["stopped"], roadside["breaker"]
    )  # fmt: skip
    assert (1, 1, {"act": 1}, {"EUR": 33_400}) == (
        roadside["under_way"], roadside["begun"], roadside["given"], roadside["used_today"]
    )  # fmt: skip
    assert (1, 1) == (roadside["precision"]["right"], roadside["precision"]["n"])


async def test_settings_are_changed_live_and_who_changed_them_is_kept() -> None:
    """Also before anybody has asked; what is left out stays; null is the level it begins at."""
    services = CityServices()
    _, before = await call(services, "GET", "/v1/policies/roadside")
    change = {"by": "ann", "reason": "first week", "level": "propose", "day_cents": {"EUR": 500}}
    status, _ = await call(services, "POST", "/v1/policies/roadside", change)
    await call(services, "POST", "/v1/policies/roadside", {"by": "ben", "holdout": 0.1})
    _, found = await call(services, "GET", "/v1/policies/roadside")
    await call(services, "POST", "/v1/policies/roadside", {"by": "ben", "level": None})
    _, after = await call(services, "GET", "/v1/policies/roadside")

    assert (False, 200, True) == (before["exists"], status, found["exists"])
    assert ("propose", {"EUR": 500}, 0.1) == (
        found["level"], found["settings"]["day_cents"], found["settings"]["holdout"]
    )  # fmt: skip
    assert ["ben", "ann", "ann"] == [change["by"] for change in found["changes"]]
    assert "act" == after["level"]


async def test_bad_settings_are_refused_with_the_reason() -> None:
    """An unknown one, one out of bounds, two that contradict each other."""
    services = CityServices()
    for given, word in (
        ({"speed": 1}, "speed"), ({"holdout": 0.9}, "holdout"), ({"level": "all"}, "level"),
        ({"fall_at": 0.95}, "would rise and fall"),
    ):  # fmt: skip
        status, problem = await call(
            services, "POST", "/v1/policies/roadside", {"by": "ann", **given}
        )

        assert 422 == status
        assert word in problem["detail"]
        assert "policy/roadside" == problem["twin_id"]


async def test_stop_and_resume() -> None:
    """All of them by one call; a policy that is not stopped itself says who is to be resumed."""
    services = CityServices()
    services.city.overheat()
    held = services.city.count("held")
    _, stopped = await call(services, "POST", "/v1/policies/all/stop", {"by": "ann"})
    _, roadside = await call(services, "GET", "/v1/policies/roadside")
    status, problem = await call(services, "POST", "/v1/policies/roadside/resume", {"by": "ann"})
    _, resumed = await call(services, "POST", "/v1/policies/all/resume", {"by": "ann"})

    assert 0 < held
    assert "policy/all was stopped by ann" == stopped["stopped"]
    assert "every policy was stopped by ann" == roadside["stopped"]
    assert (0, State.WITH_PERSON) == (
        services.city.count("held"), services.city.arrangement.state
    )  # fmt: skip
    assert (422, True) == (status, "so resume all" in problem["detail"])
    assert resumed["stopped"] is None


async def test_outcomes_compare_treated_and_held_out() -> None:
    """What a call centre sends to `policy/all` is counted when the time of all is over."""
    services = CityServices()
    world = services.city.world
    world.send("policy/roadside", "configured", {"holdout": 0.5, "follow_h": 1.0, "late_h": 0})
    for number in range(60):
        world.send("policy/roadside", "leave.requested", {
            "asker": f"roadside/x{number}", "arrangement_id": f"a{number}",
            "subject": f"vehicle/x{number}", "customer": f"customer/x{number}", "desk": "desk/x",
            "noticed_at": world.now})  # fmt: skip
    world.run()
    followed = world.twin("policy/roadside").followed.items()
    out = [one.customer for _, one in followed if one.arm == "held_out"]
    for customer in out:
        path = "/v1/twins/policy/all/events/outcome.noted"
        await call(services, "POST", path, {
            "customer": customer, "called": True, "helped_at": world.now + 7200.0,
            "satisfaction": 2})  # fmt: skip
    _, before = await call(services, "GET", "/v1/outcomes/roadside")
    _, so_far = await call(services, "GET", "/v1/outcomes/roadside?so_far=true")
    _, all_so_far = await call(services, "GET", "/v1/outcomes?so_far=true")
    world.advance(3700.0)
    world.remind()
    status, found = await call(services, "GET", "/v1/outcomes/roadside")
    _, listed = await call(services, "GET", "/v1/outcomes")
    calls, minutes, satisfaction = found["measures"]
    low, high = found["calls_avoided"]["interval"]

    assert 200 == status
    assert (60, 60, 0) == (before["following"], so_far["following"], found["following"])
    assert (0, found["measures"]) == (before["measures"][0]["treated"]["n"], so_far["measures"])
    assert [so_far] == all_so_far["items"]
    assert [found] == listed["items"]
    assert (60 - len(out), len(out)) == (calls["treated"]["n"], calls["held_out"]["n"])
    assert (0.0, 1.0, -1.0) == tuple(
        calls[of]["value"] for of in ("treated", "held_out", "difference")
    )
    assert 60 - len(out) == found["calls_avoided"]["value"]
    assert 0 < low < found["calls_avoided"]["value"] <= high
    assert (120.0, None) == (minutes["held_out"]["value"], minutes["difference"]["value"])
    assert 2.0 == satisfaction["held_out"]["value"]


async def test_undo_finds_the_supervisor() -> None:
    """And says what is given back, what stays, and why."""
    services = CityServices()
    services.city.world.customer = lambda _: YES
    services.city.overheat()
    services.city.world.run_until(lambda: services.city.arrangement.state is State.UNDERWAY)
    id_ = services.city.arrangement.id
    status, found = await call(services, "POST", f"/v1/arrangements/{id_}/undo", {"by": "ann"})
    unknown, problem = await call(services, "POST", "/v1/arrangements/no/undo", {"by": "ann"})

    assert (200, "roadside/v1") == (status, found["supervisor"])
    assert ["cover", "tow", "slot", "ride", "rental"] == found["undoing"]
    assert "the customer has been told of it" == found["cannot"]["offer"]
    assert 0 == services.city.count("confirmed")
    assert (404, True) == (unknown, "no supervisor has the arrangement no" in problem["detail"])
    assert services.city.world.twin(OWNER).arrangements[id_].state == "compensated"
