"""Things: a W3C Thing Description (TD 1.0 and 1.1), read as the document of a kind.

| in the description | in the kind |
|---|---|
| `vigil:kind`, else `title` in lower case | the kind's name |
| `properties` that can be read | fields, all measured by `telemetry` |
| `events`, with their `data` | event types, with their payload |
| `actions`, with `input` and `uriVariables` | commands, with their input |
| `properties` that can be written | the command `write_properties`: those that are to be set |
| `type`, `enum`, `const`, `minimum`, `maximum`, `maxLength`, `maxItems`, `required` | the same |
| `oneOf` something and null | something: a value may always be missing |
| `unit`, a UCUM code or a QUDT address for example | the unit, as it stands |

A payload or an input that is no object has one value, called `value`. A name that cannot be one of
a field is changed (`current-temp` becomes `current_temp`), and devices go on calling it as they do.
What says how to reach the thing (`forms`, `security`, `links`) is left alone: it sends to Vigil.
A description that takes parts of another (`tm:ref`, `tm:extends`) is refused: Vigil fetches none.
"""

import math
import re
from collections.abc import Iterable, Mapping
from keyword import iskeyword
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field

from twins.documents.model import MAX_DEPTH, RESERVED, TELEMETRY, KindDocument, KindName
from twins.event import Reading
from twins.operated import WRITE
from twins.source import Path, Source

_TYPES: Final = ("number", "integer", "boolean", "string", "object", "array")
_AT: Final = frozenset(Reading.__struct_fields__)

_ELSEWHERE: Final = "this stands in another model, and Vigil fetches none; write it out here"

PLACES: Final = {"fields": "properties", "commands": "actions"}
"""What a part of a kind's document is called in a description."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, strict=True, allow_inf_nan=False)

    title: str = ""
    description: str = ""
    ref: Any = Field(default=None, alias="tm:ref")


class _Schema(_Part):
    """A data schema, as far as it is used."""

    type: Any = None
    unit: str | None = None
    enum: list[Any] | None = None
    const: Any = None
    minimum: float | None = None
    maximum: float | None = None
    exclusiveMinimum: float | None = None  # noqa: N815 - the standard's own name
    exclusiveMaximum: float | None = None  # noqa: N815 - the standard's own name
    maxLength: int | None = None  # noqa: N815 - the standard's own name
    maxItems: int | None = None  # noqa: N815 - the standard's own name
    properties: "dict[str, _Schema] | None" = None
    required: list[str] = []
    items: Any = None
    oneOf: "list[_Schema]" = []  # noqa: N815 - the standard's own name
    readOnly: bool = False  # noqa: N815 - the standard's own name
    writeOnly: bool = False  # noqa: N815 - the standard's own name
    forms: list[Any] = []

    @property
    def writable(self) -> bool:
        """Whether others may set it, and there is more than one thing to set."""
        return (
            not self.readOnly
            and self.const is None
            and (not self.forms or any("writeproperty" in _ops(form) for form in self.forms))
        )

    @property
    def nullable(self) -> bool:
        """Whether it may be nothing, too."""
        return "null" in _listed(self.type) or any(one.nullable for one in self.oneOf)

    def plain(self) -> "_Schema":
        """The same without null; of several, what they have in common, where that is clear."""
        types = [one for one in _listed(self.type) if one != "null"]
        among = [one.plain() for one in self.oneOf if one.type != "null"]
        said = {name: getattr(self, name) for name in self.model_fields_set - {"type", "oneOf"}}
        if types:
            said["type"] = types[0] if len(types) == 1 else types
        elif len(among) == 1:
            return among[0].model_copy(update=said)
        elif among and all(one.const is not None for one in among):
            said["enum"] = [one.const for one in among]
        return _Schema.model_construct(**said)


class _Action(_Part):
    input: _Schema | None = None
    uriVariables: dict[str, _Schema] = {}  # noqa: N815 - the standard's own name


class _Event(_Part):
    data: _Schema | None = None


class _Link(_Part):
    rel: Any = None


class _Thing(_Part):
    kind: KindName | None = Field(default=None, alias="vigil:kind")
    schema_: int = Field(default=1, ge=1, alias="vigil:schema")
    properties: dict[str, _Schema] = {}
    actions: dict[str, _Action] = {}
    events: dict[str, _Event] = {}
    links: list[_Link] = []


def is_thing(value: Any) -> bool:
    """Whether a document is a Thing Description: its context says so."""
    context = value.get("@context") if isinstance(value, dict) else None
    contexts = context if isinstance(context, list) else [context]
    return any(isinstance(each, str) and "/wot/" in each for each in contexts)


def read_thing(source: Source) -> KindDocument:
    """The document that a description amounts to. Raises `BadDocument`."""
    thing = source.read(_Thing)
    for number, link in enumerate(thing.links):
        if link.rel == "tm:extends":
            raise source.fault(["links", number], _ELSEWHERE)
    read = {name: each for name, each in thing.properties.items() if not each.writeOnly}
    fields = _values(source, ["properties"], read, RESERVED)
    events: dict[str, Any] = {}
    if fields:
        events[TELEMETRY] = {"measures": list(fields), "description": "All that it measures."}
    for name, event in thing.events.items():
        if _token(name) in events:
            raise source.fault(["events", name], "there is an event of this name", key=True)
        payload = _values(source, ["events", name, "data"], _open(event.data), _AT, event.data)
        measured, others = _split(fields, payload)
        events[_token(name)] = {
            "measures": measured,
            "payload": others,
            "description": _text(event),
        }
    commands = {
        _token(name): {
            "input": _values(
                source,
                ["actions", name, "input"],
                {**action.uriVariables, **_open(action.input)},
                frozenset(),
                action.input,
            ),
            "description": _text(action),
        }
        for name, action in thing.actions.items()
    }
    write = {name: each for name, each in thing.properties.items() if each.writable}
    if write:
        if WRITE in commands:
            raise source.fault(["actions", WRITE], "there is a command of this name", key=True)
        commands[WRITE] = {
            "input": _values(source, ["properties"], write, frozenset()),
            "description": "Set properties: those that are named.",
        }
    said = {
        "kind": thing.kind or _named(source, thing.title),
        "schema": thing.schema_,
        "description": (thing.description or thing.title)[:2000],
        "fields": fields,
        "events": events,
        "commands": commands,
    }
    return Source(source.name, said, source.root).read(KindDocument)


def _named(source: Source, title: str) -> str:
    """The kind's name, by its title."""
    kind = _slug(title)
    if kind:
        return kind
    if not title:
        raise source.fault([], "it needs a title, or vigil:kind, to name the kind")
    text = f'no kind can be called {title!r}; name it, in letters from a to z: "vigil:kind": "lamp"'
    raise source.fault(["title"], text)


