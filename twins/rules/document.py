"""Document: one rule as it is written, checked word by word.

    rule: engine.overheating
    kind: vehicle
    when: rising(coolant_c, 10, band=0.5, above=95)
    clear: coolant_c < 92
    then:
      - signal: engine.overheating
        data: [coolant_c, speed_kmh]

What stands in `when` and the other conditions is checked by `expression`, what stands in `then` by
`actions`; here it is text. `docs/rules.md` tells what each key means.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Self

import msgspec
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PrivateAttr, ValidationError

from twins.rules.duration import Duration
from twins.rules.errors import BadRule, Problem
from twins.source import Path, Source

_WORD = r"[A-Za-z0-9_-]+"
Dotted = Annotated[str, Field(pattern=rf"^{_WORD}(\.{_WORD})*$", max_length=64)]
"""A name of words with dots between: `engine.overheating`."""

MAX_CONDITION = 1000
"""The longest condition, in characters."""

Condition = Annotated[str, Field(min_length=1, max_length=MAX_CONDITION)]


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str | dict) else value


Names = Annotated[list[Dotted], BeforeValidator(_listed), Field(max_length=32)]
"""One name, or a list of them."""


Types = Annotated[list[str], BeforeValidator(_listed), Field(min_length=1, max_length=32)]


class Severity(StrEnum):
    """How bad it is."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


SEVERITIES = tuple(Severity)
"""From the least to the worst."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class Escalation(_Part):
    """Makes an open rule worse while its condition holds."""

    to: Annotated[Severity, Field(strict=False)]
    when: Condition
    clear: Condition | None = None
    """When it no longer counts; default: when `when` does not hold."""


class AtMost(_Part):
    """Bounds how often a rule fires."""

    times: Annotated[int, Field(ge=1, le=100)]
    within: Duration


class Document(_Part):
    """One rule, as it is written."""

    rule: Dotted
    """Its name, unique within its kind."""
    kind: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
    on: (
        Annotated[list[str], BeforeValidator(_listed), Field(min_length=1, max_length=32)] | None
    ) = None
    """Event types; default: every type whose payload is a reading."""
    about: Annotated[str, Field(max_length=8000)] = ""
    context: Condition | None = None
    when: Condition | None = None
    for_: Annotated[Duration | None, Field(alias="for")] = None
    clear: Condition | None = None
    severity: Annotated[Severity, Field(strict=False)] = Severity.WARNING
    escalate: Annotated[list[Escalation], BeforeValidator(_listed), Field(max_length=8)] = []
    every: Duration | None = None
    at_most: AtMost | None = None
    priority: Annotated[int, Field(ge=-1_000_000, le=1_000_000)] = 0
    suppresses: Names = []
    excludes: Names = []
    shadow: bool = False
    then: Annotated[list[dict[str, Any]], BeforeValidator(_listed), Field(max_length=16)] | None = (
        None
    )
    """What follows, in order; default: the signal of the rule's name."""
    table: dict[str, Any] | None = None
    """A decision table (`twins.rules.tables`) instead of a rule; rules of the kind may ask it."""
    template: dict[str, Any] | None = None
    """What a person is told (`twins.rules.template`) instead of a rule: language -> message."""

    _source: Source = PrivateAttr()
    _graph: Source | None = PrivateAttr(default=None)

    @property
    def is_rule(self) -> bool:
        """Whether it is a rule, and not what rules use."""
        return self.table is None and self.template is None

    @property
    def graph(self) -> Source | None:
        """The decision table, where it is one."""
        return self._graph

    @property
    def source(self) -> Source:
        """What it was read from."""
        return self._source

    @property
    def plain(self) -> dict[str, Any]:
        """The document as data, from which it can be made again; fit for JSON."""
        return {"kind": self.kind, **self._source.value}

    @classmethod
    def of(cls, data: "Document | Mapping[str, Any] | Source", kind: str | None = None) -> Self:
        """Check one document.

        Args:
            data: What was written.
            kind: Its kind where it names none.

        Raises:
            BadRule: With every problem there is.
        """
        if isinstance(data, cls):
            return data
        source = data if isinstance(data, Source) else Source("", data, None)
        value: Any = source.value
        if not isinstance(value, Mapping):
            message = f"a rule is words with values, not {type(value).__name__}"
            raise BadRule([Problem.at(source, (), message)])
        try:
            msgspec.json.encode(value)
        except (TypeError, ValueError, RecursionError) as error:
            message = f"it cannot be written as JSON, so not be stored: {error}"
            raise BadRule([Problem.at(source, (), message)]) from None
        graph = table_of(source)
        value = source.value
        if kind is not None and "kind" not in value:
            value = source.value = {"kind": kind, **value}
        try:
            document = cls.model_validate(value)
        except ValidationError as error:
            named = value.get("rule")
            rule = named if isinstance(named, str) else None
            raise BadRule(problems_of(error, source, cls, rule)) from None
        document._source = source  # noqa: SLF001 - pydantic sets a private attribute no other way
        document._graph = graph  # noqa: SLF001 - pydantic sets a private attribute no other way
        for sort, what, use in (
            ("table", "decision table", "asks it: decide"),
            ("template", "template", "sends it: message"),
        ):
            more = document.model_fields_set - {"rule", "kind", "about", sort}
            if more and getattr(document, sort) is not None:
                name = min(more)
                message = f"a {what} has no {name}; write a rule that {use}"
                problem = Problem.at(source, (name,), message, rule=document.rule, key=True)
                raise BadRule([problem])
        return document


def read_rules(text: str, name: str = "", kind: str | None = None) -> list[Document]:
    """Read rules from YAML or JSON.

    Args:
        text: One document, a list of them, or several parted by `---`.
        name: The text's name, for errors.
        kind: The kind of rules that name none.

    Raises:
        BadDocument: The text is neither.
        BadRule: With every problem of every document.
    """
    problems: list[Problem] = []
    documents = []
    for source in Source.every(text, name):
        try:
            documents.append(Document.of(source, kind))
        except BadRule as error:
            problems += error.problems
    if problems:
        raise BadRule(problems)
    return documents


def table_of(source: Source) -> Source | None:
    """The decision table of a document, if it is one.

    A file as GoRules' editor writes it becomes the value of a document: its name is the file's, up
    to the first dot, unless `rule` stands in it.
    """
    value = source.value
    if "nodes" in value and "edges" in value:
        own = {name: value[name] for name in ("rule", "kind") if name in value}
        graph = {name: part for name, part in value.items() if name not in own}
        stem = source.name.rpartition("/")[2].partition(".")[0]
        source.value = {"rule": stem, **own, "table": graph}
        return Source(source.name, graph, source.root, source.text)
    return source.part(["table"]) if isinstance(value.get("table"), dict) else None


def problems_of(
    error: ValidationError, source: Source, model: type[BaseModel], rule: str | None,
    within: Path = (),
) -> list[Problem]:  # fmt: skip
    """What pydantic found, each at its place in the document.

    Args:
        error: What it found.
        source: The document.
        model: What it was to be.
        rule: Its name.
        within: Where the part stands that was checked; its value is looked up from there.
    """
    found = []
    for one in error.errors(include_url=False):
        fault = {**one, "loc": (*within, *one["loc"])}
        path, message, key = source.explain(model, fault)
        given = one["input"]
        word = str(path[-1]) if key else given if isinstance(given, str) else ""
        found.append(Problem.at(source, path, message, rule=rule, key=key, word=word))
    return sorted(found, key=lambda problem: (problem.line or 0, problem.column or 0))
