"""Twin: the base of every kind. Its typed fields are its state; its methods handle events.

    class Fridge(Twin, kind="fridge"):
        inside_c: float | None = None

        @on("telemetry")
        def telemetry(self, reading: FridgeReading) -> None:
            self.update(reading)

A kind needs no cluster to be tried: `Fridge.new("f1").receive(event)` returns what it caused.
"""

from collections.abc import Mapping, Sequence
from importlib.resources.abc import Traversable
from math import isfinite
from types import MappingProxyType
from typing import Any, ClassVar, Self

import msgspec
from msgspec import Struct, StructMeta

from twins import mirrors as _mirrors
from twins import operated as _operated
from twins import record as _record
from twins.errors import BadDeclaration
from twins.event import Event, Reading
from twins.handler import Handler, declared
from twins.kind import Kind, register
from twins.operated import Operated, maintained
from twins.outputs import Signal, Target
from twins.record import Record, note_signal
from twins.rules.memory import WAKE
from twins.turn import Turn, current, enter, leave

EVERY_TWIN_TAKES = frozenset(
    event_type
    for function in (*vars(_record).values(), *vars(_mirrors).values(), *vars(_operated).values())
    for event_type, _ in declared(function)
)
"""Messages that the runtime itself takes for a twin, so that its rules know what has happened."""


class TwinMeta(StructMeta):
    """Makes a msgspec Struct of the class, and registers it under its kind's name."""

    def __new__(
        mcs,
        name: str,
        bases: tuple[type, ...],
        namespace: dict[str, Any],
        *,
        kind: str | None = None,
        schema: int = 1,
        **options: Any,
    ) -> Any:
        """Build the class; `kind` is None only for abstract bases."""
        options.setdefault("kw_only", True)
        options.setdefault("omit_defaults", True)
        cls: Any = super().__new__(mcs, name, bases, namespace, **options)
        if kind is not None:
            _check_fields(kind, cls)
            cls.kind = register(kind, cls, schema)
        return cls


def _check_fields(kind: str, cls: type) -> None:
    for field in msgspec.structs.fields(cls):
        if field.required and field.name != "key":
            raise BadDeclaration(
                f"{kind}.{field.name} has no default; a new twin knows nothing but its key"
            )


