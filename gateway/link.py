"""Link: one connection to NATS, for one device or for many.

It connects, stays connected, hands answers and commands to the devices behind it, and wakes those
whose answers are overdue.
"""

import asyncio
from typing import Protocol
from uuid import uuid4

import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError

from actors.cancelling import cancellable

logger = structlog.get_logger(__name__)

AGAIN_S = 0.5
"""Pause before connecting again, in seconds."""

REFUSED = "Authorization Violation"
"""What the server says to whom it does not let in."""

LOOK_S = 0.1
"""How often overdue answers are looked for, in seconds."""


class Member(Protocol):
    """A device behind a link."""

    async def answered(self, message: Msg, serial: int, round_: int) -> None:
        """Take the gateway's answer to one message."""

    async def commanded(self, message: Msg) -> None:
        """Take a command."""

    async def awake(self, now: float) -> None:
        """Send what is due. `now` is the loop's clock."""

    def reconnected(self, now: float) -> None:
        """Answers that were under way are lost."""


class Link:
    """One connection.

    Args:
        url: Of the server.
        user: Twin id, or `<kind>/*`.
        token: The user's device token.
        inbox: Prefix of reply subjects that the user may listen to.
        commands: Subject of the user's commands, `commands.<kind>.<key>.>`.
    """

    def __init__(self, url: str, user: str, token: str, *, inbox: str, commands: str) -> None:
        self._url, self._user, self._token = url, user, token
        self._inbox = f"{inbox}.{uuid4().hex}"
        self._inbox_prefix = inbox
        self._commands = commands
        self._members: list[Member] = []
        self._by_key: dict[str, Member] = {}
        self._client: Client | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._closed = asyncio.Event()
        self._connected = asyncio.Event()
        self.last_error: str | None = None
        """What the server or the connection said last, for people."""

    @property
    def connected(self) -> bool:
        """Whether messages can be sent now."""
        client = self._client
        return client is not None and client.is_connected

    async def wait_connected(self) -> None:
        """Return once there is a connection."""
        await self._connected.wait()

    def join(self, key: str, member: Member) -> str:
        """Add a device; returns the prefix of its reply subjects."""
        self._members.append(member)
        self._by_key[key] = member
        return f"{self._inbox}.{len(self._members) - 1}"

    def start(self) -> None:
        """Begin to connect, in the running loop."""
        self._tasks = [
            asyncio.create_task(self._keep_connected(), name=f"link-{self._user}"),
            asyncio.create_task(self._keep_awake(), name=f"link-look-{self._user}"),
        ]

    async def close(self) -> None:
        """Close the connection; what is not acknowledged stays with the devices."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []

    async def publish(self, subject: str, payload: bytes, reply: str = "") -> bool:
        """Send; False when there is no connection, and then it may or may not arrive."""
        client = self._client
        if client is None or not client.is_connected:
            return False
        try:
            await client.publish(subject, payload, reply=reply)
        except (NatsError, OSError) as error:
            self.last_error = repr(error)
            return False
        return True

    # -- the connection ----------------------------------------------------------------------

    async def _keep_connected(self) -> None:
        """Connect, and again whenever the client gives up, which it does on some errors."""
        while True:
            self._closed.clear()
            client = Client()
            try:
                with cancellable():
                    await self._open(client)
                await self._closed.wait()
            except (NatsError, OSError, TimeoutError) as error:
                self._note(error)
            finally:
                self._client = None
                self._connected.clear()
                await asyncio.shield(client.close())
            await asyncio.sleep(AGAIN_S)

    async def _open(self, client: Client) -> None:
        async def complain(error: Exception) -> None:
            self._note(error)

        async def closed() -> None:
            self._closed.set()

        await client.connect(
            self._url,
            user=self._user,
            password=self._token,
            name=self._user,
            inbox_prefix=self._inbox_prefix,
            max_reconnect_attempts=-1,
            reconnect_time_wait=AGAIN_S,  # type: ignore[arg-type]  # it sleeps so long; whole seconds are not needed
            ping_interval=10,
            error_cb=complain,
            reconnected_cb=self._reconnected,
            closed_cb=closed,
        )
        await client.subscribe(f"{self._inbox}.>", cb=self._answer)
        await client.subscribe(self._commands, cb=self._command)
        # The client's ping may overtake the subscriptions; the second one cannot.
        await client.flush()
        await client.flush()
        self._client, self.last_error = client, None
        self._connected.set()
        await self._reconnected()

    def _note(self, error: Exception) -> None:
        text = str(error) or repr(error)
        if text != self.last_error:
            logger.info("link", user=self._user, error=text)
        if not (isinstance(error, OSError) and REFUSED in (self.last_error or "")):
            # The server hangs up on whom it refuses; what counts is that it refused.
            self.last_error = text

    async def _reconnected(self) -> None:
        now = asyncio.get_running_loop().time()
        for member in list(self._members):
            member.reconnected(now)
            await member.awake(now)

    # -- what comes in -----------------------------------------------------------------------

    async def _answer(self, message: Msg) -> None:
        index, serial, round_ = message.subject.rsplit(".", 3)[1:]
        await self._members[int(index)].answered(message, int(serial), int(round_))

    async def _command(self, message: Msg) -> None:
        member = self._by_key.get(message.subject.split(".", 3)[2])
        if member is not None:
            await member.commanded(message)

    async def _keep_awake(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(LOOK_S)
            if self.connected:
                now = loop.time()
                with cancellable():
                    for member in list(self._members):
                        await member.awake(now)
