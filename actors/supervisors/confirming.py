"""Confirming: what the customer accepted is made final.

What is booked `last` is confirmed when all else is. A hold that the provider does not know any more
is replaced once, by something that costs no more. What cannot be replaced goes to a person; without
a required leg, all of it.
"""

from typing import Any

from actors.supervisors.arrangement import Arrangement, Leg, LegState, Option, State
from actors.supervisors.presenting import Presenting
from actors.supervisors.supervisor import SLACK_S
from twins.handler import told
from twins.record import Tried
from twins.services.messages import Answer, Request

CONFIRM_S = 30.0
"""How long a provider is tried for a confirmation."""


class Confirming(Presenting):
    """Base of policies that make final what was held."""

    # -- hooks -------------------------------------------------------------------------------

    def replaces(self, arr: Arrangement, leg: Leg, option: Option) -> bool:  # noqa: ARG002 - a hook: policies look at what this default does not need
        """Whether an option may replace what the customer accepted, beside its price."""
        return True

    def evidence(self, arr: Arrangement, leg: Leg) -> dict[str, Any]:  # noqa: ARG002 - a hook: policies look at what this default does not need
        """What goes with the confirmation of a leg."""
        return {}

    def started(self, arr: Arrangement) -> None:
        """All is confirmed. By default that is all there is to do."""
        self.settle(arr, State.CLOSED)

    # -- moving on ---------------------------------------------------------------------------

    def advance(self, arr: Arrangement) -> bool:
        """Make one move if there is one to make."""
        if arr.state is State.CONFIRMING:
            return self._finish_confirming(arr)
        return super().advance(arr)

    def lapsed(self, arr: Arrangement, name: str) -> None:
        """A deadline is over."""
        what, _, rest = name.partition(":")
        if what == "confirm":
            leg = arr.legs[rest]
            if leg.state is LegState.CONFIRMING:
                arr.step(f"{leg.name}.silent", self.now, leg.service or "", hold_id=leg.hold_id)
                self._unconfirmed(arr, leg, "no answer to the confirmation")
        else:
            super().lapsed(arr, name)

    # -- confirming --------------------------------------------------------------------------

    def _confirm(self, arr: Arrangement, leg: Leg) -> None:
        assert leg.service is not None
        leg.state = LegState.CONFIRMING
        arr.deadlines[f"confirm:{leg.name}"] = self.now + CONFIRM_S + SLACK_S
        details = self.evidence(arr, leg)
        request = Request(
            asker=self.id,
            arrangement_id=arr.id,
            leg=leg.name,
            round=leg.round,
            hold_id=leg.hold_id,
            body={"details": details} if details else {},
            by=self.now + CONFIRM_S,
        )
        self.tell(leg.service, "confirm.requested", request)
        arr.step(f"{leg.name}.confirming", self.now, leg.service, hold_id=leg.hold_id)

    def replaced(self, arr: Arrangement, leg: Leg) -> None:
        """What was lost after the customer had accepted is held anew: confirm that."""
        self._confirm(arr, leg)

    @told("confirm.answered")
    def confirm_answered(self, answer: Answer) -> None:
        """A service has made it final, or not."""
        found = self.answered_leg(answer, LegState.CONFIRMING)
        if found is None:
            return
        arr, leg = found
        arr.deadlines.pop(f"confirm:{leg.name}", None)
        if answer.ok:
            leg.state = LegState.CONFIRMED
            arr.step(f"{leg.name}.confirmed", self.now, answer.service, hold_id=answer.hold_id)
            self.tell_context(arr, "tried", Tried(remedy=leg.name))
        else:
            why = answer.detail or answer.reason or "unknown"
            arr.step(f"{leg.name}.not_confirmed", self.now, answer.service,
                     hold_id=answer.hold_id, detail=why)  # fmt: skip
            if answer.reason == "refused":
                # The provider says that nothing is confirmed: so nothing firm is given back.
                leg.state = LegState.HELD
                self.release(arr, leg)
                self._replace(arr, leg, why)
            else:
                self._unconfirmed(arr, leg, why)
        self.go_on()

    def _replace(self, arr: Arrangement, leg: Leg, reason: str) -> None:
        """Hold the next best once, if it costs no more than what was accepted."""
        options = [] if leg.rebooked or leg.last or arr.halted else leg.options
        leg.rebooked = True
        while options:
            option = options.pop(0)
            fits = option.offer.price_cents <= (leg.accepted_cents or 0)
            if fits and self.replaces(arr, leg, option):
                self.take(arr, leg, option)
                return
        self.out(arr, leg, reason)

    def _unconfirmed(self, arr: Arrangement, leg: Leg, reason: str) -> None:
        """Nobody knows whether it is final. It is given back, and not replaced: never twice."""
        self.release(arr, leg)
        self.out(arr, leg, reason)

    def _finish_confirming(self, arr: Arrangement) -> bool:
        if arr.in_state(LegState.HOLDING, LegState.CONFIRMING):
            return False
        if arr.halted is not None:
            self._halt(arr, arr.halted)
            return True
        lost = [leg for leg in arr.in_state(LegState.FAILED) if leg.accepted_cents is not None]
        for leg in lost:
            if leg.required:
                self.hand_over(arr, f"{leg.name} could not be confirmed: {leg.reason}")
                return True
        if not arr.in_state(LegState.CONFIRMED):
            self.hand_over(arr, "nothing could be confirmed")
            return True
        last = arr.in_state(LegState.HELD)
        for leg in last:
            self._confirm(arr, leg)
        if last:
            return True
        for leg in lost:
            self.open_case(arr, f"{leg.name} was accepted and could not be had: {leg.reason}")
        arr.state = State.UNDERWAY
        self.report(arr, settled=True)
        self.started(arr)
        self.inform(arr)
        return True

    def _halt(self, arr: Arrangement, reason: str) -> None:
        """Its policy was stopped meanwhile: what became firm stays, and a person sees to it."""
        firm = ", ".join(leg.name for leg in arr.in_state(LegState.CONFIRMED))
        reason = f"{reason}; firm already: {firm or 'nothing'}"
        self.open_case(arr, reason)
        self.settle(arr, State.WITH_PERSON, reason)
        self.inform(arr)
