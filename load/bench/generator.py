"""An open-loop sender: readings at a fixed rate, whether answers come or not.

Messages carry the time at which they were due, so that a stall of the sender counts as latency.
Each vehicle numbers its readings; what is not acknowledged in time is sent again with the same
number, and after each time that this was needed all of them are more patient, as devices are.
"""

import asyncio
import random
import sys
import time
from collections import deque
from pathlib import Path

import msgspec
import uvloop
from hdrh.histogram import HdrHistogram
from msgspec import Struct
from nats.aio.msg import Msg

from actors.wire import Arrived, BatchClient

TICK_S = 0.002
RESEND_S = 5.0
"""How long an answer is waited for at first; twice as long whenever one is late, as devices do."""

LONGEST_S = 60.0
CONNECT_S = 20.0
"""How long it is tried to reach the server."""

GRACE_S = 15.0
"""How long acknowledgements are waited for after the last message."""

SCENES = 8
"""Vehicles that overheat at the same time, to measure the way to an effect."""

BASE_C, STEP_C = 96.0, 1.0


class Order(Struct):
    """What to send, and where."""

    url: str
    user: str
    password: str
    rate: float
    """Messages a second."""
    seconds: float
    warmup_s: float
    twins: int
    seed: int
    readings: int = 1
    """Readings a message."""
    prefix: str = "b"
    scenes: int = SCENES


class Sent(Struct):
    """What the sender knows at the end."""

    sent: int
    """Messages, repeats not counted."""
    acknowledged: int
    resent: int
    refused: int
    refusals: dict[str, int]
    seconds: float
    """From the first message to the last."""
    effect_latency: str
    """Histogram of publish to effect in microseconds, HdrHistogram's encoding."""
    effects: int
    ack_latency: str
    last: list[int]
    """Highest number of each vehicle."""
    acks: list[int]
    """How many of them were acknowledged."""


class Reading(Struct, omit_defaults=True):
    """The eight fields of a typical reading."""

    coolant_c: float
    speed_kmh: float
    rpm: float
    engine_load_pct: float
    throttle_pct: float
    battery_v: float
    lat: float
    lon: float
    at: float | None = None


class Envelope(Struct, omit_defaults=True):
    """A device's message."""

    data: Reading | list[Reading]
    time: float
    boot: int
    sequence: int
    base: int | None = None


_encode = msgspec.msgpack.Encoder().encode


