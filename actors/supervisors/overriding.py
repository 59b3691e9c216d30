"""Overriding: a person changes an arrangement that goes on.

| asks | does |
|---|---|
| `ask.leave_out` | gives one thing back; all else goes on |
| `ask.choose` | takes another option for one thing; she is offered all of it anew |
| `ask.take_over` | lets a person go on: what is held is given back, what is firm stays |

What providers have been promised is given back as always; so holds come to zero here, too.
"""

from msgspec import Struct

from actors.supervisors.arrangement import LIVE, OUT, Arrangement, Leg, LegState, Option, State
from actors.supervisors.booking import MAX_ATTEMPTS
from actors.supervisors.following import Following
from actors.supervisors.replying import REPLACED
from twins.errors import BadPayload
from twins.handler import ask
from twins.ids import TwinId
from twins.policies.messages import Person
from twins.units import Short, Text, Token


class LeaveOut(Struct, kw_only=True, forbid_unknown_fields=True):
    """`ask.leave_out`: one thing is not wanted."""

    arrangement_id: Token
    by: Person
    leg: Token


class Choose(Struct, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """`ask.choose`: another option is wanted for one thing."""

    arrangement_id: Token
    by: Person
    leg: Token
    service: TwinId
    offer_id: Short | None = None
    """Which of the service's; None: the best of them."""


class TakeOver(Struct, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """`ask.take_over`: a person goes on."""

    arrangement_id: Token
    by: Person
    reason: Text = ""


class Overridden(Struct, kw_only=True):
    """How the arrangement stands after that."""

    arrangement_id: str
    supervisor: str
    state: str


class Overriding(Following):
    """Base of supervisors whose arrangements people may change."""

    @ask("leave_out")
    def leave_out(self, request: LeaveOut) -> Overridden:
        """Give one thing back, or do not ask for it any more; returns how it stands then."""
        arr = self._going_on(request.arrangement_id)
        leg = self._leg(arr, request.leg)
        if leg.required:
            raise BadPayload(
                f"{arr.id} makes no sense without {leg.name}; call it off, or take it over"
            )
        if leg.last:
            raise BadPayload(f"{leg.name} of {arr.id} is a part of what it pays for, and stays")
        if leg.state is LegState.CONFIRMED and (why := self.stays(arr, leg)) is not None:
            raise BadPayload(f"{leg.name} of {arr.id} cannot be given back: {why}")
        reason = f"left out by {request.by}"
        arr.step(f"{leg.name}.left_out", self.now, self.id, detail=request.by)
        self.give_back(arr, leg, LegState.DECLINED, reason)
        left = [one for one in arr.in_state(*LIVE) if not one.last]
        if not left and arr.state in (State.OFFERED, State.CONFIRMING, State.UNDERWAY):
            self.undo(arr, State.COMPENSATED, reason)
        self.inform(arr)
        self.go_on()
        return self._stands(arr)

    @ask("choose")
    def choose(self, request: Choose) -> Overridden:
        """Hold another option instead of the one that is held; returns how it stands then."""
        arr = self._going_on(request.arrangement_id)
        leg = self._leg(arr, request.leg)
        if arr.state not in (State.ARRANGING, State.OFFERED) or leg.state is not LegState.HELD:
            raise BadPayload(
                f"{leg.name} of {arr.id} is {leg.state} while the arrangement is {arr.state}; "
                "another option can be chosen while it is held and she has not answered"
            )
        if leg.attempt >= MAX_ATTEMPTS:
            raise BadPayload(f"{leg.name} of {arr.id} was tried {leg.attempt} times; take it over")
        option = _wanted(leg, request)
        before = leg.choice
        assert before is not None
        leg.options.remove(option)
        arr.step(f"{leg.name}.chosen", self.now, option.service, detail=request.by)
        self.release(arr, leg)
        self.take(arr, leg, option)
        leg.options.append(before)
        if arr.state is State.OFFERED:
            # Whatever she answers to the old one means nothing any more.
            assert arr.offer is not None
            arr.facts[REPLACED] = arr.offer["expires_at"]
            self.offer_anew(arr)
            self.report(arr, settled=True)  # what was reserved for it is reserved anew
            self.inform(arr)
        self.go_on()
        return self._stands(arr)

    @ask("take_over")
    def take_over(self, request: TakeOver) -> Overridden:
        """Let a person go on; returns how it stands then."""
        arr = self._going_on(request.arrangement_id)
        reason = f"{request.by} takes it over" + (f": {request.reason}" if request.reason else "")
        arr.step("override.taken_over", self.now, self.id, detail=request.by)
        if arr.state in (State.CONFIRMING, State.UNDERWAY):
            self.open_case(arr, reason)
        else:
            self.drop_proposal(arr, reason)
            self.hand_over(arr, reason)
        self.go_on()
        return self._stands(arr)

    def _going_on(self, arrangement_id: str) -> Arrangement:
        arr = self.find(arrangement_id)
        if arr is None:
            raise BadPayload(f"{self.id} knows no arrangement {arrangement_id}")
        if arr is not self.arrangement or arr.ended or arr.state is State.SETTLING:
            raise BadPayload(f"{arr.id} of {self.id} is {arr.state}: nothing of it can be changed")
        return arr

    def _leg(self, arr: Arrangement, name: str) -> Leg:
        leg = arr.legs.get(name)
        if leg is None:
            raise BadPayload(f"{arr.id} has no {name}; it has {', '.join(arr.legs) or 'nothing'}")
        if leg.state in OUT:
            raise BadPayload(f"{name} of {arr.id} is {leg.state} already: {leg.reason}")
        return leg

    def _stands(self, arr: Arrangement) -> Overridden:
        return Overridden(arrangement_id=arr.id, supervisor=self.id, state=arr.state.value)


def _wanted(leg: Leg, request: Choose) -> Option:
    for option in leg.options:
        if option.service == request.service and request.offer_id in (None, option.offer.offer_id):
            return option
    known = ", ".join(dict.fromkeys(option.service for option in leg.options)) or "nobody"
    raise BadPayload(f"{request.service} has nothing left for {leg.name}; there is {known}")
