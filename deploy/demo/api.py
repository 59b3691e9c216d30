"""Api: Vigil's HTTP API for code that must not wait: each call runs in a thread of its own."""

import asyncio
from typing import Any, Protocol

from actors.state import TwinState
from gateway.client import Client
from gateway.twin_views import Asked, Sent


class Api(Protocol):
    """What the demo needs of Vigil. Calls raise `ApiProblem` and `ApiUnreachable`."""

    async def state(self, twin_id: str) -> TwinState:
        """Read a twin."""

    async def ask(self, twin_id: str, name: str, data: Any, event_id: str) -> Asked:
        """Call a twin; an id counts once."""

    async def send(self, twin_id: str, event_type: str, data: Any, event_id: str) -> Sent:
        """Send a twin an event in Vigil's own name; durable on return; an id counts once."""


class HttpApi:
    """The real one.

    Args:
        client: Is shared by all threads.
    """

    def __init__(self, client: Client) -> None:
        self._client = client

    async def state(self, twin_id: str) -> TwinState:
        """See `Api.state`."""
        return await asyncio.to_thread(self._client.state, twin_id)

    async def ask(self, twin_id: str, name: str, data: Any, event_id: str) -> Asked:
        """See `Api.ask`."""
        return await asyncio.to_thread(self._client.ask, twin_id, name, data, event_id)

    async def send(self, twin_id: str, event_type: str, data: Any, event_id: str) -> Sent:
        """See `Api.send`."""
        return await asyncio.to_thread(
            self._client.send, twin_id, event_type, data, event_id=event_id
        )
