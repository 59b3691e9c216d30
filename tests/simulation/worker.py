"""The effect worker: durable, in order, each id once; its outcomes may come late and twice."""

from collections import deque
from collections.abc import Callable
from random import Random
from typing import Any

import msgspec

from actors.block import Entry
from twins.event import encode_message
from twins.handler import Origin
from twins.outputs import Effect, Outcome


class Worker:
    """Holds effects, and executes those of one order one after the other.

    Args:
        publish: Takes the outcome on its way back to the twin.
    """

    def __init__(self, publish: Callable[[Entry], None], chance: Random) -> None:
        self._publish = publish
        self._chance = chance
        self.held: dict[str, bytes] = {}
        """Effect id -> the effect, as it was first given."""
        self.executed: list[Effect] = []
        self._orders: dict[str, deque[Effect]] = {}

    def accept(self, effects: list[Effect]) -> None:
        """Hold effects durably; those known already must be the same ones, byte for byte."""
        for effect in effects:
            body = msgspec.msgpack.encode(effect)
            known = self.held.setdefault(effect.id, body)

            assert known == body, f"effect {effect.id} came back as another one"
            if known is body:
                self._orders.setdefault(effect.order, deque()).append(effect)

    @property
    def idle(self) -> bool:
        """Nothing waits."""
        return not self._orders

    def step(self) -> None:
        """Execute the first effect of some order, and let its outcome go back."""
        if not self._orders:
            return
        order = self._chance.choice(list(self._orders))
        effect = self._orders[order].popleft()
        if not self._orders[order]:
            del self._orders[order]
        self.executed.append(effect)
        fails = int(effect.id, 16) % 4 == 0
        outcome: dict[str, Any] = {"reason": "refused"} if fails else {"result": {"ok": True}}
        name = "failed" if fails else "done"
        payload = encode_message(
            Outcome(effect_id=effect.id, key=effect.key, **outcome), id=f"{effect.id}.{name}"
        )
        self._publish(Entry(effect.twin_id, f"{effect.name}.{name}", Origin.INSIDE, payload))
