"""Catalogue: what a kind has to offer, for people and programs that look at it from outside."""

from msgspec import Struct

from twins.devices.commands import Commanded
from twins.documents import DECLARED
from twins.handler import Handler, Origin
from twins.kind import Kind
from twins.rules.fields import Field, event_fields, fields_of, struct_fields
from twins.twin import EVERY_TWIN_TAKES

_SENDERS = {Origin.DEVICE: "device", Origin.TWIN: "twins", Origin.INSIDE: "Vigil"}

_NOT_SHOWN = {"id", *Commanded.__struct_fields__}
"""Fields that twins have for the runtime's sake."""


class EventView(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One type of event that a kind takes."""

    type: str
    sender: str
    """The least trusted who may send it: `device`, `twins` or `Vigil`."""
    about: str = ""
    fields: list[Field] = []
    """What it brings."""


class CommandView(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One command that a kind's device takes."""

    name: str
    life_s: float
    """After so many seconds it has expired, unless its sender says otherwise."""
    fields: list[Field] = []
    """Its data; without any, it is not checked."""


class KindView(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One kind."""

    kind: str
    about: str
    schema: int
    source: str
    """The module or the document that declares it."""
    fields: list[Field]
    events: list[EventView]
    commands: list[CommandView]
    rules: list[str]
    """Names of the rules that it brings itself."""


def describe(kind: Kind) -> KindView:
    """All that a kind shows. Raises `BadRule` where the rules that it brings cannot run."""
    declared = DECLARED.get(kind.name)
    takes = getattr(kind.cls, "takes", {})
    return KindView(
        kind=kind.name,
        about=_first_line(kind.cls.__doc__),
        schema=kind.schema,
        source=kind.cls.__module__ if declared is None else declared.name,
        fields=[one for name, one in fields_of(kind).items() if name not in _NOT_SHOWN],
        events=[
            _event(kind, handler)
            for type_, handler in kind.handlers.items()
            if type_ not in EVERY_TWIN_TAKES
        ],
        commands=[
            CommandView(
                name=name,
                life_s=spec.life_s,
                fields=[] if spec.data is None else list(struct_fields(spec.data).values()),
            )
            for name, spec in takes.items()
        ],
        rules=list(kind.ruleset.rules),
    )


def _event(kind: Kind, handler: Handler) -> EventView:
    return EventView(
        type=handler.type,
        sender=_SENDERS[handler.least],
        about=_first_line(handler.function.__doc__),
        fields=list(event_fields(kind, handler.type).values()),
    )


def _first_line(text: str | None) -> str:
    return (text or "").strip().partition("\n")[0]
