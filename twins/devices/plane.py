"""Plane: one flight on its way, and the trips of those who have to change from it."""

from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Annotated, ClassVar

from msgspec import Meta, Struct, field

from twins.event import Reading
from twins.handler import on, told
from twins.ids import PART, CustomerId, DeskId
from twins.settings import UNSET, Settings, UnsetType
from twins.twin import Twin
from twins.units import Latitude, Longitude, Position, Short, Time

PlaneId = Annotated[str, Meta(pattern=rf"^plane/{PART}$", extra={"link": "plane"})]
TripId = Annotated[str, Meta(pattern=rf"^trip/{PART}$", extra={"link": "trip"})]

MAX_TRIPS = 1000
"""More than sit in any plane; those beyond are not told."""

NEWS_S = 60.0
"""Trips are told of an arrival that has moved by so much."""


class Progress(Reading):
    """What a plane says on its way: `telemetry`."""

    lat: Latitude | None = None
    lon: Longitude | None = None
    arrives_at: Time | None = None
    """When its doors are expected to open, seconds since the epoch."""
    cancelled: bool | None = None
    """It does not fly."""


class TripRef(Struct, kw_only=True):
    """A trip that goes by this plane, or does not any more: `trip.joined`, `trip.left`."""

    trip: TripId


class Arrival(Struct, kw_only=True):
    """Tells a trip when its plane arrives: `arrival.noted`."""

    plane: PlaneId
    arrives_at: Time
    measured_at: Time
    """When the plane said so."""


class Cancelled(Struct, kw_only=True):
    """Tells a trip that a plane does not fly: `flight.cancelled`."""

    plane: PlaneId


class Rebooked(Struct, kw_only=True, omit_defaults=True):
    """Tells a trip that it goes on by another flight: `trip.rebooked`."""

    onward: Short = ""
    boards_at: Time
    connection: PlaneId | None = None
    """Its twin, where the airline names it."""


class Plane(Twin, kind="plane"):
    """One flight of a plane."""

    lat: float | None = None
    lon: float | None = None
    arrives_at: float | None = None
    cancelled: bool | None = None

    trips: list[str] = field(default_factory=list)
    told_at: float | None = None
    """The arrival that they were told last."""

    @on("telemetry")
    def telemetry(self, progress: Progress) -> None:
        """Take over where it is; tell the trips when the arrival has moved."""
        before = self.cancelled
        self.update(progress)
        if self.cancelled and not before:
            for trip in self.trips:
                self.tell(trip, "flight.cancelled", Cancelled(plane=self.id))
        if self.arrives_at is None:
            return
        if self.told_at is None or abs(self.arrives_at - self.told_at) >= NEWS_S:
            self.told_at = self.arrives_at
            for trip in self.trips:
                self._note(trip)

    @told("trip.joined")
    def trip_joined(self, ref: TripRef) -> None:
        """Somebody has to change from it."""
        if ref.trip not in self.trips and len(self.trips) < MAX_TRIPS:
            self.trips = [*self.trips, ref.trip]
        if self.arrives_at is not None:
            self._note(ref.trip)
        if self.cancelled:
            self.tell(ref.trip, "flight.cancelled", Cancelled(plane=self.id))

    @told("trip.left")
    def trip_left(self, ref: TripRef) -> None:
        """Not any more."""
        self.trips = [trip for trip in self.trips if trip != ref.trip]

    def _note(self, trip: str) -> None:
        assert self.arrives_at is not None
        measured_at = self.measured_at("arrives_at") or 0.0
        arrival = Arrival(plane=self.id, arrives_at=self.arrives_at, measured_at=measured_at)
        self.tell(trip, "arrival.noted", arrival)


class TripSettings(Settings):
    """An itinerary: `configured`."""

    owner: CustomerId | UnsetType | None = UNSET
    """Who travels."""
    desk: DeskId | UnsetType | None = UNSET
    plane: PlaneId | UnsetType | None = UNSET
    """By which she comes."""
    connection: PlaneId | UnsetType | None = UNSET
    """By which she goes on."""
    onward: Short | UnsetType = UNSET
    """The connection's number, for people."""
    destination: Short | UnsetType = UNSET
    """Where it goes."""
    boards_at: Time | UnsetType | None = UNSET
    """When the connection's gate closes."""
    transfer_s: Annotated[float, Meta(ge=0, le=86_400)] | UnsetType = UNSET
    """How long the way from door to gate takes."""
    changes_at: Position | UnsetType | None = UNSET
    """Where she changes: hotels near it are asked."""
    timezone: Annotated[str, Meta(max_length=64)] | UnsetType = UNSET
    """Of that place (IANA name): it says what is a night."""


class Trip(Twin, kind="trip"):
    """The itinerary of one passenger who changes planes; its rule stands in `rules/trip.yaml`."""

    personal: ClassVar[str | None] = "owner"
    rules: ClassVar[Traversable] = files(__package__) / "rules" / "trip.yaml"

    owner: CustomerId | None = None
    desk: DeskId | None = None
    plane: PlaneId | None = None
    connection: PlaneId | None = None
    cancelled: bool = False
    """The connection does not fly."""
    onward: str = ""
    destination: str = ""
    boards_at: float | None = None
    transfer_s: float = 1800.0
    changes_at: Position | None = None
    timezone: str = "UTC"
    arrives_at: float | None = None
    """When the plane arrives, as it said last."""
    heard_at: float = 0.0
    """When it said so."""

    @told("configured")
    def configured(self, settings: TripSettings) -> None:
        """Take over the itinerary, and follow its plane."""
        plane, connection = self.plane, self.connection
        settings.apply(self)
        if self.plane != plane:
            self.arrives_at, self.heard_at = None, 0.0
            self._follow(plane, self.plane)
        if self.connection != connection:
            self.cancelled = False
            self._follow(connection, self.connection)

    @told("trip.rebooked")
    def rebooked(self, rebooked: Rebooked) -> None:
        """It goes on by another flight: that one may be missed or cancelled, too."""
        before, self.connection = self.connection, rebooked.connection
        self.cancelled = False
        self.onward, self.boards_at = rebooked.onward, rebooked.boards_at
        if self.connection != before:
            self._follow(before, self.connection)

    def _follow(self, before: str | None, plane: str | None) -> None:
        if before is not None:
            self.tell(before, "trip.left", TripRef(trip=self.id))
        if plane is not None:
            self.tell(plane, "trip.joined", TripRef(trip=self.id))

    @told("flight.cancelled")
    def flight_cancelled(self, cancelled: Cancelled) -> None:
        """Its connection does not fly; of another plane it is passed over."""
        if cancelled.plane == self.connection:
            self.cancelled = True

    @told("arrival.noted")
    def arrival_noted(self, arrival: Arrival) -> None:
        """Its plane arrives at another time; of another plane, or older, it is passed over."""
        if arrival.plane == self.plane and arrival.measured_at >= self.heard_at:
            self.arrives_at, self.heard_at = arrival.arrives_at, arrival.measured_at
