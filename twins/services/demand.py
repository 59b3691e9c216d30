"""Demand: where cars will break down within the next hour, so that who helps is there before.

    breakdown.noted ─▶ counted by cell and hour of the week, smoothed from week to week
    a quarter before each hour ─▶ places, most expected first ─▶ operators and depots (reposition)

What was before Vigil, the desk's own system tells as a device does (`breakdown`, oldest first).
When it has told all of it, they are asked for the hour that is running.

What they do with it is theirs: a request that is refused, or not understood, changes nothing.
"""

from math import floor
from typing import Annotated, Final

from msgspec import Meta, Struct, field

from twins.event import Reading
from twins.handler import due, on, told
from twins.ids import TwinId
from twins.services.messages import Repositioned, Request
from twins.settings import UNSET, Settings, UnsetType
from twins.twin import Twin
from twins.units import Latitude, Longitude, Position, Time

HOUR_S: Final = 3600.0
WEEK_H: Final = 168

LEAD_S: Final = 900.0
"""So long before an hour begins they are asked to be where they will be needed."""

SMOOTHING: Final = 0.25
"""Weight of the newest week; the first ones count alike."""

CELLS_A_DEGREE: Final = 10
"""Cells are a tenth of a degree wide: 11 km from south to north."""

LONGEST_H: Final = 52 * WEEK_H
"""After a year without any message nothing is left of what was known, and no more is counted."""

MAX_CELLS: Final = 32
MAX_PLACES: Final = 8
MAX_MOVERS: Final = 16

SOON_S: Final = 2.0
"""When nothing more of the past was told for so long, it is used."""

LEAST: Final = 0.05
"""Fewer breakdowns an hour than this are nothing to drive for, and not remembered."""


class BreakdownNoted(Struct, kw_only=True, omit_defaults=True):
    """A car stands somewhere: `breakdown.noted`."""

    position: Position
    at: Time
    movers: list[TwinId] = []
    """Operators and depots that could be nearer."""


class Past(Reading, kw_only=True):
    """One that was before: `breakdown`, from the desk's own system."""

    at: Time
    lat: Latitude
    lon: Longitude


class DemandSettings(Settings):
    """Master data of what a desk has to expect: `configured`."""

    movers: Annotated[list[TwinId], Meta(max_length=MAX_MOVERS)] | UnsetType = UNSET
    """Operators and depots that could be nearer; those of breakdowns add to them."""


class Place(Struct, kw_only=True):
    """Where so many breakdowns are expected within an hour."""

    position: Position
    """The cell's middle."""
    expected: float


class Forecast(Struct, kw_only=True, omit_defaults=True):
    """Breakdowns by cell and hour of the week. Its size is bounded."""

    hour: int | None = None
    """Hours since the epoch: the one that is counted."""
    counts: dict[str, int] = {}
    """Cell -> breakdowns within it."""
    rates: dict[str, dict[str, float]] = {}
    """Cell -> hour of the week -> breakdowns an hour, smoothed."""
    weeks: dict[str, int] = {}
    """Hour of the week -> how often it was counted."""

    def note(self, position: Position, at: float) -> None:
        """Count a breakdown; one of an hour that is over counts for the one that is not."""
        self.reach(at)
        cell = _cell(position)
        if cell in self.counts or len(self.counts) < MAX_CELLS:
            self.counts = {**self.counts, cell: self.counts.get(cell, 0) + 1}

    def reach(self, at: float) -> None:
        """All hours before this time are over."""
        hour = floor(at / HOUR_S)
        if self.hour is None:
            self.hour = hour
        if hour - self.hour > LONGEST_H:
            self.hour, self.counts = hour - LONGEST_H, {}
        while self.hour < hour:
            self._learn(str(self.hour % WEEK_H))
            self.hour += 1
            self.counts = {}

    def _learn(self, name: str) -> None:
        times = self.weeks[name] = min(self.weeks.get(name, 0) + 1, 1000)
        weight = max(SMOOTHING, 1.0 / times)
        for cell in sorted({*self.rates, *self.counts}):
            rates = self.rates.setdefault(cell, {})
            before = rates.pop(name, 0.0)
            rate = before + weight * (self.counts.get(cell, 0) - before)
            if rate >= LEAST:
                rates[name] = round(rate, 4)
            if not rates:
                del self.rates[cell]
        while len(self.rates) > MAX_CELLS:
            del self.rates[min(self.rates, key=lambda cell: (sum(self.rates[cell].values()), cell))]

    def places(self, at: float) -> list[Place]:
        """Where breakdowns are expected within the hour of this time, most first."""
        name = str(floor(at / HOUR_S) % WEEK_H)
        found = [(-rates[name], cell) for cell, rates in self.rates.items() if name in rates]
        return [Place(position=_middle(cell), expected=-rate) for rate, cell in sorted(found)][
            :MAX_PLACES
        ]


