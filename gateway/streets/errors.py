"""Errors of streets.

StreetsError
├── BadExtract      the giver's fault: no extract of OpenStreetMap, cut off, or without streets
├── BadMap          nobody's fault: a kept map is damaged or of another version; import it again
├── NotFetched      outside: the package index does not have the extract, or not the one we know
├── OffTheMap       the asker's fault: there is no street near the place
└── NoWay           the asker's fault: the places lie on streets that do not meet
"""


class StreetsError(Exception):
    """Base of everything that streets raise on purpose."""


class BadExtract(StreetsError):
    """A file cannot be read as an extract of OpenStreetMap, or holds no street for cars."""


class BadMap(StreetsError):
    """A map in the folder of maps cannot be read."""


class NotFetched(StreetsError):
    """The extract that comes with a package could not be had."""


class OffTheMap(StreetsError):
    """No street is near enough to a place."""


class NoWay(StreetsError):
    """There is no way from one place to the other."""
