"""The hub: every watcher sees the last state of what she wants, in bounded memory."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

import pytest
from support.arrangements import arrangement, put
from support.fake_services import START, FakeServices

import gateway.api.live
import gateway.api.pulse
from actors.state import TwinState
from actors.store.filter import parse
from gateway.api.live import Interest, Item, LiveHub
from gateway.api.live_room import MAX_SIGNALS
from gateway.api.pulse import Pulse
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
    return [(item.event, _twin(item)) for _, item in items]


def _twin(item: Item) -> Any:
    if item.event == "left":
        return item.data["id"]
    return item.data.twin_id if item.event == "signal" else item.data.id


async def test_watcher_is_greeted_and_sees_what_changes() -> None:
    """Hello, status, and then signals and states with rising ids."""
    services = FakeServices()
    async with aclosing(hub_of(services).watch(Interest())) as feed:
        greeting = await begin(services, feed)
        services.change(services.add("vehicle/v1"), signals=(signal("v1"),))
        items = await take(feed, 2)

    assert ["hello", "status"] == [item.event for item in greeting]
    assert [("signal", "vehicle/v1"), ("change", "vehicle/v1")] == said(items)
    assert ["0,0,0,1:!v1-1", "0,0,0,1:vehicle/v1"] == [id_ for id_, _ in items]


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
        (1, Interest(kind="parcel")),
        (2, Interest(twin_id="vehicle/v2")),
        (4, Interest(where=parse("speed_kmh > 50"))),
    ]
    seen = []
    for count, interest in interests:
        async with aclosing(hub.watch(interest)) as feed:
            services.opened.clear()
            await begin(services, feed)
            services.change(
                services.add("vehicle/v1", speed_kmh=60.0),
                services.add("vehicle/v2", speed_kmh=40.0),
                last,
                signals=(signal("v2"),),
            )
            seen.append(said(await take(feed, count)))

    expected = [
        [("change", "parcel/p9")],
        [("signal", "vehicle/v2"), ("change", "vehicle/v2")],
        [
            *[("signal", "vehicle/v2"), ("left", "parcel/p9")],
            *[("change", "vehicle/v1"), ("left", "vehicle/v2")],
        ],
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

    assert ["change", "arrangement", "change", "change", "lost"] == [
        item.event for _, item in items
    ]
    assert {"count": 3} == items[4][1].data


async def test_flood_of_signals_is_bounded() -> None:
    """The newest are kept; how many were dropped is said."""
    services = FakeServices()
    async with aclosing(hub_of(services).watch(Interest())) as feed:
        await begin(services, feed)
        for number in range(MAX_SIGNALS + 7):
            services.change(signals=(signal("v1", number),))
        items = await take(feed, MAX_SIGNALS + 1)

    assert 7 == items[0][1].data.data["n"]
    assert {"count": 7} == items[-1][1].data


async def test_returning_watcher_goes_on_where_she_was() -> None:
    """With the last id that she has seen; what changed meanwhile comes once, as it is."""
    services = FakeServices()
    hub = hub_of(services)
    async with aclosing(hub.watch(Interest())) as feed:
        await begin(services, feed)
        services.change(services.add("vehicle/v1"))
        (last_id, _), *_ = await take(feed, 1)
    for speed in range(3):
        services.change(services.add("vehicle/v2", speed_kmh=float(speed)), signals=(signal("v2"),))
    services.change(services.add("vehicle/v3"))
    async with aclosing(hub_of(services).watch(Interest(), last_id)) as feed:
        items = await take(feed, 5)

    assert [
        *[("signal", "vehicle/v2")] * 3, ("change", "vehicle/v2"), ("change", "vehicle/v3"),
    ] == said(items)  # fmt: skip
    assert 2.0 == items[3][1].data.state["speed_kmh"]


async def test_ids_that_lead_nowhere_are_said_to() -> None:
    """A made-up one, one of another number of partitions, or of another log."""
    services = FakeServices()
    services.change(services.add("vehicle/v1"))
    lost = []
    for last_id in ("x", "", ",", "1,2", "0,0,0,99", "0,0,0,1,0", "0,0,0,1:a b"):
        async with aclosing(hub_of(services).watch(Interest(), last_id)) as feed:
            lost += await take(feed, 1)

    assert [("lost", {"count": None})] * 7 == [(item.event, item.data) for _, item in lost]


async def test_what_nobody_knows_any_more_is_said_to_be_lost() -> None:
    """And what is known comes all the same."""
    services = FakeServices()
    for number in range(3):
        services.change(services.add(f"vehicle/v{number}"))
    services.forgotten = 2
    async with aclosing(hub_of(services).watch(Interest(), "0,0,0,0")) as feed:
        items = await take(feed, 4)

    assert ["lost", "change", "change", "change"] == [item.event for _, item in items]


async def test_message_that_was_lost_is_asked_for() -> None:
    """When the next one does not follow it."""
    services = FakeServices()
    async with aclosing(hub_of(services).watch(Interest())) as feed:
        await begin(services, feed)
        services.deaf = True
        services.change(services.add("vehicle/v1"), signals=(signal("v1"),))
        services.deaf = False
        services.change(services.add("vehicle/v2"))
        items = await take(feed, 3)

    assert [("signal", "vehicle/v1"), ("change", "vehicle/v1"), ("change", "vehicle/v2")] == said(
        items
    )


async def test_last_message_that_was_lost_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing comes after it; but the status says that the partition stands further on."""
    monkeypatch.setattr(gateway.api.live, "STATUS_S", 0.01)
    services = FakeServices()
    hub = hub_of(services)
    monkeypatch.setattr(gateway.api.pulse, "FRESH_S", 0.0)
    async with aclosing(hub.watch(Interest())) as feed:
        await begin(services, feed)
        services.deaf = True
        services.change(services.add("vehicle/v1"))
        async with asyncio.timeout(10):
            items = await take(feed, 1)

    assert [("change", "vehicle/v1")] == said(items)


