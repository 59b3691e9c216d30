"""Ranges: between which numbers the parts of a condition can lie, by the ranges of its fields."""

from math import inf
from typing import NamedTuple

from twins.rules import tree


class Range(NamedTuple):
    """Numbers from `low` to `high`, without the ends that are open."""

    low: float = -inf
    high: float = inf
    low_open: bool = False
    high_open: bool = False

    def meet(self, other: "Range") -> "Range":
        """Those in both."""
        low, low_open = max((self.low, self.low_open), (other.low, other.low_open))
        high, shut = min((self.high, not self.high_open), (other.high, not other.high_open))
        return Range(low, high, low_open, not shut)

    @property
    def empty(self) -> bool:
        """Whether there is none."""
        return self.low > self.high or (self.low == self.high and (self.low_open or self.high_open))

    def __str__(self) -> str:
        return f"{self.low:g} to {self.high:g}"


def range_of(node: tree.Node) -> Range:
    """Between which numbers a node can lie."""
    match node:
        case tree.Literal(value=value) if not isinstance(value, str):
            return Range(float(value), float(value))
        case tree.Name(field=field):
            low, high = field.low, field.high
            return Range(-inf if low is None else low, inf if high is None else high)
        case tree.Negative(operand=operand):
            inner = range_of(operand)
            return Range(-inner.high, -inner.low)
        case tree.Arithmetic(op=op, left=left, right=right):
            return _computed(op, range_of(left), range_of(right))
        case tree.Call():
            return _called(node)
    return Range()


def _called(node: tree.Call) -> Range:
    inner = Range() if node.argument is None else range_of(node.argument)
    name = node.operator.name
    if name in ("avg", "min", "max", "was"):
        return inner
    if name == "abs":
        ends = abs(inner.low), abs(inner.high)
        return Range(0.0 if inner.low <= 0 <= inner.high else min(ends), max(ends))
    return Range(0.0, inf) if name == "count" else Range()


def _computed(op: str, left: Range, right: Range) -> Range:
    if op == "+":
        return Range(left.low + right.low, left.high + right.high)
    if op == "-":
        return Range(left.low - right.high, left.high - right.low)
    if op == "*" and not any(abs(end) == inf for end in (*left[:2], *right[:2])):
        ends = [one * other for one in left[:2] for other in right[:2]]
        return Range(min(ends), max(ends))
    return Range()


def constant(node: tree.Node) -> float | str | bool | None:
    """The value of what is written out; None: it is something else."""
    if isinstance(node, tree.Literal):
        return node.value
    if isinstance(node, tree.Negative) and isinstance(node.operand, tree.Literal):
        inner = node.operand.value
        return None if isinstance(inner, str) else -inner
    return None
