"""Memory of a hot twin, or of a reminder: what a process that holds many grew by.

Run in a process of its own, so that nothing else grows meanwhile:
`python -m load.bench.memory 50000`, or `python -m load.bench.memory 1000000 reminders`.
"""

import gc
import sys

import psutil
from msgspec import json

from actors.block import GENESIS, Entry, chain, decode_block, encode_block
from actors.kinds import load_kinds
from actors.partition import Partition
from actors.reminders import Reminders
from actors.store.base import ReminderRow
from load.bench.generator import Reading
from twins.event import encode_message

KINDS = ("twins.devices",)
EACH = 1000
"""Events a block."""


def measure(twins: int, events: int = 3) -> dict[str, float]:
    """Apply some events to each of many vehicles, and see what the process grew by.

    Returns `bytes_per_hot_twin` (resident), and `estimated`, what the partition itself believes.
    """
    load_kinds(KINDS)
    log = _Log(Partition(0, 1, hot_bytes=8 << 30))
    log.append([_entry(0, 0)], 1000.0)
    gc.collect()
    process = psutil.Process()
    before = process.memory_info().rss
    for event in range(1, events + 1):
        for start in range(1, twins + 1, EACH):
            stop = min(start + EACH, twins + 1)
            log.append([_entry(index, event) for index in range(start, stop)], 1000.0 + event)
    gc.collect()
    after = process.memory_info().rss
    held, estimated = log.partition.hot
    return {
        "twins": held,
        "bytes_per_hot_twin": round((after - before) / twins, 1),
        "estimated": round(estimated / held, 1),
    }


def measure_reminders(count: int) -> dict[str, float]:
    """Take over a checkpoint with so many reminders, of as many twins, none of them in memory.

    Returns `bytes_per_reminder` (resident).
    """
    gc.collect()
    process = psutil.Process()
    before = process.memory_info().rss
    reminders = Reminders()
    # A store gives a text of its own with every row, ids and names alike.
    reminders.load(
        ReminderRow(1.8e9 + index, f"vehicle/m{index}", str(b"silent", "ascii"))
        for index in range(count)
    )
    gc.collect()
    after = process.memory_info().rss
    return {
        "reminders": len(reminders),
        "bytes_per_reminder": round((after - before) / count, 1),
    }


class _Log:
    """Blocks in the order of their making, applied at once."""

    def __init__(self, partition: Partition) -> None:
        self.partition = partition
        self._head = GENESIS

    def append(self, entries: list[Entry], stamp: float) -> None:
        body = encode_block(1, self._head, entries)
        self._head = chain(body)
        self.partition.apply(decode_block(body), body, self.partition.position + 1, stamp)


def _entry(index: int, event: int) -> Entry:
    reading = Reading(80.0 + event, 50.0, 2000.0, 40.0, 20.0, 13.8, 60.17, 24.94)
    payload = encode_message(reading, time=1000.0 + event, boot=1, sequence=event + 1)
    return Entry(f"vehicle/m{index}", "telemetry", 0, payload)


if __name__ == "__main__":
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 50_000
    found = measure_reminders(count) if "reminders" in sys.argv else measure(count)
    sys.stdout.write(json.encode(found).decode() + "\n")
