"""Model: what a document of a kind may say. Checked by pydantic and by `problems`, word by word.

kind: cold_room
description: A cold room of a supermarket.
fields:
  air_c: {type: number, unit: "°C", range: [-40, 60]}
  door: {type: string, one_of: [open, closed]}
settings:
  owner: {type: link, to: customer}
events:
  telemetry: {measures: [air_c, door]}
  alarm: {payload: {code: {type: integer, range: [0, 99], required: true}}}
commands:
  defrost: {input: {minutes: {type: integer, range: [1, 60]}}, life_s: 600}
"""

from collections.abc import Iterator, Sequence
from keyword import iskeyword
from typing import Annotated, Any, Final, Literal, Self, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr

from twins.devices.commands import Commanded
from twins.event import Reading
from twins.rules.document import Document
from twins.source import Source

TELEMETRY: Final = "telemetry"
"""The event that measures all fields where a document names no events."""

OWNER: Final = "owner"

MAX_DEPTH: Final = 8
"""How deep objects and lists may lie within each other."""

RESERVED: Final = frozenset({*dir(Commanded), *Reading.__struct_fields__})
"""Names that every twin has for itself."""

VIGILS: Final = ("ask.", "command.", "due.", "rules.", "signal.", "vigil.")
"""What types of Vigil's own events begin with."""

KindName: TypeAlias = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
Name: TypeAlias = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,63}$")]
EventType: TypeAlias = Annotated[
    str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}(\.[A-Za-z0-9_-]{1,64}){0,7}$")
]
CommandName: TypeAlias = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]

Problem: TypeAlias = tuple[tuple[str | int, ...], str]
"""Where something is wrong, and what."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

    description: str = Field(default="", max_length=2000)


class Value(_Part):
    """One value: its type, its unit, and what it may be."""

    type: Literal[
        "number", "integer", "boolean", "string", "time", "link", "object", "array", "any"
    ]
    unit: str | None = Field(default=None, min_length=1, max_length=200)
    """As its author writes it: `°C`, a UCUM code, a QUDT address. Vigil does not calculate it."""
    range: list[float | None] | None = Field(default=None, min_length=2, max_length=2)
    """Least and most, both allowed; null: no bound."""
    one_of: list[str | int] | None = Field(default=None, min_length=1, max_length=200)
    max_length: int | None = Field(default=None, ge=1, le=65_536)
    """Of a string in characters, of an array in items."""
    to: KindName | None = None
    """Of a link: the kind that it leads to."""
    mirrors: list[Name] | None = Field(default=None, min_length=1, max_length=32)
    """Of a link among the settings: fields of that twin that rules may read, as `owner.tier`."""
    fields: "dict[Name, Value] | None" = Field(default=None, max_length=200)
    """Of an object; without them it may hold anything."""
    items: "Value | None" = None
    """Of an array; without them it may hold anything."""
    required: bool = False
    """Whether a payload, an input or an object must have it."""
    wire: str | None = Field(default=None, min_length=1, max_length=200)
    """What the device calls it, where that is something else."""


class Event(_Part):
    """One type of event that the device sends."""

    measures: list[Name] = Field(default=[], max_length=1000)
    """Fields of the kind: the twin takes the newest value of each."""
    payload: dict[Name, Value] = Field(default={}, max_length=200)
    """What else it brings: rules can look at it, the twin does not keep it."""


class Command(_Part):
    """One command that the device takes."""

    input: dict[Name, Value] = Field(default={}, max_length=1000)
    life_s: float = Field(default=300.0, gt=0, le=31 * 86_400)
    """After so many seconds it has expired."""


class KindDocument(_Part):
    """A kind of device, without code."""

    kind: KindName
    schema_: int = Field(default=1, ge=1, le=10_000, alias="schema")
    """Raise it with a change. What was stored before is taken over as it is, so a change may add
    and widen; a class can do more."""
    fields: dict[Name, Value] = Field(default={}, max_length=1000)
    """What the device measures: the twin's state."""
    settings: dict[Name, Value] = Field(default={}, max_length=200)
    """What Vigil's edges tell the twin with `configured`: links, limits, names."""
    events: dict[EventType, Event] = Field(default={}, max_length=200)
    commands: dict[CommandName, Command] = Field(default={}, max_length=200)
    rules: list[dict[str, Any]] = Field(default=[], max_length=200)
    personal: Name | None = Field(default=None)
    """The link among the settings that leads to the person whose the device is, and who takes its
    readings along when she is erased. Default: `owner`, where that is a link to a customer."""
    """Rules that come with the kind, as in a file of rules; they need not name it."""

    _written: list[Document] = PrivateAttr(default=[])

    def written(self, source: Source) -> Self:
        """Take over where the rules stand, so that a mistake in them is pointed to.

        Raises `BadRule` for what is no rule; whether the kind can run it, its rule set tells.
        """
        parts = (source.part(["rules", number]) for number in range(len(self.rules)))
        self._written[:] = [Document.of(part, self.kind) for part in parts]
        return self

    def ruled(self) -> Sequence[Document | dict[str, Any]]:
        """The rules, as they were written where that is known."""
        return self._written or self.rules

    def sent(self) -> dict[str, Event]:
        """Events by type; those named, else one that measures all there is."""
        if self.events or not self.fields:
            return self.events
        return {TELEMETRY: Event(measures=list(self.fields), description="All that it measures.")}

    @property
    def belongs(self) -> str | None:
        """The link to the person whose a twin of this kind is."""
        if self.personal is not None:
            return self.personal
        owner = self.settings.get(OWNER)
        return OWNER if owner is not None and owner.to == "customer" else None

    def problems(self) -> Iterator[Problem]:
        """What its words, each right by itself, say wrongly together."""
        yield from self._state_problems()
        for type_, event in self.events.items():
            yield from self._event_problems(type_, event)
        for name, command in self.commands.items():
            here = ("commands", name, "input")
            yield from _wire_problems(here, command.input)
            for key, value in command.input.items():
                yield from _value_problems((*here, key), value)

    def _state_problems(self) -> Iterator[Problem]:
        link = None if self.personal is None else self.settings.get(self.personal)
        if self.personal is not None and (link is None or link.type != "link"):
            yield ("personal",), f"{self.personal} is no link among the settings"
        for part in ("fields", "settings"):
            for name, value in getattr(self, part).items():
                if name in RESERVED:
                    yield (part, name), "every twin has this name for itself; choose another"
                yield from _value_problems((part, name), value)
        yield from _wire_problems(("fields",), self.fields)
        measured = {name for event in self.sent().values() for name in event.measures}
        for name, value in self.fields.items():
            if name in self.settings:
                yield ("settings", name), "it stands in fields already"
            if name not in measured:
                yield ("fields", name), "no event measures it"
            if value.mirrors is not None:
                yield ("fields", name, "mirrors"), "only a link among the settings is followed"

    def _event_problems(self, type_: str, event: Event) -> Iterator[Problem]:
        here = ("events", type_)
        if type_ == "configured" or type_.startswith(VIGILS):
            yield here, "this is an event of Vigil's own; call yours something else"
        for number, name in enumerate(event.measures):
            if name not in self.fields:
                yield (*here, "measures", number), f"{name} is not among the fields"
        measured = {name: self.fields[name] for name in event.measures if name in self.fields}
        yield from _wire_problems((*here, "payload"), {**measured, **event.payload})
        for name, value in event.payload.items():
            if name in self.fields or name in Reading.__struct_fields__:
                yield (*here, "payload", name), "this is a field already; say that it measures it"
            yield from _value_problems((*here, "payload", name), value)


