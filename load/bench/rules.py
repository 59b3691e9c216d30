"""What rules cost an event: ours beside zen-engine and the Common Expression Language (CEL).

    python -m load.bench.rules [--json]

Ten rules of vehicles, of which two have windows, over readings of which none makes a rule fire.
Ours runs them as partitions do, after each event, windows and all. The other two evaluate the same
ten conditions, compiled beforehand, on the same values; a window is no notion of theirs, so they
get what it comes to as one more value, for nothing.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from time import process_time
from typing import Any

import cel
import msgspec
import zen
from msgspec import Struct

from load.bench.report import Machine, machine
from twins.devices.vehicle import Telemetry, Vehicle
from twins.event import Event
from twins.rules.ruleset import RuleSet, compile_rules
from twins.turn import Turn, enter, leave
from twins.twin import handle

EVENTS = 100_000
LENGTH = 1_000
"""How many readings a round has."""

Condition = Callable[[dict[str, Any]], Any]

CONDITIONS: dict[str, tuple[str, str, str]] = {
    "engine.overheating": (
        "rising(coolant_c, 10, band=0.5, above=95, clear=92)",
        "rises >= 10",
        "rises >= 10.0",
    ),
    "engine.hot": ("coolant_c > 115", "coolant_c > 115", "coolant_c > 115.0"),
    "engine.racing": (
        "rpm > 6500 and speed_kmh < 10",
        "rpm > 6500 and speed_kmh < 10",
        "rpm > 6500.0 && speed_kmh < 10.0",
    ),
    "engine.strained": (
        "engine_load_pct > 95 and coolant_c > 105",
        "engine_load_pct > 95 and coolant_c > 105",
        "engine_load_pct > 95.0 && coolant_c > 105.0",
    ),
    "battery.flat": (
        "battery_v < 11.8 and rpm == 0",
        "battery_v < 11.8 and rpm == 0",
        "battery_v < 11.8 && rpm == 0.0",
    ),
    "fuel.low": ("fuel_level_pct < 8", "fuel_level_pct < 8", "fuel_level_pct < 8.0"),
    "too.fast": ("speed_kmh > 210", "speed_kmh > 210", "speed_kmh > 210.0"),
    "intake.hot": (
        "intake_air_c - coolant_c > 20",
        "intake_air_c - coolant_c > 20",
        "intake_air_c - coolant_c > 20.0",
    ),
    "warm.for.long": (
        "avg(coolant_c, 5m) > 105",
        "average > 105",
        "average > 105.0",
    ),
    "revving": ("count(rpm > 2500, 1m) >= 50", "count >= 50", "count >= 50.0"),
}
"""Rule -> its condition for Vigil, for zen-engine and for CEL."""


class RuleReport(Struct):
    """Microseconds an event, for all ten rules together."""

    vigil: float
    """Windows included."""
    vigil_event: float
    """With everything around: the handler's update of the twin and the turn."""
    bare_event: float
    """The same without any rules."""
    zen: float
    cel: float
    events: int
    machine: Machine


def readings() -> list[Telemetry]:
    """A car on the road; the same each time."""
    return [
        Telemetry(
            at=1.7e9 + number,
            coolant_c=88.0 + number % 5,
            speed_kmh=60.0 + number % 40,
            rpm=1_800.0 + 10 * (number % 80),
            engine_load_pct=35.0,
            intake_air_c=25.0,
            fuel_level_pct=60.0,
            battery_v=14.1,
        )
        for number in range(LENGTH)
    ]


def _best(run: Callable[[], None], events: int) -> float:
    """Microseconds of CPU an event, in the best of many rounds: whatever else runs only adds."""
    times = []
    for _ in range(max(1, events // LENGTH)):
        begin = process_time()
        run()
        times.append(process_time() - begin)
    return min(times) / LENGTH * 1e6


def measure(events: int = EVENTS) -> RuleReport:
    """Measure all of them on so many events."""
    texts = CONDITIONS.values()
    documents = [
        {"rule": name, "on": "telemetry", "when": when} for name, (when, _, _) in CONDITIONS.items()
    ]
    rules, none = compile_rules(Vehicle.kind, documents), compile_rules(Vehicle.kind, [])
    series = readings()
    windows = {"rises": 0.0, "average": 90.0, "count": 0.0}
    values = [{**msgspec.structs.asdict(reading), **windows} for reading in series]
    zens: list[Condition] = [zen.compile_expression(text).evaluate for _, text, _ in texts]
    cels: list[Condition] = [cel.compile(text).execute for _, _, text in texts]
    return RuleReport(
        vigil=_best(_rules(rules, series), events),
        vigil_event=_best(_events(rules, series), events),
        bare_event=_best(_events(none, series), events),
        zen=_best(lambda: _conditions(zens, values), events),
        cel=_best(lambda: _conditions(cels, values), events),
        events=max(1, events // LENGTH) * LENGTH,
        machine=machine(),
    )


def _rules(rules: RuleSet, series: list[Telemetry]) -> Callable[[], None]:
    """The generated function alone, on a car whose readings go on and on."""
    observe = rules.by_type["telemetry"]
    car, turn = Vehicle.new("v1"), Turn()
    turn.begin(car.id, Event("", "telemetry", car.id, 0.0, car.id, None))
    for name in Telemetry.__struct_fields__:
        if name != "at":
            setattr(car, name, getattr(series[0], name))

    def run() -> None:
        token = enter(turn)
        begin = car.stamp + 1.0
        for number, reading in enumerate(series):
            car.stamp = begin + number
            observe(car, turn, reading, car.stamp, turn.fresh)
        leave(token)
        assert not turn.fired, "the benchmark is about rules that do not fire"

    return run


def _events(rules: RuleSet, series: list[Telemetry]) -> Callable[[], None]:
    """Events as a twin handles them: turn, handler, rules."""
    car, turn = Vehicle.new("v1"), Turn()
    turn.rules = {"vehicle": rules}

    def run() -> None:
        token = enter(turn)
        begin = car.stamp + 1.0
        for number, reading in enumerate(series):
            reading.at = begin + number
            event = Event("", "telemetry", car.id, reading.at, car.id, reading)
            turn.begin(car.id, event)
            handle(car, event, turn)
        leave(token)
        assert not turn.signals, "the benchmark is about rules that do not fire"

    return run


def _conditions(conditions: Sequence[Condition], values: list[dict[str, Any]]) -> None:
    """All conditions on each reading, as the engines want it: a dictionary."""
    for value in values:
        for condition in conditions:
            assert condition(value) is False, "none of them holds"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print an object")
    parser.add_argument("--events", type=int, default=EVENTS)
    arguments = parser.parse_args()
    report = measure(arguments.events)
    if arguments.json:
        sys.stdout.write(msgspec.json.encode(report).decode() + "\n")
        return
    for name, value in (
        ("Vigil's rules, windows included", report.vigil),
        ("zen-engine, conditions only", report.zen),
        ("CEL, conditions only", report.cel),
        ("a whole event of a vehicle with these rules", report.vigil_event),
        ("the same without rules", report.bare_event),
    ):
        sys.stdout.write(f"{value:8.2f} µs an event  {name}\n")


if __name__ == "__main__":
    main()
