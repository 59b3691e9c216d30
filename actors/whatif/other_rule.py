"""OtherRule: when another rule would have noticed the same trouble, read from the device's history.

Both rule sets, the published one and the one with the other rule in it, are given the same events,
each in a real partition of its own, as a backtest does. They begin with a twin that remembers
nothing of what it measured, a while before the signal: what rules remember, the history says.
"""

from collections.abc import Sequence

from msgspec import Struct

from actors.backtest.base import hindsight
from actors.backtest.contest import Contest
from actors.backtest.side import Side
from actors.block import Entry
from actors.store.base import TwinRow
from twins.outputs import Signal
from twins.rules.ruleset import RuleSet

BEFORE_S = 3600.0
"""So long before the signal the history is read, at least; rules that look back farther get twice
as much as they look back."""

NEAR_S = 0.002
"""A signal of the replay is the real one where its time differs by less, and its name does not."""

Reading = tuple[float, Entry]
"""When the log took it, and what it was."""


class Noticed(Struct):
    """What came of it."""

    present: Signal | None
    """What the published rules raise at the time of the real signal; None: nothing."""
    candidate: Signal | None
    """What the other rule raises for the same trouble; None: it never does."""
    at_least: bool = False
    """It holds from the first of the readings on, so it would have come then at the latest."""
    others: int = 0
    """How often the other rule raises it before that, for troubles that passed by themselves."""


def since_of(contest: Contest, signal: Signal) -> float:
    """From when on the history is needed, seconds since the epoch."""
    return signal.time - max(BEFORE_S, 2.0 * contest.looks_back_s)


def notice(
    contest: Contest, row: TwinRow, readings: Sequence[Reading], signal: Signal, until: float
) -> Noticed:
    """When the same trouble is noticed by the published rules, and when by the others.

    Args:
        contest: Both rule sets of the twin's kind.
        row: The twin as it was before the first of the readings.
        readings: Its events, oldest first, from `since_of` on.
        signal: The real one.
        until: How long it is waited for the other rule's, seconds since the epoch.
    """
    live = _signals(contest.kind, contest.live, row, readings, signal.name, until)
    others = _signals(contest.kind, contest.candidate, row, readings, signal.name, until)
    present = next((one for one in live if abs(one.time - signal.time) < NEAR_S), None)
    # What was noticed before is another incident, and was helped with then.
    after = max((one.time for one in live if one.time < signal.time - NEAR_S), default=0.0)
    found = [one for one in others if one.time > after]
    # A rule raises its signal once and is silent until its condition has ceased to hold. So the
    # last one that comes no later than the real one is about the same trouble; those before it are
    # about troubles that had passed.
    before = [one for one in found if one.time < signal.time + NEAR_S]
    candidate = before[-1] if before else next(iter(found), None)
    first = readings[0][0] if readings else until
    at_least = candidate is not None and candidate.time <= first
    return Noticed(present, candidate, at_least, max(0, len(before) - 1))


def _signals(
    kind: str, rules: RuleSet, row: TwinRow, readings: Sequence[Reading], name: str, until: float
) -> list[Signal]:
    side = Side(0, 1, {kind: rules})
    side.load([hindsight(row)])
    found: list[Signal] = []
    for at, entry in readings:
        for _, applied in side.take([entry], at):
            found += applied.signals
    for _, applied in side.pass_time(until):
        found += applied.signals
    return [one for one in found if one.name == name and one.twin_id == row.id]
