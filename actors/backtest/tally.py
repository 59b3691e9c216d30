"""Tally: what fired with either rule set, counted and compared while it is replayed.

Two firings are the same when rule, twin and event time are. They come out of the same block then,
so that comparing block by block is exact, and only counts, a few examples and the twins on which
something fired are kept.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from heapq import merge
from itertools import chain, islice
from math import ceil
from operator import attrgetter

from actors.backtest.contest import Contest
from actors.backtest.report import Fired, Fires, RuleResult, SignalResult
from twins.outputs import Signal
from twins.record import Firing

_CANDIDATE, _LIVE = 1, 2
_BOTH = _CANDIDATE | _LIVE

MINUTE_S = 60.0

MOST_STRETCHES = 120

_LISTS = ("first", "only_candidate", "only_live")

Key = tuple[str, str, float]
"""(rule, twin, event time)."""


def twin_of(firing: Firing) -> str:
    """On which twin a rule fired: a firing's id begins with it."""
    return firing.id.partition("~")[0]


class Tally:
    """Counts of one partition.

    Args:
        contests: Kind -> what is compared.
        examples: How many firings are kept of each sort.
    """

    def __init__(self, contests: Mapping[str, Contest], examples: int) -> None:
        self._examples = examples
        self._rules: dict[tuple[str, str], RuleResult] = {}
        self._twins: dict[tuple[str, str], dict[str, int]] = {}
        """Rule -> twin -> with which rules it fired there."""
        for kind, contest in contests.items():
            for name, change in contest.changes().items():
                self._rules[kind, name] = RuleResult(kind, name, change)
                self._twins[kind, name] = {}
        self._minutes: dict[tuple[str, str], dict[float, Fires]] = {
            rule: {} for rule in self._rules
        }
        """Rule -> minute of the event -> how often it fired then."""
        self._signals: dict[tuple[str, str], SignalResult] = {}

    def firings(self, candidate: Sequence[Firing], live: Sequence[Firing]) -> None:
        """Compare what fired in the same block."""
        waiting: dict[Key, list[Firing]] = {}
        for firing in live:
            waiting.setdefault(_key(firing), []).append(firing)
            self._note(firing, _LIVE).live += 1
            self._minute(firing).live += 1
        for firing in candidate:
            result = self._note(firing, _CANDIDATE)
            result.candidate += 1
            self._minute(firing).candidate += 1
            self._keep(result.first, firing)
            same = waiting.get(_key(firing))
            if same:
                same.pop()
                result.both += 1
            else:
                self._keep(result.only_candidate, firing)
        for rest in waiting.values():
            for firing in rest:
                self._keep(self._rules[_rule(firing)].only_live, firing)

    def signals(self, candidate: Iterable[Signal], live: Iterable[Signal]) -> None:
        """Count what was raised."""
        for signal in candidate:
            self._signal(signal).candidate += 1
        for signal in live:
            self._signal(signal).live += 1

    def _note(self, firing: Firing, side: int) -> RuleResult:
        rule = _rule(firing)
        twins, twin_id = self._twins[rule], twin_of(firing)
        twins[twin_id] = twins.get(twin_id, 0) | side
        return self._rules[rule]

    def _minute(self, firing: Firing) -> Fires:
        minutes, at = self._minutes[_rule(firing)], firing.at // MINUTE_S * MINUTE_S
        return minutes.setdefault(at, Fires(at))

    def _keep(self, kept: list[Fired], firing: Firing) -> None:
        if len(kept) >= self._examples:
            return
        why = firing.why
        kept.append(
            Fired(
                twin_of(firing), firing.at, firing.now, firing.severity, why.get("words", ""),
                why.get("inputs", {}), why.get("values", {}), firing.shadow,
            )
        )  # fmt: skip

    def _signal(self, signal: Signal) -> SignalResult:
        key = (signal.twin_id.partition("/")[0], signal.name)
        found = self._signals.get(key)
        if found is None:
            found = self._signals[key] = SignalResult(*key)
        return found

    def rules(self) -> list[RuleResult]:
        """Every rule of either side, in their order."""
        for rule, result in self._rules.items():
            sides = list(self._twins[rule].values())
            result.twins_candidate = sum(side & _CANDIDATE > 0 for side in sides)
            result.twins_live = sum(side & _LIVE > 0 for side in sides)
            result.twins_both = sum(side == _BOTH for side in sides)
            result.over_time = in_stretches(self._minutes[rule].values(), MINUTE_S)
        return list(self._rules.values())

    def raised(self) -> list[SignalResult]:
        """Every signal that was raised, by kind and name."""
        return [found for _, found in sorted(self._signals.items())]


def merged_rules(parts: Iterable[Sequence[RuleResult]], examples: int) -> list[RuleResult]:
    """The results of all partitions as one: a twin is in one of them alone, so that counts add."""
    found: dict[tuple[str, str], list[RuleResult]] = {}
    for part in parts:
        for result in part:
            found.setdefault((result.kind, result.rule), []).append(result)
    return [_merged(results, examples) for results in found.values()]


def _merged(results: Sequence[RuleResult], examples: int) -> RuleResult:
    one = results[0]
    whole = RuleResult(one.kind, one.rule, one.change)
    for name in _counts(RuleResult):
        setattr(whole, name, sum(getattr(result, name) for result in results))
    whole.over_time = in_stretches(
        chain.from_iterable(result.over_time for result in results), MINUTE_S
    )
    for name in _LISTS:
        lists: list[list[Fired]] = [getattr(result, name) for result in results]
        by_time = merge(*lists, key=attrgetter("now", "twin_id"))
        setattr(whole, name, list(islice(by_time, examples)))
    return whole


def in_stretches(fires: Iterable[Fires], stretch_s: float) -> list[Fires]:
    """The same, in longer stretches, rising."""
    found: dict[float, Fires] = {}
    for one in fires:
        at = one.at // stretch_s * stretch_s
        whole = found.setdefault(at, Fires(at))
        whole.candidate += one.candidate
        whole.live += one.live
    return [found[at] for at in sorted(found)]


def stretch_of(span_s: float) -> float:
    """How long stretches are, so that 120 of them are as long as a span: whole minutes."""
    return MINUTE_S * max(1, ceil(span_s / MOST_STRETCHES / MINUTE_S))


def merged_signals(parts: Iterable[Sequence[SignalResult]]) -> list[SignalResult]:
    """The signals of all partitions as one list, by kind and name."""
    found: dict[tuple[str, str], SignalResult] = {}
    for part in parts:
        for result in part:
            whole = found.setdefault(
                (result.kind, result.signal), SignalResult(result.kind, result.signal)
            )
            whole.candidate += result.candidate
            whole.live += result.live
    return [result for _, result in sorted(found.items())]


def _counts(cls: type[RuleResult]) -> Iterator[str]:
    return (one.name for one in fields(cls) if one.type in (int, "int"))


def _rule(firing: Firing) -> tuple[str, str]:
    return firing.id.partition("/")[0], firing.rule


def _key(firing: Firing) -> Key:
    return firing.rule, twin_of(firing), firing.at
