"""A cluster in memory in which rulebooks really live, and partitions take up what they publish."""

from copy import deepcopy
from typing import Any

import httpx2
import msgspec
from support.fake_services import FakeServices
from support.rules import Oven
from support.world import START, World

import twins.rulebook
from actors.errors import AskFailed
from actors.state import TwinState
from twins.errors import TwinError
from twins.event import encode_message
from twins.handler import Origin
from twins.testing import play
from twins.turn import Hit

assert twins.rulebook, "the kinds that this is about"
assert Oven.kind, "the kind that the rules are for"


class RuleServices(FakeServices):
    """Rulebooks and partitions are twins of a `World`; all else is the fake's."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        self.deaf: set[int] = set()
        """Partitions that have not heard of anything yet."""
        self._known: dict[str, Any] = {}

    async def ask(self, twin_id: str, name: str, data: Any, event_id: str) -> Any:
        """Let a rulebook answer; what it refuses leaves no trace, and an id counts once."""
        if not twin_id.startswith("rulebook/"):
            return await super().ask(twin_id, name, data, event_id)
        self._fail()
        self.asked.append((twin_id, name, data, event_id))
        if event_id not in self._known:
            before = deepcopy(self.world.twin(twin_id))
            try:
                answer = self.world.ask(twin_id, name, data)
            except (TwinError, msgspec.ValidationError) as error:
                self.world.twins[twin_id] = before
                raise AskFailed(f"{type(error).__name__}: {error}") from error
            self._publish()
            self._known[event_id] = msgspec.to_builtins(answer)
        return self._known[event_id]

    def _publish(self) -> None:
        """Bring what was told to every partition to those that hear."""
        for tell in self.world.announced:
            for number in range(self.partitions):
                if number not in self.deaf:
                    source = f"rulebook/{tell.data.kind}"
                    payload = encode_message(tell.data, id=tell.id, source=source)
                    self._deliver(f"partition/{number}", tell.type, payload)
        self.world.announced.clear()
        self.world.run()

    def _deliver(self, twin_id: str, event_type: str, payload: bytes) -> None:
        turn, _ = play(self.world.twin(twin_id), START, event_type, payload)
        for tell in turn.tells:
            self.world.send(tell.to, tell.type, tell.data, origin=Origin.TWIN)

    def saw(self, partition: int, rule: str, twin_id: str, at: float = START) -> None:
        """Let a shadow rule have a hit."""
        self.world.twin(f"partition/{partition}").saw(Hit(rule, twin_id, at))

    async def state(self, twin_id: str, min_position: int | None = None) -> TwinState:
        """The twin as the world has it."""
        self._show()
        return await super().state(twin_id, min_position)

    def _find(self, where: str) -> list[TwinState]:
        self._show()
        return super()._find(where)

    def _show(self) -> None:
        for twin_id, twin in self.world.twins.items():
            state = msgspec.json.decode(msgspec.json.encode(twin))
            state.pop("key")
            self.add(twin_id, **state)


async def publish(client: httpx2.AsyncClient, *pages: dict[str, Any]) -> None:
    """Publish rules of ovens."""
    path = "/v1/rules/oven/drafts"
    draft = (await client.post(path, json={"by": "ann", "put": pages})).json()
    published = await client.post(f"{path}/{draft['id']}/publish", json={"by": "ann"})

    assert 200 == published.status_code, published.text
