"""Atlas: all maps of a shelf as networks. Read when first asked for, and when one has changed."""

import threading
from collections.abc import Callable
from hashlib import sha256
from typing import Any, TypeVar

import structlog

from gateway.streets.errors import BadMap, NoWay, OffTheMap
from gateway.streets.grid import Spot
from gateway.streets.network import WITHIN_M, Network
from gateway.streets.shelf import Shelf
from gateway.streets.way import Way
from twins.units import Position

T = TypeVar("T")

logger = structlog.get_logger(__name__)

MARGIN_DEG = 0.02
"""How far outside of a map's box a place may lie that is looked up on it; 500 m up to 77° north."""


class Atlas:
    """The maps of a shelf. All that it does may take a while: call it in a thread."""

    def __init__(self, shelf: Shelf | None = None) -> None:
        self._shelf = shelf or Shelf()
        self._lock = threading.Lock()
        self._state: Any = None
        self._networks: list[Network] = []

    @property
    def networks(self) -> list[Network]:
        """All of them, in order of their names; a damaged map is left out, and logged."""
        with self._lock:
            state = self._shelf.state()
            if state != self._state:
                self._networks = [each for name, *_ in state if (each := self._read(name))]
                self._state = state
            return self._networks

    def _read(self, name: str) -> Network | None:
        known = next((each for each in self._networks if each.map.name == name), None)
        try:
            streets = self._shelf.load(name)
        except BadMap as error:
            logger.warning("map left out", why=str(error))
            return None
        return known if known is not None and known.map == streets else Network(streets)

    @property
    def digest(self) -> str:
        """Of all maps: changes whenever one of them does."""
        known = [f"{each.map.name} {each.map.digest}" for each in self.networks]
        return sha256("\n".join(known).encode()).hexdigest()

    def nearest(self, place: Position, within_m: float = WITHIN_M) -> tuple[Network, Spot]:
        """The nearest place on a street of any map.

        Raises:
            OffTheMap: There is none within `within_m`.
        """

        def look(network: Network) -> tuple[Network, Spot]:
            return network, network.nearest(place, within_m)

        return min(self._each(look, place), key=lambda found: found[1].off_m)

    def way(self, start: Position, end: Position) -> tuple[Network, Way]:
        """The fastest way on any map that has streets near both.

        Raises:
            OffTheMap: No map has.
            NoWay: Their streets do not meet.
        """

        def look(network: Network) -> tuple[Network, Way]:
            return network, network.way(start, end)

        return min(self._each(look, start, end), key=lambda found: found[1].eta_s)

    def _each(self, look: Callable[[Network], T], *places: Position) -> list[T]:
        """What those maps say on which the places may lie; raises the last one's refusal."""
        refusal: OffTheMap | NoWay | None = None
        found = []
        for network in self.networks:
            if all(network.box.holds(place, MARGIN_DEG) for place in places):
                try:
                    found.append(look(network))
                except (OffTheMap, NoWay) as error:
                    refusal = error
        if not found:
            where = " and ".join(f"{lat:.6f},{lon:.6f}" for lat, lon in places)
            raise refusal or OffTheMap(
                f"no map has {where}; `vigil streets` says where the maps are"
            )
        return found
