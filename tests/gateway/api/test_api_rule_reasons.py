"""Calls that say why a rule fired, and why not; over a cluster in memory."""

from dataclasses import replace
from typing import Any

import httpx2
import msgspec
import pytest
from support.api_server import as_device, client_of
from support.fake_services import START, FakeServices
from support.rule_services import RuleServices, publish
from support.rules import Oven, page

from gateway.twin_views import HistoryEvent
from twins.event import Event
from twins.record import MAX_FIRINGS
from twins.rules.ruleset import compile_rules
from twins.testing import Trial
from twins.turn import Turn, enter, leave
from twins.twin import handle


def fired(services: RuleServices, version: int) -> Turn:
    """Let an oven of the cluster get hot, by rules of a version."""
    oven = services.world.twin("oven/o1")
    turn = Turn(START)
    turn.rules = {"oven": compile_rules(Oven.kind, [page("oven.hot")["document"]], version)}
    payload = Oven.kind.handler("telemetry").decode(b"\x81\xa4data\x81\xa8inside_c\xcd\x01\x2c")
    token = enter(turn)
    try:
        event = Event("e1", "telemetry", oven.id, START, oven.id, payload.data)
        turn.begin(oven.id, event)
        handle(oven, event, turn)
    finally:
        leave(token)
    return turn


async def test_a_signal_is_explained(services: RuleServices, client: httpx2.AsyncClient) -> None:
    """By its id, or the firing's: rule, version, inputs, the words, and the rule as it was."""
    await publish(client, page("oven.hot"))
    turn = fired(services, 1)
    (signal,), (firing,) = turn.signals, turn.fired
    found = (await client.get("/v1/explain", params={"signal": signal.id})).json()
    same = (await client.get("/v1/explain", params={"signal": firing.id})).json()

    assert ("oven/o1", "oven.hot", 1, [signal.id]) == (
        found["twin_id"], found["rule"], found["version"], found["signals"],
    )  # fmt: skip
    assert {"inside_c": 300.0} == found["why"]["inputs"]
    assert "inside_c (300.0) > 250" == found["why"]["words"]
    assert page("oven.hot")["document"] == found["document"]
    assert found == same


async def test_a_rule_that_is_not_kept_any_more_is_left_out(
    services: RuleServices, client: httpx2.AsyncClient
) -> None:
    """What the twin remembers is there all the same."""
    turn = fired(services, 7)
    found = (await client.get("/v1/explain", params={"signal": turn.signals[0].id})).json()

    assert ("oven.hot", None) == (found["rule"], found["document"])


@pytest.mark.parametrize(
    ("signal", "status"),
    [("oven/o1~0123456789abcdef", 404), ("0123456789abcdef", 422), ("x~y", 422), ("", 422)],
)
async def test_signals_nobody_remembers(
    client: httpx2.AsyncClient, signal: str, status: int
) -> None:
    """The twin's id in it says whom to ask; without one it is none."""
    answer = await client.get("/v1/explain", params={"signal": signal})

    assert (status, True) == (answer.status_code, bool(answer.json()["detail"]))


async def test_why_not_names_what_is_false(
    services: RuleServices, client: httpx2.AsyncClient
) -> None:
    """The state of the rule, in words and part by part; by the published rules."""
    await publish(client, page("oven.hot", "inside_c > 250 and load_pct > 50"))
    oven = services.world.twin("oven/o1")
    oven.inside_c, oven.load_pct, oven.stamp = 300.0, 10.0, START
    params = {"rule": "oven.hot", "twin": "oven/o1"}
    found = (await client.get("/v1/why-not", params=params)).json()

    assert ("well", False, 1, 7) == (
        found["state"], found["holds"], found["version"], found["position"],
    )  # fmt: skip
    assert "it does not hold: load_pct > 50 (load_pct is 10.0)" == found["words"]
    assert [("inside_c > 250", True), ("load_pct > 50", False)] == [
        (part["text"], part["holds"]) for part in found["when"]["parts"]
    ]


@pytest.mark.parametrize(
    ("rule", "twin", "status"),
    [("nothing", "oven/o1", 404), ("oven.hot", "oven", 422), ("oven.hot", "ovne/o1", 404)],
)
async def test_why_not_of_what_is_not_there(
    client: httpx2.AsyncClient, rule: str, twin: str, status: int
) -> None:
    """Neither the rule nor the kind: the answer says which there are."""
    answer = await client.get("/v1/why-not", params={"rule": rule, "twin": twin})

    assert (status, True) == (answer.status_code, bool(answer.json()["detail"]))


