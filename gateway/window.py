"""Window: what a device has to send, and when it sends which of it again. Pure.

Messages are sent in order, up to 64 at a time. Each is acknowledged by itself; when one is refused
for now, or not answered in time, everything not yet acknowledged is sent again from the oldest on
(go-back-N), with its own numbers. So messages reach the log in order, and repeats are recognised.

Every round of sending has a number. An answer to an earlier round counts when it is good news; a
refusal of an earlier round does not, for that message is under way again.
"""

import random
from collections import deque

from msgspec import Struct

MOST_IN_FLIGHT = 64
"""The span of numbers in flight; a twin recognises repeats within so many below the highest."""


LONGEST_S = 60.0
"""The longest that an answer is waited for, in seconds."""


class Item(Struct):
    """One message to be sent."""

    serial: int
    """Names it on this device; rises."""
    boot: int
    number: int
    type: str
    data: bytes
    """MessagePack."""
    time: float
    """When it happened, seconds since the epoch."""
    traceparent: str | None = None
    attempts: int = 0
    settled: bool = False
    """Acknowledged, refused for good, or dropped."""


class Sending(Struct):
    """What to put on the wire now."""

    item: Item
    base: int | None
    """The oldest number not acknowledged; None when it is this one."""
    round: int


class WindowStatistics(Struct, frozen=True):
    """What a window did so far, in messages."""

    sent: int
    """At least once."""
    acknowledged: int
    refused: int
    """For good."""
    dropped: int
    """Never sent to the end, because too many waited."""
    resent: int
    """Sendings beyond the first of each message."""
    pending: int
    in_flight: int


class Window:
    """The messages of one device, between `add` and `acknowledged`.

    Args:
        limit: Most messages kept, at least 65; the oldest that is not in flight makes room.
        timeout_s: How long an answer may take; twice as long after each time that it took longer,
            up to a minute, and slowly back.
        backoff_s: Pause after the first failure; it doubles up to `backoff_max_s`, and an
            acknowledgement sets it back.
        backoff_max_s: Longest pause.
        seed: Of the chance that spreads pauses, so that a fleet does not come back all at once.
    """

    def __init__(
        self,
        limit: int,
        *,
        timeout_s: float = 5.0,
        backoff_s: float = 0.2,
        backoff_max_s: float = 10.0,
        seed: object = 0,
    ) -> None:
        if limit <= MOST_IN_FLIGHT:
            raise ValueError(f"limit is {limit}; {MOST_IN_FLIGHT} in flight and one that waits")
        self._limit = limit
        self._timeout_s = self._patience_s = timeout_s
        self._backoff_s, self._backoff_max_s = backoff_s, backoff_max_s
        self._chance = random.Random(repr(seed))  # noqa: S311 - spreads pauses; guards nothing
        # Invariant: all of `_flying` was added before all of `_waiting`; both are in order.
        self._items: dict[int, Item] = {}
        self._flying: dict[int, Item] = {}
        self._waiting: deque[Item] = deque()
        self._sent_at: deque[tuple[float, Item, int]] = deque()
        self._last: Item | None = None
        """The last one sent in this round."""
        self._round = 0
        self._resume_at = 0.0
        self._failures = 0
        self._sent = self._acknowledged = self._refused = self._dropped = self._resent = 0

    def __len__(self) -> int:
        """Messages not settled."""
        return len(self._items)

    def add(self, item: Item) -> Item | None:
        """Take a message; returns the one that was dropped for it, if too many wait."""
        self._items[item.serial] = item
        self._waiting.append(item)
        if len(self._items) <= self._limit:
            return None
        oldest = self._next()
        assert oldest is not None  # the limit is above what may fly
        self._settle(oldest)
        self._dropped += 1
        return oldest

    def take(self, now: float) -> Sending | None:
        """The next message to put on the wire; None when there is none for the moment.

        `now` is a monotonic clock in seconds.
        """
        item = self._next()
        if item is None or now < self._resume_at:
            return None
        head = next(iter(self._flying.values()), item)
        if item is not head:
            last = self._last
            if (
                last is None
                or item.boot != last.boot
                or item.number != last.number + 1
                or item.number - head.number >= MOST_IN_FLIGHT
            ):
                # Behind a gap of numbers, or too far from the oldest: it waits to be the oldest.
                return None
        self._waiting.popleft()
        self._flying[item.serial] = item
        self._last = item
        self._sent_at.append((now, item, self._round))
        item.attempts += 1
        if item.attempts == 1:
            self._sent += 1
        else:
            self._resent += 1
        return Sending(item, None if item is head else head.number, self._round)

    def acknowledged(self, serial: int) -> Item | None:
        """A message is durable, whichever round it was of; None when that was known."""
        item = self._items.get(serial)
        if item is not None:
            self._settle(item)
            self._acknowledged += 1
            self._failures = 0
            if item.attempts == 1:
                self._patience_s = max(self._timeout_s, 0.95 * self._patience_s)
        return item

    def refused(self, serial: int) -> Item | None:
        """A message was refused for good; None when it is settled already."""
        item = self._items.get(serial)
        if item is not None:
            self._settle(item)
            self._refused += 1
        return item

    def not_now(self, round_: int, now: float) -> None:
        """A message of a round was refused for now, or must be sent again from the oldest on."""
        if round_ == self._round:
            self._go_back(now)

    def look(self, now: float) -> None:
        """Let answers be overdue; call it now and then."""
        sent_at = self._sent_at
        while sent_at and (sent_at[0][1].settled or sent_at[0][2] != self._round):
            sent_at.popleft()
        if sent_at and now - sent_at[0][0] > self._patience_s:
            # A gateway that is late gets no faster by being asked twice.
            self._patience_s = min(LONGEST_S, 2.0 * self._patience_s)
            self._go_back(now)

    def reconnected(self, now: float) -> None:
        """Answers that were under way are lost: begin again at once."""
        self._go_back(now)
        self._failures = 0
        self._resume_at = now

    @property
    def due_at(self) -> float | None:
        """When `look` or `take` has something to do; None while nothing is to be sent."""
        if self._flying:
            return self._sent_at[0][0] + self._patience_s if self._sent_at else 0.0
        return self._resume_at if self._items else None

    def _next(self) -> Item | None:
        waiting = self._waiting
        while waiting and waiting[0].settled:
            waiting.popleft()
        return waiting[0] if waiting else None

    def _settle(self, item: Item) -> None:
        item.settled = True
        del self._items[item.serial]
        self._flying.pop(item.serial, None)

    def _go_back(self, now: float) -> None:
        self._waiting.extendleft(reversed(self._flying.values()))
        self._flying.clear()
        self._sent_at.clear()
        self._last = None
        self._round += 1
        pause = min(self._backoff_max_s, self._backoff_s * 2.0**self._failures)
        self._failures = min(self._failures + 1, 16)
        self._resume_at = now + pause * self._chance.uniform(0.5, 1.0)

    def statistics(self) -> WindowStatistics:
        """What was done so far."""
        return WindowStatistics(
            sent=self._sent,
            acknowledged=self._acknowledged,
            refused=self._refused,
            dropped=self._dropped,
            resent=self._resent,
            pending=len(self._items),
            in_flight=len(self._flying),
        )
