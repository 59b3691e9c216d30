"""Rebooking: a connection will be missed; another seat is offered before the plane has landed.

    connection.missed | connection.cancelled ─▶ a seat ─▶ with it a room, if a night lies between
        ▲                                          ▲ └─ held, and out of reach by now: anew
        └─ the trip goes on by the new flight ─────┘

The trip is told which flight she takes now, and follows it as the one before: if that is missed or
cancelled, it begins anew, and what was booked is given back once there is something better.
"""

from typing import Any, ClassVar

import msgspec
from msgspec import to_builtins

from actors.supervisors.arrangement import Arrangement, LegState, State
from actors.supervisors.errand import Errand
from actors.supervisors.flying import (
    READY_AT,
    Missed,
    missed_of,
    ready_at,
    seat_of,
    waits_overnight,
)
from actors.supervisors.helping import Helping
from actors.supervisors.offer import Line, Notice, Offer
from actors.supervisors.wording import add_words, notice_of
from twins.devices.plane import Rebooked
from twins.handler import heeds
from twins.outputs import Signal
from twins.people.messages import Urgency

MISSED, LATER, CANCELLED = "connection.missed", "connection.later", "connection.cancelled"

BOOKED = ("seat", "hotel")

_BEFORE = "before"
"""Fact: the arrangement that booked the flight which is missed now."""

_NEXT = "next"
"""Fact: what was noticed when it was ending."""

add_words(
    {
        "en": {
            "seat": "A seat on a later flight",
            "hotel": "A room for the night",
            "cancelled.subject": "Your connection is cancelled: another seat is reserved",
            "cancelled.text": (
                "{name}, your connecting flight is cancelled. We have reserved a seat for you on "
                "the next flight that you can reach. One tap takes it, and it costs you nothing."
            ),
            "missed.subject": "You will miss your connection: another seat is reserved",
            "missed.text": (
                "{name}, your plane will be late for your connection. We have reserved a seat for "
                "you on the next flight that you can reach. One tap takes it, and it costs you "
                "nothing."
            ),
        },
        "de": {
            "seat": "Ein Platz auf einem späteren Flug",
            "hotel": "Ein Zimmer für die Nacht",
            "cancelled.subject": "Ihr Anschlussflug fällt aus: ein anderer Platz ist reserviert",
            "cancelled.text": (
                "{name}, Ihr Anschlussflug fällt aus. Wir haben Ihnen einen Platz im nächsten Flug "
                "reserviert, den Sie erreichen. Ein Tipp genügt, und er kostet Sie nichts."
            ),
            "missed.subject": "Sie verpassen Ihren Anschluss: ein anderer Platz ist reserviert",
            "missed.text": (
                "{name}, Ihr Flugzeug kommt zu spät für Ihren Anschluss. Wir haben Ihnen einen "
                "Platz im nächsten Flug reserviert, den Sie erreichen. Ein Tipp genügt, und er "
                "kostet Sie nichts."
            ),
        },
        "fi": {
            "seat": "Paikka myöhemmällä lennolla",
            "hotel": "Hotellihuone yöksi",
            "cancelled.subject": "Jatkolentosi on peruttu: toinen paikka on varattu",
            "cancelled.text": (
                "{name}, jatkolentosi on peruttu. Olemme varanneet sinulle paikan seuraavalta "
                "lennolta, jolle ehdit. Yksi napautus riittää, eikä se maksa mitään."
            ),
            "missed.subject": "Myöhästyt jatkolennolta: toinen paikka on varattu",
            "missed.text": (
                "{name}, koneesi myöhästyy jatkolennoltasi. Olemme varanneet sinulle paikan "
                "seuraavalta lennolta, jolle ehdit. Yksi napautus riittää, eikä se maksa mitään."
            ),
        },
    }
)


