"""A watcher with a filter: she has the twins that match it, and hears of each that leaves."""

import asyncio
import random
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace

import pytest
from support.fake_services import START, FakeServices

import gateway.api.live
import gateway.api.live_match
import gateway.api.pulse
from actors.changes import Change, Changed
from actors.state import TwinState
from actors.store.base import Page
from actors.store.filter import parse
from gateway.api.live import Interest, Item, LiveHub
from gateway.api.live_match import Match
from gateway.api.live_room import Room
from gateway.api.pulse import Pulse
from gateway.api.stream import interest

Feed = AsyncGenerator[tuple[str | None, Item], None]
FAST = "speed_kmh > 50"
Told = list[tuple[str, str]]


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Heartbeats without pauses: what depends on them comes at once."""
    monkeypatch.setattr(gateway.api.live, "STATUS_S", 0.0)
    monkeypatch.setattr(gateway.api.pulse, "FRESH_S", 0.0)


class Searched(FakeServices):
    """A cluster that counts its searches, and whose checkpoints may lag behind for ever."""

    def __init__(self, *, behind: bool = False) -> None:
        super().__init__()
        for part in self.report["partitions"]:
            part["committed"] = 0 if behind else 1_000_000
        self.searches: list[str] = []

    async def search(self, where: str, sort: str | None, limit: int, cursor: str | None) -> Page:
        """As the store does."""
        self.searches.append(where)
        return await super().search(where, sort, limit, cursor)

    def drive(self, key: str, speed_kmh: float) -> None:
        """A vehicle's speed changes."""
        self.change(self.add(f"vehicle/{key}", speed_kmh=speed_kmh))


def watch(services: FakeServices, wanted: Interest, last_id: str | None = None) -> Feed:
    """A connection of its own, to a process of its own."""
    return LiveHub(services, Pulse(services)).watch(wanted, last_id)


async def pass_heartbeats(feed: Feed, count: int = 1) -> Told:
    """What comes until so many heartbeats have passed."""
    told: Told = []
    async with asyncio.timeout(10):
        async for _, item in feed:
            if item.event in {"change", "left"}:
                told.append((item.event, idof(item)))
            count -= item.event == "status"
            if not count:
                break
    return told


def idof(item: Item) -> str:
    """Which twin an item is about."""
    return item.data.id if isinstance(item.data, TwinState) else str(item.data["id"])


async def connected(services: FakeServices, feed: Feed) -> None:
    """From here on she is told, and knows what matched when she came."""
    await pass_heartbeats(feed, 2)
    async with asyncio.timeout(10):
        await services.opened.wait()


async def test_a_twin_that_leaves_is_told_once() -> None:
    """With its revision; and again when it came back in between."""
    services = Searched()
    async with aclosing(watch(services, interest(where=FAST))) as feed:
        await connected(services, feed)
        told: list[Told] = []
        for speed in (60.0, 40.0, 30.0, 70.0, 20.0):
            services.drive("v1", speed)
            told.append(await pass_heartbeats(feed, 2))

    change, left = [("change", "vehicle/v1")], [("left", "vehicle/v1")]

    assert [change, left, [], change, left] == told


async def test_what_is_told_of_a_twin_that_left() -> None:
    """Which one, which revision, and when: not what it is now."""
    services = Searched()
    async with aclosing(watch(services, interest(where=FAST), "0,0,0,0")) as feed:
        services.change(replace(services.add("vehicle/v1", speed_kmh=10.0), revision="9"))
        async with asyncio.timeout(10):
            async for _, item in feed:
                if item.event not in {"hello", "status"}:
                    break

    assert Item("left", {"id": "vehicle/v1", "revision": "9", "at": item.data["at"]}) == item
    assert START == item.data["at"]


async def test_a_state_that_waits_is_not_told_when_it_matches_no_more() -> None:
    """She never sees as matching what has long left."""
    services = Searched()
    async with aclosing(watch(services, interest(where=FAST))) as feed:
        await connected(services, feed)
        services.drive("v1", 60.0)
        services.drive("v1", 40.0)
        told = await pass_heartbeats(feed, 2)

    assert [("left", "vehicle/v1")] == told


async def test_twins_that_matched_when_she_came_are_hers() -> None:
    """One search finds them; what never matched is not told. The kind narrows the search."""
    services = Searched()
    services.drive("fast", 90.0)
    services.drive("slow", 20.0)
    async with aclosing(watch(services, interest(kind="vehicle", where=FAST))) as feed:
        await connected(services, feed)
        services.drive("slow", 21.0)
        services.drive("fast", 10.0)
        told = await pass_heartbeats(feed, 2)

    assert [("left", "vehicle/fast")] == told
    assert [f'kind = "vehicle" and ({FAST})'] == services.searches


async def test_until_it_is_known_who_was_hers_more_is_told_never_less() -> None:
    """Checkpoints that are older than her connection settle nothing, and are not searched."""
    services = Searched(behind=True)
    services.drive("fast", 90.0)
    services.drive("slow", 20.0)
    async with aclosing(watch(services, interest(where=FAST))) as feed:
        await connected(services, feed)
        services.drive("slow", 21.0)
        services.drive("fast", 10.0)
        told = await pass_heartbeats(feed, 2)
        services.drive("slow", 22.0)
        again = await pass_heartbeats(feed, 20)

    assert [("left", "vehicle/fast"), ("left", "vehicle/slow")] == sorted(told)
    assert [] == again
    assert [] == services.searches