_NUMBERS: Final = ("number", "integer")
_BELONGS: Final[dict[str, tuple[str, ...]]] = {
    "range": _NUMBERS,
    "one_of": ("integer", "string"),
    "max_length": ("string", "array"),
    "to": ("link",),
    "mirrors": ("link",),
    "fields": ("object",),
    "items": ("array",),
}


def _wire_problems(path: tuple[str | int, ...], values: dict[str, Value]) -> Iterator[Problem]:
    """Two values of one message cannot have one name."""
    taken = {*Reading.__struct_fields__}
    for name, value in values.items():
        wire = value.wire or name
        if wire in taken and value.wire:
            yield (*path, name, "wire"), f"{wire} is the name of something else in this message"
        taken.add(wire)


def _value_problems(path: tuple[str | int, ...], value: Value, depth: int = 1) -> Iterator[Problem]:
    if isinstance(path[-1], str) and iskeyword(path[-1]):
        yield path, "this is a word of Python; choose another"
    yield from _own_problems(path, value)
    inner: list[tuple[tuple[str, ...], Value]] = [
        (("fields", name), each) for name, each in (value.fields or {}).items()
    ]
    if value.items is not None:
        inner.append((("items",), value.items))
    if inner and depth == MAX_DEPTH:
        yield path, f"it lies more than {MAX_DEPTH} levels deep"
        return
    yield from _wire_problems((*path, "fields"), value.fields or {})
    for way, each in inner:
        yield from _value_problems((*path, *way), each, depth + 1)


def _own_problems(path: tuple[str | int, ...], value: Value) -> Iterator[Problem]:
    for name, types in _BELONGS.items():
        if getattr(value, name) is not None and value.type not in types:
            yield (*path, name), f"it belongs to {' and '.join(types)}, not to {value.type}"
    if value.type == "link" and value.to is None:
        yield path, "a link says to which kind, for example to: customer"
    low, high = value.range or (None, None)
    if low is not None and high is not None and low > high:
        yield (*path, "range"), f"it begins at {low:g}, behind its end {high:g}"
    wanted = int if value.type == "integer" else str
    for number, each in enumerate(value.one_of or []):
        if type(each) is not wanted:
            yield (*path, "one_of", number), f"{each!r} is no {value.type}"
