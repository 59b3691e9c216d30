"""Switch: the kill switch of one policy, and `policy/all`, which stops all of them.

A policy gives no leave before it has heard from `policy/all` how things stand; so one that is asked
for the first time while all are stopped begins nothing either.
"""

from msgspec import Struct, field

from twins.handler import told
from twins.policies.messages import (
    ALL,
    Joined,
    LeaveWithdrawn,
    OutcomeNoted,
    ResumeRequest,
    StopRequest,
    Switched,
)
from twins.twin import Twin

MAX_MEMBERS = 1000
"""So many policies are told of a stop one by one; their names come from rules and code. Further
ones stay stopped."""


class Stop(Struct, kw_only=True):
    """Who stopped it, when and why."""

    by: str
    at: float
    reason: str

    def words(self, what: str) -> str:
        """The same in one line."""
        return f"{what} was stopped by {self.by}" + (f": {self.reason}" if self.reason else "")


class Switch(Twin):
    """Base of policies: whether it is stopped, and whom it tells."""

    stopped: Stop | None = None
    """This policy, or, of `policy/all`, all."""
    above: Switched | None = None
    """What `policy/all` said last; None: nothing yet."""
    open: dict[str, str] = field(default_factory=dict)
    """Arrangements that have leave and have not ended -> their supervisors."""
    members: list[str] = field(default_factory=list)
    """Of `policy/all`: the policies that have joined."""

    # -- hooks -------------------------------------------------------------------------------

    def level_for_all(self) -> Switched:
        """What `policy/all` says to its members."""
        raise NotImplementedError

    def heard_from_all(self) -> None:
        """It is known for the first time how things stand."""

    # -- one policy --------------------------------------------------------------------------

    @property
    def halt(self) -> str | None:
        """Why nothing may be done; None: it may."""
        if self.stopped is not None:
            return self.stopped.words(self.id)
        return None if self.above is None else self.above.stopped

    def join(self) -> None:
        """Say that it is there; the answer says how things stand."""
        self.tell(ALL, "policy.joined", Joined(policy=self.id))

    @told("policy.switched")
    def switched(self, switched: Switched) -> None:
        """All policies were stopped, or may go on."""
        if self.event.source != ALL or self.id == ALL:
            return
        first, self.above = self.above is None, switched
        if switched.stopped is not None:
            self.withdraw(switched.stopped)
        if first:
            self.heard_from_all()

    def withdraw(self, reason: str) -> None:
        """Tell all arrangements under way; they stay known until they have ended."""
        for arrangement_id, supervisor in self.open.items():
            withdrawn = LeaveWithdrawn(
                arrangement_id=arrangement_id, policy=self.id, reason=reason[:2000]
            )
            self.tell(supervisor, "leave.withdrawn", withdrawn)

    # -- stopping ----------------------------------------------------------------------------

    def stop_by(self, request: StopRequest) -> None:
        """Nothing begins any more, and what is under way is told so."""
        self.stopped = Stop(by=request.by, at=self.now, reason=request.reason)
        if self.id == ALL:
            self.tell_members()
        else:
            self.withdraw(self.stopped.words(self.id))

    def resume_by(self, request: ResumeRequest) -> None:  # noqa: ARG002 - who is noted by the policy
        """What comes next may begin; what was stopped stays stopped."""
        self.stopped = None
        if self.id == ALL:
            self.tell_members()

    # -- all ---------------------------------------------------------------------------------

    @told("policy.joined")
    def joined(self, joined: Joined) -> None:
        """A policy is there: say how things stand, now and whenever that changes."""
        if self.id != ALL or joined.policy == ALL:
            return
        switched = self.level_for_all()
        if joined.policy not in self.members:
            if len(self.members) >= MAX_MEMBERS:
                # Whoever could not be told of a stop must not begin anything.
                switched = Switched(stopped=f"there are more than {MAX_MEMBERS} policies")
            else:
                self.members.append(joined.policy)
        self.tell(joined.policy, "policy.switched", switched)

    def tell_members(self) -> None:
        """Say how things stand."""
        switched = self.level_for_all()
        for policy in self.members:
            self.tell(policy, "policy.switched", switched)

    def pass_on(self, noted: OutcomeNoted) -> None:
        """Let each policy see whether it follows her."""
        for policy in self.members:
            self.tell(policy, "outcome.noted", noted)
