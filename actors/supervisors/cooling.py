"""Cooling: an air conditioner drifts; a filter is sent, and a visit booked before the heat."""

from typing import Any, ClassVar, Final

import msgspec
from msgspec import Struct

from actors.supervisors.arrangement import Arrangement, Leg, LegState, Option, State
from actors.supervisors.errand import Errand
from actors.supervisors.helping import Helping
from actors.supervisors.legs import LEGS, FromDirectory, Slot
from actors.supervisors.offer import Line, Notice, Offer, put_first, without
from actors.supervisors.supervisor import HOLD_LIFE_S
from actors.supervisors.wording import add_words, notice_of, words
from twins.handler import heeds
from twins.outputs import Signal

DRIFTING, HEAT_MOVED = "cooling.drifting", "heat.moved"

_BEFORE = "before"
"""Fact: the arrangement whose visit has to move."""

_NEXT = "next"
"""Fact: what was heard of the heat when it could not be heeded any more."""

_EARLIEST = "earliest"
"""Fact: when the filter is there."""

BOOKED: Final = ("filter", "visit")

ALTERNATIVES: Final = 2
"""So many visits she may choose from."""

ROUNDS: Final = 3
"""How often shops are asked for a filter."""

add_words(
    {
        "en": {
            "filter": "A new filter",
            "filter_alone": "A new filter, to put in yourself",
            "visit": "Visit of a technician",
            "heat.subject": "It gets hot sooner: choose another time for your technician",
            "heat.text": (
                "{name}, the heat is expected before the visit that you have. We have reserved "
                "these times before it; take one, and the other visit is called off. It is part "
                "of your service."
            ),
            "drift.subject": "Your air conditioner needs a filter before it gets hot",
            "drift.text": (
                "{name}, your air conditioner uses more power for less cold than it should: its "
                "filter is clogged. We have reserved for you what is below, in time before it gets "
                "hot. It is part of your service."
            ),
        },
        "de": {
            "filter": "Ein neuer Filter",
            "filter_alone": "Ein neuer Filter, zum Selbsteinsetzen",
            "visit": "Besuch eines Technikers",
            "heat.subject": "Es wird früher heiß: wählen Sie einen anderen Termin",
            "heat.text": (
                "{name}, die Hitze wird vor Ihrem Termin erwartet. Wir haben diese Termine davor "
                "reserviert; nehmen Sie einen, und der andere wird abgesagt. Das gehört zu Ihrem "
                "Service."
            ),
            "drift.subject": "Ihre Klimaanlage braucht einen Filter, bevor es heiß wird",
            "drift.text": (
                "{name}, Ihre Klimaanlage braucht mehr Strom für weniger Kälte als sie sollte: ihr "
                "Filter ist verstopft. Wir haben für Sie reserviert, was unten steht, rechtzeitig "
                "bevor es heiß wird. Das gehört zu Ihrem Service."
            ),
        },
        "fi": {
            "filter": "Uusi suodatin",
            "filter_alone": "Uusi suodatin, jonka vaihdat itse",
            "visit": "Asentajan käynti",
            "heat.subject": "Helle alkaa aiemmin: valitse toinen aika asentajalle",
            "heat.text": (
                "{name}, helteen odotetaan alkavan ennen sovittua käyntiä. Olemme varanneet nämä "
                "ajat ennen sitä; valitse yksi, ja entinen käynti perutaan. Se kuuluu palveluusi."
            ),
            "drift.subject": "Ilmastointilaitteesi tarvitsee suodattimen ennen helteitä",
            "drift.text": (
                "{name}, ilmastointilaitteesi kuluttaa enemmän ja viilentää vähemmän kuin pitäisi: "
                "suodatin on tukossa. Olemme varanneet sinulle alla olevan hyvissä ajoin ennen "
                "helteitä. Se kuuluu palveluusi."
            ),
        },
    }
)


class Drift(Struct):
    """What the signal says."""

    model: str = ""
    description: str = ""
    ratio: float | None = None
    """Cold delivered per energy used, of the last two weeks."""
    rated_ratio: float | None = None
    heat_from: float | None = None
    """When the heat begins, as far as it is known; 0: none is in sight."""


def drift_of(arr: Arrangement) -> Drift:
    """What is known of it."""
    return msgspec.convert(arr.cause.data, Drift)


