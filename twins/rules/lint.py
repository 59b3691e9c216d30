"""Lint: what is allowed and hardly meant: rules that can never fire, and conflicts.

    for problem in lint(rules):
        print(problem)          # file:line:column: rule: when: it can never hold: …

These are warnings: `compile_rules` has refused what is wrong.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations
from typing import Final

from twins.kind import KINDS, LISTENERS
from twins.rules import tree
from twins.rules.bounds import Alternative, alternatives, together
from twins.rules.document import Document
from twins.rules.errors import Problem
from twins.rules.fields import Type
from twins.rules.plan import Plan
from twins.rules.ranges import constant, range_of
from twins.rules.ruleset import RuleSet

MAX_COMPARED: Final = 256
"""Pairs of alternatives of two rules that are compared; of more, they count as possible at once."""


def lint(rules: RuleSet) -> list[Problem]:
    """What is odd about a rule set, in the order of its rules."""
    plans = [rule.plan for rule in rules.rules.values()]
    found: list[Problem] = []
    for plan in plans:
        found += _never(plan)
        found += _beyond(plan)
        found += _unheard_of(plan, plans)
    ways = {plan.name: alternatives(plan.when) for plan in plans}
    for first, second in combinations(plans, 2):
        found += _same_signal(first, second, ways)
        found += _contrary(first, second)
    found += _cycles(plans)
    return found


def _problem(document: Document, key: str, message: str, word: str = "") -> Problem:
    return Problem.at(document.source, (key,), message, rule=document.rule, word=word)


# -- one rule ------------------------------------------------------------------------------------


def _never(plan: Plan) -> Iterator[Problem]:
    """Conditions that contradict themselves, or say nothing."""
    document = plan.document
    context, when = alternatives(plan.context), alternatives(plan.when)
    if context == []:
        yield _problem(document, "context", "it can never hold: its parts contradict each other")
    elif when == []:
        yield _problem(document, "when", "it can never hold: its parts contradict each other")
    elif context and when and not together(context, when):
        yield _problem(document, "when", "it can never hold where `context` does")
    if plan.when is not None and alternatives(plan.when, holds=False) == []:
        yield _problem(document, "when", "it always holds; so it fires once, and is never cleared")
    if plan.clear is None:
        return
    clear = alternatives(plan.clear)
    if clear == []:
        yield _problem(document, "clear", "it can never hold; so the rule fires once, and no more")
    sure = plan.when is not None and _transparent(plan.when) and _transparent(plan.clear)
    if sure and clear and when and together(clear, when):
        message = "it can hold while `when` does; then the rule is cleared at once"
        yield _problem(document, "clear", message)


def _transparent(node: tree.Node) -> bool:
    """Whether a condition is about single fields and numbers, so that its bounds tell all."""
    return all(
        isinstance(one, tree.Every | tree.Name | tree.Literal | tree.Negative)
        or (isinstance(one, tree.Compare) and constant(one.right) is not None and one.op != "!=")
        for one in tree.walk(node)
    )


def _beyond(plan: Plan) -> Iterator[Problem]:
    """Comparisons with numbers that the field never has, and texts that it never is."""
    for key, node in (("context", plan.context), ("when", plan.when), ("clear", plan.clear)):
        for one in () if node is None else tree.walk(node):
            if isinstance(one, tree.Compare):
                for term, other in ((one.left, one.right), (one.right, one.left)):
                    yield from _out_of_range(plan, key, term, other)
            elif isinstance(one, tree.Member):
                for value in one.values:
                    yield from _no_choice(plan, key, one.item, value)


def _out_of_range(plan: Plan, key: str, term: tree.Node, other: tree.Node) -> Iterator[Problem]:
    value = constant(other)
    if value is None or isinstance(value, bool):
        return
    if isinstance(value, str):
        yield from _no_choice(plan, key, term, value)
        return
    range_ = range_of(term)
    if term.type is Type.NUMBER and not range_.low <= value <= range_.high:
        message = f"{term.text} lies between {range_}, never at {other.text}"
        yield _problem(plan.document, key, message, other.text)


def _no_choice(plan: Plan, key: str, term: tree.Node, value: object) -> Iterator[Problem]:
    choices = term.field.choices if isinstance(term, tree.Name) else None
    if choices is not None and value not in choices:
        message = f"{term.text} is never {value!r}; it is one of {', '.join(choices)}"
        yield _problem(plan.document, key, message, str(value))


def _unheard_of(plan: Plan, plans: Iterable[Plan]) -> Iterator[Problem]:
    """Signals that nobody raises, and arrangements that nobody makes."""
    known = {*LISTENERS, *(other.name for other in plans)}
    known |= {signal for other in plans for signal in signals_of(other)}
    for node in plan.conditions:
        for one in tree.walk(node):
            if not isinstance(one, tree.Call):
                continue
            signal, arrangement = one.values.get("signal"), one.values.get("arrangement")
            if signal is not None and signal not in known:
                yield _problem(plan.document, "when", f"no rule raises {signal!r}", signal)
            if arrangement is not None and arrangement not in KINDS:
                message = f"no supervisor is called {arrangement!r}"
                yield _problem(plan.document, "when", message, arrangement)


# -- several rules -------------------------------------------------------------------------------


def signals_of(plan: Plan) -> list[str]:
    """The signals that a rule raises."""
    return [
        str(getattr(follows.said, "name", ""))
        for follows in plan.then
        if follows.action.name == "signal"
    ]


def _same_signal(
    first: Plan, second: Plan, ways: Mapping[str, list[Alternative] | None]
) -> Iterator[Problem]:
    """Two rules that raise one signal on the same occasion."""
    shared = [name for name in signals_of(first) if name in signals_of(second)]
    if not shared or not {*first.types} & {*second.types}:
        return
    if {first.name, second.name} & {*first.document.excludes, *second.document.excludes}:
        return
    one, other = ways[first.name], ways[second.name]
    unclear = one is None or other is None or len(one) * len(other) > MAX_COMPARED
    if unclear or together(one or [], other or []):
        message = f"it raises {shared[0]} as {first.name} does, and both can hold at once"
        yield _problem(second.document, "then", message, shared[0])


def _contrary(first: Plan, second: Plan) -> Iterator[Problem]:
    """Two rules of which only one fires, where nothing says which."""
    one, other = first.document, second.document
    excludes = second.name in one.excludes or first.name in other.excludes
    if excludes and one.priority == other.priority:
        message = f"it and {first.name} exclude each other and have one priority; give them two"
        yield _problem(other, "excludes" if other.excludes else "rule", message)
    for suppressor, suppressed in ((one, other), (other, one)):
        if suppressed.rule in suppressor.suppresses and suppressor.priority < suppressed.priority:
            message = (
                f"{suppressed.rule} has a higher priority, so on one event it fires before this "
                "rule can suppress it"
            )
            yield _problem(suppressor, "suppresses", message, suppressed.rule)


def _cycles(plans: list[Plan]) -> Iterator[Problem]:
    """Rules that suppress each other, round in a circle."""
    below = {plan.name: plan.document.suppresses for plan in plans}
    told: set[frozenset[str]] = set()
    for plan in plans:
        circle = _circle(plan.name, below)
        if circle is not None and frozenset(circle) not in told:
            told.add(frozenset(circle))
            message = f"they suppress each other: {' -> '.join([*circle, circle[0]])}"
            yield _problem(plan.document, "suppresses", message)


def _circle(start: str, below: dict[str, list[str]]) -> list[str] | None:
    """The shortest way from a rule back to itself."""
    ways = [[start]]
    seen: set[str] = set()
    while ways:
        way = ways.pop(0)
        for name in below.get(way[-1], []):
            if name == start:
                return way
            if name not in seen:
                seen.add(name)
                ways.append([*way, name])
    return None
