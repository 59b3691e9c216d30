"""Cancelling: no task goes on after it was told to end."""

import asyncio
from typing import cast

import pytest
from nats.aio.client import Client

from actors.cancelling import cancellable
from actors.log import request


class Answering:
    """A NATS client that waits for its answers as nats-py does."""

    def __init__(self) -> None:
        self.answer: asyncio.Future[object] = asyncio.get_running_loop().create_future()
        self.asked = asyncio.Event()

    async def request(self, *_: object, **__: object) -> object:
        """Wait for the one answer."""
        self.asked.set()
        return await asyncio.wait_for(self.answer, 10)


async def test_a_cancellation_that_comes_with_the_answer_is_heard() -> None:
    """A request whose answer and whose end come in one turn of the loop ends its task."""
    client = Answering()
    asking = asyncio.create_task(request(cast("Client", client), "log.0.in"))
    await client.asked.wait()
    client.answer.set_result(object())
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking


async def test_an_error_does_not_hide_a_cancellation() -> None:
    """What the code inside raises in the same turn comes second."""
    client = Answering()
    asking = asyncio.create_task(request(cast("Client", client), "log.0.in"))
    await client.asked.wait()
    client.answer.set_exception(OSError("gone"))
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking


async def test_one_who_cleans_up_may_go_on() -> None:
    """Who was cancelled before, and asks on its way out, gets its answers."""
    answers = []

    async def work() -> None:
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            with cancellable():
                answers.append(await asyncio.wait_for(asyncio.sleep(0, "answer"), 10))

    working = asyncio.create_task(work())
    await asyncio.sleep(0)
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)

    assert ["answer"] == answers


async def test_a_timeout_around_it_is_none() -> None:
    """A cancellation by a timeout becomes that timeout's error."""

    async def work() -> None:
        async with asyncio.timeout(0):
            with cancellable():
                await Answering().request()

    with pytest.raises(TimeoutError):
        await work()
