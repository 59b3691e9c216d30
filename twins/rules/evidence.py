"""Evidence: why a rule fired, as data and in words."""

from math import isfinite
from typing import TYPE_CHECKING, Any, Final

from twins.rules import tree
from twins.rules.duration import spoken
from twins.rules.evaluate import read
from twins.rules.fields import Type
from twins.rules.memory import SLOTS
from twins.rules.plan import Plan

if TYPE_CHECKING:
    from twins.twin import Twin

MAX_TEXT: Final = 200
"""Letters of a text that are kept of what a rule saw."""

_LARGEST: Final = 2**63

_LONG: Final = 9
"""Characters of a number that nobody reads; `inputs` and `values` have it as it is."""


def evidence(
    plan: Plan, twin: "Twin", reading: Any, results: tuple[Any, ...], since: float, at: float
) -> dict[str, Any]:
    """What a rule saw when it fired.

    Returns:
        `words`; `at`, the event time; `since`, when the condition began to hold; `inputs`, the
        value of each field that it names; `values`, what each of its operators gave; and where
        something rose or fell, `readings`: [time, value] of each step that counted, oldest first.
    """
    inputs: dict[str, Any] = {}
    for node in (plan.context, plan.when):
        if node is not None:
            for text, name in tree.names(node).items():
                if name.type is not Type.OTHER:
                    inputs[text] = _kept(read(name, twin, reading))
    found: dict[str, Any] = {
        "at": at,
        "inputs": inputs,
        "values": {call.text: _kept(results[slot]) for slot, call in enumerate(plan.calls)},
    }
    if since != at:
        found["since"] = since
    traces = {
        call.text: _trace(plan, twin, slot)
        for slot, call in enumerate(plan.calls)
        if call.operator.name in ("rising", "falling")
    }
    if traces:
        found["readings"] = next(iter(traces.values()))
    found["words"] = _words(plan, inputs, found["values"], traces)
    return found


def plain(value: Any) -> Any:
    """A value that can be stored; None for a number that is not finite, or beyond 64 bits."""
    if isinstance(value, float) and not isfinite(value):
        return None
    if isinstance(value, int) and not -_LARGEST <= value < _LARGEST:
        return None
    return value


def _kept(value: Any) -> Any:
    """A value as it is kept: of a long text the beginning, since a twin keeps many firings."""
    if isinstance(value, str) and len(value) > MAX_TEXT:
        return f"{value[:MAX_TEXT]}…"
    return plain(value)


def _trace(plan: Plan, twin: "Twin", slot: int) -> list[list[Any]]:
    memory = (twin.windows or {}).get(plan.name)
    held = None if memory is None else memory[SLOTS + slot]
    return [] if held is None else [list(step) for step in held[3]]


def _words(
    plan: Plan, inputs: dict[str, Any], values: dict[str, Any], traces: dict[str, list[list[Any]]]
) -> str:
    """The reason for people."""
    if plan.when is None:
        return f"there was {' or '.join(plan.types)}"
    said = say(plan.when, inputs, values, traces)
    if plan.document.for_:
        said += f", for {spoken(plan.document.for_)}"
    return said


def say(
    node: tree.Node, inputs: dict[str, Any], values: dict[str, Any],
    traces: dict[str, list[list[Any]]],
) -> str:  # fmt: skip
    """One condition in words, with the values that it had."""
    match node:
        case tree.Every(conditions=parts):
            return " and ".join(say(part, inputs, values, traces) for part in parts)
        case tree.Call(operator=operator) if operator.name in ("rising", "falling"):
            steps = traces.get(node.text) or []
            assert node.argument is not None
            verb = "rose" if operator.name == "rising" else "fell"
            said = f"{node.argument.text} {verb} {node.values['times']} times"
            if node.values["band"]:
                said += f" by more than {node.values['band']}"
            if not steps:
                return said
            return f"{said}, from {_short(steps[0][1])} to {_short(steps[-1][1])}"
        case tree.Compare(op=op, left=left, right=right):
            return f"{_said(left, inputs, values)} {op} {_said(right, inputs, values)}"
    return node.text


def _said(node: tree.Node, inputs: dict[str, Any], values: dict[str, Any]) -> str:
    """A side of a comparison, with its value behind it where it has one."""
    if isinstance(node, tree.Name):
        return f"{node.text} ({_short(inputs.get(node.text))})"
    if isinstance(node, tree.Call) and node.text in values:
        value = values[node.text]
        return f"{node.text} ({value:g})" if isinstance(value, float) else f"{node.text} ({value})"
    return node.text


def _short(value: Any) -> str:
    """A value as people read it: of a number that is long, what matters."""
    text = str(value)
    if not isinstance(value, float) or len(text) <= _LONG:
        return text
    return f"{value:.6g}" if abs(value) < 1e6 else str(round(value, 3))  # noqa: PLR2004 - times stay whole