def _cell(position: Position) -> str:
    return ":".join(str(floor(degrees * CELLS_A_DEGREE)) for degrees in position)


def _middle(cell: str) -> Position:
    lat, lon = ((int(part) + 0.5) / CELLS_A_DEGREE for part in cell.split(":"))
    return (min(lat, 90.0), min(lon, 180.0))


class Demand(Twin, kind="demand"):
    """What the desk of the same key has to expect."""

    forecast: Forecast = field(default_factory=Forecast)
    movers: list[str] = field(default_factory=list)
    """Who could be nearer, newest last."""
    asked: int = 0
    """How often somebody was asked to be elsewhere."""
    followed: int = 0
    refused: int = 0
    """Of these; none of them matters."""
    moved: int = 0
    """So many vehicles and cars drove because of it."""
    passed_over: int = 0
    """What was told of the past after a later hour had begun."""
    waking: bool = False

    @told("configured")
    def configured(self, settings: DemandSettings) -> None:
        """Take over master data."""
        settings.apply(self)

    @on("breakdown")
    def breakdown(self, past: Past) -> None:
        """Learn from what was; what comes too late for its hour would only be counted wrongly."""
        hour = self.forecast.hour
        if past.at > self.now or (hour is not None and floor(past.at / HOUR_S) < hour):
            self.passed_over += 1
            return
        self.forecast.note((past.lat, past.lon), past.at)
        self.remind("told", at=self.now + SOON_S)

    @due("told")
    def told_all(self) -> None:
        """What was before is known: ask for the hour that is running."""
        self._foresee(self.now)

    @told("breakdown.noted")
    def breakdown_noted(self, noted: BreakdownNoted) -> None:
        """Count it."""
        self.forecast.note(noted.position, min(noted.at, self.now))
        known = [mover for mover in self.movers if mover not in noted.movers]
        self.movers = [*known, *noted.movers][-MAX_MOVERS:]
        if not self.waking:
            self._wait()

    def _wait(self) -> None:
        """Until a quarter before the next hour."""
        self.waking = True
        self.remind("hour", at=(floor((self.now + LEAD_S) / HOUR_S) + 1) * HOUR_S - LEAD_S)

    @due("hour")
    def hour(self) -> None:
        """An hour is about to begin: ask who helps to be where cars will break down."""
        self._foresee(self.now + LEAD_S)

    def _foresee(self, at: float) -> None:
        """Ask for the hour of this time, and go on an hour later."""
        self.waking = False
        self.forecast.reach(self.now)
        places = self.forecast.places(at)
        if places:
            self._ask(places, floor(at / HOUR_S))
        if self.forecast.rates or self.forecast.counts:
            self._wait()

    def _ask(self, places: list[Place], begins: int) -> None:
        for mover in self.movers:
            self.asked += 1
            request = Request(
                asker=self.id, arrangement_id=f"hour-{begins}", leg="reposition",
                body={"places": [
                    {"near": list(place.position), "expected": place.expected} for place in places
                ]},
                by=self.now + HOUR_S,
            )  # fmt: skip
            self.tell(mover, "reposition.requested", request)

    @told("reposition.answered")
    def reposition_answered(self, answer: Repositioned) -> None:
        """They will be, or not."""
        if answer.ok:
            self.followed += 1
            self.moved += answer.moves
        else:
            self.refused += 1
