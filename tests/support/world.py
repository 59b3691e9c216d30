"""World: twins, messages, effects and time in memory, each twin by itself.

    world = World(seed=7)
    world.send("vehicle/v1", "telemetry", {"coolant_c": 80.0}, origin=Origin.DEVICE)
    world.run()                  # delivers until nothing is under way at this time
    world.run_until(lambda: …)   # lets time pass, from reminder to reminder

It does what a partition does (decode, check the origin, keep the order), but for each pair of
twins, not of partitions, and it lets tests look into a turn. With a seed the order among pairs is
drawn, and twins are stored and restored at random. `actors.testing.Fleet` has real partitions.
"""

from collections import deque
from dataclasses import dataclass
from typing import Any

import msgspec

from actors.testing import START, Device, Outside
from twins.event import encode_message
from twins.handler import Origin
from twins.ids import EVERY_PARTITION, split
from twins.kind import kind_of
from twins.outputs import Effect, Tell
from twins.testing import play
from twins.turn import Turn
from twins.twin import Twin

__all__ = ["START", "World", "encode_turn", "replay"]


@dataclass
class Car(Device):
    """What a car does with its commands."""

    speed_kmh: float = 50.0

    def refuses(self, command: dict[str, Any]) -> bool:
        """It opens no trunk while it drives."""
        return command["name"] == "open_trunk" and self.speed_kmh > 0


class World(Outside):
    """All of it. Time stands still until a test lets it pass."""

    device: Car

    def __init__(self, seed: int | None = None) -> None:
        super().__init__(seed)
        self.device = Car()
        self.functions["remaining_useful_life"] = lambda _: {"remaining_life_h": 1.5}
        self.twins: dict[str, Twin] = {}
        self.announced: list[Tell] = []
        """What was told to every partition; there is none here."""
        self.log: list[tuple[float, str, str, bytes]] = []
        """(now, twin, type, payload) of all that was handled, in order; `replay` takes it."""
        self.outputs: list[bytes] = []
        """What each of these caused, encoded."""
        self._pairs: dict[tuple[str, str], deque[tuple[str, bytes, Origin]]] = {}
        self._due: dict[tuple[str, str], float] = {}

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

    # -- running -----------------------------------------------------------------------------

    def under_way(self) -> list[Any]:
        """Pairs of twins of which one has told the other something."""
        return [pair for pair, queue in self._pairs.items() if queue]

    def deliver(self, message: Any) -> None:
        """Deliver the next message of a pair."""
        queue = self._pairs[message]
        event_type, payload, origin = queue.popleft()
        if not queue:
            del self._pairs[message]
        self._handle(message[1], event_type, payload, origin)

    def next_reminder(self) -> float | None:
        """When the next reminder is due."""
        return min(self._due.values(), default=None)

    def remind(self) -> None:
        """Fire the reminders that are due."""
        due = sorted((at, *key) for key, at in self._due.items() if at <= self.now)
        for at, twin_id, name in due:
            if self._due.get((twin_id, name)) == at:
                del self._due[twin_id, name]
                self._handle(twin_id, f"due.{name}", msgspec.msgpack.encode(at), Origin.INSIDE)

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
            told = encode_message(tell.data, id=tell.id, source=twin_id)
            self._put(twin_id, tell.to, tell.type, told, Origin.TWIN)
        # As from the outbox: what is in it is what was encoded.
        self.caused(msgspec.msgpack.decode(msgspec.msgpack.encode(turn.effects), type=list[Effect]))
        self.signals += turn.signals
        return answer


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
