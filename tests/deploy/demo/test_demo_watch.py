"""Watching: what is seen through the API becomes facts, and what cannot be seen changes nothing."""

from pathlib import Path
from typing import Any

import httpx2
import msgspec
import pytest
from demo_kit import FakeApi, state

from actors.state import TwinState
from actors.supervisors.arrangement import Arrangement
from actors.supervisors.standing import Track
from deploy.demo.plot import Facts, HoldTruth, MoveTruth
from deploy.demo.stories.roadside import NO_TRUCK, RESCUED
from deploy.demo.watch import Telling, Watcher, underway
from gateway.client import ApiUnreachable

RECORDED = Path(__file__).parent / "recorded"


class Books:
    """Providers' journals that are given."""

    def __init__(self, holds: list[HoldTruth], error: Exception | None = None) -> None:
        self.holds = holds
        self.error = error

    async def holds_of(self, arrangement_id: str) -> list[HoldTruth]:
        """All of them, or the error."""
        assert arrangement_id
        if self.error is not None:
            raise self.error
        return self.holds

    async def moves_to(
        self, place: tuple[float, float], after: float, before: float
    ) -> list[MoveTruth]:
        """Nothing: these plots foresee none."""
        raise AssertionError(f"nobody asks for what drove to {place} from {after} to {before}")


def telling(plot: Any = RESCUED) -> Telling:
    """A story of car v1."""
    return Telling(
        plot=plot,
        twin_id="vehicle/v1",
        supervisor_id="roadside/v1",
        customer="customer/c1",
        fires_s=15.0,
    )


def facts(name: str) -> Facts:
    """What was known at the end of a real run."""
    return msgspec.json.decode((RECORDED / f"{name}.json").read_bytes(), type=Facts)


def world(known: Facts) -> FakeApi:
    """The API as it was then."""
    arr = known.arrangement
    assert arr is not None
    states = [
        state("roadside/v1", arrangement=msgspec.to_builtins(arr)),
        state("vehicle/v1", **known.subject),
    ]
    if arr.case is not None and arr.case.employee is not None:
        states.append(state(arr.case.employee, **known.employee))
    return FakeApi(*states)


def watcher(api: FakeApi, books: Books, known: Facts, *tellings: Telling) -> Watcher:
    """A watcher of a run that began before the arrangement."""
    arr = known.arrangement
    assert arr is not None

    async def sleep(_: float) -> None:
        """No time passes."""

    return Watcher(
        api, books, list(tellings), arr.opened_at - 1.0, {arr.id: known.messages}, sleep=sleep
    )


@pytest.mark.parametrize(("name", "plot"), [("rescued", RESCUED), ("no_truck_free", NO_TRUCK)])
async def test_a_story_that_is_over_is_seen_whole(name: str, plot: Any) -> None:
    """With the truck's way seen before, one look is enough, and watching ends by itself."""
    known, told = facts(name), telling(plot)
    told.facts.sightings = list(known.sightings)

    await watcher(world(known), Books(known.holds), known, told).watch()

    assert told.verdict.completed
    assert known.arrangement is not None
    assert known.arrangement.ended_at is not None
    assert round(known.arrangement.ended_at - known.arrangement.cause.time, 3) == told.seconds


async def test_an_arrangement_of_an_earlier_run_is_not_this_story() -> None:
    """It ended before this run began."""
    known, told = facts("rescued"), telling()
    looking = watcher(world(known), Books(known.holds), known, told)
    looking._started_at += 2.0

    await looking.look(told)

    assert (None, ["no signal"]) == (told.facts.arrangement, told.verdict.missing)


@pytest.mark.parametrize(
    "error", [ApiUnreachable("nobody"), httpx2.ConnectError("refused")], ids=repr
)
async def test_what_cannot_be_seen_stays_as_it_was(error: Exception) -> None:
    """The next look may see it; a story does not fail because the API was away for a moment."""
    known, told = facts("rescued"), telling()
    told.facts.sightings = list(known.sightings)
    looking = watcher(world(known), Books(known.holds, error), known, told)

    await looking.look(told)

    assert not told.verdict.completed

    looking._books = Books(known.holds)
    await looking.look(told)

    assert told.verdict.completed


class Moved(Books):
    """Books that note from when on they are asked for what drove."""

    since: float | None = None

    async def moves_to(
        self, place: tuple[float, float], after: float, before: float
    ) -> list[MoveTruth]:
        """Nothing drove."""
        assert place
        assert after < before
        self.since = after
        return []


@pytest.mark.parametrize("since_s", [None, -30.0])
async def test_what_drove_before_the_devices_began_may_count(since_s: float | None) -> None:
    """A twin of an earlier run may foresee as soon as the node runs, before this story begins."""
    known, told = facts("rescued"), telling()
    told.plot = msgspec.structs.replace(RESCUED, moved=frozenset(("tow",)))
    arr = known.arrangement
    assert arr is not None
    began_at, books = arr.opened_at - 1.0, Moved([])
    since = None if since_s is None else began_at + since_s
    looking = Watcher(world(known), books, [told], began_at, {}, moved_since=since)

    await looking.look(told)

    assert (began_at if since is None else since) == books.since


class Road(FakeApi):
    """An API in which the truck is somewhere else at every look."""

    def __init__(self, known: Facts, tracks: list[Track]) -> None:
        super().__init__()
        self.known = known
        self.tracks = tracks

    async def state(self, twin_id: str) -> TwinState:
        """The supervisor with the next track."""
        if not twin_id.startswith("roadside/"):
            return await super().state(twin_id)
        assert self.known.arrangement is not None
        arr: Arrangement = msgspec.structs.replace(
            self.known.arrangement, track=self.tracks.pop(0), ended_at=None,
        )  # fmt: skip
        return state(twin_id, arrangement={**msgspec.to_builtins(arr), "state": "underway"})


async def test_the_truck_is_sighted_once_a_place() -> None:
    """What the provider told twice is one sighting; without a place, or once there, it is none."""
    known, told = facts("rescued"), telling()
    track = Track(leg="tow", service="tow_operator/t1")
    here = msgspec.structs.replace(track, position=(60.0, 25.0), eta_s=300.0, at=10.0)
    there = msgspec.structs.replace(here, eta_s=100.0, at=15.0)
    over = msgspec.structs.replace(here, eta_s=0.0, at=20.0, arrived=True)
    looking = watcher(Road(known, [track, here, here, there, over]), Books([]), known, told)
    for _ in range(5):
        await looking.look(told)

    assert [(10.0, 300.0), (15.0, 100.0)] == [(s.at, s.eta_s) for s in told.facts.sightings]
    assert underway(told)
