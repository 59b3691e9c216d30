"""Generate: all rules of one kind and event type as one Python function, and a few small ones.

What an event of the type `telemetry` runs looks like this; `step_1` is a method of the compiled
rule, and is reached only where the rule has something to do:

    def observe(twin, turn, reading, at, fresh):
        windows = twin.windows
        s_coolant_c = twin.coolant_c
        # engine.hot
        if (s_coolant_c is not None and s_coolant_c > 115):
            step_0(twin, turn, reading, at, True, None, ())
        elif windows is not None and 'engine.hot' in windows:
            step_0(twin, turn, reading, at, False, windows['engine.hot'], ())

The text is made from checked trees alone; what was written stands in it only as literals, by
`repr`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from twins.kind import Kind
from twins.rules import tree
from twins.rules.emit import Emitter, Loads
from twins.rules.fields import event_fields
from twins.rules.memory import SLOTS
from twins.rules.plan import Plan
from twins.rules.windows import BUCKETS

_EXTREMES = ("count", "avg", "min", "max")
"""Operators to which a late reading matters."""


class Mode(Enum):
    """When a function runs."""

    FRESH = "observe"
    """After an event that is none of the late ones."""
    LATE = "late"
    """After a reading older than the newest: windows take it, and rules without do not look."""
    WAKE = "wake"
    """Because time has passed."""


@dataclass(slots=True)
class Lines:
    """Text that grows line by line."""

    lines: list[str] = field(default_factory=list)

    def add(self, text: str, indent: int = 1) -> None:
        """One more line."""
        self.lines.append("    " * indent + text)

    def __str__(self) -> str:
        return "\n".join(self.lines) + "\n"


def width_of(call: tree.Call) -> float:
    """How long a bucket of a window is, in seconds."""
    return float(call.values["within"]) / BUCKETS


def measured_fields(kind: Kind, event_type: str) -> set[str]:
    """The fields of the twin that a reading of this type brings."""
    handler = kind.handlers[event_type]
    if not handler.reading:
        return set()
    return {*handler.payload.__struct_fields__} & {*kind.cls.__struct_fields__}


def function(
    plans: Sequence[tuple[int, Plan]], kind: Kind, mode: Mode, event_type: str | None, stamp: int
) -> str:
    """The text of one function; empty where nothing is to be done.

    Args:
        plans: The rules, with their numbers, in the order in which they run.
        kind: Their kind.
        mode: When it runs.
        event_type: After which events; None as time passes.
        stamp: Of the rule set.
    """
    loads, body = Loads(), Lines()
    event = {} if event_type is None else event_fields(kind, event_type)
    for number, plan in plans:
        block = _Block(number, plan, kind, mode, event_type, loads, event)
        block.write(body)
    if not body.lines:
        return ""
    head = Lines()
    arguments = "twin, turn, reading, at" + (", fresh" if mode is Mode.FRESH else "")
    head.add(f"def {mode.value}({arguments}):", 0)
    if mode is Mode.FRESH:
        head.add("if not fresh:")
        head.add("return late(twin, turn, reading, at)", 2)
    head.add("windows = twin.windows")
    if mode is not Mode.WAKE:
        head.add(f"if windows is not None and ('' not in windows or windows[''][0] != {stamp}):")
        head.add("windows = tidy(twin)", 2)
    if mode is Mode.LATE:
        head.add("stamp = twin.stamp")
    for line in loads.lines():
        head.add(line)
    return str(head) + str(body)


class _Block:
    """Writes the part of one rule."""

    def __init__(
        self, number: int, plan: Plan, kind: Kind, mode: Mode, event_type: str | None,
        loads: Loads, event: Iterable[str],
    ) -> None:  # fmt: skip
        self._number = number
        self._plan = plan
        self._kind = kind
        self._mode = mode
        self._type = event_type
        self._loads = loads
        self._event = {*event}
        self._slots = {call.text: slot for slot, call in enumerate(plan.calls)}
        self._emit = Emitter(loads, self._result, self._event)

    def _result(self, call: tree.Call) -> str:
        return f"v{self._slots[call.text]}"

    def write(self, lines: Lines) -> None:
        """Write it."""
        plan, mode = self._plan, self._mode
        calls = plan.calls
        if mode is Mode.LATE and not any(
            call.operator.name in _EXTREMES or call.operator.name == "silent" for call in calls
        ):
            return
        lines.add(f"# {plan.name}")
        name, indent = repr(plan.name), 1
        if mode is Mode.WAKE:
            lines.add(f"if {name} in windows:")
            indent = 2
        if plan.context is not None:
            lines.add(f"if not {self._emit.condition(plan.context)}:", indent)
            lines.add(f"if windows is not None and {name} in windows:", indent + 1)
            lines.add(f"leave_{self._number}(twin, turn)", indent + 2)
            lines.add("else:", indent)
            indent += 1
        if calls:
            self._remembering(lines, indent)
        elif mode is Mode.WAKE:
            lines.add(f"{self._step('windows[' + name + ']', self._when())}", indent)
        else:
            lines.add(f"if {self._when()}:", indent)
            memory = f"windows.get({name}) if windows is not None else None"
            lines.add(self._step(memory, "True"), indent + 1)
            if not plan.momentary:
                lines.add(f"elif windows is not None and {name} in windows:", indent)
                lines.add(self._step(f"windows[{name}]", "False"), indent + 1)

    def _when(self) -> str:
        plan, mode = self._plan, self._mode
        if plan.momentary and mode is not Mode.FRESH:
            return "False"
        return "True" if plan.when is None else self._emit.condition(plan.when)

    def _step(self, memory: str, held: str) -> str:
        results = "".join(f"v{slot}, " for slot in range(len(self._plan.calls)))
        time = "stamp" if self._mode is Mode.LATE else "at"
        return f"step_{self._number}(twin, turn, reading, {time}, {held}, {memory}, ({results}))"

    # -- rules that remember -----------------------------------------------------------------

    def _remembering(self, lines: Lines, indent: int) -> None:
        calls, name = self._plan.calls, repr(self._plan.name)
        lazy = all(_lazy(call) for call in calls)
        if self._mode is Mode.WAKE:
            lines.add(f"m = windows[{name}]", indent)
        else:
            lines.add(f"m = windows.get({name}) if windows is not None else None", indent)
        arguments = [self._argument(call) for call in calls]
        for slot, argument in enumerate(arguments):
            if argument is not None:
                lines.add(f"a{slot} = {argument}", indent)
        takes = [f"v{slot} = {self._take(slot, call)}" for slot, call in enumerate(calls)]
        if self._mode is Mode.WAKE:
            body = takes
        elif lazy:
            guards = " or ".join(
                f"({_guard(call, f'a{slot}')})"
                for slot, call in enumerate(calls)
                if arguments[slot] is not None
            )
            if guards:
                lines.add(f"if m is None and ({guards}):", indent)
                lines.add(f"m = begin_{self._number}(twin)", indent + 1)
            nothing = [f"v{slot} = {_nothing(call)}" for slot, call in enumerate(calls)]
            body = ["if m is None:", *map(_inner, nothing), "else:", *map(_inner, takes)]
        else:
            body = ["if m is None:", _inner(f"m = begin_{self._number}(twin)"), *takes]
        for text in body:
            lines.add(text, indent)
        lines.add(f"held = {self._when()}", indent)
        if self._mode is not Mode.WAKE:
            lines.add(f"if {self._matters(lazy=lazy)}:", indent)
            indent += 1
        lines.add(self._step("m", "held"), indent)

    def _matters(self, *, lazy: bool) -> str:
        """When the rule has something to do: it holds, or did, or there is nothing to remember."""
        if not lazy:
            return "held or m[1] is not None"
        empty = " and ".join(f"m[{slot + SLOTS}] is None" for slot in range(len(self._plan.calls)))
        return f"held or m is not None and (m[1] is not None or {empty})"

    def _argument(self, call: tree.Call) -> str | None:
        """What an operator takes of this event; None: nothing."""
        node, name, mode = call.argument, call.operator.name, self._mode
        if node is None or mode is Mode.WAKE or (mode is Mode.LATE and name not in _EXTREMES):
            return None
        assert self._type is not None
        named = {
            one.field.name.partition(".")[0] for one in tree.walk(node)
            if isinstance(one, tree.Name) and one.origin is tree.From.STATE
        }  # fmt: skip
        measured = measured_fields(self._kind, self._type)
        anywhere = {one for type_ in self._plan.types for one in measured_fields(self._kind, type_)}
        if named & anywhere and not named & measured:
            return None
        emit = Emitter(self._loads, self._result, self._event, measured)
        if name == "count":
            return emit.condition(node)
        text = emit.value(node).whole
        # What is computed may be infinite, and must not be remembered.
        computed = any(isinstance(one, tree.Arithmetic) for one in tree.walk(node))
        return f"plain({text})" if computed else text

    def _take(self, slot: int, call: tree.Call) -> str:
        """The text of what an operator gives."""
        name, place = call.operator.name, f"m, {slot + SLOTS}"
        if name == "silent":
            within = call.values["within"]
            if self._mode is Mode.WAKE:
                return f"look_silent({place}, turn.now, {within!r})"
            return f"heard(twin, turn, {place}, {within!r})"
        given = [] if self._argument(call) is None else [f"a{slot}"]
        if call.operator.windowed:
            end = ["stamp" if self._mode is Mode.LATE else "at"]
            times = ["at", *end] if given and name != "rate" else end
            rest = [*times, repr(width_of(call))]
        elif given and name in ("rising", "falling"):
            rest = ["at", *map(repr, call.values.values())]
        else:
            rest = []
        return f"{'take' if given else 'look'}_{name}({', '.join([place, *given, *rest])})"


def _inner(text: str) -> str:
    return f"    {text}"


def _nothing(call: tree.Call) -> str:
    """What an operator gives that remembers nothing of a twin that is well."""
    return "0" if call.operator.name == "count" else "False"


def _lazy(call: tree.Call) -> bool:
    """Whether nothing need be remembered of a twin that is well."""
    name, values = call.operator.name, call.values
    return name == "count" or (
        name in ("rising", "falling")
        and values["above" if name == "rising" else "below"] is not None
    )


def _guard(call: tree.Call, argument: str) -> str:
    """True where there is something to remember."""
    if call.operator.name == "count":
        return argument
    rising = call.operator.name == "rising"
    limit = call.values["above" if rising else "below"]
    return f"{argument} is not None and {argument} {'>=' if rising else '<='} {limit!r}"


def small(
    plan: Plan, name: str, node: tree.Node | Mapping[str, tree.Node], event: Iterable[str]
) -> str:
    """The text of a small function: a condition, or the `data` of what follows.

    It is `name(twin, turn, reading, v)`, where `v` holds what the operators of the rule gave. The
    event may be of any type that the rule watches, or None: time has passed.
    """
    slots = {call.text: slot for slot, call in enumerate(plan.calls)}
    loads, lines = Loads(), Lines()
    emit = Emitter(
        loads, lambda call: f"v[{slots[call.text]}]", {*event}, part="part(reading, '{}')"
    )
    if isinstance(node, tree.Node):
        text = emit.condition(node)
    else:
        parts = (f"{key!r}: plain({emit.value(value).whole})" for key, value in node.items())
        text = f"{{{', '.join(parts)}}}"
    lines.add(f"def {name}(twin, turn, reading, v):", 0)
    for line in loads.lines():
        lines.add(line)
    lines.add(f"return {text}")
    return str(lines)
