"""A cluster in memory in which twins really live: partitions, rules, repeats and replies are real.

Only what leaves the twins goes nowhere unless a test says where (`fleet.providers`).
"""

from typing import Any

import msgspec
from support.fake_services import START, FakeServices

from actors.block import Entry, decode_block
from actors.errors import AskFailed, AskUnknown
from actors.snapshot import new_twin, snapshot
from actors.state import TwinState
from actors.testing import Fleet
from actors.travel import Travel
from actors.words import WORDS
from gateway.api.services import Ack, Refusal, Sender
from gateway.twin_views import TwinThen
from twins.errors import TwinError
from twins.event import Message, encode_message
from twins.handler import Origin
from twins.ids import partition_of, split
from twins.kind import kind_of

PARTITIONS = 4

_decode = msgspec.msgpack.Decoder(Message[Any]).decode


class FleetServices(FakeServices):
    """Calls, events and reads go to the twins of a `Fleet`; all else is the fake's."""

    def __init__(self) -> None:
        super().__init__()
        self.fleet = Fleet(PARTITIONS)
        self.fleet.now = START

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.fleet.advance(seconds)
        self.now = self.fleet.now

    async def ask(self, twin_id: str, name: str, data: Any, event_id: str) -> Any:
        """Let the twin answer, through its partition's log."""
        self._fail()
        payload = encode_message(data, id=event_id)
        kind_of(split(twin_id)[0])
        shard = self._put(Entry(twin_id, f"ask.{name}", Origin.INSIDE, payload))
        reply = shard.partition.replies.get(event_id)
        if reply is None:
            raise AskUnknown(f"{event_id} is not kept any more")
        if reply.error is not None:
            raise AskFailed(reply.error)
        return reply.value

    async def send(
        self, twin_id: str, event_type: str, body: bytes, sender: Sender, timeout_s: float
    ) -> Ack | Refusal:
        """Let the twin take it, unless a gateway would refuse it."""
        answer = await super().send(twin_id, event_type, body, sender, timeout_s)
        if isinstance(answer, Refusal):
            return answer
        origin = Origin.DEVICE if sender == "device" else Origin.INSIDE
        try:
            kind = kind_of(split(twin_id)[0])
            handler = WORDS.get(event_type) or kind.handler(event_type)
            handler.decode(body)
        except (TwinError, msgspec.DecodeError) as error:
            return Refusal(422, str(error))
        if origin < handler.least:
            return Refusal(403, f"{event_type} comes from Vigil's own parts only")
        shard = self._put(Entry(twin_id, event_type, origin, body))
        return Ack(shard.partition.number, len(shard.log))

    def _put(self, entry: Entry) -> Any:
        shard = self.fleet._shard(entry.subject)
        self.fleet._apply(shard, shard.block(entry))
        self.fleet.run()
        return shard

    async def state(self, twin_id: str, min_position: int | None = None) -> TwinState:
        """The twin as its partition has it."""
        self._fail()
        if (min_position or 0) > self.fleet._shard(twin_id).partition.position:
            raise TimeoutError(f"position {min_position} is not reached")
        partition = self.fleet._shard(twin_id).partition
        cell = partition.peek(twin_id)
        if cell is None:
            return new_twin(twin_id, 2, partition.position, partition.now)
        return snapshot(cell, 2, partition.position, partition.now)

    async def then(self, twin_id: str, position: int | None, at: float | None) -> TwinThen:
        """Replay the partition's log."""
        self._fail()
        shard = self.fleet._shard(twin_id)
        travel = Travel(shard.partition.number, PARTITIONS, twin_id)
        for number, (body, stamp) in enumerate(shard.log, 1):
            if (position is not None and number > position) or (at is not None and stamp > at):
                break
            travel.take(decode_block(body), body, number, stamp)
        return TwinThen(travel.state(), exact=True)

    def _find(self, where: str) -> list[TwinState]:
        known = [twin_id for shard in self.fleet._shards for twin_id in shard.known]
        for twin_id in known:
            partition = self.fleet._shards[partition_of(twin_id, PARTITIONS)].partition
            cell = partition.peek(twin_id)
            if cell is not None:
                self.states[twin_id] = snapshot(cell, 2, partition.position, partition.now)
        return super()._find(where)
