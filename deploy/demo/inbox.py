"""Inbox: where customers' messages arrive: a small HTTP receiver on 127.0.0.1.

It stands for all apps that a customer may like. As any receiver should, it checks who signed a
message, and knows the ids of those that it has.
"""

import asyncio
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final, Self

import msgspec
import uvicorn
from msgspec import Struct
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from actors.supervisors.offer import Offer
from gateway.channels import SIGNATURE, verify_signature
from twins.people.messages import Survey

HOST: Final = "127.0.0.1"
MAX_BYTES: Final = 256 * 1024
KEPT: Final = 10_000
"""How many ids of messages are remembered."""


class Message(Struct, kw_only=True, omit_defaults=True):
    """A message as a customer's app gets it."""

    id: str
    to: str
    """Customer id."""
    name: str
    language: str
    subject: str
    text: str
    link: str | None = None
    offer: Offer | None = None
    survey: Survey | None = None
    app: str = ""
    """Which app it came by; the receiver fills it in."""


class _QuietServer(uvicorn.Server):
    """Leaves signals to the demo, which has more to end than this; and says when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = asyncio.Event()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, and say so."""
        await super().startup(sockets)
        self.listening.set()


class Inbox:
    """Receives messages while it is open: `async with Inbox(…) as inbox`.

    Args:
        webhook_key: Messages are signed with it.
        arrived: Called with every message that is new.
        port: Where to listen; 0, or one that is taken: any free one.
        clock: Seconds since the epoch.
    """

    def __init__(
        self,
        webhook_key: bytes,
        arrived: Callable[[Message], None],
        port: int = 0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._key = webhook_key
        self._arrived = arrived
        self._clock = clock
        self._ids: dict[str, None] = {}
        self._listener = listen(port)
        self.port: int = self._listener.getsockname()[1]
        self.repeats = 0
        """Messages that came again."""
        self.app = Starlette(routes=[Route("/{app}/{customer}", self._post, methods=["POST"])])
        config = uvicorn.Config(
            self.app, log_level="error", access_log=False, lifespan="off",
            timeout_graceful_shutdown=1,
        )  # fmt: skip
        self._server = _QuietServer(config)
        self._task: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        """Where messages go, before `/<app>/<customer>`."""
        return f"http://{HOST}:{self.port}"

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._server.serve(sockets=[self._listener]))
        listening = asyncio.create_task(self._server.listening.wait())
        await asyncio.wait({self._task, listening}, return_when=asyncio.FIRST_COMPLETED)
        listening.cancel()
        if self._task.done():
            self._task.result()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.should_exit = True
        if self._task is not None:
            await asyncio.wait({self._task}, timeout=3.0)
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        self._listener.close()

    async def _post(self, request: Request) -> Response:
        body = await request.body()
        if len(body) > MAX_BYTES:
            return Response("too large", 413)
        if not verify_signature(self._key, request.headers.get(SIGNATURE, ""), body, self._clock()):
            return Response("not signed by this Vigil, or too old", 403)
        try:
            message = msgspec.json.decode(body, type=Message)
        except msgspec.DecodeError as error:
            return Response(f"no message: {error}", 422)
        if message.id in self._ids:
            self.repeats += 1
            return Response(status_code=200)
        self._ids[message.id] = None
        if len(self._ids) > KEPT:
            del self._ids[next(iter(self._ids))]
        message.app = request.path_params["app"]
        self._arrived(message)
        return Response(status_code=202)


def listen(port: int) -> socket.socket:
    """A listener on the port, or on a free one where that is taken."""
    for wanted in (port, 0):
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, wanted))
        except OSError:
            listener.close()
            if wanted == 0:
                raise
        else:
            listener.listen()
            return listener
    raise AssertionError("the second round returns or raises")


def dump(message: Message) -> dict[str, Any]:
    """A message as plain data, to be kept."""
    data: dict[str, Any] = msgspec.to_builtins(message)
    return data
