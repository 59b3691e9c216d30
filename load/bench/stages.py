"""What an event costs at each stage of its way, in one process, without servers.

    python -m load.bench.stages [--json] [--rounds N]

Each stage runs on the same messages as in a node, alone, several times; the fastest round counts,
for what is slower was disturbed. Sockets, the log server and waiting are not in it: it is for
comparing two versions of the code, and for finding where the time goes.
"""

import asyncio
import gc
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
from nats.aio.subscription import Subscription

from actors.block import GENESIS, SEALED_BLOCK, Block, Entry, chain, decode_block, encode_block
from actors.keyring import Keyring
from actors.keys import open_block
from actors.kinds import load_kinds
from actors.partition import Partition
from actors.store.base import Ownership
from actors.store.sqlite import SqliteStore
from actors.wire import Arrived, BatchClient
from gateway.gate import PartitionGate
from gateway.limits import RateLimiter
from gateway.settings import GatewaySettings
from load.bench.generator import Envelope, Reading

TWINS = 5_000
BLOCK = 100
"""Events in a block: what a busy node makes of some 15,000 events a second."""

BATCH = 50
"""Messages in one read of a socket."""

ROUNDS = 7
EVENTS = 10_000

NOW = 1_800_000_000.0
KINDS = ["twins.devices", "twins.people", "twins.services", "actors.supervisors"]


class NoLog:
    """A log that is done at once."""

    def __init__(self) -> None:
        self.position = 0

    async def open(self, epoch: int) -> None:
        """See `gateway.intake.Log`."""

    async def append(self, entries: list[Entry]) -> int:  # noqa: ARG002 - the interface is the log's
        """See `gateway.intake.Log`."""
        self.position += 1
        return self.position


class NoOne:
    """Nobody to answer."""

    async def answer(self, subjects: list[bytes], body: bytes) -> None:
        """See `gateway.gate.Outside`."""

    async def tell_error(self, kind: str, key: str, reply: bytes) -> None:
        """See `gateway.gate.Outside`."""

    def bury(self, letter: object) -> None:
        """See `gateway.gate.Outside`."""
        raise RuntimeError(f"nothing is refused here: {letter}")


