"""Operated: what operators say of any twin, whatever its kind.

| call | what it does |
|---|---|
| `vigil.patch` | sets master data: a merge patch (RFC 7396) of what the kind's `configured` takes |
| `vigil.desire` | says what the device shall report; a merge patch of fields that readings bring |
| `vigil.maintain` | maintenance until a time: the twin raises no signals, and no rule of it fires |
| `vigil.maintain.end` | ends that; else it ends by itself |

A call may name the twin's revision: it counts only while that is the twin's own, which is looked at
here, where nothing comes in between. So of two who saw the same, one is told that she is late.
What only a device can know is not patched: a wish is no measurement.
"""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import TYPE_CHECKING, Annotated, Any, Final

import msgspec
from msgspec import Meta, Struct

from twins.errors import BadPayload, NotPatchable, StaleRevision
from twins.handler import Handler, ask, due
from twins.rules.memory import arm
from twins.settings import Settings
from twins.turn import current
from twins.units import Short, Time

if TYPE_CHECKING:
    from twins.kind import Kind
    from twins.twin import Twin

CONFIGURED: Final = "configured"
"""The message by which a kind says what of it others may set."""

WRITE: Final = "write_properties"
"""The command by which a device is told what it shall be like, where its kind takes that."""

ENDS: Final = "vigil.maintenance"
"""The reminder that ends a maintenance."""

MAX_DESIRED: Final = 64
MAX_MAINTENANCE_S: Final = 366 * 86_400.0

ANY: Final = "*"
"""In place of a revision: any, as long as the twin exists."""


class Maintenance(Struct, kw_only=True, omit_defaults=True):
    """Somebody works on it."""

    by: str
    since: float
    """Log time, seconds since the epoch."""
    until: float
    note: str = ""


class Operated(Struct, kw_only=True, omit_defaults=True):
    """What operators said of a twin."""

    maintenance: Maintenance | None = None
    desired: dict[str, Any] = {}
    """Field -> what the device shall report."""


