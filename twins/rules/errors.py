"""Errors of the rules.

TwinError
└── RuleError
    ├── BadRule       the rule author's fault: a document that cannot become a rule; says where
    └── UnknownRule   the asker's fault: no rule of this name
"""

from collections.abc import Iterable

from msgspec import Struct

from twins.errors import TwinError


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

    def __str__(self) -> str:
        """`file:line:column: rule: path: message`, without the parts that are not known."""
        place = ":".join(str(part) for part in (self.file, self.line, self.column) if part)
        return ": ".join(part for part in (place, self.rule, self.path, self.message) if part)


class RuleError(TwinError):
    """Base of everything that rules raise on purpose."""


class BadRule(RuleError):
    """Documents that cannot become rules; `problems` has all that was found, in order."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


class UnknownRule(RuleError):
    """The rule set has no rule of this name."""
