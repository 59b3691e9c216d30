"""The providers' HTTP service: the contract, and what steers the simulation beside it."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path as FilePath
from typing import Annotated, Any, Final, TypeVar

from fastapi import APIRouter, FastAPI, Path, Query, Response
from pydantic import Field

from load.providers.behaviour import Behaviour, Conduct, Sleep
from load.providers.contract import (
    HOLD_ID_PATTERN,
    Answer,
    AvailabilityRequest,
    ConfirmRequest,
    Description,
    Hold,
    HoldId,
    HoldRequest,
    HoldState,
    Offers,
    Position,
    Problem,
    Repositioned,
    RepositionRequest,
    Seconds,
    Timestamp,
    VehiclePosition,
)
from load.providers.edge import install_edge
from load.providers.inventory import Call, Inventory
from load.providers.roads import Roads, no_roads
from load.providers.world import World, describe

_CREATED: Final = 201
Outcome = TypeVar("Outcome")

# The path converter lets an id with a slash reach the check, which refuses it with 422, not 404.
_HOLD: Final = "/holds/{hold_id:path}"
ProviderIdInPath = Annotated[str, Path(max_length=128)]
HoldIdInPath = Annotated[str, Path(pattern=HOLD_ID_PATTERN)]


class JournalEntry(Answer):
    """One change of a hold's state."""

    sequence: int
    """Rises through all providers of the service; ask for what comes `after` it."""
    at: Timestamp
    hold_id: HoldId
    arrangement_id: str | None
    """Null where a release came before its hold."""
    item: str | None
    from_: Annotated[HoldState | None, Field(alias="from")]
    """Null: the id was new."""
    to: HoldState


class Journal(Answer):
    """Changes of state, in the order in which they happened."""

    changes: list[JournalEntry]


class Move(Answer):
    """What drove without a job, to be where it will be needed."""

    sequence: int
    """Rises through all providers of the service; ask for what comes `after` it."""
    at: Timestamp
    """When it began."""
    item: str
    origin: Position
    to: Position
    depot: str | None
    """Of a rental car: the provider where it can be fetched then."""
    position: Position
    """Where it is now, or was when it was taken for a job."""
    eta_s: Seconds
    """World seconds that are, or were, left."""
    arrived: bool
    stopped_at: Timestamp | None
    """When it was taken for a job."""


class Moves(Answer):
    """What drove without a job, in the order in which it began."""

    moves: list[Move]


class BookingEntry(Answer):
    """What was given to a customer, and what became of it."""

    hold_id: HoldId
    arrangement_id: str
    customer_id: str
    item: str
    state: HoldState
    starts_at: Timestamp | None
    ends_at: Timestamp | None
    held_at: Timestamp
    over_at: Timestamp | None
    """When it was given back, lapsed or was done."""
    set_out_at: Timestamp | None
    """When its vehicle began to drive."""
    there_at: Timestamp | None
    """When that is, or was, with the customer; null where it was called off before."""


class Bookings(Answer):
    """What was given, in order of the hold ids."""

    bookings: list[BookingEntry]


class Calls(Answer):
    """How often each call was received, whatever became of it."""

    calls: dict[HoldId, dict[Call, int]]
    """Hold id -> call -> count, in order of the ids."""


class Providers(Answer):
    """Everybody who works here."""

    providers: list[Description]


class Site:
    """What the routes share: the inventory, and how each provider behaves.

    Args:
        world: Who the providers are.
        inventory: Their truth.
        clock: Their clock.
        sleep: How misbehaviour waits.
    """

    def __init__(
        self, world: World, inventory: Inventory, clock: Callable[[], float], sleep: Sleep
    ) -> None:
        self.world = world
        self.inventory = inventory
        self.clock = clock
        self.conducts = {
            provider.provider_id: Conduct(provider.provider_id, provider.behaviour, sleep)
            for provider in world.providers
        }

    def conduct(self, provider_id: str) -> Conduct:
        """Return how the provider behaves.

        Raises:
            UnknownProviderError: there is none of that id.
        """
        return self.conducts[self.world.provider(provider_id).provider_id]

    async def on_hold(
        self, provider_id: str, hold_id: str, call: Call, work: Callable[[], Outcome]
    ) -> Outcome:
        """Count the call, and carry it out as the provider behaves just now."""
        conduct = self.conduct(provider_id)
        # A transaction of its own: a call that is refused was received all the same.
        await asyncio.to_thread(self.inventory.received, provider_id, hold_id, call)
        return await conduct.carry_out(lambda: asyncio.to_thread(work), hold_id)


