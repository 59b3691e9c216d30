"""The hub: every watcher sees the last state of what she wants, in bounded memory."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from support.arrangements import arrangement, put
from support.fake_services import START, FakeServices

from actors.state import TwinState
from actors.store.filter import parse
from gateway.api.live import KEPT, MAX_WAITING_SIGNALS, Interest, Item, LiveHub
from gateway.api.pulse import Pulse
from gateway.api.services import Change
from twins.outputs import Signal

Feed = AsyncGenerator[tuple[str | None, Item], None]
QUIET = {"hello", "status"}


def hub_of(services: FakeServices) -> LiveHub:
    """A hub over a cluster in memory."""
    return LiveHub(services, Pulse(services))


def signal(key: str, number: int = 1) -> Signal:
    """What a vehicle noticed."""
    return Signal(f"{key}-{number}", "engine.overheating", f"vehicle/{key}", START, {"n": number})


async def begin(services: FakeServices, feed: Feed) -> list[Item]:
    """Read until the first status; from then on the hub reads changes."""
    items = []
    async for _, item in feed:
        items.append(item)
        if item.event == "status":
            break
    await services.opened.wait()
    return items


async def take(feed: Feed, count: int) -> list[tuple[str | None, Item]]:
    """So many items, greetings and heartbeats not among them."""
    items: list[tuple[str | None, Item]] = []
    async for id_, item in feed:
        if item.event not in QUIET:
            items.append((id_, item))
            if len(items) == count:
                break
    return items


def said(items: list[tuple[str | None, Item]]) -> list[tuple[str, Any]]:
    """Event and twin of each item."""
    return [
        (item.event, item.data.twin_id if item.event == "signal" else item.data.id)
        for _, item in items
    ]


async def test_watcher_is_greeted_and_sees_what_changes() -> None:
    """Hello, status, and then signals and states with rising ids."""
    services = FakeServices()
    async with aclosing(hub_of(services).watch(Interest())) as feed:
        greeting = await begin(services, feed)
        services.change(services.add("vehicle/v1"), signals=(signal("v1"),))
        items = await take(feed, 2)

    assert ["hello", "status"] == [item.event for item in greeting]
    assert [("signal", "vehicle/v1"), ("change", "vehicle/v1")] == said(items)
    assert ["1", "2"] == [str(id_).rpartition(".")[2] for id_, _ in items]


async def test_newer_state_replaces_the_one_not_yet_seen() -> None:
    """A slow watcher misses what was in between, never the last one."""
    services = FakeServices()
    async with aclosing(hub_of(services).watch(Interest())) as feed:
        await begin(services, feed)
        for speed in range(100):
            services.change(services.add("vehicle/v1", speed_kmh=float(speed)))
        services.change(services.add("vehicle/v2"))
        items = await take(feed, 2)

    assert [("change", "vehicle/v1"), ("change", "vehicle/v2")] == said(items)
    assert 99.0 == items[0][1].data.state["speed_kmh"]


async def test_filters_by_kind_twin_and_state() -> None:
    """Each watcher sees what she asked for, and signals by kind and twin."""
    services = FakeServices()
    hub = hub_of(services)
    last = services.add("parcel/p9", weight_kg=1.0)
    interests = [
        Interest(kind="parcel"),
        Interest(twin_id="vehicle/v2"),
        Interest(where=parse("speed_kmh > 50")),
    ]
    seen = []
    for interest in interests:
        async with aclosing(hub.watch(interest)) as feed:
            services.opened.clear()
            await begin(services, feed)
            services.change(
                services.add("vehicle/v1", speed_kmh=60.0),
                services.add("vehicle/v2", speed_kmh=40.0),
                last,
                signals=(signal("v2"),),
            )
            seen.append(said(await take(feed, 2 if interest.kind is None else 1)))

    expected = [
        [("change", "parcel/p9")],
        [("signal", "vehicle/v2"), ("change", "vehicle/v2")],
        [("signal", "vehicle/v2"), ("change", "vehicle/v1")],
    ]

    assert expected == seen


async def test_supervisors_change_shows_its_arrangement() -> None:
    """Beside the state comes what people see of it."""
    services = FakeServices()
    async with aclosing(hub_of(services).watch(Interest())) as feed:
        await begin(services, feed)
        services.change(put(services, arrangement()))
        items = await take(feed, 2)

    assert ["change", "arrangement"] == [item.event for _, item in items]
    assert "vehicle/v1" == items[1][1].data.twin_id


async def test_twins_beyond_the_limit_are_counted_as_lost() -> None:
    """The first ones stay, supervisors always come, and the rest is said to be missing."""
    services = FakeServices()
    async with aclosing(hub_of(services).watch(Interest(twins=2))) as feed:
        await begin(services, feed)
        services.change(
            *(services.add(f"vehicle/v{number}") for number in range(5)),
            put(services, arrangement()),
        )
        items = await take(feed, 5)

    assert ["change", "change", "change", "arrangement", "lost"] == [
        item.event for _, item in items
    ]
    assert {"count": 3} == items[4][1].data


async def test_flood_of_signals_is_bounded() -> None:
    """The newest are kept; how many were dropped is said."""
    services = FakeServices()
    async with aclosing(hub_of(services).watch(Interest())) as feed:
        await begin(services, feed)
        flood = tuple(signal("v1", number) for number in range(MAX_WAITING_SIGNALS + 7))
        services.change(signals=flood)
        items = await take(feed, MAX_WAITING_SIGNALS + 1)

    assert 7 == items[0][1].data.data["n"]
    assert {"count": 7} == items[-1][1].data


async def test_returning_watcher_goes_on_where_she_was() -> None:
    """With the last id she has seen, while another one keeps the feed running."""
    services = FakeServices()
    hub = hub_of(services)
    async with aclosing(hub.watch(Interest())) as other:
        await begin(services, other)
        services.change(services.add("vehicle/v1"))
        (last_id, _), *_ = await take(other, 1)
        services.change(services.add("vehicle/v2"), services.add("vehicle/v3"))
        await take(other, 2)
        async with aclosing(hub.watch(Interest(), last_id)) as feed:
            items = await take(feed, 2)

    assert [("change", "vehicle/v2"), ("change", "vehicle/v3")] == said(items)


async def test_returning_too_late_is_said() -> None:
    """An id of another run, a made-up one, or one too old: something is missing then."""
    services = FakeServices()
    hub = hub_of(services)
    async with aclosing(hub.watch(Interest())) as other:
        await begin(services, other)
        vehicle = services.add("vehicle/v1")
        for _ in range(KEPT + 2):
            services.change(vehicle)
        (now_id, _), *_ = await take(other, 1)
        run = str(now_id).partition(".")[0]
        lost = []
        for last_id in (f"{run}.1", f"{run}.9999999", f"{run}.x", "other.1", "", "."):
            async with aclosing(hub.watch(Interest(), last_id)) as feed:
                lost += await take(feed, 1)

    assert [("lost", {"count": None})] * 6 == [(item.event, item.data) for _, item in lost]


async def test_broken_feed_is_read_anew() -> None:
    """Watchers stay, and see what comes after."""
    services = FakeServices()
    hub = hub_of(services)
    hub.again_s = 0.0
    async with aclosing(hub.watch(Interest())) as feed:
        await begin(services, feed)
        for error in (RuntimeError("the connection broke"), None):
            services.opened.clear()
            services.end_feeds(error)
            await services.opened.wait()
        services.change(services.add("vehicle/v1"))
        items = await take(feed, 1)

    assert [("change", "vehicle/v1")] == said(items)


async def test_trouble_of_the_cluster_is_told_as_status() -> None:
    """The stream does not break because the cluster is in trouble."""
    services = FakeServices()
    services.trouble = ConnectionError("no coordinator")
    async with aclosing(hub_of(services).watch(Interest())) as feed:
        items = await begin(services, feed)

    status = items[-1].data

    assert status["healthy"] is False
    assert "no coordinator" in status["problems"][0]


async def test_nobody_is_asked_when_nobody_watches() -> None:
    """The feed of changes ends with the last watcher, however it left."""
    services = FakeServices()
    hub = hub_of(services)
    feeds = [hub.watch(Interest()) for _ in range(2)]
    for feed in feeds:
        await begin(services, feed)
    watching = hub.watchers, len(services.feeds)
    for feed in feeds:
        await feed.aclose()
    await asyncio.sleep(0)
    await asyncio.sleep(0)

    assert ((2, 1), (0, 0)) == (watching, (hub.watchers, len(services.feeds)))


async def test_a_watcher_that_leaves_as_something_comes_is_gone() -> None:
    """Her end is heard, though what she waited for comes in the same turn of the loop."""
    services = FakeServices()
    hub = hub_of(services)
    feed = hub.watch(Interest())
    await begin(services, feed)
    reading = asyncio.create_task(take(feed, 2))
    while not any(watcher.ready._waiters for watcher in hub._watchers):
        await asyncio.sleep(0)
    hub._spread(Change(0, [services.add("vehicle/v1")], []))
    reading.cancel()
    await asyncio.wait({reading}, timeout=10)

    assert reading.cancelled()
    assert 0 == hub.watchers


async def test_closed_hub_reads_nothing() -> None:
    """At the end of the process."""
    services = FakeServices()
    hub = hub_of(services)
    async with aclosing(hub.watch(Interest())) as feed:
        await begin(services, feed)
        await hub.close()

        assert [] == services.feeds


def test_states_of_bare_twins_are_wanted_by_default() -> None:
    """No filter lets everything pass."""
    state = TwinState("a/b", "a", 1, 1, 0.0, 0, 0, exists=True, state={})

    assert Interest().wants(state)
    assert not Interest(twin_id="a/c").wants(state)
