"""A cluster in memory in which a city lives that has a past: history, and twins as they were."""

from typing import Any

import msgspec
from support.policy_services import CityServices

from actors.state import TwinState
from gateway.twin_views import HistoryEvent, TwinThen
from twins.event import Message
from twins.ids import split
from twins.kind import kind_of
from twins.testing import play

_decode = msgspec.msgpack.Decoder(Message[Any]).decode


class LoggedServices(CityServices):
    """A city with a past: positions are those of its log."""

    async def history(
        self, twin_id: str, since: float, until: float, limit: int
    ) -> tuple[list[HistoryEvent], bool]:
        """The twin's messages, of a span."""
        found = []
        for position, (at, subject, type_, payload) in enumerate(self.city.world.log, 1):
            if subject == twin_id and since <= at <= until and not type_.startswith("due."):
                message = _decode(payload)
                found.append(
                    HistoryEvent(position, at, at, type_, "twin", message.data, message.id)
                )
        return found[-limit:], len(found) > limit

    async def then(self, twin_id: str, position: int | None, at: float | None) -> TwinThen:
        """The twin as its messages made it."""
        kind, key = split(twin_id)
        twin = kind_of(kind).new(key)
        for now, subject, type_, payload in self.city.world.log[:position]:
            if subject == twin_id and (at is None or now <= at):
                play(twin, now, type_, payload)
        state = msgspec.to_builtins(twin)
        return TwinThen(
            TwinState(twin_id, kind, 0, 0, 0.0, 0, 0, exists=True, state=state), exact=True
        )
