"""Booking: legs are asked for and held. See `arrangement` for the moves.

Each leg goes at its own pace: it is asked for as soon as what it comes after is settled, and held
as soon as all services asked have answered. What goes ahead of all others is waited for only so
long. When all are settled, `offering` goes on.
"""

from typing import Any

from actors.supervisors.arrangement import (
    MAX_OPTIONS,
    Arrangement,
    Leg,
    LegState,
    Option,
    State,
)
from actors.supervisors.supervisor import HOLD_LIFE_S, SLACK_S
from actors.supervisors.undoing import Undoing
from twins.handler import told
from twins.services.messages import Availability, Held, Request

ASK_S = 10.0
"""How long a provider is tried for what it has."""

HOLD_S = 15.0
"""How long a provider is tried for a hold."""

MAX_ROUNDS = 8
"""How often one leg is asked for."""

MAX_ATTEMPTS = 12
"""How often something is held for one leg."""


class Booking(Undoing):
    """Base of policies that book things for a customer."""

    # -- hooks -------------------------------------------------------------------------------

    def currency(self, arr: Arrangement) -> str:
        """The one that all prices must be in."""
        raise NotImplementedError

    def wishes(self, arr: Arrangement, leg: Leg) -> dict[str, dict[str, Any]]:
        """Whom to ask for a leg, and what: service -> body of the availability call."""
        raise NotImplementedError

    def suits(self, arr: Arrangement, leg: Leg, option: Option) -> bool:  # noqa: ARG002 - a hook: policies look at what this default does not need
        """Whether an option fits what is known by now."""
        return True

    def rank(self, arr: Arrangement, leg: Leg, option: Option) -> tuple[float, ...]:  # noqa: ARG002 - a hook: policies look at what this default does not need
        """The smallest is tried first."""
        return (float(option.offer.price_cents),)

    def hold_body(self, arr: Arrangement, leg: Leg) -> dict[str, Any]:  # noqa: ARG002 - a hook: policies look at what this default does not need
        """What a hold says beside offer, customer and expiry."""
        return {}

    def replan(self, arr: Arrangement, leg: Leg) -> bool:  # noqa: ARG002 - a hook: policies look at what this default does not need
        """A leg could not be had: set it back to be asked otherwise (`again`), or return False."""
        return False

    def all_settled(self, arr: Arrangement) -> None:
        """Every leg is held, or out."""
        raise NotImplementedError

    def replaced(self, arr: Arrangement, leg: Leg) -> None:
        """What was lost after the customer had accepted is held anew."""
        raise NotImplementedError

    # -- moving on ---------------------------------------------------------------------------

    def advance(self, arr: Arrangement) -> bool:
        """Make one move if there is one to make."""
        if arr.state is State.ARRANGING:
            return self._arrange(arr)
        return super().advance(arr)

    def lapsed(self, arr: Arrangement, name: str) -> None:
        """A deadline is over."""
        what, _, rest = name.partition(":")
        leg = arr.legs.get(rest)
        if what == "ask" and leg is not None and leg.state is LegState.ASKED:
            for service in leg.asked:
                arr.step(f"{leg.name}.silent", self.now, service)
            self._choose(arr, leg)
        elif what == "hold" and leg is not None and leg.state is LegState.HOLDING:
            arr.step(f"{leg.name}.silent", self.now, leg.service or "", hold_id=leg.hold_id)
            self.lost(arr, leg, "no answer to the hold", placed=True)
        elif what == "ahead" and leg is not None:
            leg.late = not leg.settled
            if leg.late:
                arr.step(f"{leg.name}.late", self.now, self.id)
        elif what != "again":  # a leg that may be asked again is asked when all deadlines are done
            super().lapsed(arr, name)

    def _arrange(self, arr: Arrangement) -> bool:
        if arr.awaited:
            return False  # after some time it is asked anew what it has to fit
        arr.deadlines.pop("gather", None)
        for leg in arr.in_state(LegState.FAILED):
            if leg.required:
                self.hand_over(arr, f"{leg.name} could not be had: {leg.reason}")
                return True
        ready = [leg for leg in arr.legs.values() if arr.may_ask(leg, self.now)]
        for leg in ready:
            self._ask(arr, leg)
        if ready:
            return True
        if any(not leg.settled for leg in arr.legs.values()):
            return False
        self.all_settled(arr)
        return True

    # -- asking ------------------------------------------------------------------------------

    def _ask(self, arr: Arrangement, leg: Leg) -> None:
        wishes = self.wishes(arr, leg)
        leg.ask(list(wishes))
        if not wishes:
            self.out(arr, leg, "there is nobody to ask")
            return
        arr.deadlines[f"ask:{leg.name}"] = self.now + ASK_S + SLACK_S
        if leg.ahead_s is not None and leg.round == 1:
            arr.deadlines[f"ahead:{leg.name}"] = self.now + leg.ahead_s
        for service, body in wishes.items():
            request = Request(
                asker=self.id,
                arrangement_id=arr.id,
                leg=leg.name,
                round=leg.round,
                body=body,
                by=self.now + ASK_S,
            )
            self.tell(service, "availability.requested", request)
            arr.step(f"{leg.name}.asked", self.now, service)

    @told("availability.answered")
    def availability_answered(self, answer: Availability) -> None:
        """A service says what could be had."""
        arr = self.open(answer.arrangement_id)
        leg = arr.legs.get(answer.leg) if arr is not None else None
        options = leg.answered(answer) if leg is not None else None
        if arr is None or leg is None or options is None:
            return
        currency = self.currency(arr)
        leg.options += [
            option
            for option in options
            if option.offer.currency == currency and self.suits(arr, leg, option)
        ]
        arr.step(
            f"{leg.name}.answered", self.now, answer.service,
            detail=answer.reason or f"{len(options)} offers",
        )  # fmt: skip
        if not leg.asked:
            self._choose(arr, leg)
        self.go_on()

    def _choose(self, arr: Arrangement, leg: Leg) -> None:
        arr.deadlines.pop(f"ask:{leg.name}", None)
        leg.asked = []
        leg.options.sort(
            key=lambda option: (
                *self.rank(arr, leg, option),
                option.service,
                option.offer.offer_id,
            )
        )
        del leg.options[MAX_OPTIONS:]
        self._try_next(arr, leg, "nothing suitable is free")

    def _try_next(self, arr: Arrangement, leg: Leg, reason: str) -> None:
        """Hold the next option that fits; without one the leg is out, or planned anew."""
        if leg.options and leg.attempt < MAX_ATTEMPTS:
            self.take(arr, leg, leg.options.pop(0))
        else:
            self.out(arr, leg, reason)

    def out(self, arr: Arrangement, leg: Leg, reason: str) -> None:
        """A leg could not be had; perhaps it can be planned anew."""
        arr.deadlines.pop(f"ahead:{leg.name}", None)
        leg.out(LegState.FAILED, reason)
        again = (
            arr.state is State.ARRANGING
            and leg.round < MAX_ROUNDS
            and leg.attempt < MAX_ATTEMPTS
            and self.replan(arr, leg)
        )
        if leg.state is LegState.WAITING and leg.not_before is not None:
            arr.deadlines[f"again:{leg.name}"] = leg.not_before
        arr.step(f"{leg.name}.{'replanned' if again else 'failed'}", self.now, self.id,
                 detail=reason)  # fmt: skip

    # -- holding -----------------------------------------------------------------------------

    def take(self, arr: Arrangement, leg: Leg, option: Option) -> None:
        """Ask for a hold."""
        until = self.now + HOLD_LIFE_S
        hold_id = arr.hold_id(leg)
        leg.hold(option, hold_id, until)
        arr.deadlines[f"hold:{leg.name}"] = self.now + HOLD_S + SLACK_S
        body = {
            "offer_id": option.offer.offer_id,
            "customer_id": self.customer(arr) or arr.cause.twin_id,
            "expires_at": until,
            **self.hold_body(arr, leg),
        }
        request = Request(
            asker=self.id,
            arrangement_id=arr.id,
            leg=leg.name,
            round=leg.round,
            hold_id=hold_id,
            body=body,
            by=self.now + HOLD_S,
        )
        self.tell(option.service, "hold.requested", request)
        arr.step(f"{leg.name}.holding", self.now, option.service, hold_id=hold_id)

    @told("hold.answered")
    def hold_answered(self, answer: Held) -> None:
        """A service has taken something, or not."""
        found = self.answered_leg(answer, LegState.HOLDING)
        if found is None:
            return
        arr, leg = found
        arr.deadlines.pop(f"hold:{leg.name}", None)
        if answer.ok:
            arr.deadlines.pop(f"ahead:{leg.name}", None)
            leg.held(answer, self.now)
            arr.step(f"{leg.name}.held", self.now, answer.service, hold_id=answer.hold_id)
            self._held(arr, leg)
        else:
            arr.step(
                f"{leg.name}.refused", self.now, answer.service,
                hold_id=answer.hold_id, detail=answer.detail or answer.reason,
            )  # fmt: skip
            placed = answer.reason not in ("refused", "unconfigured")
            self.lost(arr, leg, answer.detail or answer.reason or "unknown", placed=placed)
        self.go_on()

    def _held(self, arr: Arrangement, leg: Leg) -> None:
        if leg.currency != self.currency(arr):
            self.lost(arr, leg, f"it is priced in {leg.currency}", placed=True)
        elif leg.accepted_cents is not None:
            if leg.price_cents > leg.accepted_cents:
                self.lost(arr, leg, "the replacement costs more than was accepted", placed=True)
            else:
                self.replaced(arr, leg)

    def lost(self, arr: Arrangement, leg: Leg, reason: str, *, placed: bool) -> None:
        """A hold did not come about, or is of no use; `placed`: the provider may have it."""
        if placed:
            self.release(arr, leg)
        if arr.state is State.ARRANGING:
            self._try_next(arr, leg, reason)
        else:
            self.out(arr, leg, reason)
