"""Remains: what is left of somebody in the files of a data folder, byte by byte.

Every file is read raw: the log's, also those that the NATS server has compressed, checkpoints,
ledgers, history, logs, and whatever else lies there. So is a copy, a restored backup say.
"""

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct, msgpack

from deploy.s2 import blocks_of
from twins.ids import PART

LEAST = 5
"""Shorter texts say nothing of anybody: `en`, `gold`, `sms`."""

MOST_BYTES = 64 << 20
"""A file is read in pieces of this size."""

_PLAIN = re.compile(r"[a-z][a-z0-9_.-]*")
"""Texts of one word in small letters are Vigil's own: kinds, types, states."""


_ID = re.compile(
    rf"{PART}/{PART}(~[0-9a-f]{{16}})?"
    r"|(?=[0-9]*[a-f])[0-9a-f]{16}(\.[a-z0-9_]{1,64}\.[0-9]{1,4})?"
)
"""Ids name nobody: of twins (`customer/c1`), and those that Vigil makes (`twins.ids.digest`) of
events, signals, arrangements, cases and holds: `vehicle/v1~3213b77c5dbe599b`,
`4f483c2e01c8f335.rental.1`. One that happens to be all digits might be a card's number."""


class Sought(Struct, frozen=True):
    """The texts of an export, by what a find of them says."""

    hers: list[str]
    """They stand nowhere else: a find is something left of her."""
    ids: list[str]
    """Pseudonyms, which stay."""
    shared: list[str]
    """They are others' as well: names of companies, words of rules and templates."""


class Remain(Struct, frozen=True):
    """A text that was found in a file."""

    file: str
    text: str
    count: int


def texts_of(items: Iterable[dict[str, Any]]) -> list[str]:
    """What to look for: the texts in an export that say something of the person."""
    found: dict[str, None] = {}
    for item in items:
        if item.get("what") == "twin":
            _collect(item.get("state"), found)
        elif item.get("what") == "event":
            _collect(item.get("data"), found)
    return list(found)


def _collect(value: Any, found: dict[str, None]) -> None:
    if isinstance(value, dict):
        for one in value.values():
            _collect(one, found)
    elif isinstance(value, list):
        for one in value:
            _collect(one, found)
    elif isinstance(value, str) and len(value) >= LEAST and not _PLAIN.fullmatch(value):
        found[value] = None


def sorted_out(texts: Iterable[str], shared: Iterable[Path]) -> Sought:
    """Tell what is hers alone from ids, and from what also stands in `shared`.

    `shared`: files, and folders of them, that hold nothing of hers: another's export, rules, kinds,
    templates. One that holds her name would hide that it is left.
    """
    known = [path.read_bytes() for path in _files(shared)]
    sought = Sought([], [], [])
    for text in dict.fromkeys(texts):
        if _ID.fullmatch(text):
            sought.ids.append(text)
        elif any(one in data for data in known for one in spellings(text)):
            sought.shared.append(text)
        else:
            sought.hers.append(text)
    return sought


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        yield from (each for each in [path, *path.rglob("*")] if each.is_file())


def spellings(text: str | float) -> list[bytes]:
    """How a value may stand in a file: as text, in JSON, and a number in MessagePack."""
    if isinstance(text, str):
        return list(dict.fromkeys([text.encode(), json.dumps(text)[1:-1].encode()]))
    return [msgpack.encode(text), msgspec.json.encode(text)]


def search(folder: Path, values: Iterable[str | float]) -> list[Remain]:
    """Which values are in which files of a folder, and how often."""
    wanted = {str(value): spellings(value) for value in values}
    longest = max((len(one) for some in wanted.values() for one in some), default=1)
    remains = []
    for path in sorted(folder.rglob("*")):
        if path.is_symlink() or not path.is_file():
            continue
        counts = dict.fromkeys(wanted, 0)
        for piece in _pieces(path, longest):
            for value, some in wanted.items():
                counts[value] += sum(piece.count(one) for one in some)
        name = str(path.relative_to(folder))
        remains += [Remain(name, value, count) for value, count in counts.items() if count]
    return remains


def _pieces(path: Path, overlap: int) -> Iterator[bytes]:
    """A file's bytes, and what is compressed in it."""
    tail = b""
    with path.open("rb") as file:
        while piece := file.read(MOST_BYTES):
            yield tail + piece
            tail = piece[-overlap:] if overlap > 1 else b""
    if path.suffix == ".blk":
        yield from blocks_of(path.read_bytes())
