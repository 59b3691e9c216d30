"""A node starts its log server again when it has ended, and when it is stuck and need not be."""

import asyncio
from typing import Any

import pytest

from deploy import node
from deploy.settings import Settings


class Server:
    """A log server; its life is a list of (alive, stuck, room), one a look."""

    def __init__(self, *life: tuple[bool, bool, bool]) -> None:
        self._life = iter(life)
        self.done: list[str] = []
        self.over = asyncio.Event()
        self._now = (True, False, True)

    @property
    def alive(self) -> bool:
        """The first that is asked at each look."""
        try:
            self._now = next(self._life)
        except StopIteration:
            self.over.set()
            self._now = (True, False, True)
        return self._now[0]

    def stuck(self) -> bool:
        """Whether it could not write."""
        return self._now[1]

    def has_room(self) -> bool:
        """Whether its disk takes something."""
        return self._now[2]

    async def stop(self) -> None:
        """It is stopped."""
        self.done.append("stop")

    async def start(self) -> None:
        """It is started."""
        self.done.append("start")


WELL = (True, False, True)


@pytest.mark.parametrize(
    ("life", "expected"),
    [
        ([WELL, WELL], []),
        ([WELL, (False, False, True), WELL], ["start"]),
        # It is stuck, and there is no room: starting it would not help.
        ([WELL, (True, True, False), (True, True, False)], []),
        ([(True, True, False), (True, True, True), WELL], ["stop", "start"]),
    ],
)
async def test_the_log_server_is_looked_after(
    monkeypatch: pytest.MonkeyPatch, life: list[tuple[bool, bool, bool]], expected: list[str]
) -> None:
    """Started at most once for one reason."""
    monkeypatch.setattr(node, "WATCH_S", 0)
    one = node.Node(Settings())
    server: Any = Server(*life)
    one.server = server
    watching = asyncio.create_task(one._keep_nats())
    await server.over.wait()
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)

    assert expected == server.done
