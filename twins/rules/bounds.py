"""Bounds: in which ways a condition can hold, so that contradictions show.

A condition is turned into alternatives, each of which says for every term (a field or an operator)
in which interval it must lie, or that it must be unknown. What this cannot see through counts as
possible; so what it calls impossible is.
"""

from collections.abc import Iterable, Iterator
from itertools import product
from typing import NamedTuple

from twins.rules import tree
from twins.rules.fields import Type
from twins.rules.ranges import Range, constant, range_of

MAX_ALTERNATIVES = 64
"""Beyond so many, a condition counts as possible."""


class Claim(NamedTuple):
    """What an alternative says of one term."""

    range: Range = Range()
    allowed: frozenset[float | str | bool] | None = None
    """The only values that it may have; None: any."""
    known: bool | None = None
    """True: it must be known; False: it must not; None: either."""

    def meet(self, other: "Claim") -> "Claim | None":
        """Both at once; None: impossible."""
        if self.known is not None and other.known is not None and self.known != other.known:
            return None
        known = self.known if other.known is None else other.known
        range_ = self.range.meet(other.range)
        allowed = self.allowed
        if other.allowed is not None:
            allowed = other.allowed if allowed is None else allowed & other.allowed
        if allowed is not None and range_ != Range():
            allowed = frozenset(one for one in allowed if not _outside(one, range_))
        if known and (range_.empty or allowed == frozenset()):
            return None
        return Claim(range_, allowed, known)


Alternative = dict[str, Claim]


def _outside(value: float | str | bool, range_: Range) -> bool:
    return not isinstance(value, str) and range_.meet(Range(value, value)).empty


def alternatives(node: tree.Node | None, *, holds: bool = True) -> list[Alternative] | None:
    """The ways in which a condition can hold (or not hold); empty: none; None: too many to tell."""
    if node is None:
        return [{}]
    match node:
        case tree.Not(condition=part):
            return alternatives(part, holds=not holds)
        case tree.Every(conditions=parts):
            return (_all if holds else _any)(alternatives(part, holds=holds) for part in parts)
        case tree.Some(conditions=parts):
            return (_any if holds else _all)(alternatives(part, holds=holds) for part in parts)
    return list(_claims(node, holds=holds))


def _any(found: Iterable[list[Alternative] | None]) -> list[Alternative] | None:
    either: list[Alternative] = []
    for one in found:
        if one is None or len(either) + len(one) > MAX_ALTERNATIVES:
            return None
        either += one
    return either


def _all(found: Iterable[list[Alternative] | None]) -> list[Alternative] | None:
    every: list[Alternative] = [{}]
    for one in found:
        if one is None or len(every) * len(one) > MAX_ALTERNATIVES:
            return None
        pairs = (meet(first, second) for first, second in product(every, one))
        every = [pair for pair in pairs if pair is not None]
    return every


def meet(first: Alternative, second: Alternative) -> Alternative | None:
    """Both at once; None: impossible."""
    both = dict(first)
    for term, claim in second.items():
        met = claim.meet(both[term]) if term in both else claim
        if met is None:
            return None
        both[term] = met
    return both


# -- single conditions ---------------------------------------------------------------------------

_SWAPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
_NEGATED = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}


def _claims(node: tree.Node, *, holds: bool) -> Iterator[Alternative]:
    """The ways in which one condition can hold, or not."""
    match node:
        case tree.Literal(value=value):
            yield from [{}] if bool(value) is holds else []
        case tree.Compare():
            yield from _compared(node, holds=holds)
        case tree.Member():
            yield from _membership(node, holds=holds)
        case tree.Unknown(item=item, negated=negated):
            if negated is holds or item.optional:
                yield {item.text: Claim(known=negated is holds)}
        case tree.Name():
            yield {node.text: Claim(allowed=frozenset({holds}), known=True)}
            if not holds and node.optional:
                yield {node.text: Claim(known=False)}
        case tree.Call():
            yield from _trend(node, holds=holds)
        case _:
            yield {}


def _membership(node: tree.Member, *, holds: bool) -> Iterator[Alternative]:
    if node.negated is not holds:
        yield from _claimed(node.item, Claim(allowed=frozenset(node.values), known=True))
    else:
        yield {}
    if not holds and node.item.optional:
        yield {node.item.text: Claim(known=False)}


def _trend(node: tree.Call, *, holds: bool) -> Iterator[Alternative]:
    """What rose is not below where that is cleared."""
    clear = node.values.get("clear")
    if not holds or clear is None or node.argument is None:
        yield {}
    elif node.operator.name == "rising":
        yield from _claimed(node.argument, Claim(Range(low=clear), known=True))
    else:
        yield from _claimed(node.argument, Claim(Range(high=clear), known=True))


def _claimed(term: tree.Node, claim: Claim) -> Iterator[Alternative]:
    """A claim of a term, as far as the term can ever be so."""
    domain = Claim(range_of(term), _choices(term), known=None)
    met = domain.meet(claim)
    if met is not None:
        yield {term.text: met}


def _choices(term: tree.Node) -> frozenset[float | str | bool] | None:
    if isinstance(term, tree.Name) and term.field.choices is not None:
        return frozenset(term.field.choices)
    return None


def _compared(node: tree.Compare, *, holds: bool) -> Iterator[Alternative]:
    op, left, right = node.op, node.left, node.right
    if constant(left) is not None:
        op, left, right = _SWAPPED[op], right, left
    number = constant(right)
    if number is None or constant(left) is not None:
        # Two terms, or two constants: only their ranges tell.
        if not holds or _can(op, range_of(left), range_of(right)) or left.type is not Type.NUMBER:
            yield {}
        return
    if not holds and left.optional:
        yield {left.text: Claim(known=False)}
    op = op if holds else _NEGATED[op]
    if op == "!=":
        yield {left.text: Claim(range_of(left), _without(_choices(left), number), known=True)}
    elif isinstance(number, float | int) and not isinstance(number, bool):
        yield from _claimed(left, Claim(_range(op, number), known=True))
    else:
        yield from _claimed(left, Claim(allowed=frozenset({number}), known=True))


def _without(
    choices: frozenset[float | str | bool] | None, value: float | str | bool
) -> frozenset[float | str | bool] | None:
    return None if choices is None else choices - {value}


def _range(op: str, number: float) -> Range:
    return {
        "<": Range(high=number, high_open=True),
        "<=": Range(high=number),
        ">": Range(low=number, low_open=True),
        ">=": Range(low=number),
        "==": Range(number, number),
    }[op]


def _can(op: str, left: Range, right: Range) -> bool:
    """Whether two terms can ever compare so."""
    return {
        "<": left.low < right.high,
        "<=": left.low <= right.high,
        ">": left.high > right.low,
        ">=": left.high >= right.low,
        "==": not left.meet(right).empty,
        "!=": not left.low == left.high == right.low == right.high,
    }[op]


def together(first: list[Alternative], second: list[Alternative]) -> bool:
    """Whether two conditions can hold at once, as far as can be told."""
    return any(meet(one, other) is not None for one in first for other in second)
