"""Arrangement: one durable cross-twin action, and the moves that its parts can make.

An arrangement is pure data in a supervisor's state. It is made of legs, one for each thing that is
booked. A leg goes

    waiting ─▶ asked ─▶ holding ─▶ held ─▶ confirming ─▶ confirmed
       ▲         │         │        │           │
       └─────────┴─────────┴────────┴───────────┴──▶ failed | declined | released

and waits for the legs that it comes `after`, because what it needs depends on what they got. One
that goes `ahead_s` before all others, because they depend on it, is waited for no longer than that;
it counts when it comes later, too. The whole goes

    gathering ─▶ arranging ─▶ reserving ─▶ offered ─▶ confirming ─▶ underway ─▶ settling ─▶ closed
     └─▶ proposed ─▲
    and from each of these by settling to compensated | with_person

Invariant: every hold ever asked for is confirmed at the end, or in `returns` until its release is
known, or was refused by the provider (so nothing was placed).
"""

from enum import StrEnum
from typing import Any

from msgspec import Struct

from actors.supervisors.standing import CaseView, Return, Track, Verdict
from twins.ids import digest
from twins.outputs import Signal
from twins.policies.messages import Leave
from twins.services.messages import Availability, Held, Offered

MAX_STEPS = 256
"""How many steps an arrangement records; the first ones and the last one stay."""

MAX_OPTIONS = 8
"""How many options of one asking are kept, best first."""


class State(StrEnum):
    """Where an arrangement stands."""

    GATHERING = "gathering"
    """Asks people and desks what it has to fit."""
    PROPOSED = "proposed"
    """A person has to agree before anything is done."""
    ARRANGING = "arranging"
    """Asks what could be had, and holds it."""
    RESERVING = "reserving"
    """All is held; the policy is asked whether it may cost so much."""
    OFFERED = "offered"
    """All is held; the customer decides."""
    CONFIRMING = "confirming"
    UNDERWAY = "underway"
    """Confirmed; somebody is on the way."""
    SETTLING = "settling"
    """Over but for holds that are being given back; it ends as its verdict says."""
    CLOSED = "closed"
    """Ended: carried out."""
    COMPENSATED = "compensated"
    """Ended: everything was given back, and nobody has to do anything."""
    WITH_PERSON = "with_person"
    """Ended: a person decides; her case is named."""


ENDED = (State.CLOSED, State.COMPENSATED, State.WITH_PERSON)


class LegState(StrEnum):
    """Where a leg stands."""

    WAITING = "waiting"
    """For legs that it comes after."""
    ASKED = "asked"
    HOLDING = "holding"
    """A hold was asked for."""
    HELD = "held"
    CONFIRMING = "confirming"
    CONFIRMED = "confirmed"
    DECLINED = "declined"
    """The customer does not want it."""
    RELEASED = "released"
    """Not needed any more; what was held is in the arrangement's `returns`."""
    FAILED = "failed"


OUT = (LegState.DECLINED, LegState.RELEASED, LegState.FAILED)
"""It is no part of the arrangement any more."""

LIVE = (LegState.HOLDING, LegState.HELD, LegState.CONFIRMING, LegState.CONFIRMED)
"""The provider has, or may have, something reserved for it."""

_UNSETTLED = (LegState.WAITING, LegState.ASKED, LegState.HOLDING)


class Step(Struct, kw_only=True, omit_defaults=True, frozen=True):
    """One thing that happened, with the ids of what it happened to."""

    name: str
    """`signal.noticed`, `tow.held`, `offer.sent`, `arrangement.closed`, …"""
    at: float
    """Log time, seconds since the epoch."""
    twin_id: str
    """The twin that it concerns."""
    signal_id: str | None = None
    arrangement_id: str | None = None
    hold_id: str | None = None
    detail: str | None = None


class Option(Struct, kw_only=True, omit_defaults=True):
    """One offer of one service."""

    service: str
    name: str = ""
    """The service's."""
    offer: Offered


