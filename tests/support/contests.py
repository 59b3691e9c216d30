"""Contests: two arrangements that want the last thing there is, both of them having seen it.

contest = CONTESTS["rental, another depot"](Drawn(seed))
contest.play.run()
"""

from collections.abc import Callable
from dataclasses import dataclass

from support.drawn import Drawn
from support.plays import Play
from support.scenes import roadside

from actors.supervisors.arrangement import State
from actors.testing import FakeProvider, Fault
from twins.handler import Origin
from twins.outputs import Effect

SEEN_S = 2.0
"""So long everybody who asks waits for what a company has: then all know the same."""


@dataclass
class Contest:
    """What is wanted, by whom, and what becomes of who does not get it."""

    play: Play
    wants: tuple[str, str]
    """Supervisors."""
    sort: str
    """Of legs."""
    of: FakeProvider
    """Who has one."""
    loser: State
    """How the other arrangement ends."""
    instead: FakeProvider | None
    """Who has another one; None: nobody."""


def _all_see_it(drawn: Drawn) -> None:
    def late(effect: Effect) -> Fault:
        return Fault(delay_s=SEEN_S) if effect.name == "availability" else Fault()

    drawn.fleet.fault = late
    drawn.fleet.customer = lambda _: {"accept": True}


def _two_cars(
    drawn: Drawn, sort: str, loser: State, *, trucks: tuple[int, ...] = (4,),
    rentals: tuple[int, ...] = (4,),
) -> Contest:  # fmt: skip
    """Two cars overheat at the same time."""
    _all_see_it(drawn)
    here = roadside.road(drawn, trucks=trucks, rentals=rentals)
    cars = here.drives(), here.drives()
    companies = here.tows if sort == "tow" else here.depots

    def begin() -> None:
        for car in drawn.sample(cars, 2):
            here.overheats(car)

    first, second = (here.supervisor(car) for car in cars)
    return Contest(
        Play(drawn, begin, least=2), (first, second), sort, companies[0], loser,
        companies[1] if len(companies) > 1 else None,
    )  # fmt: skip


def _rental_of_two_stories(drawn: Drawn) -> Contest:
    """A car that overheats, and one whose lamp is on."""
    _all_see_it(drawn)
    here = roadside.road(drawn, trucks=(4,), rentals=(1,))
    hot, lit = here.drives(), here.drives()

    def begin() -> None:
        # The lamp's arrangement asks for its rental sooner after its signal.
        lamp = {"engine_light": True, "fault_code": "P0420"}
        drawn.fleet.after(
            drawn.uniform(0.0, 3 * SEEN_S),
            lambda: drawn.fleet.send(lit, "fault", lamp, origin=Origin.DEVICE),
        )
        here.overheats(hot)

    wants = here.supervisor(hot), f"service/{lit.partition('/')[2]}"
    return Contest(
        Play(drawn, begin, least=2), wants, "rental", here.depots[0], State.CLOSED, None
    )  # fmt: skip


CONTESTS: dict[str, Callable[[Drawn], Contest]] = {
    "truck": lambda drawn: _two_cars(drawn, "tow", State.WITH_PERSON, trucks=(1,)),
    "truck, another operator": lambda drawn: _two_cars(drawn, "tow", State.CLOSED, trucks=(1, 1)),
    "rental": lambda drawn: _two_cars(drawn, "rental", State.CLOSED, rentals=(1,)),
    "rental, another depot": lambda drawn: _two_cars(drawn, "rental", State.CLOSED, rentals=(1, 1)),
    "rental of two stories": _rental_of_two_stories,
}
"""What is wanted -> how it is made ready."""
