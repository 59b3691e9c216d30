"""What may follow a rule where supervisors are concerned: an arrangement, or a campaign of either.

    then:
      - arrangement: {name: service_visit, to: owner, steps: [slot, rental], require: [slot]}
      - campaign: {name: winter, to: owner, per_day: 100, stop: {after: 30d}, message: winter.check}

Importing this module makes both known to rules.
"""

from collections.abc import Iterator
from difflib import get_close_matches
from typing import Annotated, Any

import msgspec
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from actors.supervisors.campaign import Limits, stop_condition
from actors.supervisors.composed import Spec, Wanted, composed_id
from actors.supervisors.invitation import Invited, Message, invitation_id
from actors.supervisors.legs import LEGS
from twins.outputs import Signal
from twins.people.actions import (
    Templates,
    check_reader,
    check_templates,
    desk_of,
    is_twin,
    urgency_of,
    wordings_of,
    words_of,
)
from twins.people.messages import Urgency
from twins.rules.actions import Act, Expression, Said, Test, Written, action
from twins.rules.duration import Duration
from twins.rules.syntax import BadExpression
from twins.source import Path
from twins.units import Position

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,40}$")]
"""It is a part of a supervisor's key."""


class OfferSaid(BaseModel):
    """How the customer is asked."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    template: Templates | None = None
    """What she is told; default: that help is ready."""
    within: Duration | None = None
    """How long she may think; never longer than what is held lives."""
    urgency: Urgency | None = None
    """Default: by the rule's severity. What is not `high` does not reach her at night."""


class StepsSaid(BaseModel):
    """What is arranged."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

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


class ArrangementSaid(Said, StepsSaid):
    """Holds what a person needs, offers it all in one message, and confirms what she accepts."""

    name: Name
    """What rules call it: `open(service_visit)`."""
    to: Expression
    """Whom it is for: a link (`owner`), `id` where the rule is about the person herself."""


def _check(said: ArrangementSaid, written: Written) -> Iterator[tuple[Path, str]]:
    yield from check_reader(written.asked.get("to"), written.kind)
    yield from _check_steps(said, written, ())


def _check_steps(
    said: StepsSaid, written: Written, where: tuple[str | int, ...]
) -> Iterator[tuple[Path, str]]:
    for number, name in enumerate(said.steps):
        if name not in LEGS:
            near = get_close_matches(name, LEGS, 1)
            hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(LEGS)}"
            yield (*where, "steps", number), f"there is no step {name!r}; {hint}"
    for number, name in enumerate(said.require):
        if name not in said.steps:
            yield (*where, "require", number), f"{name!r} is none of the steps"
    if all(name in LEGS and LEGS[name].last for name in said.steps):
        yield (*where, "steps"), f"{said.steps[0]} is of no use by itself"
    if said.earliest and said.latest and said.earliest >= said.latest:
        yield (*where, "latest"), "it has to be over before it begins"
    if said.offer.template is not None:
        place = (*where, "offer", "template")
        yield from check_templates(said.offer.template, written, place)


def _spec(act: Act[Any], name: str, said: StepsSaid) -> Spec:
    template = said.offer.template
    return Spec(
        name=name,
        steps=said.steps,
        require=said.require or said.steps[:1],
        skill=said.skill,
        texts=None if template is None else words_of(act.templates[template[0]].texts),
        wordings=wordings_of(act, template or []),
        data=act.data,
        urgency=urgency_of(said.offer.urgency, act.firing),
        within_s=said.offer.within,
        earliest_s=said.earliest or 0.0,
        latest_s=said.latest,
    )


@action("arrangement", ArrangementSaid, _check)
def start_arrangement(act: Act[ArrangementSaid]) -> None:
    """Have its supervisor begin; while one of this name is open for the twin, it only counts."""
    said, to = act.said, act.asked["to"]
    if not is_twin(to, "customer"):
        act.undone(f"arrangement {said.name}: {said.to} is no customer")
        return
    spec = _spec(act, said.name, said)
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


# -- campaigns -----------------------------------------------------------------------------------


class NoteSaid(BaseModel):
    """What everybody is told."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    template: Templates
    urgency: Urgency = "low"


def _note(value: Any) -> Any:
    return {"template": value} if isinstance(value, str | list) else value


class StopSaid(BaseModel):
    """When a campaign contacts nobody else, whichever comes first."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    at_most: Annotated[int, Field(ge=1, le=1_000_000_000)] | None = None
    """So many were contacted."""
    after: Duration | None = None
    """It has run so long."""
    when: Annotated[str, Field(min_length=1, max_length=1000)] | None = None
    """A condition on its own counts: `declined > 50`."""


class CampaignSaid(Said):
    """Contacts each person who fits once, so many a day, until it stops."""

    name: Name
    to: Expression
    """Whom: a link (`owner`), `id` where the rule is about the person herself."""
    audience: Test = "true"
    """Who fits: a condition, as in `context`."""
    message: Annotated[NoteSaid | None, BeforeValidator(_note)] = None
    arrangement: StepsSaid | None = None
    """Instead of a message."""
    per_day: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    """How many are contacted a day; default: all at once."""
    stop: StopSaid
    """Every campaign has an end."""


def _check_campaign(said: CampaignSaid, written: Written) -> Iterator[tuple[Path, str]]:
    yield from check_reader(written.asked.get("to"), written.kind)
    if (said.message is None) == (said.arrangement is None):
        yield ("name",), "a campaign has either a message or an arrangement"
    if said.message is not None:
        yield from check_templates(said.message.template, written, ("message",))
    if said.arrangement is not None:
        yield from _check_steps(said.arrangement, written, ("arrangement",))
    stop = said.stop
    if stop == StopSaid():
        yield ("stop",), "say when it stops: at_most, after, or when"
    if stop.when is not None:
        try:
            stop_condition(stop.when)
        except BadExpression as error:
            yield ("stop", "when"), str(error)


@action("campaign", CampaignSaid, _check_campaign)
def invite(act: Act[CampaignSaid]) -> None:
    """Let the person join, if she fits; who has joined once does not join again."""
    said, to = act.said, act.asked["to"]
    if act.asked["audience"] is not True:
        return
    if not is_twin(to, "customer"):
        act.undone(f"campaign {said.name}: {said.to} is no customer")
        return
    note, stop = said.message, said.stop
    invited = Invited(
        campaign=said.name,
        customer=to,
        cause=cause_of(act, to),
        limits=Limits(
            version=act.firing.version, at_most=stop.at_most, after_s=stop.after, when=stop.when,
            per_day=said.per_day,
        ),
        desk=desk_of(act.twin),
        message=None if note is None else Message(
            template=note.template[0], texts=words_of(act.templates[note.template[0]].texts),
            data=act.data, urgency=note.urgency, wordings=wordings_of(act, note.template),
        ),
        spec=None if said.arrangement is None else _spec(act, said.name, said.arrangement),
    )  # fmt: skip
    act.turn.tell(invitation_id(said.name, to), "invitation.wanted", invited)
