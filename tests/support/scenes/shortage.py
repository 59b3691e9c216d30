"""Shortage: a desk with its trucks, and cars that strand."""

from dataclasses import dataclass, field
from typing import Any

from support.drawn import Drawn

from actors.testing import FakeProvider
from deploy.demo.truths import Booked
from deploy.demo.truths.arrivals import Caller, Promise
from deploy.demo.truths.turns import Case

MINUTE_S = 60.0
REACH = 61.0
"""Farther north no truck drives."""
HERE, THERE = (60.17, 24.94), (60.2, 25.0)
LEVELS: tuple[tuple[float, dict[str, Any]], ...] = (
    (100, {"medical": True}),
    (80, {"motorway": True, "dark": True}),
    (60, {"motorway": True}),
    (60, {"children": True, "outside_c": -3.0}),
    (50, {"outside_c": -15.0}),
    (40, {"children": True}),
    (30, {"dark": True}),
    (10, {}),
)
"""What a callbox says, and how many points that has."""


@dataclass
class Trucks(FakeProvider):
    """Trucks that are free again when their job is done."""

    job_s: float = 2400.0
    """From the confirmation."""
    taken: dict[str, float] = field(default_factory=dict)
    """Hold -> when it was taken."""

    def call(self, request: Any, now: float) -> Any:
        """Carry a call out."""
        for record in self.holds.values():
            if record.state == "confirmed" and record.confirmed_at + self.job_s <= now:
                record.state = "done"
        if request["call"] == "availability" and request["body"]["near"][0] > REACH:
            return {"offers": []}
        return super().call(request, now)

    def _hold(self, hold_id: str, body: Any, now: float) -> Any:
        """Note when."""
        answer = super()._hold(hold_id, body, now)
        self.taken.setdefault(hold_id, now)
        return answer

    def booked(self) -> list[Booked]:
        """What the company has given, by its own book."""
        return [
            Booked(
                provider_id="trucks", hold_id=id_, arrangement_id=id_.partition(".")[0],
                customer_id=record.body["customer_id"], item=record.offer["offer_id"],
                state=record.state, held_at=self.taken[id_], set_out_at=record.confirmed_at,
                there_at=record.confirmed_at + record.offer["eta_s"],
            )
            for id_, record in self.holds.items()
            if record.confirmed_at
        ]  # fmt: skip

    def _position(self, record: Any, now: float) -> Any:
        """Also of a job that is done."""
        state, record.state = record.state, "confirmed"
        position = super()._position(record, now)
        record.state = state
        return position


@dataclass
class Town:
    """A desk with its trucks, and cars that strand, all drawn."""

    drawn: Drawn
    trucks: Trucks
    desk: str
    dealer: str
    cars: dict[str, float] = field(default_factory=dict)
    """Supervisor -> points."""

    @property
    def dispatch(self) -> Any:
        """Who orders the queue."""
        return self.drawn.fleet.twin(f"dispatch/{self.desk.partition('/')[2]}")

    def strands(
        self, level: int | None = None, patience_s: float = 86_400.0, lat: float = HERE[0]
    ) -> str:
        """One more; returns its supervisor."""
        drawn = self.drawn
        key = drawn.key()
        points, said = drawn.choice(LEVELS) if level is None else LEVELS[level]
        drawn.fleet.tell(
            f"callbox/{key}", "configured",
            {"owner": drawn.person(), "dealer": self.dealer, "desk": self.desk,
             "patience_s": patience_s},
        )  # fmt: skip
        call = {"lat": lat, "lon": HERE[1], "stranded": True, **said}
        self.cars[f"shortage/{key}"] = points
        drawn.fleet.measure(f"callbox/{key}", call, "call")
        return f"shortage/{key}"

    def arrangement(self, supervisor: str) -> Any:
        """Of a car."""
        return self.drawn.arrangement(supervisor)

    def cases(self) -> list[Case]:
        """Who has called, how bad it is, and what she was told."""
        found = []
        for car, points in self.cars.items():
            arr = self.arrangement(car)
            promised = arr.facts["promised"]
            caller = Caller(
                customer_id=arr.cause.data["owner"], called_at=arr.cause.time,
                promises=tuple(Promise(**each, heard=True) for each in promised),
            )  # fmt: skip
            found.append(Case(caller=caller, urgency=points))
        return found

    def run(self, most_s: float = 86_400.0) -> None:
        """Until all have ended."""
        self.drawn.fleet.run_until(
            lambda: all(self.arrangement(car).ended for car in self.cars), most_s
        )

    def turns(self) -> list[str]:
        """Whose truck was confirmed, in this order."""
        at = {
            car: step.at
            for car in self.cars
            for step in self.arrangement(car).steps
            if step.name == "tow.confirmed"
        }
        return sorted(at, key=at.__getitem__)


def town(
    seed: int | Drawn, trucks: int | None = None, job_s: float | None = None,
    eta_s: float | None = None,
) -> Town:  # fmt: skip
    """Draw one."""
    drawn = Drawn.of(seed)
    eta_s = drawn.uniform(5, 30) * MINUTE_S if eta_s is None else eta_s
    offers = drawn.offers(drawn.randint(1, 3) if trucks is None else trucks, eta_s=eta_s)
    fleet = Trucks("tow", offers, job_s=job_s or eta_s + drawn.uniform(10, 40) * MINUTE_S)
    operator = drawn.company("tow_operator", fleet, position=HERE)
    desk = drawn.desk(
        "roadside", tow_operators=[{"id": operator, "position": HERE}],
    )  # fmt: skip
    dealer = drawn.company("dealer", FakeProvider("slot"), position=THERE)
    return Town(drawn, fleet, desk, dealer)