class Merge(Struct, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A merge patch, and of what."""

    merge: dict[str, Any]
    revision: str | None = None
    """Of the twin that it was made for; `*`: any. None: it need not even exist."""


class Maintain(Struct, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """Somebody begins to work on it, or goes on for longer."""

    by: Short
    until: Time
    note: Annotated[str, Meta(max_length=2000)] = ""


class Ended(Struct, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """The work is done."""

    by: Short = ""


class Done(Struct, kw_only=True, omit_defaults=True):
    """What was asked for is done."""

    revision: str
    """The twin's, from now on."""
    position: int
    """Log position at which it was done."""
    command: str | None = None
    """Id of the command that the device is given."""


def revision_of(applied: int, erased: int) -> str:
    """The revision of a twin: another one after every event that it handled."""
    return f"{applied}.{erased}" if erased else str(applied)


def merged(target: Any, patch: Any) -> Any:
    """Apply a merge patch (RFC 7396) to plain data; neither argument is changed."""
    if not isinstance(patch, dict):
        return patch
    found = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            found.pop(name, None)
        else:
            found[name] = merged(found.get(name), value)
    return found


def maintained(twin: "Twin") -> Maintenance | None:
    """The maintenance that a twin is in."""
    operated = twin.operated
    return None if operated is None else operated.maintenance


def patchable(kind: "Kind") -> tuple[str, ...]:
    """The fields that a patch may set; none where the kind does not say so."""
    payload = _settings(kind)
    return () if payload is None else payload.__struct_fields__


def _settings(kind: "Kind") -> type[Settings] | None:
    handler = kind.handlers.get(CONFIGURED)
    payload = None if handler is None else handler.payload
    return payload if isinstance(payload, type) and issubclass(payload, Settings) else None


def _operated(twin: "Twin") -> Operated:
    if twin.operated is None:
        twin.operated = Operated()
    return twin.operated


def _done(twin: "Twin", command: str | None = None) -> Done:
    turn = current()
    revision = revision_of(turn.revision + 1, twin.erased)
    return Done(position=turn.position, revision=revision, command=command)


def _settle(twin: "Twin") -> None:
    if twin.operated == Operated():
        twin.operated = None


def _check(twin: "Twin", wanted: str | None) -> None:
    """Raise `StaleRevision` unless the twin is as the caller saw it."""
    applied = current().revision
    mine = revision_of(applied, twin.erased)
    if wanted is None or wanted == mine or (wanted == ANY and applied):
        return
    there = f"is at revision {mine}" if applied else "does not exist yet"
    raise StaleRevision(
        f"{twin.id} {there}, and this is meant for {wanted}; read it again, and decide anew"
    )


# -- patches -------------------------------------------------------------------------------------


@ask("vigil.patch")
def patch(self: Any, given: Merge) -> Done:
    """Set master data, as `configured` would."""
    _check(self, given.revision)
    kind: Kind = self.kind
    payload = _settings(kind)
    if payload is None:
        raise NotPatchable(f"a {kind.name} has nothing that a patch may set")
    for name in given.merge:
        if name not in payload.__struct_fields__:
            raise NotPatchable(_why_not(kind, name, payload.__struct_fields__))
    held = {
        name: msgspec.to_builtins(getattr(self, name, None)) for name in payload.__struct_fields__
    }
    after = merged(held, given.merge)
    try:
        settings = msgspec.convert({name: after.get(name) for name in given.merge}, payload)
    except msgspec.ValidationError as error:
        raise BadPayload(f"{self.id}: {error}") from error
    turn, handler = current(), kind.handlers[CONFIGURED]
    handler.function(self, settings)
    rules = turn.rules.get(kind.name) or kind.ruleset
    observe = rules.by_type.get(CONFIGURED)
    if observe is not None:
        observe(self, turn, settings, turn.cause().time, turn.fresh)
    return _done(self)


def _why_not(kind: "Kind", name: str, known: tuple[str, ...]) -> str:
    if _reading(kind, name) is not None:
        return f"{name}: only the device of a {kind.name} can say that; desire it instead"
    if name in kind.cls.__struct_fields__:
        return f"{name}: a {kind.name} keeps that itself; a patch may set: {', '.join(known)}"
    near = get_close_matches(name, known, 1)
    hint = f"did you mean {near[0]}?" if near else f"a patch may set: {', '.join(known)}"
    return f"a {kind.name} has no {name}; {hint}"


# -- what a device shall report ------------------------------------------------------------------


def _reading(kind: "Kind", name: str) -> Handler | None:
    """A handler whose readings bring a field."""
    if name == "at":
        return None
    for handler in kind.handlers.values():
        if handler.reading and name in handler.payload.__struct_fields__:
            return handler
    return None


def reported(kind: "Kind") -> list[str]:
    """The fields that readings bring, in the order of the twin's."""
    return [name for name in kind.cls.__struct_fields__ if _reading(kind, name) is not None]


def delta(state: Mapping[str, Any], desired: Mapping[str, Any]) -> dict[str, Any]:
    """What of it is not reported: plain data, by field."""
    return {name: value for name, value in desired.items() if state.get(name) != value}


@ask("vigil.desire")
def desire(self: Any, given: Merge) -> Done:
    """Say what the device shall report, and have it told where its kind takes that."""
    _check(self, given.revision)
    kind: Kind = self.kind
    operated = _operated(self)
    for name, value in given.merge.items():
        if value is None:
            operated.desired.pop(name, None)
            continue
        operated.desired.pop(name, None)
        operated.desired[name] = _wanted(kind, name, value)
    if len(operated.desired) > MAX_DESIRED:
        raise BadPayload(f"{self.id}: more than {MAX_DESIRED} fields are desired")
    named = {name: operated.desired[name] for name in given.merge if name in operated.desired}
    state = {name: msgspec.to_builtins(getattr(self, name, None)) for name in named}
    command = self.write(delta(state, named)) if WRITE in getattr(self, "takes", ()) else None
    _settle(self)
    return _done(self, command)


def _wanted(kind: "Kind", name: str, value: Any) -> Any:
    handler = _reading(kind, name)
    if handler is None:
        known = reported(kind)
        near = get_close_matches(name, known, 1)
        hint = (
            f"did you mean {near[0]}?" if near else f"it reports: {', '.join(known) or 'nothing'}"
        )
        raise NotPatchable(f"the device of a {kind.name} does not report {name}; {hint}")
    try:
        return msgspec.to_builtins(getattr(msgspec.convert({name: value}, handler.payload), name))
    except msgspec.ValidationError as error:
        raise BadPayload(f"{kind.name}: {error}") from error


# -- maintenance ---------------------------------------------------------------------------------


@ask("vigil.maintain")
def maintain(self: Any, given: Maintain) -> Done:
    """Begin a maintenance, or say until when it goes on."""
    now = self.now
    if not now < given.until <= now + MAX_MAINTENANCE_S:
        raise BadPayload(f"{self.id}: until lies within a year from now, {now:.0f}")
    operated = _operated(self)
    since = now if operated.maintenance is None else operated.maintenance.since
    operated.maintenance = Maintenance(
        by=given.by, since=since, until=float(given.until), note=given.note
    )
    self.remind(ENDS, at=float(given.until))
    return _done(self)


@ask("vigil.maintain.end")
def maintain_end(self: Any, _: Ended) -> Done:
    """End a maintenance; where there is none, nothing happens."""
    self.forget(ENDS)
    _over(self)
    return _done(self)


@due(ENDS)
def maintenance_over(self: Any) -> None:
    """Its time has come."""
    _over(self)


def _over(twin: "Twin") -> None:
    """Let rules see what still holds."""
    if maintained(twin) is None:
        return
    _operated(twin).maintenance = None
    _settle(twin)
    turn = current()
    if twin.windows is not None:
        arm(twin, turn, turn.now)
