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

from collections.abc import Iterable, Iterator
from hashlib import blake2b
from typing import Any, Final, Self

import msgspec
import zen
from msgspec import Struct
from pydantic import ValidationError

from twins.rules.document import problems_of
from twins.rules.errors import BadRule, Problem
from twins.rules.graph import Found, Graph, reason
from twins.rules.growth import MAX_INPUT, growth_problems
from twins.source import Source

MAX_ANSWER: Final = 16 * 1024
"""Bytes of an answer, as JSON: it may be stored with the twin, and sent."""

_ENGINE: Final = zen.ZenEngine()
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
    """Why there is no answer: it or the input is too large, or a computation failed."""


class Table:
    """One decision, ready to be asked. Make it with `of`."""

    def __init__(self, name: str, version: str, graph: Graph, decision: Any) -> None:
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
            graph = Graph.model_validate(source.value)
        except ValidationError as error:
            raise BadRule(problems_of(error, source, Graph, name)) from None
        _refuse(graph.problems(), name, source)
        body = _encode(source.value)
        try:
            decision = _ENGINE.create_decision(_encode(graph.engine).decode())
            decision.validate()
        except RuntimeError as error:
            _refuse([((), f"zen-engine refuses it: {reason(error)}", False)], name, source)
        _refuse(growth_problems(graph), name, source)
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
            return self._failed(reason(error))
        nodes = sorted(answer["trace"].values(), key=lambda node: int(node["order"]))
        rows = [row for node in nodes for row in _rows(node)]
        outputs = _sorted(answer["result"])
        size = len(_encode(outputs))
        if size > MAX_ANSWER:
            return self._failed(f"the answer has {size} bytes, more than {MAX_ANSWER}")
        return Decision(self.name, self.version, outputs, rows)

    def _failed(self, reason: str) -> Decision:
        return Decision(self.name, self.version, {}, [], reason)


def _refuse(found: Iterable[Found], name: str, source: Source) -> None:
    problems = [
        Problem.at(source, path, message, rule=name, key=key) for path, message, key in found
    ]
    if problems:
        raise BadRule(problems)


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
