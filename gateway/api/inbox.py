"""Inbox: requests in the devices' name, and the gateways' answers to them.

A gateway answers a device's message only to an inbox of that device, or of the whole fleet of its
kind: else a device could have answers sent to somebody else. The API sends for all kinds, so it
listens to the fleets' inboxes, under a name of its own.
"""

import asyncio
from itertools import count
from uuid import uuid4

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import NoRespondersError

from gateway.auth import FLEET

_NO_RESPONDERS = "503"


class DeviceInbox:
    """Request and reply on `devices.…`.

    Args:
        client: A connection of Vigil's own user.
    """

    def __init__(self, client: Client) -> None:
        self._client = client
        self._name = uuid4().hex
        self._numbers = count(1)
        self._waiting: dict[str, asyncio.Future[Msg]] = {}

    async def start(self) -> None:
        """Listen; before that nothing may be requested."""
        await self._client.subscribe(f"_INBOX.*.{FLEET}.{self._name}.*", cb=self._take)

    async def request(self, kind: str, subject: str, body: bytes, timeout_s: float) -> Msg:
        """Publish, and return the answer. Messages leave in the order of the calls.

        Raises `TimeoutError`, and `NoRespondersError` when surely nobody got it.
        """
        number = str(next(self._numbers))
        answer = self._waiting[number] = asyncio.get_running_loop().create_future()
        try:
            inbox = f"_INBOX.{kind}.{FLEET}.{self._name}.{number}"
            await self._client.publish(subject, body, reply=inbox)
            async with asyncio.timeout(timeout_s):
                message: Msg = await answer
        finally:
            del self._waiting[number]
        if message.headers and message.headers.get("Status") == _NO_RESPONDERS:
            raise NoRespondersError
        return message

    async def _take(self, message: Msg) -> None:
        answer = self._waiting.get(message.subject.rpartition(".")[2])
        if answer is not None and not answer.done():
            answer.set_result(message)
