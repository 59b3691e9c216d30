"""Story: what goes wrong with effects, and how a roadside arrangement has to end then."""

from collections.abc import Callable
from typing import Any

from support.city import DESK, City

from actors.supervisors.arrangement import State
from actors.testing import Fault
from twins.outputs import Effect

YES = {"accept": True}
REFUSED = Fault(carried_out=False, reason="refused", detail="unavailable")


def first(name: str, fault: Fault, *, leg: str = "", times: int = 1) -> Callable[[Effect], Fault]:
    """The first effects of a name (and leg) fail so, later ones succeed."""
    left = [times]

    def decide(effect: Effect) -> Fault:
        if effect.name == name and f" {leg}" in effect.key and left[0]:
            left[0] -= 1
            return fault
        return Fault()

    return decide


def story(here: City, said: dict[str, Any] | None = None) -> City:
    """Let the car overheat, and the arrangement end."""
    here.world.customer = lambda _: said
    here.overheat()
    here.world.run_until(here.ended)
    return here


def with_person(here: City) -> Any:
    """The desk's case, after checking that all was given back and a person has it."""
    arr = here.arrangement

    assert arr.state is State.WITH_PERSON
    assert here.count("held") == 0
    assert arr.case.employee is not None

    return here.world.twin(DESK).cases[arr.case.id]
