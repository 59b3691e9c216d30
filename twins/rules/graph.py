"""Graph: a decision in GoRules' JDM format, and what is wrong with it.

What is used of the format stands here. An editor's own data (positions, widths) is left alone, and
does not reach the engine; what would, and could bring chance, a clock or a loop into an answer, is
refused by name.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Annotated, Any, Final, Literal, TypeAlias

import msgspec
import zen
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from twins.source import Path

FUNCTIONS: Final = frozenset(
    {
        "abs", "avg", "bool", "ceil", "contains", "endsWith", "floor", "isNumeric", "len", "lower",
        "max", "median", "min", "mode", "number", "round", "startsWith", "string", "sum", "trim",
        "trunc", "type", "upper",
    }
)  # fmt: skip
"""What a cell may call: functions of its arguments alone, whose cost their size bounds."""

MAX_ROWS: Final = 2000
MAX_CELL: Final = 500
"""Characters of one cell."""

Found: TypeAlias = tuple[Path, str, bool]
"""Where something is wrong, what, and whether the key is."""

_CALL: Final = re.compile(r"([A-Za-z_]\w*)\s*\(")
TEXT: Final = re.compile(r"\"[^\"]*\"|'[^']*'")
"""A text within a cell; there are no escapes."""

_OWN: Final = re.compile(r"\$\.(?=[A-Za-z_])")
_COLUMN: Final = re.compile(r"\$(?!\w)")


def _unread(value: Any) -> None:
    if value not in (None, ""):
        raise ValueError("it is not read here; leave it empty, and give what is needed in `data`")


_Unread = Annotated[None, BeforeValidator(_unread)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Column(_Part):
    """One column of a table."""

    id: str
    name: str = ""
    field: str | None = None


class _Content(_Part):
    """What both sorts of nodes have."""

    executionMode: Literal["single"] = "single"  # noqa: N815 - the format's own name; no loops
    passThrough: bool = False  # noqa: N815 - the format's own name
    inputField: _Unread = None  # noqa: N815 - the format's own name; an expression, of any function
    outputPath: _Unread = None  # noqa: N815 - the format's own name; it would rename what is given


class TableContent(_Content):
    """A table's columns and rows."""

    hitPolicy: Literal["first", "collect"] = "first"  # noqa: N815 - the format's own name
    inputs: list[Column]
    outputs: list[Column] = Field(min_length=1)
    rules: list[dict[str, str]] = Field(min_length=1, max_length=MAX_ROWS)

    def problems(self, path: Path) -> Iterator[Found]:
        """Every cell can be read, and stands in a column that there is."""
        for number, column in enumerate(self.inputs):
            if column.field:
                yield from _cell_problems((*path, "inputs", number, "field"), column.field)
        for number, column in enumerate(self.outputs):
            if not column.field:
                yield (*path, "outputs", number), "an output needs a field", False
        unary = {column.id: bool(column.field) for column in self.inputs}
        known = {*unary, *(column.id for column in self.outputs)}
        for number, row in enumerate(self.rules):
            for name, cell in row.items():
                place = (*path, "rules", number, name)
                if name in known:
                    yield from _cell_problems(place, cell, unary=unary.get(name, False))
                elif not name.startswith("_"):
                    yield place, "there is no such column", True

    def wanted(self) -> Iterator[str]:
        """Names that it looks at."""
        for column in self.inputs:
            yield from roots(column.field or "")
            if not column.field:
                for row in self.rules:
                    yield from roots(row.get(column.id, ""))

    def given(self) -> Iterator[str]:
        """Names that it gives."""
        return (column.field.partition(".")[0] for column in self.outputs if column.field)


class Computed(_Part):
    """One expression."""

    id: str
    key: str
    value: str


class ExpressionContent(_Content):
    """Expressions by name, computed one after the other."""

    expressions: list[Computed] = Field(max_length=MAX_ROWS)

    def problems(self, path: Path) -> Iterator[Found]:
        """Every expression can be read."""
        for number, each in enumerate(self.expressions):
            yield from _cell_problems((*path, "expressions", number, "value"), each.value)

    def wanted(self) -> Iterator[str]:
        """Names that it looks at."""
        for each in self.expressions:
            yield from roots(each.value)

    def given(self) -> Iterator[str]:
        """Names that it gives."""
        return (each.key.partition(".")[0] for each in self.expressions)


class Node(_Part):
    """What all nodes have."""

    id: str
    name: str = ""


