"""What the API says about rules: one set of types, for its answers and for the client.

Without Ray and pydantic, so that the command line, which needs neither, starts at once. Times are
seconds since the epoch, UTC.
"""

from dataclasses import dataclass, field
from typing import Any, ClassVar

_DOCUMENTED: dict[str, Any] = {"use_attribute_docstrings": True}


@dataclass(slots=True)
class RuleView:
    """One rule."""

    # For pydantic, which the API describes it by; it reads this where it is used.
    __pydantic_config__: ClassVar[dict[str, Any]] = _DOCUMENTED

    name: str
    document: dict[str, Any]
    text: str = ""
    """As its author wrote it (YAML), with comments; empty where it came as a document."""
    shadow: bool = False
    """It runs silently: its hits are counted, nothing follows."""


@dataclass(slots=True)
class ProblemView:
    """One thing that is wrong with a rule, or odd about it."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _DOCUMENTED

    text: str
    """All of it in a line: `file:line:column: rule: path: message`, as far as known."""
    message: str
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


@dataclass(slots=True)
class DraftView:
    """A change that is not published yet."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _DOCUMENTED

    id: str
    by: str
    """Who wrote to it last."""
    authors: list[str]
    """None of them can be the second person who approves it."""
    base: int
    """The version that it was made from."""
    at: float
    note: str = ""
    put: list[RuleView] = field(default_factory=list)
    remove: list[str] = field(default_factory=list)
    problems: list[ProblemView] = field(default_factory=list)
    """Why it cannot be published."""
    warnings: list[ProblemView] = field(default_factory=list)
    """What looks odd; told with the answer to a change."""
    approved_by: str | None = None
    approved_at: float | None = None


@dataclass(slots=True)
class EditionView:
    """A version that was published."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _DOCUMENTED

    number: int
    at: float
    by: str
    note: str = ""
    approved_by: str | None = None
    back_to: int | None = None
    """The earlier version that it repeats."""
    rules: int = 0
    """How many it has."""


@dataclass(slots=True)
class BookView:
    """The rules of one kind."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _DOCUMENTED

    kind: str
    version: int
    """What `rules` are of."""
    published: int
    """The version that is published now; 0: none ever was."""
    approval: bool
    """Whether a second person has to approve a draft."""
    rules: list[RuleView] = field(default_factory=list)
    drafts: list[DraftView] = field(default_factory=list)
    """Oldest first."""
    editions: list[EditionView] = field(default_factory=list)
    """Newest first; those that can be gone back to."""


@dataclass(slots=True)
class BookEntry:
    """One kind in the list of all."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _DOCUMENTED

    kind: str
    published: int
    rules: int
    shadows: int
    """Of the rules: those that run silently."""
    drafts: int
    at: float | None = None
    """When it was last published, and by whom."""
    by: str | None = None


@dataclass(slots=True)
class Books:
    """All kinds that have rules or drafts."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _DOCUMENTED

    items: list[BookEntry]
    as_of: float


@dataclass(slots=True)
class StandingView:
    """What one partition runs."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _DOCUMENTED

    partition: int
    version: int = 0
    position: int = 0
    """Of its log, since which that version is live."""
    at: float | None = None
    """When the rulebook heard of it; null: never."""
    refused: int | None = None
    """A later version that its code cannot run."""
    problem: str | None = None


@dataclass(slots=True)
class HitsView:
    """What a shadow rule saw, in all partitions together."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _DOCUMENTED

    rule: str
    count: int = 0
    last_at: float | None = None
    twins: list[str] = field(default_factory=list)
    """Some of those on which it would have fired last."""


@dataclass(slots=True)
class RulesStatus:
    """Where which version of a kind's rules is live."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _DOCUMENTED

    kind: str
    published: int
    everywhere: bool
    """Whether the published version is live in every partition."""
    partitions: list[StandingView]
    shadows: list[HitsView]
    """All shadow rules of the published version."""
    as_of: float
    """Of the hits: they come from checkpoints, and are about 2 s old."""
