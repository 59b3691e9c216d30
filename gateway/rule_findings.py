"""What the API finds out about rules: checks, tests, fields, and why something fired.

Types for its answers and for the client, as `gateway.rule_views`; times are seconds since the
epoch, UTC.
"""

from dataclasses import dataclass, field
from typing import Any, ClassVar

from gateway.rule_views import ProblemView

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
class HappenedView:
    """Something that rules did in a test."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _DOCUMENTED

    at: float
    """Event time, seconds since the test began."""
    signal: str | None = None
    rule: str | None = None
    severity: str | None = None
    shadow: bool = False
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class TestView:
    """What came of one test."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _DOCUMENTED
    __test__: ClassVar[bool] = False
    """It is no test of Vigil's own."""

    test: str
    kind: str
    passed: bool
    lines: list[str]
    """What was expected (`-`), what happened (`+`), and what is both, in order."""
    happened: list[HappenedView] = field(default_factory=list)


@dataclass(slots=True)
class Tested:
    """What came of tests."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _DOCUMENTED

    passed: bool
    results: list[TestView]


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
    twin_id: str
    rule: str
    version: int
    """Of the rules that it was one of; 0: of those that the kind brings."""
    at: float
    """By the event's time."""
    now: float
    """By the log's time."""
    severity: str
    shadow: bool
    """Nothing followed."""
    signals: list[str]
    """Ids of the signals that followed."""
    why: dict[str, Any]
    """`words`, `inputs`, `values` of windows, and the `readings` that counted."""
    document: dict[str, Any] | None = None
    """The rule, as it was then; null: that version is not kept any more."""


@dataclass(slots=True)
class PartView:
    """One part of a condition."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _DOCUMENTED

    text: str
    """As it is written."""
    holds: bool | None = None
    """Whether it is true; null: it is no condition."""
    value: Any = None
    """Of a field or an operator; null: unknown."""
    detail: str = ""
    """How far it has come: `4 of 10 steps`."""
    parts: list["PartView"] = field(default_factory=list)


@dataclass(slots=True)
class WhyNot:
    """How a rule stands with a twin, down to the part of its condition that is false."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _DOCUMENTED

    rule: str
    version: int
    twin_id: str
    state: str
    """`well`; `pending`: it holds and has not fired yet; `open`: it has fired and is not cleared;
    `spent`: it fired or was passed over, and fires again only after it has ceased to hold."""
    words: str
    """Why it has not fired, or that it has."""
    position: int
    """Log position of the twin's partition that this stands for."""
    now: float
    """Log time there."""
    shadow: bool = False
    holds: bool = False
    """Whether `when` holds now."""
    since: float | None = None
    """Since when, by event time."""
    severity: str | None = None
    """While it is open."""
    context: PartView | None = None
    when: PartView | None = None
    waits_until: float | None = None
    """Until when it has to hold (`for`), by event time."""
    limited_until: float | None = None
    """Until when `every` or `at_most` forbid it, by log time."""
    suppressed_by: str | None = None
    """An open rule that forbids it."""
    last: float | None = None
    """When it last fired, as far as that is remembered, by log time."""
