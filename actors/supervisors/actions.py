"""What may follow a rule where supervisors are concerned: an arrangement from existing steps.

    then:
      - arrangement: {name: service_visit, to: owner, steps: [slot, rental], require: [slot]}

Importing this module makes it known to rules.
"""

from collections.abc import Iterator
from difflib import get_close_matches
from typing import Annotated, Any

import msgspec
from pydantic import BaseModel, ConfigDict, Field

from actors.supervisors.composed import Spec, Wanted, composed_id
from actors.supervisors.legs import LEGS
from twins.outputs import Signal
from twins.people.actions import (
    check_reader,
    check_template,
    desk_of,
    is_twin,
    words_of,
)
from twins.rules.actions import Act, Expression, Said, Written, action
from twins.rules.document import Dotted
from twins.rules.duration import Duration
from twins.source import Path
from twins.units import Position

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,40}$")]
"""It is a part of a supervisor's key."""


class OfferSaid(BaseModel):
    """How the customer is asked."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    template: Dotted | None = None
    """What she is told; default: that help is ready."""
    within: Duration | None = None
    """How long she may think; never longer than what is held lives."""


class ArrangementSaid(Said):
    """Holds what a person needs, offers it all in one message, and confirms what she accepts."""

    name: Name
    """What rules call it: `open(service_visit)`."""
    to: Expression
    """Whom it is for: a link (`owner`), `id` where the rule is about the person herself."""
    steps: Annotated[list[str], Field(min_length=1, max_length=16)]
    """What to book."""
    require: Annotated[list[str], Field(max_length=16, default_factory=list)]
    """What it makes no sense without; default: the first step."""
    skill: Annotated[str, Field(max_length=200)] = "arrangements"
    """What the employee must be able to do who takes it over when nothing else works."""
    earliest: Duration | None = None
    """How long from now it begins at the earliest."""
    latest: Duration | None = None
    """How long from now it has to be over."""
    offer: OfferSaid = OfferSaid()


def _check(said: ArrangementSaid, written: Written) -> Iterator[tuple[Path, str]]:
    yield from check_reader(written.asked.get("to"), written.kind)
    for number, name in enumerate(said.steps):
        if name not in LEGS:
            near = get_close_matches(name, LEGS, 1)
            hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(LEGS)}"
            yield ("steps", number), f"there is no step {name!r}; {hint}"
    for number, name in enumerate(said.require):
        if name not in said.steps:
            yield ("require", number), f"{name!r} is none of the steps"
    if all(name in LEGS and LEGS[name].last for name in said.steps):
        yield ("steps",), f"{said.steps[0]} is of no use by itself"
    if said.earliest and said.latest and said.earliest >= said.latest:
        yield ("latest",), "it has to be over before it begins"
    if said.offer.template is not None:
        yield from check_template(said.offer.template, written, set(), ("offer", "template"))


@action("arrangement", ArrangementSaid, _check)
def start_arrangement(act: Act[ArrangementSaid]) -> None:
    """Have its supervisor begin; while one of this name is open for the twin, it only counts."""
    said, to = act.said, act.asked["to"]
    if not is_twin(to, "customer"):
        act.undone(f"arrangement {said.name}: {said.to} is no customer")
        return
    template = said.offer.template
    spec = Spec(
        name=said.name,
        steps=said.steps,
        require=said.require or said.steps[:1],
        skill=said.skill,
        texts=None if template is None else words_of(act.templates[template].texts),
        data=act.data,
        within_s=said.offer.within,
        earliest_s=said.earliest or 0.0,
        latest_s=said.latest,
    )
    wanted = Wanted(cause=cause_of(act, to), spec=spec, desk=desk_of(act.twin))
    act.turn.tell(composed_id(said.name, act.twin.id), "arrangement.wanted", wanted)


def cause_of(act: Act[Any], customer: str) -> Signal:
    """What a supervisor has to know of a firing, and of the twin: who, where, and why."""
    twin, firing = act.twin, act.firing
    dealer = getattr(twin, "dealer", None)
    try:
        position = msgspec.convert(getattr(twin, "position", None), Position | None)
    except msgspec.ValidationError:
        position = None
    data = {
        "position": position,
        "owner": customer,
        "dealer": dealer if is_twin(dealer, "dealer") else None,
        "description": str(getattr(twin, "description", ""))[:200],
        "why": dict(firing.why),
        **{name: value for name, value in act.data.items() if name not in _OWN},
    }
    return Signal(act.id, firing.rule, twin.id, firing.at, data)


_OWN = ("position", "owner", "dealer", "why", "spec", "starter")
"""What a rule's data cannot put into a cause."""
