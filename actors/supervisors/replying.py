"""Replying: what a customer says beside yes and no.

| reply | what follows |
|---|---|
| `another_time` | all is given back and asked for anew, later; she gets a new offer and link |
| `call_me` | a person has a case; what is held stays as long as it would have |
| `fine` | everything is given back, and it counts as a false alarm (`reply.noted`) |
| `cancel` | everything is given back, also what was confirmed, as far as providers allow |
| `words` | nobody but a person understands it: it becomes her case, or a note of the one there is |
"""

from typing import Literal

from msgspec import Struct

from actors.supervisors.arrangement import (
    LIVE,
    Arrangement,
    Leg,
    LegState,
    State,
)
from actors.supervisors.booking import Booking
from actors.supervisors.offer import another
from actors.supervisors.supervisor import ARRANGE_S
from twins.handler import told
from twins.people.messages import Contact

MAX_MOVES = 3
"""So often she may ask for another time; then a person finds one with her."""

ANEW = "anew"
"""Fact of an arrangement: how often it was asked for anew, as a whole."""

REPLACED = "replaced"
"""Fact of an arrangement: when the offer would have ended that another one has replaced."""

What = Literal["another_time", "call_me", "fine", "cancel", "words"]


class ReplyGiven(Struct, kw_only=True, omit_defaults=True):
    """What the customer said: `reply.given`. It is read leniently, as `OfferAnswer`."""

    arrangement_id: str
    reply: What
    answered_by: str
    until: float | None = None
    """When the offer ends that she replied to; one to an older offer means nothing any more."""
    words: str = ""
    """As she wrote it."""


class ReplyNoted(Struct, kw_only=True):
    """Lets whoever measures the policy know: `reply.noted`."""

    arrangement_id: str
    reply: str


class Replying(Booking):
    """Base of policies that a customer may talk with."""

    # -- hooks -------------------------------------------------------------------------------

    def moved(self, leg: Leg) -> bool:
        """Whether another time means this leg: here what has one."""
        return leg.starts_at is not None and not leg.last

    # -- replies -----------------------------------------------------------------------------

    @told("reply.given")
    def reply_given(self, said: ReplyGiven) -> None:
        """She said something else than yes or no."""
        arr = self.find(said.arrangement_id)
        if arr is None or self._is_old(arr, said):
            return
        customer = self.customer(arr)
        arr.step(f"reply.{said.reply}", self.now, customer or self.id,
                 detail=said.words or said.answered_by[:100])  # fmt: skip
        if customer is not None:
            contact = Contact(
                at=self.now, what=f"reply.{said.reply}", arrangement_id=arr.id,
                by=another(said.answered_by, customer),
            )  # fmt: skip
            self.tell(customer, "contact.noted", contact)
        if said.reply == "another_time":
            self._another_time(arr)
        elif said.reply == "call_me":
            self.open_case(arr, "the customer asks to be called")
        elif said.reply == "words":
            self.open_case(arr, f"the customer wrote: {said.words[:1000]}")
        else:
            self._cancel(arr, said)
        self.go_on()

    @staticmethod
    def _is_old(arr: Arrangement, said: ReplyGiven) -> bool:
        if said.reply in ("call_me", "words") or said.until is None or arr.offer is None:
            return False
        return bool(arr.offer["expires_at"] != said.until)

    def _another_time(self, arr: Arrangement) -> None:
        if arr.state is not State.OFFERED:
            return
        moves = arr.facts.get("moves", 0)
        timed = [leg for leg in arr.in_state(LegState.HELD) if self.moved(leg)]
        if not timed or moves >= MAX_MOVES:
            self.hand_over(arr, "the customer wants another time")
            return
        # Of alternatives none suited her: so it is after the last of them.
        which = max if any(leg.alternative for leg in timed) else min
        first = which(leg.starts_at or 0.0 for leg in timed)
        arr.facts["slot_from"] = max(arr.facts.get("slot_from", 0.0), first + 1.0)
        self.ask_anew(arr, "the customer wants another time")
        arr.facts["moves"] = moves + 1

    def ask_anew(self, arr: Arrangement, why: str, not_before: float | None = None) -> None:
        """Give back what is held, and ask for it again: now, or after some time (log time)."""
        arr.facts.pop(REPLACED, None)
        self.offer_anew(arr, not_before)
        for leg in arr.in_state(LegState.ASKED, LegState.HOLDING, LegState.HELD):
            self.give_back(arr, leg, LegState.RELEASED, why)
            leg.again(not_before)
            if not_before is not None:
                arr.deadlines[f"again:{leg.name}"] = not_before
        self.report(arr, settled=True)  # what was reserved for it is reserved anew
        self.inform(arr)

    def offer_anew(self, arr: Arrangement, not_before: float | None = None) -> None:
        """Arrange further, and offer it once more; no answer to an older offer counts."""
        arr.facts[ANEW] = times_anew(arr) + 1
        arr.deadlines.pop("offer", None)
        arr.deadlines["arrange"] = (not_before or self.now) + ARRANGE_S
        arr.state = State.ARRANGING

    def _cancel(self, arr: Arrangement, said: ReplyGiven) -> None:
        """Give back what can be, also where it had ended with everything confirmed."""
        if said.reply == "fine":
            noted = ReplyNoted(arrangement_id=arr.id, reply=said.reply)
            self.tell(self.id, "reply.noted", noted)
        if arr.state is State.SETTLING or (arr.ended and arr is not self.arrangement):
            if arr.ends_as is State.CLOSED or arr.state is State.CLOSED:
                self.open_case(arr, "the customer cancels what has ended; settle it with her")
            return
        if arr.ended and arr.state is not State.CLOSED:
            return
        reason = "the customer is fine" if said.reply == "fine" else "cancelled by the customer"
        self.drop_proposal(arr, reason)
        begun = [leg for leg in arr.legs.values() if leg.state in LIVE and self._begun(arr, leg)]
        for leg in arr.legs.values():
            if leg.state in (LegState.WAITING, LegState.ASKED) or (
                leg.state in LIVE and leg not in begun and not (leg.last and begun)
            ):
                self.give_back(arr, leg, LegState.RELEASED, reason)
        if begun:
            names = ", ".join(leg.name for leg in begun)
            self.open_case(arr, f"{reason}, but {names} has begun; settle it with the provider")
        arr.ended_at = None
        self.settle(arr, State.WITH_PERSON if begun else State.COMPENSATED, reason)
        self.inform(arr)

    def _begun(self, arr: Arrangement, leg: Leg) -> bool:
        """Whether a leg has been carried out already, or is being."""
        if leg.state is not LegState.CONFIRMED:
            return False
        track = arr.track
        arrived = track is not None and track.leg == leg.name and track.arrived
        return arrived or (leg.starts_at is not None and leg.starts_at <= self.now)


def times_anew(arr: Arrangement) -> int:
    """How often it was asked for anew, as a whole; earlier code kept only what she asked for."""
    moves: int = arr.facts.get("moves", 0)
    anew: int = arr.facts.get(ANEW, 0)
    return max(moves, anew)


__all__ = ["MAX_MOVES", "REPLACED", "ReplyGiven", "ReplyNoted", "Replying", "times_anew"]
