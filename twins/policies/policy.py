"""Policy: the twin that says how far one proactive policy may go, and learns how that ended.

A supervisor asks it for leave before it does anything in the world, and for money before it offers
anything; it reports how its arrangement stands. See `messages` for what is said.
"""

from math import inf

from msgspec import Struct, field

from twins.errors import BadPayload
from twins.handler import ask, due, told
from twins.ids import digest
from twins.people.casework import CaseChanged, CaseNote, NewCase
from twins.policies.messages import (
    ALL,
    Leave,
    LeaveAnswer,
    LeaveRequest,
    Level,
    OutcomeNoted,
    Report,
    ResumeRequest,
    SpendingAnswer,
    SpendingRequest,
    StopRequest,
    Switched,
)
from twins.policies.outcomes import (
    HELD_OUT,
    MAX_FOLLOWED,
    SHADOW,
    TREATED,
    Arm,
    Followed,
    drawn,
    latest,
)
from twins.policies.reach import Broken, Reach
from twins.policies.settings import Change, PolicySettings
from twins.policies.spending import Day, day_of, give_back, reserve
from twins.policies.survey import question, to_ask
from twins.policies.switch import Stop, Switch
from twins.policies.trust import Trust, Verdict

MAX_CHANGES = 50
"""How many changes of its settings and level a policy remembers."""

MAX_WAITING = 1000
"""How many may wait until it is known whether all are stopped; others are not answered, and so a
person is asked about them."""

_ARMS = {Leave.ACT: TREATED, Leave.PROPOSE: TREATED, Leave.HELD_OUT: HELD_OUT, Leave.SHADOW: SHADOW}


class Changed(Struct, kw_only=True, omit_defaults=True):
    """One change: who, when, what."""

    at: float
    by: str
    what: str


