"""What the activity log tells: one set of types, for the log, the API's answers and the client.

Without Ray and pydantic, as `policy_views`. Times are seconds since the epoch, UTC.
"""

from dataclasses import dataclass, field
from typing import Any, ClassVar

_DOCUMENTED: dict[str, Any] = {"use_attribute_docstrings": True}


@dataclass(slots=True, kw_only=True)
class Changed:
    """What one call did to one thing."""

    # For pydantic, which the API describes it by; it reads this where it is used.
    __pydantic_config__: ClassVar[dict[str, Any]] = _DOCUMENTED

    subject: str
    """A twin's id; or `token/…`, `session/…`."""
    what: str
    """The event's type, or the call's name."""
    event_id: str | None = None
    """By which the twin's history has it."""
    position: int | None = None
    """Where in its partition's log, once it is there."""
    fields: list[str] = field(default_factory=list)
    """Names of the fields that differ."""
    before: dict[str, Any] | None = None
    """Their values before; null where they are a person's, or unknown."""
    after: dict[str, Any] | None = None
    """Their values after."""
    said: Any = None
    """What it was told; null where that is a person's."""
    masked: bool = False
    """Whether values are left out for being a person's."""


@dataclass(slots=True, kw_only=True)
class Entry:
    """One call that changes something, or was to."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _DOCUMENTED

    number: int = 0
    """Rises with time; a cursor."""
    at: float
    """When it came, seconds since the epoch."""
    who: str
    """Her name; of nobody with a name, what she came with."""
    via: str
    """How she was recognised: `node`, `token`, `session`, `jwt`; or `link`, `signature`."""
    credential: str = ""
    """Id of the token or session, or the subject at the OIDC provider."""
    roles: list[str] = field(default_factory=list)
    what: str
    """The call, as `/openapi.json` names it: `publishDraft`."""
    where: dict[str, str] = field(default_factory=dict)
    """What its path names; but no link's secret."""
    origin: str = ""
    """The address that it came from."""
    agent: str = ""
    """What it says that it is."""
    request: str = ""
    """Id of the request: the answer has it as `x-request-id`, a problem as `instance`."""
    status: int | None = None
    """What was answered; null: it is under way, or a crash ended it, and its outcome is unknown."""
    changes: list[Changed] = field(default_factory=list)
    more: int = 0
    """So many changes beyond those that are told."""


@dataclass(slots=True)
class ActivityPage:
    """Entries, the newest first."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _DOCUMENTED

    items: list[Entry]
    cursor: str | None
    """Goes on after these; null: there are no more."""
