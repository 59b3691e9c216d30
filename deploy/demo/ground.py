"""Ground: the streets of the demo's two towns. The first is a real one where there is a map of it.

The demo keeps maps of its own in the node's data folder: its node, its companies and its cars all
look there. What lies in the user's folder is copied, and never changed.
"""

from pathlib import Path
from random import Random
from typing import Final

from gateway.streets import BadMap, Network, Shelf
from gateway.streets.fetch import NAME as REAL
from gateway.streets.town import generate_town
from load.drives.fleet import HELSINKI
from load.drives.rounds import Rounds
from load.providers.contract import Position

FOLDER: Final = "streets"
"""Of the node's data folder."""

FIRST: Final = "town-1"
SECOND: Final = "town-2"

INLAND_DEG: Final = 0.026
"""The town that is made up lies north of the harbour: half of it would be in the sea."""

KERAVA: Final = (60.40, 25.10)


def lay(folder: Path, shelf: Shelf, seed: int) -> list[str]:
    """Put the maps of both towns into the demo's folder, and the user's beside them.

    Args:
        folder: The demo's own.
        shelf: The user's maps.
        seed: Of streets that are made up.

    Returns:
        What was left out, and what to do.
    """
    own = Shelf(folder)
    left_out = []
    for name in shelf.names():
        try:
            own.keep(shelf.load(name))
        except BadMap as error:
            left_out.append(str(error))
    # A town's streets stay as they were in earlier runs: its companies' trucks stand on them.
    if REAL not in own.names() and FIRST not in own.names():
        lat, lon = HELSINKI
        own.keep(generate_town(FIRST, seed, (lat + INLAND_DEG, lon)))
    if SECOND not in own.names():
        own.keep(generate_town(SECOND, seed, KERAVA))
    return left_out


class Ground:
    """The streets on which the demo's cars and trucks drive.

    Args:
        first: Of the first town.
        second: Of the second town.
    """

    def __init__(self, first: Network, second: Network) -> None:
        self.networks = (first, second)
        self._rounds = (Rounds(first), Rounds(second))

    @classmethod
    def of(cls, folder: Path) -> "Ground":
        """Those of the demo's folder.

        Raises:
            BadMap: One of them cannot be read.
        """
        shelf = Shelf(folder)
        first = REAL if REAL in shelf.names() else FIRST
        return cls(Network(shelf.load(first)), Network(shelf.load(SECOND)))

    def rounds(self, town: int) -> Rounds:
        """What draws places and trips in the first town (0) or in the second (1)."""
        return self._rounds[town]

    def place(self, town: int, chance: Random) -> Position:
        """Draw a place on a street of a town."""
        return self._rounds[town].place(chance)

    def __str__(self) -> str:
        return "; ".join(
            f"{network.map.name}: {network.map.attribution}" for network in self.networks
        )


def made_up(seed: int) -> Ground:
    """Two towns that are made up, without a folder."""
    lat, lon = HELSINKI
    first = generate_town(FIRST, seed, (lat + INLAND_DEG, lon))
    return Ground(Network(first), Network(generate_town(SECOND, seed, KERAVA)))
