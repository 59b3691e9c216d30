"""World: twins, messages, effects and time in memory, for tests of kinds and supervisors.

    world = World(seed=7)
    world.send("vehicle/v1", "telemetry", {"coolant_c": 80.0}, origin=Origin.DEVICE)
    world.run()                  # delivers until nothing is under way at this time
    world.run_until(lambda: …)   # lets time pass, from reminder to reminder

It does what a partition does (decode, check the origin, keep the order of each pair of twins), and
plays the outside: providers, a device, a person. With a seed the order among pairs is drawn, and
twins are stored and restored at random; `fault` decides what goes wrong.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import count
from random import Random
from typing import Any

import msgspec
from support.providers import FakeProvider, RefusedError

from twins.event import Event, encode_message
from twins.handler import Origin
from twins.ids import EVERY_PARTITION, digest, split
from twins.kind import kind_of
from twins.outputs import Effect, Outcome, Signal, Target, Tell
from twins.turn import Turn, enter, leave
from twins.twin import Twin, handle, remind

START = 1_800_000_000.0
"""Friday, 2027-01-15 08:00 UTC."""


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


@dataclass
class Device:
    """What a car does with its commands."""

    speed_kmh: float = 50.0
    silent: bool = False
    done: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


@dataclass(order=True)
class _Timer:
    at: float
    number: int
    act: Callable[[], None] = field(compare=False)


class World:
    """All of it. Time stands still until `run_until` lets it pass."""

    def __init__(self, seed: int | None = None) -> None:
        self.chance = None if seed is None else Random(seed)
        self.now = START
        self.twins: dict[str, Twin] = {}
        self.providers: dict[str, FakeProvider] = {}
        self.device = Device()
        self.customer: Callable[[dict[str, Any]], dict[str, Any] | None] = lambda _: None
        """What the person says to an offer; None: nothing."""
        self.answers_after_s = 20.0
        self.fault: Callable[[Effect], Fault] = lambda _: Fault()
        self.signals: list[Signal] = []
        self.effects: list[Effect] = []
        self.notices: list[dict[str, Any]] = []
        self.announced: list[Tell] = []
        """What was told to every partition; there is none here."""
        self.log: list[tuple[float, str, str, bytes]] = []
        """(now, twin, type, payload) of all that was handled, in order; `replay` takes it."""
        self.outputs: list[bytes] = []
        """What each of these caused, encoded."""
        self._pairs: dict[tuple[str, str], deque[tuple[str, bytes, Origin]]] = {}
        self._orders: dict[str, deque[Effect]] = {}
        self._busy: set[str] = set()
        self._due: dict[tuple[str, str], float] = {}
        self._timers: list[_Timer] = []
        self._numbers = count(1)

    # -- sending -----------------------------------------------------------------------------

    def send(
        self, twin_id: str, event_type: str, data: Any = None, *, origin: Origin = Origin.INSIDE,
        id_: str | None = None,
    ) -> None:  # fmt: skip
        """Put an event from outside of the twins on its way."""
        payload = encode_message(data, id=id_ or f"outside-{next(self._numbers)}")
        self._put("outside", twin_id, event_type, payload, origin)

    def ask(self, twin_id: str, name: str, data: Any = None) -> Any:
        """Call a twin, now, and return what it answers."""
        payload = encode_message(data, id=f"ask-{next(self._numbers)}")
        return self._handle(twin_id, f"ask.{name}", payload, Origin.INSIDE)

    def twin(self, twin_id: str) -> Any:
        """The twin, made if it is new."""
        found = self.twins.get(twin_id)
        if found is None:
            kind, key = split(twin_id)
            found = self.twins[twin_id] = kind_of(kind).new(key)
        return found

    def after(self, seconds: float, act: Callable[[], None]) -> None:
        """Do something later."""
        heappush(self._timers, _Timer(self.now + seconds, next(self._numbers), act))

    # -- running -----------------------------------------------------------------------------

    def run(self, most: int = 100_000) -> None:
        """Deliver until nothing is under way at this time."""
        for _ in range(most):
            if not self._step():
                return
        raise AssertionError(f"still busy after {most} deliveries")

    def run_until(self, done: Callable[[], bool], most_s: float = 6 * 3600.0) -> None:
        """Let time pass until `done`, or raise after so many seconds."""
        end = self.now + most_s
        self.run()
        while not done():
            at = self._next()
            assert at is not None, "nothing is due any more, and it is not done"
            assert at <= end, f"not done after {most_s} s"
            self.now = max(self.now, at)
            self._wake()
            self.run()

    def pass_time(self, seconds: float) -> None:
        """Let so much time pass, with all that is due in it."""
        end = self.now + seconds
        self.run()
        while (at := self._next()) is not None and at <= end:
            self.now = max(self.now, at)
            self._wake()
            self.run()
        self.now = end

    def _next(self) -> float | None:
        times = list(self._due.values())
        if self._timers:
            times.append(self._timers[0].at)
        return min(times, default=None)

    def _wake(self) -> None:
        due = sorted((at, *key) for key, at in self._due.items() if at <= self.now)
        for at, twin_id, name in due:
            if self._due.get((twin_id, name)) == at:
                del self._due[twin_id, name]
                self._handle(twin_id, f"due.{name}", msgspec.msgpack.encode(at), Origin.INSIDE)
        while self._timers and self._timers[0].at <= self.now:
            heappop(self._timers).act()

    def _step(self) -> bool:
        """Deliver one message or carry out one effect."""
        orders = [key for key, queue in self._orders.items() if queue and key not in self._busy]
        choices: list[Any] = [key for key, queue in self._pairs.items() if queue] + orders
        if not choices:
            return False
        choice = choices[0] if self.chance is None else self.chance.choice(choices)
        if isinstance(choice, tuple):
            queue = self._pairs[choice]
            event_type, payload, origin = queue.popleft()
            if not queue:
                del self._pairs[choice]
            self._handle(choice[1], event_type, payload, origin)
        else:
            self._carry_out(choice, self._orders[choice].popleft())
        return True

    def _put(
        self, sender: str, to: str, event_type: str, payload: bytes, origin: Origin
    ) -> None:  # fmt: skip
        self._pairs.setdefault((sender, to), deque()).append((event_type, payload, origin))

    def _handle(self, twin_id: str, event_type: str, payload: bytes, origin: Origin) -> Any:
        twin = self.twin(twin_id)
        if self.chance is not None and self.chance.random() < 0.2:
            # As if it had been evicted: what is not in its state is gone.
            twin = self.twins[twin_id] = twin.kind.restore(
                msgspec.json.encode(twin), twin.kind.schema
            )
        if not event_type.startswith("due."):
            assert origin >= twin.kind.handler(event_type).least, f"{origin} {event_type}"
        turn, answer = play(twin, self.now, event_type, payload)
        self.log.append((self.now, twin_id, event_type, payload))
        self.outputs.append(encode_turn(turn))
        for name, due in turn.reminders.items():
            if due is None:
                self._due.pop((twin_id, name), None)
            else:
                self._due[twin_id, name] = due
        for tell in turn.tells:
            if tell.to == EVERY_PARTITION:
                self.announced.append(tell)
                continue
            told = encode_message(tell.data, id=tell.id)
            self._put(twin_id, tell.to, tell.type, told, Origin.TWIN)
        for effect in turn.effects:
            # As from the outbox: what is in it is what was encoded.
            stored = msgspec.msgpack.decode(msgspec.msgpack.encode(effect), type=Effect)
            self.effects.append(stored)
            self._orders.setdefault(effect.order, deque()).append(stored)
        self.signals += turn.signals
        return answer

    # -- the outside -------------------------------------------------------------------------

    def _carry_out(self, order: str, effect: Effect) -> None:
        fault = self.fault(effect)
        if effect.expires_at is not None and self.now >= effect.expires_at:
            fault = Fault(carried_out=False, reason="expired")
        result, reason, detail = None, fault.reason, fault.detail
        if fault.carried_out:
            try:
                result = self._do(effect)
            except RefusedError as refusal:
                reason, detail = reason or "refused", detail or str(refusal)
        name = f"{effect.name}.{'done' if reason is None else 'failed'}"
        outcome = Outcome(
            effect_id=effect.id, key=effect.key, result=result, reason=reason, detail=detail,
            at=self.now,
        )  # fmt: skip

        def report() -> None:
            self._busy.discard(order)
            self.send(effect.twin_id, name, outcome, id_=name.join((effect.id, "")))

        if fault.silent:
            return
        if fault.delay_s:
            self._busy.add(order)
            self.after(fault.delay_s, report)
        else:
            report()

    def _do(self, effect: Effect) -> Any:
        if effect.target is Target.PROVIDER:
            return self.providers[effect.address].call(effect.request, self.now)
        if effect.target is Target.CHANNEL:
            self.notices.append(effect.request)
            offer = effect.request["offer"]
            said = self.customer(offer)
            if said is not None:
                answer = {"arrangement_id": offer["arrangement_id"], "answered_by": "her", **said}
                self.after(
                    self.answers_after_s,
                    lambda: self.send(offer["supervisor"], "offer.answered", answer),
                )
            return None
        if effect.target is Target.COMPUTE:
            return {"remaining_life_h": 1.5}
        self._command(effect)
        return None

    def _command(self, effect: Effect) -> None:
        device, command = self.device, effect.request
        if device.silent or command["id"] in device.done:
            return
        refuses = command["name"] == "open_trunk" and device.speed_kmh > 0
        (device.refused if refuses else device.done).append(command["id"])
        for state in ("delivered", "refused" if refuses else "done"):
            progress = {"id": command["id"], "state": state}
            self.after(
                1.0,
                lambda progress=progress: self.send(  # type: ignore[misc]  # a default binds it
                    effect.twin_id, "command.progress", progress, origin=Origin.DEVICE
                ),
            )


def play(twin: Twin, now: float, event_type: str, payload: bytes) -> tuple[Turn, Any]:
    """Let a twin handle one entry of a log, as a partition does."""
    turn = Turn(now)
    if event_type.startswith("due."):
        due = msgspec.msgpack.decode(payload, type=float)
        event = Event(digest(twin.id, event_type, repr(due)), event_type, twin.id, now, twin.id,
                      None)  # fmt: skip
    else:
        message = twin.kind.handler(event_type).decode(payload)
        at = now if message.time is None else message.time
        source = message.source or twin.id
        event = Event(message.id or "", event_type, twin.id, at, source, message.data)
    token = enter(turn)
    try:
        turn.begin(twin.id, event)
        if event_type.startswith("due."):
            remind(twin, event_type.removeprefix("due."))
            answer = None
        else:
            answer = handle(twin, event, turn)
    finally:
        leave(token)
    return turn, answer


def encode_turn(turn: Turn) -> bytes:
    """What a turn caused, as bytes to compare."""
    return msgspec.msgpack.encode([turn.tells, turn.effects, turn.signals, turn.reminders])


def replay(log: list[tuple[float, str, str, bytes]]) -> tuple[dict[str, bytes], list[bytes]]:
    """Play a log on new twins; returns their states (JSON) and what each entry caused."""
    twins: dict[str, Twin] = {}
    outputs: list[bytes] = []
    for now, twin_id, event_type, payload in log:
        kind, key = split(twin_id)
        twin = twins.setdefault(twin_id, kind_of(kind).new(key))
        outputs.append(encode_turn(play(twin, now, event_type, payload)[0]))
    return {twin_id: msgspec.json.encode(twin) for twin_id, twin in twins.items()}, outputs
