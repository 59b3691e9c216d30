"""Types: the checked Python type of each value that a document describes."""

from collections.abc import Mapping
from math import ceil, floor
from types import GenericAlias
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta, Struct

from twins.documents.model import Value
from twins.ids import PART
from twins.units import Time

MAX_TEXT: Final = 2000
"""Characters of a string that names no length."""

MAX_ITEMS: Final = 1000
"""Items of an array that names no length."""

MOST: Final = 1e300
"""Bound of a number that names none, so that no infinity gets through."""

MOST_WHOLE: Final = 2**63 - 1


def type_of(value: Value, name: str) -> Any:
    """The type of a value; `name` is what a class is called that has to be made for it."""
    noted = {"unit": value.unit, "link": value.to}
    base, limits = _base(value, name)
    meta: dict[str, Any] = {
        **limits,
        "extra": {key: text for key, text in noted.items() if text is not None} or None,
        "description": value.description or None,
    }
    return (
        Annotated[base, Meta(**meta)] if any(each is not None for each in meta.values()) else base
    )


def _base(value: Value, name: str) -> tuple[Any, dict[str, Any]]:
    """The Python type, and its limits as `Meta` takes them."""
    if value.one_of is not None:
        return Literal[tuple(value.one_of)], {}
    if value.type in ("number", "integer"):
        return _number(value)
    if value.type == "array":
        inner = Any if value.items is None else type_of(value.items, f"{name}Item")
        return GenericAlias(list, inner), {"max_length": value.max_length or MAX_ITEMS}
    if value.type == "object":
        return (
            GenericAlias(dict, (str, Any))
            if value.fields is None
            else struct_of(name, value.fields)
        ), {}
    plain: dict[str, tuple[Any, dict[str, Any]]] = {
        "string": (str, {"max_length": value.max_length or MAX_TEXT}),
        "link": (str, {"pattern": rf"^{value.to}/{PART}$"}),
        "boolean": (bool, {}),
        "time": (Time, {}),
        "any": (Any, {}),
    }
    return plain[value.type]


def _number(value: Value) -> tuple[Any, dict[str, Any]]:
    low, high = value.range or (None, None)
    if value.type == "integer":
        least = -MOST_WHOLE if low is None else max(-MOST_WHOLE, ceil(low))
        most = MOST_WHOLE if high is None else min(MOST_WHOLE, floor(high))
        return int, {"ge": least, "le": most}
    return float, {"ge": -MOST if low is None else low, "le": MOST if high is None else high}


def struct_of(
    name: str,
    values: Mapping[str, Value],
    bases: tuple[type[Struct], ...] = (),
    *,
    types: Mapping[str, Any] | None = None,
    strict: bool = False,
) -> type[Struct]:
    """A class with these fields; those not required may be left out.

    Args:
        name: Of the class.
        values: The fields.
        bases: As of any class.
        types: Of values whose type is made already.
        strict: Whether other fields are refused.
    """
    fields: list[Any] = []
    for key, value in values.items():
        annotation = (types or {}).get(key) or type_of(value, f"{name}{camel(key)}")
        fields.append((key, annotation) if value.required else (key, annotation | None, None))
    return msgspec.defstruct(
        name,
        fields,
        bases=bases or None,
        module=__name__,
        kw_only=True,
        omit_defaults=True,
        forbid_unknown_fields=strict,
        rename={key: value.wire for key, value in values.items() if value.wire},
    )


def camel(name: str) -> str:
    """`cold_room` as `ColdRoom`, for the name of a class."""
    return "".join(part[:1].upper() + part[1:] for part in name.replace(".", "_").split("_"))
