"""Populations whose truth is known: how likely a person answers what she is told in some way.

    options = population.options("sms")      # what there is to choose from, as a story has it
    population.chance("sms", taken, 0.5)     # in the middle of the run

The first option of each dimension is the fixed policy's.
"""

from collections.abc import Callable
from itertools import product
from typing import Final

from msgspec import Struct

from twins.learning.choosing import Taken
from twins.learning.messages import Dimension

CHANNELS: Final = ("sms", "email", "messenger")
"""Also the segments: persons who name the same channel first."""

TIMES: Final = ("08-12", "12-16", "16-20")
WORDINGS: Final = ("plain", "short")
OFFERS: Final = ("plain", "2 first", "3 first", "no rental")
"""As the story `service` has them."""


class Population(Struct, frozen=True):
    """A truth: the chance that a person of a segment answers what she is told in some way."""

    name: str
    says: str
    chance: Callable[[str, Taken, float], float]
    """Of segment, what is taken, and how far the run is, from 0 to 1."""
    offers: tuple[str, ...] = ()
    """What she may be offered; empty: there is one offer, and nothing of it is learned."""

    def options(self, segment: str) -> dict[Dimension, list[str]]:
        """What there is to choose from: her own channel first, now, the plain one."""
        channels = [segment, *(channel for channel in CHANNELS if channel != segment)]
        options: dict[Dimension, list[str]] = {
            "channel": channels, "time": list(TIMES), "wording": list(WORDINGS),
        }  # fmt: skip
        return options | {"offer": list(self.offers)} if self.offers else options

    def best(self, segment: str, far: float) -> float:
        """The chance by what is best for her."""
        options = self.options(segment)
        ways = product(*options.values())
        return max(self.chance(segment, dict(zip(options, way, strict=True)), far) for way in ways)


def _clear(segment: str, taken: Taken, _: float) -> float:
    best = {"sms": "email", "email": "email", "messenger": "messenger"}[segment]
    return (
        0.20
        + 0.20 * (taken["channel"] == best)
        + 0.15 * (taken["time"] == "16-20")
        + 0.10 * (taken["wording"] == "short")
    )


def _weak(segment: str, taken: Taken, far: float) -> float:
    return 0.25 + (_clear(segment, taken, far) - 0.20) / 5.0


def _nothing(_: str, __: Taken, ___: float) -> float:
    return 0.3


def _as_she_says(segment: str, taken: Taken, _: float) -> float:
    return 0.25 + 0.2 * (taken["channel"] == segment) + 0.1 * (taken["time"] == "08-12")


def _drift(segment: str, taken: Taken, far: float) -> float:
    best = "email" if far < 0.5 else "messenger"  # noqa: PLR2004 - the middle
    return _clear(segment, taken, far) * 0.5 + 0.3 * (taken["channel"] == best)


def _crossed(_: str, taken: Taken, __: float) -> float:
    pairs = {("sms", "08-12"), ("email", "16-20"), ("messenger", "12-16")}
    return 0.2 + 0.3 * ((taken["channel"], taken["time"]) in pairs)


def _offers(segment: str, taken: Taken, _: float) -> float:
    best = {"sms": "no rental", "email": "2 first", "messenger": "no rental"}[segment]
    worse = 0.10 * (taken["offer"] == "3 first")
    return 0.30 + 0.25 * (taken["offer"] == best) - worse


def _soonest(_: str, taken: Taken, __: float) -> float:
    return 0.30 + 0.20 * (taken["offer"] == "plain")


POPULATIONS: Final = (
    Population("clear", "others answer better than by what is named first", _clear),
    Population("weak", "the same, a fifth as strong", _weak),
    Population("nothing", "all is answered alike", _nothing),
    Population("as she says", "nothing is better than the fixed policy", _as_she_says),
    Population("drift", "the best channel changes in the middle", _drift),
    Population("crossed", "which time is best hangs on the channel alone", _crossed),
    Population("offers", "some want no rental, some a later appointment", _offers, OFFERS),
    Population("soonest", "of the offers the fixed policy's is best", _soonest, OFFERS),
)
