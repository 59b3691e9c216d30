"""Shortage: a car is stranded, as are others; she gets a truck when it is her turn.

signal ─▶ queue (`twins.services.dispatch`) ─▶ her turn ─▶ tow held, confirmed, followed
            └─ told when it comes, and again when that changes      └─▶ none: back, in her place
            └─ she has waited too long: a person looks for another way
"""

from typing import Any, ClassVar, Final

import msgspec
from msgspec import Struct

from actors.supervisors.arrangement import Arrangement, Leg, LegState, State
from actors.supervisors.errand import Errand
from actors.supervisors.helping import Helping
from actors.supervisors.legs import MOST_ASKED
from actors.supervisors.offer import Line, Notice, Offer
from actors.supervisors.wording import notice_of
from twins.handler import heeds, told
from twins.ids import split
from twins.outputs import Signal
from twins.people.messages import Urgency, Words
from twins.services.demand import BreakdownNoted
from twins.services.dispatch import (
    JobBegun,
    QueueJoined,
    QueueLeft,
    Turn,
    TurnReturned,
    WaitEstimated,
)

STRANDED = "car.stranded"

HIGH = 60.0
"""From so many points of urgency her case is urgent, too."""

_SHORT_S: Final = 120.0
"""What is shorter is told in seconds."""

MAX_PROMISED: Final = 50
"""So many times that she was told are kept, the newest."""

NEVER_S: Final = 10 * 86_400.0
"""How long a leg waits for its turn: longer than anybody has patience."""

_WAIT: Final = {
    "en": Words(
        subject="Your truck should be there at ${at:time}",
        text="$name, all trucks are out. You are number $place; one should be with you at "
        "${at:time}. We tell you if that changes.",
    ),
    "de": Words(
        subject="Ihr Abschleppwagen sollte um ${at:time} da sein",
        text="$name, alle Wagen sind unterwegs. Sie sind Nummer $place; gegen ${at:time} sollte "
        "einer bei Ihnen sein. Wir melden uns, wenn sich das ändert.",
    ),
    "fi": Words(
        subject="Hinausautosi pitäisi olla perillä ${at:time}",
        text="$name, kaikki autot ovat liikkeellä. Olet jonossa numero $place; auton pitäisi olla "
        "luonasi ${at:time}. Kerromme, jos aika muuttuu.",
    ),
}
_COMING: Final = {
    "en": Words(
        subject="Your truck is on its way",
        text="$name, a truck is on its way to you. It should be there at ${at:time}.",
    ),
    "de": Words(
        subject="Ihr Abschleppwagen ist unterwegs",
        text="$name, ein Wagen ist unterwegs zu Ihnen. Er sollte um ${at:time} da sein.",
    ),
    "fi": Words(
        subject="Hinausautosi on matkalla",
        text="$name, auto on matkalla luoksesi. Sen pitäisi olla perillä ${at:time}.",
    ),
}
_LATE: Final = {
    "en": Words(
        subject="No truck is free yet; somebody will call you",
        text="$name, no truck has become free for you yet. Somebody is looking for another way, "
        "and will call you. Please wait in a safe place.",
    ),
    "de": Words(
        subject="Noch ist kein Wagen frei; jemand ruft Sie an",
        text="$name, noch ist kein Abschleppwagen für Sie frei geworden. Jemand sucht eine andere "
        "Lösung und ruft Sie an. Bitte warten Sie an einem sicheren Ort.",
    ),
    "fi": Words(
        subject="Autoa ei ole vielä vapaana; sinulle soitetaan",
        text="$name, sinulle ei ole vielä vapautunut hinausautoa. Etsimme toisen ratkaisun ja "
        "soitamme sinulle. Odota turvallisessa paikassa.",
    ),
}


class Stranded(Struct):
    """What the signal says beside who and where; the callbox' rule and its table fill it in."""

    urgency: float | None = None
    """Points from 0 to 100; None: its table did not say."""
    patience_s: float = 7200.0
    description: str = ""


def stranded_of(arr: Arrangement) -> Stranded:
    """What is known of it."""
    return msgspec.convert(arr.cause.data, Stranded)


