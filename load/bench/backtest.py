"""How fast history is replayed: ten rules of one kind, two with windows, beside the same ten.

    python -m load.bench.backtest [--json] [--twins N] [--events N]

The log is made first and lies in memory, in blocks as a busy node makes them; what is measured is
the replay alone, in one process, both rule sets on every event. Reading the log from its server
comes on top and runs beside it.
"""

import random
import sys
import time
from typing import Any

import msgspec
from msgspec import Struct

from actors.backtest.contest import Contest
from actors.backtest.replay import Part, Replay
from actors.block import GENESIS, Entry, chain, decode_block, encode_block
from actors.kinds import load_kinds
from load.bench.generator import Reading
from twins.event import encode_message
from twins.rules.ruleset import compile_rules

KINDS = ["twins.devices", "twins.people", "twins.services", "actors.supervisors"]
TWINS = 10_000
EVENTS = 500_000
BLOCK = 100
START = 1_800_000_000.0
EVERY_S = 1.0
"""How often each car sends."""

CONDITIONS = (
    "rising(coolant_c, 10, band=0.5, above=95, clear=92)",
    "avg(engine_load_pct, 5m) > 90",
    "coolant_c > 112",
    "battery_v < 11.8 and rpm > 500",
    "speed_kmh > 190",
    "fuel_level_pct < 8",
    "rpm > 6200 and engine_load_pct > 80",
    "intake_air_c > 70",
    "throttle_pct > 95 and speed_kmh < 5",
    "coolant_c < 60 and rpm > 4500",
)
"""What the ten rules watch for."""


class Figures(Struct):
    """What was measured."""

    events: int
    twins: int
    fired: int
    seconds: float
    events_per_second: float
    events_per_minute: float
    cpu_us_per_event: float
    """Of both rule sets together; what others do on the machine does not count."""


def documents(limit: float = 112.0) -> list[dict[str, Any]]:
    """The ten rules; the limit of one of them may be another."""
    return [
        {"rule": f"bench.{number}", "kind": "vehicle", "on": "telemetry",
         "when": condition.replace("112", f"{limit:g}")}
        for number, condition in enumerate(CONDITIONS)
    ]  # fmt: skip


def measure(twins: int = TWINS, events: int = EVENTS, seed: int = 1) -> Figures:
    """Make a log, replay it with one rule changed, and say how long that took."""
    load_kinds(KINDS)
    live = compile_rules("vehicle", documents(), 1)
    candidate = compile_rules("vehicle", documents(110.0))
    log = make_log(twins, events, seed)
    replay = Replay(0, 1, {"vehicle": Contest("vehicle", live, candidate)}, since=START)
    began, started = time.perf_counter(), time.process_time()
    for position, (body, stamp) in enumerate(log, 1):
        replay.take(decode_block(body), body, position, stamp)
    part = replay.finish(log[-1][1])
    return _figures(part, time.perf_counter() - began, time.process_time() - started)


def make_log(twins: int, events: int, seed: int) -> list[tuple[bytes, float]]:
    """(block, stamp): cars that warm up, cruise, and sometimes run hot."""
    chance = random.Random(seed)
    coolant = [80.0 + chance.random() * 20 for _ in range(twins)]
    log, head = [], GENESIS
    for first in range(0, events, BLOCK):
        entries = []
        for number in range(first, min(first + BLOCK, events)):
            car, at = number % twins, START + number / twins * EVERY_S
            coolant[car] = min(118.0, max(75.0, coolant[car] + chance.gauss(0.0, 1.0)))
            reading = Reading(
                round(coolant[car]), chance.gauss(90, 30) % 255, 2200.0, chance.uniform(20, 95),
                30.0, 13.8, 60.17, 24.94, at,
            )  # fmt: skip
            payload = encode_message(reading, time=at, boot=1, sequence=number // twins + 1)
            entries.append(Entry(f"vehicle/b{car}", "telemetry", 0, payload))
        body = encode_block(1, head, entries)
        head = chain(body)
        log.append((body, START + first / twins * EVERY_S))
    return log


def _figures(part: Part, seconds: float, cpu_s: float) -> Figures:
    rate = part.events / seconds
    return Figures(
        events=part.events,
        twins=part.twins,
        fired=sum(rule.candidate + rule.live for rule in part.rules),
        seconds=round(seconds, 2),
        events_per_second=round(rate),
        events_per_minute=round(rate * 60),
        cpu_us_per_event=round(1e6 * cpu_s / part.events, 2),
    )


def main(arguments: list[str]) -> None:
    """Measure, and print the figures."""
    sizes = {"--twins": TWINS, "--events": EVENTS}
    for name in sizes:
        if name in arguments:
            sizes[name] = int(arguments[arguments.index(name) + 1])
    found = measure(sizes["--twins"], sizes["--events"])
    if "--json" in arguments:
        sys.stdout.write(msgspec.json.encode(found).decode() + "\n")
        return
    for name, value in msgspec.structs.asdict(found).items():
        sys.stdout.write(f"{name:>20} {value:,}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