class Stages:
    """The messages, and the stages over them."""

    def __init__(self) -> None:
        load_kinds(KINDS)
        self.numbers = [0] * TWINS
        self.round = 0

    def messages(self) -> list[tuple[int, bytes]]:
        """(vehicle, payload) of one round; numbers and times go on from the round before."""
        encode = msgspec.msgpack.Encoder().encode
        out = []
        for index in range(EVENTS):
            vehicle = index % TWINS
            self.numbers[vehicle] += 1
            at = NOW + self.round * 10 + index * 0.001
            reading = Reading(
                85.0 + (index + self.round) % 5, 30.0 + index % 60, 2000.0, 40.0, 20.0, 13.8, 60.17,
                24.94, at,
            )  # fmt: skip
            out.append((vehicle, encode(Envelope(reading, at, 1, self.numbers[vehicle]))))
        self.round += 1
        return out

    def wire(self) -> Callable[[], None]:
        """Splitting what the socket brought into messages."""
        client = BatchClient()
        stream = b"".join(
            b"MSG ingest.0.vehicle.b%d.telemetry 7 _INBOX.vehicle.fleet.1.%d %d\r\n%b\r\n"
            % (vehicle, vehicle, len(payload), payload)
            for vehicle, payload in self.messages()
        )

        async def take(batch: list[Arrived]) -> None:
            """Nothing."""

        async def run() -> None:
            subscription = Subscription(client, 7, "ingest.0.>")
            client.batches[b"7"] = subscription, take
            for at in range(0, len(stream), 16_384):
                await client._ps.parse(stream[at : at + 16_384])  # noqa: SLF001 - the stage itself

        return lambda: asyncio.run(run())

    def gating(self) -> Callable[[], Callable[[], None]]:
        """Checks, numbers, the block; without writing it."""
        settings = GatewaySettings(rate_per_device=1e6, burst_per_device=1_000_000)
        gate = PartitionGate(
            0, 1, log=NoLog(), outside=NoOne(), limiter=RateLimiter(1e6, 1_000_000, 200_000),
            settings=settings, clock=lambda: NOW + 1e6, monotonic=lambda: 1.0,
        )  # fmt: skip

        def prepare() -> Callable[[], None]:
            arrived = [
                (
                    b"ingest.0.vehicle.b%d.telemetry" % vehicle,
                    b"_INBOX.vehicle.fleet.1.%d" % index, b"", payload,
                )
                for index, (vehicle, payload) in enumerate(self.messages())
            ]  # fmt: skip

            async def run() -> None:
                await gate.intake.serve(1)
                for at in range(0, len(arrived), BATCH):
                    await gate.take(arrived[at : at + BATCH])
                    if at % (2 * BATCH):
                        await asyncio.sleep(0)

            return lambda: asyncio.run(run())

        return prepare

    def blocks(self) -> list[list[Entry]]:
        """One round as blocks."""
        entries = [
            Entry(f"vehicle/b{vehicle}", "telemetry", 0, payload)
            for vehicle, payload in self.messages()
        ]
        return [entries[at : at + BLOCK] for at in range(0, len(entries), BLOCK)]

    def encode(self) -> Callable[[], None]:
        """A block's bytes, and the hash that the next one names."""
        blocks = self.blocks()

        def run() -> None:
            for entries in blocks:
                chain(encode_block(1, GENESIS, entries))

        return run

    def sealing(self, keyring: Keyring) -> Callable[[], None]:
        """What a gateway adds where every twin is somebody's."""
        blocks = self.blocks()

        def run() -> None:
            for entries in blocks:
                if strangers := keyring.strangers(entries):
                    keyring.look_up(strangers)
                keyring.seal(entries)

        return run

    def opening(self, keyring: Keyring) -> Callable[[], None]:
        """What a host adds there."""
        sealed = [
            encode_block(1, GENESIS, keyring.seal(entries)[0], key_id=SEALED_BLOCK)
            for entries in self.blocks()
        ]
        blocks = [decode_block(body) for body in sealed]

        def run() -> None:
            for block in blocks:
                open_block(block, keyring)

        return run

    def applying(self) -> tuple[Partition, Callable[[], Callable[[], None]]]:
        """Decoding blocks and applying them; the twins are hot, and nothing fires."""
        partition = Partition(0, 1)
        before = [GENESIS]

        def prepare() -> Callable[[], None]:
            bodies = []
            for entries in self.blocks():
                body = encode_block(1, before[0], entries)
                before[0] = chain(body)
                bodies.append(body)

            def run() -> None:
                for body in bodies:
                    block: Block = decode_block(body)
                    partition.needed(block, NOW)
                    partition.apply(block, body, partition.position + 1, NOW)

            return run

        return partition, prepare

    def storing(self, partition: Partition, store: SqliteStore) -> Callable[[], None]:
        """A checkpoint of all twins, each changed twice since the last one."""

        def run() -> None:
            cut = partition.begin_cut(1, "LOG_0", NOW)
            while not cut.step(200):
                pass
            store.commit(cut.checkpoint())
            while not partition.settle(cut, 200):
                pass

        return run


def measure(rounds: int = ROUNDS) -> dict[str, float]:
    """CPU microseconds an event for each stage."""
    stages = Stages()
    found = {}
    for name, make in (("wire", stages.wire), ("gate", stages.gating()), ("block", stages.encode)):
        found[name] = min([_timed(make()) for _ in range(rounds + 1)][1:])
    partition, prepare = stages.applying()
    with tempfile.TemporaryDirectory(prefix="vigil-stages-") as folder:
        store = SqliteStore(Path(folder))
        store.prepare(1)
        store.assign(0, Ownership(0, 1, "stages", "stages"))
        applied, stored = [], []
        for _ in range(rounds + 1):
            applied.append(_timed(prepare()))
            stored.append(_timed(stages.storing(partition, store)))
        store.close()
        keyring = Keyring(Path(folder) / "keys")
        keyring.prepare()
        keyring.belong({f"vehicle/b{number}": f"customer/b{number}" for number in range(TWINS)})
        sealed = [_timed(stages.sealing(keyring)) for _ in range(rounds + 1)]
        opened = [_timed(stages.opening(keyring)) for _ in range(rounds + 1)]
        keyring.close()
    found["apply"], found["checkpoint"] = min(applied[1:]), min(stored[1:])
    found["seal"], found["open"] = min(sealed[1:]), min(opened[1:])
    return {name: round(value, 2) for name, value in found.items()}


def _timed(run: Callable[[], None]) -> float:
    gc.collect()
    began = time.process_time()
    run()
    return (time.process_time() - began) * 1e6 / EVENTS


def main() -> None:
    """Print the stages; `--json` for programs."""
    rounds = int(sys.argv[sys.argv.index("--rounds") + 1]) if "--rounds" in sys.argv else ROUNDS
    found = measure(rounds)
    if "--json" in sys.argv:
        sys.stdout.write(msgspec.json.encode(found).decode() + "\n")
        return
    for name, value in found.items():
        sys.stdout.write(f"{name:<12}{value:>8.2f} µs an event\n")


if __name__ == "__main__":
    main()
