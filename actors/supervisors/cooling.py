"""Cooling: an air conditioner drifts; a filter is sent, and a visit booked before the heat."""

from typing import Any, ClassVar, Final

import msgspec
from msgspec import Struct

from actors.supervisors.arrangement import Arrangement, Leg, Option
from actors.supervisors.errand import Errand
from actors.supervisors.helping import Helping
from actors.supervisors.legs import LEGS, FromDirectory, Slot
from actors.supervisors.offer import Line, Notice, Offer, put_first, without
from actors.supervisors.supervisor import HOLD_LIFE_S
from actors.supervisors.wording import add_words, notice_of, words
from twins.handler import heeds
from twins.outputs import Signal

DRIFTING = "cooling.drifting"

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

    def covers(self, arr: Arrangement) -> bool:
        """As long as what is booked lies ahead: an average goes up and down."""
        return self.lies_ahead(arr, "visit")

    def begin(self, arr: Arrangement) -> None:
        """Ask when she has time, who sends filters, and whose technician comes."""
        self.ask_facts(arr)

    def plan(self, arr: Arrangement) -> str | None:
        """Both, or it makes no sense; and before the heat, where one is in sight."""
        heat_from = drift_of(arr).heat_from or 0.0
        if heat_from > self.now:
            arr.facts["latest"] = heat_from
        return self.add_legs(arr, BOOKED, BOOKED, choice=("visit",), alternatives=ALTERNATIVES)

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
        return notice_of(offer, Errand(self, arr).profile.name, "drift")

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
