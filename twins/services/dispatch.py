"""Dispatch: who gets the next truck where there are more breakdowns than trucks.

Whoever needs a truck joins, and waits for her turn; with it her supervisor books by itself, from
the companies' own books. So a dispatcher that errs makes somebody wait, and never sends twice.

    queue.joined ─▶ is a truck free? ── none ─▶ again in a while, or when one should be free
                       └─ yes ─▶ turn.given to the first ─▶ turn.returned ─▶ the next one

First is who has the most points: her urgency, and what she has waited. Whoever was told when her
truck comes keeps her place unless another one's points are well above hers. All who wait are told
when theirs comes, and again when that has changed by much.
"""

from collections.abc import Mapping
from heapq import heapify, heappop, heappush
from math import inf
from types import MappingProxyType
from typing import Annotated, Any, ClassVar, Final, Literal

from msgspec import Meta, Struct, field

from twins.handler import due, told
from twins.ids import CustomerId, TwinId
from twins.services.messages import Availability, Request
from twins.settings import UNSET, Settings, UnsetType
from twins.twin import Twin
from twins.units import Seconds, Short, Time, Token

AGING_S: Final = 60.0
"""So many seconds of waiting are worth a point of urgency: so nobody waits for ever."""

KEEP: Final = 10.0
"""So many points more another one needs to go before somebody who was told when hers comes."""

NEWS_S: Final = 300.0
"""Who waits is told again when her truck comes so much sooner or later, unless a desk says
otherwise."""

PAUSE_S: Final = 10.0
"""How long after no truck was free it is asked again, unless a desk says otherwise: they also work
for others."""

PROBE_S: Final = 10.0
"""How long a company is tried for what is free."""

LOOKS: Final = 4
"""For so many it is asked in a row: where no truck reaches the first, one may reach another."""

TURN_S: Final = 120.0
"""After so long a turn is over, whatever became of it."""

OVERDUE_S: Final = 1800.0
"""So much later than expected a truck may still be free soon; then it is not counted any more."""

LEARN: Final = 0.2
"""Weight of the newest job in what a job takes."""

MAX_WAITING: Final = 1000
MAX_JOBS: Final = 1000

Points = Annotated[float, Meta(ge=0, le=100)]


class DispatchSettings(Settings):
    """Master data of a desk's queue: `configured`."""

    pause_s: Annotated[float, Meta(ge=1, le=600)] | UnsetType = UNSET
    """How long after no truck was free it is asked again."""
    news_s: Annotated[float, Meta(ge=1, le=3600)] | UnsetType = UNSET
    """Who waits is told again when her truck comes so much sooner or later."""


class QueueJoined(Struct, kw_only=True, omit_defaults=True):
    """Somebody needs a truck: `queue.joined`. The same one again changes nothing."""

    asker: TwinId
    """Who books it: told `turn.given` and `wait.estimated`, or `queue.full`."""
    arrangement_id: Token
    owner: CustomerId | None = None
    since: Time
    """From when she has waited."""
    urgency: Points = 0.0
    operators: list[TwinId] = []
    body: dict[str, Any] = {}
    """What they are asked: near, to."""


class QueueLeft(Struct, kw_only=True):
    """She needs none any more, or not the one that she had: `queue.left`."""

    arrangement_id: Token


class Turn(Struct, kw_only=True):
    """She may book now: `turn.given`; no more can join: `queue.full`."""

    arrangement_id: Token


class TurnReturned(Struct, kw_only=True):
    """What came of it: `turn.returned`."""

    arrangement_id: Token
    outcome: Literal["held", "none"]
    truck: Short = ""
    """Which one she has, as its company calls it; empty: nobody knows."""


class JobBegun(Struct, kw_only=True):
    """A truck is on its way: `job.begun`."""

    arrangement_id: Token
    eta_s: Seconds
    busy_s: Seconds
    """Until it is free again, from now."""
    truck: Short = ""
    """Which one, as its company calls it; empty: nobody knows."""


class WaitEstimated(Struct, kw_only=True):
    """When her truck should be there: `wait.estimated`."""

    arrangement_id: Token
    arrives_at: Time
    place: int
    """In the queue, from 1."""


class Waiting(Struct, kw_only=True, omit_defaults=True):
    """Somebody in the queue."""

    asker: TwinId
    owner: CustomerId | None = None
    since: float
    urgency: float
    operators: list[str] = []
    body: dict[str, Any] = {}
    told_at: float | None = None
    """When her truck should be there, as she was told last."""

    def points(self, now: float) -> float:
        """How much it is her turn."""
        return self.urgency + max(0.0, now - self.since) / AGING_S


