"""Rounds: round trips on the streets of a map, for cars whose drives have no positions."""

from random import Random
from typing import Final, NamedTuple

from gateway.streets import Network
from gateway.streets.drawing import simplified
from gateway.streets.street import HIGHWAYS
from gateway.streets.way import span_m
from load.drives.routes import Route
from twins.units import Position

LENGTH_M: Final = 4000.0
"""How far a car drives before it turns home."""

DETAIL_M: Final = 1.0
"""A bend that leads less far off the straight is none: cars are as wide as that."""

_PULL: Final = (6.0, 4.0, 2.0, 1.0)
"""How much more often drivers turn into a large street, by its rank, than into a small one."""


class _Leg(NamedTuple):
    """A street in one direction."""

    line: tuple[Position, ...]
    pull: float


class Rounds:
    """Draws round trips on one map: along streets as they may be driven, mostly on large ones."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._leaving: dict[Position, list[_Leg]] = {}
        for street, driven in zip(network.map.streets, network.driven, strict=True):
            if driven:
                pull = _PULL[HIGHWAYS[street.highway].rank]
                self._add(_Leg(street.line, pull))
                if not street.one_way:
                    self._add(_Leg(street.line[::-1], pull))
        self._crossings = list(self._leaving)

    def _add(self, leg: _Leg) -> None:
        self._leaving.setdefault(leg.line[0], []).append(leg)

    def place(self, chance: Random) -> Position:
        """Draw a place on a street, to a millionth of a degree."""
        leg = chance.choice(self._leaving[chance.choice(self._crossings)])
        (lat, lon), (next_lat, next_lon) = leg.line[0], leg.line[1]
        share = chance.random()
        return (
            round(lat + share * (next_lat - lat), 6),
            round(lon + share * (next_lon - lon), 6),
        )

    def trip(self, chance: Random) -> Route:
        """Draw a round trip of some kilometres."""
        begun = here = chance.choice(self._crossings)
        line: list[Position] = [here]
        behind: Position | None = None
        driven_m = 0.0
        while driven_m < LENGTH_M:
            legs = self._leaving[here]
            # Nobody turns on the spot while there is another way.
            onward = [leg for leg in legs if leg.line[1] != behind] or legs
            leg = chance.choices(onward, [each.pull for each in onward])[0]
            driven_m += sum(map(span_m, leg.line, leg.line[1:]))
            line += leg.line[1:]
            here, behind = leg.line[-1], leg.line[-2]
        line += self._network.way(here, begun).line[1:]
        return Route(tuple(simplified(line, DETAIL_M)[:-1]))
