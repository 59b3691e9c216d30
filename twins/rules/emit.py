"""Emit: a checked tree as the text of a Python expression.

A value that may be unknown comes with guards, the texts that must be true for it to be known; a
comparison is false where a guard is. Nothing here may raise, whatever the fields hold: that would
park the twin.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Final

from twins.rules import tree
from twins.rules.fields import Type

OPERATORS_OF_RECORD: Final = ("happened", "open", "contacted", "tried")


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

    def condition(self, node: tree.Node) -> str:
        """Text that is True or False."""
        match node:
            case tree.Every(conditions=parts):
                return f"({' and '.join(map(self.condition, parts))})"
            case tree.Some(conditions=parts):
                return f"({' or '.join(map(self.condition, parts))})"
            case tree.Not(condition=part):
                return f"(not {self.condition(part)})"
            case tree.Compare(op=op, left=left, right=right):
                one, other = self.value(left), self.value(right)
                return self._all(*one.guards, *other.guards, f"{one.text} {op} {other.text}")
            case tree.Member(item=item, values=values, negated=negated):
                one = self.value(item)
                word = "not in" if negated else "in"
                return self._all(*one.guards, f"{one.text} {word} {values!r}")
            case tree.Unknown(item=item, negated=negated):
                guards = self.value(item).guards
                known = f"({' and '.join(guards)})" if guards else "True"
                return known if negated else f"(not {known})"
            case tree.Literal(value=value):
                return repr(bool(value))
            case tree.Name():
                return f"({self.value(node).text} is True)"
            case tree.Call(operator=operator) if operator.remembers:
                value = self._call(node)
                return value if operator.type is Type.CONDITION else f"({value} is True)"
            case tree.Call():
                return self._asked(node)
        raise AssertionError(f"{node.text} is no condition")

    def value(self, node: tree.Node) -> Value:
        """Text of a value."""
        match node:
            case tree.Literal(value=value):
                return Value(repr(value))
            case tree.Name():
                return self._name(node)
            case tree.Arithmetic(op=op, left=left, right=right):
                one, other = self.value(left), self.value(right)
                guards = (*one.guards, *other.guards)
                if op in "/%":
                    guards = (*guards, f"{other.text} != 0")
                return Value(f"({one.text} {op} {other.text})", guards)
            case tree.Negative(operand=operand):
                one = self.value(operand)
                return Value(f"(-{one.text})", one.guards)
            case tree.Call(operator=operator, argument=argument) if operator.name == "abs":
                assert argument is not None
                one = self.value(argument)
                return Value(f"absolute({one.text})", one.guards)
            case tree.Call(operator=operator) if operator.remembers:
                text = self._call(node)
                return Value(text, (f"{text} is not None",) if operator.optional else ())
        return Value(self.condition(node))

    @staticmethod
    def _all(*parts: str) -> str:
        return f"({' and '.join(dict.fromkeys(parts))})"

    def _name(self, node: tree.Name) -> Value:
        name = node.field.name
        if node.origin is tree.From.EVENT:
            if name not in self._event:
                return Value("None", ("False",))
            text = self._loads.add(self._part.format(name), f"r_{name}")
        elif node.origin is tree.From.MIRROR:
            mirror = self._loads.add("twin.mirror", "mirror")
            key = repr(node.link)
            expression = f"{mirror}[{key}].get({name!r}) if {mirror} and {key} in {mirror} else None"
            text = self._loads.add(expression, f"m_{node.link}_{name}")
        elif name in self._sampled:
            text = self._loads.add(f"reading.{name}", f"r_{name}")
            return Value(text, (f"{text} is not None",))
        else:
            text = self._loads.add(f"twin.{name}", f"s_{name}")
        return Value(text, (f"{text} is not None",) if node.optional else ())

    def _asked(self, node: tree.Call) -> str:
        """A question about what has happened."""
        record = self._loads.add("twin.record", "record")
        values = node.values
        now = "turn.now"
        match node.operator.name:
            case "happened":
                return f"happened({record}, {values['signal']!r}, {now}, {values['within']!r})"
            case "open":
                return f"is_open({record}, {values['arrangement']!r})"
            case "contacted":
                return f"contacted({record}, {values['channel']!r}, {now}, {values['within']!r})"
            case "tried":
                return f"tried({record}, {values['remedy']!r}, {now}, {values['within']!r})"
        raise AssertionError(f"{node.operator.name} is no question")
