"""Report: what a demo found, for people on the screen and for CI as JSON.

    python -m deploy.report demo.json

prints the problems and ends with 1, or says that all is well and ends with 0.
"""

import sys
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from deploy.demo.truths import Truth

Count = Annotated[int, Meta(ge=0)]


class Story(Struct, kw_only=True):
    """One story of the demo: from the first sign of trouble to the customer helped."""

    name: str
    completed: bool
    twin_id: str
    """Whose story it is."""
    seconds: float | None = None
    """From the first sign to the end, in seconds; None while it is not completed."""
    detail: str = ""
    """Where it stands, where it is not completed."""
    truths: list[Truth] = []
    """What Vigil claimed, held against the world."""


class Events(Struct, kw_only=True):
    """What became of every event that devices sent, by their own count and by the twins'."""

    acknowledged: Count
    """Events that devices were told are durable."""
    applied: Count
    """Of these, how many their twins applied."""
    lost: Count
    """Acknowledged, and never applied."""
    duplicated: Count
    """Applied more than once."""
    out_of_order: Count
    """Applied before one that its device sent earlier."""


class Report(Struct, kw_only=True):
    """One run of the demo."""

    seconds: float
    """How long it ran, in seconds."""
    seed: int
    devices: Count
    stories: list[Story]
    events: Events
    events_per_second: float = 0.0
    latency_ms: dict[str, float] = {}
    """Percentile (`p50`, `p99`) -> from a device's clock until applied, in milliseconds."""
    notes: list[str] = []
    """What else happened, for people: what was killed, what came back."""


STORIES = 3
"""How many stories a demo tells."""


def write(report: Report, path: Path) -> None:
    """Write a report as JSON."""
    path.write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n")


def read(path: Path) -> Report:
    """Read a report; raises `OSError`, or `msgspec.DecodeError` when it is none."""
    return msgspec.json.decode(path.read_bytes(), type=Report)


def problems(report: Report) -> list[str]:
    """What in a report breaks a promise, a sentence each; empty when all is well."""
    found = []
    names = {story.name for story in report.stories}
    if len(names) < STORIES:
        found.append(f"{len(names)} stories were told, not {STORIES}: {sorted(names)}")
    found += [
        f"story {story.name!r} of {story.twin_id} is not completed: {story.detail or 'no reason'}"
        for story in report.stories
        if not story.completed
    ]
    events = report.events
    if not events.acknowledged:
        found.append("no event was acknowledged, so nothing was shown")
    for name in ("lost", "duplicated", "out_of_order"):
        count = getattr(events, name)
        if count:
            found.append(f"{count} of {events.acknowledged} acknowledged events: {name}")
    if events.applied + events.lost != events.acknowledged:
        found.append(
            f"the counts do not add up: {events.acknowledged} acknowledged, "
            f"{events.applied} applied, {events.lost} lost"
        )
    return found


def main(arguments: list[str]) -> int:
    """Check the report that is named; returns the exit status."""
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m deploy.report <report.json>\n")
        return 2
    path = Path(arguments[0])
    try:
        report = read(path)
    except (OSError, msgspec.DecodeError) as error:
        sys.stderr.write(f"{path}: {error}\n")
        return 1
    found = problems(report)
    for each in found:
        sys.stderr.write(f"{path}: {each}\n")
    if not found:
        sys.stdout.write(
            f"{path}: {len(report.stories)} stories completed; {report.events.acknowledged} events "
            "acknowledged, each applied once and in order\n"
        )
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