@pytest.mark.parametrize("given", [{}, as_device("oven/o1")])
async def test_finding_out_is_for_operators(given: dict[str, str]) -> None:
    """Readings are nobody else's business."""
    async with client_of(FakeServices()) as client:
        answers = [
            await client.get("/v1/explain?signal=oven/o1~0", headers=given),
            await client.get("/v1/why-not?rule=a&twin=oven/o1", headers=given),
        ]

    assert [401] * 2 == [answer.status_code for answer in answers]


# -- signals that the twin no longer remembers ---------------------------------------------------


def overheated(services: RuleServices) -> tuple[Trial, HistoryEvent]:
    """A car that overheated, and how the log tells it to its roadside supervisor."""
    trial = Trial("vehicle/v1")
    for second in range(12):
        trial.advance(1.0)
        trial.measure({"coolant_c": 95.0 + second, "speed_kmh": 40.0})
    (signal,) = trial.signals
    services.world.twins["vehicle/v1"] = trial.twin
    told = msgspec.msgpack.decode(msgspec.msgpack.encode(signal))
    item = HistoryEvent(
        position=9, at=START - 2.0, taken_at=START - 1.0, type=f"signal.{signal.name}",
        origin="twin", data=told,
    )  # fmt: skip
    return trial, item


async def test_an_older_signal_is_found_through_the_log(
    services: RuleServices, client: httpx2.AsyncClient
) -> None:
    """The supervisor that was told of it has all of it in its history."""
    trial, told = overheated(services)
    params = {"signal": trial.signals[0].id}
    remembered = (await client.get("/v1/explain", params=params)).json()
    (firing,) = trial.twin.record.firings
    other = msgspec.structs.replace(firing, id="vehicle/v1~other", signals=[])
    trial.twin.record.firings = [other] * MAX_FIRINGS
    noise = HistoryEvent(1, START, START, "signal.engine.overheating", "twin", {"id": 3})
    services.items_of["roadside/v1"] = [noise, told, replace(told, type="offered")]
    found = (await client.get("/v1/explain", params=params)).json()

    assert "engine.overheating" == found["rule"]
    assert {"id": trial.signals[0].id, "now": START - 1.0, **_without(remembered)} == found


def _without(found: dict[str, Any]) -> dict[str, Any]:
    """What an older signal tells as well."""
    return {name: value for name, value in found.items() if name not in ("id", "now")}


async def test_a_signal_that_nobody_was_told_of_is_said_to_be_too_old(
    services: RuleServices, client: httpx2.AsyncClient
) -> None:
    """How far back the twin remembers, and what else can be done."""
    trial, told = overheated(services)
    services.items_of["roadside/v1"] = [told]
    answer = await client.get("/v1/explain", params={"signal": "vehicle/v1~0123456789abcdef"})

    assert 404 == answer.status_code
    assert "remembers its last 1 firings, back to engine.overheating" in answer.json()["detail"]
    assert "vigil backtest" in answer.json()["detail"]
    assert trial.twin.id == answer.json()["twin_id"]


async def test_an_escalation_is_explained_too(
    services: RuleServices, client: httpx2.AsyncClient
) -> None:
    """What it saw when it got worse, not what it saw when it fired."""
    rule = page(
        "oven.hot", escalate=[{"to": "critical", "when": "inside_c > 400"}], severity="info"
    )["document"]
    trial = Trial("oven/o1", {"oven": compile_rules(Oven.kind, [rule])})
    for inside_c in (300.0, 450.0, 350.0):
        trial.advance(1.0)
        trial.measure({"inside_c": inside_c})
    services.world.twins["oven/o1"] = trial.twin
    found = [
        (await client.get("/v1/explain", params={"signal": signal.id})).json()
        for signal in trial.signals
    ]

    assert ["oven.hot", "oven.hot.escalated", "oven.hot.eased"] == [
        signal.name for signal in trial.signals
    ]
    assert [("info", 300.0, None), ("critical", 450.0, "info"), ("info", 350.0, "critical")] == [
        (one["severity"], one["why"]["inputs"]["inside_c"], one["why"].get("before"))
        for one in found
    ]
    assert 3 == len({one["id"] for one in found})
