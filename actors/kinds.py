"""Kinds: where they come from, and how every process of a cluster comes to have the same.

    kinds = gather_kinds(["twins.devices", "kinds/cold_room.yaml"])    # once, where a node starts
    load_kinds(kinds)                                                  # in every process of it

A kind is declared by a module, or by a document in YAML or JSON (`twins.documents`). An installed
package brings its own without anybody naming them, by an entry point:

    [project.entry-points."vigil.kinds"]
    bakery = "bakery.kinds"

Documents are read once, where the node starts, and travel to its processes as they were read. So
one that is started again has the kinds of the others, though the file may be another by then.
"""

import sys
from collections.abc import Iterable
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import TypeAlias

from msgspec import Struct

import twins.bulk
import twins.rulebook
from twins.documents import load_kind
from twins.errors import BadDeclaration, BadDocument
from twins.kind import KINDS, Kind

assert twins.bulk, "one of Vigil's own kinds"
assert twins.rulebook, "Vigil's own kinds: every process knows them, whatever the settings name"

GROUP = "vigil.kinds"
"""The group of entry points by which a package brings kinds and supervisors."""

_DOCUMENTS = (".yaml", ".yml", ".json", ".jsonld")


class Document(Struct, frozen=True):
    """A document of a kind, as it was read."""

    name: str
    """Its path, for errors."""
    text: str


class Module(Struct, frozen=True):
    """A module that declares kinds when it is imported."""

    name: str
    why: str
    """Who names it, for errors."""


KindSource: TypeAlias = Module | Document


def gather_kinds(names: Iterable[str]) -> list[KindSource]:
    """All that declares kinds: what is named, in this order, and then what is installed.

    Args:
        names: Modules, and paths of documents (`.yaml`, `.yml`, `.json`, `.jsonld`).

    Raises:
        BadDocument: A document that is named cannot be read.
    """
    sources: dict[str, KindSource] = {}
    for name in names:
        if name.endswith(_DOCUMENTS):
            sources[name] = read_document(name)
        else:
            sources[name] = Module(name, "node.kinds names it")
    for point in sorted(entry_points(group=GROUP), key=_place):
        why = f"{_package(point)} brings it, by its entry point {point.name!r}"
        sources.setdefault(point.module, Module(point.module, why))
    return list(sources.values())


def read_document(path: str | Path) -> Document:
    """Read a document's text. Raises `BadDocument`."""
    try:
        return Document(str(path), Path(path).expanduser().read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise BadDocument(f"{path}: it cannot be read: {error}") from None


def load_kinds(sources: Iterable[KindSource | str]) -> dict[str, Kind]:
    """Register all kinds, and return them by name.

    Args:
        sources: As `gather_kinds` found them; or plain names of modules.

    Raises:
        BadDeclaration: A module is not there, or a kind is declared twice.
        BadDocument: A document, or a rule that a kind brings, is wrong: a line for every mistake.
    """
    before = set(KINDS)
    for source in sources:
        if isinstance(source, Document):
            load_kind(source.text, source.name)
        elif isinstance(source, Module):
            _import(source)
        else:
            import_module(source)
    for name, kind in KINDS.items():
        if name not in before:
            _ = kind.ruleset  # compiled when all kinds are known, not in the midst of an event
    return KINDS


def _import(module: Module) -> None:
    try:
        import_module(module.name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{module.name}.".startswith(f"{error.name}."):
            raise  # it is there, and misses something that it imports
        raise BadDeclaration(
            f"no module {module.name!r} to declare kinds ({module.why}); install it on this "
            f"machine, for {sys.executable}"
        ) from None


def _place(point: EntryPoint) -> tuple[str, str, str]:
    return _package(point), point.name, point.value


def _package(point: EntryPoint) -> str:
    return point.dist.name if point.dist is not None else "a package"
