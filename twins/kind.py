"""Kinds: classes of twins, and the registry in which the runtime finds them."""

from collections.abc import Callable
from functools import cached_property
from importlib.resources.abc import Traversable
from typing import TYPE_CHECKING, Any

import msgspec

from twins.errors import BadDeclaration, UnknownKind, UnknownType
from twins.event import Reading
from twins.handler import Handler, Origin, declared, takes_payload
from twins.takeover import Takeover, takeover

if TYPE_CHECKING:
    from twins.rules.ruleset import RuleSet
    from twins.twin import Twin


class Kind:
    """One class of twin, compiled: its handlers and reminders by event type, and its rules."""

    def __init__(self, name: str, cls: "type[Twin]", schema: int) -> None:
        self.name = name
        self.cls = cls
        self.schema = schema
        self.handlers: dict[str, Handler] = {}
        self.reminders: dict[str, Callable[[Any], Any]] = {}
        self.silent: set[str] = set()
        """Types whose handler takes no payload."""
        for attribute in dir(cls):
            function = getattr(cls, attribute, None)
            for event_type, least in declared(function):
                assert function is not None
                self._add(event_type, function, least)
        self._pair_outcomes()
        self._takeovers: dict[type[Reading], Takeover] = {}
        self.mirrors = cls.mirrors
        self.personal = cls.personal
        """See `Twin.personal`."""
        if self.personal == "":
            self.personal = "owner" if "owner" in cls.__struct_fields__ else None
        self.following = {
            event_type
            for event_type, handler in self.handlers.items()
            if self.mirrors and not handler.reading
        }
        """Types after which a link may lead elsewhere."""
        self.decode_state = msgspec.msgpack.Decoder(cls).decode
        self.decode_json = msgspec.json.Decoder(cls).decode

    def _add(self, event_type: str, function: Callable[..., Any], least: Any) -> None:
        if event_type.startswith("due."):
            self.reminders[event_type.removeprefix("due.")] = function
            return
        if event_type in self.handlers:
            raise BadDeclaration(f"{self.name} handles {event_type!r} twice")
        self.handlers[event_type] = Handler(event_type, function, least)
        if not takes_payload(function):
            self.silent.add(event_type)

    def _pair_outcomes(self) -> None:
        """Take both endings of an effect where one is handled: either says that it is over."""
        for event_type, handler in list(self.handlers.items()):
            effect, _, ending = event_type.rpartition(".")
            other = f"{effect}.{'failed' if ending == 'done' else 'done'}"
            if handler.outcome and other not in self.handlers:
                self._add(other, _pass_over, Origin.INSIDE)

    @cached_property
    def ruleset(self) -> "RuleSet":
        """The rules that the kind brings itself; they hold where no others are published.

        Compiled when they are first needed, since they may name fields of kinds that are declared
        later. Raises `BadRule`.
        """
        from twins.rules.document import read_rules  # noqa: PLC0415 - rules know what a kind is
        from twins.rules.ruleset import compile_rules  # noqa: PLC0415 - rules know what a kind is

        rules = self.cls.rules
        if isinstance(rules, str):
            return compile_rules(self, read_rules(rules, self.cls.__qualname__, self.name))
        if isinstance(rules, Traversable):
            text = rules.read_text(encoding="utf-8")
            return compile_rules(self, read_rules(text, rules.name, self.name))
        return compile_rules(self, rules)

    def handler(self, event_type: str) -> Handler:
        """The handler of a type, or raise `UnknownType` with the types there are."""
        try:
            return self.handlers[event_type]
        except KeyError:
            raise UnknownType(
                f"kind {self.name!r} has no handler for {event_type!r}; it has: {self.takes}"
            ) from None

    @property
    def takes(self) -> str:
        """The event types that it handles, in words; not what the runtime takes for every twin."""
        own = (
            name
            for name in self.handlers
            if not name.startswith(("context.", "mirror.", "ask.vigil."))
        )
        return ", ".join(sorted(own)) or "none"

    def takeover(self, reading: type[Reading]) -> Takeover:
        """How a twin of this kind takes over its newest reading of a type."""
        known = self._takeovers.get(reading)
        if known is None:
            known = self._takeovers[reading] = takeover(self, reading)
        return known

    def new(self, key: str) -> "Twin":
        """A twin in its first state."""
        return self.cls(key=key)

    def restore(self, state: bytes, schema: int) -> "Twin":
        """A twin from its stored state (JSON), upgraded step by step where the schema is older."""
        if schema == self.schema:
            return self.decode_json(state)
        if schema > self.schema:
            raise BadDeclaration(
                f"stored {self.name} has schema {schema}, this code knows {self.schema}; "
                "start the newer version"
            )
        fields: dict[str, Any] = msgspec.json.decode(state)
        for step in range(schema, self.schema):
            fields = self.cls.upgrade(fields, step)
        return msgspec.convert(fields, self.cls)


def _pass_over(_twin: Any) -> None:
    """Do nothing with an ending that the kind does not handle."""


KINDS: dict[str, Kind] = {}
"""Every kind of this process, by name. Filled when the modules that declare them are imported."""

LISTENERS: dict[str, tuple[str, ...]] = {}
"""Signal name -> the supervisor kinds that heed it, in alphabetical order."""


def register(name: str, cls: "type[Twin]", schema: int) -> Kind:
    """Add a kind; a second class under the same name is a mistake of the author."""
    known = KINDS.get(name)
    if known is not None and known.cls.__qualname__ != cls.__qualname__:
        raise BadDeclaration(
            f"kind {name!r} is declared by {known.cls.__qualname__} and by {cls.__qualname__}"
        )
    kind = KINDS[name] = Kind(name, cls, schema)
    for event_type in kind.handlers:
        if event_type.startswith("signal."):
            signal = event_type.removeprefix("signal.")
            LISTENERS[signal] = tuple(sorted({*LISTENERS.get(signal, ()), name}))
    return kind


def is_person(twin_id: str) -> bool:
    """Whether a twin is a person's own: of a kind that says so, and known here."""
    name, slash, _ = twin_id.partition("/")
    kind = KINDS.get(name)
    return bool(slash) and kind is not None and kind.personal == "id"


def kind_of(name: str) -> Kind:
    """The kind of this name, or raise `UnknownKind` with the names there are."""
    try:
        return KINDS[name]
    except KeyError:
        raise UnknownKind(
            f"no kind {name!r}; known: {', '.join(sorted(KINDS)) or 'none'}"
        ) from None
