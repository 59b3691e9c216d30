"""The map of the customer's page: streets, where she is, and the truck that comes closer.

Drawn whole on the server, as one picture with north up and her in the middle. The truck comes
closer within one picture (`Picture.frame`); as it gets near, the next picture shows less and more.
Without a map of the place it is drawn without streets, with rings at whole kilometres.
"""

import math
from typing import Final

from msgspec import Struct

from gateway.api.arrangement import ArrangementView, TrackView
from gateway.api.assets import escape
from gateway.streets import Atlas, Box, Network, StreetsError
from gateway.streets.drawing import attribution, chosen, simplified
from gateway.streets.street import HIGHWAYS
from gateway.wording import decimal, duration, say
from twins.units import Position, distance_m

WIDTH, HEIGHT = 800.0, 600.0
"""Of the picture, in units of its own."""

MARGIN: Final = 70.0
"""The truck never comes closer to the edge than this, but at the largest step."""

STEPS_KM: Final = (0.25, 0.4, 0.6, 1.0, 1.6, 2.5, 4.0, 6.0, 10.0, 16.0, 25.0, 40.0, 100.0, 400.0)
"""So far up and down a picture reaches from her; the smallest that shows the truck is taken."""

KM_PER_DEG: Final = 111.195

MIN_RING: Final = 110.0
"""Least distance of two rings, in units of the picture."""


class Picture(Struct, frozen=True):
    """Where things are in the picture, and what lies under them."""

    frame: str
    """Which part of the world it shows: where this stays, only the truck moves."""
    truck: tuple[int, int]
    way: str
    """The truck's way as a path of SVG; along the streets where they are known."""
    along: bool
    """Whether it follows streets."""
    km: float
    """How far it still is, along the way."""
    streets: tuple[tuple[int, str], ...] = ()
    """(rank, path), small streets first."""
    attribution: tuple[tuple[str, str], ...] = ()
    """(words, address) of those whose streets are shown."""
    scale: float = 1.0
    """Units of the picture a kilometre."""


class Frame:
    """The part of the world that a picture shows: around `here`, `reach_km` up and down."""

    def __init__(self, here: Position, there: Position) -> None:
        self.here = here
        # Degrees of longitude shrink with the cosine of the latitude; at this size that is a map.
        self._shrink = max(0.01, math.cos(math.radians(here[0])))
        east = abs(there[1] - here[1]) * self._shrink * KM_PER_DEG
        north = abs(there[0] - here[0]) * KM_PER_DEG
        needed = max(
            north * (HEIGHT / 2) / (HEIGHT / 2 - MARGIN),
            east * (HEIGHT / 2) / (WIDTH / 2 - MARGIN),
        )
        self.reach_km = next((step for step in STEPS_KM if step >= needed), STEPS_KM[-1])
        self.scale = HEIGHT / 2 / self.reach_km

    @property
    def name(self) -> str:
        """Tells frames apart."""
        return f"{self.here[0]:.5f},{self.here[1]:.5f},{self.reach_km:g}"

    @property
    def box(self) -> Box:
        """What it shows, in degrees."""
        lat, lon = self.here
        up = self.reach_km / KM_PER_DEG
        aside = up * WIDTH / HEIGHT / self._shrink
        return Box(
            max(-180.0, lon - aside), max(-90.0, lat - up),
            min(180.0, lon + aside), min(90.0, lat + up),
        )  # fmt: skip

    def point(self, place: Position) -> tuple[int, int]:
        """Where a place is in the picture."""
        x = WIDTH / 2 + (place[1] - self.here[1]) * self._shrink * KM_PER_DEG * self.scale
        y = HEIGHT / 2 - (place[0] - self.here[0]) * KM_PER_DEG * self.scale
        return round(x), round(y)

    def path(self, line: list[Position]) -> str:
        """A line as a path of SVG."""
        points = [self.point(place) for place in line]
        first, *rest = points
        return f"M{first[0]} {first[1]}L" + " ".join(f"{x} {y}" for x, y in rest)


