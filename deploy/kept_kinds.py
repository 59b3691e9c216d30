"""Kept kinds: the documents by which twins are stored, kept in the data folder.

Before a node starts, what it is told now is held against what it was told when it started last: a
document that could not read the twins that are stored is refused while nothing is lost yet.
"""

from pathlib import Path

import msgspec

from deploy.errors import StartFailed
from twins.documents import DECLARED, KindDocument
from twins.documents.changes import problems_between

FOLDER = "kinds"


def keep_kinds(folder: Path) -> None:
    """Check the documents of this process against those kept, and keep them.

    Args:
        folder: The node's data folder.

    Raises:
        StartFailed: A document cannot take over; the text says what of it, and what to do.
    """
    kept = folder / FOLDER
    kept.mkdir(parents=True, exist_ok=True)
    for kind, declared in sorted(DECLARED.items()):
        path = kept / f"{kind}.json"
        if path.exists():
            before = KindDocument.model_validate(msgspec.json.decode(path.read_bytes()))
            problems = problems_between(before, declared.document)
            if problems:
                lines = "".join(f"\n  {problem}" for problem in problems)
                raise StartFailed(
                    f"{declared.name}: twins of {kind!r} are stored as an earlier document says, "
                    f"and this one cannot read them:{lines}\nPut it back as it was, write a class "
                    f"with an upgrade step, or, if there are no such twins, delete {path}"
                )
        said = declared.document.model_dump(by_alias=True, exclude_defaults=True)
        part = path.with_suffix(".part")
        part.write_bytes(msgspec.json.format(msgspec.json.encode(said), indent=2))
        part.replace(path)
