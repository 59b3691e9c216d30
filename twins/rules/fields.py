"""Fields: what the rules of a kind may name, with type, unit and range.

A field of the twin is named as it is (`coolant_c`), a field of the event that just came with
`event.` before it (`event.code`), and a field of a linked twin that the kind mirrors with the link
before it (`owner.tier`). What lies within an object has the object's name before it (`lamp.level`).
"""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from functools import cache
from typing import Any, get_type_hints

import msgspec
from msgspec import Struct
from msgspec import inspect as shapes

from twins.errors import BadDeclaration
from twins.kind import KINDS, Kind
from twins.mirrors import linked_kind


class Type(StrEnum):
    """What a field or an expression is."""

    NUMBER = "number"
    TEXT = "text"
    CONDITION = "condition"
    """True or false."""
    OTHER = "other"
    """A list, a place, a part of a state: it can be passed on, not compared."""


class Field(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One name that a rule may use."""

    name: str
    type: Type
    optional: bool = True
    """Whether it may be unknown (None)."""
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] | None = None
    """The texts that it can be, where they are known."""
    unit: str | None = None
    measured: bool = False
    """Whether a reading brings it."""
    link: str | None = None
    """The kind that it leads to."""


UNITS: dict[str, str] = {
    "c": "°C", "kmh": "km/h", "pct": "%", "v": "V", "a": "A", "w": "W", "kw": "kW", "kwh": "kWh",
    "s": "s", "ms": "ms", "h": "h", "m": "m", "km": "km", "deg": "°", "bar": "bar", "pa": "Pa",
    "kg": "kg", "l": "l", "hz": "Hz", "db": "dB", "cents": "cents", "rpm": "rpm", "lat": "°",
    "lon": "°", "ppm": "ppm", "lux": "lx", "j": "J", "n": "N", "g": "g", "k": "K",
}  # fmt: skip
"""Last part of a field's name -> its unit. Units stand in field names: `coolant_c`."""

_UNITS_ALONE = {"rpm", "lat", "lon"}
"""Of these the whole name is the unit's."""

_RUNTIME = {"older", "windows", "record", "mirror", "watched", "erased", "operated"}
"""Fields that every twin has for the runtime's sake."""

MAX_DEPTH = 8
"""How deep objects may lie within each other, and still be named."""

_NOT_SHOWN = {"event", "now", "whose"}
"""Properties of every twin that make sense only within a handler, or to the runtime."""


def fields_of(kind: Kind) -> dict[str, Field]:
    """The twin's own fields and properties, by name."""
    measured = _measured(kind)
    found = {}
    for name, one in struct_fields(kind.cls).items():
        said = measured.get(name)
        if name.partition(".")[0] in _RUNTIME:
            continue
        if said is None:
            found[name] = one
            continue
        bounds = said if one.low is None and one.high is None else one
        found[name] = msgspec.structs.replace(
            one, measured=True, low=bounds.low, high=bounds.high,
            choices=one.choices or said.choices, unit=one.unit or said.unit,
        )  # fmt: skip
    for name in dir(kind.cls):
        attribute = getattr(kind.cls, name, None)
        if isinstance(attribute, property) and name[0] != "_" and name not in _NOT_SHOWN:
            returns = get_type_hints(attribute.fget).get("return", Any)
            found.setdefault(name, _field(name, _shape(returns)))
    return found


def _measured(kind: Kind) -> dict[str, Field]:
    """What the kind's readings bring, with the widest range that any of them has."""
    found: dict[str, Field] = {}
    for handler in kind.handlers.values():
        if handler.reading:
            for name, one in struct_fields(handler.payload).items():
                known = found.get(name)
                found[name] = one if known is None else _wider(one, known)
    return found


def event_fields(kind: Kind, event_type: str) -> Mapping[str, Field]:
    """What `event.` may name of an event of this type."""
    payload = kind.handlers[event_type].payload
    return struct_fields(payload) if _is_struct(payload) else {}


def mirrored_fields(kind: Kind) -> dict[str, dict[str, Field]]:
    """Link -> the fields of the linked twin that the kind mirrors, by name."""
    found: dict[str, dict[str, Field]] = {}
    for link, names in kind.mirrors.items():
        linked = linked_kind(kind.cls, link)
        if linked not in KINDS:
            found[link] = {}  # not loaded here: what a rule says of it is refused
            continue
        there = fields_of(KINDS[linked])
        for name in names:
            if name not in there or "." in name:
                raise BadDeclaration(f"{kind.name} mirrors {link}.{name}; a {linked} has no {name}")
        found[link] = {
            name: msgspec.structs.replace(there[name], optional=True, measured=False)
            for name in names
        }
    return found


@cache
def struct_fields(struct: type) -> Mapping[str, Field]:
    """The fields of a struct, by name, and those of the objects in it."""
    shape = shapes.type_info(struct)
    assert isinstance(shape, shapes.StructType)
    return dict(_fields_in(shape, "", (struct,)))


def _fields_in(
    shape: shapes.StructType, prefix: str, within: tuple[type, ...]
) -> Iterator[tuple[str, Field]]:
    for one in shape.fields:
        name = f"{prefix}{one.name}"
        found = _field(one.name, one.type)
        optional = found.optional or bool(prefix)
        yield name, msgspec.structs.replace(found, name=name, optional=optional)
        inner = _object(one.type)
        if inner is not None and inner.cls not in within and len(within) < MAX_DEPTH:
            yield from _fields_in(inner, f"{name}.", (*within, inner.cls))


def _object(shape: shapes.Type) -> shapes.StructType | None:
    """The object that a value is, where it is one of a single class, or nothing."""
    while isinstance(shape, shapes.Metadata):
        shape = shape.type
    if isinstance(shape, shapes.UnionType):
        rest = [one for one in shape.types if not isinstance(one, shapes.NoneType)]
        return _object(rest[0]) if len(rest) == 1 else None
    return shape if isinstance(shape, shapes.StructType) else None


def _is_struct(payload: Any) -> bool:
    return isinstance(payload, type) and issubclass(payload, Struct)


def _shape(annotation: Any) -> shapes.Type:
    try:
        return shapes.type_info(annotation)
    except TypeError:
        return shapes.AnyType()


def _field(name: str, shape: shapes.Type) -> Field:
    optional = False
    if isinstance(shape, shapes.UnionType):
        rest = [one for one in shape.types if not isinstance(one, shapes.NoneType)]
        optional = len(rest) < len(shape.types)
        numbers = [one for one in rest if isinstance(one, shapes.IntType | shapes.FloatType)]
        shape = rest[0] if len(rest) == 1 or len(numbers) == len(rest) else shapes.AnyType()
    *words, last = name.split("_")
    unit = UNITS.get(last) if words or last in _UNITS_ALONE else None
    link = None
    while isinstance(shape, shapes.Metadata):
        noted = shape.extra or {}
        unit, link = noted.get("unit", unit), noted.get("link", link)
        shape = shape.type
    if isinstance(shape, shapes.IntType | shapes.FloatType):
        low = shape.ge if shape.ge is not None else shape.gt
        high = shape.le if shape.le is not None else shape.lt
        return Field(name=name, type=Type.NUMBER, optional=optional, low=low, high=high, unit=unit)
    if isinstance(shape, shapes.BoolType):
        return Field(name=name, type=Type.CONDITION, optional=optional)
    if isinstance(shape, shapes.StrType):
        return Field(name=name, type=Type.TEXT, optional=optional, link=link)
    choices: tuple[Any, ...] = ()
    if isinstance(shape, shapes.LiteralType):
        choices = shape.values
    elif isinstance(shape, shapes.EnumType) and issubclass(shape.cls, StrEnum):
        choices = tuple(str(one) for one in shape.cls)
    if choices and all(isinstance(one, str) for one in choices):
        return Field(name=name, type=Type.TEXT, optional=optional, choices=choices)
    if choices and all(type(one) is int for one in choices):
        low, high = min(choices), max(choices)
        return Field(name=name, type=Type.NUMBER, optional=optional, low=low, high=high, unit=unit)
    return Field(name=name, type=Type.OTHER, optional=optional)


def _wider(one: Field, other: Field) -> Field:
    """What two readings say of the same field."""
    low = None if one.low is None or other.low is None else min(one.low, other.low)
    high = None if one.high is None or other.high is None else max(one.high, other.high)
    return msgspec.structs.replace(one, low=low, high=high)
