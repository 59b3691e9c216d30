"""Rebooking: a connection will be missed; another seat is offered before the plane has landed."""

from typing import Any, ClassVar

import msgspec
from msgspec import Struct

from actors.supervisors.arrangement import Arrangement, Leg, Option
from actors.supervisors.errand import Errand
from actors.supervisors.helping import Helping
from actors.supervisors.legs import LEGS, FromDirectory
from actors.supervisors.offer import Line, Notice, Offer
from actors.supervisors.wording import add_words, notice_of
from twins.handler import heeds
from twins.outputs import Signal
from twins.people.messages import Urgency

MISSED = "connection.missed"

ROUNDS = 3
"""How often airlines are asked: a seat that was offered may be gone when it is held."""

add_words(
    {
        "en": {
            "seat": "A seat on a later flight",
            "missed.subject": "You will miss your connection: another seat is reserved",
            "missed.text": (
                "{name}, your plane will be late for your connection. We have reserved a seat for "
                "you on the next flight that you can reach. One tap takes it, and it costs you "
                "nothing."
            ),
        },
        "de": {
            "seat": "Ein Platz auf einem späteren Flug",
            "missed.subject": "Sie verpassen Ihren Anschluss: ein anderer Platz ist reserviert",
            "missed.text": (
                "{name}, Ihr Flugzeug kommt zu spät für Ihren Anschluss. Wir haben Ihnen einen "
                "Platz im nächsten Flug reserviert, den Sie erreichen. Ein Tipp genügt, und er "
                "kostet Sie nichts."
            ),
        },
        "fi": {
            "seat": "Paikka myöhemmällä lennolla",
            "missed.subject": "Myöhästyt jatkolennolta: toinen paikka on varattu",
            "missed.text": (
                "{name}, koneesi myöhästyy jatkolennoltasi. Olemme varanneet sinulle paikan "
                "seuraavalta lennolta, jolle ehdit. Yksi napautus riittää, eikä se maksa mitään."
            ),
        },
    }
)


class Missed(Struct):
    """What the signal says."""

    plane: str = ""
    onward: str = ""
    destination: str = ""
    boards_at: float | None = None
    arrives_at: float = 0.0
    transfer_s: float = 0.0

    @property
    def ready_at(self) -> float:
        """When she can be at a gate."""
        return self.arrives_at + self.transfer_s


class Flown(Struct):
    """What an airline says of a seat: an offer's details."""

    destination: str
    boards_at: float


def missed_of(arr: Arrangement) -> Missed:
    """What is known of it."""
    return msgspec.convert(arr.cause.data, Missed)


def flown(option: Option) -> Flown | None:
    """Where a seat brings her, and when; None where its airline does not say so."""
    try:
        return msgspec.convert(option.offer.details, Flown)
    except msgspec.ValidationError:
        return None


class Seat(FromDirectory):
    """A seat to where she goes, on a flight that she can reach."""

    def wish(self, errand: Errand, leg: Leg) -> dict[str, Any]:  # noqa: ARG002 - a hook: policies look at what this default does not need
        """From when, and where to."""
        said = missed_of(errand.arr)
        return {"earliest": said.ready_at, "details": {"destination": said.destination}}

    def suits(self, errand: Errand, leg: Leg, option: Option) -> bool:  # noqa: ARG002 - a hook: policies look at what this default does not need
        """It goes there, and not before she is at its gate."""
        said, seat = missed_of(errand.arr), flown(option)
        return (
            seat is not None
            and seat.destination == said.destination
            and seat.boards_at >= said.ready_at
        )

    def rank(self, errand: Errand, option: Option) -> tuple[float, ...]:  # noqa: ARG002 - the base has it: other sorts of legs look at it, this one does not
        """The first to leave, and of these the cheapest."""
        seat = flown(option)
        return (0.0 if seat is None else seat.boards_at, float(option.offer.price_cents))

    def replan(self, errand: Errand, leg: Leg) -> bool:  # noqa: ARG002 - the base has it: other sorts of legs look at it, this one does not
        """Ask again: others of the same plane look for seats, too."""
        again = leg.round < ROUNDS
        if again:
            leg.again()
        return again


LEGS["seat"] = Seat()


class Rebooking(Helping, kind="rebooking"):
    """Watches over the trip of the same key."""

    skill: ClassVar[str] = "travel"

    @heeds(MISSED)
    def missed(self, signal: Signal) -> None:
        """She will not reach her gate: find another flight."""
        self.take_up(signal, signal.data.get("desk"))

    def begin(self, arr: Arrangement) -> None:
        """Ask who she is, and which airlines there are."""
        self.ask_facts(arr)

    def plan(self, arr: Arrangement) -> str | None:
        """One seat."""
        return self.add_legs(arr, ("seat",), ("seat",))

    def lines(self, arr: Arrangement) -> list[Line]:
        """It is not her who is late."""
        return [
            msgspec.structs.replace(line, price_cents=0, declinable=False)
            for line in super().lines(arr)
        ]

    def notice(self, arr: Arrangement, offer: Offer) -> Notice:
        """The message."""
        return notice_of(offer, Errand(self, arr).profile.name, "missed", "high")

    def urgency(self, arr: Arrangement) -> Urgency:  # noqa: ARG002 - a hook: policies look at what this default does not need
        """She lands soon."""
        return "high"

    def reasons(self, arr: Arrangement) -> dict[str, Any]:
        """How late it is."""
        said: dict[str, Any] = msgspec.to_builtins(missed_of(arr))
        return said
