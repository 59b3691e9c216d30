"""Calls about one arrangement, and what if: over a city whose log is real."""

from typing import Any

import pytest
from msgspec import json
from support.api_server import AS_OPERATOR, client_of
from support.city import SUPERVISOR
from support.logged_services import LoggedServices
from support.story import YES

from twins.kind import kind_of


@pytest.fixture
def helped() -> LoggedServices:
    """Her car overheated, and she was helped."""
    services = LoggedServices()
    services.city.world.customer = lambda _: YES
    services.city.overheat()
    services.city.world.run_until(services.city.ended)
    return services


async def call(services: LoggedServices, method: str, path: str, data: Any = None) -> Any:
    """Status and content of an operator's call."""
    async with client_of(services) as client:
        answer = await client.request(method, path, json=data, headers=AS_OPERATOR)
        return answer.status_code, answer.json()


def path_of(services: LoggedServices, end: str = "") -> str:
    """Where its arrangement is."""
    return f"/v1/arrangements/{SUPERVISOR}/{services.city.arrangement.id}{end}"


async def test_one_arrangement_is_read(helped: LoggedServices) -> None:
    """As the list has it; one that is not known, and what arranges nothing, are 404."""
    status, found = await call(helped, "GET", path_of(helped))
    unknown, problem = await call(helped, "GET", f"/v1/arrangements/{SUPERVISOR}/no")
    nothing, _ = await call(helped, "GET", "/v1/arrangements/vehicle/v1/no")

    assert (200, "closed", SUPERVISOR) == (status, found["state"], found["supervisor_id"])
    assert (404, "not_found", 404) == (unknown, problem["reason"], nothing)


async def test_unchanged_it_is_what_it_was(helped: LoggedServices) -> None:
    """Exactly, step for step, and labelled as simulated; nothing is told to anybody."""
    told, effects = len(helped.city.world.log), len(helped.city.world.effects)
    status, found = await call(helped, "POST", path_of(helped, "/what-if"), {})
    times = [(step["real_at"], step["simulated_at"]) for step in found["steps"]]

    assert (200, True, True, None) == (
        status, found["simulated"], found["exact"], found["caveat"]
    )  # fmt: skip
    assert found["real"] == found["simulated_run"]
    assert [step.at for step in helped.city.arrangement.steps] == [real for real, _ in times]
    assert all(real == simulated for real, simulated in times)
    assert (told, effects, []) == (
        len(helped.city.world.log), len(helped.city.world.effects), helped.asked
    )  # fmt: skip


async def test_a_change_is_drawn_beside_it(helped: LoggedServices) -> None:
    """The other truck, with what is assumed; steps that only one of both has stand alone."""
    change = {"busy": ["tow_operator/t2"]}
    status, found = await call(helped, "POST", path_of(helped, "/what-if"), change)
    tows = [
        next(leg["service"] for leg in found[run]["legs"] if leg["name"] == "tow")
        for run in ("real", "simulated_run")
    ]
    alone = {
        (step["twin_id"], step["real_at"] is None)
        for step in found["steps"]
        if step["name"] == "tow.held"
    }

    assert (200, change, ["tow_operator/t2", "tow_operator/t1"]) == (status, found["change"], tows)
    assert {("tow_operator/t2", False), ("tow_operator/t1", True)} == alone
    assert "tow_operator/t1 holds tow as it offered it" in found["assumed"]


@pytest.mark.parametrize(
    "change",
    [
        {"busy": ["no twin"]},
        {"later_s": {"tow_operator/t2": 1e9}},
        {"customer": {"after_s": -1}},
        {"colour": "red"},
        [],
    ],
)
async def test_what_makes_no_sense_is_refused(helped: LoggedServices, change: Any) -> None:
    """By 422, with what is wrong."""
    status, problem = await call(helped, "POST", path_of(helped, "/what-if"), change)

    assert (422, "invalid") == (status, problem["reason"])


async def test_without_its_log_there_is_nothing_to_play(helped: LoggedServices) -> None:
    """And the answer says why."""
    helped.city.world.log.clear()
    status, problem = await call(helped, "POST", path_of(helped, "/what-if"), {})

    assert (404, True) == (status, "trimmed" in problem["detail"])