class Rebooking(Helping, kind="rebooking"):
    """Watches over the trip of the same key."""

    skill: ClassVar[str] = "travel"

    @heeds(MISSED)
    def missed(self, signal: Signal) -> None:
        """She will not reach her gate: find another flight."""
        self.take_up(signal, signal.data.get("desk"))

    @heeds(CANCELLED)
    def cancelled(self, signal: Signal) -> None:
        """Her connection does not fly: find another one."""
        self.take_up(signal, signal.data.get("desk"))

    @heeds(LATER)
    def later(self, signal: Signal) -> None:
        """She lands at another time: what is held, or was booked, may be out of reach."""
        arr = self.arrangement
        if arr is None or (arr.ended and arr.state is not State.CLOSED):
            return
        if not arr.ended:
            self.repeated(arr, signal)
            self.go_on()
        elif _is_of(arr, signal):
            self.take_up(signal, signal.data.get("desk"))

    def repeated(self, arr: Arrangement, signal: Signal) -> None:
        """It goes on as it is now; whoever has her case reads it."""
        if signal.id == arr.cause.id:
            return
        if arr.ended:
            self.open_case(arr, f"{signal.name} again: {signal.data.get('onward') or 'a flight'}")
        elif arr.state is State.SETTLING:
            arr.facts[_NEXT] = to_builtins(signal)
        else:
            said = msgspec.convert(signal.data, Missed)
            arr.facts[READY_AT] = max(said.ready_at, 0.0)
            if arr.state is State.OFFERED and self._out_of_reach(arr):
                self.ask_anew(arr, "she lands later still")

    def begin(self, arr: Arrangement) -> None:
        """Ask who she is, and which airlines there are."""
        before = self.past[-1] if self.past else None
        if before is not None and before.state is State.CLOSED and _is_of(before, arr.cause):
            arr.facts[_BEFORE] = before.id
        self.ask_facts(arr)

    def plan(self, arr: Arrangement) -> str | None:
        """One seat; whether she needs a room shows when it is known."""
        return self.add_legs(arr, ("seat",), ("seat",))

    def _out_of_reach(self, arr: Arrangement) -> bool:
        seat = seat_of(arr)
        return seat is not None and seat.boards_at < ready_at(arr)

    def all_settled(self, arr: Arrangement) -> None:
        """A seat is held that she reaches, and a room where there is a night before it."""
        if self._out_of_reach(arr):
            self.ask_anew(arr, "she lands later still")
        elif "hotel" not in arr.legs and waits_overnight(arr):
            self.add_leg(arr, "hotel", required=False)
        else:
            super().all_settled(arr)

    def affordable(self, arr: Arrangement) -> None:
        """Ask her, unless it is out of reach by now."""
        if self._out_of_reach(arr):
            self.ask_anew(arr, "she lands later still")
        else:
            super().affordable(arr)

    def lines(self, arr: Arrangement) -> list[Line]:
        """It is not her who is late. A bed she may have elsewhere."""
        return [
            msgspec.structs.replace(line, price_cents=0, declinable=line.leg == "hotel")
            for line in super().lines(arr)
        ]

    def notice(self, arr: Arrangement, offer: Offer) -> Notice:
        """The message."""
        occasion = "cancelled" if arr.cause.name == CANCELLED else "missed"
        return notice_of(offer, Errand(self, arr).profile.name, occasion, "high")

    def urgency(self, arr: Arrangement) -> Urgency:  # noqa: ARG002 - a hook: policies look at what this default does not need
        """She lands soon."""
        return "high"

    def started(self, arr: Arrangement) -> None:
        """The trip goes on by that flight; what it takes the place of is given back."""
        leg, seat = arr.legs["seat"], seat_of(arr)
        assert leg.choice is not None
        assert seat is not None
        rebooked = Rebooked(
            onward=leg.choice.offer.title[:200], boards_at=seat.boards_at, connection=seat.plane
        )
        self.tell(arr.cause.twin_id, "trip.rebooked", rebooked)
        arr.step("trip.rebooked", self.now, arr.cause.twin_id, detail=leg.choice.offer.title)
        hotel = arr.legs.get("hotel")
        declined = hotel is not None and hotel.state is LegState.DECLINED
        if waits_overnight(arr) and arr.got("hotel") is None and not declined:
            self.open_case(arr, "she waits through the night, and no room could be had")
        before = self.find(arr.facts.get(_BEFORE, ""))
        if before is not None:
            self.supersede(arr, before, BOOKED)
        super().started(arr)

    def over(self, arr: Arrangement) -> None:
        """What was noticed while it was ending begins now."""
        if _NEXT in arr.facts and arr.state is State.CLOSED:
            signal = msgspec.convert(arr.facts.pop(_NEXT), Signal)
            self.tell(self.id, f"signal.{signal.name}", signal)

    def reasons(self, arr: Arrangement) -> dict[str, Any]:
        """How late it is."""
        said: dict[str, Any] = msgspec.to_builtins(missed_of(arr))
        return said


def _is_of(arr: Arrangement, signal: Signal) -> bool:
    """Whether a signal is about the flight that an arrangement booked."""
    seat = seat_of(arr)
    return seat is not None and seat.boards_at == signal.data.get("boards_at")
