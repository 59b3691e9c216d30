"""Calls about engagement learning."""

from typing import Any

from support.api_server import AS_OPERATOR, client_of
from support.policy_services import CityServices

LEARNER = "engagement/offer_service"


async def call(services: CityServices, method: str, path: str, data: Any = None) -> Any:
    """Status and content of an operator's call."""
    async with client_of(services) as client:
        answer = await client.request(method, path, json=data, headers=AS_OPERATOR)
        return answer.status_code, answer.json()


def taught() -> CityServices:
    """Ten persons answered by e-mail, ten did not by SMS, and two were told by the fixed policy."""
    services = CityServices()
    world = services.city.world
    for number in range(12):
        world.send(LEARNER, "advice.requested", {
            "asker": "customer/c1", "contact": f"a{number}", "segment": "gold.sms",
            "options": {"channel": ["sms", "email"]},
        })  # fmt: skip
        world.run()
    for number in range(22):
        good = number % 2
        world.send(LEARNER, "engagement.tried", {
            "contact": f"a{number}", "segment": "gold.sms",
            "how": "learned" if number < 20 else "control",
            "taken": {"channel": "email" if good else "sms"},
            "what": "accepted" if good else "ignored", "after_s": 5.0,
        })  # fmt: skip
    world.run()
    return services


async def test_what_was_learned_is_told_by_segment_and_option() -> None:
    """With how sure that is, what it is worth beside the fixed policy, and who learns."""
    services = taught()
    status, found = await call(services, "GET", "/v1/engagement")
    everything, one = found["items"]

    assert (200, ["offer_service"]) == (status, everything["members"])
    assert [
        ("all", "email", 11, 1.0), ("all", "sms", 11, 0.0),
        ("gold.sms", "email", 11, 1.0), ("gold.sms", "sms", 11, 0.0),
    ] == [(arm["segment"], arm["arm"], arm["n"], arm["rate"]) for arm in one["arms"]]  # fmt: skip
    assert all(arm["low"] <= arm["rate"] <= arm["high"] for arm in one["arms"])
    assert 0.7 < one["arms"][0]["low"] < 0.8
    assert (20, 0.5, 2, 0.0) == (
        one["learned"]["n"], one["learned"]["value"], one["control"]["n"], one["uplift"]["value"]
    )  # fmt: skip
    assert {"accepted": 11, "ignored": 11} == one["did"]
    assert 12 == sum(one["given"].values())


async def test_it_is_switched_off_and_on() -> None:
    """One, or all; who did it is kept."""
    services = taught()
    off = {"by": "ann", "learning": False, "reason": "audit"}
    status, found = await call(services, "POST", "/v1/engagement/all", off)
    _, one = await call(services, "GET", "/v1/engagement/offer_service")

    assert (200, False, False) == (status, found["learning"], one["learning"])
    assert [("ann", "learning=False: audit")] == [
        (change["by"], change["what"]) for change in found["changes"]
    ]

    await call(services, "POST", "/v1/engagement/all", {"by": "ben", "learning": True})
    _, one = await call(services, "GET", "/v1/engagement/offer_service")

    assert one["learning"]


async def test_bad_settings_are_refused_with_the_reason() -> None:
    """An unknown one, one out of bounds, two that leave nothing to learn from."""
    services = CityServices()
    _, before = await call(services, "GET", "/v1/engagement/offer_service")
    bad = ({"colour": 1}, {"exploration": 2}, {"exploration": 0.4, "control": 0.4})
    for given in bad:
        status, found = await call(
            services, "POST", "/v1/engagement/offer_service", {"by": "ann", **given}
        )

        assert 422 == status, found

    _, found = await call(services, "GET", "/v1/engagement/offer_service")

    assert (False, 0.05, None) == (
        before["exists"], found["settings"]["exploration"], found["uplift"]["value"]
    )  # fmt: skip
