"""One turn: what a twin may see and cause while it handles one event.

A turn is pure: it holds the log's time, the event, and lists that fill with outputs. The partition
takes them when the handler returned, and forgets them when it raised.
"""

from collections.abc import Mapping
from contextvars import ContextVar
from math import inf, nextafter
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from twins.errors import NoTurn
from twins.event import Event
from twins.ids import EVERY_PARTITION, digest, split
from twins.kind import LISTENERS
from twins.outputs import Effect, Signal, Target, Tell

if TYPE_CHECKING:
    from twins.record import Firing
    from twins.rules.ruleset import RuleSet


class Hit(Struct, frozen=True):
    """A shadow rule would have fired."""

    rule: str
    twin_id: str
    at: float
    """Of the event, seconds since the epoch."""


class Turn:
    """The context of handlers; one object serves all turns of a block, one after the other."""

    __slots__ = (
        "_first", "decided", "effects", "event", "fired", "fresh", "hits", "now", "position",
        "reminders", "revision", "rules", "signals", "tells", "twin_id",
    )  # fmt: skip

    def __init__(self, now: float = 0.0) -> None:
        self.now = now
        self.position = 0
        """Of the log; 0 outside of a partition."""
        self.revision = 0
        """How many events the twin has handled before."""
        self.rules: Mapping[str, RuleSet] = {}
        """Kind -> the rules that are published for it; without any, it has those that it brings."""
        self.twin_id = ""
        self.event: Event | None = None
        self.fresh = True
        self.fired: list[Firing] = []
        """Of this event: each rule that fired, those in the shadow as well."""
        self.clear()

    def clear(self) -> None:
        """Forget what the last turn caused."""
        self.tells: list[Tell] = []
        self.effects: list[Effect] = []
        self.signals: list[Signal] = []
        self.reminders: dict[str, float | None] = {}
        self.hits: list[Hit] = []
        self.decided: dict[str, Any] = {}
        """What tables answered to the rule that fired last, for what follows it."""
        self._first = 0

    def begin(self, twin_id: str, event: Event, revision: int = 0) -> None:
        """Start the turn of one twin with one event, after so many others."""
        self.twin_id = twin_id
        self.revision = revision
        self.event = event
        self.fresh = True
        if self.fired:
            self.fired = []
        self._first = len(self.signals)

    @property
    def caused(self) -> bool:
        """Whether anything was caused since `clear`."""
        return bool(self.tells or self.effects or self.signals or self.reminders)

    def cause(self) -> Event:
        """The event being handled."""
        if self.event is None:
            raise NoTurn("no event is being handled; act from within a handler")
        return self.event

    def remind(self, name: str, due: float) -> float:
        """Set a reminder, and return when it is due: later than now, whatever was asked for.

        Invariant: a reminder fires once the log's time has moved on since it was set. So no two of
        one twin and name are ever due at the same time, of which the id of the event is made.
        """
        due = self.reminders[name] = max(due, nextafter(self.now, inf))
        return due

    def tell(self, to: str, type_: str, data: Any) -> None:
        """Send a message to another twin, or to every partition."""
        if to != EVERY_PARTITION:
            split(to)
        event = self.cause()
        # The count makes two equal messages of one turn two messages, in every replay the same.
        id_ = digest(self.twin_id, event.id, type_, to, str(len(self.tells)))
        self.tells.append(Tell(to, type_, data, id_, event.traceparent))

    def signal(self, name: str, data: dict[str, Any], at: float) -> Signal:
        """Notice something; every supervisor kind that heeds the name is told."""
        event = self.cause()
        # One event may hold many readings, and two rules may say the same.
        again = sum(one.name == name for one in self.signals[self._first :])
        parts = (self.twin_id, event.id, name, str(again))
        noticed = Signal(
            id=f"{self.twin_id}~{digest(*(parts if again else parts[:3]))}",
            name=name,
            twin_id=self.twin_id,
            time=at,
            data=data,
            traceparent=event.traceparent,
        )
        self.signals.append(noticed)
        key = split(self.twin_id)[1]
        for kind in LISTENERS.get(name, ()):
            self.tell(f"{kind}/{key}", f"signal.{name}", noticed)
        return noticed

    def unsaid(self, name: str, data: dict[str, Any], at: float) -> Signal:
        """A signal of which nobody hears."""
        id_ = f"{self.twin_id}~{digest(self.twin_id, self.cause().id, name, 'unsaid')}"
        return Signal(id=id_, name=name, twin_id=self.twin_id, time=at, data=data)

    def hit(self, rule: str, at: float) -> None:
        """Note that a shadow rule would have fired; nothing follows."""
        self.hits.append(Hit(rule, self.twin_id, at))

    def effect(
        self,
        name: str,
        target: Target,
        address: str,
        request: Any,
        *,
        key: str = "",
        order: str | None = None,
        expires_at: float | None = None,
    ) -> str:
        """Cause an effect, and return its id."""
        event = self.cause()
        id_ = digest(self.twin_id, event.id, name, key)
        self.effects.append(
            Effect(
                id=id_,
                twin_id=self.twin_id,
                name=name,
                target=target,
                address=address,
                order=order or address,
                request=request,
                key=key,
                expires_at=expires_at,
                traceparent=event.traceparent,
            )
        )
        return id_


_turn: ContextVar[Turn | None] = ContextVar("turn", default=None)

enter = _turn.set
leave = _turn.reset


def current() -> Turn:
    """The turn that is going on in this thread, or raise `NoTurn`."""
    turn = _turn.get()
    if turn is None:
        raise NoTurn("a twin can tell, remind, signal or act only while it handles an event")
    return turn
