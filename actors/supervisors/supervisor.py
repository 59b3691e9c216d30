"""Supervisor: the base of proactive policies. It opens, drives and ends one arrangement at a time.

    telling.py      who is told how it stands; cases
    licensed.py     what its policy lets it do, and what it may cost
    supervisor.py   opening, facts, deadlines, giving back, ending
    governed.py     what follows from what its policy says
    undoing.py      what a person takes back
    booking.py      asking and holding
    replying.py     what she says beside yes and no
    offering.py     one message to the customer, and her answer
    confirming.py   what she accepted is made final, or replaced
    following.py    following a vehicle until it arrives
    helping.py      a customer, and the legs that can be booked for her
    roadside.py     a policy

A policy overrides the hooks (`begin`, `plan`, and those of `Booking`). Everything moves by
messages, and whatever does not answer has a deadline, so an arrangement always ends.
"""

from msgspec import to_builtins

from actors.supervisors.arrangement import ENDED, LIVE, OUT, Arrangement, Leg, LegState, State
from actors.supervisors.licensed import Licensed
from actors.supervisors.standing import Return
from twins.handler import due, told
from twins.outputs import Signal
from twins.record import Closed, Opened
from twins.services.messages import Answer, Request

KEPT = 2
"""How many ended arrangements a supervisor remembers."""

GATHER_S = 15.0
"""How long people and desks may take to answer; they are twins, so it takes milliseconds."""

ARRANGE_S = 180.0
"""How long asking and holding may take altogether."""

RELEASE_S = 60.0
"""How long a provider is tried for one release."""

RELEASE_PAUSE_S = 15.0
"""How long after a release failed it is tried again."""

RELEASE_TRIES = 3
"""After so many releases without a known outcome nobody tries any more."""

HOLD_LIFE_S = 600.0
"""How long a hold is asked to live unconfirmed; a provider may let it lapse earlier."""

SLACK_S = 10.0
"""How much later than the last try of an effect its silence counts as an answer."""


