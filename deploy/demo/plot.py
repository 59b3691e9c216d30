"""Plot: what has to happen in a story, and whether it did. Pure: facts in, verdict out.

A story is completed only if every step is there, in order, with its ids; if the arrangement ended
as it should; and if those agree who are the truth of their part: the providers about what is
booked, the car about its commands, the employee about the case. What Vigil claims of a story beside
that is held against the world by `deploy.demo.truths`, and has to be so.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec
from msgspec import Struct, field

from actors.supervisors.arrangement import Arrangement, LegState, State
from deploy.demo.truths import Truth
from twins.people.messages import Profile

Chain = tuple[str, ...]
"""Names of steps that must follow one another; others may stand between."""

LIVE: Final = ("held", "confirmed", "done")
"""States of a provider's hold in which something is reserved or was used."""


class Step(Struct, kw_only=True, omit_defaults=True, frozen=True):
    """One thing that happened, with the ids of what it happened to."""

    name: str
    at: float
    """Log time, seconds since the epoch."""
    twin_id: str
    signal_id: str | None = None
    arrangement_id: str | None = None
    hold_id: str | None = None
    detail: str | None = None


class HoldTruth(Struct, kw_only=True, frozen=True):
    """A hold of the arrangement as its provider's journal has it."""

    provider_id: str
    hold_id: str
    service: str
    """What it sells: tow, slot, reship, …"""
    state: str
    confirmed: int = 0
    """How often it became confirmed."""
    item: str = ""
    eta_s: float | None = None
    """World seconds from confirmation to arrival, as it was agreed."""


class MoveTruth(Struct, kw_only=True, frozen=True):
    """What drove without a job, to be where it is needed, as its company's own book has it."""

    provider_id: str
    service: str
    """What its company sells: tow, rental, …"""
    item: str
    at: float
    """When it began, by the company's clock."""
    origin: tuple[float, float]
    to: tuple[float, float]
    way_s: float
    """From where it stood to where the story happens: world seconds, at the company's speed."""


class Sighting(Struct, kw_only=True, frozen=True):
    """Where the truck was on its way when somebody looked."""

    at: float
    """By the provider's clock."""
    service: str
    """Twin id."""
    position: tuple[float, float]
    eta_s: float | None


class Facts(Struct, kw_only=True):
    """What is known of one story."""

    arrangement: Arrangement | None = None
    subject: dict[str, Any] = {}
    """State of the twin that it is about."""
    employee: dict[str, Any] = {}
    """State of the twin of the employee who has the case."""
    holds: list[HoldTruth] = []
    moves: list[MoveTruth] = []
    """What drove before the signal."""
    sightings: list[Sighting] = []
    messages: int = 0
    """How many messages with an offer the customer got."""
    truths: list[Truth] = []
    """What Vigil claims, as it was held against the world last."""


class Plot(Struct, frozen=True, kw_only=True):
    """What has to happen in a story."""

    name: str
    about: str
    """For people."""
    fails: bool = False
    """Whether it does not go as everybody would wish."""
    chains: tuple[Chain, ...]
    ends_as: State
    booked: frozenset[str] = frozenset()
    """Services that are confirmed at the end, each exactly once; nothing else is reserved."""
    times: int = 1
    """How often each of them is confirmed."""
    offered: bool = True
    """Whether the customer is asked, exactly once."""
    person: bool = False
    """Whether an employee has the case at the end."""
    declines: frozenset[str] = frozenset()
    """What the customer does not want."""
    chooses: int | None = None
    """Which of the alternatives she takes; None: she is asked about none."""
    fits: frozenset[str] = frozenset(("slot",))
    """Sorts of legs that she has to have time for."""
    moved: frozenset[str] = frozenset()
    """Services of which something drove there beforehand; who came of them came sooner by it."""
    within_s: tuple[tuple[str, str, float], ...] = ()
    """(step, later step, seconds): no more may lie between the first of each."""
    knows: tuple[str, ...] = ("signal", "profile", "directory", "legs", "steps")
    """What the employee's case must bring along."""
    truths: frozenset[str] = frozenset()
    """Claims that have to be held against the world, and to be so."""


# -- steps ---------------------------------------------------------------------------------------


