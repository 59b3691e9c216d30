"""What the API says about one twin beside its state: one set of types, for answers and client.

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
