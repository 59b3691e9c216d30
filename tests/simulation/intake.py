"""A gateway of one partition: one block in flight, compare-and-set, acknowledged when durable."""

from collections.abc import Callable
from random import Random

from simulation.memory_log import MemoryLog
from simulation.ring import Ring
from simulation.serving import Clock

from actors.block import GENESIS, Entry, chain, encode_block

Ack = Callable[[int], None]
"""Told the log position once the message is durable there."""


class Gateway:
    """Forms blocks of what arrives. It does as `actors.log.Appender` does, in steps."""

    def __init__(
        self,
        log: MemoryLog,
        clock: Clock,
        chance: Random,
        epoch: int,
        ring: Ring | None = None,
    ) -> None:
        self._ring = ring
        self._log, self._clock, self._chance = log, clock, chance
        self._subject = f"log.{log.partition}.in"
        newest = log.last(self._subject)
        self._last = newest[0] if newest else 0
        self._chain = chain(newest[1]) if newest else GENESIS
        self._epoch = epoch
        self._pending: list[tuple[Entry, Ack]] = []
        self._flight: bytes | None = None
        self._flying: list[tuple[Entry, Ack]] = []
        self._stored = 0
        self.superseded = False
        """Another gateway has appended; this one does no more."""

    def offer(self, entry: Entry, ack: Ack) -> None:
        """Take a message from the network."""
        if not self.superseded:
            self._pending.append((entry, ack))

    @property
    def idle(self) -> bool:
        """Nothing waits."""
        return self.superseded or not (self._pending or self._flight)

    def step(self) -> None:
        """Form a block, or write it, or acknowledge it: between any two it may crash."""
        if self.superseded:
            return
        if self._flight is None:
            count = self._chance.randint(1, 8)
            self._flying, self._pending = self._pending[:count], self._pending[count:]
            if self._flying:
                entries = [entry for entry, _ in self._flying]
                sealed = False
                if self._ring is not None:
                    entries, sealed = self._ring.seal(entries)
                self._flight = encode_block(self._epoch, self._chain, entries, key_id=int(sealed))
        elif self._stored == 0:
            self._write(self._flight)
        else:
            for _, ack in self._flying:
                # Now and then the answer is lost on its way.
                if self._chance.random() < 0.9:
                    ack(self._stored)
            self._last, self._chain = self._stored, chain(self._flight)
            self._flight, self._stored = None, 0

    def _write(self, body: bytes) -> None:
        position = self._log.append(self._subject, body, self._clock.stamp(), after=self._last)
        if position is None:
            newest = self._log.last(self._subject)
            if newest is None or newest[1] != body:
                self.superseded = True
                return
            position = newest[0]
        # Now and then the log's answer is lost: the next step tries again, and finds out.
        if self._chance.random() < 0.1:
            return
        self._stored = position