def create_app(
    world: World,
    database_path: FilePath,
    clock: Callable[[], float] = time.time,
    sleep: Sleep = asyncio.sleep,
    roads: Roads = no_roads,
) -> FastAPI:
    """Return the service of all providers of a world.

    Args:
        world: Who the providers are.
        database_path: The file of their truth; made if it does not exist. It is open until the
            application's lifespan ends; without a lifespan, close `app.state.inventory`.
        clock: The providers' clock, seconds since the epoch.
        sleep: How misbehaviour waits, in seconds of the clock.
        roads: On which vehicles drive.

    Raises:
        RuntimeError: the database has another format, or cannot be durable where it lies.
    """
    inventory = Inventory(world, database_path, clock, roads)
    site = Site(world, inventory, clock, sleep)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        inventory.close()

    app = FastAPI(
        title="Vigil provider contract",
        version="1",
        summary="Offers, holds and positions of the companies that Vigil arranges help with.",
        lifespan=lifespan,
        # Their pages load scripts from elsewhere; /openapi.json is all that is needed.
        docs_url=None,
        redoc_url=None,
    )
    app.state.inventory = inventory
    install_edge(app)
    for routes in (_contract(site), _simulation(site)):
        app.include_router(routes)

    @app.get("/providers", tags=["simulation"])
    async def providers() -> Providers:
        """List everybody who works here."""
        return Providers(
            providers=[describe(each, world.time_scale, clock()) for each in world.providers]
        )

    return app


def _problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    return {status: {"model": Problem} for status in sorted({404, 422, *statuses})}


def _contract(site: Site) -> APIRouter:
    """Return the calls that every provider has to understand."""
    routes = APIRouter(prefix="/providers/{provider_id}", tags=["contract"])
    inventory = site.inventory

    @routes.get("", responses=_problems())
    async def describe_provider(provider_id: ProviderIdInPath) -> Description:
        """Say who the provider is, with a trial request for the conformance kit."""
        return describe(site.world.provider(provider_id), site.world.time_scale, site.clock())

    @routes.post("/availability", responses=_problems(413, 503))
    async def availability(provider_id: ProviderIdInPath, body: AvailabilityRequest) -> Offers:
        """Say what could be had now. Offers are advisory: they reserve nothing."""
        offers = await site.conduct(provider_id).carry_out(
            lambda: asyncio.to_thread(inventory.offers, provider_id, body)
        )
        return Offers(offers=offers)

    @routes.post("/reposition", responses=_problems(413, 503))
    async def reposition(provider_id: ProviderIdInPath, body: RepositionRequest) -> Repositioned:
        """Let what is idle drive to where it will be needed. A provider need not know the call."""
        moves = await site.conduct(provider_id).carry_out(
            lambda: asyncio.to_thread(inventory.reposition, provider_id, body)
        )
        return Repositioned(moves=moves)

    # The longer paths first: the converter would take `x/position` for an id.
    @routes.get(f"{_HOLD}/position", responses=_problems(409, 503))
    async def position(provider_id: ProviderIdInPath, hold_id: HoldIdInPath) -> VehiclePosition:
        """Say where the vehicle of a confirmed tow or ride is."""
        return await site.on_hold(
            provider_id, hold_id, "position", lambda: inventory.position(provider_id, hold_id)
        )

    @routes.get(_HOLD, responses=_problems(503))
    async def look(provider_id: ProviderIdInPath, hold_id: HoldIdInPath) -> Hold:
        """Return the hold with its state."""
        return await site.on_hold(
            provider_id, hold_id, "look", lambda: inventory.look(provider_id, hold_id)
        )

    @routes.put(
        _HOLD,
        responses={**_problems(409, 413, 503), 201: {"model": Hold, "description": "Now held"}},
    )
    async def hold(
        provider_id: ProviderIdInPath, hold_id: HoldIdInPath, body: HoldRequest, response: Response
    ) -> Hold:
        """Take the item of an offer: 201, or 200 where this very call came before."""
        held, created = await site.on_hold(
            provider_id, hold_id, "hold", lambda: inventory.hold(provider_id, hold_id, body)
        )
        if created:
            response.status_code = _CREATED
        return held

    @routes.post(f"{_HOLD}/confirm", responses=_problems(409, 413, 503))
    async def confirm(
        provider_id: ProviderIdInPath, hold_id: HoldIdInPath, body: ConfirmRequest | None = None
    ) -> Hold:
        """Make a hold final."""
        request = body or ConfirmRequest()
        return await site.on_hold(
            provider_id,
            hold_id,
            "confirm",
            lambda: inventory.confirm(provider_id, hold_id, request),
        )

    @routes.post(f"{_HOLD}/release", responses=_problems(409, 503))
    async def release(provider_id: ProviderIdInPath, hold_id: HoldIdInPath) -> Hold:
        """Give a hold up, also one that has not arrived yet: it will be refused."""
        return await site.on_hold(
            provider_id, hold_id, "release", lambda: inventory.release(provider_id, hold_id)
        )

    return routes


