"""Documents: kinds of devices that are described, not programmed.

- `model`: what a document may say; `things`: a W3C Thing Description read as one
- `types`, `build`: the checked types and the class that it becomes
- `read_kind`, `load_kind`: from a text to a document, or to a registered kind
"""

from twins.documents.build import DECLARED, Declared, declare, version_of
from twins.documents.model import KindDocument
from twins.documents.things import PLACES, is_thing, read_thing
from twins.errors import BadDocument
from twins.kind import Kind
from twins.source import MAX_MISTAKES, Source

__all__ = [
    "DECLARED",
    "Declared",
    "KindDocument",
    "declare",
    "load_kind",
    "read_kind",
    "version_of",
]


def read_kind(text: str, name: str = "input") -> KindDocument:
    """Read and check a document of a kind, or a W3C WoT Thing Description.

    Raises `BadDocument` with a line for every mistake: `name:line:column: …`.
    """
    source = Source.of(text, name)
    thing = is_thing(source.value)
    document = read_thing(source) if thing else source.read(KindDocument)
    places = PLACES if thing else {}
    problems = [
        source.fault((places.get(str(part), part), *rest), said, key=True)
        for (part, *rest), said in document.problems()
    ]
    if problems:
        raise BadDocument("\n".join(str(problem) for problem in problems[:MAX_MISTAKES]))
    return document.written(source)


def load_kind(text: str, name: str = "input") -> Kind:
    """Register the kind of a document. Raises `BadDocument` or `BadDeclaration`."""
    return declare(read_kind(text, name), name)
