"""A filter in SQLite's SQL, over a table with the columns `id` and `state` (JSON as text).

Values are always bound. The names of a path stand in the text, so that an index on the same
expression is found; the parser lets through `[A-Za-z0-9_-]` alone.

SQL has three truth values and the language two. Terms may be NULL where the language says
false: `and`, `or` and WHERE treat them alike, and `not` is written `IS NOT TRUE`.
"""

from itertools import groupby
from typing import Any

from actors.store.filter_tree import (
    And,
    Compare,
    Exists,
    Field,
    Filter,
    Glob,
    In,
    Not,
    Or,
    Order,
    Value,
    order_of,
)

_PSEUDO = {
    "id": "id",
    "kind": "substr(id, 1, instr(id, '/') - 1)",
    "key": "substr(id, instr(id, '/') + 1)",
}
_JSON_TYPES = {"number": "('integer', 'real')", "text": "('text')", "boolean": "('true', 'false')"}


def value_sql(field: Field) -> str:
    """The expression for a field's value; NULL when it has none."""
    if field.pseudo:
        return _PSEUDO[field.path[0]]
    return f"json_extract(state, {_path(field)})"


def to_sql(tree: Filter) -> tuple[str, list[Any]]:
    """Return a condition and the values to bind, in order."""
    match tree:
        case And(parts):
            return _joined(" AND ", parts) if parts else ("TRUE", [])
        case Or(parts):
            return _joined(" OR ", parts)
        case Not(part):
            condition, values = to_sql(part)
            return f"({condition}) IS NOT TRUE", values
        case _:
            return _term(tree)


def _term(term: Compare | In | Glob | Exists) -> tuple[str, list[Any]]:
    match term:
        case Compare():
            return _compare(term)
        case In(field, values):
            return _in(field, values)
        case Glob(field, pattern):
            literal = pattern.replace("[", "[[]")  # SQLite's [...] is not ours
            return _typed(field, "text", f"{value_sql(field)} GLOB ?"), [literal]
        case Exists(field):
            return f"{value_sql(field)} IS NOT NULL", []


def _compare(term: Compare) -> tuple[str, list[Any]]:
    value = value_sql(term.field)
    if term.value is None:
        return f"{value} IS {'NULL' if term.op == '=' else 'NOT NULL'}", []
    order = order_of(term.value)
    test = f"{value} {term.op} ?"
    if term.op != "!=":
        return _typed(term.field, order, test), [term.value]
    if term.field.pseudo:
        return test, [term.value]
    other = f"json_type(state, {_path(term.field)}) NOT IN {_JSON_TYPES[order]}"
    return f"({value} IS NOT NULL AND ({other} OR {test}))", [term.value]


def _in(field: Field, values: tuple[Value, ...]) -> tuple[str, list[Any]]:
    conditions: list[str] = []
    bound: list[Any] = []
    if None in values:
        conditions.append(f"{value_sql(field)} IS NULL")
    there = sorted((value for value in values if value is not None), key=order_of)
    for order, same in groupby(there, order_of):
        group = list(same)
        places = ", ".join("?" * len(group))
        conditions.append(_typed(field, order, f"{value_sql(field)} IN ({places})"))
        bound += group
    return f"({' OR '.join(conditions)})", bound


def _typed(field: Field, order: Order, test: str) -> str:
    """`test`, where the field's value is of the order that the test is for."""
    if field.pseudo:
        return test  # always text, and so is what the parser lets stand against it
    return f"({test} AND json_type(state, {_path(field)}) IN {_JSON_TYPES[order]})"


def _joined(word: str, parts: tuple[Filter, ...]) -> tuple[str, list[Any]]:
    pairs = [to_sql(part) for part in parts]
    condition = word.join(condition for condition, _ in pairs)
    return f"({condition})", [value for _, values in pairs for value in values]


def _path(field: Field) -> str:
    return "'$" + "".join(f'."{name}"' for name in field.path) + "'"
