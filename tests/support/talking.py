"""Talking: a fleet in which a company answers one call of an arrangement twice.

A provider's own second answer is recognised by the call's id before its company's twin sees it
(`Fault.then` plays that). Here the twin itself speaks twice: it is a kind like any other, so that
whoever writes one may let it. The second answer is the same, or its contrary, and comes at once
or after a while.
"""

from enum import StrEnum
from typing import Any

import msgspec
from msgspec import Struct
from support.drawn import Drawn

from actors.block import Entry, decode_block
from actors.testing import Fault, Fleet
from actors.testing.fleet import _Shard
from twins.event import Message, encode_message
from twins.handler import Origin
from twins.outputs import Effect, Target


class Twice(StrEnum):
    """How it answers twice."""

    SAME = "the same"
    THEN_NO = "yes, then no"
    THEN_YES = "no, then yes"
    """Nothing was done at the first answer."""
    DONE_THEN_YES = "no though it was done, then yes"


NO_FIRST = (Twice.THEN_YES, Twice.DONE_THEN_YES)


class Again(Struct, frozen=True):
    """What is answered once more."""

    call: int
    """Which of all calls to providers, from 1."""
    how: Twice
    after_s: float | None = 0.0
    """How much later; None: never. There is then no second answer."""


class Talking(Fleet):
    """A fleet with one answer too many."""

    def __init__(self, partitions: int, again: Again | None, seed: int) -> None:
        super().__init__(partitions, seed)
        self.again = again
        self.calls = 0
        self.said = 0
        """Second answers."""
        self._asked: tuple[str, str] | None = None
        """(type of the answer, business key) of the call that is answered twice."""
        self.fault = self._decide

    def _decide(self, effect: Effect) -> Fault:
        if effect.target is not Target.PROVIDER:
            return Fault()
        self.calls += 1
        again = self.again
        if again is None or self.calls != again.call:
            return Fault()
        self._asked = (f"{effect.name}.answered", effect.key)
        if again.how not in NO_FIRST:
            return Fault()
        done = again.how is Twice.DONE_THEN_YES
        return Fault(carried_out=done, reason="refused", detail="not now")

    def _apply(self, shard: _Shard, body: bytes) -> None:
        entries = decode_block(body).entries
        super()._apply(shard, body)
        for entry in entries:
            if self._asked is not None and entry.origin == Origin.TWIN:
                self._perhaps_again(entry, *self._asked)

    def _perhaps_again(self, entry: Entry, event_type: str, key: str) -> None:
        again = self.again
        if again is None or again.after_s is None or entry.type != event_type:
            return
        data = msgspec.msgpack.decode(entry.payload, type=Message[Any]).data
        asker, arrangement_id, leg, round_, hold_id = key.split(" ")
        about = (entry.subject, data["arrangement_id"], data["leg"], data.get("hold_id", "-"))
        if about != (asker, arrangement_id, leg, hold_id) or data.get("round", 0) not in (
            0, int(round_),
        ):  # fmt: skip
            return
        self._asked = None
        if again.how is Twice.THEN_NO:
            data |= {"reason": "refused", "detail": "on second thoughts"}
        elif again.how in NO_FIRST:
            data.pop("reason", None)
        second = Entry(entry.subject, entry.type, Origin.TWIN, encode_message(data, id="again"))
        self.said += 1
        self.after(again.after_s, lambda: self._outside.append(second))


def talking(seed: int, again: Again | None) -> Drawn:
    """Draw one of a seed."""
    return Drawn(seed, lambda partitions: Talking(partitions, again, seed))