def _simulation(site: Site) -> APIRouter:
    """Return what tests and operators of the simulation use; real providers have none of it."""
    routes = APIRouter(prefix="/providers/{provider_id}", tags=["simulation"])
    inventory = site.inventory
    limit_range = Query(ge=1, le=1000)

    @routes.get("/behaviour", responses=_problems())
    async def behaviour(provider_id: ProviderIdInPath) -> Behaviour:
        """Say how the next call is treated."""
        return site.conduct(provider_id).behaviour

    @routes.put("/behaviour", responses=_problems())
    async def behave(provider_id: ProviderIdInPath, body: Behaviour) -> Behaviour:
        """Set how calls are treated from now on, until told otherwise or restarted."""
        site.conduct(provider_id).behaviour = body
        return body

    @routes.get("/journal", responses=_problems())
    async def journal(
        provider_id: ProviderIdInPath,
        after: Annotated[int, Query(ge=0, le=2**62)] = 0,
        limit: Annotated[int, limit_range] = 1000,
        hold_id: Annotated[str | None, Query(pattern=HOLD_ID_PATTERN)] = None,
    ) -> Journal:
        """List changes of state in order, of one hold or of all."""
        changes = await asyncio.to_thread(inventory.changes, provider_id, after, limit, hold_id)
        entries = [
            JournalEntry.model_validate(
                {
                    "from" if name == "from_state" else "to" if name == "to_state" else name: value
                    for name, value in asdict(change).items()
                }
            )
            for change in changes
        ]
        return Journal(changes=entries)

    @routes.get("/moves", responses=_problems())
    async def moves(
        provider_id: ProviderIdInPath,
        after: Annotated[int, Query(ge=0, le=2**62)] = 0,
        limit: Annotated[int, limit_range] = 1000,
    ) -> Moves:
        """List what drove without a job, in order, with where it is now."""
        found = await asyncio.to_thread(inventory.moves, provider_id, after, limit)
        return Moves(
            moves=[
                Move(
                    sequence=move.row.sequence, at=move.row.at, item=move.row.item,
                    origin=move.drive.route.origin, to=move.drive.destination,
                    depot=move.row.depot, position=move.seen.position, eta_s=move.seen.eta_s,
                    arrived=move.seen.arrived, stopped_at=move.row.stopped_at,
                )
                for move in found
            ]
        )  # fmt: skip

    @routes.get("/bookings", responses=_problems())
    async def bookings(
        provider_id: ProviderIdInPath,
        after: Annotated[str, Query(max_length=128)] = "",
        limit: Annotated[int, limit_range] = 1000,
    ) -> Bookings:
        """List what was given, to whom and when, by hold id, of those after an id."""
        found = await asyncio.to_thread(inventory.bookings, provider_id, after, limit)
        return Bookings(bookings=[BookingEntry.model_validate(asdict(each)) for each in found])

    @routes.get("/calls", responses=_problems())
    async def calls(
        provider_id: ProviderIdInPath,
        after: Annotated[str, Query(max_length=128)] = "",
        limit: Annotated[int, limit_range] = 1000,
        hold_id: Annotated[str | None, Query(pattern=HOLD_ID_PATTERN)] = None,
    ) -> Calls:
        """Count the calls that arrived, by hold id, of one hold or of those after an id."""
        counts = await asyncio.to_thread(inventory.calls, provider_id, after, limit, hold_id)
        return Calls.model_validate({"calls": counts})

    return routes
