"""Roads: the streets on which a provider's vehicles drive, where there is a map of them."""

from collections.abc import Callable
from pathlib import Path

from gateway.streets import Atlas, Shelf, StreetsError, Way
from load.providers.contract import Position

Roads = Callable[[Position, Position], Way | None]
"""The way from one place to another; None: as the crow flies."""


def no_roads(_start: Position, _end: Position) -> None:
    """No map: vehicles drive as the crow flies."""


def roads_of(folder: Path) -> Roads:
    """The streets of the maps in a folder; off the maps, as the crow flies."""
    atlas = Atlas(Shelf(folder))

    def way(start: Position, end: Position) -> Way | None:
        try:
            return atlas.way(start, end)[1]
        except StreetsError:
            return None

    return way
