"""Grid: which streets lie where. Finds the nearest one, and those in a box."""

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

from msgspec import Struct

from gateway.streets.street import Box, Street, box_of
from twins.units import Position

CELL_M: Final = 250.0
M_PER_DEG: Final = 111_195.0
"""Metres a degree of latitude, on a globe of 6,371 km."""


class Spot(Struct, frozen=True):
    """A place on a street."""

    street: int
    """Its number on the map."""
    piece: int
    """Between which two points of its line: this one and the next."""
    share: float
    """How far along that piece, 0 to 1."""
    place: Position
    off_m: float
    """How far from where it was looked for."""


class Grid:
    """An index over streets, in cells of 250 m.

    Distances are taken on a plane that touches the globe at the map's middle: for a town they are
    right to a thousandth.
    """

    def __init__(self, streets: Sequence[Street], box: Box) -> None:
        self._streets = streets
        self._lat, self._lon = box.middle
        self._shrink = max(0.01, math.cos(math.radians(self._lat)))
        self._cells: dict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
        for number, street in enumerate(streets):
            for piece, (start, end) in enumerate(pairwise(street.line)):
                for cell in self._between(start, end):
                    self._cells[cell].append((number, piece))

    def nearest(self, place: Position, within_m: float, allowed: Sequence[bool]) -> Spot | None:
        """The nearest place on a street, at most `within_m` away.

        Args:
            place: (latitude, longitude) in degrees.
            within_m: How far to look.
            allowed: Which streets count, by their numbers.
        """
        x, y = self._plane(place)
        column, row = math.floor(x / CELL_M), math.floor(y / CELL_M)
        best: Spot | None = None
        # Whatever lies in a ring is at least so far away as the rings inside it are wide.
        for ring in range(int(within_m / CELL_M) + 2):
            if best is not None and best.off_m <= (ring - 1) * CELL_M:
                break
            for cell in _ring(column, row, ring):
                for number, piece in self._cells.get(cell, ()):
                    if allowed[number]:
                        spot = self._spot(place, number, piece)
                        if best is None or spot.off_m < best.off_m:
                            best = spot
        return best if best is not None and best.off_m <= within_m else None

    def inside(self, box: Box) -> list[int]:
        """The numbers of the streets that may be seen in a box, ascending."""
        west, south = self._plane((box.south, box.west))
        east, north = self._plane((box.north, box.east))
        columns = range(math.floor(west / CELL_M), math.floor(east / CELL_M) + 1)
        rows = range(math.floor(south / CELL_M), math.floor(north / CELL_M) + 1)
        if len(columns) * len(rows) > len(self._cells):
            found = {
                number
                for (column, row), pieces in self._cells.items()
                if column in columns and row in rows
                for number, _ in pieces
            }
        else:
            found = {
                number
                for column in columns
                for row in rows
                for number, _ in self._cells.get((column, row), ())
            }
        return [number for number in sorted(found) if box.meets(box_of(self._streets[number].line))]

    def _plane(self, place: Position) -> tuple[float, float]:
        """East and north of the map's middle, in metres."""
        lat, lon = place
        return (lon - self._lon) * self._shrink * M_PER_DEG, (lat - self._lat) * M_PER_DEG

    def _between(self, start: Position, end: Position) -> Iterator[tuple[int, int]]:
        """All cells of the rectangle around a piece: a few too many, but none too few."""
        (x, y), (u, v) = self._plane(start), self._plane(end)
        for column in range(math.floor(min(x, u) / CELL_M), math.floor(max(x, u) / CELL_M) + 1):
            for row in range(math.floor(min(y, v) / CELL_M), math.floor(max(y, v) / CELL_M) + 1):
                yield column, row

    def _spot(self, place: Position, number: int, piece: int) -> Spot:
        line = self._streets[number].line
        (start_lat, start_lon), (end_lat, end_lon) = line[piece], line[piece + 1]
        (x, y), (u, v) = self._plane(line[piece]), self._plane(line[piece + 1])
        here_x, here_y = self._plane(place)
        dx, dy = u - x, v - y
        length2 = dx * dx + dy * dy
        share = 0.0 if not length2 else ((here_x - x) * dx + (here_y - y) * dy) / length2
        share = min(1.0, max(0.0, share))
        return Spot(
            number,
            piece,
            share,
            (start_lat + share * (end_lat - start_lat), start_lon + share * (end_lon - start_lon)),
            math.hypot(x + share * dx - here_x, y + share * dy - here_y),
        )


def _ring(column: int, row: int, ring: int) -> Iterator[tuple[int, int]]:
    """The cells around a cell that are so many steps away."""
    if ring == 0:
        yield column, row
        return
    for step in range(-ring, ring + 1):
        yield column + step, row - ring
        yield column + step, row + ring
    for step in range(1 - ring, ring):
        yield column - ring, row + step
        yield column + ring, row + step
