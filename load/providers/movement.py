"""How vehicles move: along streets or geodesics, as a pure function of the clock.

Where a route has a way along streets, it is driven as fast as those are. Without one it is a
geodesic at one speed; distances and points between come from geographiclib (Karney 2013, WGS 84).
Roads are longer than that, so a provider's average speed is set low to make up for it.

Two times: the *clock* (time stamps, expiries, appointments; never scaled) and *world seconds*
(driving). `time_scale` world seconds are driven in one second of the clock.
"""

from typing import Any, Final

from geographiclib.geodesic import Geodesic
from pydantic import BaseModel, ConfigDict, Field, model_validator

from gateway.streets import Way
from load.providers.contract import Position, Seconds, Timestamp, VehiclePosition

_WGS84: Final[Any] = Geodesic.WGS84
_KMH_PER_MS: Final = 3.6


def distance_m(start: Position, end: Position) -> float:
    """Return the length of the geodesic between two positions, in metres."""
    return float(_WGS84.Inverse(*start, *end, Geodesic.DISTANCE)["s12"])


def between(start: Position, end: Position, fraction: float) -> Position:
    """Return the point `fraction` (0 to 1) of the way along the geodesic from start to end."""
    if fraction <= 0:
        return start
    if fraction >= 1:
        return end
    line = _WGS84.InverseLine(*start, *end)
    point = line.Position(fraction * line.s13)
    return (float(point["lat2"]), float(point["lon2"]))


def _rounded(position: Position) -> Position:
    """Return the position to a millionth of a degree, 11 cm: no vehicle is told more exactly."""
    return (round(position[0], 6), round(position[1], 6))


class Path(BaseModel):
    """A way along streets, as it is kept with a job: its points, and when each is passed."""

    model_config = ConfigDict(frozen=True)

    line: tuple[Position, ...]
    times_s: tuple[Seconds, ...]
    """World seconds from its start."""
    length_m: float = Field(ge=0)

    @model_validator(mode="after")
    def _drivable(self) -> "Path":
        if not 1 <= len(self.line) == len(self.times_s) or sorted(self.times_s) != [*self.times_s]:
            raise ValueError("a path has points, and a time for each of them that never falls")
        return self

    @classmethod
    def along(cls, way: Way | None) -> "Path | None":
        """The path that follows a way."""
        if way is None:
            return None
        return cls(line=way.line, times_s=way.times_s, length_m=round(way.length_m, 1))

    @property
    def eta_s(self) -> float:
        """World seconds from its start to its end."""
        return self.times_s[-1]

    def at(self, fraction: float) -> Position:
        """Where one is after this share of its time."""
        return Way(self.line, self.times_s).at(fraction * self.eta_s)


class Route(BaseModel):
    """The way of one job: to `near`, a stop to load or board there, and on to `to` if there is one.

    Invariant: a route describes itself; no later change of the world alters a job under way.
    """

    model_config = ConfigDict(frozen=True)

    origin: Position
    near: Position
    to: Position | None
    speed_kmh: float = Field(gt=0)
    """As the crow flies, where there is no path."""
    stop_s: Seconds
    path: Path | None = None
    """To `near`, along streets."""
    path_on: Path | None = None
    """From `near` to `to`, along streets."""

    def _seconds(self, metres: float) -> float:
        return metres / (self.speed_kmh / _KMH_PER_MS)

    @property
    def eta_s(self) -> float:
        """World seconds from the start to `near`, to a tenth."""
        if self.path is not None:
            return round(self.path.eta_s, 1)
        return round(self._seconds(distance_m(self.origin, self.near)), 1)

    @property
    def carry_s(self) -> float:
        """World seconds from `near` to `to`, to a tenth; 0 without a `to`."""
        if self.to is None:
            return 0.0
        if self.path_on is not None:
            return round(self.path_on.eta_s, 1)
        return round(self._seconds(distance_m(self.near, self.to)), 1)

    @property
    def length_km(self) -> float:
        """The whole way, in kilometres."""
        return (
            _length_m(self.origin, self.near, self.path)
            + (0.0 if self.to is None else _length_m(self.near, self.to, self.path_on))
        ) / 1000

    def coming(self, fraction: float) -> Position:
        """Where it is after this share of the time to `near`."""
        return _on(self.origin, self.near, self.path, fraction)

    def carrying(self, fraction: float) -> Position:
        """Where it is after this share of the time from `near` to `to`, if there is one."""
        return self.near if self.to is None else _on(self.near, self.to, self.path_on, fraction)

    @property
    def total_s(self) -> float:
        """World seconds from the start to the end of the job."""
        return self.eta_s + self.stop_s + self.carry_s


def _length_m(start: Position, end: Position, path: Path | None) -> float:
    return distance_m(start, end) if path is None else path.length_m


def _on(start: Position, end: Position, path: Path | None, fraction: float) -> Position:
    return between(start, end, fraction) if path is None else path.at(fraction)


class Drive(BaseModel):
    """A route under way since `started_at` (clock), at `time_scale` world seconds a second."""

    model_config = ConfigDict(frozen=True)

    route: Route
    started_at: Timestamp
    time_scale: float = Field(gt=0)

    @property
    def ends_at(self) -> float:
        """When the job is over, by the clock."""
        return self.started_at + self.route.total_s / self.time_scale

    @property
    def destination(self) -> Position:
        """Where the job is over."""
        return self.route.near if self.route.to is None else self.route.to

    def at(self, now: float) -> VehiclePosition:
        """Return where the vehicle is when the clock says `now`; before the start: its origin."""
        route = self.route
        driven_s = max(0.0, (now - self.started_at) * self.time_scale)
        if driven_s < route.eta_s:
            return VehiclePosition(
                position=_rounded(route.coming(driven_s / route.eta_s)),
                eta_s=round(route.eta_s - driven_s, 1),
                arrived=False,
                at=now,
            )
        position = route.near
        carried_s = driven_s - route.eta_s - route.stop_s
        if route.to is not None and carried_s > 0:
            fraction = 1.0 if route.carry_s == 0 else carried_s / route.carry_s
            position = _rounded(route.carrying(fraction))
        return VehiclePosition(position=position, eta_s=0.0, arrived=True, at=now)
