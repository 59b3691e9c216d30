"""Testing: one twin by itself, with a test's clock, for whoever writes a kind or its rules.

    trial = Trial("oven/o1")
    trial.measure({"core_c": 251.0})                 # as its device would send it
    trial.advance(30)                                # reminders fire on the way
    assert ["core.hot"] == [signal.name for signal in trial.signals]
    assert 251.0 == trial.twin.core_c

What it tells others stays in `tells`, what it causes in `effects`. Several twins together, with
providers and people, are an `actors.testing.Fleet`.
"""

from collections.abc import Mapping
from itertools import count
from typing import Any

import msgspec

from twins.event import Event, encode_message
from twins.handler import Origin
from twins.ids import digest, split
from twins.kind import kind_of
from twins.outputs import Effect, Signal, Tell
from twins.turn import Turn, enter, leave
from twins.twin import Twin, handle, remind

START = 1_800_000_000.0
"""When a test begins: Friday, 2027-01-15 08:00 UTC."""


class Trial:
    """One twin, its reminders, and all that it caused.

    Args:
        twin_id: Its kind must be loaded.
        rules: Published rules, compiled: kind -> rule set.
    """

    def __init__(self, twin_id: str, rules: Mapping[str, Any] | None = None) -> None:
        name, key = split(twin_id)
        self.twin: Any = kind_of(name).new(key)
        self.now = START
        self.signals: list[Signal] = []
        self.tells: list[Tell] = []
        self.effects: list[Effect] = []
        self.turns: list[Turn] = []
        """What each message and each reminder caused, one by one."""
        self.rules = dict(rules or {})
        self._handled = 0
        self._due: dict[str, float] = {}
        self._numbers = count(1)

    def measure(self, data: Any, event_type: str = "telemetry", at: float | None = None) -> None:
        """Let its device send an event; `at` is its time, now by default."""
        self._send(event_type, data, Origin.DEVICE, at)

    def tell(self, event_type: str, data: Any = None, at: float | None = None) -> None:
        """Let another twin, or one of Vigil's own parts, send it a message; `at` as above."""
        self._send(event_type, data, Origin.INSIDE, at)

    def ask(self, name: str, data: Any = None) -> Any:
        """Call it, and return its answer; what its handler raises is raised."""
        return self._send(f"ask.{name}", data, Origin.INSIDE)

    def advance(self, seconds: float) -> None:
        """Let time pass; its reminders fire when they are due."""
        end = self.now + seconds
        while self._due:
            at, name = min((at, name) for name, at in self._due.items())
            if at > end:
                break
            del self._due[name]
            self.now = max(self.now, at)
            self._play(f"due.{name}", msgspec.msgpack.encode(at))
        self.now = end

    def restore(self) -> None:
        """Store the twin and read it back; what is not in its state is gone."""
        self.twin = self.twin.kind.restore(msgspec.json.encode(self.twin), self.twin.kind.schema)

    def _send(self, event_type: str, data: Any, origin: Origin, at: float | None = None) -> Any:
        handler = self.twin.kind.handler(event_type)
        assert origin >= handler.least, f"{event_type} comes from {handler.least.name.lower()} only"
        payload = encode_message(data, time=at, id=f"trial-{next(self._numbers)}")
        return self._play(event_type, payload)

    def _play(self, event_type: str, payload: bytes) -> Any:
        turn, answer = play(self.twin, self.now, event_type, payload, self.rules, self._handled)
        self._handled += 1
        self.turns.append(turn)
        self.signals += turn.signals
        self.tells += turn.tells
        self.effects += turn.effects
        for name, due in turn.reminders.items():
            if due is None:
                self._due.pop(name, None)
            else:
                self._due[name] = due
        return answer


def play(
    twin: Twin,
    now: float,
    event_type: str,
    payload: bytes,
    rules: Mapping[str, Any] | None = None,
    revision: int = 0,
) -> tuple[Turn, Any]:
    """Let a twin handle one message, as a partition does; returns its turn and its answer.

    Args:
        twin: It changes.
        now: The log's time, seconds since the epoch.
        event_type: Of the message; `due.<name>` is a reminder.
        payload: A `Message` in MessagePack; of a reminder the time that it was set for.
        rules: Published rules, compiled, by kind.
        revision: How many messages the twin has handled before.
    """
    turn = Turn(now)
    turn.rules = rules or {}
    reminder = event_type.removeprefix("due.") if event_type.startswith("due.") else None
    if reminder is not None:
        due = msgspec.msgpack.decode(payload, type=float)
        id_ = digest(twin.id, event_type, repr(due))
        event = Event(id_, event_type, twin.id, now, twin.id, None)
    else:
        message = twin.kind.handler(event_type).decode(payload)
        at = now if message.time is None else message.time
        source = message.source or twin.id
        event = Event(message.id or "", event_type, twin.id, at, source, message.data)
    token = enter(turn)
    try:
        turn.begin(twin.id, event, revision)
        answer = None
        if reminder is not None:
            remind(twin, reminder)
        else:
            answer = handle(twin, event, turn)
    finally:
        leave(token)
    return turn, answer
