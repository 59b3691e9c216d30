"""Calls about backtests: begun, followed, ended; one at a time, over a cluster in memory."""

import asyncio
from typing import Any

import httpx2
import pytest
from support.api_server import AS_OPERATOR, KEYS, as_device
from support.backtests import heating, report_of
from support.fake_services import START, FakeReplaying
from support.history import rule
from support.rule_services import RuleServices

import twins.devices
import twins.people
from actors.backtest.report import Progress, Report
from actors.errors import BacktestFailed, Unavailable
from gateway.api.app import create_app
from gateway.api.backtest_jobs import KEPT
from twins.kind import KINDS

assert twins.devices
assert twins.people, "vehicles mirror what they tell"

ROOT = "/v1/backtests"
HOT = "{rule: hot, kind: vehicle, on: telemetry, when: coolant_c > 100}"
COLD = "{rule: cold, kind: vehicle, on: telemetry, when: coolant_c < 60}"
OVEN = "{rule: open, kind: oven, on: telemetry, when: inside_c < 60}"
BROUGHT = "engine.overheating"
RULES = sorted(KINDS["vehicle"].ruleset.rules)
TABLES = [name for one in KINDS["vehicle"].ruleset.documents if (name := one["rule"]) not in RULES]
ALL = [*RULES, *TABLES]
"""That vehicles bring, with the decision tables that they use."""


def given(*texts: str, **more: Any) -> dict[str, Any]:
    """Rules for the last hour."""
    return {"files": [{"text": text} for text in texts], "since": START - 3600.0, **more}


class Desk:
    """Somebody who tries rules."""

    def __init__(self) -> None:
        self.services = RuleServices()
        self.app = create_app(self.services, KEYS)
        self._transport = httpx2.ASGITransport(app=self.app)

    async def __call__(
        self, method: str, path: str = "", data: Any = None, headers: Any = None
    ) -> Any:
        """One call: (status, content)."""
        async with httpx2.AsyncClient(
            transport=self._transport, base_url="http://vigil.test", headers=headers or AS_OPERATOR
        ) as client:
            answer = await client.request(method, f"{ROOT}{path}", json=data)
            return answer.status_code, answer.json()

    async def start(self, data: Any) -> FakeReplaying:
        """Begin one, and return what the cluster makes of it."""
        status, found = await self("POST", "", data)

        assert 202 == status, found

        return self.services.backtests[-1]

    async def get(self, path: str) -> Any:
        """What is there."""
        status, found = await self("GET", path)

        assert 200 == status, found

        return found

    async def ended(self, backtest: str) -> Any:
        """Wait until one has ended."""
        async with asyncio.timeout(5.0):
            while (found := await self.get(f"/{backtest}"))["state"] == "running":
                await asyncio.sleep(0)
        return found


@pytest.fixture
def desk() -> Desk:
    """A cluster with vehicles, and no backtest yet."""
    return Desk()


def id_of(number: int) -> str:
    """Of the first, the second, … that is begun at `START`."""
    return f"b{int(START) + number - 1}"


@pytest.fixture(scope="module")
def report() -> Report:
    """What comes of one."""
    return report_of(heating(), [rule("hot")], [rule("hot", "coolant_c > 101")])


async def test_it_is_begun_followed_and_done(desk: Desk, report: Report) -> None:
    """Progress while it runs, and the whole report when it is done."""
    running = await desk.start(given(HOT, share=0.1, examples=5))
    running.progresses = [Progress(partitions=4, blocks=10, blocks_done=3, eta_s=7.0)]
    first = await desk.get(f"/{id_of(1)}")
    running.progresses = [Progress(partitions=4, blocks=10, blocks_done=10, eta_s=0.0)]
    running.finish(report)
    found = await desk.ended(id_of(1))

    assert ("running", 7.0, None) == (first["state"], first["progress"]["eta_s"], first["report"])
    assert (START, START - 3600.0, 0.1) == (first["started_at"], first["since"], first["share"])
    assert [
        {"kind": "vehicle", "version": 0, "live": len(RULES), "candidate": len(RULES) + 1}
    ] == first["kinds"]
    assert ("done", 10, START) == (
        found["state"], found["progress"]["blocks_done"], found["ended_at"],
    )  # fmt: skip
    hot = next(one for one in found["report"]["rules"] if one["rule"] == "hot")
    assert (report.rules[0].candidate, "changed") == (hot["candidate"], hot["change"])
    assert {"coolant_c": 102.0} == hot["first"][0]["inputs"]
    assert ["outcomes"] == [one["code"] for one in found["report"]["caveats"]]
    assert 1 == running.ended


async def test_candidates_are_put_over_the_published_rules(desk: Desk) -> None:
    """Others of the kind stay; where the candidates are all there is, they are missing."""
    over = await desk.start(given(HOT, OVEN))
    await desk("POST", f"/{id_of(1)}/cancel")
    whole = await desk.start(given(HOT, OVEN, whole=["vehicle"], kind="vehicle"))

    vehicle, oven = over.spec.kinds
    assert ALL == [document["rule"] for document in vehicle.live]
    assert [*sorted([*RULES, "hot"]), *TABLES] == [
        document["rule"] for document in vehicle.candidate
    ]
    assert ([], ["open"]) == (oven.live, [document["rule"] for document in oven.candidate])
    (vehicle,) = whole.spec.kinds
    assert ["hot"] == [document["rule"] for document in vehicle.candidate]


