"""What supervisors, people and a policy's twin say to each other.

| asks or tells | answered by |
|---|---|
| `leave.requested` (`LeaveRequest`) to a policy | `leave.answered` (`LeaveAnswer`) |
| `spending.requested` (`SpendingRequest`) to a policy | `spending.answered` (`SpendingAnswer`) |
| `policy.reported` (`Report`) to a policy | |
| `outcome.noted` (`OutcomeNoted`) to a policy, or to `policy/all` for each of them | |
| `leave.withdrawn` (`LeaveWithdrawn`) to a supervisor | |
| `policy.joined` (`Joined`) to `policy/all` | `policy.switched` (`Switched`) |
"""

from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

from twins.ids import CustomerId, DeskId, TwinId
from twins.units import Cents, Currency, Short, Text, Time, Token

ALL = "policy/all"
"""The twin that stops all policies, and says at which level those begin that nobody has set."""

Person = Annotated[str, Meta(min_length=1, max_length=200)]
"""Who does it: the name that a person goes by among those who share the operator's token."""


def policy_id(name: str) -> str:
    """The twin of the policy of this name. One that is called `all` is not the switch for all."""
    return f"policy/{name}" if name != "all" else "policy/all_"


class Level(StrEnum):
    """How far a policy may go by itself; each is one step above the one before."""

    SHADOW = "shadow"
    """It decides, and does nothing; what it would have done is recorded."""
    PROPOSE = "propose"
    """A person has to agree first."""
    ACT = "act"

    @property
    def rank(self) -> int:
        """0, 1 or 2."""
        return list(Level).index(self)

    def step(self, by: int) -> "Level":
        """The level so many steps above, or below; the ends stay."""
        steps = list(Level)
        return steps[max(0, min(len(steps) - 1, self.rank + by))]


class Leave(StrEnum):
    """What one arrangement may do."""

    ACT = "act"
    PROPOSE = "propose"
    SHADOW = "shadow"
    HELD_OUT = "held_out"
    """Its customer is one of those for whom nothing is done, to see what would have been."""
    STOPPED = "stopped"
    """Somebody has stopped the policy, or all."""
    BROKEN = "broken"
    """The policy has started too many within an hour; a person is asked."""


QUIET = (Leave.SHADOW, Leave.HELD_OUT, Leave.STOPPED, Leave.BROKEN)
"""Nothing is done, and nobody is told."""


class LeaveRequest(Struct, kw_only=True, omit_defaults=True):
    """A supervisor asks before it does anything in the world."""

    asker: TwinId
    arrangement_id: Token
    subject: TwinId
    """What it is about."""
    customer: CustomerId | None = None
    desk: DeskId
    """Where a person is asked, where the policy names no desk of its own."""
    skill: Short = ""
    noticed_at: Time = 0.0
    """When the signal was."""
    begins: Level = Level.ACT
    """At which level the policy begins, where nobody has set one."""


class LeaveAnswer(Struct, kw_only=True, omit_defaults=True):
    """What an arrangement may do."""

    arrangement_id: Token
    policy: TwinId
    leave: Leave
    reason: Text = ""
    propose_s: float = 1800.0
    """How long a proposal stands."""


class LeaveWithdrawn(Struct, kw_only=True, omit_defaults=True):
    """The policy was stopped: nothing new is held or confirmed, what is held is given back."""

    arrangement_id: Token
    policy: TwinId
    reason: Text


class SpendingRequest(Struct, kw_only=True, omit_defaults=True):
    """Asks for so much money before it is offered."""

    asker: TwinId
    arrangement_id: Token
    customer: CustomerId | None = None
    cents: Cents
    currency: Currency


class SpendingAnswer(Struct, kw_only=True, omit_defaults=True):
    """It is reserved, on a day, or not."""

    arrangement_id: Token
    day: int
    """Days since the epoch, UTC: of whose limits it is a part."""
    reason: Text | None = None
    """Why not; None: it is reserved."""


class Report(Struct, kw_only=True, omit_defaults=True):
    """How an arrangement stands, whenever something of it becomes known."""

    arrangement_id: Token
    state: Short
    ended: bool = False
    customer: CustomerId | None = None
    credit_cents: int = 0
    """What of the reserved money is not needed, and was not said before."""
    currency: Currency | None = None
    day: int = 0
    """On which it was reserved."""
    right: bool | None = None
    """Whether the decision was right, as somebody said; None: nobody did."""
    why: Text = ""
    spent_cents: Cents | None = None
    """What it costs, as far as is known."""
    helped_at: Time | None = None
    """When help was there."""


class OutcomeNoted(Struct, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """What is known from outside of what became of a customer: from a call centre, a survey.

    A customer's twin tells it whenever she is told something of the kind (`twins.people.helped`).
    """

    id: Token | None = None
    """Of what is noted, the same whenever it is told again; with it, costs are added up."""
    at: Time | None = None
    """When it happened; it counts where that lies within the time that she was followed. None:
    now, or whenever the arrangement is named."""
    arrangement_id: Token | None = None
    customer: CustomerId | None = None
    """Instead of the arrangement: the last signal of hers at or before that time."""
    also: list[CustomerId] = []
    """Other ids of the same person."""
    called: bool = False
    """She had to call."""
    false_alarm: bool = False
    """There was nothing wrong."""
    helped_at: Time | None = None
    cost_cents: Cents | None = None
    currency: Currency | None = None
    satisfaction: Annotated[float, Meta(ge=1, le=5)] | None = None
    """1 (poor) to 5 (very good)."""


class Joined(Struct, kw_only=True):
    """A policy says that it is there."""

    policy: TwinId


class Switched(Struct, kw_only=True, omit_defaults=True):
    """What counts for all policies."""

    stopped: Text | None = None
    """By whom and why all are stopped; None: they are not."""
    level: Level | None = None
    """At which those begin that nobody has set."""


class StopRequest(Struct, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """`ask.policy.stop`: nothing new is held or confirmed, effective for what is under way too."""

    by: Person
    reason: Text = ""


class ResumeRequest(Struct, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """`ask.policy.resume`: take back a stop, and close the breaker."""

    by: Person
    reason: Text = ""
