"""Units: the checked types of times, money and places that the kinds share, and distance.

Every float here has bounds, so that NaN and infinity are refused where a message is decoded: JSON
knows neither, and state is stored as JSON.
"""

from typing import Annotated, Any, Final

from geographiclib.geodesic import Geodesic
from msgspec import Meta

Time = Annotated[float, Meta(ge=0, le=253_402_300_799)]
"""Seconds since the epoch, UTC; until the year 9999."""

Seconds = Annotated[float, Meta(ge=0, le=1e10)]
"""A duration in seconds."""

Cents = Annotated[int, Meta(ge=0, le=1_000_000_000_000)]
"""Money: whole hundredths of a currency."""

Currency = Annotated[str, Meta(pattern=r"^[A-Z]{3}$")]
"""ISO 4217."""

Latitude = Annotated[float, Meta(ge=-90, le=90)]
Longitude = Annotated[float, Meta(ge=-180, le=180)]
Position = tuple[Latitude, Longitude]
"""(latitude, longitude) in degrees, WGS 84."""

Token = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_.:-]{1,128}$")]
"""A constant id: of an arrangement, a hold, a leg, a case. No spaces, safe in subjects and URLs."""

Short = Annotated[str, Meta(max_length=200)]
"""A name or a line for people."""

Text = Annotated[str, Meta(max_length=2000)]
"""A paragraph for people."""

Url = Annotated[str, Meta(pattern=r"^(https?://\S{1,500})?$")]
"""An HTTP address, or empty."""

_WGS84: Final[Any] = Geodesic.WGS84
_KMH_PER_MS: Final = 3.6


def distance_m(start: Position, end: Position) -> float:
    """The length of the geodesic in metres (Karney 2013, WGS 84)."""
    return float(_WGS84.Inverse(*start, *end, Geodesic.DISTANCE)["s12"])


def drive_s(start: Position, end: Position, speed_kmh: float) -> float:
    """Seconds from start to end along the geodesic at an average speed in km/h.

    A road is longer than the geodesic; choose the speed low enough to make up for it.
    """
    return distance_m(start, end) / (speed_kmh / _KMH_PER_MS)
