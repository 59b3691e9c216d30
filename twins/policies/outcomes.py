"""Outcomes: what a policy changed for customers: those treated against those held out.

Who is held out is drawn from the customer's and the policy's id, so it is the same in every replay
and for every arrangement of hers. Both are followed for the same time, and counted when it is over
and what is told late has had its time, too.

What is noted of a person belongs to one of those that a policy follows for her: the last signal
at or before it, where its time is not over by then. Told again, or in another order, it comes to
the same.
"""

from collections.abc import Iterable, Mapping

from msgspec import Struct, field

from twins.ids import digest
from twins.policies.intervals import Moments
from twins.policies.messages import OutcomeNoted

MAX_FOLLOWED = 2000
"""How many are followed at once; a policy's state is stored whole. Further ones are not followed,
treated or held out, so that the comparison stays fair."""

MAX_COSTS = 16
"""So many costs of one arrangement are told apart by their ids; further ones are left out."""

TREATED, HELD_OUT, SHADOW = "treated", "held_out", "shadow"


def drawn(customer: str, policy: str, share: float) -> bool:
    """Whether a customer is held out of a policy. Who is stays so when the share rises."""
    return int(digest("holdout", policy, customer), 16) < share * 2.0**64


class Followed(Struct, kw_only=True, omit_defaults=True):
    """One arrangement whose outcome is not known yet."""

    arm: str
    customer: str | None = None
    at: float
    """When the signal was."""
    until: float
    called: bool = False
    false_alarm: bool = False
    helped_at: float | None = None
    cost_cents: int | None = None
    currency: str | None = None
    satisfaction: float | None = None
    """What she said last."""
    said_at: float = 0.0
    """When that was."""
    surveyed: bool = False
    """She was asked how satisfied she is."""
    costs: dict[str, tuple[int, str]] = {}
    """What it cost beside that: id of what was noted -> cents and currency."""

    def spans(self, at: float) -> bool:
        """Whether something that happened then belongs to the time that she is followed."""
        return self.at <= at < self.until

    @property
    def needed(self) -> bool:
        """Whether she was in need of help: there was a call, help or a cost, and no false alarm."""
        known = self.called or self.helped_at is not None or bool(self.spent())
        return known and not self.false_alarm

    @property
    def verdict(self) -> str:
        """The same for people, where nothing was done."""
        if self.false_alarm:
            return "a false alarm"
        came = "she needed help" if self.needed else "nothing came of it"
        return f"nothing was done, and {came}"

    def note(self, noted: OutcomeNoted, at: float) -> None:
        """Take over what is known from outside of that time."""
        self.called = self.called or noted.called
        self.false_alarm = self.false_alarm or noted.false_alarm
        self.help(noted.helped_at)
        said = (at, noted.satisfaction or 0.0)
        if noted.satisfaction is not None and said >= (self.said_at, self.satisfaction or 0.0):
            self.said_at, self.satisfaction = said
        if noted.cost_cents is None or noted.currency is None:
            return
        if noted.id is None:
            self.cost_cents, self.currency = noted.cost_cents, noted.currency
        elif noted.id in self.costs or len(self.costs) < MAX_COSTS:
            self.costs = {**self.costs, noted.id: (noted.cost_cents, noted.currency)}

    def help(self, at: float | None) -> None:
        """Help was there; the earliest counts."""
        if at is not None:
            self.helped_at = at if self.helped_at is None else min(at, self.helped_at)

    def spent(self) -> dict[str, int]:
        """All that it cost, by currency."""
        spent: dict[str, int] = {}
        if self.cost_cents is not None and self.currency is not None:
            spent[self.currency] = self.cost_cents
        for cents, currency in self.costs.values():
            spent[currency] = spent.get(currency, 0) + cents
        return spent


def latest(followed: Mapping[str, Followed], customers: Iterable[str], at: float) -> str | None:
    """The arrangement that what happened to a person then belongs to."""
    hers = frozenset(customers)
    spanning = [
        (one.at, id_) for id_, one in followed.items() if one.customer in hers and one.spans(at)
    ]
    return max(spanning)[1] if spanning else None


class Arm(Struct, kw_only=True, omit_defaults=True):
    """What became of all who were treated, or held out."""

    n: int = 0
    called: int = 0
    minutes: Moments = field(default_factory=Moments)
    """From the signal until help was there, where that is known."""
    cost: dict[str, Moments] = {}
    """In cents, by currency, where it is known."""
    satisfaction: Moments = field(default_factory=Moments)

    def count(self, one: Followed) -> None:
        """Its time is over."""
        self.n += 1
        self.called += one.called
        if one.helped_at is not None:
            self.minutes.add(max(0.0, one.helped_at - one.at) / 60.0)
        for currency, cents in sorted(one.spent().items()):
            self.cost.setdefault(currency, Moments()).add(float(cents))
        if one.satisfaction is not None:
            self.satisfaction.add(one.satisfaction)