class Generator:
    """Sends as an `Order` says."""

    def __init__(self, client: BatchClient, order: Order) -> None:
        self._client = client
        self._order = order
        self._chance = random.Random(order.seed)
        self._boot = int(time.time())
        count = order.twins
        self._sequences = [0] * count
        self._acked = [0] * count
        self._waiting: list[deque[int]] = [deque() for _ in range(count)]
        self._coolant = [85.0 + index % 5 for index in range(count)]
        self._subjects = [
            f"devices.vehicle.{order.prefix}{i}.telemetry".encode() for i in range(count)
        ]
        self._inbox = f"_INBOX.vehicle.fleet.{self._boot}".encode()
        self._out: list[tuple[bytes, bytes, bytes]] = []
        """What the next flush sends: (subject, reply subject, payload)."""
        self._open: dict[int, tuple[int, Envelope, float]] = {}
        """Message number -> (vehicle, message, when sent); those sent last stand last."""
        self._patience_s = RESEND_S
        self._number = 0
        self.acknowledged = self.resent = self.refused = self.effects = 0
        self.refusals: dict[str, int] = {}
        self._acks = HdrHistogram(1, 60_000_000, 3)
        self._effect = HdrHistogram(1, 60_000_000, 3)
        self._triggers: dict[int, float] = {}
        self._recording = False

    async def _acknowledge(self, answers: list[Arrived]) -> None:
        now = time.time()
        for subject, _, _, body in answers:
            self._take_answer(int(subject.rsplit(b".", 1)[1]), body, now)

    def _take_answer(self, number: int, body: bytes, now: float) -> None:
        entry = self._open.get(number)
        if entry is None:
            return
        vehicle, envelope, sent = entry
        if body.startswith(b'{"error"') or not body:
            self.refused += 1
            text = body.decode() or "no responders"
            self.refusals[text] = self.refusals.get(text, 0) + 1
            return
        del self._open[number]
        waiting = self._waiting[vehicle]
        if waiting and waiting[0] == envelope.sequence:
            waiting.popleft()
        else:
            waiting.remove(envelope.sequence)
        self.acknowledged += 1
        self._acked[vehicle] += 1
        if self._recording and not number & 7:
            self._acks.record_value(max(1, int((now - sent) * 1e6)))

    async def _command(self, message: Msg) -> None:
        parts = message.subject.split(".")
        if message.reply:
            await self._client.publish(message.reply, b"")
        if parts[3] != "warn_driver":
            return
        started = self._triggers.pop(int(parts[2].removeprefix(self._order.prefix)), None)
        if started is not None:
            self.effects += 1
            if self._recording:
                self._effect.record_value(max(1, int((time.time() - started) * 1e6)))

    def _reading(self, vehicle: int, due: float) -> Reading:
        chance = self._chance.random
        return Reading(
            self._coolant[vehicle], 30.0 + 60.0 * chance(), 2000.0, 40.0, 20.0, 13.8, 60.17, 24.94,
            due,
        )  # fmt: skip

    def _add(self, vehicle: int, due: float) -> None:
        """Make one message; it leaves with the next flush."""
        order = self._order
        self._sequences[vehicle] += 1
        sequence = self._sequences[vehicle]
        waiting = self._waiting[vehicle]
        data: Reading | list[Reading] = self._reading(vehicle, due)
        if order.readings > 1:
            data = [
                self._reading(vehicle, due - 0.1 * back) for back in range(order.readings, 0, -1)
            ]
        base = waiting[0] if waiting else None
        envelope = Envelope(data, due, self._boot, sequence, base)
        waiting.append(sequence)
        self._number += 1
        self._open[self._number] = (vehicle, envelope, due)
        self._send(self._number, vehicle, envelope)

    def _send(self, number: int, vehicle: int, envelope: Envelope) -> None:
        inbox = b"%b.%d" % (self._inbox, number)
        self._out.append((self._subjects[vehicle], inbox, _encode(envelope)))

    def _send_again(self) -> None:
        """Send what is overdue again, oldest first, with its own number."""
        now = time.time()
        late = []
        for number, (vehicle, envelope, sent) in self._open.items():
            if now - sent < self._patience_s:
                break
            late.append((number, vehicle, envelope))
        if late:
            self._patience_s = min(LONGEST_S, 2 * self._patience_s)
        for number, vehicle, envelope in late:
            oldest = self._waiting[vehicle][0]
            envelope.base = None if oldest == envelope.sequence else oldest
            del self._open[number]
            self._open[number] = (vehicle, envelope, now)
            self.resent += 1
            self._send(number, vehicle, envelope)

    async def _flush(self) -> None:
        out, self._out = self._out, []
        await self._client.publish_all(out)

    async def run(self) -> Sent:
        """Send until the time is over, then wait for what is still open."""
        order = self._order
        await self._client.subscribe_batches(f"{self._inbox.decode()}.*", self._acknowledge)
        await self._client.subscribe("commands.vehicle.*.>", cb=self._command)
        loop = asyncio.get_running_loop()
        began, wall = loop.time(), time.time()
        total = order.warmup_s + order.seconds
        done, cursor, next_scene, next_again = 0, 0, order.warmup_s + 1.0, RESEND_S
        scenes: deque[int] = deque()
        scene_at: dict[int, float] = {}
        while (elapsed := loop.time() - began) < total:
            self._recording = elapsed >= order.warmup_s
            due_now = int(elapsed * order.rate)
            while done < due_now:
                self._add(cursor, wall + done / order.rate)
                done += 1
                cursor = (cursor + 1) % order.twins
            if elapsed >= next_scene and order.scenes:
                # A few vehicles heat up by a degree a reading, out of turn, so that one of them
                # crosses the rule every second whatever the number of twins is.
                next_scene = elapsed + 0.1
                self._heat(scenes, scene_at, wall + elapsed)
            if elapsed >= next_again:
                next_again = elapsed + 0.5
                self._send_again()
            await self._flush()
            await asyncio.sleep(TICK_S)
        seconds = loop.time() - began
        deadline = loop.time() + GRACE_S
        while self._open and loop.time() < deadline:
            await asyncio.sleep(0.05)
            self._send_again()
            await self._flush()
        return Sent(
            sent=self._number,
            acknowledged=self.acknowledged,
            resent=self.resent,
            refused=self.refused,
            refusals=self.refusals,
            seconds=seconds,
            effect_latency=self._effect.encode().decode(),
            effects=self.effects,
            ack_latency=self._acks.encode().decode(),
            last=self._sequences,
            acks=self._acked,
        )

    def _heat(self, scenes: deque[int], scene_at: dict[int, float], due: float) -> None:
        order = self._order
        while len(scenes) < min(order.scenes, order.twins):
            vehicle = self._chance.randrange(order.twins)
            if vehicle not in scene_at:
                scene_at[vehicle] = BASE_C
                scenes.append(vehicle)
        vehicle = scenes[0]
        scenes.rotate(-1)
        scene_at[vehicle] += STEP_C
        self._coolant[vehicle] = scene_at[vehicle]
        if scene_at[vehicle] >= BASE_C + 11 * STEP_C:
            # The first reading stands above the threshold; ten rises follow, the last one fires.
            self._triggers[vehicle] = due
            scenes.remove(vehicle)
        self._add(vehicle, due)


async def _main(order: Order) -> Sent:
    client = BatchClient()
    async with asyncio.timeout(CONNECT_S):
        await client.connect(
            order.url,
            user=order.user,
            password=order.password,
            inbox_prefix="_INBOX.vehicle.fleet",
            max_reconnect_attempts=-1,
            reconnect_time_wait=1,
            pending_size=64 * 1024 * 1024,
            flush_timeout=30,
            name="generator",
        )
    try:
        return await Generator(client, order).run()
    finally:
        await client.close()


def main() -> None:
    """Read an order from the file of the first argument, write what was sent to the second."""
    order = msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=Order)
    sent = uvloop.run(_main(order))
    Path(sys.argv[2]).write_bytes(msgspec.json.encode(sent))


if __name__ == "__main__":
    main()
