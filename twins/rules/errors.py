"""Errors of the rules.

TwinError
├── BadDocument
│   └── BadRule       the rule author's fault: a document that cannot become a rule; says where
└── UnknownRule       the asker's fault: no rule of this name
"""

from collections.abc import Iterable

from msgspec import Struct

from twins.errors import BadDocument, TwinError
from twins.source import Path, Source


class Problem(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that is wrong with a document, or odd about it."""

    message: str
    """What is wrong, and what to do about it."""
    rule: str | None = None
    path: str = ""
    """Where in the document: `when`, `then.0.signal`."""
    word: str | None = None
    """The word at fault."""
    file: str | None = None
    line: int | None = None
    """From 1."""
    column: int | None = None
    """From 1."""

    @classmethod
    def at(
        cls,
        source: Source,
        path: Path,
        message: str,
        *,
        rule: str | None = None,
        key: bool = False,
        word: str = "",
        nth: int = 0,
        shown: str | None = None,
    ) -> "Problem":
        """A problem with a part of a document; `Source.mark` tells what finds its place.

        `shown` is the word at fault where it is more than the `word` that is looked for.
        """
        mark = source.mark(path, key=key, word=word, nth=nth)
        return cls(
            message=message,
            rule=rule,
            path=".".join(map(str, path)),
            word=shown or word or None,
            file=source.name or None,
            line=None if mark is None else mark[0],
            column=None if mark is None else mark[1],
        )

    def __str__(self) -> str:
        """`file:line:column: rule: path: message`, without the parts that are not known."""
        place = ":".join(str(part) for part in (self.file, self.line, self.column) if part)
        return ": ".join(part for part in (place, self.rule, self.path, self.message) if part)


class BadRule(BadDocument):
    """Documents that cannot become rules; `problems` has all that was found, in order."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


class UnknownRule(TwinError):
    """The rule set has no rule of this name."""
