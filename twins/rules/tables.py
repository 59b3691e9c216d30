"""Tables: decisions in GoRules' JDM format, run by `zen-engine`, and the trace of how they fell.

    table = Table.of("remedy", text)                    # checked; raises `BadRule`
    decision = table.decide({"lifetime_value": 12_000, "distance_km": 8.5})
    decision.outputs                                    # {"remedy": "tow"}
    decision.rows                                       # which rows decided, by which values

A table is asked when a rule fires, never for every event: it takes some hundred microseconds. What
it decides depends on its text and its input alone. So a cell may compute and compare, and call the
functions of `FUNCTIONS`; it has no clock, no chance, no loop, no script and no call to elsewhere.
The engine takes a cell that it cannot read for one that never holds; here it is a mistake.
"""

import re
from collections.abc import Iterable, Iterator
from hashlib import blake2b
from typing import Annotated, Any, Final, Literal, Self, TypeAlias

import msgspec
import zen
from msgspec import Struct
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from twins.rules.document import problems_of
from twins.rules.errors import BadRule, Problem
from twins.source import Path, Source

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

MAX_INPUT: Final = 16 * 1024
"""Bytes of what is given to a table, as JSON."""

Found: TypeAlias = tuple[Path, str, bool]
"""Where something is wrong, what, and whether the key is."""

_ENGINE: Final = zen.ZenEngine()
_CALL: Final = re.compile(r"([A-Za-z_]\w*)\s*\(")
_TEXT: Final = re.compile(r"\"[^\"]*\"|'[^']*'")
_encode = msgspec.json.Encoder(order="deterministic").encode


class Row(Struct, frozen=True):
    """One row that held."""

    table: str
    """The node's name."""
    row: int
    """Counted from 1."""
    inputs: dict[str, Any]
    """What it looked at."""
    outputs: dict[str, Any]


class Decision(Struct, frozen=True):
    """What a table said, and why; all of it can be stored."""

    table: str
    version: str
    """Of the table's text."""
    outputs: Any
    """The answer: of the first row that held; a list where the last node collects all of them."""
    rows: list[Row]
    """Rows that held, in the order in which they were looked at."""
    failure: str | None = None
    """Why there is no answer: the input is too large, or a computation failed."""


class Table:
    """One decision, ready to be asked. Make it with `of`."""

    def __init__(self, name: str, version: str, graph: "_Graph", decision: Any) -> None:
        self.name = name
        self.version = version
        self.inputs = tuple(graph.wanted())
        """Names that the columns look at and no node gives: what has to be put in."""
        self.outputs = tuple(graph.given())
        """Names that some node gives."""
        self._decision = decision

    @classmethod
    def of(cls, name: str, text: str) -> Self:
        """Read a table as the editor writes it. Raises `BadDocument`, or `BadRule`."""
        return cls.read(name, Source.of(text, name))

    @classmethod
    def read(cls, name: str, source: Source) -> Self:
        """Check a table. Raises `BadRule` with the place of each mistake."""
        try:
            graph = _Graph.model_validate(source.value)
        except ValidationError as error:
            raise BadRule(problems_of(error, source, _Graph, name)) from None
        problems = [
            Problem.at(source, path, message, rule=name, key=key)
            for path, message, key in graph.problems()
        ]
        if problems:
            raise BadRule(problems)
        body = _encode(source.value)
        try:
            decision = _ENGINE.create_decision(body.decode())
            decision.validate()
        except RuntimeError as error:
            message = f"zen-engine refuses it: {_reason(error)}"
            raise BadRule([Problem.at(source, (), message, rule=name)]) from None
        return cls(name, blake2b(body, digest_size=8).hexdigest(), graph, decision)

    def decide(self, given: dict[str, Any]) -> Decision:
        """Ask. It never raises: without an answer, `outputs` is empty and `failure` says why."""
        try:
            body = _encode(given)
        except (TypeError, ValueError, RecursionError) as error:
            return self._failed(f"the input cannot be written as JSON: {error}")
        if len(body) > MAX_INPUT:
            return self._failed(f"the input has {len(body)} bytes, more than {MAX_INPUT}")
        try:
            answer = self._decision.evaluate(body, {"trace": True, "max_depth": 1})
        except RuntimeError as error:
            return self._failed(_reason(error))
        nodes = sorted(answer["trace"].values(), key=lambda node: int(node["order"]))
        rows = [row for node in nodes for row in _rows(node)]
        return Decision(self.name, self.version, _sorted(answer["result"]), rows)

    def _failed(self, reason: str) -> Decision:
        return Decision(self.name, self.version, {}, [], reason)


