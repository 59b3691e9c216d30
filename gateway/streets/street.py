"""Streets as data: pieces between two crossings, and the map that they make."""

from typing import Annotated, Final, NamedTuple

from msgspec import Meta, Struct

from twins.units import Latitude, Longitude, Position

MS_PER_KMH: Final = 1 / 3.6


class Highway(NamedTuple):
    """What is known of a class of streets.

    Neither figure is measured: limits are common ones in towns, and the share allows for signals,
    turnings and traffic.
    """

    limit_kmh: float
    """Speed limit where the street itself names none."""
    flow: float
    """Which share of the limit a car makes on average."""
    rank: int
    """0 leads through the country, 3 to a door."""


HIGHWAYS: Final[dict[str, Highway]] = {
    "motorway": Highway(100, 0.85, 0),
    "motorway_link": Highway(60, 0.75, 0),
    "trunk": Highway(80, 0.75, 0),
    "trunk_link": Highway(50, 0.65, 0),
    "primary": Highway(50, 0.6, 1),
    "primary_link": Highway(40, 0.6, 1),
    "secondary": Highway(50, 0.55, 1),
    "secondary_link": Highway(40, 0.55, 1),
    "tertiary": Highway(40, 0.55, 2),
    "tertiary_link": Highway(40, 0.55, 2),
    "unclassified": Highway(40, 0.5, 3),
    "residential": Highway(30, 0.6, 3),
    "living_street": Highway(20, 0.5, 3),
    "road": Highway(40, 0.5, 3),
    "service": Highway(20, 0.5, 3),
}
"""Classes on which cars drive, as OpenStreetMap's key `highway` names them."""

Line = Annotated[tuple[tuple[Latitude, Longitude], ...], Meta(min_length=2)]


class Street(Struct, frozen=True, array_like=True):
    """A piece of a street between two crossings, or from one to a dead end.

    Invariant: where two streets meet, both have the same end, to the last digit.
    """

    highway: str
    """Its class: a key of `HIGHWAYS`."""
    name: str
    limit_kmh: Annotated[float, Meta(gt=0, le=300)]
    one_way: bool
    """Whether cars drive it only from its first point to its last."""
    line: Line
    """(latitude, longitude) in degrees."""

    @property
    def speed_ms(self) -> float:
        """How fast a car comes along on average, in m/s."""
        return self.limit_kmh * HIGHWAYS[self.highway].flow * MS_PER_KMH


class Box(NamedTuple):
    """A box on the globe, in degrees; it never reaches over the 180th meridian."""

    west: float
    south: float
    east: float
    north: float

    def meets(self, other: "Box") -> bool:
        """Whether the two have a place in common."""
        return (
            self.west <= other.east and other.west <= self.east
            and self.south <= other.north and other.south <= self.north
        )  # fmt: skip

    def holds(self, place: Position, margin: float = 0.0) -> bool:
        """Whether a place lies in it, or at most `margin` degrees outside."""
        lat, lon = place
        return (
            self.south - margin <= lat <= self.north + margin
            and self.west - margin <= lon <= self.east + margin
        )

    @property
    def middle(self) -> Position:
        """Its middle, as (latitude, longitude)."""
        return ((self.south + self.north) / 2, (self.west + self.east) / 2)


def box_of(line: tuple[Position, ...]) -> Box:
    """The smallest box around places."""
    lats, lons = [lat for lat, _ in line], [lon for _, lon in line]
    return Box(min(lons), min(lats), max(lons), max(lats))


class StreetMap(Struct, frozen=True, kw_only=True):
    """The streets of a town or a region, and where they come from."""

    name: str
    source: str
    """For people: the file, or that it is generated."""
    attribution: str
    """Has to be shown wherever the streets are."""
    licence: str
    """SPDX identifier."""
    url: str
    """Where the licence's terms are said; empty where there are none."""
    digest: str
    """Of what it was made of: another source, another digest."""
    streets: tuple[Street, ...]

    @property
    def box(self) -> Box:
        """Where it lies."""
        boxes = [box_of(street.line) for street in self.streets]
        return Box(
            min(box.west for box in boxes), min(box.south for box in boxes),
            max(box.east for box in boxes), max(box.north for box in boxes),
        )  # fmt: skip
