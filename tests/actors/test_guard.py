"""The guard: what does not come back is stopped, and nothing else is."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from actors.guard import Guard, OutOfTime
from twins.event import Event

SECONDS = 0.05


class Block:
    """Something that handles events."""

    def __init__(self) -> None:
        self.running: Event | None = None

    def event(self, name: str = "e") -> Event:
        """Begin the next event."""
        self.running = Event(name, "note", "probe/p1", 0.0, "probe/p1", None)
        return self.running


@pytest.fixture
def guard() -> Iterator[Guard]:
    """A guard of this thread, without its own: `look` is called by hand, or by `started`."""
    guard = Guard(SECONDS)
    yield guard
    guard.settle()
    guard.stop()


def loop() -> None:
    """Never come back."""
    while True:
        pass


def busy() -> None:
    """Use up more time than an event may take."""
    clock = Guard(0.0)._clock
    since = clock()
    while clock() - since < 2 * SECONDS:
        pass


def test_a_loop_is_stopped(guard: Guard) -> None:
    """The event that looped is named, and the thread goes on afterwards."""
    guard.start()
    block = Block()
    event = block.event()
    guard.begin(block)
    with pytest.raises(OutOfTime):
        loop()
    guard.settle()
    busy()

    assert event is guard.stopped


def test_a_loop_that_catches_everything_is_stopped_again(guard: Guard) -> None:
    """Whoever catches it once is stopped a second time."""
    guard.start()
    block = Block()
    block.event()
    caught = []
    guard.begin(block)
    for _ in range(3):
        try:
            loop()
        except OutOfTime:
            caught.append(True)
    guard.settle()

    assert [True] * 3 == caught


def test_many_quick_events_are_let_go_on(guard: Guard) -> None:
    """Not a block's time counts, but one event's."""
    block = Block()
    guard.begin(block)
    for number in range(5):
        block.event(str(number))
        guard.look()
        busy()
    block.event("last")
    guard.look()
    guard.look()
    guard.end()

    assert None is guard.stopped


def test_an_event_equal_to_the_last_one_is_another(guard: Guard) -> None:
    """Events are told apart by being others, not by what they say."""
    block = Block()
    for _ in range(3):
        guard.begin(block)
        block.event()
        guard.look()
        busy()
        block.event()
        guard.look()
        guard.end()

    assert None is guard.stopped


def test_between_blocks_nothing_is_stopped(guard: Guard) -> None:
    """What the loop does else may take its time, whatever was handled last."""
    block = Block()
    block.event()
    guard.begin(block)
    guard.look()
    guard.end()
    busy()
    guard.look()
    guard.begin(block)  # a block of which nothing is handled: the last event is still the old one
    guard.look()
    guard.end()

    assert None is guard.stopped


def test_what_ends_meanwhile_is_not_stopped_later(guard: Guard) -> None:
    """An exception that is on its way is taken back when the block is at its end."""
    block = Block()
    event = block.event()
    for _ in range(200):
        try:
            guard.begin(block)
            guard._seen_block, guard._seen_event, guard._since = guard._watched, event, -1e9
            guard.look()
            guard.end()
        except OutOfTime:
            guard.settle()
        sum(range(50))

    assert event is guard.stopped


def test_races_between_both_threads_leave_nothing_behind() -> None:
    """Blocks that end just when they would be stopped: either they are, or nothing happens."""
    guard = Guard(0.001)
    guard.start()
    block, stopped = Block(), 0
    for number in range(400):
        block.event(str(number))
        try:
            guard.begin(block)
            sum(range(5_000 + 200 * (number % 100)))
            guard.end()
        except OutOfTime:
            guard.settle()
            stopped += 1
        sum(range(1000))
    guard.stop()

    assert stopped < 400, "what is in time is let go on"


def test_a_share_makes_the_time_longer(guard: Guard) -> None:
    """A replay gets more than once."""
    block = Block()
    block.event()
    guard.begin(block, share=100.0)
    guard.look()
    busy()
    guard.look()
    guard.end()

    assert None is guard.stopped


STUCK = """
import asyncio, re, sys
from actors.guard import exit_when_stuck

async def main():
    alive = asyncio.create_task(exit_when_stuck(0.5))
    await asyncio.sleep(0)
    if sys.argv[1] == "stuck":
        re.match(r"(a*)*b", "a" * 40)  # holds the interpreter, and takes ages
    alive.cancel()
    await asyncio.gather(alive, return_exceptions=True)
    re.match(r"(a*)*b", "a" * 20)

asyncio.run(main())
print("came back")
"""


@pytest.mark.parametrize("how", ["stuck", "lively"])
async def test_a_process_that_is_stuck_ends(how: str) -> None:
    """Inside of C, where no exception reaches; it says where it stood. A lively one goes on."""
    root = Path(__file__).parents[2]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", STUCK, how, cwd=root,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    out, errors = await process.communicate()

    assert (1 if how == "stuck" else 0) == process.returncode
    assert (b"" if how == "stuck" else b"came back\n") == out
    assert (b"re.match" in errors or b"Timeout" in errors) == (how == "stuck")
