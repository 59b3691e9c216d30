"""Emit: a checked tree as the text of a Python expression.

A value that may be unknown comes with guards, the texts that must be true for it to be known; a
comparison is false where a guard is. Nothing here may raise, whatever the fields hold: that would
park the twin.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any

from twins.rules import tree
from twins.rules.fields import Type


@dataclass(slots=True)
class Loads:
    """Local names of a function, each loaded once: expression -> local name."""

    found: dict[str, str] = field(default_factory=dict)

    def add(self, expression: str, name: str) -> str:
        """The local name of an expression."""
        known = self.found.get(expression)
        if known is None:
            taken = {*self.found.values()}
            known, number = name, 1
            while known in taken:
                number += 1
                known = f"{name}_{number}"
            self.found[expression] = known
        return known

    def lines(self) -> list[str]:
        """The assignments, in the order in which they were asked for."""
        return [f"{name} = {expression}" for expression, name in self.found.items()]


@dataclass(frozen=True, slots=True)
class Value:
    """The text of a value, and what must be true for it to be known."""

    text: str
    guards: tuple[str, ...] = ()

    @property
    def whole(self) -> str:
        """The value, or None where it is unknown."""
        if not self.guards:
            return self.text
        if self.guards == (f"{self.text} is not None",):
            return self.text
        return f"({self.text} if {' and '.join(self.guards)} else None)"


class Emitter:
    """Writes trees for one function.

    Args:
        loads: Where it puts the names that it needs.
        call: The text of an operator that remembers something.
        event: Names of the fields that the event brings; of others, `event.x` is unknown.
        sampled: Names of the fields that are taken from the reading itself, not from the state.
        part: How a field of the event is read.
    """

    def __init__(
        self,
        loads: Loads,
        call: Callable[[tree.Call], str],
        event: Collection[str] = (),
        sampled: Collection[str] = (),
        part: str = "reading.{}",
    ) -> None:
        self._loads = loads
        self._call = call
        self._event = event
        self._sampled = sampled
        self._part = part
        self._conditions: dict[type[tree.Node], Any] = {
            tree.Every: self._every,
            tree.Some: self._some,
            tree.Not: self._not,
            tree.Compare: self._compare,
            tree.Member: self._member,
            tree.Unknown: self._unknown,
            tree.Name: self._truth,
            tree.Literal: self._truth,
            tree.Call: self._called,
        }
        self._values: dict[type[tree.Node], Any] = {
            tree.Literal: self._literal,
            tree.Name: self._name,
            tree.Arithmetic: self._arithmetic,
            tree.Negative: self._negative,
            tree.Call: self._result,
        }

    def condition(self, node: tree.Node) -> str:
        """Text that is True or False."""
        write: Any = self._conditions[type(node)]
        text: str = write(node)
        return text

    def value(self, node: tree.Node) -> Value:
        """Text of a value."""
        write: Any = self._values.get(type(node))
        value: Value = Value(self.condition(node)) if write is None else write(node)
        return value

    # -- conditions --------------------------------------------------------------------------

    def _every(self, node: tree.Every) -> str:
        return f"({' and '.join(map(self.condition, node.conditions))})"

    def _some(self, node: tree.Some) -> str:
        return f"({' or '.join(map(self.condition, node.conditions))})"

    def _not(self, node: tree.Not) -> str:
        return f"(not {self.condition(node.condition)})"

    def _compare(self, node: tree.Compare) -> str:
        one, other = self.value(node.left), self.value(node.right)
        return self._all(*one.guards, *other.guards, f"{one.text} {node.op} {other.text}")

    def _member(self, node: tree.Member) -> str:
        one, word = self.value(node.item), "not in" if node.negated else "in"
        return self._all(*one.guards, f"{one.text} {word} {node.values!r}")

    def _unknown(self, node: tree.Unknown) -> str:
        guards = self.value(node.item).guards
        known = f"({' and '.join(guards)})" if guards else "True"
        return known if node.negated else f"(not {known})"

    def _truth(self, node: tree.Name | tree.Literal) -> str:
        return f"({self.value(node).text} is True)"

    def _called(self, node: tree.Call) -> str:
        if not node.operator.remembers:
            return self._asked(node)
        text = self._call(node)
        return text if node.operator.type is Type.CONDITION else f"({text} is True)"

    # -- values ------------------------------------------------------------------------------

    def _literal(self, node: tree.Literal) -> Value:
        return Value(repr(node.value))

    def _arithmetic(self, node: tree.Arithmetic) -> Value:
        one, other = self.value(node.left), self.value(node.right)
        guards = (*one.guards, *other.guards)
        if node.op in "/%":
            guards = (*guards, f"{other.text} != 0")
        return Value(f"({one.text} {node.op} {other.text})", guards)

    def _negative(self, node: tree.Negative) -> Value:
        one = self.value(node.operand)
        return Value(f"(-{one.text})", one.guards)

    def _result(self, node: tree.Call) -> Value:
        if node.operator.name == "abs":
            assert node.argument is not None
            one = self.value(node.argument)
            return Value(f"absolute({one.text})", one.guards)
        if not node.operator.remembers:
            return Value(self._asked(node))
        text = self._call(node)
        return Value(text, (f"{text} is not None",) if node.operator.optional else ())

    @staticmethod
    def _all(*parts: str) -> str:
        return f"({' and '.join(dict.fromkeys(parts))})"

    def _name(self, node: tree.Name) -> Value:
        name = node.field.name
        if node.origin is tree.From.EVENT:
            if name not in self._event:
                return Value("None", ("False",))
            text = self._within(self._part, "r", name)
        elif node.origin is tree.From.MIRROR:
            mirror = self._loads.add("twin.mirror", "mirror")
            key = repr(node.link)
            expression = (
                f"{mirror}[{key}].get({name!r}) if {mirror} and {key} in {mirror} else None"
            )
            text = self._loads.add(expression, f"m_{node.link}_{name}")
        elif node.origin is tree.From.DECIDED:
            text = self._loads.add(f"decided(turn, {node.link!r}, {name!r})", "decided_value")
        elif name.partition(".")[0] in self._sampled:
            text = self._within("reading.{}", "r", name)
            return Value(text, (f"{text} is not None",))
        else:
            text = self._within("twin.{}", "s", name)
        return Value(text, (f"{text} is not None",) if node.optional else ())

    def _within(self, read: str, prefix: str, name: str) -> str:
        """The local name of a field, however many objects it lies in."""
        first, *words = name.split(".")
        text = self._loads.add(read.format(first), f"{prefix}_{first}")
        for word in words:
            text = self._loads.add(f"None if {text} is None else {text}.{word}", f"{text}_{word}")
        return text

    def _asked(self, node: tree.Call) -> str:
        """A question about what has happened; each takes the twin's record first."""
        record = self._loads.add("twin.record", "record")
        values = [repr(value) for value in node.values.values()]
        name = node.operator.name
        if name == "open":
            return f"is_open({record}, {values[0]})"
        return f"{name}({record}, {values[0]}, turn.now, {values[1]})"
