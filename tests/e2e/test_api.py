"""The API on a whole node: the past as it was, and a feed that outlives the API's own process."""

import asyncio
from typing import Any

import httpx2
import pytest
import ray

from actors.state import TwinState
from deploy.node import Node
from gateway.auth import device_token
from gateway.client import ApiProblem, ApiUnreachable, Client
from gateway.trace_views import Traces, TraceView

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.timeout(180),
    pytest.mark.asyncio(loop_scope="module"),
]

QUIET = {"hello", "status"}


def client_of(node: Node) -> Client:
    """An operator's."""
    return Client(node.api_url, node.running.operator_token)


def measure(api: Client, twin_id: str, **reading: Any) -> TwinState:
    """Let its device send, and read what came of it."""
    sent = api.send(twin_id, "telemetry", reading, as_device=True)
    return api.state(twin_id, sent.position)


def plain(state: TwinState) -> tuple[Any, ...]:
    """What a look into the past has to say alike."""
    return state.applied, state.digest, state.revision, state.changed, state.state


async def test_past_is_what_was_read_then(node: Node) -> None:
    """At each position and each time, over checkpoints, messages between twins and reminders."""

    def run() -> tuple[list[TwinState], list[TwinState], list[TwinState]]:
        seen = []
        with client_of(node) as api:
            for number in range(8):
                seen.append(measure(api, "vehicle/past", coolant_c=80.0 + number))
                if number == 2:
                    api.twins.patch("vehicle/past", {"owner": "customer/past"})
                if number == 4:
                    api.twins.maintain("vehicle/past", "Mika", 0.4)
                seen.append(api.state("vehicle/past"))
            by_position = [api.then("vehicle/past", position=one.position) for one in seen]
            by_time = [api.then("vehicle/past", at=one.now) for one in seen]
        assert all(one.exact for one in (*by_position, *by_time))
        return seen, [one.state for one in by_position], [one.state for one in by_time]

    seen, by_position, by_time = await asyncio.to_thread(run)

    assert [plain(one) for one in seen] == [plain(one) for one in by_position]
    # Several blocks may have one stamp: by time, it is the last of them.
    assert all(then.applied >= one.applied for one, then in zip(seen, by_time, strict=True))
    assert plain(seen[-1]) == plain(by_time[-1])


async def test_position_that_does_not_exist_yet(node: Node) -> None:
    """It is said where the log ends."""

    def run() -> None:
        with client_of(node) as api:
            api.then("vehicle/past", position=10**12)

    with pytest.raises(ApiProblem, match="its log ends at"):
        await asyncio.to_thread(run)


async def test_a_traced_message_is_followed_through_all_processes(node: Node) -> None:
    """From the call of the API until it was applied, each stage after the one before."""
    trace, user = "0af7651916cd43dd8448eb211c80319c", "vehicle/traced"
    event = {
        "specversion": "1.0", "id": "t1", "source": user, "subject": user,
        "type": "telemetry", "data": {"coolant_c": 90.0},
    }  # fmt: skip
    headers = {
        "Authorization": f"Bearer {user}:{device_token(node.secrets.device_key, user)}",
        "Content-Type": "application/cloudevents+json",
        "traceparent": f"00-{trace}-b7ad6b7169203331-01",
    }

    def run() -> tuple[TraceView, Traces]:
        answer = httpx2.post(f"{node.api_url}/v1/events", json=event, headers=headers)
        position = answer.raise_for_status().json()["events"][0]["position"]
        with client_of(node) as api:
            api.state(user, position)
            return api.get(f"/v1/traces/{trace}", TraceView), api.get("/v1/traces", Traces)

    view, traces = await asyncio.to_thread(run)
    stages = {one.name: one for one in view.spans}
    ends = [stages[name].ended for name in ("take", "append", "apply")]

    assert {"call", "take", "append", "log", "apply"} == set(stages)
    assert ["api", "gateway", "gateway", "host", "host"] == [
        stages[name].process.partition("-")[0]
        for name in ("call", "take", "append", "log", "apply")
    ]
    assert stages["append"].attributes["position"] == stages["apply"].attributes["position"]
    assert sorted(ends[:2]) == ends[:2]
    assert stages["take"].ended <= stages["apply"].began <= ends[2]
    assert trace in {one.id for one in traces.items}
    assert [] == view.unreachable


class Follower:
    """Reads the feed of one kind, and comes back whenever it breaks."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self.last_id: str | None = None
        self.revisions: dict[str, list[int]] = {}
        self.signals: list[str] = []
        self.lost = 0

    def follow(self, items: int, until: str = "") -> None:
        """Read so many items; or up to the status after a twin's change: by then all was told."""
        ends = False
        with (
            client_of(self._node) as api,
            api.live(kind="vehicle", last_id=self.last_id) as feed,
        ):
            for event in feed:
                self.last_id = event.id or self.last_id
                if event.event == "change":
                    self.revisions.setdefault(event.data["id"], []).append(event.data["applied"])
                    ends = ends or event.data["id"] == until
                elif event.event == "signal":
                    self.signals.append(event.data["id"])
                self.lost += event.event == "lost"
                items -= event.event not in QUIET
                if items <= 0 or (ends and event.event == "status"):
                    return


async def test_feed_goes_on_where_it_was_though_the_api_is_killed(node: Node) -> None:
    """Connections break in the middle, and the process behind them, too; nothing is missed.

    Of a car each revision at most once and in order, and the last one surely; each signal once.
    """
    follower = Follower(node)
    await asyncio.to_thread(follower.follow, 0)

    def drive(first: int) -> list[TwinState]:
        with client_of(node) as api:
            return [
                measure(api, f"vehicle/fed{number % 3}", coolant_c=99.0 + first + number / 3)
                for number in range(24)
            ]

    def until_up() -> None:
        with client_of(node) as api:
            api.status()

    last = await asyncio.to_thread(drive, 0)
    await asyncio.to_thread(follower.follow, 2)
    actor: Any = node.actors["api"]
    ray.kill(actor, no_restart=False)
    async with asyncio.timeout(60):
        while True:
            try:
                await asyncio.to_thread(until_up)
            except (ApiUnreachable, ApiProblem):
                await asyncio.sleep(0.2)
            else:
                break
    last = await asyncio.to_thread(drive, 8)

    def end() -> None:
        with client_of(node) as api:
            measure(api, "vehicle/fed-end", coolant_c=20.0)

    await asyncio.to_thread(follower.follow, 3)
    await asyncio.to_thread(end)
    await asyncio.to_thread(follower.follow, 10_000, "vehicle/fed-end")

    assert 0 == follower.lost
    for state in last[-3:]:
        seen = follower.revisions[state.id]

        assert sorted(set(seen)) == seen
        assert state.applied <= seen[-1]
    assert len(set(follower.signals)) == len(follower.signals)
    assert {one.partition("~")[0] for one in follower.signals} >= {
        f"vehicle/fed{number}" for number in range(3)
    }
