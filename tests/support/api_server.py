"""The API over a cluster in memory: in process, or served on a port of its own."""

import asyncio
import socket
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any, Generic, TypeVar

import httpx2
import uvicorn
from fastapi import FastAPI
from support.fake_services import FakeServices

from gateway.api.access import Keys
from gateway.api.app import create_app
from gateway.api.callers import Admission
from gateway.api.context import Limits
from gateway.auth import device_token
from gateway.channels.settings import ChannelSettings
from gateway.settings import PeopleSettings, RuleSettings, StreetSettings

T = TypeVar("T")
S = TypeVar("S", bound=FakeServices)

OPERATOR = "operator-token-of-the-tests"
DEVICE_KEY = b"device-key-of-the-tests-32-bytes"
OFFER_KEY = b"offer-key-of-the-tests-32-bytes!"
PRIVACY = "privacy-token-of-the-tests"
KEYS = Keys(OPERATOR, DEVICE_KEY, OFFER_KEY, PRIVACY)
AS_OPERATOR = {"Authorization": f"Bearer {OPERATOR}"}


def as_device(user: str) -> dict[str, str]:
    """The header with which a device signs in."""
    return {"Authorization": f"Bearer {user}:{device_token(DEVICE_KEY, user)}"}


def app_of(
    services: FakeServices, limits: Limits | None = None, rules: RuleSettings | None = None,
    channels: ChannelSettings | None = None, people: PeopleSettings | None = None,
    streets: StreetSettings | None = None, admission: Admission | None = None,
) -> FastAPI:  # fmt: skip
    """The application of a cluster in memory."""
    return create_app(services, KEYS, limits, rules, channels, people, streets, admission)


def client_of(
    services: FakeServices, limits: Limits | None = None, channels: ChannelSettings | None = None,
    people: PeopleSettings | None = None, streets: StreetSettings | None = None,
    admission: Admission | None = None,
) -> httpx2.AsyncClient:  # fmt: skip
    """A client that calls the application in this process. Streams come whole, at their end."""
    app = app_of(services, limits, None, channels, people, streets, admission)
    transport = httpx2.ASGITransport(app=app)
    return httpx2.AsyncClient(transport=transport, base_url="http://vigil.test")


class ApiServer(Generic[S]):
    """A served API, in a thread of its own."""

    def __init__(self, services: S, url: str, loop: asyncio.AbstractEventLoop) -> None:
        self.services = services
        self.url = url
        self._loop = loop

    def call(self, function: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        """Call a function in the server's thread, where the cluster in memory lives."""

        async def run() -> T:
            return function(*args, **kwargs)

        return self.wait(run())

    def wait(self, what: Awaitable[T]) -> T:
        """Wait for something that happens in the server's thread."""

        async def run() -> T:
            return await what

        return asyncio.run_coroutine_threadsafe(run(), self._loop).result(30)


class _Server(uvicorn.Server):
    """Says when it is up, instead of being asked again and again."""

    def __init__(self, config: uvicorn.Config, up: threading.Event) -> None:
        super().__init__(config)
        self._up = up

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._up.set()


@contextmanager
def served(
    services: S, limits: Limits | None = None, rules: RuleSettings | None = None,
    people: PeopleSettings | None = None, admission: Admission | None = None,
    streets: StreetSettings | None = None,
) -> Iterator[ApiServer[S]]:  # fmt: skip
    """Serve the API on a free port of 127.0.0.1."""
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    config = uvicorn.Config(
        app_of(services, limits, rules, None, people, streets, admission),
        log_config=None,
        access_log=False,
        ws="none",
        timeout_graceful_shutdown=1,
    )
    up = threading.Event()
    server = _Server(config, up)
    loop = asyncio.new_event_loop()

    def run() -> None:
        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            runner.run(server.serve([listener]))

    thread = threading.Thread(target=run, name="api-server")
    thread.start()
    try:
        assert up.wait(30), "the server did not come up"
        yield ApiServer(services, f"http://127.0.0.1:{port}", loop)
    finally:
        server.should_exit = True
        thread.join(30)
        listener.close()