def steps_of(facts: Facts) -> list[Step]:
    """All that happened, in order: steps, the device's refusals, the helper's way."""
    arr = facts.arrangement
    if arr is None:
        return []
    steps = [Step(**msgspec.to_builtins(step)) for step in arr.steps]
    steps += _refusals(arr, facts.subject)
    steps += [
        Step(
            name=f"{arr.track.leg if arr.track else 'helper'}.moved",
            at=seen.at,
            twin_id=seen.service,
            signal_id=arr.cause.id,
            arrangement_id=arr.id,
            detail=f"at {seen.position[0]:.5f}, {seen.position[1]:.5f}"
            + ("" if seen.eta_s is None else f"; there in {seen.eta_s:.0f} s"),
        )
        for seen in facts.sightings
    ]
    steps += [
        Step(
            name=f"{move.service}.moved_ahead",
            at=move.at,
            twin_id=move.provider_id,
            arrangement_id=arr.id,
            detail=f"{move.item} to {move.to[0]:.2f}, {move.to[1]:.2f}",
        )
        for move in facts.moves
    ]
    # Stable: of one moment, what the supervisor wrote first stays first.
    return sorted(steps, key=lambda step: step.at)


def _refusals(arr: Arrangement, subject: dict[str, Any]) -> Iterator[Step]:
    """A refusal stands in the device's own twin: whoever asked is not told while it waits."""
    for command in (subject.get("commands") or {}).values():
        at = command.get("times", {}).get("refused")
        if command.get("ref") == arr.id and at is not None:
            yield Step(
                name=f"{command['name']}.refused",
                at=at,
                twin_id=arr.cause.twin_id,
                signal_id=arr.cause.id,
                arrangement_id=arr.id,
                detail=_why_refused(arr, command["name"], at),
            )


def _why_refused(arr: Arrangement, name: str, at: float) -> str:
    """What the device said then; by now its twin has what it said last, when it had done it."""
    after = (f"{name}.queued", f"{name}.failed")
    said = (step.detail for step in arr.steps if step.name in after and step.at == at)
    return next(filter(None, said), "the device itself refused")


def broken(chain: Chain, steps: Sequence[Step]) -> str | None:
    """The first step of a chain that does not come, or not where it should; None: all there."""
    place = 0
    for number, name in enumerate(chain):
        found = next((i for i in range(place, len(steps)) if steps[i].name == name), None)
        if found is None:
            early = any(step.name == name for step in steps)
            after = f" after {chain[number - 1]}" if number else ""
            return f"{name} comes too early, not{after}" if early else f"no {name}{after}"
        place = found + 1
    return None


# -- the verdict ---------------------------------------------------------------------------------


class Verdict(Struct, kw_only=True):
    """How a story went."""

    completed: bool
    steps: list[Step] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    """Why it is not completed, a sentence each."""


def judge(plot: Plot, facts: Facts) -> Verdict:
    """Say whether a story is completed, and what is missing."""
    steps = steps_of(facts)
    missing = list(_missing(plot, facts, steps))
    return Verdict(completed=not missing, steps=steps, missing=missing)


def _missing(plot: Plot, facts: Facts, steps: list[Step]) -> Iterator[str]:
    arr = facts.arrangement
    if arr is None:
        yield "no signal"
        return
    yield from dict.fromkeys(filter(None, (broken(chain, steps) for chain in plot.chains)))
    yield from _too_slow(plot, steps)
    yield from _without_ids(steps)
    if arr.state is not plot.ends_as:
        yield f"the arrangement is {arr.state}, not {plot.ends_as}"
    if arr.returns:
        yield f"not given back yet: {', '.join(sorted(arr.returns))}"
    yield from _wrongly_booked(plot, facts)
    yield from _not_sooner(plot, facts)
    yield from _untrue(plot, facts)
    if plot.offered:
        yield from _wrongly_offered(plot, facts, arr)
    if plot.person:
        yield from _case(plot, facts, arr)


def _too_slow(plot: Plot, steps: list[Step]) -> Iterator[str]:
    """Both steps are in the chains, so that one which is missing is told there."""
    at: dict[str, float] = {}
    for step in steps:
        at.setdefault(step.name, step.at)
    for first, then, most_s in plot.within_s:
        if first in at and then in at and at[then] - at[first] > most_s:
            yield f"{then} came {at[then] - at[first]:.2f} s after {first}, not within {most_s:g}"


