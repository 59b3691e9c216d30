"""Live events: what `GET /v1/live` sends, as models: clients' types are made from them.

On the wire an event is text (`id:`, `event:`, `data:`); a model has the same three, `data` read.
They describe: the feed writes its items as they are, and a test holds them against these.
"""

from typing import Annotated, Any, Literal

from pydantic import Field, RootModel

from actors.state import TwinState
from gateway.api.arrangement import ArrangementView
from gateway.api.models import Answer, Totals


class Hello(Answer):
    """The watcher is connected."""

    at: float


class Left(Answer):
    """A twin does not match the filter any more."""

    id: str
    revision: str
    at: float
    """Log time at which it was so."""


class Signal(Answer):
    """What a twin noticed."""

    id: str
    """`kind/key~digest`: it names the twin, which knows why."""
    name: str
    twin_id: str
    time: float
    """When it was noticed."""
    data: dict[str, Any]
    traceparent: str | None


class LiveStatus(Answer):
    """How the cluster is."""

    at: float
    healthy: bool
    problems: list[str]
    """What is not as it should be, for people."""
    totals: Totals | None
    """Null where the cluster cannot be asked."""
    watchers: int
    """Open live streams of this process."""


class Lost(Answer):
    """Something is missing: what is shown has to be asked for anew."""

    count: int | None
    """So many were left out; null: what happened before is not known any more."""


class _Event(Answer):
    """One event."""

    id: str | None = None
    """Where to go on from, as `Last-Event-ID`; without one: as before."""


class HelloEvent(_Event):
    """The first one."""

    event: Literal["hello"]
    data: Hello


class ChangeEvent(_Event):
    """A twin changed: how it is now."""

    event: Literal["change"]
    data: TwinState


class LeftEvent(_Event):
    """A twin left the filter, perhaps one that the watcher never had."""

    event: Literal["left"]
    data: Left


class ArrangementEvent(_Event):
    """Beside the change of a supervisor: what people see of it."""

    event: Literal["arrangement"]
    data: ArrangementView


class SignalEvent(_Event):
    """A twin noticed something."""

    event: Literal["signal"]
    data: Signal


class StatusEvent(_Event):
    """Every 2 s; the heartbeat, too."""

    event: Literal["status"]
    data: LiveStatus


class LostEvent(_Event):
    """Some were left out."""

    event: Literal["lost"]
    data: Lost


class LiveEvent(
    RootModel[
        Annotated[
            HelloEvent
            | ChangeEvent
            | LeftEvent
            | ArrangementEvent
            | SignalEvent
            | StatusEvent
            | LostEvent,
            Field(discriminator="event"),
        ]
    ]
):
    """One event of the stream."""
