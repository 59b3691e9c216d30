"""Rules for tests, as documents, and a kind that brings none of its own."""

from typing import Annotated, Any

from msgspec import Meta

from twins.event import Reading
from twins.handler import on
from twins.twin import Twin


class OvenReading(Reading):
    """What an oven measures."""

    inside_c: Annotated[float, Meta(ge=-40, le=600)] | None = None
    load_pct: Annotated[float, Meta(ge=0, le=100)] | None = None
    power_w: float | None = None


class Oven(Twin, kind="oven"):
    """A device."""

    inside_c: float | None = None
    load_pct: float | None = None
    power_w: float | None = None
    name: str = ""

    @on("telemetry")
    def telemetry(self, reading: OvenReading) -> None:
        """Take over a reading."""
        self.update(reading)

    @on("timer")
    def timer(self, minutes: int) -> None:
        """Fail on what no oven can do."""
        if minutes < 0:
            raise ValueError(f"a timer of {minutes} minutes")


def document(name: str, when: str = "inside_c > 250", **more: Any) -> dict[str, Any]:
    """A rule of ovens."""
    return {"rule": name, "kind": "oven", "on": "telemetry", "when": when, **more}


def page(name: str, when: str = "inside_c > 250", **more: Any) -> dict[str, Any]:
    """The same as a page of a rulebook."""
    return {"document": document(name, when, **more)}
