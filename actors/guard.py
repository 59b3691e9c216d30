"""Guard: stops a handler that does not come back.

A thread looks at what the event loop's thread handles. When one event has used more of that
thread's processor time than it may, `OutOfTime` is raised in the midst of it. Where that lands
nobody can say, so whoever catches it throws away what it was working on. Processor time, not the
wall clock's: an event does not take longer because the machine is busy.

A handler that no exception reaches (it waits, or is inside of a C function) leaves the whole loop
standing; `exit_when_stuck` then ends the process, from a thread that needs nothing of Python's.
"""

import asyncio
import ctypes
import faulthandler
import sys
import threading
import time
from collections.abc import Callable
from typing import Protocol

from twins.event import Event

LOOKS = 5
"""How often it is looked within the time that an event may take."""


class OutOfTime(BaseException):
    """What is being handled has used up its time. No handler catches it by `except Exception`."""


class Watched(Protocol):
    """What a partition shows of itself while it applies a block."""

    @property
    def running(self) -> Event | None:
        """The event that is being handled, or was last."""


class Guard:
    """Watches over the blocks that one thread applies, one after the other.

    Between `begin` and `end` `OutOfTime` may be raised anywhere; after `end`, or `settle` for
    those who caught something, nowhere. Both cost next to nothing, and nothing an event.

    Args:
        seconds: Processor time that one event may take.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._thread_id = threading.get_ident()
        self._clock = _clock_of(self._thread_id)
        self._watched: tuple[Watched, float] | None = None
        """(what applies a block, seconds that one event may take): a new tuple for each block."""
        self._seen_block: object = None
        self._seen_event: Event | None = None
        self._since = 0.0
        self._raising = False
        self.stopped: Event | None = None
        """The event that was stopped since the last `begin`."""
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look_on, name="guard", daemon=True)

    def start(self) -> None:
        """Watch this thread from now on."""
        self._thread_id = threading.get_ident()
        self._clock = _clock_of(self._thread_id)
        self._thread.start()

    def stop(self) -> None:
        """Watch no more."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join()

    def begin(self, watched: Watched, share: float = 1.0) -> None:
        """A block begins; each of its events may take `share` of the time."""
        self.stopped = None
        self._watched = (watched, self._seconds * share)

    def end(self) -> None:
        """The block is applied."""
        self._watched = None
        # Invariant: whoever raises says so first, and then looks whether it is still wanted.
        while self._raising:
            time.sleep(0.0001)
        if self.stopped is not None:
            _raise_in(self._thread_id, None)

    def settle(self) -> None:
        """End, and take what is still on its way."""
        while True:
            try:
                self.end()
            except OutOfTime:
                continue
            return

    def _look_on(self) -> None:
        while not self._ended.wait(self._seconds / LOOKS):
            self.look()

    def look(self) -> None:
        """Stop the event that has used up its time, if there is one."""
        watched = self._watched
        event = watched[0].running if watched is not None else None
        now = self._clock()
        if event is None or watched is not self._seen_block or event is not self._seen_event:
            self._seen_block, self._seen_event, self._since = watched, event, now
            return
        assert watched is not None
        if now - self._since < watched[1]:
            return
        self._raising = True
        try:
            if self._watched is watched and watched[0].running is event:
                self.stopped = event
                _raise_in(self._thread_id, OutOfTime)
        finally:
            self._raising = False
        self._since = now  # and again, if it was caught and it goes on


async def exit_when_stuck(seconds: float) -> None:
    """End the process, with a traceback on stderr, when the loop stands still for so long.

    Run it as a task for as long as the process has partitions; cancelling it takes it back.
    """
    try:
        while True:
            faulthandler.dump_traceback_later(seconds, exit=True, file=sys.__stderr__ or 2)
            await asyncio.sleep(seconds / 4)
    finally:
        faulthandler.cancel_dump_traceback_later()


def _clock_of(thread_id: int) -> Callable[[], float]:
    """A clock of one thread's processor time; the wall clock's where there is none."""
    if not hasattr(time, "pthread_getcpuclockid"):
        return time.monotonic
    clock = time.pthread_getcpuclockid(thread_id)
    return lambda: time.clock_gettime(clock)


def _raise_in(thread_id: int, error: type[BaseException] | None) -> None:
    """Let a thread raise at its next instruction; None takes that back, if it did not yet."""
    ctypes.pythonapi.PyThreadState_SetAsyncExc(
        ctypes.c_ulong(thread_id), None if error is None else ctypes.py_object(error)
    )
