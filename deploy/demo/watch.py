"""Watch: the stories, seen through the API while they happen."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final, Protocol

import httpx2
import msgspec
import structlog
from msgspec import Struct, field

from actors.supervisors.arrangement import Arrangement, State
from deploy.demo.api import Api
from deploy.demo.plot import Facts, HoldTruth, MoveTruth, Plot, Sighting, Verdict, judge
from deploy.demo.truths import Truth
from gateway.client import ApiProblem, ApiUnreachable

logger = structlog.get_logger(__name__)

LOOK_S: Final = 0.5
"""How often each story is looked at, in seconds."""


class Books(Protocol):
    """The providers' truth."""

    async def holds_of(self, arrangement_id: str) -> list[HoldTruth]:
        """All holds of an arrangement."""

    async def moves_to(
        self, place: tuple[float, float], after: float, before: float
    ) -> list[MoveTruth]:
        """What drove near to a place in a time without a job."""


class Telling(Struct, kw_only=True):
    """One story as it is told now."""

    plot: Plot
    twin_id: str
    """Whose story it is."""
    supervisor_id: str
    """Who watches over it."""
    customer: str
    """Twin id."""
    fires_s: float
    """Seconds after the start at which the rule should fire."""
    facts: Facts = field(default_factory=Facts)
    verdict: Verdict = field(default_factory=lambda: Verdict(completed=False))

    @property
    def key(self) -> str:
        """Of whose story it is: `v17`."""
        return self.twin_id.partition("/")[2]

    @property
    def seconds(self) -> float | None:
        """From the signal to the arrangement's end; None while it has none."""
        arr = self.facts.arrangement
        if arr is None or arr.ended_at is None:
            return None
        return round(arr.ended_at - arr.cause.time, 3)


async def _no_truths(_: Telling) -> list[Truth]:
    return []


class Watcher:
    """Looks at the stories until all are completed.

    Args:
        api: Reads the twins.
        books: The providers' truth.
        tellings: The stories.
        started_at: Arrangements from before are of an earlier start (seconds since the epoch).
        messages: Arrangement id -> how many messages the customer got.
        compare: Holds what Vigil claims in a story against the world.
        moved_since: What drove without a job before is of an earlier start; None: `started_at`.
        sleep: Waits.
    """

    def __init__(
        self,
        api: Api,
        books: Books,
        tellings: list[Telling],
        started_at: float,
        messages: dict[str, int],
        compare: Callable[[Telling], Awaitable[list[Truth]]] = _no_truths,
        *,
        moved_since: float | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._api = api
        self._books = books
        self._moved_since = started_at if moved_since is None else moved_since
        self._started_at = started_at
        self._messages = messages
        self._compare = compare
        self._sleep = sleep
        self.tellings = tellings

    async def watch(self) -> None:
        """Look again and again; returns when all stories are completed."""
        while True:
            open_ = [telling for telling in self.tellings if not telling.verdict.completed]
            if not open_:
                return
            await asyncio.gather(*(self.look(telling) for telling in open_))
            await self._sleep(LOOK_S)

    async def look(self, telling: Telling) -> None:
        """Bring one story up to date; what cannot be seen now stays as it was."""
        try:
            await self._look(telling)
        except (ApiProblem, ApiUnreachable, httpx2.HTTPError) as error:
            logger.debug("cannot look", story=telling.plot.name, error=str(error))
        telling.verdict = judge(telling.plot, telling.facts)

    async def _look(self, telling: Telling) -> None:
        facts = telling.facts
        arr = await self._arrangement(telling)
        if arr is None:
            return
        facts.arrangement = arr
        _sight(facts, arr)
        facts.messages = self._messages.get(arr.id, 0)
        facts.subject = (await self._api.state(telling.twin_id)).state
        if telling.plot.person and arr.case is not None and arr.case.employee is not None:
            facts.employee = (await self._api.state(arr.case.employee)).state
        place = arr.cause.data.get("position")
        if telling.plot.moved and place is not None:
            facts.moves = await self._books.moves_to(place, self._moved_since, arr.cause.time)
        if arr.ended:
            # What is booked for a campaign is booked by its parts.
            parts = [arr.id, *arr.facts.get("parts", ())]
            facts.holds = [hold for id_ in parts for hold in await self._books.holds_of(id_)]
        if telling.plot.truths:
            facts.truths = await self._compare(telling)

    async def _arrangement(self, telling: Telling) -> Arrangement | None:
        state: dict[str, Any] = (await self._api.state(telling.supervisor_id)).state
        found = state.get("arrangement")
        if found is None:
            return None
        arr = msgspec.convert(found, Arrangement)
        return arr if arr.opened_at >= self._started_at else None


def _sight(facts: Facts, arr: Arrangement) -> None:
    """Note where the truck is, once for each place that its provider told."""
    track = arr.track
    if track is None or track.position is None or track.arrived:
        return
    if not facts.sightings or track.at > facts.sightings[-1].at:
        facts.sightings.append(
            Sighting(at=track.at, service=track.service, position=track.position, eta_s=track.eta_s)
        )


def underway(telling: Telling) -> bool:
    """Whether its truck is on the way now."""
    arr = telling.facts.arrangement
    return arr is not None and arr.state is State.UNDERWAY
