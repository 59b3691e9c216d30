"""Plays: every story, ready to begin, for tests that do the same to each of them.

play = PLAYS["roadside"](Drawn(seed))
play.run()
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from support.drawn import Drawn
from support.scenes import care, delivery, flight, hvac, recall, roadside, service, shortage, update

HOUR_S = 3600.0
REST_S = 2 * HOUR_S
"""After the end, so that whoever is late has answered, and what was held has lapsed."""


@dataclass
class Play:
    """A story with its cast."""

    drawn: Drawn
    begin: Callable[[], object]
    """Lets its devices send what it begins with."""
    least: int = 1
    """So many arrangements there are in the end."""
    most_s: float = 48 * HOUR_S

    def run(self) -> None:
        """From its beginning until all has ended, and a while more."""
        self.begin()
        fleet = self.drawn.fleet
        fleet.run_until(self.ended, self.most_s)
        fleet.advance(REST_S)

    def ended(self) -> bool:
        """Whether all arrangements have."""
        found = list(self.arrangements())
        return len(found) >= self.least and all(arr.ended for arr in found)

    def arrangements(self) -> Iterator[Any]:
        """All that there are, those of the past too."""
        for twin_id in self.drawn.fleet.states():
            twin = self.drawn.fleet.twin(twin_id)
            if getattr(twin, "arrangement", None) is not None:
                yield from twin.past
                yield twin.arrangement


def _roadside(drawn: Drawn) -> Play:
    """One car overheats; its driver says yes."""
    here = roadside.road(drawn)
    car = here.drives()
    drawn.fleet.customer = lambda _: {"accept": True}
    return Play(drawn, lambda: here.overheats(car))


def _service(drawn: Drawn) -> Play:
    """A lamp goes on; she takes one of three appointments."""
    here = service.town(drawn)
    taken = drawn.randint(1, 3)
    drawn.fleet.customer = lambda _: {"accept": True, "alternative": taken}
    return Play(drawn, here.light)


def _delivery(drawn: Drawn) -> Play:
    """A parcel is damaged, and sent once more."""
    here = delivery.sent(drawn, drawn.randint(0, 900_000), drawn.randint(1, 30))
    return Play(drawn, here.knock)


def _hvac(drawn: Drawn) -> Play:
    """An air conditioner fades; a filter and a visit."""
    here = hvac.home(drawn)
    taken = drawn.randint(1, 2)
    drawn.fleet.customer = lambda _: {"accept": True, "alternative": taken}
    return Play(drawn, lambda: here.days(14, 0.5))


def _flight(drawn: Drawn) -> Play:
    """A connection will be missed; a seat on the next day, and a room for the night."""
    here = flight.journey(drawn, after_s=(20.0, 24.0))
    drawn.fleet.customer = lambda _: {"accept": True}
    return Play(drawn, lambda: here.says(-drawn.uniform(60, HOUR_S)))


def _recall(drawn: Drawn) -> Play:
    """The same fault in more cars than are none's fault; each has a slot."""
    here = recall.land(drawn, 2)

    def begin() -> None:
        for _ in range(recall.THRESHOLD + 1):
            here.breaks()

    return Play(drawn, begin, least=2 + recall.THRESHOLD)


def _shortage(drawn: Drawn) -> Play:
    """More cars are stranded than there are trucks."""
    here = shortage.town(drawn, trucks=1, eta_s=drawn.uniform(20, 40), job_s=drawn.uniform(45, 60))

    def begin() -> None:
        for _ in range(2):
            here.strands()

    return Play(drawn, begin, least=2)


def _update(drawn: Drawn) -> Play:
    """A car asks for other software, and gets it at night."""
    here = update.garage(drawn)
    return Play(drawn, here.report)


def _care(drawn: Drawn) -> Play:
    """A reading needs a doctor, who sees to it."""
    here = care.home(drawn)

    def begin() -> None:
        here.measure()
        drawn.fleet.advance(drawn.uniform(1, 60))
        here.measure(spo2_pct=drawn.uniform(60, 87))

    return Play(drawn, begin)


PLAYS: dict[str, Callable[[Drawn], Play]] = {
    "roadside": _roadside,
    "service": _service,
    "delivery": _delivery,
    "hvac": _hvac,
    "flight": _flight,
    "recall": _recall,
    "shortage": _shortage,
    "update": _update,
    "care": _care,
}
"""Story -> how it is made ready."""

BOOKED = [name for name in PLAYS if name not in ("update", "care")]
"""Those in which companies are asked; the others command a device, and call a doctor."""

OFFERED = [name for name in BOOKED if name not in ("delivery", "shortage")]
"""Those in which the customer is asked."""
