"""`/v1/streets` and `/v1/routes`: the streets of the maps that are there, and ways over them.

Answers about streets change only when a map does: they carry an ETag, and may be kept for an hour.
"""

import asyncio
from collections.abc import Callable
from hashlib import sha256
from typing import Annotated, Literal, TypeVar

from fastapi import APIRouter, Header, Query, Response

from gateway.api.errors import Invalid, NotFound
from gateway.api.models import Answer, Problem
from gateway.api.needs import Reads
from gateway.streets import Atlas, Box, NoWay, OffTheMap
from gateway.streets.drawing import attribution, feature_collection
from gateway.streets.network import WITHIN_M
from twins.units import Position

T = TypeVar("T")

GEOJSON = "application/geo+json"
KEEP = "private, max-age=3600"

router = APIRouter(tags=["streets"])

Degrees = Annotated[str, Query(max_length=64, examples=["60.170,24.940"])]


class AttributionView(Answer):
    """What has to be shown wherever the streets of a map are."""

    map: str
    text: str
    licence: str
    """SPDX identifier."""
    url: str
    """Where its terms are said; empty where there are none."""


class MapView(Answer):
    """One map."""

    name: str
    source: str
    bbox: tuple[float, float, float, float]
    """West, south, east, north, in degrees."""
    streets: int
    crossings: int
    attribution: AttributionView


class Maps(Answer):
    """All maps."""

    items: list[MapView]


class LineString(Answer):
    """A line (RFC 7946)."""

    type: Literal["LineString"] = "LineString"
    coordinates: list[tuple[float, float]]
    """(longitude, latitude) in degrees."""


class RouteView(Answer):
    """The fastest way by car."""

    eta_s: float
    """Seconds, by the speed at which each class of street is driven."""
    length_m: float
    geometry: LineString
    times_s: list[float]
    """Seconds from the start until each point of the line."""
    names: list[str]
    """Of the streets, in order, as far as they have one."""
    attribution: AttributionView


class NearestView(Answer):
    """The nearest place on a street."""

    name: str
    """Of the street; empty where it has none."""
    highway: str
    position: tuple[float, float]
    """(latitude, longitude) in degrees."""
    distance_m: float
    attribution: AttributionView


def read_box(text: str) -> Box:
    """Read `west,south,east,north`; raises `Invalid`."""
    parts = _numbers(text, 4)
    if parts is not None:
        box = Box(*parts)
        if -180 <= box.west < box.east <= 180 and -90 <= box.south < box.north <= 90:  # noqa: PLR2004 - degrees of a globe
            return box
    raise Invalid("a box is `west,south,east,north` in degrees, such as 24.93,60.16,24.96,60.18")


def read_place(text: str, name: str) -> Position:
    """Read `latitude,longitude`; raises `Invalid`."""
    parts = _numbers(text, 2)
    if parts is not None:
        lat, lon = parts
        if abs(lat) <= 90 and abs(lon) <= 180:  # noqa: PLR2004 - degrees of a globe
            return (lat, lon)
    raise Invalid(f"{name} is `latitude,longitude` in degrees, such as 60.170,24.940")


def _numbers(text: str, count: int) -> list[float] | None:
    try:
        parts = [float(part) for part in text.split(",")]
    except ValueError:
        return None
    return parts if len(parts) == count else None


def streets_of(atlas: Atlas, box: Box, known: str | None) -> Response:
    """The streets of a box as GeoJSON; 304 where the caller has them."""
    tag = f'"{sha256(f"1 {atlas.digest} {box}".encode()).hexdigest()[:32]}"'
    headers = {"etag": tag, "cache-control": KEEP}
    if known is not None and tag in known:
        return Response(status_code=304, headers=headers)
    return Response(feature_collection(atlas.networks, box), media_type=GEOJSON, headers=headers)


async def _look(look: Callable[[], T]) -> T:
    """Look something up in a thread; raises `NotFound`."""
    try:
        return await asyncio.to_thread(look)
    except (OffTheMap, NoWay) as error:
        raise NotFound(str(error)) from error


@router.get("/v1/streets/maps", responses={401: {"model": Problem}})
async def get_maps(shared: Reads) -> Maps:
    """Which maps there are, and where."""
    networks = await _look(lambda: shared.atlas.networks)
    return Maps(
        items=[
            MapView(
                name=network.map.name,
                source=network.map.source,
                bbox=(network.box.west, network.box.south, network.box.east, network.box.north),
                streets=len(network.map.streets),
                crossings=network.crossings,
                attribution=AttributionView(**attribution(network)),
            )
            for network in networks
        ]
    )


@router.get(
    "/v1/streets",
    response_class=Response,
    responses={
        200: {"content": {GEOJSON: {}}},
        304: {"description": "Nothing changed"},
        **{status: {"model": Problem} for status in (401, 422)},
    },
)
async def get_streets(
    shared: Reads,
    bbox: Annotated[str, Query(max_length=128, examples=["24.93,60.16,24.96,60.18"])],
    if_none_match: Annotated[str | None, Header()] = None,
) -> Response:
    """The streets of a box, `west,south,east,north`, as GeoJSON.

    The larger the box, the fewer small streets and points are in it. Each feature has `highway`,
    `rank` (0: through the country, 3: to a door), `name` and `one_way`; the collection's member
    `attribution` has to be shown beside them.
    """
    box = read_box(bbox)
    return await _look(lambda: streets_of(shared.atlas, box, if_none_match))


@router.get(
    "/v1/streets/nearest", responses={status: {"model": Problem} for status in (401, 404, 422)}
)
async def get_nearest(
    shared: Reads,
    at: Degrees,
    within_m: Annotated[float, Query(gt=0, le=5000)] = WITHIN_M,
) -> NearestView:
    """The nearest place on a street where cars drive."""
    place = read_place(at, "at")
    network, spot = await _look(lambda: shared.atlas.nearest(place, within_m))
    street = network.map.streets[spot.street]
    return NearestView(
        name=street.name,
        highway=street.highway,
        position=(round(spot.place[0], 6), round(spot.place[1], 6)),
        distance_m=round(spot.off_m, 1),
        attribution=AttributionView(**attribution(network)),
    )


@router.get("/v1/routes", responses={status: {"model": Problem} for status in (401, 404, 422)})
async def get_route(
    shared: Reads,
    from_: Annotated[Degrees, Query(alias="from")],
    to: Degrees,
) -> RouteView:
    """The fastest way by car between two places, `latitude,longitude` each."""
    start, end = read_place(from_, "from"), read_place(to, "to")
    network, way = await _look(lambda: shared.atlas.way(start, end))
    return RouteView(
        eta_s=round(way.eta_s, 1),
        length_m=round(way.length_m, 1),
        geometry=LineString(coordinates=[(round(lon, 6), round(lat, 6)) for lat, lon in way.line]),
        times_s=[round(each, 1) for each in way.times_s],
        names=list(way.names),
        attribution=AttributionView(**attribution(network)),
    )