class Twin(Struct, metaclass=TwinMeta, kw_only=True, omit_defaults=True):
    """An actor with an id `kind/key`, its own state, and one message at a time."""

    kind: ClassVar[Kind]
    rules: ClassVar[str | Traversable | Sequence[Mapping[str, Any]]] = ()
    """The rules that the kind brings: documents, their text, or the file that it stands in."""
    mirrors: ClassVar[dict[str, tuple[str, ...]]] = {}
    """Link -> the fields of the linked twin that this one holds a copy of."""

    personal: ClassVar[str | None] = ""
    """Whose it is: the attribute that has the person's twin id; `id`: the twin is a person. What
    is a person's is sealed with her key, and goes when she is erased. None: it is nobody's.
    Where it is not said, `owner` if there is such a field."""
    parts: ClassVar[Mapping[str, str]] = MappingProxyType({})
    """Of a twin that is nobody's: field (records by id) whose records are persons' -> their
    attribute that says whose. Each is sealed with her key, and goes with her."""

    key: str
    stamp: float = 0.0
    """Time of the newest reading (seconds since the epoch)."""
    older: dict[str, float] | None = None
    """Field -> time of its value, for fields that are older than `stamp`."""
    windows: dict[str, list[Any]] | None = None
    """Rule -> what it remembers between events; see `twins.rules.memory`."""
    record: Record | None = None
    """What has happened to it, as far as rules may ask."""
    mirror: dict[str, dict[str, Any]] | None = None
    """Link -> the linked twin (`of`) and what is known of its fields."""
    watched: dict[str, list[str]] | None = None
    """`<twin> <its link>` -> the fields of this twin that it holds a copy of."""
    operated: Operated | None = None
    """What operators said of it: maintenance, and what its device shall report."""
    erased: int = 0
    """Id of the key that was last thrown away with all that was in this twin."""

    context_opened = _record.context_opened
    context_closed = _record.context_closed
    context_contacted = _record.context_contacted
    context_tried = _record.context_tried
    mirror_wanted = _mirrors.mirror_wanted
    mirror_dropped = _mirrors.mirror_dropped
    mirror_changed = _mirrors.mirror_changed
    operated_patch = _operated.patch
    operated_desire = _operated.desire
    operated_maintain = _operated.maintain
    operated_maintain_end = _operated.maintain_end
    operated_maintenance_over = _operated.maintenance_over

    @classmethod
    def new(cls, key: str) -> Self:
        """A twin in its first state."""
        return cls(key=key)

    @classmethod
    def upgrade(cls, fields: dict[str, Any], schema: int) -> dict[str, Any]:  # noqa: ARG003 - for kinds that override
        """Turn stored fields of `schema` into those of `schema` + 1. Override when it rises."""
        raise BadDeclaration(f"{cls.__name__} has no upgrade step from schema {schema}")

    @property
    def id(self) -> str:
        """`kind/key`."""
        return f"{self.kind.name}/{self.key}"

    @property
    def whose(self) -> str | None:
        """Whose it is, as a twin id; None: nobody's."""
        attribute = self.kind.personal
        person = None if attribute is None else getattr(self, attribute)
        # An author's own `owner` may be anything.
        return person if isinstance(person, str) and "/" in person else None

    @property
    def now(self) -> float:
        """The log's time of this turn, in seconds since the epoch. It never runs backwards."""
        return current().now

    @property
    def event(self) -> Event:
        """The event being handled."""
        return current().cause()

    def update(self, reading: Reading) -> bool:
        """Take over what a reading measured, field by field, where it is newer than what is held.

        Returns whether it was the newest reading so far. A late reading fills only the fields
        whose value is not newer than it, and rules do not look at it.
        """
        at = reading.at
        if at is None:
            at = current().cause().time
        if at < self.stamp:
            current().fresh = False
            self._fill(reading, at)
            return False
        self.kind.takeover(type(reading))(self, reading, at > self.stamp > 0.0)
        self.stamp = at
        return True

    def _fill(self, reading: Reading, at: float) -> None:
        """Take over what a late reading knows newer than the twin does."""
        older, stamp = self.older, self.stamp
        for name in reading.__struct_fields__:
            value = getattr(reading, name)
            if value is None or name == "at":
                continue
            held_at = older.get(name, stamp) if older else stamp
            if getattr(self, name) is None or held_at <= at:
                setattr(self, name, value)
                if older is None:
                    older = self.older = {}
                older[name] = at

    def measured_at(self, field: str) -> float | None:
        """When a field's value was measured (seconds since the epoch); None if never."""
        if getattr(self, field) is None:
            return None
        return (self.older or {}).get(field, self.stamp)

    def tell(self, to: str, event_type: str, data: Any = None) -> None:
        """Send a message to another twin: exactly once, in order per pair of partitions.

        At most 512 KB; a larger one parks this twin.
        """
        current().tell(to, event_type, data)

    def signal(self, name: str, /, **data: Any) -> Signal:
        """Notice something; supervisors that heed the name are told.

        In maintenance nobody is told, and it is not remembered.
        """
        turn = current()
        if maintained(self) is not None:
            return turn.unsaid(name, data, turn.cause().time)
        note_signal(self, name, turn.now)
        return turn.signal(name, data, turn.cause().time)

    def remind(self, name: str, *, after_s: float | None = None, at: float | None = None) -> None:
        """Call `@due(name)` once, at a time of the log or some seconds from now; replaces.

        One for the past runs as soon as the log's time moves on.
        """
        turn = current()
        if (after_s is None) == (at is None):
            raise BadDeclaration(f"{self.id}: remind({name!r}) wants either after_s or at")
        if name.split(":", 1)[0] not in self.kind.reminders:
            raise BadDeclaration(f"{self.id} has no @due({name!r})")
        # An int would come back from a checkpoint as a float, and name another event.
        due = float(at) if at is not None else turn.now + float(after_s or 0.0)
        if not isfinite(due):
            raise BadDeclaration(f"{self.id}: remind({name!r}) wants a finite time, not {due}")
        turn.remind(name, due)

    def forget(self, name: str) -> None:
        """Drop a reminder; one that is not set is no error."""
        current().reminders[name] = None

    def effect(
        self,
        name: str,
        target: Target,
        address: str,
        request: Any = None,
        *,
        key: str = "",
        order: str | None = None,
        expires_at: float | None = None,
    ) -> str:
        """Let something leave the twins; its outcome returns as `<name>.done` or `.failed`.

        Args:
            name: What it is, for example `tow.hold`.
            target: Device, provider, channel or computation.
            address: Where it goes, as `Target` says.
            request: Its data.
            key: The business key that makes two effects of one event different.
            order: Effects of one order go one after the other; default the address.
            expires_at: After this time it is not tried again (seconds since the epoch).
        """
        return current().effect(
            name, target, address, request, key=key, order=order, expires_at=expires_at
        )

    def receive(self, event: Event, now: float | None = None) -> Turn:
        """Handle one event outside of any cluster, and return the turn with what it caused."""
        turn = Turn(event.time if now is None else now)
        token = enter(turn)
        try:
            turn.begin(self.id, event)
            handle(self, event, turn)
        finally:
            leave(token)
        return turn


def handle(twin: Twin, event: Event, turn: Turn) -> Any:
    """Run the handler and then the rules of one event, and return the handler's answer."""
    kind = twin.kind
    type_ = event.type
    handler = kind.handler(type_)
    data = event.data
    before = None if twin.watched is None else _mirrors.snapshot(twin)
    observe = (turn.rules.get(kind.name) or kind.ruleset).by_type.get(type_)
    answer = None
    if type_ in kind.silent:
        answer = handler.function(twin)
    elif handler.listed and type(data) is list:
        for reading in data:
            turn.fresh = True
            handler.function(twin, reading)
            if observe is not None:
                observe(twin, turn, reading, _time(handler, reading, event), turn.fresh)
        observe = None
    else:
        answer = handler.function(twin, data)
    if type_ in kind.following:
        _mirrors.follow(twin, kind.mirrors, turn)
    if observe is not None:
        observe(twin, turn, data, _time(handler, data, event), turn.fresh)
    if before is not None:
        _mirrors.tell_watchers(twin, before, turn)
    return answer


def _time(handler: Handler, data: Any, event: Event) -> float:
    """When it happened: what a reading says itself, or else its message."""
    at = data.at if handler.reading else None
    return event.time if at is None else at


def remind(twin: Twin, name: str) -> None:
    """Run a reminder's method; `name` may carry a part after a colon, which it finds in `event`.

    The reminder `rule:wake` runs the twin's rules.
    """
    kind, turn = twin.kind, current()
    before = None if twin.watched is None else _mirrors.snapshot(twin)
    if name == WAKE:
        (turn.rules.get(kind.name) or kind.ruleset).wake(twin, turn)
    else:
        kind.reminders[name.split(":", 1)[0]](twin)
    if kind.mirrors:
        _mirrors.follow(twin, kind.mirrors, turn)
    if before is not None:
        _mirrors.tell_watchers(twin, before, turn)
