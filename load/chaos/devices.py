"""Devices: a steady load from simulated ones, that write down what they were told.

They run the client that real devices run (`gateway.device`): windows of 64, resent until they are
acknowledged, with pauses that grow.
"""

import asyncio
import random
from collections.abc import Callable
from functools import partial
from typing import Any

from msgspec import Struct, field

from gateway.device import Receipt
from gateway.fleet import Fleet

TICK_S = 0.005
STAY = 0.5
"""Share of the wishes whose hold shall stay."""

EACH_A_SECOND = 5.0
"""Messages that one vehicle sends a second."""

WISHES_A_SECOND = 2.0
HOT = 0.3
"""Share of all messages that a hot twin gets."""

ERRANDS = 20
"""Twins that run errands."""

KEPT = 100_000
"""Messages that a device keeps while nobody takes them; what it drops would be no loss of Vigil."""


class Told(Struct):
    """One device's book: what it sent, and what it was told."""

    sent: int = 0
    acknowledged: dict[int, int] = field(default_factory=dict)
    """Number -> the log position that it was given."""
    refused: dict[int, str] = field(default_factory=dict)
    """Number -> why, for good."""

    def note(self, receipt: "asyncio.Future[Receipt]") -> None:
        """Write down what became of one message."""
        if receipt.cancelled():
            return
        found = receipt.result()
        if found.position is None:
            self.refused[found.number] = found.refusal or "without a reason"
        else:
            self.acknowledged[found.number] = found.position

    @property
    def waiting(self) -> int:
        """Messages of which nothing was said yet."""
        return self.sent - len(self.acknowledged) - len(self.refused)


class Devices:
    """All devices of a run.

    Args:
        cars: Of kind `vehicle`.
        errands: Of kind `errand`.
        rate: Messages a second, wishes among them.
        seed: Of what they say.
        company: Base URL of the company whose units are wished for.
        clock: Monotonic, in seconds.
    """

    def __init__(
        self,
        cars: Fleet,
        errands: Fleet,
        rate: float,
        seed: int,
        company: str,
        clock: Callable[[], float],
    ) -> None:
        self._fleets = {"vehicle": cars, "errand": errands}
        self._chance = random.Random(seed)
        self._clock = clock
        self._company = company
        self._usual = rate
        self.times = 1.0
        """How many times the usual rate is sent now."""
        self.hot = False
        """Whether one car has `HOT` of all messages now."""
        self._wish_every = max(1, round(rate / WISHES_A_SECOND))
        count = max(1, round(rate / EACH_A_SECOND))
        self._cars = [f"chaos-{index}" for index in range(count)]
        self.told: dict[str, Told] = {f"vehicle/{key}": Told() for key in self._cars}
        self.told |= {f"errand/chaos-{index}": Told() for index in range(ERRANDS)}
        self.wishes: list[bool] = []
        """By their numbers: whether the hold shall be kept."""
        self.sent = 0
        self.waits_s: list[float] = []
        """How long acknowledgements took, in the order in which they came."""

    async def send_for(self, seconds: float) -> None:
        """Send at the rate for so long, whether answers come or not."""
        began = last = self._clock()
        due, done = 0.0, 0
        while (now := self._clock()) - began < seconds:
            due += (now - last) * self.rate
            last = now
            while done < int(due):
                await self._send(done)
                done += 1
            await asyncio.sleep(TICK_S)

    @property
    def rate(self) -> float:
        """Messages a second now."""
        return self._usual * self.times

    async def _send(self, number: int) -> None:
        if number % self._wish_every == 0:
            wish = len(self.wishes)
            keep = self._chance.random() < STAY
            self.wishes.append(keep)
            data: Any = {"number": wish, "company": self._company, "keep": keep}
            await self._publish(f"errand/chaos-{wish % ERRANDS}", "wanted", data)
            return
        chance = self._chance.random
        reading = {
            "coolant_c": 80.0 + 5.0 * chance(), "speed_kmh": 30.0 + 60.0 * chance(),
            "rpm": 2000.0, "engine_load_pct": 40.0, "battery_v": 13.8, "lat": 60.17, "lon": 24.94,
        }  # fmt: skip
        cars = self._cars
        hot = self.hot and self._chance.random() < HOT
        key = cars[0] if hot else cars[number % len(cars)]
        await self._publish(f"vehicle/{key}", "telemetry", reading)

    async def _publish(self, twin_id: str, type_: str, data: Any) -> None:
        kind, _, key = twin_id.partition("/")
        told = self.told[twin_id]
        told.sent += 1
        self.sent += 1
        receipt = await self._fleets[kind].device(key).send(type_, data)
        receipt.add_done_callback(partial(self._note, told, self._clock()))

    def _note(self, told: Told, since: float, receipt: "asyncio.Future[Receipt]") -> None:
        told.note(receipt)
        self.waits_s.append(self._clock() - since)

    @property
    def waiting(self) -> int:
        """Messages of which nothing was said yet."""
        return sum(one.waiting for one in self.told.values())

    def acknowledged_wishes(self) -> dict[int, bool]:
        """Those that count: number -> whether the hold shall be kept."""
        # Each errand's wishes were dealt in turn, so that its n-th message is known by its number.
        return {
            wish: keep
            for wish, keep in enumerate(self.wishes)
            if wish // ERRANDS + 1 in self.told[f"errand/chaos-{wish % ERRANDS}"].acknowledged
        }

    async def settled(self) -> None:
        """Wait until something was said about every message."""
        for fleet in self._fleets.values():
            await fleet.settled()
