"""What the API finds out about rules: checks, tests, fields, and why something fired.

Types for its answers and for the client, as `gateway.rule_views`; times are seconds since the
epoch, UTC. What the rules' own code finds out (`twins.rules.standing`, `happened`) is answered as
it is.
"""

from dataclasses import dataclass, field
from typing import Any, ClassVar

from gateway.rule_views import ProblemView
from twins.rules.happened import RuleTestResult
from twins.rules.standing import Standing

_DOCUMENTED: dict[str, Any] = {"use_attribute_docstrings": True}


@dataclass(slots=True)
class RuleFile:
    """A text as it stands in a file, of rules or of tests."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {**_DOCUMENTED, "extra": "forbid"}

    text: str
    """YAML or JSON: one document, a list of them, or several parted by `---`."""
    name: str = ""
    """What it is called, for errors."""
    kind: str | None = None
    """The kind of rules that name none."""


@dataclass(slots=True)
class CheckedKind:
    """Whether rules could be published, together with those that are."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _DOCUMENTED

    kind: str
    published: int
    """The version that they were put to."""
    rules: list[str]
    """Those that were given."""
    problems: list[ProblemView] = field(default_factory=list)
    """Why not; none: they could."""
    warnings: list[ProblemView] = field(default_factory=list)
    """What looks odd since they are there: conflicts, and rules that can never fire."""


@dataclass(slots=True)
class Checked:
    """What came of a check."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _DOCUMENTED

    ok: bool
    kinds: list[CheckedKind]


@dataclass(slots=True)
class Tested:
    """What came of tests."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _DOCUMENTED

    passed: bool
    results: list[RuleTestResult]


@dataclass(slots=True)
class FieldView:
    """One name that rules of a kind may use."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _DOCUMENTED

    name: str
    """As rules write it: `coolant_c`, `event.code`, `owner.tier`."""
    type: str
    """`number`, `text`, `condition` (true or false), or `other`: it can be passed on only."""
    optional: bool
    """Whether it may be unknown."""
    unit: str | None = None
    low: float | None = None
    high: float | None = None
    choices: list[str] | None = None
    """The texts that it can be, where they are known."""
    measured: bool = False
    """Whether a reading brings it."""
    events: list[str] | None = None
    """Of a field of events: the types that have it."""
    known: int | None = None
    """Of the twins looked at: how many have a value; null where there is none to look at."""
    least: float | None = None
    most: float | None = None
    """Of these values."""
    samples: list[Any] = field(default_factory=list)
    """Some of them, each once."""


@dataclass(slots=True)
class FieldCatalogue:
    """What rules of a kind may name, and what there is of it now."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _DOCUMENTED

    kind: str
    events: list[str]
    """Types of events that rules can watch."""
    fields: list[FieldView]
    twins: int
    """How many were looked at for samples, as of their last checkpoints."""
    as_of: float | None = None


@dataclass(slots=True)
class FiringView:
    """A rule fired, and why."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _DOCUMENTED

    id: str
    """Of one that the twin no longer remembers: its signal's."""
    twin_id: str
    rule: str
    version: int
    """Of the rules that it was one of; 0: of those that the kind brings."""
    at: float
    """By the event's time."""
    now: float
    """By the log's time; of one that the twin no longer remembers, when a supervisor was told."""
    severity: str
    shadow: bool
    """Nothing followed."""
    signals: list[str]
    """Ids of the signals that followed."""
    why: dict[str, Any]
    """`words`, `inputs`, `values` of windows, the `readings` that counted, `decisions` of tables,
    `before` (the severity, where it got worse or better), and what was left `undone`."""
    document: dict[str, Any] | None = None
    """The rule, as it was then; null: that version is not kept any more."""


@dataclass(slots=True, kw_only=True)
class WhyNot(Standing):
    """How a rule stands with a twin, and as of when."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _DOCUMENTED

    position: int
    """Log position of the twin's partition that this stands for."""
    now: float
    """Log time there."""
