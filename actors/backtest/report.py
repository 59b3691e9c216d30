"""Report: what candidate rules would have done with what really happened, beside the live ones.

Without Ray and pydantic, so that the command line, which needs neither, starts at once. Times are
seconds since the epoch, UTC.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar

_DOCUMENTED: dict[str, Any] = {"use_attribute_docstrings": True}


class Change(StrEnum):
    """What the candidate does to a rule."""

    SAME = "same"
    CHANGED = "changed"
    NEW = "new"
    REMOVED = "removed"


@dataclass(slots=True)
class Fired:
    """A rule fired, in the replay."""

    # For pydantic, which the API describes it by; it reads this where it is used.
    __pydantic_config__: ClassVar[dict[str, Any]] = _DOCUMENTED

    twin_id: str
    at: float
    """By the event's time."""
    now: float
    """By the log's time."""
    severity: str
    words: str
    """Why, for people."""
    inputs: dict[str, Any] = field(default_factory=dict)
    """Fields that the condition names, and what they were."""
    values: dict[str, Any] = field(default_factory=dict)
    """What its operators gave."""
    shadow: bool = False
    """Nothing would have followed."""


@dataclass(slots=True)
class Fires:
    """How often a rule fired within one stretch of time, by the events' time."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _DOCUMENTED

    at: float
    """When the stretch begins; all are equally long, and those without a firing are left out."""
    candidate: int = 0
    live: int = 0


@dataclass(slots=True)
class RuleResult:
    """What came of one rule. The same firing is: the same twin at the same event time."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _DOCUMENTED

    kind: str
    rule: str
    change: Change
    candidate: int = 0
    """How often it fired with the candidate rules."""
    live: int = 0
    """How often with the live ones."""
    both: int = 0
    """Firings that are the same."""
    twins_candidate: int = 0
    """On how many twins it fired with the candidate rules."""
    twins_live: int = 0
    twins_both: int = 0
    """Twins on which it fired with either, perhaps at other times."""
    over_time: list[Fires] = field(default_factory=list)
    """By stretches of `Report.stretch_s`, rising."""
    first: list[Fired] = field(default_factory=list)
    """The first firings with the candidate rules."""
    only_candidate: list[Fired] = field(default_factory=list)
    """The first of those that would be added."""
    only_live: list[Fired] = field(default_factory=list)
    """The first of those that would be missing."""


@dataclass(slots=True)
class SignalResult:
    """How often one signal was raised, by rules and by handlers."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _DOCUMENTED

    kind: str
    signal: str
    candidate: int = 0
    live: int = 0


class Where(StrEnum):
    """With which rules."""

    CANDIDATE = "candidate"
    LIVE = "live"
    BOTH = "both"


@dataclass(slots=True)
class ParkedTwin:
    """A handler or rule raised, and its twin was set aside."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _DOCUMENTED

    twin_id: str
    where: Where
    now: float
    """By the log's time."""
    reason: str


@dataclass(slots=True)
class KindRules:
    """What was compared for one kind."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _DOCUMENTED

    kind: str
    version: int
    """Of the live rules; 0: those that the kind brings itself."""
    live: int
    """How many live rules."""
    candidate: int
    """How many candidate rules."""


@dataclass(slots=True)
class Caveat:
    """Something that a replay cannot know."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _DOCUMENTED

    code: str
    """For programs, for example `history_begins_later`."""
    text: str


@dataclass(slots=True)
class Report:
    """What came of a backtest."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _DOCUMENTED

    since: float
    """From when on firings count, as asked."""
    until: float
    """Up to when the log was read."""
    began: float | None
    """Log time of the first block that was read, or of the checkpoint begun from; null: nothing to
    read."""
    stretch_s: float
    """How long each of `RuleResult.over_time` is: whole minutes; 120 are as long as the span."""
    share: float
    """Share of the twins that was looked at, from 0 to 1; numbers are of this share alone."""
    kinds: list[KindRules]
    rules: list[RuleResult]
    signals: list[SignalResult]
    parked: list[ParkedTwin]
    """The first of them."""
    parked_twins: int
    caveats: list[Caveat]
    twins: int
    """How many twins took part."""
    events: int
    """Events that were replayed since `since`, each once."""
    warm_up: int
    """Events replayed before that, so that twins and windows are what they were."""
    blocks: int
    """Blocks of the log that were read."""
    seconds: float
    """How long it took."""
    events_per_second: float
    """Replayed a second, with both rule sets."""

    @property
    def differs(self) -> bool:
        """Whether the candidate rules fire otherwise than the live ones."""
        return any(one.candidate != one.both or one.live != one.both for one in self.rules)


@dataclass(slots=True)
class Progress:
    """How far a backtest is."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _DOCUMENTED

    partitions: int = 0
    """How many logs there are; 0 until they were looked at."""
    partitions_done: int = 0
    blocks: int = 0
    """Blocks to read."""
    blocks_done: int = 0
    bytes: int = 0
    """What they take in the log, about."""
    bytes_done: int = 0
    events: int = 0
    """Events replayed so far."""
    seconds: float = 0.0
    """How long it has been replaying."""
    eta_s: float | None = None
    """How much longer it will take, by what a first second showed and how much there is to read;
    null until then."""