def _split(
    fields: Mapping[str, Any], payload: Mapping[str, Any]
) -> tuple[list[str], dict[str, Any]]:
    """What of a payload is a field, and the rest; a value that only sounds like one is renamed."""
    measured = [name for name, value in payload.items() if fields.get(name) == value]
    others: dict[str, Any] = {}
    for name, value in payload.items():
        if name not in fields:
            others[name] = value
        elif name not in measured:
            others[f"{name}_"] = {"wire": name, **value}
    return measured, others


def _open(schema: _Schema | None) -> Mapping[str, _Schema]:
    """The values of a payload or an input."""
    if schema is None:
        return {}
    return schema.properties if schema.properties is not None else {"value": schema}


def _values(
    source: Source,
    path: Path,
    schemas: Mapping[str, _Schema],
    reserved: Iterable[str],
    whole: _Schema | None = None,
    depth: int = 1,
) -> dict[str, Any]:
    """Values by names that fields may have."""
    found: dict[str, Any] = {}
    for name, schema in schemas.items():
        key = _identifier(name, reserved)
        if key in found:
            raise source.fault([*path, name], f"two names come down to {key}; rename one", key=True)
        value = _value(source, [*path, name], schema, depth)
        required = whole is not None and name in whole.required
        if key != name and name not in _AT:
            value["wire"] = name
        if required and not schema.nullable:
            value["required"] = True
        found[key] = value
    return found


def _value(source: Source, path: Path, schema: _Schema, depth: int) -> dict[str, Any]:
    if schema.ref is not None:
        raise source.fault([*path, "tm:ref"], _ELSEWHERE, key=True)
    schema = schema.plain()
    type_ = schema.type if schema.type in _TYPES else "any"
    options = schema.enum if schema.const is None else [schema.const]
    if options and type_ == "any" and all(isinstance(each, str) for each in options):
        type_ = "string"
    value: dict[str, Any] = {"type": type_, "unit": schema.unit, "description": _text(schema)}
    wanted = {"integer": int, "string": str}.get(type_)
    if options and wanted is not None and all(type(each) is wanted for each in options):
        value["one_of"] = options
    elif type_ in ("number", "integer"):
        value["range"] = _range(schema, whole=type_ == "integer")
    elif type_ == "string":
        value["max_length"] = schema.maxLength
    elif type_ == "array":
        value["max_length"] = schema.maxItems
        if isinstance(schema.items, dict) and depth < MAX_DEPTH:
            inner = Source(source.name, schema.items, source.root).read(_Schema)
            value["items"] = _value(source, [*path, "items"], inner, depth + 1)
    elif schema.properties is not None and depth < MAX_DEPTH:
        value["fields"] = _values(
            source, [*path, "properties"], schema.properties, (), schema, depth + 1
        )
    return {name: each for name, each in value.items() if each is not None and each != ""}


def _ops(form: Any) -> list[Any]:
    """What a form is for; a form of a property that does not say is for both."""
    op = form.get("op") if isinstance(form, dict) else None
    return ["readproperty", "writeproperty"] if op is None else _listed(op)


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _range(schema: _Schema, *, whole: bool) -> list[float | None] | None:
    low, high = schema.minimum, schema.maximum
    if schema.exclusiveMinimum is not None:
        beyond = schema.exclusiveMinimum
        low = math.floor(beyond) + 1 if whole else math.nextafter(beyond, math.inf)
    if schema.exclusiveMaximum is not None:
        beyond = schema.exclusiveMaximum
        high = math.ceil(beyond) - 1 if whole else math.nextafter(beyond, -math.inf)
    return None if low is None and high is None else [low, high]


def _text(part: _Part) -> str:
    return (part.description or part.title)[:2000]


def _slug(title: str) -> str:
    """`Smart-Coffee Machine`, `SmartCoffeeMachine`: smart_coffee_machine."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", title)
    return re.sub(r"[^a-z0-9]+", "_", words.lower()).strip("_0123456789")[:64]


def _token(name: str) -> str:
    """A name as a part of a subject."""
    return re.sub(r"[^A-Za-z0-9_-]", "_", name)[:64] or "_"


def _identifier(name: str, reserved: Iterable[str]) -> str:
    """A name as a field's."""
    key = re.sub(r"\W", "_", name, flags=re.ASCII)
    if not key[:1].isalpha():
        key = f"n{key}"
    return f"{key}_" if key in reserved or iskeyword(key) else key
