"""Outcomes: what a policy changed for customers: those treated against those held out.

Who is held out is drawn from the customer's and the policy's id, so it is the same in every replay
and for every arrangement of hers. Both are followed for the same time, and counted when it is over.
"""

from msgspec import Struct, field

from twins.ids import digest
from twins.policies.intervals import Moments
from twins.policies.messages import OutcomeNoted

MAX_FOLLOWED = 2000
"""How many are followed at once; a policy's state is stored whole. Further ones are not followed,
treated or held out, so that the comparison stays fair."""

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
    helped_at: float | None = None
    cost_cents: int | None = None
    currency: str | None = None
    satisfaction: float | None = None

    def note(self, noted: OutcomeNoted) -> None:
        """Take over what is known from outside."""
        self.called = self.called or noted.called
        for name in ("helped_at", "cost_cents", "currency", "satisfaction"):
            value = getattr(noted, name)
            if value is not None:
                setattr(self, name, value)


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
        if one.cost_cents is not None and one.currency is not None:
            self.cost.setdefault(one.currency, Moments()).add(float(one.cost_cents))
        if one.satisfaction is not None:
            self.satisfaction.add(one.satisfaction)