def _rows(node: dict[str, Any]) -> Iterator[Row]:
    """The rows of a table's node that held; nothing for other nodes."""
    data, output = node["traceData"], node["output"]
    found = data if isinstance(data, list) else [data]
    outputs = output if isinstance(data, list) else [output]
    for each, output_ in zip(found, outputs, strict=False):
        if isinstance(each, dict) and "reference_map" in each:
            inputs = _sorted(each["reference_map"])
            yield Row(str(node["name"]), int(each["index"]) + 1, inputs, _sorted(output_))


def _sorted(value: Any) -> Any:
    """The same with its keys in order: the engine's own order differs from run to run."""
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return [_sorted(each) for each in value] if isinstance(value, list) else value


def _reason(error: RuntimeError) -> str:
    """The engine's words without its stack."""
    text = str(error).partition("\n\nStack backtrace")[0]
    try:
        said = msgspec.json.decode(text)
    except msgspec.DecodeError:
        return " ".join(text.split())
    return str(said.get("source") or said["type"]).strip(".")


# -- the format: what is used of it; an editor's own data (positions, widths) is left alone --------


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class _Column(_Part):
    id: str
    name: str = ""
    field: str | None = None


class _TableContent(_Part):
    hitPolicy: Literal["first", "collect"] = "first"  # noqa: N815 - the format's own name
    executionMode: Literal["single"] = "single"  # noqa: N815 - the same; no loops
    inputs: list[_Column]
    outputs: list[_Column] = Field(min_length=1)
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
            yield from _roots(column.field or "")
            if not column.field:
                for row in self.rules:
                    yield from _roots(row.get(column.id, ""))

    def given(self) -> Iterator[str]:
        """Names that it gives."""
        return (column.field.partition(".")[0] for column in self.outputs if column.field)


class _Computed(_Part):
    key: str
    value: str


class _ExpressionContent(_Part):
    executionMode: Literal["single"] = "single"  # noqa: N815 - the format's own name
    expressions: list[_Computed] = Field(max_length=MAX_ROWS)

    def problems(self, path: Path) -> Iterator[Found]:
        """Every expression can be read."""
        for number, each in enumerate(self.expressions):
            yield from _cell_problems((*path, "expressions", number, "value"), each.value)

    def wanted(self) -> Iterator[str]:
        """Names that it looks at."""
        for each in self.expressions:
            yield from _roots(each.value)

    def given(self) -> Iterator[str]:
        """Names that it gives."""
        return (each.key.partition(".")[0] for each in self.expressions)


class _Node(_Part):
    id: str
    name: str = ""


class _End(_Node):
    type: Literal["inputNode", "outputNode"]


class _TableNode(_Node):
    type: Literal["decisionTableNode"]
    content: _TableContent


class _ExpressionNode(_Node):
    type: Literal["expressionNode"]
    content: _ExpressionContent


class _Graph(_Part):
    nodes: list[Annotated[_End | _TableNode | _ExpressionNode, Field(discriminator="type")]] = (
        Field(min_length=3, max_length=64)
    )
    edges: list[dict[str, Any]]

    def _contents(self) -> Iterator[tuple[int, _TableContent | _ExpressionContent]]:
        for number, node in enumerate(self.nodes):
            if not isinstance(node, _End):
                yield number, node.content

    def problems(self) -> Iterator[Found]:
        """What the engine would not say."""
        for number, content in self._contents():
            yield from content.problems(("nodes", number, "content"))

    def given(self) -> dict[str, None]:
        """Names that some node gives, in order."""
        return dict.fromkeys(name for _, content in self._contents() for name in content.given())

    def wanted(self) -> dict[str, None]:
        """Names that some node looks at and none gives, in order."""
        names = (name for _, content in self._contents() for name in content.wanted())
        given = self.given()
        return dict.fromkeys(name for name in names if name not in given)


_KEYWORDS: Final = frozenset(("and", "or", "not", "in", "true", "false", "null"))
_NAME: Final = re.compile(r"(?<![\w.])[A-Za-z_]\w*(?!\w*\s*\()")


def _roots(cell: str) -> Iterable[str]:
    names = _NAME.findall(_TEXT.sub("''", cell))
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
    for name in _CALL.findall(_TEXT.sub("''", cell)):
        if name not in FUNCTIONS and name not in _KEYWORDS:
            known = ", ".join(sorted(FUNCTIONS))
            yield path, f"a cell cannot call {name!r}; it can: {known}", False
            return
    if cell.strip():
        try:
            (zen.compile_unary_expression if unary else zen.compile_expression)(cell)
        except RuntimeError as error:
            yield path, f"{_reason(error)}: {cell!r}", False
