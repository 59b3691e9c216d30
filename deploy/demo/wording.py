"""Wording: a story's steps in plain words. A step that is not here is not shown on the screen."""

from collections.abc import Iterator, Mapping
from typing import Final

from deploy.demo.stories import Step
from deploy.demo.watch import Telling

_WORDS: Final[dict[str, str]] = {
    "signal.noticed": "{car} overheats: ten rises of the coolant in a row",
    "warn_driver.done": "the car warns its driver",
    "open_trunk.refused": "the car refuses to open its trunk: it is moving",
    "pull_over.done": "the car has pulled over and stands",
    "open_trunk.done": "now the trunk opens",
    "profile.answered": "{twin}: language, channel, calendar, value",
    "evidence.answered": "remaining life of the cooling system, computed on Ray",
    "cover.held": "{twin} covers it",
    "tow.held": "truck held at {twin}",
    "ride.held": "ride held at {twin}",
    "slot.held": "service slot held at {twin}, free in her calendar",
    "rental.held": "rental held at {twin}",
    "tow.failed": "no truck is free",
    "offer.sent": "one message with all of it, by {app}",
    "offer.answered": "{customer} {detail}",
    "rental.declined": "she does not want the rental",
    "rental.released": "the rental is given back",
    "ride.released": "the ride is given back",
    "cover.released": "the cover is given back",
    "tow.confirmed": "the truck is on its way from {twin}",
    "ride.confirmed": "the ride is confirmed",
    "slot.confirmed": "the service slot is confirmed",
    "rental.confirmed": "the rental is confirmed",
    "claim.opened": "claim opened at {twin}, with its evidence",
    "tow.moved": "the truck is {detail}",
    "tow.arrived": "the truck is there",
    "case.opened": "a person has to decide: a case is opened at {twin}",
    "case.assigned": "the case goes to {twin}",
    "case.taken": "{twin} takes the case, with all of its context",
    "arrangement.closed": "closed",
    "arrangement.with_person": "all is given back; the case lies with a person",
    "arrangement.compensated": "all is given back",
}


def told(telling: Telling, names: Mapping[str, str], app: str = "") -> Iterator[tuple[Step, str]]:
    """The steps that are shown, each with its words; of the truck's way only the last place.

    Args:
        telling: The story.
        names: Twin id -> name for people.
        app: What the customer likes best.
    """
    steps = telling.verdict.steps
    last_move = max((i for i, step in enumerate(steps) if step.name == "tow.moved"), default=-1)
    for index, step in enumerate(steps):
        words = _WORDS.get(step.name)
        if words is None or (step.name == "tow.moved" and index != last_move):
            continue
        # Not str.format: a name may hold braces.
        text = (
            words.replace("{car}", telling.car)
            .replace("{twin}", names.get(step.twin_id, step.twin_id))
            .replace("{customer}", names.get(telling.customer, telling.customer))
            .replace("{detail}", step.detail or "")
            .replace("{app}", app or "her favourite app")
        )
        yield step, text
