"""How vehicles move: along geodesics, at one speed, as a pure function of the clock.

Distances and points between come from geographiclib (Karney 2013, WGS 84). A truck drives on
roads, so its real way is longer; a provider's average speed is set low to make up for it.

Two times: the *clock* (time stamps, expiries, appointments; never scaled) and *world seconds*
(driving). `time_scale` world seconds are driven in one second of the clock.
"""

from typing import Any, Final

from geographiclib.geodesic import Geodesic
from pydantic import BaseModel, ConfigDict, Field

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


class Route(BaseModel):
    """The way of one job: to `near`, a stop to load or board there, and on to `to` if there is one.

    Invariant: a route describes itself; no later change of the world alters a job under way.
    """

    model_config = ConfigDict(frozen=True)

    origin: Position
    near: Position
    to: Position | None
    speed_kmh: float = Field(gt=0)
    stop_s: Seconds

    def _seconds(self, metres: float) -> float:
        return metres / (self.speed_kmh / _KMH_PER_MS)

    @property
    def eta_s(self) -> float:
        """World seconds from the start to `near`, to a tenth."""
        return round(self._seconds(distance_m(self.origin, self.near)), 1)

    @property
    def carry_s(self) -> float:
        """World seconds from `near` to `to`, to a tenth; 0 without a `to`."""
        return 0.0 if self.to is None else round(self._seconds(distance_m(self.near, self.to)), 1)

    @property
    def length_km(self) -> float:
        """The whole way, in kilometres."""
        carried = 0.0 if self.to is None else distance_m(self.near, self.to)
        return (distance_m(self.origin, self.near) + carried) / 1000

    @property
    def total_s(self) -> float:
        """World seconds from the start to the end of the job."""
        return self.eta_s + self.stop_s + self.carry_s


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
                position=_rounded(between(route.origin, route.near, driven_s / route.eta_s)),
                eta_s=round(route.eta_s - driven_s, 1),
                arrived=False,
                at=now,
            )
        position = route.near
        carried_s = driven_s - route.eta_s - route.stop_s
        if route.to is not None and carried_s > 0:
            fraction = 1.0 if route.carry_s == 0 else carried_s / route.carry_s
            position = _rounded(between(route.near, route.to, fraction))
        return VehiclePosition(position=position, eta_s=0.0, arrived=True, at=now)
