"""The effect worker: durable, in order, each id once."""

from collections import deque
from collections.abc import Callable
from random import Random

import msgspec

from twins.outputs import Effect


class Worker:
    """Holds effects, and executes those of one order one after the other.

    Args:
        carry_out: Executes an effect, and lets its outcome go back.
    """

    def __init__(self, carry_out: Callable[[Effect], None], chance: Random) -> None:
        self._carry_out = carry_out
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
        """Execute the first effect of some order."""
        if not self._orders:
            return
        order = self._chance.choice(list(self._orders))
        effect = self._orders[order].popleft()
        if not self._orders[order]:
            del self._orders[order]
        self.executed.append(effect)
        self._carry_out(effect)