async def test_rules_of_several_texts_make_one_candidate(desk: Desk) -> None:
    """A rule may be published, or given, or both; the given one counts."""
    running = await desk.start(given(HOT, f"{{rule: {BROUGHT}, kind: vehicle}}"))

    (vehicle,) = running.spec.kinds
    assert [
        {"rule": BROUGHT, "kind": "vehicle"},
        {"rule": "hot", "kind": "vehicle", "on": "telemetry", "when": "coolant_c > 100"},
    ] == [one for one in vehicle.candidate if one["rule"] in (BROUGHT, "hot")]
    assert {*ALL, "hot"} == {one["rule"] for one in vehicle.candidate}


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (given(HOT.replace("coolant_c", "colant_c")), "colant_c"),
        (given(HOT.replace("telemetry", "nothing")), "nothing"),
        (given("{rule: hot"), "1:"),
        (given(HOT, COLD, HOT), "hot: rule: another rule has this name"),
        (given(HOT, kind="boat"), "none of these rules is of kind 'boat'"),
        (given(HOT, since=START), "before now"),
        (given(HOT, share=0.0), "share"),
        (given(HOT, share=1.5), "share"),
        (given(), "files"),
    ],
)
async def test_what_cannot_be_tried_is_told(desk: Desk, data: Any, said: str) -> None:
    """Before anything is read; rules are told apart by file, line and word."""
    status, found = await desk("POST", "", data)

    assert 422 == status
    assert said in found["detail"]
    assert [] == desk.services.backtests


async def test_it_can_be_cancelled(desk: Desk, report: Report) -> None:
    """Its process is ended at once; what it might still say counts no more."""
    running = await desk.start(given(HOT))
    status, found = await desk("POST", f"/{id_of(1)}/cancel")
    running.finish(report)
    again = await desk("POST", f"/{id_of(1)}/cancel")

    assert (200, "cancelled", None) == (status, found["state"], found["report"])
    assert 1 == running.ended
    assert found == again[1]


async def test_there_is_one_at_a_time(desk: Desk, report: Report) -> None:
    """A second one is refused, with the first one's id, until that has ended."""
    first = await desk.start(given(HOT))
    status, found = await desk("POST", "", given(COLD))
    first.finish(report)
    await desk.ended(id_of(1))
    await desk.start(given(COLD))

    assert 409 == status
    assert f"{id_of(1)} is under way" in found["detail"]
    assert id_of(2) == (await desk.get(""))["items"][0]["id"]


async def test_the_last_ones_are_remembered(desk: Desk, report: Report) -> None:
    """Newest first, without their reports in the list; older ones are forgotten."""
    for number in range(1, KEPT + 3):
        running = await desk.start(given(HOT))
        running.finish(report)
        await desk.ended(id_of(number))
    items = (await desk.get(""))["items"]
    status, found = await desk("GET", f"/{id_of(1)}")

    assert [id_of(number) for number in range(KEPT + 2, 1, -1)] == [one["id"] for one in items]
    assert [None] * (KEPT + 1) == [one["report"] for one in items]
    assert (await desk.get(f"/{id_of(2)}"))["report"] is not None
    assert (404, True) == (status, f"no backtest {id_of(1)}" in found["detail"])


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (BacktestFailed("replay a sample"), "replay a sample"),
        (ValueError("odd"), "ValueError: odd"),
    ],
)
async def test_one_that_fails_says_why(desk: Desk, error: Exception, said: str) -> None:
    """What was raised on purpose stands as it is; its process is ended."""
    running = await desk.start(given(HOT))
    running.finish(error)
    found = await desk.ended(id_of(1))

    assert ("failed", said, None) == (found["state"], found["problem"], found["report"])
    assert 1 == running.ended


async def test_one_that_does_not_say_how_far_it_is_keeps_what_it_said(desk: Desk) -> None:
    """A process that is busy is no error."""
    running = await desk.start(given(HOT))
    running.progresses = [Progress(blocks=10, blocks_done=3)]
    await desk.get(f"/{id_of(1)}")
    running.trouble = Unavailable("gone for a moment")
    found = await desk.get(f"/{id_of(1)}")

    assert ("running", 3) == (found["state"], found["progress"]["blocks_done"])


async def test_a_cluster_that_is_away_begins_none(desk: Desk) -> None:
    """The error is the cluster's, and nothing is remembered."""
    desk.services.trouble = Unavailable("nobody owns it")
    status, _ = await desk("POST", "", given(HOT))
    desk.services.trouble = None

    assert 503 == status
    assert [] == (await desk.get(""))["items"]


async def test_what_is_under_way_ends_with_the_application(desk: Desk) -> None:
    """No process stays behind."""
    async with desk.app.router.lifespan_context(desk.app):
        running = await desk.start(given(HOT))

    assert 1 == running.ended
    assert "cancelled" == (await desk.get(f"/{id_of(1)}"))["state"]


async def test_an_id_of_before_names_no_other_one(desk: Desk, report: Report) -> None:
    """The API was started again: what it was asked for before is gone, not another one's."""
    (await desk.start(given(HOT))).finish(report)
    await desk.ended(id_of(1))
    later = Desk()
    later.services.now = START + 60.0
    (await later.start(given(COLD))).finish(report)
    status, _ = await later("GET", f"/{id_of(1)}")

    assert (404, "done") == (status, (await later.ended(id_of(61)))["state"])


async def test_it_is_for_operators(desk: Desk) -> None:
    """Devices may not read what others did."""
    status, _ = await desk("POST", "", given(HOT), headers=as_device("vehicle/v1"))

    assert 401 == status
