"""Shelf: the folder in which maps are kept, one file each; outside of every repository.

A file is a line that says its version, a checksum of 32 bytes, and the map in MessagePack. It can
be thrown away at any time: an import makes it again.
"""

import os
import re
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Final

import msgspec

from gateway.streets.errors import BadMap
from gateway.streets.street import HIGHWAYS, StreetMap

HEAD: Final = b"vigil streets 1\n"
ENDING: Final = ".streets"
NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")

_CHECK: Final = 32
_decode = msgspec.msgpack.Decoder(StreetMap).decode


def cache_folder() -> Path:
    """Where maps lie unless a setting says otherwise: in the user's cache folder."""
    given = os.environ.get("XDG_CACHE_HOME", "")
    # By the XDG specification a relative path does not count.
    base = Path(given) if Path(given).is_absolute() else Path.home() / ".cache"
    return base / "vigil" / "streets"


class Shelf:
    """The maps of a folder; it need not be there."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder if folder is not None else cache_folder()

    def path(self, name: str) -> Path:
        """Where a map of this name lies."""
        if NAME.fullmatch(name) is None:
            raise ValueError(
                f"{name[:64]!r} is no name of a map; take small letters, digits, - and _"
            )
        return self.folder / f"{name}{ENDING}"

    def names(self) -> list[str]:
        """The names of all maps, in order."""
        found = self.folder.glob(f"*{ENDING}") if self.folder.is_dir() else ()
        return sorted(path.stem for path in found if NAME.fullmatch(path.stem))

    def keep(self, streets: StreetMap) -> Path:
        """Keep a map, in place of one of the same name; whole or not at all."""
        path = self.path(streets.name)
        self.folder.mkdir(parents=True, exist_ok=True)
        body = msgspec.msgpack.encode(streets)
        part = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            part.write_bytes(HEAD + sha256(body).digest() + body)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
        return path

    def load(self, name: str) -> StreetMap:
        """Read a map.

        Raises:
            BadMap: It is not there, damaged, or of another version.
        """
        path = self.path(name)
        again = f"import it again, or remove {path}"
        try:
            data = path.read_bytes()
        except OSError as error:
            raise BadMap(f"the map {name} cannot be read: {error.strerror}; {again}") from error
        body = data[len(HEAD) + _CHECK :]
        if not data.startswith(HEAD):
            raise BadMap(f"the map {name} was made by another version; {again}")
        if data[len(HEAD) : len(HEAD) + _CHECK] != sha256(body).digest():
            raise BadMap(f"the map {name} is damaged; {again}")
        try:
            streets = _decode(body)
        except msgspec.DecodeError as error:
            raise BadMap(f"the map {name} was made by another version: {error}; {again}") from error
        strange = {street.highway for street in streets.streets} - HIGHWAYS.keys()
        if strange or not streets.streets:
            raise BadMap(f"the map {name} was made by another version; {again}")
        return streets

    def state(self) -> tuple[tuple[str, int, int], ...]:
        """What tells a changed folder from an unchanged one."""
        return tuple(self._states())

    def _states(self) -> Iterator[tuple[str, int, int]]:
        for name in self.names():
            found = self.path(name).stat()
            yield name, found.st_mtime_ns, found.st_ino
