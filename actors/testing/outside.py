"""Outside: what a twin's effects reach, in memory: providers, devices, people, computations.

Time stands still until a test lets it pass. What goes wrong, `fault` decides.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import count
from random import Random
from typing import Any

from actors.testing.provider import FakeProvider, RefusedError
from twins.handler import Origin
from twins.outputs import Effect, Outcome, Signal, Target
from twins.testing import START

MOST_DELIVERIES = 100_000
"""So many without any time passing are taken for an endless talk."""


@dataclass
class Fault:
    """What becomes of one effect."""

    carried_out: bool = True
    reason: str | None = None
    """None: it succeeds; else the outcome is a failure with this reason."""
    detail: str | None = None
    silent: bool = False
    """No outcome ever comes."""
    delay_s: float = 0.0
    then: "Fault | None" = None
    """It answers once more, so long after its first answer: the same, or something else."""


@dataclass
class Device:
    """What all devices do with their commands: a second later they are done."""

    silent: bool = False
    """They say nothing, and do nothing."""
    done: list[str] = field(default_factory=list)
    """Ids of commands."""
    refused: list[str] = field(default_factory=list)

    def refuses(self, command: dict[str, Any]) -> bool:  # noqa: ARG002 - for tests to override
        """Whether a device cannot do it now."""
        return False


@dataclass(order=True)
class _Timer:
    at: float
    number: int
    act: Callable[[], None] = field(compare=False)


class Outside:
    """The clock, and all that twins reach by effects. A subclass runs the twins.

    Args:
        seed: Draws in which order things happen that may happen in any; None takes the oldest.
    """

    def __init__(self, seed: int | None = None) -> None:
        self.chance = None if seed is None else Random(seed)
        self.now = START
        self.providers: dict[str, FakeProvider] = {}
        """By base URL."""
        self.device = Device()
        self.customer: Callable[[dict[str, Any]], dict[str, Any] | None] = lambda _: None
        """What the person says to an offer; None: nothing."""
        self.answers_after_s = 20.0
        self.functions: dict[str, Callable[[dict[str, Any]], Any]] = {}
        """Computations by their name."""
        self.calendars: dict[str, Callable[[dict[str, Any]], Any]] = {}
        """Feeds by their URL; each returns a `FeedAnswer` as plain data."""
        self.fault: Callable[[Effect], Fault] = lambda _: Fault()
        self.signals: list[Signal] = []
        self.effects: list[Effect] = []
        self.notices: list[dict[str, Any]] = []
        """What was sent to people."""
        self._orders: dict[str, deque[Effect]] = {}
        self._busy: set[str] = set()
        self._timers: list[_Timer] = []
        self._numbers = count(1)

    # -- what runs the twins -----------------------------------------------------------------

    def send(
        self, twin_id: str, event_type: str, data: Any = None, *, origin: Origin = Origin.INSIDE,
        id_: str | None = None,
    ) -> None:  # fmt: skip
        """Put an event from outside of the twins on its way; `run` delivers it."""
        raise NotImplementedError

    def under_way(self) -> list[Any]:
        """Messages that could be delivered now, oldest first."""
        raise NotImplementedError

    def deliver(self, message: Any) -> None:
        """Deliver one of those under way."""
        raise NotImplementedError

    def next_reminder(self) -> float | None:
        """When the next reminder is due."""
        raise NotImplementedError

    def remind(self) -> None:
        """Fire the reminders that are due."""
        raise NotImplementedError

    # -- time --------------------------------------------------------------------------------

    def run(self) -> None:
        """Deliver until nothing is under way at this time."""
        for _ in range(MOST_DELIVERIES):
            if not self._step():
                return
        raise AssertionError(f"still busy after {MOST_DELIVERIES} deliveries")

    def advance(self, seconds: float) -> None:
        """Let so much time pass, with all that is due in it."""
        end = self.now + seconds
        self.run()
        while (at := self._next()) is not None and at <= end:
            self._reach(at)
        self.now = end

    def run_until(self, done: Callable[[], bool], most_s: float = 6 * 3600.0) -> None:
        """Let time pass until `done`, or raise after so many seconds."""
        end = self.now + most_s
        self.run()
        while not done():
            at = self._next()
            assert at is not None, "nothing is due any more, and it is not done"
            assert at <= end, f"not done after {most_s} s"
            self._reach(at)

    def after(self, seconds: float, act: Callable[[], None]) -> None:
        """Do something later."""
        heappush(self._timers, _Timer(self.now + seconds, next(self._numbers), act))

    def _next(self) -> float | None:
        times = [self.next_reminder(), self._timers[0].at if self._timers else None]
        return min((at for at in times if at is not None), default=None)

    def _reach(self, at: float) -> None:
        self.now = max(self.now, at)
        self.remind()
        while self._timers and self._timers[0].at <= self.now:
            heappop(self._timers).act()
        self.run()

    def _step(self) -> bool:
        """Deliver one message or carry out one effect."""
        messages = self.under_way()
        orders = [key for key, queue in self._orders.items() if queue and key not in self._busy]
        choices = len(messages) + len(orders)
        if not choices:
            return False
        chosen = 0 if self.chance is None else self.chance.randrange(choices)
        if chosen < len(messages):
            self.deliver(messages[chosen])
        else:
            order = orders[chosen - len(messages)]
            queue = self._orders[order]
            effect = queue.popleft()
            if not queue:
                del self._orders[order]
            self._carry_out(order, effect)
        return True

    # -- effects -----------------------------------------------------------------------------

    def caused(self, effects: list[Effect]) -> None:
        """Take what a twin caused; effects of one order are carried out one after the other."""
        for effect in effects:
            self.effects.append(effect)
            self._orders.setdefault(effect.order, deque()).append(effect)

    def _carry_out(self, order: str, effect: Effect) -> None:
        fault = self.fault(effect)
        if effect.expires_at is not None and self.now >= effect.expires_at:
            fault = Fault(carried_out=False, reason="expired")
        answer = self._answer(effect, fault)

        def report() -> None:
            self._busy.discard(order)
            self._report(effect, answer)
            if fault.then is not None:
                self._again(effect, fault.then)

        if fault.silent:
            return
        if fault.delay_s:
            self._busy.add(order)
            self.after(fault.delay_s, report)
        else:
            report()

    def _again(self, effect: Effect, fault: Fault) -> None:
        self.after(fault.delay_s, lambda: self._report(effect, self._answer(effect, fault)))

    def _answer(self, effect: Effect, fault: Fault) -> Outcome:
        """Carry it out as the fault lets it, and say what came of it."""
        result, reason, detail = None, fault.reason, fault.detail
        if fault.carried_out:
            try:
                result = self._do(effect)
            except RefusedError as refusal:
                reason, detail = reason or "refused", detail or str(refusal)
        return Outcome(
            effect_id=effect.id, key=effect.key, result=result, reason=reason, detail=detail,
            at=self.now,
        )  # fmt: skip

    def _report(self, effect: Effect, outcome: Outcome) -> None:
        name = f"{effect.name}.{'done' if outcome.reason is None else 'failed'}"
        self.send(effect.twin_id, name, outcome, id_=f"{effect.id}{name}")

    def _do(self, effect: Effect) -> Any:
        if effect.target is Target.PROVIDER:
            return self.providers[effect.address].call(effect.request, self.now)
        if effect.target is Target.CHANNEL:
            self._tell_person(effect.request)
            return None
        if effect.target is Target.CALENDAR:
            return self.calendars[effect.address](effect.request)
        if effect.target is Target.COMPUTE:
            return self.functions[effect.address](effect.request)
        self._command(effect)
        return None

    def _tell_person(self, notice: dict[str, Any]) -> None:
        self.notices.append(notice)
        offer = notice.get("offer")
        said = self.customer(offer) if offer is not None else None
        if offer is not None and said is not None:
            answer = {"arrangement_id": offer["arrangement_id"], "answered_by": "her", **said}
            self.after(
                self.answers_after_s,
                lambda: self.send(offer["supervisor"], "offer.answered", answer),
            )

    def _command(self, effect: Effect) -> None:
        device, command = self.device, effect.request
        if device.silent or command["id"] in device.done:
            return
        refuses = device.refuses(command)
        (device.refused if refuses else device.done).append(command["id"])
        for state in ("delivered", "refused" if refuses else "done"):
            progress = {"id": command["id"], "state": state}
            self.after(
                1.0,
                lambda progress=progress: self.send(  # type: ignore[misc]  # a default binds it
                    effect.twin_id, "command.progress", progress, origin=Origin.DEVICE
                ),
            )