def picture_of(view: ArrangementView, atlas: Atlas, *, whole: bool = True) -> Picture | None:
    """The picture of an arrangement whose helper is on the way; None where places are missing.

    It may take some time: call it in a thread.

    Args:
        view: The arrangement.
        atlas: The maps.
        whole: With the streets; otherwise only what moves.
    """
    if view.position is None or view.track is None or view.track.position is None:
        return None
    here, there = view.position, view.track.position
    frame = Frame(here, there)
    line, km, along = [there, here], distance_m(here, there) / 1000, False
    try:
        way = atlas.way(there, here)[1]
        # A unit of the picture is the least that can be seen.
        line, km, along = simplified(way.line, 1000 / frame.scale), way.length_m / 1000, True
    except StreetsError:
        pass
    streets: list[tuple[int, str]] = []
    seen: list[Network] = []
    if whole:
        seen = [network for network in atlas.networks if network.box.meets(frame.box)]
        paths: dict[int, list[str]] = {}
        for street in chosen(seen, frame.box):
            drawn = frame.path(simplified(street.line, 1000 / frame.scale))
            paths.setdefault(HIGHWAYS[street.highway].rank, []).append(drawn)
        streets = [(rank, "".join(found)) for rank, found in paths.items()]
    said = [attribution(network) for network in seen]
    return Picture(
        frame=frame.name,
        truck=frame.point(there),
        way=frame.path(line),
        along=along,
        km=km,
        streets=tuple(streets),
        attribution=tuple(dict.fromkeys((each["text"], each["url"]) for each in said)),
        scale=frame.scale,
    )


def eta_text(track: TrackView, language: str) -> str:
    """When the helper is there, in words."""
    if track.arrived:
        return say(language, "page.title.arrived")
    if track.eta_s is None:
        return ""
    return say(language, "page.eta", left=duration(track.eta_s, language))


def far_text(picture: Picture | None, track: TrackView, language: str) -> str:
    """How far the helper still is, in words."""
    if picture is None or track.arrived:
        return ""
    return say(language, "page.distance", km=decimal(picture.km, language))


def map_card(picture: Picture | None, track: TrackView, language: str) -> str:
    """The map with what it says in words, as a part of the page."""
    words = "".join(
        f"<span data-{name}>{escape(text)}</span>"
        for name, text in (
            ("eta", eta_text(track, language)),
            ("far", far_text(picture, track, language)),
        )
        if text
    )
    # Said anew only when minutes have gone by: whoever listens is not told every metre.
    line = f'<p class="where" aria-live="polite">{words}</p>' if words else ""
    if picture is None:
        return f'<div class="card map">{line}</div>' if line else ""
    return f'<div class="card map">{_svg(picture, language)}{line}{_thanks(picture)}</div>'


def _svg(picture: Picture, language: str) -> str:
    x, y = WIDTH / 2, HEIGHT / 2
    streets = "".join(f'<path class="street r{rank}" d="{d}"/>' for rank, d in picture.streets)
    rings = "" if picture.streets else _rings(picture.scale)
    way = "way along" if picture.along else "way"
    return f"""<svg viewBox="0 0 {WIDTH:g} {HEIGHT:g}" role="img" data-frame="{picture.frame}" \
aria-label="{escape(say(language, "page.map"))}">
{streets}{rings}<path class="{way}" data-way d="{picture.way}"/>
<circle class="halo" cx="{x:g}" cy="{y:g}" r="40"/>
<circle class="pin" cx="{x:g}" cy="{y:g}" r="17"/><circle class="sign" cx="{x:g}" cy="{y:g}" r="7"/>
<text x="{x:g}" y="{y + 62:g}">{escape(say(language, "page.you"))}</text>
<g class="mover" data-truck transform="translate({picture.truck[0]} {picture.truck[1]})">
<g transform="translate(-36 -30) scale(2)"><rect class="truck" width="36" height="30" rx="10"/>
<path class="sign" d="M7 10h12v9H7zM20 13h5l4 4v2h-9z"/>
<circle class="sign" cx="12" cy="21" r="2.6"/><circle class="sign" cx="24" cy="21" r="2.6"/></g>
</g></svg>"""


def _rings(scale: float) -> str:
    """Circles around her at whole kilometres, where there are no streets to tell distances by."""
    km = next((each for each in (0.25, 0.5, 1, 2, 5, 10, 20, 50) if each * scale >= MIN_RING), 100)
    drawn = []
    for number in range(1, 5):
        radius = number * km * scale
        drawn.append(
            f'<circle class="ring" cx="{WIDTH / 2:g}" cy="{HEIGHT / 2:g}" r="{radius:.0f}"/>'
            f'<text class="far" x="{WIDTH / 2 - radius:.0f}" y="{HEIGHT / 2 + 8:g}">'
            f"{number * km:g} km</text>"
        )
    return "".join(drawn)


def _thanks(picture: Picture) -> str:
    """Whose streets they are."""
    said = [
        f'<a href="{escape(url)}" rel="noreferrer">{escape(text)}</a>' if url else escape(text)
        for text, url in picture.attribution
    ]
    words = " \N{MIDDLE DOT} ".join(said)
    return f'<p class="thanks">{words}</p>' if said else ""
