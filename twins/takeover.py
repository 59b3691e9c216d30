"""Takeover: how a twin takes over its newest reading, as one function a kind and type of reading.

It runs with every reading there is. Written as a loop over field names it cost a third of all that
a host spends on an event; the function made here reads and sets each field by its name.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from twins.event import Reading
    from twins.kind import Kind

Takeover: TypeAlias = Callable[[Any, Any, bool], None]
"""Takes (twin, reading, whether it is later than the one before). Fields that the reading measured
take its value; where it is later, the others are noted as older."""

_UNMEASURED = ("at",)


def takeover(kind: "Kind", reading: type["Reading"]) -> Takeover:
    """Make the function. Fields are identifiers, checked when their classes were made."""
    known = [name for name in reading.__struct_fields__ if name not in _UNMEASURED]
    lines = ["def take(twin, reading, later):", "    older = twin.older"]
    for name in known:
        lines += [
            f"    value = reading.{name}",
            "    if value is not None:",
            f"        twin.{name} = value",
            "        if older:",
            f"            older.pop({name!r}, None)",
            f"    elif later and twin.{name} is not None:",
            f"        leave_behind(twin, {name!r})",
        ]
    others = [name for name in _measured(kind) if name not in {*known, *_UNMEASURED}]
    if others:
        lines.append("    if later:")
        for name in others:
            lines += [
                f"        if twin.{name} is not None:",
                f"            leave_behind(twin, {name!r})",
            ]
    space: dict[str, Any] = {"__builtins__": {}, "leave_behind": _leave_behind}
    exec("\n".join(lines), space)  # noqa: S102 - made of the names of declared fields alone
    made: Takeover = space["take"]
    return made


def _measured(kind: "Kind") -> list[str]:
    """Fields that some reading of the kind measures; one not of the twin itself is never set."""
    return sorted(
        {
            name
            for handler in kind.handlers.values()
            if handler.reading
            for name in handler.payload.__struct_fields__
        }
        & set(kind.cls.__struct_fields__)
    )


def _leave_behind(twin: Any, name: str) -> None:
    """Note that a field keeps its value while `stamp` goes on."""
    if twin.older is None:
        twin.older = {}
    twin.older.setdefault(name, twin.stamp)