class _EndContent(_Part):
    schema_: Annotated[_Unread, Field(alias="schema")] = None
    """The engine would hold what is given against it, and fetch what it refers to."""


class End(Node):
    """Where it begins, or ends."""

    type: Literal["inputNode", "outputNode"]
    content: _EndContent | None = None


class TableNode(Node):
    """A table."""

    type: Literal["decisionTableNode"]
    content: TableContent


class ExpressionNode(Node):
    """Expressions."""

    type: Literal["expressionNode"]
    content: ExpressionContent


class _Edge(_Part):
    id: str = ""
    sourceId: str  # noqa: N815 - the format's own name
    targetId: str  # noqa: N815 - the format's own name


class Graph(_Part):
    """The whole decision."""

    nodes: list[Annotated[End | TableNode | ExpressionNode, Field(discriminator="type")]] = Field(
        min_length=3, max_length=64
    )
    edges: Annotated[list[_Edge], Field(max_length=512)]

    @property
    def engine(self) -> dict[str, Any]:
        """What the engine is given: this, and nothing else that stood in the document."""
        return self.model_dump(mode="json", exclude_none=True)

    def content(self, number: int) -> TableContent | ExpressionContent | None:
        """What a node computes."""
        node = self.nodes[number]
        return None if isinstance(node, End) else node.content

    def order(self) -> list[int]:
        """The nodes' numbers, each after those that it hears from; those in a circle last."""
        numbers = {node.id: number for number, node in enumerate(self.nodes)}
        before: dict[int, set[int]] = {number: set() for number in range(len(self.nodes))}
        for edge in self.edges:
            if {edge.sourceId, edge.targetId} <= numbers.keys():
                before[numbers[edge.targetId]].add(numbers[edge.sourceId])
        found: list[int] = []
        while rest := [number for number in before if number not in found]:
            ready = [number for number in rest if before[number] <= {*found}]
            found += ready or rest
        return found

    def contents(self) -> Iterator[tuple[int, TableContent | ExpressionContent]]:
        """What is computed, with the number of its node."""
        for number, node in enumerate(self.nodes):
            if not isinstance(node, End):
                yield number, node.content

    def problems(self) -> Iterator[Found]:
        """What the engine would not say."""
        for number, content in self.contents():
            yield from content.problems(("nodes", number, "content"))

    def given(self) -> dict[str, None]:
        """Names that some node gives, in order."""
        return dict.fromkeys(name for _, content in self.contents() for name in content.given())

    def wanted(self) -> dict[str, None]:
        """Names that some node looks at and none gives, in order."""
        names = (name for _, content in self.contents() for name in content.wanted())
        given = self.given()
        return dict.fromkeys(name for name in names if name not in given)


_KEYWORDS: Final = frozenset(("and", "or", "not", "in", "true", "false", "null"))
_NAME: Final = re.compile(r"(?<![\w.])[A-Za-z_]\w*(?!\w*\s*\()")


def roots(cell: str) -> Iterable[str]:
    """The names that a cell begins with: `a` of `a.b`."""
    names = _NAME.findall(TEXT.sub("''", cell))
    return (name for name in names if name not in _KEYWORDS)


def _cell_problems(path: Path, cell: str, *, unary: bool = False) -> Iterator[Found]:
    if len(cell) > MAX_CELL:
        yield path, f"{len(cell)} characters, more than {MAX_CELL}", False
        return
    # Both could hide the end of a text, and so a call, from what is looked through here.
    signs = [sign for sign in "\\`" if sign in cell]
    if signs:
        yield path, f"{signs[0]} has no place in a cell", False
        return
    bare = TEXT.sub("''", cell)
    if "$" in (_COLUMN if unary else _OWN).sub("", bare):
        yield path, "$ stands before a name (`$.name`), or for the column's value", False
        return
    for name in _CALL.findall(bare):
        if name not in FUNCTIONS and name not in _KEYWORDS:
            known = ", ".join(sorted(FUNCTIONS))
            yield path, f"a cell cannot call {name!r}; it can: {known}", False
            return
    if cell.strip():
        try:
            (zen.compile_unary_expression if unary else zen.compile_expression)(cell)
        except RuntimeError as error:
            yield path, f"{reason(error)}: {cell!r}", False


def reason(error: RuntimeError) -> str:
    """The engine's words without its stack."""
    text = str(error).partition("\n\nStack backtrace")[0]
    try:
        said = msgspec.json.decode(text)
    except msgspec.DecodeError:
        return " ".join(text.split())
    return str(said.get("source") or said["type"]).strip(".")
