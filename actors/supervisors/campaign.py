"""Campaign: so many people are told something, or helped, over some time, and each of them once.

`campaign/<name>` decides who may be contacted when, and counts; whom it concerns, and what she is
told, each `invitation/<name>-<digest>` knows by itself. So a campaign is small however many join.

Places are numbered, `per_day` of them a day, counted from when the first one joined: who joins gets
the next free one, and with it the day on which she may be contacted.
"""

from functools import lru_cache
from typing import Annotated, Any

from msgspec import Meta, Struct

from twins.handler import ask, told
from twins.ids import TwinId
from twins.kind import kind_of
from twins.rules import tree
from twins.rules.evaluate import Known, holds
from twins.rules.expression import parse_condition
from twins.rules.plan import Catalogue
from twins.rules.syntax import BadExpression
from twins.twin import Twin
from twins.units import Seconds, Short, Text, Time, Token

DAY_S = 86_400.0

_ROUNDING = 1e-9
"""Of a day: times are sums of floats, and a day that has begun must not seem to be the last one."""

Count = Annotated[int, Meta(ge=1, le=1_000_000_000)]
Place = Annotated[int, Meta(ge=0, le=2**53)]


class Limits(Struct, kw_only=True, omit_defaults=True):
    """What a rule says of a campaign."""

    version: int = 0
    """Of the rule set; the newest counts."""
    at_most: Count | None = None
    """How many are contacted."""
    after_s: Seconds | None = None
    """How long it runs."""
    when: Text | None = None
    """A condition on its own counts, at which it stops: `declined > 50`."""
    per_day: Count | None = None
    """How many are contacted a day."""


class Joined(Struct, kw_only=True, omit_defaults=True):
    """Somebody fits: `campaign.joined`; or her day has come: `campaign.claimed`."""

    invitation: TwinId
    limits: Limits
    place: Place | None = None
    """The place that she has; None: none yet."""


class Ticket(Struct, kw_only=True, omit_defaults=True):
    """The campaign's answer: `campaign.answered`."""

    go: bool = False
    """She may be contacted now."""
    place: Place | None = None
    at: Time | None = None
    """When her place's day begins; she asks again then."""
    reason: Short | None = None
    """Why she is not contacted."""


class Reported(Struct, kw_only=True):
    """What came of a contact: `campaign.reported`."""

    invitation: TwinId
    outcome: Token
    """`sent`, `accepted`, `declined`, `with_person`; `unreached`: there was no contact."""