class Leg(Struct, kw_only=True, omit_defaults=True):
    """One thing that is booked."""

    name: str
    sort: str = ""
    """Which of `LEGS` it is; empty: that of its name."""
    alternative: int = 0
    """Which of the alternatives it belongs to, from 1; 0: to all. The customer takes one."""
    required: bool = False
    """Without it the arrangement makes no sense, unless the customer declines it."""
    after: list[str] = []
    """Legs that must be held, or out, or `late`, before it is asked for."""
    ahead_s: float | None = None
    """So long what comes after it waits for it; None: until it is held, or out."""
    late: bool = False
    """It took longer: what comes after it has gone on without it."""
    last: bool = False
    """Confirmed when all others are, with evidence; the customer is not asked about it."""

    state: LegState = LegState.WAITING
    round: int = 0
    """How often it was asked for."""
    not_before: float | None = None
    """When it may be asked for again (log time)."""
    asked: list[str] = []
    """Services that have not answered yet."""
    options: list[Option] = []
    """Not tried yet, best first."""
    choice: Option | None = None
    seen_to: float | None = None
    """The latest start among all that was offered, suitable or not."""
    attempt: int = 0
    """How often something was held for it."""
    rebooked: bool = False
    """A hold was lost after the customer had accepted; it is replaced once."""
    accepted_cents: int | None = None
    """What it cost when the customer accepted; a replacement must not cost more."""
    hold_id: str | None = None
    price_cents: int = 0
    currency: str | None = None
    eta_s: float | None = None
    """Seconds from confirmation until it is there."""
    held_at: float = 0.0
    starts_at: float | None = None
    ends_at: float | None = None
    expires_at: float | None = None
    """When the hold lapses by the provider's own clock; until it says so, at the latest then."""
    reason: str | None = None
    """Why it is out."""

    @property
    def sort_name(self) -> str:
        """Which of `LEGS` it is."""
        return self.sort or self.name

    @property
    def service(self) -> str | None:
        """The service chosen."""
        return None if self.choice is None else self.choice.service

    @property
    def settled(self) -> bool:
        """Whether it is held, or out."""
        return self.state not in _UNSETTLED

    @property
    def passed(self) -> bool:
        """Whether what comes after it may be asked for."""
        return self.settled or self.late

    def ask(self, services: list[str]) -> None:
        """Wait for the answers of these."""
        self.state = LegState.ASKED
        self.round += 1
        self.asked = services
        self.options = []

    def answered(self, answer: Availability) -> list[Option] | None:
        """The options of an answer that is waited for; None for any other."""
        if (
            self.state is not LegState.ASKED
            or answer.round != self.round
            or answer.service not in self.asked
        ):
            return None
        self.asked.remove(answer.service)
        for offer in answer.offers:
            if offer.starts_at is not None:
                self.seen_to = max(self.seen_to or 0.0, offer.starts_at)
        return [
            Option(service=answer.service, name=answer.name, offer=offer) for offer in answer.offers
        ]

    def hold(self, option: Option, hold_id: str, until: float) -> None:
        """Try to take an option, until then at most."""
        self.state = LegState.HOLDING
        self.attempt += 1
        self.asked = []
        self.choice = option
        self.hold_id = hold_id
        self.expires_at = until

    def held(self, answer: Held, now: float) -> None:
        """It is taken; what was agreed counts, and where nothing was said, what was offered."""
        assert self.choice is not None
        assert self.expires_at is not None
        offer = self.choice.offer
        self.state = LegState.HELD
        self.held_at = now
        self.price_cents = offer.price_cents if answer.price_cents is None else answer.price_cents
        self.currency = answer.currency or offer.currency
        self.eta_s = offer.eta_s if answer.eta_s is None else answer.eta_s
        self.starts_at = offer.starts_at if answer.starts_at is None else answer.starts_at
        self.ends_at = offer.ends_at if answer.ends_at is None else answer.ends_at
        if answer.expires_at is not None:
            self.expires_at = min(self.expires_at, answer.expires_at)

    def out(self, state: LegState, reason: str) -> None:
        """It is no part of the arrangement any more."""
        self.state = state
        self.reason = reason
        self.asked = []
        self.options = []

    def again(self, not_before: float | None = None) -> None:
        """Back to the beginning: it will be asked for anew, perhaps after a while."""
        self.state = LegState.WAITING
        self.not_before = not_before
        self.asked = []
        self.options = []
        self.choice = None
        self.hold_id = None
        self.reason = None


