"""The provider's truth: which item is held by whom, and in which state.

Every method is one transaction. Each begins by settling what the clock has decided since: lapsed
holds expire and finished jobs are done, with the time at which that happened.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Literal

from load.providers.bookings import Booking, booking_of
from load.providers.contract import (
    AvailabilityRequest,
    ConfirmRequest,
    Hold,
    HoldRequest,
    Moving,
    Offer,
    RepositionRequest,
    VehiclePosition,
    canonical,
)
from load.providers.errors import (
    ConflictingBodyError,
    HoldDoneError,
    HoldExpiredError,
    HoldReleasedError,
    NoPositionError,
    NotConfirmedError,
    ProviderError,
    UnavailableError,
)
from load.providers.ledger import Change, HoldRow, Ledger, MoveRow
from load.providers.movement import Drive
from load.providers.offers import Quote, find_offers, find_quote
from load.providers.roads import Roads, no_roads
from load.providers.visit import Visit, drive_of
from load.providers.world import Fleet, World

Call = Literal["hold", "confirm", "release", "look", "position"]
"""The calls that are counted by hold id."""

STATES: Final = 5
"""No hold is in more states, one after the other."""


@dataclass(frozen=True)
class Move:
    """What drove without a job, and how far it has come."""

    row: MoveRow
    drive: Drive
    seen: VehiclePosition


class Inventory:
    """The holds of all providers of a world, in one database.

    Args:
        world: Who the providers are and what they own.
        path: The database's file; made if it does not exist.
        clock: The providers' clock, seconds since the epoch.
        roads: On which vehicles drive.
    """

    def __init__(
        self,
        world: World,
        path: Path,
        clock: Callable[[], float] = time.time,
        roads: Roads = no_roads,
    ) -> None:
        self.world = world
        self._roads = roads
        self._clock = clock
        self._ledger = Ledger(path)

    def close(self) -> None:
        """Close the database."""
        self._ledger.close()

    @contextmanager
    def _visit(self, provider_id: str) -> Iterator[Visit]:
        provider = self.world.provider(provider_id)
        with self._ledger.transaction():
            # Read within the transaction: clock and order of transactions go together.
            visit = Visit(self._ledger, self.world, self._roads, provider, self._clock())
            for row in self._ledger.due(provider_id, visit.now):
                assert row.due_at is not None, "what is due has a time"
                visit.change(row, "expired" if row.state == "held" else "done", row.due_at)
            yield visit

    def received(self, provider_id: str, hold_id: str, call: Call) -> None:
        """Count a call that arrived, whatever becomes of it."""
        self.world.provider(provider_id)
        with self._ledger.transaction():
            self._ledger.count(provider_id, hold_id, call)

    def offers(self, provider_id: str, request: AvailabilityRequest) -> list[Offer]:
        """Return what could be had now, the best first; takes nothing."""
        with self._visit(provider_id) as visit:
            return find_offers(visit.provider, request, visit.now, visit, self._roads)

    def hold(self, provider_id: str, hold_id: str, request: HoldRequest) -> tuple[Hold, bool]:
        """Take the item of an offer.

        Returns:
            The hold, and whether this call made it (False: an earlier one with the same body did).

        Raises:
            UnavailableError: the item is taken, or not offered any more.
            ConflictingBodyError: the id was used before with another body.
            HoldReleasedError: the id was released before, perhaps without ever being held.
            HoldExpiredError: it lapsed, or was to lapse before now.
        """
        body = canonical(request.model_dump(mode="json"))
        with self._visit(provider_id) as visit:
            row = visit.find(hold_id)
            if row is not None:
                return self._held_before(row, body), False
            limit = visit.now + visit.provider.hold_limit_s
            expires_at = limit if request.expires_at is None else min(request.expires_at, limit)
            if expires_at <= visit.now:
                raise _of(
                    HoldExpiredError,
                    f"Hold {hold_id} was to lapse at {expires_at}, which is past: ask for later.",
                    provider_id,
                    hold_id,
                )
            try:
                quote = find_quote(visit.provider, request, visit.now, visit, self._roads)
            except ProviderError as refusal:
                refusal.hold_id = hold_id
                raise
            if not visit.is_free(quote.offer.item, quote.busy_from, quote.busy_until):
                raise _of(
                    UnavailableError,
                    f"Item {quote.offer.item} of provider {provider_id} is taken: "
                    "ask for offers again.",
                    provider_id,
                    hold_id,
                )
            row = HoldRow(
                provider_id,
                hold_id,
                "held",
                request=body,
                arrangement_id=request.arrangement_id,
                item=quote.offer.item,
                quote=quote.model_dump_json(),
                busy_from=quote.busy_from,
                busy_until=quote.busy_until,
                expires_at=expires_at,
                due_at=expires_at,
            )
            self._ledger.save(row, at=visit.now, was=None)
            if isinstance(visit.provider, Fleet):
                visit.halt(quote.offer.item)
            return _answer(row), True

    @staticmethod
    def _held_before(row: HoldRow, body: str) -> Hold:
        """Answer a repeated hold: as it is now, or why it cannot be any more."""
        if row.state == "released":
            raise _released(row)
        if row.request != body:
            raise _of(
                ConflictingBodyError,
                f"Hold {row.hold_id} was placed before with another body: use a new id.",
                row.provider_id,
                row.hold_id,
            )
        if row.state == "expired":
            raise _expired(row)
        return _answer(row)

    def confirm(self, provider_id: str, hold_id: str, request: ConfirmRequest) -> Hold:
        """Make a hold final; a vehicle starts to drive.

        Raises:
            UnknownHoldError: there is no such hold.
            HoldExpiredError: it lapsed before.
            HoldReleasedError: it was released before.
            ConflictingBodyError: it was confirmed before with other details.
        """
        with self._visit(provider_id) as visit:
            row = visit.get(hold_id)
            if row.state == "released":
                raise _released(row)
            if row.state == "expired":
                raise _expired(row)
            evidence = canonical(request.details)
            if row.state != "held":
                # A repeat may leave the evidence out; other evidence would be lost if accepted.
                if request.details and evidence != row.evidence:
                    raise _of(
                        ConflictingBodyError,
                        f"Hold {hold_id} was confirmed before with other details: "
                        "those stay; tell the provider the new ones another way.",
                        provider_id,
                        hold_id,
                    )
                return _answer(row)
            assert row.quote is not None, "what is held has a quote"
            quote = Quote.model_validate_json(row.quote)
            due_at, driven = quote.over_at, None
            if quote.route is not None:
                drive = Drive(
                    route=quote.route, started_at=visit.now, time_scale=self.world.time_scale
                )
                due_at, driven = drive.ends_at, drive.model_dump_json()
            row = replace(row, due_at=due_at, drive=driven, evidence=evidence)
            return _answer(visit.change(row, "confirmed", visit.now))

    def release(self, provider_id: str, hold_id: str) -> Hold:
        """Give a hold up, confirmed or not, lapsed or never seen; a late hold of the id fails.

        Raises:
            HoldDoneError: the job is over.
        """
        with self._visit(provider_id) as visit:
            row = visit.find(hold_id)
            if row is None:
                row = HoldRow(provider_id, hold_id, "released")
                self._ledger.save(row, at=visit.now, was=None)
            elif row.state == "done":
                raise _of(
                    HoldDoneError,
                    f"The job of hold {hold_id} is done and cannot be called off: "
                    "settle it with the provider.",
                    provider_id,
                    hold_id,
                )
            elif row.state != "released":
                row = visit.change(row, "released", visit.now)
            return _answer(row)

    def look(self, provider_id: str, hold_id: str) -> Hold:
        """Return the hold as it is.

        Raises:
            UnknownHoldError: there is no such hold.
        """
        with self._visit(provider_id) as visit:
            return _answer(visit.get(hold_id))

    def position(self, provider_id: str, hold_id: str) -> VehiclePosition:
        """Return where the vehicle of a confirmed hold is; once done, where the job ended.

        Raises:
            UnknownHoldError: there is no such hold.
            NoPositionError: it is no vehicle that drives.
            NotConfirmedError: it has not started.
            HoldExpiredError: it lapsed and will not start.
            HoldReleasedError: it was called off.
        """
        with self._visit(provider_id) as visit:
            row = visit.get(hold_id)
            if row.state == "released":
                raise _released(row)
            if row.quote is None or Quote.model_validate_json(row.quote).route is None:
                raise _of(
                    NoPositionError,
                    f"Hold {hold_id} is for {row.item}, which does not drive.",
                    provider_id,
                    hold_id,
                )
            if row.state == "expired":
                raise _expired(row)
            if row.drive is None:
                raise _of(
                    NotConfirmedError,
                    f"Hold {hold_id} is not confirmed, so nothing drives: confirm it first.",
                    provider_id,
                    hold_id,
                )
            return Drive.model_validate_json(row.drive).at(visit.now)

    def reposition(self, provider_id: str, request: RepositionRequest) -> list[Moving]:
        """Let what is idle drive to where it will be needed; returns what begins to.

        Raises:
            NothingMovesError: the provider has nothing that could be elsewhere.
        """
        with self._visit(provider_id) as visit:
            return [visit.begin(journey) for journey in visit.journeys(request.places)]

    def moves(self, provider_id: str, after: int = 0, limit: int = 1000) -> list[Move]:
        """Return up to `limit` moves after the sequence `after`, in order, as they are now."""
        with self._visit(provider_id) as visit:
            found = []
            for row in self._ledger.moves(provider_id, after, limit):
                drive = drive_of(row)
                seen = drive.at(visit.now if row.stopped_at is None else row.stopped_at)
                found.append(Move(row, drive, seen))
            return found

    def changes(
        self, provider_id: str, after: int = 0, limit: int = 1000, hold_id: str | None = None
    ) -> list[Change]:
        """Return up to `limit` changes of state after the sequence `after`, in order."""
        with self._visit(provider_id):
            return self._ledger.changes(provider_id, after, limit, hold_id)

    def bookings(self, provider_id: str, after: str = "", limit: int = 1000) -> list[Booking]:
        """Return up to `limit` of what was given, with hold ids above `after`, in their order."""
        with self._visit(provider_id):
            return [
                booking_of(row, self._ledger.changes(provider_id, 0, STATES, row.hold_id))
                for row in self._ledger.held(provider_id, after, limit)
            ]

    def calls(
        self, provider_id: str, after: str = "", limit: int = 1000, hold_id: str | None = None
    ) -> dict[str, dict[str, int]]:
        """Return how often calls arrived: hold id -> call -> count, in order of the ids."""
        with self._visit(provider_id):
            ids = [hold_id] if hold_id else self._ledger.counted(provider_id, after, limit)
            return self._ledger.counts(provider_id, ids)


def _of(kind: type[ProviderError], detail: str, provider_id: str, hold_id: str) -> ProviderError:
    return kind(detail, provider_id=provider_id, hold_id=hold_id)


def _released(row: HoldRow) -> ProviderError:
    return _of(
        HoldReleasedError,
        f"Hold {row.hold_id} was released, and stays so: place another under a new id.",
        row.provider_id,
        row.hold_id,
    )


def _expired(row: HoldRow) -> ProviderError:
    return _of(
        HoldExpiredError,
        f"Hold {row.hold_id} lapsed at {row.expires_at}: place another under a new id.",
        row.provider_id,
        row.hold_id,
    )


def _answer(row: HoldRow) -> Hold:
    """Return the hold as the caller sees it."""
    if row.quote is None:
        return Hold(hold_id=row.hold_id, state=row.state)
    offer = Quote.model_validate_json(row.quote).offer
    return Hold(
        hold_id=row.hold_id,
        state=row.state,
        item=offer.item,
        title=offer.title,
        price_cents=offer.price_cents,
        currency=offer.currency,
        eta_s=offer.eta_s,
        starts_at=offer.starts_at,
        ends_at=offer.ends_at,
        expires_at=row.expires_at,
        details=offer.details,
    )