def overheating(steps: int = 10, above: float = 95.0, **other: Any) -> dict[str, Any]:
    """The rule that noticed it, with something otherwise, as a text."""
    (document,) = (
        one for one in kind_of("vehicle").ruleset.documents if one["rule"] == "engine.overheating"
    )
    text = json.encode(document).decode()
    assert "rising(coolant_c, 10, band=0.5, above=95" in text
    text = text.replace("rising(coolant_c, 10, band=0.5, above=95",
                        f"rising(coolant_c, {steps}, band=0.5, above={above:g}")  # fmt: skip
    return {"rule": {"text": text, **other}}


@pytest.mark.parametrize(("steps", "later_s"), [(10, 0.0), (5, -5.0), (11, 1.0)])
async def test_another_rule_would_have_noticed_it_then(
    helped: LoggedServices, steps: int, later_s: float
) -> None:
    """The car's own history says when; what was arranged comes as much earlier or later."""
    given = overheating(steps)
    status, found = await call(helped, "POST", path_of(helped, "/what-if"), given)
    rule, cause = found["rule"], helped.city.arrangement.cause

    assert (200, True, None) == (status, found["exact"], found["caveat"])
    assert (cause.time, cause.time, cause.time + later_s) == (
        rule["real_at"], rule["present_at"], rule["candidate_at"],
    )  # fmt: skip
    assert (["engine.overheating"], cause.name, False) == (
        rule["rules"], rule["signal"], rule["at_least"],
    )  # fmt: skip
    assert found["real"]["began_at"] + later_s == pytest.approx(found["simulated_run"]["began_at"])
    assert found["real"]["state"] == found["simulated_run"]["state"] == "closed"
    assert found["change"] == {"rule": given["rule"]}


async def test_another_rule_may_never_have_noticed_it(helped: LoggedServices) -> None:
    """Then nothing would have been arranged, and nothing is played."""
    status, found = await call(helped, "POST", path_of(helped, "/what-if"), overheating(above=200))
    run = found["simulated_run"]

    assert (200, None, None, []) == (
        status, found["rule"]["candidate_at"], run["state"], run["legs"],
    )  # fmt: skip
    assert "would not have come" in run["stopped"]
    assert {None} == {step["simulated_at"] for step in found["steps"]}


async def test_a_history_that_is_too_long_is_said_to_be_cut_off(
    helped: LoggedServices, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The newest events are replayed; whether it would have come before them nobody knows."""
    path, given = path_of(helped, "/what-if"), overheating(10)
    whole = (await call(helped, "POST", path, given))[1]
    monkeypatch.setattr("gateway.api.what_if_rule.MOST_READINGS", whole["rule"]["readings"] - 1)
    status, found = await call(helped, "POST", path, given)

    assert (True, False) == (whole["exact"], whole["rule"]["trimmed"])
    assert (200, False, True) == (status, found["exact"], found["rule"]["trimmed"])
    assert whole["rule"]["since"] < found["rule"]["since"]
    assert "only the newest" in found["caveat"]


async def test_what_cannot_be_read_is_said(helped: LoggedServices) -> None:
    """The published rules do not raise it when a part of the car's history is gone."""
    log = helped.city.world.log
    gone = [one for one in log if one[1] == "vehicle/v1" and one[2] == "telemetry"][5:8]
    helped.city.world.log[:] = [
        (at, subject, "due.gone" if (at, subject, type_, payload) in gone else type_, payload)
        for at, subject, type_, payload in log
    ]
    status, found = await call(helped, "POST", path_of(helped, "/what-if"), overheating(5))

    assert (200, False, None) == (status, found["exact"], found["rule"]["present_at"])
    assert "do not raise engine.overheating then" in found["caveat"]


async def test_a_rule_with_a_mistake_is_refused_at_its_place(helped: LoggedServices) -> None:
    """As a draft of it would be; one of another kind, and two words on one thing, as well."""
    path = path_of(helped, "/what-if")
    wrong = overheating()
    wrong["rule"]["text"] = wrong["rule"]["text"].replace("coolant_c", "colant_c")
    answers = [
        await call(helped, "POST", path, given)
        for given in (wrong, overheating(kind="customer"), {**overheating(), "noticed_s": 5},
                      {"rule": {"text": ""}})
    ]  # fmt: skip

    assert [(422, "invalid")] * 4 == [(status, one["reason"]) for status, one in answers]
    for (_, one), words in zip(
        answers, ("colant_c", "customer", "noticed_s", "empty"), strict=True
    ):
        assert words in one["detail"]
