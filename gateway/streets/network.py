"""Network: the streets of one map as a graph, and ways over it (A* of `rustworkx`)."""

import threading
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Final

import rustworkx as rx
from msgspec import Struct

from gateway.streets.errors import NoWay, OffTheMap
from gateway.streets.grid import Grid, Spot
from gateway.streets.street import Street, StreetMap
from gateway.streets.way import OFF_STREET_MS, Way, running, span_m
from twins.units import Position

WITHIN_M: Final = 500.0
"""A place farther from any street than this is off the map."""


class _Edge(Struct, frozen=True):
    """A street, or a part of one, in one direction."""

    seconds: float
    line: tuple[Position, ...]
    times_s: tuple[float, ...]
    """How long each piece takes."""
    name: str


class Network:
    """The streets of one map.

    Cars start and arrive only where they can get from everywhere to everywhere: on the largest part
    of the map that is connected in both directions. The rest is drawn and not driven.
    """

    def __init__(self, streets: StreetMap) -> None:
        self.map = streets
        self.box = streets.box
        self.grid = Grid(streets.streets, self.box)
        self._graph: Any = rx.PyDiGraph()
        self._crossings: dict[Position, int] = {}
        for street in streets.streets:
            start, end = self._crossing(street.line[0]), self._crossing(street.line[-1])
            edge = _edge(street, street.line)
            self._graph.add_edge(start, end, edge)
            if not street.one_way:
                self._graph.add_edge(end, start, _edge(street, street.line[::-1]))
        connected = max(rx.strongly_connected_components(self._graph), key=len, default=[])
        main = set(connected)
        self.driven: Sequence[bool] = [
            self._crossings[street.line[0]] in main and self._crossings[street.line[-1]] in main
            for street in streets.streets
        ]
        self._fastest_ms = max(street.speed_ms for street in streets.streets)
        # A search adds its ends to the graph for as long as it takes.
        self._lock = threading.Lock()

    @property
    def crossings(self) -> int:
        """How many crossings and dead ends there are."""
        return len(self._crossings)

    def nearest(self, place: Position, within_m: float = WITHIN_M) -> Spot:
        """The nearest place on a street from which cars get everywhere.

        Raises:
            OffTheMap: There is none within `within_m`.
        """
        spot = self.grid.nearest(place, within_m, self.driven)
        if spot is None:
            raise OffTheMap(
                f"no street of {self.map.name} lies within {within_m:g} m of "
                f"{place[0]:.6f},{place[1]:.6f}; `vigil streets` says where the maps are"
            )
        return spot

    def way(self, start: Position, end: Position) -> Way:
        """The fastest way by car, from door to door.

        Raises:
            OffTheMap: No street is near one of them.
            NoWay: The streets do not meet.
        """
        origin, goal = self.nearest(start), self.nearest(end)
        with self._lock:
            first = self._graph.add_node(origin.place)
            last = self._graph.add_node(goal.place)
            try:
                self._join(first, origin, last, goal)
                edges = self._search(first, goal.place)
            finally:
                self._graph.remove_nodes_from([first, last])
        if edges is None:
            raise NoWay(
                f"no way leads from {start[0]:.6f},{start[1]:.6f} to {end[0]:.6f},{end[1]:.6f} on "
                f"the streets of {self.map.name}"
            )
        return _whole(start, origin, edges, goal, end)

    # -- the graph ---------------------------------------------------------------------------

    def _crossing(self, place: Position) -> int:
        found = self._crossings.get(place)
        if found is None:
            found = self._crossings[place] = self._graph.add_node(place)
        return found

    def _join(self, first: int, origin: Spot, last: int, goal: Spot) -> None:
        """Join both ends of a search to the streets on which they lie."""
        street = self.map.streets[origin.street]
        before, after = _halves(street, origin)
        start, end = self._crossings[street.line[0]], self._crossings[street.line[-1]]
        self._graph.add_edge(first, end, _edge(street, after))
        # Who stands on a crossing stands on all of its streets.
        if not street.one_way or origin.place == street.line[0]:
            self._graph.add_edge(first, start, _edge(street, before[::-1]))
        street = self.map.streets[goal.street]
        before, after = _halves(street, goal)
        start, end = self._crossings[street.line[0]], self._crossings[street.line[-1]]
        self._graph.add_edge(start, last, _edge(street, before))
        if not street.one_way or goal.place == street.line[-1]:
            self._graph.add_edge(end, last, _edge(street, after[::-1]))
        if origin.street == goal.street:
            between = _between(street, origin, goal)
            if between is not None:
                self._graph.add_edge(first, last, _edge(street, between))

    def _search(self, first: int, goal: Position) -> list[_Edge] | None:
        """The edges to the node that holds this very `goal`."""
        fastest_ms = self._fastest_ms

        def least_s(place: Position) -> float:
            # A hair below the truth, so that rounding never makes it too much.
            return 0.999 * span_m(place, goal) / fastest_ms

        try:
            nodes = rx.astar_shortest_path(
                self._graph,
                first,
                lambda place: place is goal,
                lambda edge: edge.seconds,
                least_s,
            )
        except rx.NoPathFound:
            return None
        return [
            min(self._graph.get_all_edge_data(start, end), key=lambda edge: edge.seconds)
            for start, end in pairwise(nodes)
        ]


def _edge(street: Street, line: tuple[Position, ...]) -> _Edge:
    times = tuple(span_m(start, end) / street.speed_ms for start, end in pairwise(line))
    return _Edge(sum(times), line, times, street.name)


def _halves(street: Street, spot: Spot) -> tuple[tuple[Position, ...], tuple[Position, ...]]:
    """The street up to a place on it, and from there on."""
    line, cut = street.line, spot.piece + 1
    return (*line[:cut], spot.place), (spot.place, *line[cut:])


def _between(street: Street, origin: Spot, goal: Spot) -> tuple[Position, ...] | None:
    """The part between two places on one street; None where it is one way, the other one."""
    ahead = (origin.piece, origin.share) <= (goal.piece, goal.share)
    if not ahead and street.one_way:
        return None
    low, high = (origin, goal) if ahead else (goal, origin)
    line = (low.place, *street.line[low.piece + 1 : high.piece + 1], high.place)
    return line if ahead else line[::-1]


def _whole(start: Position, origin: Spot, edges: list[_Edge], goal: Spot, end: Position) -> Way:
    """Put a way together: to the street, along it, and off it."""
    line: list[Position] = [start]
    times: list[float] = []
    names: list[str] = []

    def go(place: Position, seconds: float) -> None:
        # A point that takes no time is none: it would be divided by.
        if seconds > 0:
            line.append(place)
            times.append(seconds)

    go(origin.place, span_m(start, origin.place) / OFF_STREET_MS)
    for edge in edges:
        for place, seconds in zip(edge.line[1:], edge.times_s, strict=True):
            go(place, seconds)
        if edge.name and edge.name not in names[-1:]:
            names.append(edge.name)
    go(end, span_m(goal.place, end) / OFF_STREET_MS)
    if not times:
        line, times = [start, end], [0.0]
    return Way(tuple(line), running(times), tuple(names))
