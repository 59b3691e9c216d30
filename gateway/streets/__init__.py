"""Streets: maps of real and made-up towns, and ways over them.

street      what a street and a map are
osm, town   where maps come from: an extract of OpenStreetMap, or chance; `fetch` gets an extract
shelf       where maps are kept
grid        the nearest street; network: ways (A*); atlas: all maps together
drawing     what a map in a browser shows
"""

from gateway.streets.atlas import Atlas
from gateway.streets.errors import BadExtract, BadMap, NotFetched, NoWay, OffTheMap, StreetsError
from gateway.streets.network import Network
from gateway.streets.shelf import Shelf
from gateway.streets.street import Box, Street, StreetMap
from gateway.streets.way import Way

__all__ = [
    "Atlas",
    "BadExtract",
    "BadMap",
    "Box",
    "Network",
    "NoWay",
    "NotFetched",
    "OffTheMap",
    "Shelf",
    "Street",
    "StreetMap",
    "StreetsError",
    "Way",
]
