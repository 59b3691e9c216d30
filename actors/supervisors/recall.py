"""Recall: a model has a defect. One campaign: the severest cars get the first slots of each dealer.

Each car has an arrangement of its own (`composed`), and a dealer's next car begins when a slot is
held for the one before: so the order is kept, and a slot is given once, by the dealer's own book.

An owner who may not be disturbed keeps no slot meanwhile: her car has its turn again when she may
be, among those that wait then.

    signal ─▶ cars ─▶ for each dealer: the severest ─▶ its slot is held ─▶ the next one ─▶ …
                                                        └─ she answers, or a person has her case
"""

from collections.abc import Iterator
from typing import Any, ClassVar, Final

import msgspec
from msgspec import field

from actors.supervisors.arrangement import Arrangement, State
from actors.supervisors.composed import Settled, Spec, Wanted, composed_id
from actors.supervisors.errand import Errand
from actors.supervisors.helping import Helping
from actors.supervisors.offer import Notice, Offer
from actors.supervisors.wording import notice_of
from twins.devices.defect import MAX_CARS, Affected, CarsAnswer, CarsRequest
from twins.handler import heeds, told
from twins.ids import digest
from twins.outputs import Signal
from twins.people.messages import Words
from twins.people.pacing import NEVER

SPREADS = "defect.spreads"

CARS = "cars"
"""The fact that is gathered."""

NAME = "recall_visit"
"""What rules call the arrangement of one car: `open(recall_visit)`."""

WAITING, ARRANGING, OFFERED = "waiting", "arranging", "offered"

UNTOLD = "untold"
"""The stage of a car whose owner could not be told; a person has it."""

MAX_TRIES = 3
"""So often a car has its turn because its owner may not be disturbed."""

SILENT_S = 2 * 86_400.0
"""After so long without a word what became of a car is a person's to find out."""

_NOT_BEFORE, _UNTIL = "not_before", "until"

_CALLED: Final = {
    "en": Words(
        subject="Your car is recalled: an appointment is reserved",
        text="$name, cars of your model have a fault that should be corrected. It costs you "
        "nothing. We have reserved an appointment at your dealer.",
    ),
    "de": Words(
        subject="Rückruf Ihres Autos: ein Termin ist reserviert",
        text="$name, Autos Ihres Modells haben einen Fehler, der behoben werden sollte. Es kostet "
        "Sie nichts. Wir haben einen Termin in Ihrer Werkstatt reserviert.",
    ),
    "fi": Words(
        subject="Autosi kutsutaan huoltoon: aika on varattu",
        text="$name, mallisi autoissa on vika, joka kannattaa korjata. Se ei maksa sinulle mitään. "
        "Olemme varanneet ajan huoltoosi.",
    ),
}