class Filter(FromDirectory):
    """A filter that fits, from a shop for parts."""

    def wish(self, errand: Errand, leg: Leg) -> dict[str, Any]:  # noqa: ARG002 - a hook: policies look at what this default does not need
        """For its model."""
        return {"details": {"model": drift_of(errand.arr).model}}

    def suits(self, errand: Errand, leg: Leg, option: Option) -> bool:  # noqa: ARG002 - a hook: policies look at what this default does not need
        """It fits, is known when it is there, and is there before the heat."""
        eta_s, latest = option.offer.eta_s, errand.latest
        if eta_s is None or option.offer.details.get("model") != drift_of(errand.arr).model:
            return False
        return latest is None or errand.earliest + eta_s < latest

    def rank(self, errand: Errand, option: Option) -> tuple[float, ...]:  # noqa: ARG002 - the base has it: other sorts of legs look at it, this one does not
        """The cheapest, and of these the soonest."""
        return (float(option.offer.price_cents), option.offer.eta_s or 0.0)

    def replan(self, errand: Errand, leg: Leg) -> bool:  # noqa: ARG002 - the base has it: other sorts of legs look at it, this one does not
        """Somebody else took the last one offered: a shop that has more says so when asked."""
        again = leg.round < ROUNDS
        if again:
            leg.again()
        return again


class Visit(Slot):
    """A technician of her dealer, when the filter is there."""

    after: ClassVar[tuple[str, ...]] = ("filter",)

    def _from(self, errand: Errand, leg: Leg) -> float:
        earliest = super()._from(errand, leg)
        sent = errand.arr.got("filter")
        if sent is None or sent.eta_s is None:
            return earliest
        return max(earliest, sent.held_at + HOLD_LIFE_S + sent.eta_s)


LEGS["filter"] = Filter()
LEGS["visit"] = Visit()


