"""Defect: one fault of one model of car, and which cars have it."""

from collections.abc import Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from types import MappingProxyType
from typing import Annotated, ClassVar

from msgspec import Meta, Struct, field

from twins.handler import told
from twins.ids import CustomerId, DealerId, DeskId, TwinId, VehicleId
from twins.twin import Twin
from twins.units import Time, Token

WEEK_S = 7 * 86_400.0

MAX_CARS = 1000
"""So many cars are remembered, the newest; a defect's state is encoded with its every event."""

ModelName = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{1,48}$")]
"""It becomes a part of a key."""

Severity = Annotated[int, Meta(ge=0, le=10)]
"""0: a nuisance; 10: nobody should drive on."""


class Affected(Struct, kw_only=True, omit_defaults=True):
    """A car that has the fault: `fault.noted` to its defect, `car.affected` to a supervisor.

    Ids, times and figures alone: a campaign's list is nobody's, so nothing of it is sealed.
    """

    vehicle: VehicleId
    at: Time
    """When it was noticed."""
    severity: Severity = 0
    owner: CustomerId | None = None
    dealer: DealerId | None = None
    desk: DeskId | None = None


class CarsRequest(Struct, kw_only=True, omit_defaults=True):
    """Asks which cars have it: `cars.requested`. The asker is told of every later one, too."""

    asker: TwinId
    arrangement_id: Token


class CarsAnswer(Struct, kw_only=True, omit_defaults=True):
    """Answers the asker: `cars.answered`."""

    arrangement_id: Token
    cars: list[Affected] = []


def defect_id(model: str, code: str) -> str:
    """The twin of a fault of a model."""
    return f"defect/{model}-{code}"


class Defect(Twin, kind="defect"):
    """One fault of one model; its rule stands in `rules/defect.yaml`."""

    rules: ClassVar[Traversable] = files(__package__) / "rules" / "defect.yaml"
    parts: ClassVar[Mapping[str, str]] = MappingProxyType({"cars": "owner"})

    cars: dict[str, Affected] = field(default_factory=dict)
    """By vehicle, the one that was noticed last at the end."""
    affected: int = 0
    """How many cars have had it within the last week."""
    desk: DeskId | None = None
    """Of the last car."""
    watcher: TwinId | None = None
    """Who is told of every car."""

    @told("fault.noted")
    def fault_noted(self, car: Affected) -> None:
        """Note a car; one that has it again is still one."""
        known = self.cars.pop(car.vehicle, None)
        self.cars[car.vehicle] = car
        if len(self.cars) > MAX_CARS:
            del self.cars[next(iter(self.cars))]
        since = self.now - WEEK_S
        self.affected = sum(each.at >= since for each in self.cars.values())
        self.desk = car.desk or self.desk
        if self.watcher is not None and known is None:
            self.tell(self.watcher, "car.affected", car)

    @told("cars.requested")
    def cars_requested(self, request: CarsRequest) -> None:
        """Say which there are, and tell of every later one."""
        self.watcher = request.asker
        answer = CarsAnswer(arrangement_id=request.arrangement_id, cars=list(self.cars.values()))
        self.tell(request.asker, "cars.answered", answer)