@pytest.mark.parametrize("many", [False, True])
async def test_searches_that_cannot_tell_are_no_trouble(*, many: bool) -> None:
    """The store is away, or more match than she is shown."""
    services = Searched()
    for number in range(3):
        services.drive(f"v{number}", 90.0)
    wanted = interest(where=FAST, twins=2 if many else 1000)
    async with aclosing(watch(services, wanted)) as feed:
        await connected(services, feed)
        services.trouble = None if many else ConnectionError("the store is away")
        services.drive("v2", 10.0)
        told = await pass_heartbeats(feed, 2)

    assert [("left", "vehicle/v2")] == told
    assert not many or 1 == len(services.searches)


async def test_nobody_searches_without_need() -> None:
    """Without a filter, or for one twin alone."""
    services = Searched()
    for wanted in (interest(), interest(kind="vehicle"), interest(twin="vehicle/v1", where=FAST)):
        async with aclosing(watch(services, wanted)) as feed:
            await connected(services, feed)

    assert [] == services.searches


async def test_a_place_becomes_free_when_a_twin_leaves() -> None:
    """`twins` is how many she has at a time."""
    services = Searched()
    async with aclosing(watch(services, interest(where=FAST, twins=1))) as feed:
        await connected(services, feed)
        services.drive("v1", 60.0)
        first = await pass_heartbeats(feed, 2)
        services.drive("v2", 60.0)
        full = await pass_heartbeats(feed, 2)
        services.drive("v1", 10.0)
        services.drive("v2", 61.0)
        free = await pass_heartbeats(feed, 2)

    assert [[("change", "vehicle/v1")], []] == [first, full]
    assert [("left", "vehicle/v1"), ("change", "vehicle/v2")] == free


class Seen:
    """What one watcher has, over all her connections: all that match, if nothing is missing."""

    def __init__(self) -> None:
        self.last_id: str | None = "0,0,0,0"
        self.has: dict[str, float] = {}

    async def watch(self, services: FakeServices, items: int) -> None:
        """See so many items, and those that come up to `parcel/end`; then the connection breaks."""
        async with aclosing(watch(services, interest(where=f"{FAST} or kind = parcel"),
                                  self.last_id)) as feed:  # fmt: skip
            async for id_, item in feed:
                if item.event == "change":
                    self.has[item.data.id] = item.data.state.get("speed_kmh", 0.0)
                elif item.event == "left":
                    self.has.pop(idof(item), None)
                self.last_id = id_ or self.last_id
                items -= item.event in {"change", "left"}
                if items <= 0 or (item.event == "change" and item.data.id == "parcel/end"):
                    return


@pytest.mark.parametrize("behind", [False, True])
@pytest.mark.parametrize("seed", range(15))
async def test_she_has_what_matches_however_often_the_connection_breaks(
    seed: int, *, behind: bool
) -> None:
    """At random places, with messages lost, with another process each time: no gap, none too much.

    What she has is just what matches, with the values that it has.
    """
    chance = random.Random(seed)
    services, seen = Searched(behind=behind), Seen()

    def happen() -> None:
        for _ in range(chance.randrange(1, 9)):
            services.deaf = chance.random() < 0.3
            services.drive(f"v{chance.randrange(5)}", float(chance.randrange(100)))
        services.deaf = False
        services.change(services.add("parcel/end"))

    services.on_watch = happen
    for _ in range(14):
        async with asyncio.timeout(10):
            await seen.watch(services, chance.randrange(1, 7))
    services.on_watch = None
    services.change(services.add("parcel/end"))
    async with asyncio.timeout(10):
        await seen.watch(services, 1_000_000)

    tree = parse(FAST)
    matching = {one.id: one.state["speed_kmh"] for one in services.states.values()
                if one.kind == "vehicle" and Match(tree).matches(one)}  # fmt: skip

    assert matching == {one: fast for one, fast in seen.has.items() if one != "parcel/end"}


def test_memory_of_what_is_outside_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond it twins are told again, which changes nothing for whoever does not have them."""
    monkeypatch.setattr(gateway.api.live_match, "MAX_OUTSIDE", 2)
    match = Match(parse(FAST))

    assert [True, True, True, True] == [match.leave(f"a/{number}") for number in (1, 2, 3, 1)]
    assert not match.leave("a/1")


def test_an_older_message_brings_nothing_back() -> None:
    """It was under way while a host was asked, which already told that the twin left."""
    state = TwinState("a/b", "a", 1, 1, 0.0, 0, 0, exists=True, state={"speed_kmh": 60.0})
    slow = replace(state, state={"speed_kmh": 1.0}, changed=10)
    room = Room(interest(where=FAST), 1)
    room.fill(0, Changed((5, "~")))
    room.match.settle([])
    room.fill(0, Changed((10, "~"), [slow]))
    room.offer(0, Change(5, 8, [replace(state, changed=8)], []))

    assert [] == [item.event for _, item in room.take()]
