"""Wording: a story's steps in plain words. A step that is not here is not shown on the screen."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from deploy.demo.plot import Step
from deploy.demo.watch import Telling
from twins.units import Cents

_WORDS: Final[dict[str, str]] = {
    "signal.noticed": "{signal} at {car}",
    "warn_driver.done": "the car warns its driver",
    "open_trunk.refused": "the car refuses to open its trunk: it is moving",
    "pull_over.done": "the car has pulled over and stands",
    "open_trunk.done": "now the trunk opens",
    "profile.answered": "{twin}: {profile}",
    "evidence.answered": "driven on, the cooling system lives {life}; computed on Ray",
    "cover.held": "{twin} covers it",
    "tow.held": "truck held at {twin}, {eta} away",
    "ride.held": "ride held at {twin}, {eta} away",
    "slot.held": "service slot held at {twin}, free in her calendar",
    "rental.held": "rental held at {twin}, there when the ride ends",
    "tow.replanned": "no truck is free; asking again in a while",
    "tow.failed": "still no truck is free",
    "offer.sent": "one message with all of it, {price} to pay, by {app}",
    "offer.answered": "{customer}: {detail}",
    "rental.declined": "she does not want the rental",
    "rental.released": "the rental is given back",
    "ride.released": "the ride is given back",
    "cover.released": "the cover is given back",
    "tow.confirmed": "the truck is on its way from {twin}",
    "ride.confirmed": "the ride is confirmed",
    "slot.confirmed": "the service slot is confirmed",
    "rental.confirmed": "the rental is confirmed",
    "claim.opened": "claim {detail} opened at {twin}, with its evidence",
    "tow.moved": "the truck is {detail}",
    "tow.arrived": "the truck is there",
    "case.opened": "a person has to decide: a case is opened at {twin}",
    "case.assigned": "the case goes to {twin}",
    "case.taken": "{twin} takes the case, with all of its context",
    "arrangement.closed": "closed",
    "arrangement.with_person": "all is given back; the case lies with a person",
    "arrangement.compensated": "all is given back",
}

_ENDINGS: Final = {
    "held": "{what} held at {twin}",
    "confirmed": "{what} is confirmed",
    "released": "{what} is given back",
    "failed": "{what} cannot be had: {detail}",
    "told": "{customer} is told, by {app}",
    "done": "{what} is done: {detail}",
}
"""For steps of which nothing better is known, by their last word."""

_SIGNALS: Final = {
    "engine.overheating": "the engine overheats: ten rises of the coolant in a row",
    "engine.light": "the engine light is on",
}
"""What was noticed; another signal is shown by its name."""

_MINUTE_S: Final = 60.0
_HOUR_S: Final = 3600.0


def told(telling: Telling, names: Mapping[str, str], app: str = "") -> Iterator[tuple[Step, str]]:
    """The steps that are shown, each with its words; of the truck's way only the last place.

    Args:
        telling: The story.
        names: Twin id -> name for people.
        app: What the customer likes best.
    """
    steps = telling.verdict.steps
    last_move = max((i for i, step in enumerate(steps) if step.name == "tow.moved"), default=-1)
    facts = _facts(telling)
    arr = telling.facts.arrangement
    signal = "" if arr is None else arr.cause.name
    for index, step in enumerate(steps):
        what, _, ending = step.name.rpartition(".")
        words = _WORDS.get(step.name) or _ENDINGS.get(ending)
        if words is None or (step.name == "tow.moved" and index != last_move):
            continue
        places = {
            **facts,
            "{car}": telling.key,
            "{signal}": _SIGNALS.get(signal, signal),
            "{twin}": names.get(step.twin_id, step.twin_id),
            "{customer}": names.get(telling.customer, telling.customer),
            "{app}": app or "her favourite app",
            "{eta}": _eta(telling, step),
            # Last: it may hold what others said.
            "{what}": what.replace("_", " "),
            "{detail}": step.detail or "",
        }
        # Not str.format: a name may hold braces.
        for place, text in places.items():
            words = words.replace(place, text)
        yield step, words


def _facts(telling: Telling) -> dict[str, str]:
    """What the arrangement knows, in words."""
    arr = telling.facts.arrangement
    if arr is None:
        return {}
    known, offer = arr.facts, arr.offer or {}
    life_h = known.get("remaining_life_h")
    return {
        "{profile}": _profile(known.get("profile") or {}),
        "{life}": "as long as it does" if life_h is None else span(life_h * _HOUR_S),
        "{price}": price(offer.get("total_cents", 0), str(offer.get("currency", ""))),
    }


def _profile(profile: Mapping[str, Any]) -> str:
    value = profile.get("lifetime_value_cents", 0) // 100
    busy = len(profile.get("calendar", ()))
    return f"{profile.get('language', 'en')}, {busy} appointments, worth EUR {value:,}"


def _eta(telling: Telling, step: Step) -> str:
    arr = telling.facts.arrangement
    leg = arr.legs.get(step.name.partition(".")[0]) if arr is not None else None
    return "some way" if leg is None or leg.eta_s is None else span(leg.eta_s)


def price(cents: Cents, currency: str) -> str:
    """Money for people: `EUR 1,250.50`."""
    return f"{currency} {cents // 100:,}.{cents % 100:02}".strip()


def span(seconds: float) -> str:
    """A duration for people, in the unit that suits it."""
    if seconds < 2 * _MINUTE_S:
        return f"{seconds:.0f} s"
    if seconds < 2 * _HOUR_S:
        return f"{seconds / _MINUTE_S:.0f} min"
    return f"{seconds / _HOUR_S:,.0f} h"