class Cooling(Helping, kind="hvac"):
    """Watches over the air conditioner of the same key."""

    skill: ClassVar[str] = "cooling"

    @heeds(DRIFTING)
    def drifting(self, signal: Signal) -> None:
        """It delivers less than it should: have its filter changed in time."""
        self.take_up(signal, signal.data.get("desk"))

    @heeds(HEAT_MOVED)
    def heat_moved(self, signal: Signal) -> None:
        """The heat comes sooner or later than was expected: what is planned has to fit that."""
        arr, heat_from = self.arrangement, float(signal.data.get("heat_from") or 0.0)
        if arr is None:
            return
        if not arr.ended:
            self._expect(arr, signal, heat_from)
        elif arr.busy:
            self.open_case(arr, f"the heat is expected {_said(heat_from, self.now)} by now")
        elif heat_from and (booked := self._booked_after(heat_from)) is not None:
            self.take_up(signal, booked.desk)
        self.go_on()

    def _expect(self, arr: Arrangement, signal: Signal, heat_from: float) -> None:
        """Take it over while something is arranged."""
        if arr.state in (State.CONFIRMING, State.UNDERWAY, State.SETTLING):
            arr.facts[_NEXT] = msgspec.to_builtins(signal)
            return
        before = self.find(arr.facts.get(_BEFORE, ""))
        if before is not None and not (heat_from and self._ends_after(before, heat_from)):
            self.undo(arr, State.COMPENSATED, "the visit that she has is early enough")
            return
        arr.facts["latest"] = heat_from or None
        if arr.state is State.OFFERED and self._too_late(arr):
            self.ask_anew(arr, "the heat comes sooner")

    def over(self, arr: Arrangement) -> None:
        """What was heard of the heat while it was ending counts for what is booked now."""
        signal = arr.facts.pop(_NEXT, None)
        if signal is not None and arr.state is State.CLOSED:
            self.tell(self.id, f"signal.{HEAT_MOVED}", msgspec.convert(signal, Signal))

    def _visits(self, arr: Arrangement) -> list[Leg]:
        """Those that are held or booked, and have not begun."""
        held = arr.in_state(LegState.HELD, LegState.CONFIRMED)
        return [leg for leg in held if leg.sort_name == "visit" and (leg.starts_at or 0) > self.now]

    def _too_late(self, arr: Arrangement) -> bool:
        """Whether a visit that is held would come after the heat."""
        latest = arr.facts.get("latest")
        return latest is not None and self._ends_after(arr, latest)

    def _ends_after(self, arr: Arrangement, at: float) -> bool:
        return any((leg.ends_at or 0.0) > at for leg in self._visits(arr))

    def _booked_after(self, heat_from: float) -> Arrangement | None:
        """The one whose visit lies ahead, and comes too late."""
        booked = self._booked()
        return booked if booked is not None and self._ends_after(booked, heat_from) else None

    def _booked(self) -> Arrangement | None:
        """The one whose visit lies ahead."""
        for arr in (self.arrangement, *reversed(self.past)):
            if arr is not None and arr.state is State.CLOSED and self.lies_ahead(arr, "visit"):
                return arr
        return None

    def covers(self, arr: Arrangement, signal: Signal) -> bool:  # noqa: ARG002 - the base has it: other policies look at it, this one does not
        """As long as what is booked lies ahead: an average goes up and down."""
        return signal.name == DRIFTING and self._booked() is not None

    def begin(self, arr: Arrangement) -> None:
        """Ask when she has time, who sends filters, and whose technician comes."""
        booked = self._booked() if arr.cause.name == HEAT_MOVED else None
        if booked is not None:
            arr.facts[_BEFORE] = booked.id
        self.ask_facts(arr)

    def plan(self, arr: Arrangement) -> str | None:
        """Both, or it makes no sense; and before the heat, where one is in sight.

        Where a visit has to move, it alone: the filter is on its way.
        """
        heat_from = drift_of(arr).heat_from or 0.0
        if heat_from > self.now:
            arr.facts.setdefault("latest", heat_from)
        before = self.find(arr.facts.get(_BEFORE, ""))
        if before is None:
            return self.add_legs(arr, BOOKED, BOOKED, choice=("visit",), alternatives=ALTERNATIVES)
        sent = before.got("filter")
        if sent is not None:
            arr.facts[_EARLIEST] = sent.held_at + HOLD_LIFE_S + (sent.eta_s or 0.0)
        elif _EARLIEST in before.facts:
            arr.facts[_EARLIEST] = before.facts[_EARLIEST]
        latest = arr.facts.get("latest")
        if latest is None or latest <= max(self.now, arr.facts.get(_EARLIEST, 0.0)) + HOLD_LIFE_S:
            return "the heat is nearer than any visit"
        return self.add_legs(arr, ("visit",), ("visit",), ("visit",), ALTERNATIVES)

    def all_settled(self, arr: Arrangement) -> None:
        """What is held has to be over before the heat, as it is expected by now."""
        if self._too_late(arr):
            self.ask_anew(arr, "the heat comes sooner")
        else:
            super().all_settled(arr)

    def affordable(self, arr: Arrangement) -> None:
        """Ask her, unless it comes too late by now."""
        if self._too_late(arr):
            self.ask_anew(arr, "the heat comes sooner")
        else:
            super().affordable(arr)

    def started(self, arr: Arrangement) -> None:
        """The visit that she had is given back, now that she has another."""
        before = self.find(arr.facts.get(_BEFORE, ""))
        if before is not None:
            self.supersede(arr, before, ("visit",))
        super().started(arr)

    def hand_over(self, arr: Arrangement, reason: str) -> None:
        """Whoever takes it knows what she has until then."""
        if _BEFORE in arr.facts and arr.cause.name == HEAT_MOVED:
            reason = f"{reason}; the visit that she has stays booked"
        super().hand_over(arr, reason)

    def useful_until(self, arr: Arrangement) -> float | None:
        """As long as the filter can come, and the visit be over, before the heat."""
        until = super().useful_until(arr)
        if until is None:
            return None
        sent, visits = arr.got("filter"), [leg for leg in arr.legs.values() if leg.ends_at]
        lengths = [(leg.ends_at or 0.0) - (leg.starts_at or 0.0) for leg in visits]
        return until - (0.0 if sent is None else sent.eta_s or 0.0) - min(lengths, default=0.0)

    def lines(self, arr: Arrangement) -> list[Line]:
        """She pays for cold, not for filters."""
        lines = [
            msgspec.structs.replace(line, price_cents=0, declinable=False)
            for line in super().lines(arr)
        ]
        return lines if len(lines) > 1 else self._alone(arr, lines)

    def variants(self, arr: Arrangement, offer: Offer) -> dict[str, Offer]:
        """Another visit first; or no visit at all: changing a filter takes a few minutes."""
        if _BEFORE in arr.facts:
            return put_first(offer)
        alone = without(offer, "visit", arr)
        for name, other in alone.items():
            alone[name] = msgspec.structs.replace(other, lines=self._alone(arr, other.lines))
        return {**put_first(offer), **alone}

    def _alone(self, arr: Arrangement, lines: list[Line]) -> list[Line]:
        """A filter for which nobody comes says so."""
        say = words(self.language(arr))
        return [
            msgspec.structs.replace(line, what=say["filter_alone"])
            if line.leg == "filter"
            else line
            for line in lines
        ]

    def notice(self, arr: Arrangement, offer: Offer) -> Notice:
        """The message."""
        return notice_of(
            offer, Errand(self, arr).profile.name, "heat" if _BEFORE in arr.facts else "drift"
        )

    def evidence(self, arr: Arrangement, leg: Leg) -> dict[str, Any]:
        """What the technician gets with the visit."""
        return self.reasons(arr) if leg.sort_name == "visit" else super().evidence(arr, leg)

    def reasons(self, arr: Arrangement) -> dict[str, Any]:
        """How much it has lost."""
        said = drift_of(arr)
        return {
            "aircon": arr.cause.twin_id,
            "description": said.description,
            "model": said.model,
            "ratio": said.ratio,
            "rated_ratio": said.rated_ratio,
        }


def _said(heat_from: float, now: float) -> str:
    """When it gets hot, for people at a desk."""
    return f"in {(heat_from - now) / 3600:.0f} hours" if heat_from else "not at all"