class Dispatch(Twin, kind="dispatch"):
    """The queue of the desk with the same key."""

    personal: ClassVar[str | None] = None
    parts: ClassVar[Mapping[str, str]] = MappingProxyType({"waiting": "owner"})

    waiting: dict[str, Waiting] = field(default_factory=dict)
    """By arrangement."""
    jobs: dict[str, float] = field(default_factory=dict)
    """Arrangement -> when its truck should be free again (log time)."""
    turn: str | None = None
    """Whose turn it is."""
    turn_by: float = 0.0
    probes: int = 0
    """How often it was asked what is free."""
    asked: list[str] = field(default_factory=list)
    """Companies that have not said yet."""
    probe_by: float = 0.0
    seeker: str | None = None
    """For whom it was asked last."""
    passed: list[str] = field(default_factory=list)
    """For whom nothing was free since the last pause."""
    tried: list[str] = field(default_factory=list)
    """For whom else than the first it was asked; cleared when it was for all."""
    free: int = 0
    """Trucks that are free, by the last answers."""
    next_at: float = 0.0
    """When it is asked again."""
    begun: int = 0
    """Trucks that were sent."""
    eta_s: float = 1200.0
    """What a truck needs to a breakdown: the newest jobs count most."""
    busy_s: float = 3000.0
    """The same, until it is free again."""
    pause_s: float = PAUSE_S
    news_s: float = NEWS_S
    trucks: dict[str, str] = field(default_factory=dict)
    """Truck -> arrangement of the job that it began last."""

    @told("configured")
    def configured(self, settings: DispatchSettings) -> None:
        """Take over master data."""
        settings.apply(self)

    # -- who waits ---------------------------------------------------------------------------

    @told("queue.joined")
    def queue_joined(self, joined: QueueJoined) -> None:
        """One more; perhaps a truck is free at once."""
        id_ = joined.arrangement_id
        if id_ in self.waiting:
            return
        if len(self.waiting) >= MAX_WAITING:
            self.tell(joined.asker, "queue.full", Turn(arrangement_id=id_))
            return
        self.waiting[id_] = Waiting(
            asker=joined.asker, owner=joined.owner, since=joined.since, urgency=joined.urgency,
            operators=joined.operators, body=joined.body,
        )  # fmt: skip
        self.next_at = self.now
        self._go_on()

    @told("queue.left")
    def queue_left(self, left: QueueLeft) -> None:
        """One less; where she had a truck, it is free again."""
        self.waiting.pop(left.arrangement_id, None)
        self._turn_over(left.arrangement_id)
        if self.jobs.pop(left.arrangement_id, None) is not None:
            self.next_at = self.now
        self._go_on()

    def order(self, now: float) -> list[str]:
        """Who goes first; of equal ones, who has waited longest.

        Those who were told a time stay in the order of these times, unless one's points are well
        above those of whom she passes.
        """
        points = {id_: one.points(now) for id_, one in self.waiting.items()}

        def first(id_: str) -> tuple[float, float, float, str]:
            one = self.waiting[id_]
            promised = inf if one.told_at is None else one.told_at
            return (promised, -points[id_], one.since, id_)

        order: list[str] = []
        for id_ in sorted(self.waiting, key=first):
            place = len(order)
            while place and points[id_] > points[order[place - 1]] + self._kept(order[place - 1]):
                place -= 1
            order.insert(place, id_)
        return order

    def _kept(self, id_: str) -> float:
        """So many points more another one needs to go before her."""
        return 0.0 if self.waiting[id_].told_at is None else KEEP

    # -- turns -------------------------------------------------------------------------------

    @told("availability.answered")
    def availability_answered(self, answer: Availability) -> None:
        """A company says what is free."""
        if answer.round != self.probes or answer.service not in self.asked:
            return
        self.asked.remove(answer.service)
        self.free += len(answer.offers)
        if not self.asked:
            self._probed()
        self._go_on()

    @told("turn.returned")
    def turn_returned(self, returned: TurnReturned) -> None:
        """She has one, or found none."""
        if returned.outcome == "held":
            self.waiting.pop(returned.arrangement_id, None)
            # As long as usual, until it is known better: see `job_begun`.
            self._busy(returned.arrangement_id, returned.truck, self.busy_s)
        else:
            self.jobs.pop(returned.arrangement_id, None)
        if self._turn_over(returned.arrangement_id):
            if returned.outcome == "held":
                self.free = max(0, self.free - 1)
                self.next_at = self.now
            else:
                self.free = 0
                self._pass_over(returned.arrangement_id)
        self._go_on()

    @told("job.begun")
    def job_begun(self, job: JobBegun) -> None:
        """A truck is on its way; learn what that takes."""
        self._busy(job.arrangement_id, job.truck, job.busy_s)
        self.begun += 1
        weight = max(LEARN, 1.0 / self.begun)
        self.eta_s += weight * (job.eta_s - self.eta_s)
        self.busy_s += weight * (job.busy_s - self.busy_s)
        self._go_on()

    def _busy(self, arrangement_id: str, truck: str, busy_s: float) -> None:
        """A truck has a job: where it was free sooner than expected, not its old one any more."""
        if truck:
            self.jobs.pop(self.trucks.pop(truck, ""), None)
            self.trucks[truck] = arrangement_id
        self.jobs[arrangement_id] = self.now + busy_s
        for kept in (self.jobs, self.trucks):
            if len(kept) > MAX_JOBS:
                del kept[next(iter(kept))]

    @due("wake")
    def wake(self) -> None:
        """Something is due."""
        if self.turn is not None and self.turn_by <= self.now:
            self.turn = None
        if self.asked and self.probe_by <= self.now:
            self._probed()
        self._go_on()

    def _turn_over(self, arrangement_id: str) -> bool:
        over = self.turn == arrangement_id
        if over:
            self.turn = None
        return over

    def _go_on(self) -> None:
        if self.turn not in self.waiting:
            self.turn = None  # she has left, or was erased
        if self.turn is None and not self.asked and self.waiting and self.next_at <= self.now:
            self.passed = []
            self._probe(self.order(self.now)[0])
        self._estimate()
        self._remind()

    def _probe(self, id_: str) -> None:
        """Ask what is free where somebody is."""
        first = self.waiting[id_]
        self.seeker = id_
        self.probes += 1
        self.free = 0
        self.asked = list(first.operators)
        self.probe_by = self.now + 2 * PROBE_S
        self.next_at = self.now + self.pause_s
        for operator in self.asked:
            request = Request(
                asker=self.id, arrangement_id=f"probe-{self.probes}", leg="tow",
                round=self.probes, body=first.body, by=self.now + PROBE_S,
            )  # fmt: skip
            self.tell(operator, "availability.requested", request)

    def _probed(self) -> None:
        """All have said what is free: let the first one book whom it may reach."""
        self.asked = []
        late = OVERDUE_S if not self.free else 0.0
        self.jobs = {id_: at for id_, at in self.jobs.items() if at + late > self.now}
        self.next_at = self.now + self.pause_s
        first = next((id_ for id_ in self.order(self.now) if id_ not in self.passed), None)
        if not self.free or first is None:
            self._pass_over(self.seeker or "")
            return
        self.turn, self.turn_by = first, self.now + TURN_S
        self.tell(self.waiting[first].asker, "turn.given", Turn(arrangement_id=first))

    def _pass_over(self, id_: str) -> None:
        """Nothing is free for her: perhaps for another one; then wait a while."""
        self.passed = [*self.passed, id_]
        self.next_at = self.now + self.pause_s
        if len(self.passed) >= LOOKS:
            return
        known = {*self.passed, *self.tried}
        other = next((id_ for id_ in self.order(self.now) if id_ not in known), None)
        if other is None:
            self.tried = []
        else:
            self.tried = [*(tried for tried in self.tried if tried in self.waiting), other]
            self._probe(other)

    # -- when --------------------------------------------------------------------------------

    def _estimate(self) -> None:
        """Tell who waits when her truck should be there, if that is news."""
        if self.asked or self.turn is not None:
            return  # it will be known in a moment
        trucks = [self.now] * self.free
        trucks += [max(at, self.now + self.pause_s) for at in self.jobs.values()]
        if not trucks:
            return  # all are with others: nobody can say
        heapify(trucks)
        for place, id_ in enumerate(self.order(self.now), 1):
            free_at = heappop(trucks)
            heappush(trucks, free_at + self.busy_s)
            if free_at > self.now:  # else she has hers in a moment
                self._tell_wait(id_, free_at + self.eta_s, place)

    def _tell_wait(self, id_: str, arrives_at: float, place: int) -> None:
        one = self.waiting[id_]
        if one.told_at is None or abs(arrives_at - one.told_at) >= self.news_s:
            one.told_at = arrives_at
            wait = WaitEstimated(arrangement_id=id_, arrives_at=arrives_at, place=place)
            self.tell(one.asker, "wait.estimated", wait)

    def _remind(self) -> None:
        times = []
        if self.turn is not None:
            times.append(self.turn_by)
        elif self.asked:
            times.append(self.probe_by)
        elif self.waiting:
            times.append(max(self.next_at, self.now + 1.0))
        if times:
            self.remind("wake", at=min(times))
        else:
            self.forget("wake")
