"""The tree of a filter, and what it means in Python.

`filter` describes the language and reads its text; `filter_sql` says the same in SQLite's SQL.
"""

import fnmatch
import math
import operator
import re
from functools import lru_cache
from typing import Any, Literal, TypeAlias

from msgspec import Struct

Value: TypeAlias = str | int | float | bool | None
Operator: TypeAlias = Literal["=", "!=", "<", "<=", ">", ">="]
Order: TypeAlias = Literal["number", "text", "boolean", "other"]

_PSEUDO = {("id",), ("kind",), ("key",)}
MAX_INT = 2**63 - 1
"""Beyond it, numbers are doubles."""


class Field(Struct, frozen=True):
    """A field of the state, or a part of the id. Its names are safe to stand in SQL."""

    path: tuple[str, ...]

    @property
    def pseudo(self) -> bool:
        """Whether it is `id`, `kind` or `key`."""
        return self.path in _PSEUDO

    def __str__(self) -> str:
        return ".".join(self.path)


class Compare(Struct, frozen=True):
    """`field op value`."""

    field: Field
    op: Operator
    value: Value


class In(Struct, frozen=True):
    """`field in (values)`."""

    field: Field
    values: tuple[Value, ...]


class Glob(Struct, frozen=True):
    """`field ~ pattern`."""

    field: Field
    pattern: str


class Exists(Struct, frozen=True):
    """`exists field`."""

    field: Field


class Not(Struct, frozen=True):
    """`not part`."""

    part: "Filter"


class And(Struct, frozen=True):
    """All of the parts; true when there are none."""

    parts: "tuple[Filter, ...]"


class Or(Struct, frozen=True):
    """Any of the parts."""

    parts: "tuple[Filter, ...]"


Filter: TypeAlias = Compare | In | Glob | Exists | Not | And | Or


def order_of(value: Any) -> Order:
    """Which values it can be compared with; for a value that is there."""
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    return "text" if isinstance(value, str) else "other"


def conjuncts(tree: Filter) -> tuple[Filter, ...]:
    """The terms that all have to hold, as far as the top of the tree says so."""
    return tree.parts if isinstance(tree, And) else (tree,)


def pinned_kind(tree: Filter) -> str | None:
    """The one kind that the filter can find, when its top says so."""
    for term in conjuncts(tree):
        if isinstance(term, Compare) and term.field.path == ("kind",) and term.op == "=":
            return str(term.value)
    return None


def matches(tree: Filter, twin_id: str, state: dict[str, Any]) -> bool:
    """Whether a twin with this state (plain JSON values) is found. Microseconds; never raises."""
    match tree:
        case And(parts):
            return all(matches(part, twin_id, state) for part in parts)
        case Or(parts):
            return any(matches(part, twin_id, state) for part in parts)
        case Not(part):
            return not matches(part, twin_id, state)
        case _:
            return _holds(tree, _value(tree.field, twin_id, state))


OPERATORS = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def _holds(term: Compare | In | Glob | Exists, have: Any) -> bool:
    match term:
        case Compare(_, op, want):
            return _compare(op, have, want)
        case In(_, values):
            return any(_compare("=", have, want) for want in values)
        case Glob(_, pattern):
            return isinstance(have, str) and _glob(pattern).fullmatch(have) is not None
        case Exists():
            return have is not None


def _compare(op: Operator, have: Any, want: Value) -> bool:
    if have is None or want is None:
        return (op == "=" and have is want) or (op == "!=" and have is not None)
    if order_of(have) != order_of(want):
        return op == "!="
    return bool(OPERATORS[op](have, want))


def _value(field: Field, twin_id: str, state: dict[str, Any]) -> Any:
    """The field's value as a store would see it, or None."""
    if field.pseudo:
        kind, _, key = twin_id.partition("/")
        return {"id": twin_id, "kind": kind, "key": key}[field.path[0]]
    value: Any = state
    for name in field.path:
        value = value.get(name) if isinstance(value, dict) else None
    if isinstance(value, float) and not math.isfinite(value):
        return None  # JSON has no such number; it is written as null
    if isinstance(value, int) and not -MAX_INT - 1 <= value <= MAX_INT:
        return _double(value)
    return value


def _double(value: int) -> float:
    """A whole number beyond 64 bit as a store keeps it."""
    try:
        return float(value)
    except OverflowError:
        return math.copysign(math.inf, value)


@lru_cache(maxsize=256)
def _glob(pattern: str) -> re.Pattern[str]:
    # fnmatch's translation cannot backtrack without bound, so no pattern is slow. Its `[…]` is
    # not ours.
    return re.compile(fnmatch.translate(pattern.replace("[", "[[]")))