class Arrangement(Struct, kw_only=True, omit_defaults=True):
    """One durable cross-twin action."""

    id: str
    cause: Signal
    supervisor: str
    desk: str
    opened_at: float
    state: State = State.GATHERING
    ends_as: State | None = None
    """While settling: how it will end."""
    ended_at: float | None = None
    reason: str | None = None
    """Why it ended as it did."""
    repeats: int = 0
    """Signals that came while it was open; they start nothing."""
    legs: dict[str, Leg] = {}
    returns: dict[str, Return] = {}
    """Hold id -> what is being given back."""
    awaited: list[str] = []
    """Facts asked for and not known yet."""
    facts: dict[str, Any] = {}
    """What was gathered, and what the policy remembers."""
    deadlines: dict[str, float] = {}
    """What -> until when (log time)."""
    offer: dict[str, Any] | None = None
    """The last one, as `actors.supervisors.offer.Offer`."""
    verdict: Verdict | None = None
    leave: Leave | None = None
    """What its policy lets it do; None: not known yet."""
    halted: str | None = None
    """Why its policy took the leave back: nothing new is held or confirmed."""
    propose_s: float = 1800.0
    """How long a proposal stands."""
    proposal: CaseView | None = None
    """The case in which a person was asked first."""
    reserved_cents: int = 0
    """What its policy has reserved for it, less what was given back since."""
    reserved_in: str | None = None
    """The currency of that."""
    reserved_on: int = 0
    """Days since the epoch: of whose limits it is a part."""
    lost_cents: int = 0
    """What may have to be paid for what could not be given back."""
    case: CaseView | None = None
    track: Track | None = None
    steps: list[Step] = []

    @classmethod
    def of(cls, signal: Signal, supervisor: str, desk: str, now: float) -> "Arrangement":
        """A new one; its id is made of the signal's, so that a replay makes the same."""
        id_ = digest(supervisor, signal.id)
        return cls(id=id_, cause=signal, supervisor=supervisor, desk=desk, opened_at=now)

    @property
    def ended(self) -> bool:
        """Whether it has ended: carried out, given back, or with a person."""
        return self.state in ENDED

    @property
    def busy(self) -> bool:
        """Whether another signal must not start a second one: a person may be about to act."""
        if self.state is State.WITH_PERSON:
            return self.case is not None and self.case.state != "closed"
        return not self.ended

    def step(
        self, name: str, at: float, twin_id: str, *, hold_id: str | None = None,
        detail: str | None = None,
    ) -> None:  # fmt: skip
        """Record that something happened."""
        step = Step(
            name=name,
            at=at,
            twin_id=twin_id,
            signal_id=self.cause.id,
            arrangement_id=self.id,
            hold_id=hold_id,
            detail=None if detail is None else detail[:200],
        )
        if len(self.steps) < MAX_STEPS:
            self.steps.append(step)
        else:
            self.steps[-1] = step

    def add(self, *legs: Leg) -> None:
        """Plan legs; what a leg comes after must be planned, too."""
        for leg in legs:
            leg.after = [name for name in leg.after if name in self.legs]
            self.legs[leg.name] = leg

    def in_state(self, *states: LegState) -> list[Leg]:
        """The legs in one of these states, in the order of planning."""
        return [leg for leg in self.legs.values() if leg.state in states]

    def may_ask(self, leg: Leg, now: float) -> bool:
        """Whether it waits for nothing any more."""
        return (
            leg.state is LegState.WAITING
            and all(self.legs[name].passed for name in leg.after)
            and (leg.not_before is None or leg.not_before <= now)
        )

    def got(self, name: str) -> Leg | None:
        """The leg of this name if it is held or confirmed."""
        leg = self.legs.get(name)
        has = (LegState.HELD, LegState.CONFIRMING, LegState.CONFIRMED)
        return leg if leg is not None and leg.state in has else None

    def beside(self, leg: Leg, sort: str) -> Leg | None:
        """The leg of a sort that belongs to the same alternative, or to all."""
        for other in self.legs.values():
            if other.sort_name == sort and other.alternative in (0, leg.alternative):
                return other
        return None

    def got_beside(self, leg: Leg, sort: str) -> Leg | None:
        """As `beside`, if it is held or confirmed."""
        other = self.beside(leg, sort)
        return None if other is None else self.got(other.name)

    def hold_id(self, leg: Leg) -> str:
        """The id of the leg's next hold: constant in every replay, new with every attempt."""
        return f"{self.id}.{leg.name}.{leg.attempt + 1}"

    def take_due(self, now: float) -> list[str]:
        """The deadlines that are over, in order of time and name; they are dropped."""
        due = sorted((at, name) for name, at in self.deadlines.items() if at <= now)
        for _, name in due:
            del self.deadlines[name]
        return [name for _, name in due]