def _without_ids(steps: list[Step]) -> Iterator[str]:
    for step in steps:
        if not step.twin_id or not (step.signal_id or step.arrangement_id):
            yield f"step {step.name} lacks its ids"


def _wrongly_booked(plot: Plot, facts: Facts) -> Iterator[str]:
    """Hold the plot against the providers' own books."""
    for service in sorted(plot.booked | {hold.service for hold in facts.holds}):
        holds = [hold for hold in facts.holds if hold.service == service]
        live = [hold for hold in holds if hold.state in LIVE]
        confirmed = sum(hold.confirmed for hold in holds)
        names = ", ".join(f"{hold.hold_id} {hold.state}" for hold in live) or "nothing"
        if service in plot.booked:
            held = any(hold.state == "held" for hold in live)
            if len(live) != plot.times or held or confirmed != plot.times:
                yield f"{service}: its provider has {names}, and confirmed {confirmed} times"
        elif live or confirmed:
            yield f"{service}: its provider still has {names}, and confirmed {confirmed} times"


def _not_sooner(plot: Plot, facts: Facts) -> Iterator[str]:
    """Hold the ETA that was agreed against the way from where the vehicle stood before."""
    for service in sorted(plot.moved):
        moves = {move.item: move for move in facts.moves if move.service == service}
        if not moves:
            yield f"{service}: nothing of its company drove there beforehand"
        for hold in facts.holds:
            if hold.service != service or not hold.confirmed:
                continue
            move = moves.get(hold.item)
            if move is None:
                yield f"{service}: {hold.item} came, which had not been moved"
            elif hold.eta_s is None or hold.eta_s >= move.way_s:
                yield (
                    f"{service}: {hold.item} needed {hold.eta_s} s, and {move.way_s:.0f} s from "
                    "where it stood before"
                )


def _untrue(plot: Plot, facts: Facts) -> Iterator[str]:
    """What was not compared is no more true than what differs."""
    known = {truth.name: truth for truth in facts.truths}
    for name in sorted(plot.truths | known.keys()):
        if name in known:
            yield from (f"{name}: {problem}" for problem in known[name].problems)
        else:
            yield f"{name}: nobody has held it against the world"


def _wrongly_offered(plot: Plot, facts: Facts, arr: Arrangement) -> Iterator[str]:
    if facts.messages != 1:
        yield f"the customer got {facts.messages} messages, not one"
    verdict = arr.verdict
    if verdict is None or not verdict.accept:
        yield "the customer has not accepted"
    elif set(verdict.declined) != plot.declines:
        yield f"declined: {sorted(verdict.declined)}, not {sorted(plot.declines)}"
    if verdict is not None and verdict.alternative != (chosen := _chosen(plot, arr)):
        yield f"she took alternative {verdict.alternative}, not {chosen}"
    profile = arr.facts.get("profile")
    calendar = None if profile is None else msgspec.convert(profile, Profile).calendar
    for leg in arr.in_state(LegState.CONFIRMED):
        if leg.sort_name not in plot.fits:
            continue
        if calendar is None or leg.starts_at is None or leg.ends_at is None:
            yield f"nobody knows whether the {leg.name} fits her calendar"
        elif any(
            busy.starts_at < leg.ends_at and leg.starts_at < busy.ends_at for busy in calendar
        ):
            yield f"the {leg.name} does not fit her calendar"


def _chosen(plot: Plot, arr: Arrangement) -> int | None:
    """What she takes: where that could not be had, the first."""
    had = {leg.alternative for leg in arr.legs.values() if leg.alternative and leg.held_at}
    return plot.chooses if not had or plot.chooses in had else min(had)


def _case(plot: Plot, facts: Facts, arr: Arrangement) -> Iterator[str]:
    if arr.case is None:
        yield "there is no case"
        return
    case = facts.employee.get("cases", {}).get(arr.case.id)
    if case is None:
        yield f"case {arr.case.id} lies with no employee"
        return
    # A state shows no defaults; the default of a case is `assigned`.
    state = case.get("state", "assigned")
    if state != "taken":
        yield f"case {arr.case.id} is {state}, not taken"
    context = case.get("context", {})
    known = {**context, **context.get("facts", {})}
    for name in plot.knows:
        if not known.get(name):
            yield f"case {arr.case.id} lacks its context: {name}"
