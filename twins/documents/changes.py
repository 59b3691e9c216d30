"""Changes: whether a later document of a kind can take over what an earlier one left behind.

Stored twins are read as the later document says. So it may add and widen: fields, options, ranges,
events, commands. What is gone or narrower would refuse states that are stored, or devices that are
out there; that takes a class, with an upgrade step of its own.
"""

from collections.abc import Iterator, Mapping
from math import inf
from typing import Any

from twins.documents.model import KindDocument, Value
from twins.documents.types import MAX_ITEMS, MAX_TEXT

_WIDER = {("integer", "number"), ("boolean", "any"), ("number", "any"), ("string", "any")}
"""(before, after) of types of which the later one takes all values of the earlier one."""


def problems_between(before: KindDocument, after: KindDocument) -> list[str]:
    """Why `after` cannot follow `before`, a line each; empty where it can."""
    found = [
        *_lost("fields", before.fields, after.fields, stored=True),
        *_lost("settings", before.settings, after.settings, stored=True),
    ]
    events, later = before.sent(), after.sent()
    for type_ in events:
        if type_ not in later:
            found.append(f"events.{type_} is gone, and devices send it")
            continue
        payload, now = events[type_].payload, later[type_].payload
        found += _lost(f"events.{type_}.payload", payload, {**after.fields, **now}, stored=False)
    for name in before.commands:
        if name not in after.commands:
            found.append(f"commands.{name} is gone, and rules and people give it")
    if after.schema_ < before.schema_:
        found.append(f"schema is {after.schema_}, and twins are stored in {before.schema_}")
    elif after.schema_ == before.schema_ and _state(before) != _state(after):
        found.append(f"its fields changed, and schema is {after.schema_} still; raise it by one")
    return found


def _state(document: KindDocument) -> Any:
    said = document.model_dump(exclude_defaults=True, include={"fields", "settings"})
    return {part: {name: _bare(value) for name, value in said[part].items()} for part in said}


def _bare(value: Any) -> Any:
    """What of a value decides how it is stored."""
    shown = ("description", "unit", "wire", "mirrors")
    return {key: each for key, each in value.items() if key not in shown}


def _lost(
    path: str, before: Mapping[str, Value], after: Mapping[str, Value], *, stored: bool
) -> Iterator[str]:
    for name, value in before.items():
        if name not in after:
            yield f"{path}.{name} is gone, and {'twins have it' if stored else 'devices send it'}"
        else:
            yield from _narrower(f"{path}.{name}", value, after[name])
    for name, value in after.items():
        if value.required and (name not in before or not before[name].required):
            yield f"{path}.{name} is required now, and was not"


def _narrower(path: str, before: Value, after: Value) -> Iterator[str]:
    if before.type != after.type:
        if (before.type, after.type) not in _WIDER:
            yield f"{path} was {before.type}, and is {after.type}"
        return
    if before.to != after.to:
        yield f"{path} led to {before.to}, and leads to {after.to}"
    yield from _tighter(path, before, after)
    if after.fields is not None:
        if before.fields is None:
            yield f"{path} could hold anything, and has fields now"
        else:
            yield from _lost(f"{path}.fields", before.fields, after.fields, stored=True)
    if after.items is not None:
        if before.items is None:
            yield f"{path} could hold anything, and says what its items are now"
        else:
            yield from _narrower(f"{path}.items", before.items, after.items)


def _tighter(path: str, before: Value, after: Value) -> Iterator[str]:
    if after.one_of is not None:
        lost = [each for each in before.one_of or ["anything"] if each not in after.one_of]
        if lost:
            yield f"{path} could be {lost[0]}, and cannot any more"
    (low, high), (low_now, high_now) = _bounds(before), _bounds(after)
    if low_now > low or high_now < high:
        yield f"{path} had the range {low:g} to {high:g}, and has {low_now:g} to {high_now:g}"
    sized = before.type in ("string", "array") and after.one_of is None
    if sized and _most(after) < _most(before):
        yield f"{path} was up to {_most(before)} long, and is up to {_most(after)}"


def _bounds(value: Value) -> tuple[float, float]:
    low, high = value.range or (None, None)
    return -inf if low is None else low, inf if high is None else high


def _most(value: Value) -> int:
    if value.one_of is not None and value.type == "string":
        return max(len(str(each)) for each in value.one_of)
    return value.max_length or (MAX_TEXT if value.type == "string" else MAX_ITEMS)