async def test_supervisors_arrangement_is_not_missed_between_the_two() -> None:
    """The connection broke behind the change, before its arrangement: only that comes again."""
    services = FakeServices()
    services.change(put(services, arrangement()))
    async with aclosing(hub_of(services).watch(Interest(), "0,0,0,0")) as feed:
        (first, _), (second, _) = await take(feed, 2)
    seen = []
    for last_id in (first, second):
        async with aclosing(hub_of(services).watch(Interest(), last_id)) as feed:
            items = await begin(services, feed)
            seen.append([item.event for item in items if item.event not in QUIET])

    assert [["arrangement"], []] == seen


class Seen:
    """What one watcher has seen, over all her connections."""

    def __init__(self) -> None:
        self.last_id: str | None = "0,0,0,0"
        self.revisions: dict[str, list[int]] = {}
        self.signals: list[str] = []

    def take(self, id_: str | None, item: Item) -> None:
        """Note one item."""
        if item.event == "change":
            self.revisions.setdefault(item.data.id, []).append(item.data.state["n"])
        elif item.event == "signal":
            self.signals.append(item.data.id)
        self.last_id = id_ or self.last_id

    async def watch(self, services: FakeServices, items: int, until: str) -> None:
        """See so many items over a connection of another process, or up to a twin's change."""
        async with aclosing(hub_of(services).watch(Interest(), self.last_id)) as feed:
            async for id_, item in feed:
                self.take(id_, item)
                items -= item.event not in QUIET
                if items <= 0 or (item.event == "change" and item.data.id == until):
                    return


@pytest.mark.parametrize("seed", range(20))
async def test_every_change_once_however_often_the_connection_breaks(seed: int) -> None:
    """At random places, with messages lost at random, and with another process each time.

    Of a twin each revision at most once and in order, and the last one surely; each signal once.
    """
    chance = random.Random(seed)
    services, seen = FakeServices(), Seen()
    counts: Counter[str] = Counter()
    sent: list[str] = []

    def happen() -> None:
        for _ in range(chance.randrange(1, 8)):
            services.deaf = chance.random() < 0.3
            key = f"v{chance.randrange(4)}"
            counts[key] += 1
            noticed = (signal(key, counts[key]),) if chance.random() < 0.5 else ()
            sent.extend(one.id for one in noticed)
            services.change(services.add(f"vehicle/{key}", n=counts[key]), signals=noticed)
        services.deaf = False
        services.change(services.add("parcel/end", n=len(services.told)))

    services.on_watch = happen
    for _ in range(12):
        async with asyncio.timeout(10):
            await seen.watch(services, chance.randrange(1, 7), "parcel/end")
    services.on_watch = None
    services.change(services.add("parcel/last", n=0))
    async with asyncio.timeout(10):
        await seen.watch(services, 1_000_000, "parcel/last")

    assert sent == seen.signals, f"seed {seed}"
    for key, count in counts.items():
        revisions = seen.revisions[f"vehicle/{key}"]

        assert sorted(set(revisions)) == revisions, f"seed {seed}: {key} twice, or out of order"
        assert count == revisions[-1], f"seed {seed}: the last change of {key} is missing"


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
    services.change(services.add("vehicle/v1"))
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

    assert Interest().reaches(state)
    assert not Interest(twin_id="a/c").reaches(state)
