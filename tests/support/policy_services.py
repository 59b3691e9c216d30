"""A cluster in memory in which a city lives: its policies, supervisors and people are real."""

from copy import deepcopy
from typing import Any

import msgspec
from support.city import City, city
from support.fake_services import FakeServices

from actors.errors import AskFailed
from actors.state import TwinState
from gateway.api.services import Ack, Refusal, Sender
from twins.errors import TwinError
from twins.event import Message


class CityServices(FakeServices):
    """Calls, events and reads go to the twins of a `City`; all else is the fake's."""

    def __init__(self) -> None:
        self.city: City = city()
        super().__init__(self.city.world.now)

    async def ask(self, twin_id: str, name: str, data: Any, event_id: str) -> Any:
        """Let the twin answer; what it refuses leaves no trace."""
        self.asked.append((twin_id, name, data, event_id))
        world = self.city.world
        before = deepcopy(world.twin(twin_id))
        try:
            answer = world.ask(twin_id, name, data)
        except (TwinError, msgspec.ValidationError) as error:
            world.twins[twin_id] = before
            raise AskFailed(f"{type(error).__name__}: {error}") from error
        world.run()
        return msgspec.to_builtins(answer)

    async def send(
        self, twin_id: str, event_type: str, body: bytes, sender: Sender, timeout_s: float
    ) -> Ack | Refusal:
        """Let the twin take it."""
        data = msgspec.msgpack.decode(body, type=Message[Any]).data
        self.city.world.send(twin_id, event_type, data)
        self.city.world.run()
        return await super().send(twin_id, event_type, body, sender, timeout_s)

    async def state(self, twin_id: str, min_position: int | None = None) -> TwinState:
        """The twin as the world has it."""
        self._show()
        return await super().state(twin_id, min_position)

    def _find(self, where: str) -> list[TwinState]:
        self._show()
        return super()._find(where)

    def _show(self) -> None:
        self.now = self.city.world.now
        for twin_id, twin in self.city.world.twins.items():
            state = msgspec.json.decode(msgspec.json.encode(twin))
            state.pop("key")
            self.add(twin_id, **state)
