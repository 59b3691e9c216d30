"""A plain MQTT 3.1.1 client for tests, by the library that most devices use."""

import asyncio
import socket
from types import TracebackType
from typing import Any, Self

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion


class Session:
    """One session; its client id is the user name unless told otherwise."""

    def __init__(
        self,
        port: int | None,
        user: str,
        token: str,
        *,
        client_id: str | None = None,
        will: tuple[str, bytes] | None = None,
    ) -> None:
        assert port is not None
        self._port = port
        self._loop = asyncio.get_running_loop()
        self._connected: asyncio.Future[bool] = self._loop.create_future()
        self._published: dict[int, asyncio.Event] = {}
        self._subscribed: dict[int, asyncio.Future[bool]] = {}
        self.messages: list[tuple[str, bytes, int]] = []
        self._client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id=user if client_id is None else client_id,
            protocol=MQTTProtocolVersion.MQTTv311,
            reconnect_on_failure=False,
        )
        self._client.username_pw_set(user, token)
        if will is not None:
            self._client.will_set(will[0], will[1], qos=1)
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = self._on_disconnect
        self._client.on_publish = self._on_publish
        self._client.on_subscribe = self._on_subscribe
        self._client.on_message = self._on_message

    async def __aenter__(self) -> Self:
        """Connect, or raise `ConnectionRefusedError`."""
        await asyncio.to_thread(self._client.connect, "127.0.0.1", self._port)
        self._client.loop_start()
        async with asyncio.timeout(10):
            if not await self._connected:
                await asyncio.to_thread(self._client.loop_stop)
                raise ConnectionRefusedError
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Disconnect."""
        self._client.disconnect()
        await asyncio.to_thread(self._client.loop_stop)

    def tear(self) -> None:
        """Break the connection without a word, so that the server publishes the will."""
        connection = self._client.socket()
        assert isinstance(connection, socket.socket)
        connection.shutdown(socket.SHUT_RDWR)

    async def publish(self, topic: str, body: bytes, qos: int = 1, within_s: float = 10.0) -> None:
        """Publish, and at QoS 1 wait for the PUBACK."""
        info = self._client.publish(topic, body, qos)
        if qos:
            event = self._published.setdefault(info.mid, asyncio.Event())
            async with asyncio.timeout(within_s):
                await event.wait()

    async def subscribe(self, topic: str, qos: int = 1) -> bool:
        """Subscribe; whether it was granted."""
        _, mid = self._client.subscribe(topic, qos)
        assert mid is not None
        future = self._subscribed.setdefault(mid, self._loop.create_future())
        async with asyncio.timeout(10):
            return await future

    # -- called in the library's thread -------------------------------------------------------

    def _on_connect(self, _client: Any, _data: Any, _flags: Any, code: Any, _more: Any) -> None:
        self._loop.call_soon_threadsafe(self._note_connected, not code.is_failure)

    def _on_disconnect(self, *_: Any) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._note_connected, False)  # noqa: FBT003 - a callback's value

    def _note_connected(self, connected: bool) -> None:
        if not self._connected.done():
            self._connected.set_result(connected)

    def _on_publish(self, _client: Any, _data: Any, mid: int, _code: Any, _more: Any) -> None:
        self._loop.call_soon_threadsafe(
            lambda: self._published.setdefault(mid, asyncio.Event()).set()
        )

    def _on_subscribe(self, _client: Any, _data: Any, mid: int, codes: Any, _more: Any) -> None:
        granted = not codes[0].is_failure
        self._loop.call_soon_threadsafe(
            lambda: self._subscribed.setdefault(mid, self._loop.create_future()).set_result(granted)
        )

    def _on_message(self, _client: Any, _data: Any, message: Any) -> None:
        self._loop.call_soon_threadsafe(
            self.messages.append, (message.topic, message.payload, message.qos)
        )
