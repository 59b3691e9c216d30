"""The stories of the golden logs: what is played when they are recorded."""

from collections import deque
from typing import Any

import golden.kinds  # noqa: F401 - it registers the kinds of the first story
import msgspec
from support.city import CAR, OWNER, SUPERVISOR, city
from support.feed import START, Feed, device, inside, numbered, resume, skip

from actors.block import Entry
from actors.parked import PART
from actors.testing import RefusedError
from twins.event import Message
from twins.outputs import Effect, Outcome, Target

TICKS = 12
"""How many reminders the roadside story sees."""

A, B = "golden_house/a", "golden_house/b"


def formats() -> Feed:
    """All that blocks and checkpoints may hold: each class of message, and each sort of output."""
    feed = Feed()
    feed.apply(
        numbered(A, "warmth", {"at": START + 1, "inside_c": 20.0, "outside_c": 5.0}, 1),
        numbered(A, "warmth", [{"at": START + n, "inside_c": 22.0 + n} for n in range(2, 8)], 3),
        numbered(A, "door", {"at": START + 3, "open": True}, 2),
        device(B, "warmth", {"inside_c": 19.5}, id="first", time=START + 4),
        device(B, "door", {"open": False}, time=START + 5),
        device(B, "door", {"open": False}, time=START + 5),
        at=10.0,
    )
    feed.apply(
        device(A, "move", {"to": B}, source="hub", boot=2, sequence=70, traceparent="00-ab-cd-01"),
        device(B, "move", {"to": A, "steps": 7}, source="hub", boot=2, sequence=6),
        inside(A, "ask.steps", None, "call-1"),
        at=11.0,
    )
    feed.apply(inside(A, "ask.nothing", None, "call-2"), at=9.0)
    _hear(feed, 12.0)
    feed.apply(numbered(B, "lock", {"until": START + 60}, 1), numbered(B, "lock", {}, 2), at=13.0)
    feed.apply(numbered(B, "move", {"to": A}, 3), at=14.0)
    feed.tick(45.0)
    feed.apply(resume(B, "try-1"), at=46.0)
    feed.apply(resume(B, "try-2"), numbered("no_such_kind/x", "move", {}, 1), at=61.0)
    feed.apply(skip(B, "try-3"), at=62.0)
    feed.apply(numbered(A, "door", {"at": START + 70, "open": False}, 4), at=70.0)
    _hear(feed, 71.0)
    feed.apply(numbered(B, "lock", {"until": START + 1e6}, 4), at=72.0)
    (first, *_) = [it for caused in feed.partition.outbox.effects for it in caused.effects]
    outcome = Outcome(effect_id=first.id, key=first.key, result={"lit": True}, at=START + 73)
    feed.apply(inside(first.twin_id, "light.done", outcome, f"{first.id}.done"), at=74.0)
    return feed


def queued() -> Feed:
    """The same, and a twin for which more waits than one part of its book holds."""
    feed = formats()
    for at in range(PART + 6):
        reading = {"at": START + 80 + at, "inside_c": 20.0}
        feed.apply(*[numbered(B, "warmth", reading, 10 + 2 * at + n) for n in (0, 1)], at=80.0 + at)
    return feed


def roadside() -> Feed:
    """A car overheats; help is arranged, she accepts, and the truck is on its way."""
    return _Roadside().play()


def _hear(feed: Feed, at: float) -> None:
    """Let the partition read what its own twins told, as far as it did not yet."""
    heard = {body for body, _ in feed.log}
    for _, body in list(feed.partition.outbox.pairs[0].waiting):
        if body not in heard:
            feed.take(body, at)


class _Roadside:
    """One partition and the city around it, without any fault."""

    def __init__(self) -> None:
        self.city = city()
        self.feed = Feed()
        self.now = 0.0
        self._outside: deque[Entry] = deque()
        self._position = 0
        self._number = 0

    def play(self) -> Feed:
        """Give the settings, let the car get hot, and go on follow for a while."""
        for _, twin_id, event_type, payload in self.city.world.log:
            if event_type == "configured":
                data = msgspec.msgpack.decode(payload, type=Message[Any]).data
                if twin_id == OWNER:
                    data["calendar"] = []
                self._say(inside(twin_id, "configured", data, f"set {twin_id}"))
        self._rest()
        for degree in range(94, 107):
            self.now += 1.0
            self._number += 1
            reading = {"at": START + self.now, "coolant_c": float(degree), "speed_kmh": 0.0,
                       "lat": 60.17, "lon": 24.94, "rpm": 900.0}  # fmt: skip
            self._say(numbered(CAR, "telemetry", reading, self._number))
            self._rest()
        for _ in range(TICKS):
            due = self.feed.partition.reminders.next_due()
            assert due is not None, "the story is over too soon"
            self.now = max(self.now, due - START)
            self.feed.tick(self.now)
            self._rest()
        return self.feed

    def _say(self, entry: Entry) -> None:
        self._outside.append(entry)

    def _rest(self) -> None:
        """Deliver messages and execute effects until nothing moves at this time."""
        outbox = self.feed.partition.outbox
        while True:
            pair = outbox.pairs.get(0)
            told = [item for item in (pair.waiting if pair else []) if item[0] > self._position]
            if told:
                self._position, body = told[0]
                self.feed.take(body, self.now)
            elif self._outside:
                self.feed.apply(self._outside.popleft(), at=self.now)
            elif outbox.effects:
                caused = outbox.effects[0]
                for effect in caused.effects:
                    self._carry_out(effect)
                outbox.accepted(caused.position)
            else:
                return

    def _carry_out(self, effect: Effect) -> None:
        """Ask whom the effect is for; the outcome comes with the next block."""
        result, reason = None, None
        try:
            result = self._do(effect)
        except RefusedError as refusal:
            reason = str(refusal)
        outcome = Outcome(effect_id=effect.id, key=effect.key, result=result, at=START + self.now,
                          reason=None if reason is None else "refused", detail=reason)  # fmt: skip
        name = "done" if reason is None else "failed"
        id_ = f"{effect.id}.{name}"
        self._say(inside(effect.twin_id, f"{effect.name}.{name}", outcome, id_))

    def _do(self, effect: Effect) -> Any:
        if effect.target is Target.PROVIDER:
            provider = self.city.world.providers[effect.address]
            return provider.call(effect.request, START + self.now)
        if effect.target is Target.COMPUTE:
            return {"remaining_life_h": 1.5}
        if effect.target is Target.CHANNEL:
            answer = {"arrangement_id": effect.request["offer"]["arrangement_id"], "accept": True,
                      "answered_by": "her"}  # fmt: skip
            self._say(inside(SUPERVISOR, "offer.answered", answer, f"answer {effect.id}"))
        else:
            for state in ("delivered", "done"):
                self._number += 1
                said = {"id": effect.request["id"], "state": state}
                self._say(numbered(effect.twin_id, "command.progress", said, self._number))
        return None


STORIES = {"formats-2": queued, "roadside-2": roadside}
"""Name of the file -> its story. Add a new one beside a format's last; replace none."""

OLDER = ("formats-1", "roadside-1")
"""Files of formats that are still read, and no longer written."""
