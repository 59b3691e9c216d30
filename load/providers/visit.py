"""One transaction's view of one provider: what is free, where everything is, and what changes."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from load.providers.contract import (
    LATEST_TIME,
    ExpectedPlace,
    HoldState,
    Moving,
    Position,
)
from load.providers.errors import NothingMovesError, UnknownHoldError
from load.providers.ledger import HoldRow, Ledger, MoveRow
from load.providers.movement import Drive, Path, Route
from load.providers.repositioning import Journey, depot_journeys, fleet_journeys
from load.providers.roads import Roads
from load.providers.world import Car, Fleet, Provider, RentalDepot, Vehicle, World


@dataclass(frozen=True)
class Visit:
    """One transaction's view of one provider. It is the provider's stock, too."""

    ledger: Ledger
    world: World
    roads: Roads
    provider: Provider
    now: float

    @property
    def id(self) -> str:
        """The provider's."""
        return self.provider.provider_id

    def is_free(self, item: str, busy_from: float, busy_until: float) -> bool:
        """Whether no live hold has the item at any time of the period."""
        return self.ledger.is_free(self.id, item, busy_from, busy_until)

    def stand(self, item: str) -> Position | None:
        """Where a vehicle is: on its way to elsewhere, or where its last job ended."""
        drive = self._driving(item)
        if drive is not None:
            return drive.at(self.now).position
        return self.ledger.stand(self.id, item)

    def goal(self, vehicle: Vehicle) -> Position:
        """Where an idle vehicle is, or will be in a while."""
        drive = self._driving(vehicle.item)
        return drive.destination if drive else self.stand(vehicle.item) or vehicle.base

    def _move(self, item: str) -> MoveRow | None:
        move = self.ledger.last_move([self.id], item)
        return None if move is None or move.stopped_at is not None else move

    def _driving(self, item: str) -> Drive | None:
        move = self._move(item)
        return None if move is None else Drive.model_validate_json(move.drive)

    def halt(self, item: str) -> None:
        """Whatever is taken for a job stays where it is until that begins."""
        stands, move = self.stand(item), self._move(item)
        if move is not None and stands is not None:
            self.ledger.stop(move, self.now)
            self.ledger.move(self.id, item, stands)

    def cars(self, depot: RentalDepot) -> dict[str, tuple[Car, float]]:
        """The cars that can be fetched at a depot, by item, and from when."""
        company = [depot, *self.world.fellows(depot)]
        ids = [each.provider_id for each in company]
        found = {}
        for home in company:
            for car in home.cars:
                move = self.ledger.last_move(ids, car.item)
                where = home.provider_id if move is None else move.depot
                if where == depot.provider_id:
                    ready_at = 0.0 if move is None else drive_of(move).ends_at
                    found[car.item] = (car, ready_at)
        return found

    def idle_cars(self, depot: RentalDepot) -> list[str]:
        """Those that nobody has, now or later."""
        return [
            item
            for item in self.cars(depot)
            if self.ledger.is_free(depot.provider_id, item, self.now, LATEST_TIME)
        ]

    def find(self, hold_id: str) -> HoldRow | None:
        """The hold of an id."""
        return self.ledger.find(self.id, hold_id)

    def get(self, hold_id: str) -> HoldRow:
        """The same; raises `UnknownHoldError`."""
        row = self.find(hold_id)
        if row is None:
            raise UnknownHoldError(
                f"Provider {self.id} knows no hold {hold_id}: place it first.",
                provider_id=self.id,
                hold_id=hold_id,
            )
        return row

    def change(self, row: HoldRow, state: HoldState, at: float) -> HoldRow:
        """Move a hold on; a vehicle whose job ends by that stays where it is at that time."""
        if row.state == "confirmed" and row.drive is not None and row.item is not None:
            drive = Drive.model_validate_json(row.drive)
            stands = drive.destination if state == "done" else drive.at(at).position
            self.ledger.move(row.provider_id, row.item, stands)
        changed = replace(row, state=state)
        self.ledger.save(changed, at=at, was=row.state)
        return changed

    # -- where it will be needed -------------------------------------------------------------

    def journeys(self, places: Sequence[ExpectedPlace]) -> list[Journey]:
        """What is to drive where.

        Raises:
            NothingMovesError: the provider has nothing that could be elsewhere.
        """
        provider = self.provider
        if isinstance(provider, Fleet):
            idle = {
                vehicle.item: self.goal(vehicle)
                for vehicle in provider.vehicles
                if self.is_free(vehicle.item, self.now, LATEST_TIME)
            }
            return list(fleet_journeys(provider, idle, places))
        if isinstance(provider, RentalDepot) and provider.fellows:
            fellows = self.world.fellows(provider)
            company = {each.provider_id: self.idle_cars(each) for each in (provider, *fellows)}
            # One that is still on its way here stays.
            here = self.cars(provider)
            company[self.id] = [item for item in company[self.id] if here[item][1] <= self.now]
            return list(depot_journeys(provider, fellows, company, places))
        raise NothingMovesError(
            f"Provider {self.id} has nothing that could be elsewhere: ask operators of vehicles, "
            "and depots with others of their company.",
            provider_id=self.id,
        )

    def begin(self, journey: Journey) -> Moving:
        """Let it drive."""
        provider = self.provider
        assert isinstance(provider, Fleet | RentalDepot)
        if isinstance(provider, Fleet):
            vehicle = next(each for each in provider.vehicles if each.item == journey.item)
            origin = self.stand(vehicle.item) or vehicle.base
            self.halt(vehicle.item)
        else:
            origin = provider.position
        route = Route(
            origin=origin,
            near=journey.to,
            to=None,
            speed_kmh=provider.speed_kmh,
            stop_s=0.0,
            path=Path.along(self.roads(origin, journey.to)),
        )
        drive = Drive(route=route, started_at=self.now, time_scale=self.world.time_scale)
        self.ledger.drove(self.id, journey.item, self.now, drive.model_dump_json(), journey.depot)
        return Moving(item=journey.item, to=journey.to, eta_s=route.eta_s)


def drive_of(move: MoveRow) -> Drive:
    """The way of what drove without a job."""
    return Drive.model_validate_json(move.drive)