class Policy(Switch, kind="policy"):
    """How far one proactive policy may act by itself; `policy/all` stands for all of them."""

    level: Level | None = None
    """As a person set it, or as it was earned; None: as the policy begins."""
    begins: Level = Level.ACT
    settings: PolicySettings = field(default_factory=PolicySettings)
    changes: list[Changed] = field(default_factory=list)
    waiting: list[LeaveRequest] = field(default_factory=list)
    """Asked before it was known whether all are stopped."""
    given: dict[str, int] = field(default_factory=dict)
    """Leave -> how often it was given."""
    days: dict[int, Day] = field(default_factory=dict)
    """What is reserved and spent: days since the epoch -> cents."""
    reach: Reach = field(default_factory=Reach)
    trust: Trust = field(default_factory=Trust)
    followed: dict[str, Followed] = field(default_factory=dict)
    """By arrangement."""
    arms: dict[str, Arm] = field(default_factory=dict)
    unfollowed: int = 0
    """Arrangements that were not followed, since too many were."""

    # -- leave -------------------------------------------------------------------------------

    @property
    def at_level(self) -> Level:
        """The level that counts."""
        above = self.above.level if self.above is not None else None
        return self.level or above or self.begins

    @told("leave.requested")
    def leave_requested(self, request: LeaveRequest) -> None:
        """Say what an arrangement may do, as soon as it is known whether all are stopped."""
        if self.id == ALL:
            return
        if self.above is None:
            if not self.waiting:
                self.join()
            if len(self.waiting) < MAX_WAITING:
                self.waiting.append(request)
            return
        self._answer(request)

    def heard_from_all(self) -> None:
        """Answer those who waited."""
        waiting, self.waiting = self.waiting, []
        for request in waiting:
            self._answer(request)

    def _answer(self, request: LeaveRequest) -> None:
        self.begins = request.begins
        leave, reason = self._leave(request)
        self.given[leave] = self.given.get(leave, 0) + 1
        if leave in (Leave.ACT, Leave.PROPOSE):
            self.reach.begin(self.now)
            self.open[request.arrangement_id] = request.asker
        self._follow(request, leave)
        answer = LeaveAnswer(
            arrangement_id=request.arrangement_id,
            policy=self.id,
            leave=leave,
            reason=reason[:2000],
            propose_s=self.settings.propose_min * 60.0,
        )
        self.tell(request.asker, "leave.answered", answer)

    def _leave(self, request: LeaveRequest) -> tuple[Leave, str]:
        """What it may do, and why. Whatever keeps all back comes before what is drawn for one."""
        halt, level = self.halt, self.at_level
        if halt is not None:
            return Leave.STOPPED, halt
        if level is Level.SHADOW:
            return Leave.SHADOW, f"{self.id} is at level shadow"
        if self.reach.broken is not None:
            return self._turned_away(self.reach.broken)
        who = request.customer or request.subject
        if drawn(who, self.id, self.settings.holdout):
            return Leave.HELD_OUT, f"{who} is held out of {self.id}"
        if self.reach.full(self.settings.per_hour, self.now):
            return self._turned_away(self._break(request))
        return Leave(level), f"{self.id} is at level {level}"

    # -- the breaker -------------------------------------------------------------------------

    def _break(self, request: LeaveRequest) -> Broken:
        """One too many: stop, and ask a person."""
        broken = self.reach.broken = Broken(
            at=self.now,
            case_id=digest(self.id, "reach", request.arrangement_id),
            desk=self.settings.desk or request.desk,
        )
        reason = (
            f"{self.id} has begun {self.settings.per_hour} arrangements within an hour, as many "
            "as it may, and begins none any more. Close this case with `accept` to let it go on."
        )
        skill = request.skill if self.settings.skill is None else self.settings.skill
        case = NewCase(
            id=broken.case_id, supervisor=self.id, arrangement_id=broken.case_id,
            subject=self.id, reason=reason, skill=skill, urgency="high",
            context={"policy": self.id, "per_hour": self.settings.per_hour,
                     "last": request.arrangement_id, "subject": request.subject},
        )  # fmt: skip
        self.tell(broken.desk, "case.opened", case)
        self._note("breaker", f"open: {self.settings.per_hour} within an hour")
        return broken

    def _turned_away(self, broken: Broken) -> tuple[Leave, str]:
        broken.turned_away += 1
        return Leave.BROKEN, f"{self.id} has begun too many within an hour; a person is asked"

    @told("case.changed")
    def case_changed(self, changed: CaseChanged) -> None:
        """A person has looked: with `accept` it goes on; else it stays open until she resumes."""
        broken = self.reach.broken
        if broken is None or changed.id != broken.case_id or changed.state != "closed":
            return
        if changed.verdict == "accept":
            self.reach.close()
            by = changed.employee or changed.desk
            self._note(by, f"breaker closed; {broken.turned_away} did not begin meanwhile")

    # -- spending ----------------------------------------------------------------------------

    @told("spending.requested")
    def spending_requested(self, request: SpendingRequest) -> None:
        """Reserve money, or say why not."""
        reason = self.halt or reserve(self.days, self.settings, request, self.now)
        answer = SpendingAnswer(
            arrangement_id=request.arrangement_id,
            day=day_of(self.now, self.settings.day_zone),
            reason=reason,
        )
        self.tell(request.asker, "spending.answered", answer)

    # -- how it ended ------------------------------------------------------------------------

    @told("policy.reported")
    def reported(self, report: Report) -> None:
        """An arrangement says how it stands."""
        give_back(self.days, report)
        if report.ended:
            self.open.pop(report.arrangement_id, None)
        if report.right is not None:
            self._judge(report.arrangement_id, right=report.right, why=report.why)
        followed = self.followed.get(report.arrangement_id)
        if followed is not None and followed.arm == TREATED:
            if report.spent_cents is not None and report.currency is not None:
                followed.cost_cents, followed.currency = report.spent_cents, report.currency
            followed.help(report.helped_at)

    def _judge(self, arrangement_id: str, *, right: bool, why: str) -> None:
        verdict = Verdict(id=arrangement_id, right=right, at=self.now, why=why[:200])
        self.trust.hear(verdict)
        if self.settings.pinned:
            return
        before = self.at_level
        after = self.trust.earned(before, self.settings)
        if after is not before:
            n, (low, high) = len(self.trust.verdicts), self.trust.interval
            self._to_level(
                after, self.id,
                f"{self.trust.right} of {n} decisions were right ({low:.0%} to {high:.0%})",
            )  # fmt: skip

    def _to_level(self, level: Level | None, by: str, why: str) -> None:
        before, self.level = self.at_level, level
        if self.at_level is not before:
            self.trust = Trust()
        self._note(by, f"level {before} -> {self.at_level}" + (f": {why}" if why else ""))

    # -- outcomes ----------------------------------------------------------------------------

    def _follow(self, request: LeaveRequest, leave: Leave) -> None:
        arm = _ARMS.get(leave)
        if arm is None:
            return
        if len(self.followed) >= MAX_FOLLOWED:
            self.unfollowed += 1
            return
        self.followed[request.arrangement_id] = Followed(
            arm=arm, customer=request.customer, at=request.noticed_at or self.now,
            until=self.now + self.settings.follow_h * 3600.0,
        )  # fmt: skip
        self._remind()
        self._remind_surveys()

    @told("outcome.noted")
    def outcome_noted(self, noted: OutcomeNoted) -> None:
        """Somebody outside knows what became of her."""
        if self.id == ALL:
            self.pass_on(noted)
            return
        id_, one = self._concerned(noted)
        if one is None:
            return
        one.note(noted, self.now if noted.at is None else noted.at)
        if noted.false_alarm and one.arm == TREATED:
            self._judge(id_, right=False, why="a false alarm")

    def _concerned(self, noted: OutcomeNoted) -> tuple[str, Followed | None]:
        """What it is counted for: one arrangement at most, so nothing counts twice."""
        if noted.arrangement_id is not None:
            id_ = noted.arrangement_id
            one = self.followed.get(id_)
            if one is None or noted.at is None or one.spans(noted.at):
                return id_, one
            return id_, None
        if noted.customer is None:
            return "", None
        at = self.now if noted.at is None else noted.at
        found = latest(self.followed, (noted.customer, *noted.also), at)
        return found or "", None if found is None else self.followed[found]

    @due("followed")
    def follow_up(self) -> None:
        """The time of some is over: count what became of them."""
        for id_, one in list(self.followed.items()):
            if one.until + self.settings.late_h * 3600.0 <= self.now:
                del self.followed[id_]
                self.arms.setdefault(one.arm, Arm()).count(one)
                # What it only looked at says nothing of how it does by now.
                if one.arm == SHADOW and self.at_level is Level.SHADOW:
                    self._judge(id_, right=one.needed, why=one.verdict)
        self._remind()

    def _remind(self) -> None:
        late_s = self.settings.late_h * 3600.0
        times = [
            one.until if one.until > self.now else one.until + late_s
            for one in self.followed.values()
        ]
        if times:
            self.remind("followed", at=min(times))

    @due("surveys")
    def survey(self) -> None:
        """Ask those whose time for it has come how satisfied they are, in both arms alike."""
        for id_, at in to_ask(self.followed, self._survey_s()).items():
            one = self.followed[id_]
            if at <= self.now and one.customer is not None:
                one.surveyed = True
                if self.now < one.until:
                    self.tell(one.customer, "message.requested", question(self.id, id_, one.until))
        self._remind_surveys()

    def _survey_s(self) -> float:
        hours = self.settings.survey_h
        return inf if hours is None else hours * 3600.0

    def _remind_surveys(self) -> None:
        if self.settings.survey_h is not None:
            at = min(to_ask(self.followed, self._survey_s()).values(), default=None)
            if at is not None:
                self.remind("surveys", at=at)

    # -- people ------------------------------------------------------------------------------

    @told("configured")
    def configured(self, change: Change) -> None:
        """Take over settings. They may say the level too."""
        self._apply(change)

    @ask("policy.set")
    def set(self, change: Change) -> PolicySettings:
        """The same by a person's call; returns the settings."""
        self._apply(change)
        return self.settings

    def _apply(self, change: Change) -> None:
        after = change.applied(self.settings)
        given = change.given()
        self.settings = after
        if given:
            said = ", ".join(f"{name}={value}" for name, value in given.items())
            self._note(change.by, f"{said}" + (f": {change.reason}" if change.reason else ""))
            self._remind_surveys()
        level = change.level
        if level is None or isinstance(level, Level):
            self._to_level(level, change.by, change.reason)
            if self.id == ALL:
                self.tell_members()

    @ask("policy.stop")
    def stop(self, request: StopRequest) -> Stop | None:
        """Nothing new is held or confirmed from now on; returns who stopped it and when."""
        self.stop_by(request)
        self._note(request.by, "stopped" + (f": {request.reason}" if request.reason else ""))
        return self.stopped

    @ask("policy.resume")
    def resume(self, request: ResumeRequest) -> dict[str, int]:
        """Take a stop back and close the breaker; returns how many it had turned away."""
        if self.stopped is None and self.reach.broken is None:
            above = self.above.stopped if self.above is not None else None
            hint = f"; {above}, so resume all" if above else ""
            raise BadPayload(f"{self.id} is neither stopped nor is its breaker open{hint}")
        broken = self.reach.close()
        if broken is not None:
            text = f"{request.by} lets {self.id} go on"
            self.tell(broken.desk, "case.cleared", CaseNote(id=broken.case_id, text=text))
        self.resume_by(request)
        self._note(request.by, "resumed" + (f": {request.reason}" if request.reason else ""))
        return {"turned_away": broken.turned_away if broken is not None else 0}

    def level_for_all(self) -> Switched:
        """What all are told: whether they are stopped, and at which level they begin."""
        stopped = None if self.stopped is None else self.stopped.words("every policy")
        return Switched(stopped=stopped, level=self.level)

    def _note(self, by: str, what: str) -> None:
        self.changes.append(Changed(at=self.now, by=by, what=what[:500]))
        del self.changes[:-MAX_CHANGES]
