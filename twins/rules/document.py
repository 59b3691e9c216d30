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

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from enum import StrEnum
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PrivateAttr, ValidationError

from twins.rules.duration import Duration
from twins.rules.errors import BadRule, Problem
from twins.rules.source import Source, read_sources

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
    on: Annotated[list[str], BeforeValidator(_listed), Field(min_length=1, max_length=32)] | None = (
        None
    )
    """Event types; default: every type whose payload is a reading."""
    about: Annotated[str, Field(max_length=2000)] = ""
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
    then: Annotated[
        list[dict[str, Any]], BeforeValidator(_listed), Field(max_length=16)
    ] | None = None
    """What follows, in order; default: the signal of the rule's name."""

    _source: Source = PrivateAttr()

    @property
    def source(self) -> Source:
        """What it was read from."""
        return self._source

    @property
    def plain(self) -> dict[str, Any]:
        """The document as data, from which it can be made again; fit for JSON."""
        return {"kind": self.kind, **self._source.data}

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
        source = data if isinstance(data, Source) else Source.of(data)
        if not isinstance(source.data, Mapping):
            what = type(source.data).__name__
            raise BadRule(
                [source.problem((), f"a rule is a mapping of keys to values, not a {what}")]
            )
        filled: Any = source.data
        if kind is not None and "kind" not in filled:
            filled = {"kind": kind, **filled}
        try:
            document = cls.model_validate(filled)
        except ValidationError as error:
            raise BadRule(_problems(error, source)) from None
        source.data = dict(filled)
        document._source = source
        return document


def read_rules(
    text: str, file: str | None = None, kind: str | None = None
) -> list[Document]:
    """Read rules from YAML or JSON.

    Args:
        text: One document, a list of them, or several parted by `---`.
        file: The text's name, for errors.
        kind: The kind of rules that name none.

    Raises:
        BadRule: With every problem of every document.
    """
    problems: list[Problem] = []
    documents = []
    for source in read_sources(text, file):
        try:
            documents.append(Document.of(source, kind))
        except BadRule as error:
            problems += error.problems
    if problems:
        raise BadRule(problems)
    return documents


_PLAIN = {
    "missing": "is missing",
    "string_type": "must be text",
    "bool_type": "must be true or false",
    "int_type": "must be a whole number",
    "list_type": "must be a list",
    "string_too_short": "must not be empty",
}


def _problems(error: ValidationError, source: Source) -> Iterable[Problem]:
    named = source.data.get("rule")
    rule = named if isinstance(named, str) else None
    for found in error.errors():
        yield problem_of(found, source, rule)


def problem_of(
    found: Any, source: Source, rule: str | None, within: tuple[str | int, ...] = (),
    model: type[BaseModel] = Document,
) -> Problem:  # fmt: skip
    """Put what pydantic found into words, at its place in the document."""
    path = (*within, *found["loc"])
    said, what = found["msg"].removeprefix("Value error, "), found["type"]
    given = found["input"]
    if what == "extra_forbidden":
        owner = model if len(found["loc"]) == 1 else _NESTED.get(str(found["loc"][0]), model)
        keys = [field.alias or name for name, field in owner.model_fields.items()]
        near = get_close_matches(str(path[-1]), keys, 1)
        said = f"there is no key {path[-1]!r} here; "
        said += f"did you mean {near[0]}?" if near else f"there are: {', '.join(keys)}"
        return source.problem(path, said, rule=rule, key=True, word=str(path[-1]))
    if what == "missing":
        return source.problem(path[:-1], f"the key {path[-1]!r} is missing", rule=rule)
    if what == "string_pattern_mismatch":
        said = f"{given!r} is no name; write words of letters, digits, _ and -, with dots between"
    elif what == "enum":
        near = get_close_matches(str(given), list(Severity), 1)
        said = f"{given!r} is none of {', '.join(Severity)}"
        said += f"; did you mean {near[0]}?" if near else ""
    elif what in _PLAIN:
        said = f"{_PLAIN[what]}, not {given!r}"
    word = str(given) if isinstance(given, str | int | float) else ""
    return source.problem(path, said, rule=rule, word=word)


_NESTED: dict[str, type[BaseModel]] = {"escalate": Escalation, "at_most": AtMost}

SeverityName = Literal["info", "warning", "critical"]
