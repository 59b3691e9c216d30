"""A wire to a server that can be cut, and mended: what a connection that drops is tried with."""

import asyncio
from typing import Self
from urllib.parse import urlsplit


class Wire:
    """Passes on bytes to a server, both ways. `async with Wire(url) as wire: wire.url`."""

    def __init__(self, url: str) -> None:
        address = urlsplit(url)
        assert address.hostname is not None
        assert address.port is not None
        self._to = (address.hostname, address.port)
        self._ends: set[asyncio.StreamWriter] = set()
        self._whole = True
        self._server: asyncio.Server

    @property
    def url(self) -> str:
        """Where it begins."""
        host, port = self._server.sockets[0].getsockname()
        return f"http://{host}:{port}"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._join, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        self.cut()

    def cut(self) -> None:
        """End all connections, in the middle of whatever they say, and refuse new ones."""
        self._whole = False
        for end in self._ends:
            end.transport.abort()

    def mend(self) -> None:
        """Let new ones through."""
        self._whole = True

    async def _join(self, near: asyncio.StreamReader, answer: asyncio.StreamWriter) -> None:
        if not self._whole:
            answer.transport.abort()
            return
        far, ask = await asyncio.open_connection(*self._to)
        both = {answer, ask}
        self._ends |= both
        await asyncio.gather(_pass(near, ask), _pass(far, answer))
        self._ends -= both


async def _pass(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    try:
        while data := await source.read(65_536):
            target.write(data)
            await target.drain()
    except OSError:
        pass  # cut
    finally:
        target.close()
