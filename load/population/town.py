"""Town: a population, its cars and tow companies, in real partitions on a simulated clock.

    town = Town(seed=1, incidents=400, holdout=0.5)
    town.play()       # a car overheats every minute; then all are followed to the end
    town.policy       # the twin `policy/roadside`, as `vigil outcomes` reads it

Nothing here knows who is held out: a person answers the offer that reaches her, and whom none has
reached within `WAITS_S` helps herself. What becomes of her arises as in the world: a call at her
twin, as a telephone system tells it; invoices and help, as an insurer does; her answer to a survey.
"""

from collections.abc import Callable
from typing import Any, Final

import actors.supervisors
import twins.devices
import twins.people
import twins.services
from actors.testing import FakeProvider, Fleet
from load.population.people import ANSWERS_AFTER_S, MINUTE_S, Person, population
from twins.handler import Origin
from twins.policies import Policy

assert actors.supervisors, "importing it registers the kinds"
assert twins.devices, "the same"
assert twins.people, "the same"
assert twins.services, "the same"

POLICY: Final = "policy/roadside"

WAITS_S: Final = 240.0
"""So long she waits for an offer before she helps herself."""

EVERY_S: Final = 60.0
"""How long after one car the next one overheats."""

DISTRICT: Final = 25
"""So many persons share a desk and a tow company: its book stays small."""

FOLLOW_H: Final = 24.0
LATE_H: Final = 6.0

_PARTITIONS: Final = 4
_CORNER: Final = (60.0, 24.0)


class Trucks(FakeProvider):
    """A company that has a truck for everybody: how far it is and what it costs is hers."""

    def __init__(self, people: dict[tuple[float, float], Person]) -> None:
        super().__init__("tow")
        self._people = people

    def _available(self, body: dict[str, Any], now: float) -> list[dict[str, Any]]:
        lat, lon = body["near"]
        person = self._people[round(lat, 4), round(lon, 4)]
        self.offers = [{
            "offer_id": f"truck-{person.number}", "title": "truck", "price_cents": person.cents,
            "currency": "EUR", "eta_s": person.eta_s,
        }]  # fmt: skip
        return super()._available(body, now)


class Town:
    """All of it.

    Args:
        seed: Draws the persons.
        incidents: How many; each has a car, that overheats once.
        holdout: Share of customers for whom nothing is done.
    """

    def __init__(self, seed: int, incidents: int, holdout: float) -> None:
        self.people = population(seed, incidents)
        self.fleet = Fleet(_PARTITIONS)
        self.fleet.customer = self._answer
        self.fleet.answers_after_s = ANSWERS_AFTER_S
        self.fleet.functions["remaining_useful_life"] = lambda _: {}
        self._accepted: set[int] = set()
        self._tell(POLICY, "configured", {
            "holdout": holdout, "follow_h": FOLLOW_H, "late_h": LATE_H, "per_hour": 5000,
            "pinned": True,
        })  # fmt: skip
        for first in range(0, incidents, DISTRICT):
            self._settle(self.people[first : first + DISTRICT], first // DISTRICT)

    @property
    def policy(self) -> Policy:
        """The policy's twin."""
        found: Policy = self.fleet.twin(POLICY)
        return found

    def play(self, progress: Callable[[float], None] = lambda _: None) -> None:
        """Let all cars overheat, one after the other, and follow everybody until it is over.

        Args:
            progress: Called with the share that is done, 0 to 1.
        """
        for person in self.people:
            began = self.fleet.now
            self._overheat(person)
            self.fleet.advance(EVERY_S - (self.fleet.now - began))
            progress((person.number + 1) / len(self.people))
        self.fleet.advance((FOLLOW_H + LATE_H + 1.0) * 3600.0)

    # -- who there is ------------------------------------------------------------------------

    def _settle(self, people: list[Person], district: int) -> None:
        desk, company = f"desk/d{district}", f"tow_operator/t{district}"
        self.fleet.employ(company, Trucks({_place(person): person for person in people}))
        self._tell(desk, "configured", {"tow_operators": [{"id": company}], "name": desk})
        for person in people:
            self._tell(_her(person), "configured", {
                "name": f"Person {person.number}",
                "channels": [{"channel": "sms", "address": f"+358 40 {person.number}"}],
            })  # fmt: skip
            self._tell(_car(person), "configured", {"owner": _her(person), "desk": desk})

    def _tell(self, twin_id: str, event_type: str, data: dict[str, Any]) -> None:
        self.fleet.tell(twin_id, event_type, data)

    # -- what happens ------------------------------------------------------------------------

    def _overheat(self, person: Person) -> None:
        """Ten rises and some more, a second apart, as its device sends them."""
        (lat, lon), fleet = _place(person), self.fleet
        for degree in range(94, 107):
            fleet.advance(1.0)
            reading = {"at": fleet.now, "coolant_c": float(degree), "speed_kmh": 0.0,
                       "lat": lat, "lon": lon, "rpm": 900.0}  # fmt: skip
            fleet.send(_car(person), "telemetry", reading, origin=Origin.DEVICE)
            fleet.run()
            if fleet.signals and fleet.signals[-1].twin_id == _car(person):
                break
        at = fleet.now
        fleet.after(WAITS_S, lambda: self._live(person, at))

    def _answer(self, offer: dict[str, Any]) -> dict[str, Any]:
        """She takes it or not."""
        person = self.people[int(offer["customer"].rpartition("c")[2])]
        if person.accepts:
            self._accepted.add(person.number)
        return {"accept": person.accepts}

    def _live(self, person: Person, at: float) -> None:
        """It goes on, as one of two things: help is on its way, or it is not."""
        helped = person.number in self._accepted
        life = person.helped if helped else person.alone
        her, key = _her(person), person.number
        if life.calls_after_s is not None:
            self._later(at + life.calls_after_s, her, "call.received", {"id": f"call-{key}"})
        if not helped:
            # What Vigil has not booked it hears of by who paid for it.
            there = at + life.minutes * MINUTE_S
            self._later(there + 3600.0, her, "help.noted", {
                "id": f"invoice-{key}", "at": there, "helped_at": there, "cost_cents": life.cents,
                "currency": "EUR",
            })  # fmt: skip
        if life.score is not None:
            when = at + max(life.minutes * MINUTE_S, WAITS_S) + 7200.0
            self._later(when, her, "satisfaction.answered", {"score": life.score})

    def _later(self, at: float, twin_id: str, event_type: str, data: dict[str, Any]) -> None:
        self.fleet.after(
            max(0.0, at - self.fleet.now), lambda: self.fleet.send(twin_id, event_type, data)
        )


def _her(person: Person) -> str:
    return f"customer/c{person.number}"


def _car(person: Person) -> str:
    return f"vehicle/v{person.number}"


def _place(person: Person) -> tuple[float, float]:
    """Where her car stands; nobody else's does."""
    (lat, lon), (row, column) = _CORNER, divmod(person.number, 100)
    return round(lat + 0.001 * row, 4), round(lon + 0.001 * column, 4)
