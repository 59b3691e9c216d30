"""Context: what all routes share, and how they reach it."""

import asyncio
from collections.abc import Awaitable
from copy import copy
from typing import Annotated, TypeVar, cast

from fastapi import Path, Request
from msgspec import Struct

from gateway.activity_views import Changed
from gateway.api.access import Caller, Keys
from gateway.api.backtest_jobs import BacktestJobs
from gateway.api.bulk_jobs import BulkJobs
from gateway.api.callers import Admission, Callers
from gateway.api.errors import NoAnswer
from gateway.api.live import LiveHub
from gateway.api.pulse import Pulse
from gateway.api.recording import Activity, Recorder
from gateway.api.services import Services
from gateway.api.web_limits import WebLimits
from gateway.channels.incoming import Nonces
from gateway.channels.settings import ChannelSettings
from gateway.settings import PeopleSettings, RuleSettings, StreetSettings
from gateway.streets import Atlas, Shelf
from twins.ids import PART

T = TypeVar("T")


class Limits(Struct, frozen=True):
    """Bounds of one API process."""

    batch: int = 500
    """Events of one batch."""
    in_flight: int = 4096
    """Events on their way to the log, of all requests; more are refused with 503."""
    send_s: float = 5.0
    """How long to wait for the log, in seconds."""
    read_s: float = 10.0
    """How long to wait for a twin's state (also for `min_position`) or an answer, in seconds."""
    streams: int = 200
    """Live streams open at once."""


class Counts(Struct):
    """What is under way in this process."""

    in_flight: int = 0
    """Events on their way to the log."""
    offer_feeds: int = 0
    """Open feeds of customers' pages."""


class Context:
    """What the routes of one application share. Each call has one of its own (`called_by`)."""

    def __init__(
        self,
        services: Services,
        keys: Keys,
        limits: Limits,
        rules: RuleSettings,
        channels: ChannelSettings,
        people: PeopleSettings,
        streets: StreetSettings,
        admission: Admission,
    ) -> None:
        self.services = services
        self.keys = keys
        self.admission = admission
        self.callers = Callers(keys, admission, services.clock)
        self.limits = limits
        self.rules = rules
        self.channels = channels
        self.web = WebLimits(people)
        self.atlas = Atlas(Shelf(streets.folder))
        self.nonces = Nonces()
        self.pulse = Pulse(services)
        self.hub = LiveHub(services, self.pulse)
        self.backtests = BacktestJobs(services)
        self.bulk = BulkJobs(services)
        self.counts = Counts()
        self.caller: Caller | None = None
        self.activity: Activity | None = None

    def called_by(self, caller: Caller | None) -> "Context":
        """The same, for one call; None: no person, but what the route itself recognises."""
        mine = copy(self)
        mine.caller = caller
        return mine

    def record(self, activity: Activity) -> None:
        """From now on note what this call changes."""
        self.activity = activity
        self.services = cast("Services", Recorder(self.services, activity))

    async def enter(self, who: Caller) -> None:
        """Note who makes this call, where its route found out; before it changes anything."""
        if self.activity is not None:
            entry = self.activity.entry
            entry.who, entry.via, entry.credential = who.name, who.via, who.id
            entry.roles = sorted(who.roles)
            await self.activity.begin()

    def note(self, change: Changed) -> None:
        """Note a change of something that is no twin: what changes twins is noted by itself."""
        if self.activity is not None:
            self.activity.note(change)

    def sign(self, given: str) -> str:
        """The name that stands under what is done: the caller's where it is proven."""
        return given if self.caller is None else self.caller.sign(given)


def context(request: Request) -> Context:
    """The application's context."""
    return cast("Context", request.app.state.context)


async def within(seconds: float, what: Awaitable[T], detail: str) -> T:
    """Wait for an answer; raises `NoAnswer` with `detail` when it does not come in time."""
    try:
        async with asyncio.timeout(seconds):
            return await what
    except TimeoutError as error:
        raise NoAnswer(detail) from error


Kind = Annotated[str, Path(pattern=f"^{PART}$", description="Class of twin, e.g. `vehicle`.")]
Key = Annotated[str, Path(pattern=f"^{PART}$", description="The twin's key, e.g. `v17`.")]
