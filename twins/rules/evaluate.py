"""Evaluate: what a checked tree comes to, node by node; slow, for explanations and as an oracle.

What runs with each event is generated (`generate`); both must come to the same.
"""

from copy import deepcopy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from twins.record import contacted, happened, is_open, tried
from twins.rules import tree, trends, windows
from twins.rules.generate import width_of
from twins.rules.memory import SLOTS
from twins.rules.plan import Plan

if TYPE_CHECKING:
    from twins.twin import Twin


@dataclass(frozen=True, slots=True)
class Known:
    """What a tree is evaluated with."""

    twin: "Twin"
    now: float
    """The log's time."""
    reading: Any = None
    """The event's data; None as time passes."""
    results: dict[str, Any] = field(default_factory=dict)
    """What each operator that remembers gave, by its text."""


def read(name: tree.Name, twin: "Twin", reading: Any) -> Any:
    """The value of a field now; None where it is unknown."""
    if name.origin is tree.From.EVENT:
        return _within(reading, name.field.name)
    if name.origin is tree.From.MIRROR:
        return ((twin.mirror or {}).get(name.link) or {}).get(name.field.name)
    return _within(twin, name.field.name)


def _within(value: Any, name: str) -> Any:
    """A field, however many objects it lies in."""
    for word in name.split("."):
        value = getattr(value, word, None)
    return value


def looked(plan: Plan, twin: "Twin", at: float, now: float) -> dict[str, Any]:
    """What each operator of a rule gives when nothing arrives at `at`; the twin stays as it is."""
    memory = deepcopy((twin.windows or {}).get(plan.name))
    if memory is None or memory[0] != plan.digest:
        memory = [plan.digest, None, *(None for _ in plan.calls)]
    found: dict[str, Any] = {}
    for number, call in enumerate(plan.calls):
        name, slot = call.operator.name, SLOTS + number
        look: Any = getattr(windows, f"look_{name}", None) or getattr(trends, f"look_{name}")
        if name == "silent":
            found[call.text] = look(memory, slot, now, call.values["within"])
        elif call.operator.windowed:
            found[call.text] = look(memory, slot, at, width_of(call))
        else:
            found[call.text] = look(memory, slot)
    return found


def holds(node: tree.Node, known: Known) -> bool:
    """Whether a condition holds."""
    match node:
        case tree.Every(conditions=parts):
            found = all(holds(part, known) for part in parts)
        case tree.Some(conditions=parts):
            found = any(holds(part, known) for part in parts)
        case tree.Not(condition=part):
            found = not holds(part, known)
        case tree.Compare(op=op, left=left, right=right):
            found = _compared(op, value(left, known), value(right, known))
        case tree.Member(item=item, values=values, negated=negated):
            one = value(item, known)
            found = one is not None and (one in values) is not negated
        case tree.Unknown(item=item, negated=negated):
            found = (value(item, known) is None) is not negated
        case _:
            found = value(node, known) is True
    return found


def value(node: tree.Node, known: Known) -> Any:
    """The value of a node; None where it is unknown."""
    match node:
        case tree.Literal(value=literal):
            return literal
        case tree.Name():
            return read(node, known.twin, known.reading)
        case tree.Arithmetic(op=op, left=left, right=right):
            return _computed(op, value(left, known), value(right, known))
        case tree.Negative(operand=operand):
            found = value(operand, known)
            return None if found is None else -found
        case tree.Call():
            return _called(node, known)
    return holds(node, known)


def _called(node: tree.Call, known: Known) -> Any:
    if node.operator.remembers:
        return known.results[node.text]
    values, record, now = node.values, known.twin.record, known.now
    match node.operator.name:
        case "happened":
            return happened(record, values["signal"], now, values["within"])
        case "open":
            return is_open(record, values["arrangement"])
        case "contacted":
            return contacted(record, values["channel"], now, values["within"])
        case "tried":
            return tried(record, values["remedy"], now, values["within"])
    assert node.argument is not None
    found = value(node.argument, known)
    return None if found is None else abs(found)


def _compared(op: str, left: Any, right: Any) -> bool:
    if left is None or right is None:
        return False
    return bool(
        {
            "<": lambda: left < right,
            "<=": lambda: left <= right,
            ">": lambda: left > right,
            ">=": lambda: left >= right,
            "==": lambda: left == right,
            "!=": lambda: left != right,
        }[op]()
    )


def _computed(op: str, left: Any, right: Any) -> Any:
    if left is None or right is None or (op in "/%" and right == 0):
        return None
    return {
        "+": lambda: left + right,
        "-": lambda: left - right,
        "*": lambda: left * right,
        "/": lambda: left / right,
        "%": lambda: left % right,
    }[op]()
