"""Engagement: the twin that learns how one sort of message is told best.

A person's twin asks it before it tells her something that she can answer, and says what she did.
It keeps sums alone, nothing of any person. `engagement/all` switches all of them off.
"""

from msgspec import Struct, field

from twins.handler import ask, told
from twins.ids import digest
from twins.learning.arms import DAY_S, Segment, note
from twins.learning.choosing import choose, fixed
from twins.learning.messages import (
    ALL,
    Advice,
    AdviceRequest,
    How,
    Joined,
    Switched,
    Tried,
    What,
)
from twins.learning.settings import LearningChange, LearningSettings
from twins.policies.intervals import Moments
from twins.twin import Twin

MAX_CHANGES = 50
"""How many changes of its settings it remembers."""

MAX_MEMBERS = 1000
"""So many are told of a switch; names come from rules and code. Further ones do not learn."""


class Changed(Struct, kw_only=True):
    """One change: who, when, what."""

    at: float
    by: str
    what: str


class Engagement(Twin, kind="engagement"):
    """What is known of how one sort of message is told best; `engagement/all`: of all, the switch.

    A new one follows the fixed policy until it has heard from `engagement/all`.
    """

    settings: LearningSettings = field(default_factory=LearningSettings)
    above: bool | None = None
    """Whether `engagement/all` lets it learn; None: it has not said yet."""
    members: list[str] = field(default_factory=list)
    """Of `engagement/all`: who learns."""
    given: dict[How, int] = field(default_factory=dict)
    """How often advice was given."""
    segments: dict[str, Segment] = field(default_factory=dict)
    """What is known, by segment; `arms.EVERYBODY`: of all."""
    by_how: dict[How, Moments] = field(default_factory=dict)
    """What contacts were worth."""
    did: dict[What, int] = field(default_factory=dict)
    """How often persons did what."""
    changes: list[Changed] = field(default_factory=list)

    @property
    def learns(self) -> bool:
        """Whether it steers anything."""
        return self.settings.learning and (self.above is True or self.id == ALL)

    # -- contacts ----------------------------------------------------------------------------

    @told("advice.requested")
    def advice_requested(self, request: AdviceRequest) -> None:
        """Say at once how she is told."""
        if self.id == ALL:
            return
        if self.above is None and not self.given:
            self.tell(ALL, "engagement.joined", Joined(learner=self.id))
        how: How = "off"
        if self.learns:
            contact = digest(self.id, request.asker, request.contact)
            how, taken = choose(
                self.segments, request.segment, request.options, self.settings, self.now, contact
            )
        else:
            taken = fixed(request.options)
        self.given[how] = self.given.get(how, 0) + 1
        advice = Advice(contact=request.contact, how=how, taken=taken)
        self.tell(request.asker, "advice.given", advice)

    @told("engagement.tried")
    def tried(self, tried: Tried) -> None:
        """Learn from what she did."""
        if not self.learns:
            return
        worth = self.settings.worth_of(tried.what)
        half_s = self.settings.half_days * DAY_S
        note(self.segments, tried.segment, tried.taken, worth, self.now, half_s)
        self.by_how.setdefault(tried.how, Moments()).add(worth)
        self.did[tried.what] = self.did.get(tried.what, 0) + 1

    # -- all ---------------------------------------------------------------------------------

    @told("engagement.joined")
    def joined(self, joined: Joined) -> None:
        """Somebody new learns: say whether it may, now and whenever that changes."""
        if self.id != ALL or joined.learner == ALL:
            return
        if joined.learner not in self.members and len(self.members) < MAX_MEMBERS:
            self.members.append(joined.learner)
        known = joined.learner in self.members
        switched = Switched(learning=self.settings.learning and known)
        self.tell(joined.learner, "engagement.switched", switched)

    @told("engagement.switched")
    def switched(self, switched: Switched) -> None:
        """All may learn, or nobody."""
        if self.event.source == ALL and self.id != ALL:
            self.above = switched.learning

    # -- people ------------------------------------------------------------------------------

    @told("configured")
    def configured(self, change: LearningChange) -> None:
        """Take over settings."""
        self._apply(change)

    @ask("engagement.set")
    def set(self, change: LearningChange) -> LearningSettings:
        """The same by a person's call; returns the settings."""
        self._apply(change)
        return self.settings

    def _apply(self, change: LearningChange) -> None:
        before, self.settings = self.settings, change.applied(self.settings)
        said = ", ".join(f"{name}={value}" for name, value in change.given().items())
        what = said + (f": {change.reason}" if change.reason else "")
        self.changes.append(Changed(at=self.now, by=change.by, what=what[:500]))
        del self.changes[:-MAX_CHANGES]
        if self.id == ALL and self.settings.learning is not before.learning:
            for learner in self.members:
                switched = Switched(learning=self.settings.learning)
                self.tell(learner, "engagement.switched", switched)