class Supervisor(Licensed):
    """Base of policies; `supervisor/<key>` watches over the twin with the same key."""

    wake_at: float | None = None
    """When the next deadline is over."""

    # -- hooks -------------------------------------------------------------------------------

    def begin(self, arr: Arrangement) -> None:
        """Ask for the facts: name them in `arr.awaited`, and `know` them when they come."""
        raise NotImplementedError

    def plan(self, arr: Arrangement) -> str | None:
        """All facts are known or late: add the legs, or say why nothing can be arranged."""
        raise NotImplementedError

    def covers(self, arr: Arrangement, signal: Signal) -> bool:  # noqa: ARG002 - a hook: policies look at what this default does not need
        """Whether one that has ended still takes care of it, so that a signal starts no other."""
        return False

    def repeated(self, arr: Arrangement, signal: Signal) -> None:
        """A signal came while one takes care of it already."""

    def refresh(self, arr: Arrangement) -> None:
        """Much time has passed: ask again for facts that may have changed."""

    def decide(self, arr: Arrangement) -> None:
        """All facts are known or late, and what its policy lets it do: go on."""
        raise NotImplementedError

    # -- opening -----------------------------------------------------------------------------

    def take_up(self, signal: Signal, desk: str | None) -> None:
        """Open an arrangement for a signal; while one is open, only count it."""
        arr = self.arrangement
        if arr is not None and (
            arr.busy or arr.cause.id == signal.id or (arr.ended and self.covers(arr, signal))
        ):
            arr.repeats += 1
            arr.step("signal.repeated", self.now, signal.twin_id, detail=signal.id)
            self.repeated(arr, signal)
            return
        if arr is not None:
            self.past.append(arr)
            del self.past[:-KEPT]
        before = self.person
        arr = Arrangement.of(signal, self.id, desk or self.default_desk, self.now)
        self.arrangement = arr
        if self.person != before:
            self.past.clear()  # it was somebody else's, and goes with her
        arr.step("signal.noticed", signal.time, signal.twin_id)
        self.tell_context(arr, "opened", Opened(arrangement_id=arr.id, name=self.called(arr)))
        self.always(arr)
        arr.deadlines["gather"] = self.now + GATHER_S
        self.ask_leave(arr)
        self.begin(arr)
        self.go_on()

    def open(self, arrangement_id: str) -> Arrangement | None:
        """The arrangement of this id if it has not ended."""
        arr = self.arrangement
        return arr if arr is not None and arr.id == arrangement_id and not arr.ended else None

    def know(self, arrangement_id: str, name: str, twin_id: str, fact: object) -> None:
        """A fact that was asked for has come."""
        arr = self.open(arrangement_id)
        if arr is None or name not in arr.awaited:
            return
        arr.awaited.remove(name)
        arr.facts[name] = to_builtins(fact)
        arr.step(f"{name}.answered", self.now, twin_id)
        self.go_on()

    # -- moving on ---------------------------------------------------------------------------

    def go_on(self) -> None:
        """Do whatever can be done now, and be woken at the next deadline."""
        arr = self.arrangement
        if arr is None:
            return
        while not arr.ended and self.advance(arr):
            pass
        wake_at = min(arr.deadlines.values(), default=None)
        if wake_at != self.wake_at:
            self.wake_at = wake_at
            if wake_at is None:
                self.forget("wake")
            else:
                self.remind("wake", at=wake_at)

    def advance(self, arr: Arrangement) -> bool:
        """Make one move if there is one to make."""
        if arr.state is State.GATHERING and not arr.awaited:
            arr.deadlines.pop("gather", None)
            self.decide(arr)
            return True
        if arr.state is State.SETTLING and not arr.returns:
            self._end(arr)
            return True
        return False

    @due("wake")
    def wake(self) -> None:
        """A deadline is over."""
        self.wake_at = None
        arr = self.arrangement
        if arr is not None:
            for name in arr.take_due(self.now):
                # One that an earlier one of this turn has made pointless finds nothing to do.
                if not arr.ended:
                    self.lapsed(arr, name)
            self.go_on()

    def lapsed(self, arr: Arrangement, name: str) -> None:
        """A deadline is over; policies add their own."""
        what, _, rest = name.partition(":")
        if what == "gather":
            for fact in arr.awaited:
                arr.step(f"{fact}.late", self.now, self.id)
            arr.awaited = []
        elif what == "arrange":
            if arr.state is State.ARRANGING:
                self.hand_over(arr, "arranging took too long")
        elif what == "refresh":
            arr.deadlines["gather"] = self.now + GATHER_S
            self.refresh(arr)
        elif what == "return":
            self._not_returned(arr, rest)

    # -- giving back -------------------------------------------------------------------------

    def give_back(self, arr: Arrangement, leg: Leg, state: LegState, reason: str) -> None:
        """Take a leg out; what the provider has, or may have, reserved for it is released."""
        back = self.set_aside(arr, leg, state, reason)
        if back is not None:
            self.give(arr, *back)

    def set_aside(
        self, arr: Arrangement, leg: Leg, state: LegState, reason: str
    ) -> tuple[str, Return] | None:
        """Take a leg out; returns what is to be given back now, or, by the caller, later."""
        back = _back(leg) if leg.state in LIVE else None
        arr.deadlines.pop(f"ask:{leg.name}", None)
        arr.deadlines.pop(f"hold:{leg.name}", None)
        arr.deadlines.pop(f"confirm:{leg.name}", None)
        leg.out(state, reason)
        return back

    def release(self, arr: Arrangement, leg: Leg) -> None:
        """Give back what a leg has, or may have; the leg itself stays where it is."""
        self.give(arr, *_back(leg))

    def give(self, arr: Arrangement, hold_id: str, back: Return) -> None:
        """Have its company release a hold."""
        arr.returns[hold_id] = back
        arr.deadlines[f"return:{hold_id}"] = self.now + RELEASE_S + SLACK_S
        arr.step(f"{back.leg}.releasing", self.now, back.service, hold_id=hold_id)
        self._tell_release(arr.id, back.leg, back.service, hold_id)

    def _tell_release(self, arrangement_id: str, leg: str, service: str, hold_id: str) -> None:
        request = Request(
            asker=self.id,
            arrangement_id=arrangement_id,
            leg=leg,
            hold_id=hold_id,
            by=self.now + RELEASE_S,
        )
        self.tell(service, "release.requested", request)

    def answered_leg(self, answer: Answer, state: LegState) -> tuple[Arrangement, Leg] | None:
        """The leg that waits in `state` for this answer; what came about for none is given back."""
        arr = self.open(answer.arrangement_id)
        leg = arr.legs.get(answer.leg) if arr is not None else None
        waits = leg is not None and leg.state is state and leg.hold_id == answer.hold_id
        if arr is not None and leg is not None and waits:
            return arr, leg
        if answer.ok:
            self.release_late(answer, firm=state is LegState.CONFIRMING)
        return None

    def release_late(self, answer: Answer, *, firm: bool) -> None:
        """A hold came into being, or was confirmed, that nobody wants any more: again, release.

        What the arrangement does want stays.
        """
        assert answer.hold_id is not None
        known = self.find(answer.arrangement_id)
        leg = known.legs.get(answer.leg) if known is not None else None
        if leg is not None and leg.hold_id == answer.hold_id and leg.state in LIVE:
            return
        arr = self.open(answer.arrangement_id)
        if arr is None:
            self._tell_release(answer.arrangement_id, answer.leg, answer.service, answer.hold_id)
            return
        back = arr.returns.get(answer.hold_id)
        if back is None:
            back = Return(
                leg=answer.leg,
                service=answer.service,
                lapses_at=self.now + HOLD_LIFE_S + SLACK_S,
            )
        back.firm = back.firm or firm
        self.give(arr, answer.hold_id, back)
        self.go_on()

    @told("release.answered")
    def release_answered(self, answer: Answer) -> None:
        """A hold is given back, or the provider did not say so."""
        arr = self.open(answer.arrangement_id)
        if arr is None or answer.hold_id is None or answer.hold_id not in arr.returns:
            return
        if answer.ok:
            back = self._returned(arr, answer.hold_id)
            arr.step(f"{back.leg}.released", self.now, back.service, hold_id=answer.hold_id)
        else:
            arr.returns[answer.hold_id].why = answer.detail or answer.reason
            arr.deadlines[f"return:{answer.hold_id}"] = self.now + RELEASE_PAUSE_S
        self.go_on()

    def _returned(self, arr: Arrangement, hold_id: str) -> Return:
        arr.deadlines.pop(f"return:{hold_id}", None)
        return arr.returns.pop(hold_id)

    def _not_returned(self, arr: Arrangement, hold_id: str) -> None:
        """Try again; then wait until it lapses by itself; what does not lapse needs a person."""
        back = arr.returns.get(hold_id)
        if back is None:
            return
        if back.tries < RELEASE_TRIES:
            back.tries += 1
            self.give(arr, hold_id, back)
        elif back.firm:
            self._returned(arr, hold_id)
            arr.lost_cents += back.cents
            arr.step(f"{back.leg}.not_released", self.now, back.service, hold_id=hold_id)
            self.open_case(
                arr,
                f"{back.leg} at {back.service} (hold {hold_id}) may still be confirmed: it could "
                f"not be given back ({back.why or 'no answer'}); settle it with the provider",
            )
            if arr.state is State.SETTLING:
                arr.ends_as = State.WITH_PERSON
        elif back.lapses_at > self.now:
            arr.deadlines[f"return:{hold_id}"] = back.lapses_at
        else:
            self._returned(arr, hold_id)
            arr.step(f"{back.leg}.lapsed", self.now, back.service, hold_id=hold_id)

    # -- ending ------------------------------------------------------------------------------

    def settle(self, arr: Arrangement, ends_as: State, reason: str | None = None) -> None:
        """It is over; it ends when the holds that are being given back are."""
        arr.state = State.SETTLING
        arr.ends_as = ends_as
        arr.reason = reason
        arr.awaited = []
        arr.deadlines = {
            name: at for name, at in arr.deadlines.items() if name.startswith("return:")
        }

    def undo(self, arr: Arrangement, ends_as: State, reason: str) -> None:
        """Give everything back, and end."""
        for leg in arr.legs.values():
            if leg.state not in OUT:
                self.give_back(arr, leg, LegState.RELEASED, reason)
        self.settle(arr, ends_as, reason)
        self.inform(arr)

    def hand_over(self, arr: Arrangement, reason: str) -> None:
        """Give everything back, and let a person go on."""
        self.open_case(arr, reason)
        self.undo(arr, State.WITH_PERSON, reason)

    def _end(self, arr: Arrangement) -> None:
        assert arr.ends_as in ENDED
        arr.state = arr.ends_as
        arr.ended_at = self.now
        arr.deadlines = {}
        arr.step(f"arrangement.{arr.state}", self.now, self.id, detail=arr.reason)
        self.report(arr, settled=True)
        self.inform(arr)
        if not arr.busy:
            self.tell_context(arr, "closed", Closed(arrangement_id=arr.id))
        self.over(arr)


def _back(leg: Leg) -> tuple[str, Return]:
    """The hold of a leg that the provider has, or may have, and how it is given back."""
    assert leg.hold_id is not None
    assert leg.service is not None
    assert leg.expires_at is not None
    back = Return(
        leg=leg.name,
        service=leg.service,
        firm=leg.state in (LegState.CONFIRMING, LegState.CONFIRMED),
        cents=0 if leg.last else leg.price_cents,
        lapses_at=leg.expires_at + SLACK_S,
    )
    return leg.hold_id, back
