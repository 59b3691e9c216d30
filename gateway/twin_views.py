"""What the API says about twins beside their state: one set of types, for answers and client.

Without Ray and pydantic, as `policy_views`. Times are seconds since the epoch, UTC.
"""

from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from actors.state import TwinState

_DOCUMENTED: dict[str, Any] = {"use_attribute_docstrings": True}


@dataclass(slots=True)
class CommandView:
    """One command to a device, as far as it has come, truthfully."""

    # For pydantic, which the API describes it by; it reads this where it is used.
    __pydantic_config__: ClassVar[dict[str, Any]] = _DOCUMENTED

    id: str
    name: str
    state: Literal["queued", "sent", "delivered", "done", "failed", "expired", "cancelled"]
    """`sent`: published; `delivered`: the device says that it has it; `done`: that it did it."""
    data: dict[str, Any] = field(default_factory=dict)
    times: dict[str, float] = field(default_factory=dict)
    """State -> when it was first reached (log time); `refused` -> when the device last refused."""
    expires_at: float = 0.0
    sends: int = 0
    """How often it was sent; a device knows a command that comes again by its id."""
    refusals: int = 0
    waiting: bool = False
    """Refused, and kept until the twin is ready for it."""
    again_at: float | None = None
    """When it is sent again."""
    detail: str | None = None
    """Why it is in this state, where somebody said so."""
    asker: str | None = None
    """The twin that asked for it; null: a person or a program did."""
    open: bool = True
    """Whether anything may still become of it."""


@dataclass(slots=True)
class TwinThen:
    """A twin as it was."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _DOCUMENTED

    state: TwinState
    """As `GET /v1/twins/{kind}/{key}` would have said it; `epoch` is 0."""
    exact: bool
    """Whether the log reaches far enough back to know all of it."""
    caveat: str | None = None
    """What is not known, where it does not."""
    blocks: int = 0
    """Blocks of the log that were replayed."""


@dataclass(slots=True)
class Commands:
    """The commands that a twin remembers, newest first."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _DOCUMENTED

    twin_id: str
    items: list[CommandView]
    takes: list[str]
    """Names of the commands that its kind takes."""


@dataclass(slots=True)
class DesiredView:
    """What a device shall report, and what it does report."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _DOCUMENTED

    twin_id: str
    revision: str
    desired: dict[str, Any]
    reported: dict[str, Any]
    """The same fields, as last reported; null: never."""
    delta: dict[str, Any]
    """What of `desired` is not reported."""
    can_desire: list[str]
    """The fields that the devices of the kind report."""
    command: CommandView | None = None
    """The newest by which the device was told; null: none, its kind takes none."""


@dataclass(slots=True)
class MaintenanceView:
    """Somebody works on a twin: until then it raises no signals, and no rule of it fires."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _DOCUMENTED

    twin_id: str
    by: str
    since: float
    until: float
    """It ends by itself."""
    note: str = ""


@dataclass(slots=True)
class Maintenances:
    """The twins in maintenance, the one that ends first first."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _DOCUMENTED

    items: list[MaintenanceView]
    more: bool
    as_of: float


@dataclass(slots=True)
class LinkView:
    """One twin names another in a field of its."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _DOCUMENTED

    source: str
    """Whose field it is."""
    field: str
    """Its path in the state: `owner`, `devices.0`."""
    target: str
    depth: int
    """How many steps from the twin that was asked about, from 1."""


@dataclass(slots=True)
class Links:
    """The twins around one, by their links."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _DOCUMENTED

    twin_id: str
    items: list[LinkView]
    """The nearest first."""
    more: bool
    """There are more than were asked for."""
    as_of: float
    """Of those that lead to a twin: they come from checkpoints, and are about 2 s old."""


@dataclass(slots=True)
class FoundTwin:
    """One twin that a search found."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _DOCUMENTED

    id: str
    position: int
    state: dict[str, Any]


@dataclass(slots=True)
class FoundPage:
    """A page of a search."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _DOCUMENTED

    items: list[FoundTwin]
    cursor: str | None
    """Give it back to go on; null at the end."""
    as_of: float
    """The state of the oldest checkpoint searched; about 2 s ago in normal running."""
    total: int | None = None
    """How many there are on all pages; null where it was not asked for."""


@dataclass(slots=True)
class SetAsideView:
    """A twin that is set aside: its events wait until somebody lets it go on."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _DOCUMENTED

    id: str
    since: float
    position: int
    """Log position of the event that failed."""
    event_type: str
    """Of that event."""
    reason: str
    waiting: int
    """Events that wait, the one that failed among them. Of a long queue it is an estimate, from
    above: full parts of the queue are counted as 64 each, and those of large events have fewer."""
    going: bool
    """Somebody let it go on, and what waits is being handled."""


@dataclass(slots=True)
class ParkedPage:
    """A page of parked twins, by id."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _DOCUMENTED

    items: list[SetAsideView]
    cursor: str | None
    """Give it back to go on; null at the end."""
    as_of: float
    """The state of the oldest checkpoint searched; about 2 s ago in normal running."""
    total: int
    """How many there are on all pages."""


@dataclass(slots=True)
class HistoryEvent:
    """One event of a twin, as the log holds it."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _DOCUMENTED

    position: int
    at: float
    """When it happened by its sender, else when the log took it."""
    taken_at: float
    """When the log took it; spans are of this time."""
    type: str
    origin: str
    """`device`, `twin` or `inside`."""
    data: Any
    id: str | None = None


@dataclass(slots=True)
class History:
    """Events of one twin, oldest first."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _DOCUMENTED

    twin_id: str
    items: list[HistoryEvent]
    more: bool
    """There are earlier ones in the span; ask again with `until` = the first item's `taken_at`."""


@dataclass(slots=True)
class Asked:
    """What a twin answered to a call."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _DOCUMENTED

    twin_id: str
    event_id: str
    """The call's id: repeated with it, the call counts once."""
    value: Any


@dataclass(slots=True)
class Sent:
    """An event that is durable in the log."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _DOCUMENTED

    twin_id: str
    event_id: str
    partition: int
    position: int
    """Give it as `min_position` to read what the event did."""