class Shortage(Helping, kind="shortage"):
    """Watches over the car with the callbox of the same key."""

    skill: ClassVar[str] = "roadside"

    @heeds(STRANDED)
    def stranded(self, signal: Signal) -> None:
        """A car needs a truck."""
        self.take_up(signal, signal.data.get("desk"))

    def begin(self, arr: Arrangement) -> None:
        """Ask who she is, which trucks there are, and where her car is brought."""
        self.ask_facts(arr)

    def plan(self, arr: Arrangement) -> str | None:
        """A truck, when it is her turn."""
        reason = self.add_legs(arr, ("tow",), ("tow",))
        if reason is not None:
            return reason
        leg = arr.legs["tow"]
        leg.not_before = self.now + NEVER_S
        return None if self.wishes(arr, leg) else f"{arr.desk} knows no tow operator"

    # -- the queue ---------------------------------------------------------------------------

    def granted(self, arr: Arrangement) -> None:
        """Join the queue."""
        leg = arr.legs.get("tow")
        if leg is None:
            return  # there is no plan, and a person has it
        said, wishes = stranded_of(arr), self.wishes(arr, leg)
        joined = QueueJoined(
            asker=self.id,
            arrangement_id=arr.id,
            owner=self.customer(arr),
            since=min(arr.cause.time, self.now),
            urgency=min(100.0, max(0.0, said.urgency or 0.0)),
            operators=list(wishes),
            body=next(iter(wishes.values()), {}),
        )
        arr.deadlines["patience"] = max(self.now, arr.cause.time + said.patience_s)
        arr.step("queue.joined", self.now, self._dispatch(arr), detail=f"urgency {said.urgency}")
        self.tell(self._dispatch(arr), "queue.joined", joined)
        errand = Errand(self, arr)
        depots = [entry.id for entry in errand.directory.rental_depots[:MOST_ASKED]]
        noted = BreakdownNoted(
            position=errand.here, at=joined.since, movers=[*joined.operators, *depots]
        )
        self.tell(f"demand/{split(arr.desk)[1]}", "breakdown.noted", noted)

    @staticmethod
    def _dispatch(arr: Arrangement) -> str:
        return f"dispatch/{split(arr.desk)[1]}"

    @told("wait.estimated")
    def wait_estimated(self, wait: WaitEstimated) -> None:
        """When her truck should be there: tell her."""
        arr = self.open(wait.arrangement_id)
        if arr is None or arr.state is not State.ARRANGING:
            return
        times = arr.facts["waits"] = arr.facts.get("waits", 0) + 1
        arr.facts["arrives_at"] = wait.arrives_at
        self._promise(arr, "wait", wait.arrives_at)
        arr.step("wait.estimated", self.now, self._dispatch(arr), detail=f"place {wait.place}")
        what = "wait" if times == 1 else f"wait-{times}"
        self._let_know(arr, what, _WAIT, {"at": wait.arrives_at, "place": wait.place})

    @told("turn.given")
    def turn_given(self, turn: Turn) -> None:
        """A truck is free: book it."""
        arr = self.open(turn.arrangement_id)
        leg = None if arr is None else arr.legs.get("tow")
        if arr is None or leg is None or arr.state is not State.ARRANGING:
            return  # the queue has been told so: see `undo`
        if leg.state is LegState.WAITING:
            arr.step("turn.given", self.now, self._dispatch(arr))
            arr.deadlines.pop("again:tow", None)
            leg.not_before = None
            self.go_on()

    @told("queue.full")
    def queue_full(self, turn: Turn) -> None:
        """More wait than anybody can look after."""
        arr = self.open(turn.arrangement_id)
        if arr is not None and arr.state is State.ARRANGING:
            self.hand_over(arr, "more cars wait for a truck than the queue takes")
            self.go_on()

    def replan(self, arr: Arrangement, leg: Leg) -> bool:
        """Somebody else was faster: wait on, in her place."""
        leg.again(self.now + NEVER_S)
        self._return_turn(arr, held=False)
        return True

    def all_settled(self, arr: Arrangement) -> None:
        """A truck is held: the next one's turn."""
        arr.deadlines.pop("patience", None)
        self._return_turn(arr, held=True)
        super().all_settled(arr)

    def _return_turn(self, arr: Arrangement, *, held: bool) -> None:
        returned = TurnReturned(
            arrangement_id=arr.id,
            outcome="held" if held else "none",
            truck=_truck(arr.legs["tow"]) if held else "",
        )
        self.tell(self._dispatch(arr), "turn.returned", returned)

    def lapsed(self, arr: Arrangement, name: str) -> None:
        """A deadline is over."""
        if name == "patience":
            waited_s = self.now - arr.cause.time
            waited = f"{waited_s / 60:.0f} min" if waited_s >= _SHORT_S else f"{waited_s:.0f} s"
            self.hand_over(arr, f"no truck was free for {waited}")
        elif name != "arrange":  # here waiting is the plan
            super().lapsed(arr, name)

    def undo(self, arr: Arrangement, ends_as: State, reason: str) -> None:
        """Nobody waits for her place until all is given back."""
        super().undo(arr, ends_as, reason)
        self._leave(arr)

    def over(self, arr: Arrangement) -> None:
        """Without a truck she waits no more; what she had is free again."""
        if arr.state is not State.CLOSED:
            self._leave(arr)

    def _leave(self, arr: Arrangement) -> None:
        if arr.legs:
            self.tell(self._dispatch(arr), "queue.left", QueueLeft(arrangement_id=arr.id))

    # -- her truck ---------------------------------------------------------------------------

    def asks(self, arr: Arrangement) -> bool:  # noqa: ARG002 - a hook: policies look at what this default does not need
        """She has called for it."""
        return False

    def started(self, arr: Arrangement) -> None:
        """It is on its way: tell her, and the queue when it should be free again."""
        leg, errand = arr.legs["tow"], Errand(self, arr)
        eta_s = leg.eta_s or 0.0
        busy_s = errand.towed_s(leg.service, eta_s)
        job = JobBegun(arrangement_id=arr.id, eta_s=eta_s, busy_s=busy_s, truck=_truck(leg))
        self.tell(self._dispatch(arr), "job.begun", job)
        self._promise(arr, "coming", self.now + eta_s)
        self._let_know(arr, "coming", _COMING, {"at": self.now + eta_s})
        super().started(arr)

    def followed(self, arr: Arrangement) -> str | None:  # noqa: ARG002 - a hook: policies look at what this default does not need
        """The truck."""
        return "tow"

    def hand_over(self, arr: Arrangement, reason: str) -> None:
        """Tell her that somebody sees to it."""
        super().hand_over(arr, reason)
        if "profile" in arr.facts:
            self._let_know(arr, "late", _LATE, {})

    def _promise(self, arr: Arrangement, what: str, arrives_at: float) -> None:
        """Keep what she is told, so that it can be held against what comes."""
        promised = arr.facts.setdefault("promised", [])
        promised.append({"what": what, "at": self.now, "arrives_at": arrives_at})
        del promised[:-MAX_PROMISED]

    def _let_know(
        self, arr: Arrangement, what: str, texts: dict[str, Words], data: dict[str, Any]
    ) -> None:
        self.let_know(arr, what, texts, data, "high")

    def lines(self, arr: Arrangement) -> list[Line]:
        """It is what she called for."""
        return [msgspec.structs.replace(line, declinable=False) for line in super().lines(arr)]

    def urgency(self, arr: Arrangement) -> Urgency:
        """As the table says."""
        return "high" if (stranded_of(arr).urgency or 0.0) >= HIGH else "normal"

    def notice(self, arr: Arrangement, offer: Offer) -> Notice:
        """Is not sent: see `asks`."""
        return notice_of(offer, Errand(self, arr).profile.name, "any")

    def reasons(self, arr: Arrangement) -> dict[str, Any]:
        """How urgent it was."""
        said: dict[str, Any] = msgspec.to_builtins(stranded_of(arr))
        return said


def _truck(leg: Leg) -> str:
    """What its company calls it; another name where each of its offers has one of its own."""
    return "" if leg.choice is None else f"{leg.service} {leg.choice.offer.offer_id}"[:200]
