"""Build: a document becomes a class of twins, registered under its kind like any other."""

from collections.abc import Callable
from hashlib import blake2b
from typing import Any

import msgspec
from msgspec import Struct

from twins.devices.commands import Commanded, Spec
from twins.documents.model import Event, KindDocument, Value
from twins.documents.types import camel, struct_of, type_of
from twins.errors import BadDeclaration
from twins.event import Reading
from twins.handler import on, told
from twins.kind import KINDS, Kind
from twins.settings import UNSET, Settings, UnsetType
from twins.twin import Twin, TwinMeta


class Declared(Struct, frozen=True):
    """A document that declares a kind of this process."""

    document: KindDocument
    version: str
    """Of all that it says, however it is written."""
    name: str
    """What people call it."""


DECLARED: dict[str, Declared] = {}
"""Kinds that documents declare, by their name."""


def declare(document: KindDocument, name: str = "input") -> Kind:
    """Register the kind of a document; the same document again changes nothing.

    Args:
        document: Checked.
        name: What people call it, for errors.

    Raises:
        BadDeclaration: Something else declares the kind already.
    """
    version = version_of(document)
    declared, known = DECLARED.get(document.kind), KINDS.get(document.kind)
    if declared is not None and known is not None and declared.version == version:
        return known
    if known is not None:
        other = declared.name if declared is not None else known.cls.__qualname__
        raise BadDeclaration(
            f"{name}: kind {document.kind!r} is declared by {other} already; "
            "give one of them another name, or load only one"
        )
    kind = _build(document).kind
    DECLARED[document.kind] = Declared(document, version, name)
    return kind


def version_of(document: KindDocument) -> str:
    """Of all that a document says, however it is written."""
    said = document.model_dump(by_alias=True, exclude_defaults=True)
    return blake2b(msgspec.json.encode(said, order="deterministic"), digest_size=8).hexdigest()


def _build(document: KindDocument) -> type[Twin]:
    title = camel(document.kind)
    annotations: dict[str, Any] = {}
    namespace: dict[str, Any] = {
        "__module__": __name__,
        "__qualname__": title,
        "__doc__": document.description or f"A {document.kind}.",
        "__annotations__": annotations,
        "upgrade": classmethod(_upgrade),
        "rules": document.ruled(),
        "personal": document.belongs,
        "mirrors": {
            name: tuple(value.mirrors) for name, value in document.settings.items() if value.mirrors
        },
    }
    types = {
        name: type_of(value, f"{title}{camel(name)}")
        for name, value in {**document.fields, **document.settings}.items()
    }
    for name, annotation in types.items():
        annotations[name] = annotation | None
        namespace[name] = None
    for number, (type_, event) in enumerate(document.sent().items()):
        values = {name: document.fields[name] for name in event.measures}
        take = _handler(f"{title}{camel(type_)}", values, event, types)
        take.__doc__ = event.description or f"Take {type_!r}."
        namespace[f"_event_{number}"] = on(type_)(take)
    if document.settings:
        namespace["_configured"] = told("configured")(
            _configured(f"{title}Settings", {name: types[name] for name in document.settings})
        )
    base: type[Twin] = Twin
    if document.commands:
        base = Commanded
        namespace["takes"] = {
            name: Spec(
                life_s=command.life_s,
                data=struct_of(f"{title}{camel(name)}", command.input, strict=True),
            )
            for name, command in document.commands.items()
        }
    made: type[Twin] = TwinMeta(
        title, (base,), namespace, kind=document.kind, schema=document.schema_
    )
    return made


def _handler(
    name: str, values: dict[str, Value], event: Event, types: dict[str, Any]
) -> Callable[[Any, Any], None]:
    """Takes over what the event measures; the rest is for rules to look at."""
    types = {field: types[field] for field in values}
    measured = struct_of(
        f"{name}Measured" if event.payload else name, values, (Reading,), types=types
    )
    payload = measured
    if event.payload:
        payload = struct_of(name, {**values, **event.payload}, (Reading,), types=types)
    names = (*values, "at")

    def take(twin: Any, reading: Any) -> None:
        twin.update(reading)

    def take_some(twin: Any, reading: Any) -> None:
        twin.update(measured(**{name: getattr(reading, name) for name in names}))

    def take_none(twin: Any, reading: Any) -> None:
        """Nothing of it is the twin's."""

    handler = take if not event.payload else take_some if values else take_none
    handler.__annotations__ = {"reading": payload}
    return handler


def _configured(name: str, types: dict[str, Any]) -> Callable[[Any, Any], None]:
    """Takes over what Vigil's edges say."""
    settings = msgspec.defstruct(
        name,
        [(field, annotation | UnsetType | None, UNSET) for field, annotation in types.items()],
        bases=(Settings,),
        module=__name__,
        kw_only=True,
        omit_defaults=True,
        forbid_unknown_fields=True,
    )

    def configured(twin: Any, given: Any) -> None:
        given.apply(twin)

    configured.__annotations__ = {"given": settings}
    configured.__doc__ = "Take over links and master data."
    return configured


def _upgrade(cls: type[Twin], fields: dict[str, Any], schema: int) -> dict[str, Any]:
    """Take over what was stored as it is: documents of one kind add to each other."""
    lost = sorted(fields.keys() - {*cls.__struct_fields__})
    if lost:
        raise BadDeclaration(
            f"{cls.kind.name} was stored in schema {schema} with {', '.join(lost)}, which its "
            "document no longer has; put it back, or write a class with a step in `upgrade`"
        )
    return fields
