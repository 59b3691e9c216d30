"""Weather: what a weather service expects for one place."""

from typing import Annotated

from msgspec import Meta

from twins.event import Reading
from twins.handler import on
from twins.twin import Twin
from twins.units import Time


class Forecast(Reading):
    """What is expected: `forecast`."""

    heat_from: Time | None = None
    """When the next heat wave begins, seconds since the epoch; 0: none is in sight."""
    peak_c: Annotated[float, Meta(ge=-100, le=70)] | None = None


class Weather(Twin, kind="weather"):
    """The forecast for one place; what stands there links to it, and its rules read it."""

    heat_from: float | None = None
    peak_c: float | None = None

    @on("forecast")
    def forecast(self, expected: Forecast) -> None:
        """Take over what is expected."""
        self.update(expected)