class StopRequest(Struct, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """`ask.stop`: nobody else is contacted."""

    by: Short
    reason: Short = ""


class Campaign(Twin, kind="campaign"):
    """Who may be contacted when, and what came of it."""

    limits: Limits | None = None
    opened_at: float | None = None
    """When the first one joined (log time)."""
    next_place: int = 0
    joined: int = 0
    waiting: int = 0
    """Those who have a place on a day to come."""
    contacted: int = 0
    unreached: int = 0
    """Those whom no channel reached, or for whom something was open already; they do not count."""
    turned_away: int = 0
    """Those who came too late."""
    sent: int = 0
    """Messages."""
    accepted: int = 0
    declined: int = 0
    with_person: int = 0
    """Arrangements that a person had to take over."""
    stopped_at: float | None = None
    stopped_by: str | None = None
    """Who did, or by which of its own limits."""

    # -- places ------------------------------------------------------------------------------

    @told("campaign.joined")
    def join(self, joined: Joined) -> None:
        """Give a place to somebody, or turn her away."""
        self._take(joined.limits)
        self.joined += 1
        reason = self._closed() or self._full()
        self._answer(joined.invitation, self._turn_away(reason) if reason else self._place())

    @told("campaign.claimed")
    def claim(self, claimed: Joined) -> None:
        """Her day has come: let her be contacted, unless the campaign has stopped."""
        self._take(claimed.limits)
        self.waiting = max(0, self.waiting - 1)
        reason = self._closed()
        if reason is not None:
            ticket = self._turn_away(reason)
        elif self._is_today(claimed.place):
            ticket = self._go(claimed.place)
        else:
            # She was late, and the places of that day are no longer free: a later one.
            ticket = self._place()
        self._answer(claimed.invitation, ticket)

    def _take(self, limits: Limits) -> None:
        """Open with the first one; the newest rule's limits count."""
        if self.opened_at is None:
            self.opened_at = self.now
        if self.limits is None or limits.version >= self.limits.version:
            self.limits = limits

    def _day(self) -> int:
        """Which of its days it is, from 0."""
        return int(self._runs_s() / DAY_S + _ROUNDING)

    def _runs_s(self) -> float:
        return 0.0 if self.opened_at is None else self.now - self.opened_at

    def _closed(self) -> str | None:
        """Why nobody is contacted any more; what its own limits say is final."""
        limits = self.limits
        if self.stopped_at is None and limits is not None:
            if limits.after_s is not None and self._runs_s() >= limits.after_s:
                self._stop("after")
            elif limits.when is not None:
                self._look(limits.when)
        return None if self.stopped_at is None else f"stopped: {self.stopped_by}"

    def _look(self, when: str) -> None:
        try:
            node = stop_condition(when)
        except BadExpression:
            # Another version of the code has checked it. Rather nobody than too many.
            self._stop("when, which cannot be read")
            return
        if holds(node, Known(self, self.now)):
            self._stop("when")

    def _full(self) -> str | None:
        limits = self.limits
        if limits is not None and limits.at_most is not None:
            taken = self.contacted + self.waiting
            if taken >= limits.at_most:
                return "full"
        return None

    def _place(self) -> Ticket:
        """The next free place: today's, or one of a day to come."""
        assert self.opened_at is not None
        per_day = self.limits.per_day if self.limits is not None else None
        if per_day is None:
            return self._go(None)
        place = max(self.next_place, self._day() * per_day)
        day = place // per_day
        at = self.opened_at + day * DAY_S
        ends_s = self.limits.after_s if self.limits is not None else None
        if ends_s is not None and day * DAY_S >= ends_s:
            return self._turn_away("full")
        self.next_place = place + 1
        if day <= self._day():
            return self._go(place)
        self.waiting += 1
        return Ticket(place=place, at=at)

    def _is_today(self, place: int | None) -> bool:
        per_day = self.limits.per_day if self.limits is not None else None
        return place is None or per_day is None or place // per_day == self._day()

    def _go(self, place: int | None) -> Ticket:
        self.contacted += 1
        return Ticket(go=True, place=place)

    def _turn_away(self, reason: str) -> Ticket:
        self.turned_away += 1
        return Ticket(reason=reason)

    def _answer(self, invitation: str, ticket: Ticket) -> None:
        self.tell(invitation, "campaign.answered", ticket)

    # -- what comes of it --------------------------------------------------------------------

    @told("campaign.reported")
    def reported(self, reported: Reported) -> None:
        """Count what came of a contact; its limits are looked at with the next one who wants in."""
        match reported.outcome:
            case "unreached":
                self.contacted = max(0, self.contacted - 1)
                self.unreached += 1
            case "sent":
                self.sent += 1
            case "accepted":
                self.accepted += 1
            case "declined":
                self.declined += 1
            case _:
                self.with_person += 1
        self._closed()

    @ask("stop")
    def stop(self, request: StopRequest) -> dict[str, Any]:
        """Contact nobody else; what is under way goes on. Stopping again changes nothing."""
        if self.stopped_at is None:
            said = f"{request.by}: {request.reason}" if request.reason else request.by
            self._stop(said[:200])
        return {"stopped_at": self.stopped_at, "stopped_by": self.stopped_by}

    def _stop(self, by: str) -> None:
        self.stopped_at = self.now
        self.stopped_by = by


@lru_cache(256)
def stop_condition(text: str) -> tree.Node:
    """A condition on a campaign's counts, or raise `BadExpression`."""
    scope = Catalogue.of(kind_of(Campaign.kind.name)).scope((), remembers=False)
    return parse_condition(text, scope)
