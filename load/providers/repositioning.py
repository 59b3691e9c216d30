"""Where what is idle drives, so that it is there when it will be needed: the company's own matter.

A fleet lets its idle vehicles stand where most is expected, the nearest one for each breakdown. A
rental depot has its company's other depots have as many cars as are expected to be needed around
them, and keeps those that are needed around itself. Nothing drives that is near enough, so the
same request again moves nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from math import ceil
from typing import Final

from load.providers.contract import ExpectedPlace, Position
from load.providers.movement import distance_m
from load.providers.world import Fleet, RentalDepot

NEAR_M: Final = 2_000.0
"""What stands so near to a place need not drive."""


@dataclass(frozen=True)
class Journey:
    """One thing that is to drive."""

    item: str
    to: Position
    depot: str | None = None
    """Of a rental car: where it can be fetched then."""


def fleet_journeys(
    fleet: Fleet, idle: Mapping[str, Position], places: Sequence[ExpectedPlace]
) -> Iterator[Journey]:
    """Which vehicles drive where.

    Args:
        fleet: Whose they are.
        idle: Vehicle without a job -> where it stands, or drives to by now.
        places: Where breakdowns are expected within the next hour.
    """
    left = dict(idle)
    wanted = []
    for number, place in enumerate(places):
        near = [item for item, where in left.items() if distance_m(where, place.near) <= NEAR_M]
        there = near[: ceil(place.expected)]
        for item in there:
            del left[item]
        wanted.append(_still(place, number, len(there)))
    heapify(wanted)
    while wanted and left:
        _, number, count = heappop(wanted)
        place = places[number]
        if count >= ceil(place.expected):
            continue
        away = sorted((distance_m(where, place.near), item) for item, where in left.items())
        metres, item = away[0]
        if metres > fleet.range_km * 1000:
            continue
        del left[item]
        heappush(wanted, _still(place, number, count + 1))
        yield Journey(item, place.near)


def _still(place: ExpectedPlace, number: int, count: int) -> tuple[float, int, int]:
    """Least first: what is expected there, half as much for each that is there; place; count.

    The first one counts whole, and each further one half, since two at once are rarer than one.
    """
    return (-place.expected / 2**count, number, count)


def depot_journeys(
    depot: RentalDepot,
    fellows: Sequence[RentalDepot],
    idle: Mapping[str, Sequence[str]],
    places: Sequence[ExpectedPlace],
) -> Iterator[Journey]:
    """Which cars drive to which other depot.

    Args:
        depot: Where they stand.
        fellows: The company's other depots.
        idle: Depot -> cars that nobody has, and that stand there or are on their way there.
        places: Where breakdowns are expected within the next hour.
    """
    needed: dict[str, int] = {}
    for place in places:
        nearest = min((depot, *fellows), key=lambda one: distance_m(one.position, place.near))
        count = needed.get(nearest.provider_id, 0)
        needed[nearest.provider_id] = count + ceil(place.expected)
    spare = list(idle[depot.provider_id])[needed.pop(depot.provider_id, 0) :]
    for fellow in fellows:
        missing = needed.get(fellow.provider_id, 0) - len(idle[fellow.provider_id])
        while missing > 0 and spare:
            missing -= 1
            yield Journey(spare.pop(), fellow.position, fellow.provider_id)