class Recall(Helping, kind="recall"):
    """Runs the campaign for the defect of the same key."""

    skill: ClassVar[str] = "recalls"

    recalled: dict[str, float] = field(default_factory=dict)
    """Vehicle -> when its visit was begun, in this campaign or an earlier one (log time)."""

    @heeds(SPREADS)
    def spreads(self, signal: Signal) -> None:
        """Too many cars have it: begin."""
        self.take_up(signal, signal.data.get("desk"))

    def begin(self, arr: Arrangement) -> None:
        """Ask which cars have it."""
        arr.awaited.append(CARS)
        request = CarsRequest(asker=self.id, arrangement_id=arr.id)
        self.tell(arr.cause.twin_id, "cars.requested", request)
        arr.step("cars.requested", self.now, arr.cause.twin_id)

    @told("cars.answered")
    def cars_answered(self, answer: CarsAnswer) -> None:
        """These have it so far."""
        self.know(answer.arrangement_id, CARS, self.id, answer)

    def plan(self, arr: Arrangement) -> str | None:
        """Whoever has no owner or no dealer is nobody's; a person sees to it."""
        if CARS not in arr.facts:
            return "its defect did not say which cars have it"
        arr.facts["visits"], arr.facts["parts"] = {}, []
        for car in msgspec.convert(arr.facts.pop(CARS), CarsAnswer).cars:
            self._take(arr, car)
        return None

    def all_settled(self, arr: Arrangement) -> None:
        """There is nothing to hold for all of them: begin with the severest of each dealer."""
        arr.deadlines.pop("arrange", None)
        arr.state = State.UNDERWAY
        self._begin_some(arr)

    # -- cars --------------------------------------------------------------------------------

    def _take(self, arr: Arrangement, car: Affected) -> None:
        visits = arr.facts["visits"]
        if car.vehicle in visits or car.vehicle in self.recalled:
            return
        if car.owner is None or car.dealer is None:
            lacks = "owner" if car.owner is None else "dealer"
            arr.step("car.left_out", self.now, car.vehicle, detail=f"it has no {lacks}")
            self.open_case(arr, f"{car.vehicle} is recalled, and has no {lacks}")
            return
        visits[car.vehicle] = {"car": msgspec.to_builtins(car), "stage": WAITING}

    @told("car.affected")
    def car_affected(self, car: Affected) -> None:
        """One more has it; where the campaign is over, another one begins."""
        arr = self.arrangement
        if arr is None:
            return
        if arr.ended and arr.busy:
            self.open_case(arr, f"{car.vehicle} has it, too")
        elif arr.ended:
            id_ = digest(arr.cause.id, car.vehicle)
            data = {**arr.cause.data, "desk": arr.desk}
            self.take_up(Signal(id_, SPREADS, arr.cause.twin_id, car.at, data), arr.desk)
        elif "visits" in arr.facts:
            arr.step("car.joined", self.now, car.vehicle)
            self._take(arr, car)
            if arr.state is State.UNDERWAY:
                self._begin_some(arr)
            self.go_on()
        # Before that the defect is asked anyway, and answers with this one.

    def _begin_some(self, arr: Arrangement) -> None:
        if arr.halted is not None:
            self.undo(arr, State.COMPENSATED, arr.halted)
            return
        visits = arr.facts["visits"]
        for vehicle in _next_of_each(visits, self.now):
            self._begin(arr, vehicle)
        times = [at for visit in visits.values() for name in (_NOT_BEFORE, _UNTIL)
                 if (at := visit.get(name, 0.0)) > self.now]  # fmt: skip
        arr.deadlines.pop("cars", None)
        if times:
            arr.deadlines["cars"] = min(times)
        if all(_is_over(visit) for visit in arr.facts["visits"].values()):
            self._close(arr)

    def _begin(self, arr: Arrangement, vehicle: str) -> None:
        visit = arr.facts["visits"][vehicle]
        car = msgspec.convert(visit["car"], Affected)
        visit["stage"], visit[_UNTIL] = ARRANGING, self.now + SILENT_S
        tries = visit["tries"] = visit.get("tries", 0) + 1
        self.recalled[vehicle] = self.now
        if len(self.recalled) > MAX_CARS:
            del self.recalled[next(iter(self.recalled))]
        visitor = composed_id(NAME, vehicle)
        cause = Signal(
            digest(arr.id, vehicle, *([str(tries)] if tries > 1 else [])), SPREADS, vehicle, car.at,
            {"owner": car.owner, "dealer": car.dealer,
             "why": {"words": f"severity {car.severity}: {arr.cause.twin_id}"}},
        )  # fmt: skip
        visit["cause"] = cause.id
        arr.facts["parts"].append(digest(visitor, cause.id))
        spec = Spec(
            name=NAME, steps=["slot"], require=["slot"], skill=self.skill, texts=_CALLED,
            waits=False,
        )  # fmt: skip
        wanted = Wanted(cause=cause, spec=spec, desk=car.desk or arr.desk, starter=self.id)
        self.tell(visitor, "arrangement.wanted", wanted)
        arr.step("car.begun", self.now, vehicle, detail=f"severity {car.severity}")

    @told("arrangement.offered")
    def arrangement_offered(self, settled: Settled) -> None:
        """A slot is held for a car: its dealer's next one's turn."""
        self._move(settled, OFFERED)

    def lapsed(self, arr: Arrangement, name: str) -> None:
        """A car's turn may have come, or nobody said what became of one."""
        if name != "cars":
            super().lapsed(arr, name)
            return
        for vehicle, visit in arr.facts["visits"].items():
            if visit["stage"] in (ARRANGING, OFFERED) and visit.get(_UNTIL, NEVER) <= self.now:
                visit["stage"] = "silent"
                arr.step("car.silent", self.now, vehicle)
                self.open_case(arr, f"nobody says what became of the visit of {vehicle}")
        self._begin_some(arr)

    @told("arrangement.settled")
    def arrangement_settled(self, settled: Settled) -> None:
        """It is known what became of a car."""
        said = {True: "accepted", False: "declined"}.get(settled.accepted)  # type: ignore[arg-type]  # None: neither
        stage = settled.state if settled.state != "closed" else said or "closed"
        self._move(settled, stage if settled.free_at is None else WAITING)

    def _move(self, settled: Settled, stage: str) -> None:
        arr = self.arrangement
        if arr is None or arr.state is not State.UNDERWAY:
            return
        for vehicle, visit in arr.facts["visits"].items():
            if visit.get("cause") == settled.cause_id:
                if stage == WAITING and visit.get("tries", 1) >= MAX_TRIES:
                    stage = UNTOLD
                    self.open_case(arr, f"{vehicle} is recalled, and its owner could not be told")
                if stage == "busy":
                    self.open_case(
                        arr, f"{vehicle} is recalled while a visit for another recall is being "
                        "arranged; see that both faults are corrected",
                    )  # fmt: skip
                visit["stage"] = stage
                visit.pop(_NOT_BEFORE, None)
                if stage == WAITING:
                    visit[_NOT_BEFORE] = settled.free_at
                arr.step(f"car.{stage}", self.now, vehicle)
        self._begin_some(arr)
        self.go_on()

    def _close(self, arr: Arrangement) -> None:
        stages = [visit["stage"] for visit in arr.facts["visits"].values()]
        counts = {stage: stages.count(stage) for stage in sorted(set(stages))}
        said = ", ".join(f"{count} {stage}" for stage, count in counts.items())
        self.settle(arr, State.CLOSED, said or "no car has it")

    # -- what a campaign is not --------------------------------------------------------------

    def customer(self, arr: Arrangement) -> str | None:  # noqa: ARG002 - a hook: policies look at what this default does not need
        """Nobody: each car has an owner of its own."""
        return None

    def notice(self, arr: Arrangement, offer: Offer) -> Notice:
        """Nothing is offered to all."""
        return notice_of(offer, Errand(self, arr).profile.name, "any")

    def reasons(self, arr: Arrangement) -> dict[str, Any]:
        """The defect."""
        return {"defect": arr.cause.twin_id}


def _next_of_each(visits: dict[str, Any], now: float) -> Iterator[str]:
    """The severest waiting car of each dealer for which none is being arranged."""
    busy = {visit["car"]["dealer"] for visit in visits.values() if visit["stage"] == ARRANGING}
    waiting = [
        (-visit["car"].get("severity", 0), visit["car"]["at"], vehicle)
        for vehicle, visit in visits.items()
        if visit["stage"] == WAITING and visit.get(_NOT_BEFORE, 0.0) <= now
    ]
    for _, _, vehicle in sorted(waiting):
        dealer = visits[vehicle]["car"]["dealer"]
        if dealer not in busy:
            busy.add(dealer)
            yield vehicle


def _is_over(visit: dict[str, Any]) -> bool:
    return visit["stage"] not in (WAITING, ARRANGING, OFFERED)
