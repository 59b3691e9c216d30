"""Tree: a condition after it was checked. Everything that is not one of these nodes was refused.

`type` says what a node is, `optional` whether its value may be unknown (None).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any

from twins.rules.fields import Field, Type
from twins.rules.operators import Operator

Span = tuple[int, int]
"""Where in the text a node stands: (first letter, after the last)."""


class From(Enum):
    """Where a name's value comes from."""

    STATE = "state"
    EVENT = "event"
    MIRROR = "mirror"
    DECIDED = "decided"


@dataclass(frozen=True, slots=True)
class Node:
    """Base of all nodes."""

    text: str
    """As it was written, with single spaces."""
    span: Span

    @property
    def type(self) -> Type:
        """What its value is."""
        return Type.CONDITION

    @property
    def optional(self) -> bool:
        """Whether its value may be unknown."""
        return False

    @property
    def parts(self) -> "tuple[Node, ...]":
        """The nodes right below it."""
        return ()


@dataclass(frozen=True, slots=True)
class Literal(Node):
    """A number, a text, true or false."""

    value: float | str | bool

    @property
    def type(self) -> Type:
        """By the value."""
        if isinstance(self.value, bool):
            return Type.CONDITION
        return Type.TEXT if isinstance(self.value, str) else Type.NUMBER


@dataclass(frozen=True, slots=True)
class Name(Node):
    """A field: `coolant_c`, `event.code`, `owner.tier`; or a table's answer, `remedy.offer`."""

    origin: From
    link: str
    """Of a mirrored field; the name of a table's answer; else empty."""
    field: Field

    @property
    def type(self) -> Type:
        """The field's."""
        return self.field.type

    @property
    def optional(self) -> bool:
        """An event of another type, or the passing of time, has no such field."""
        return self.field.optional or self.origin is not From.STATE


@dataclass(frozen=True, slots=True)
class Arithmetic(Node):
    """`left op right`, of numbers."""

    op: str
    left: Node
    right: Node

    @property
    def type(self) -> Type:
        """A number."""
        return Type.NUMBER

    @property
    def optional(self) -> bool:
        """Dividing by zero gives nothing."""
        return self.left.optional or self.right.optional or self.op in "/%"

    @property
    def parts(self) -> tuple[Node, ...]:
        """Both sides."""
        return self.left, self.right


@dataclass(frozen=True, slots=True)
class Negative(Node):
    """`-operand`."""

    operand: Node

    @property
    def type(self) -> Type:
        """A number."""
        return Type.NUMBER

    @property
    def optional(self) -> bool:
        """As what it negates."""
        return self.operand.optional

    @property
    def parts(self) -> tuple[Node, ...]:
        """What it negates."""
        return (self.operand,)


@dataclass(frozen=True, slots=True)
class Compare(Node):
    """`left op right`; false where a side is unknown, `!=` as well."""

    op: str
    left: Node
    right: Node

    @property
    def parts(self) -> tuple[Node, ...]:
        """Both sides."""
        return self.left, self.right


@dataclass(frozen=True, slots=True)
class Member(Node):
    """`item in (…)`, `item not in (…)`; false where the item is unknown, both of them."""

    item: Node
    values: tuple[float | str, ...]
    negated: bool

    @property
    def parts(self) -> tuple[Node, ...]:
        """What is looked for."""
        return (self.item,)


@dataclass(frozen=True, slots=True)
class Unknown(Node):
    """`item is None`, `item is not None`."""

    item: Node
    negated: bool

    @property
    def parts(self) -> tuple[Node, ...]:
        """What may be unknown."""
        return (self.item,)


@dataclass(frozen=True, slots=True)
class Every(Node):
    """`a and b and …`."""

    conditions: tuple[Node, ...]

    @property
    def parts(self) -> tuple[Node, ...]:
        """Each condition."""
        return self.conditions


@dataclass(frozen=True, slots=True)
class Some(Node):
    """`a or b or …`."""

    conditions: tuple[Node, ...]

    @property
    def parts(self) -> tuple[Node, ...]:
        """Each condition."""
        return self.conditions


@dataclass(frozen=True, slots=True)
class Not(Node):
    """`not condition`; true where a comparison below it is false because a field is unknown."""

    condition: Node

    @property
    def parts(self) -> tuple[Node, ...]:
        """The condition."""
        return (self.condition,)


@dataclass(frozen=True, slots=True)
class Call(Node):
    """An operator: `avg(coolant_c, 5m)`."""

    operator: Operator
    argument: Node | None
    """What it looks at, where it looks at something."""
    values: dict[str, Any]
    """Its constants: durations in seconds, numbers, words."""

    @property
    def type(self) -> Type:
        """The operator's; `was` has that of what it looks at."""
        if self.operator.type is not None:
            return self.operator.type
        assert self.argument is not None
        return self.argument.type

    @property
    def optional(self) -> bool:
        """Whether it may have no value."""
        return self.operator.optional or (
            not self.operator.remembers and self.argument is not None and self.argument.optional
        )

    @property
    def parts(self) -> tuple[Node, ...]:
        """What it looks at."""
        return () if self.argument is None else (self.argument,)


def walk(node: Node) -> Iterator[Node]:
    """The node and all below it, in the order in which they stand."""
    yield node
    for part in node.parts:
        yield from walk(part)


def names(node: Node) -> dict[str, Name]:
    """Every name below a node, by its text."""
    return {one.text: one for one in walk(node) if isinstance(one, Name)}


def calls(node: Node) -> dict[str, Call]:
    """Every operator below a node that remembers something, by its text."""
    return {one.text: one for one in walk(node) if isinstance(one, Call) and one.operator.remembers}
