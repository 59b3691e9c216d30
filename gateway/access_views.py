"""What the API says of sessions and tokens: one set of types, for its answers and for the client.

Without Ray and pydantic, as `policy_views`. Times are seconds since the epoch, UTC.
"""

from dataclasses import dataclass
from typing import Any, ClassVar

from gateway.roles import Need, Role

_DOCUMENTED: dict[str, Any] = {"use_attribute_docstrings": True}


@dataclass(slots=True)
class SessionView:
    """Who is signed in."""

    # For pydantic, which the API describes it by; it reads this where it is used.
    __pydantic_config__: ClassVar[dict[str, Any]] = _DOCUMENTED

    name: str
    """What stands under all that is done."""
    roles: list[Role]
    needs: list[Need]
    """What may be called: a page offers no more than this."""
    via: str
    """How: `node`, `token`, `session` or `jwt`."""
    named: bool
    """False: the name is not proven, and calls carry one of their own as `by`."""
    csrf: str | None = None
    """Of a session by cookie: send it as `X-CSRF-Token` with all but GET."""
    ends: float | None = None
    """When the session ends."""


@dataclass(slots=True)
class SignedOut:
    """The session is over."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _DOCUMENTED

    ended: bool
    """False: there was none."""
    end_session_url: str | None = None
    """Where she signs out of the provider, too; null: she did not sign in there."""


@dataclass(slots=True)
class SignInView:
    """A sign-in that is good once."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _DOCUMENTED

    token: str
    """For `POST /v1/session`; told now, and never again."""
    path: str
    """The console's, with the token."""
    ends: float


@dataclass(slots=True)
class TokenView:
    """A token or session, without its secret."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _DOCUMENTED

    id: str
    kind: str
    name: str
    roles: list[Role]
    made: float
    ends: float | None
    """Null: never."""
    by: str
    """Who had it made."""


@dataclass(slots=True)
class Tokens:
    """Those that are good, the oldest first."""

    items: list[TokenView]


@dataclass(slots=True)
class TokenMade:
    """A new token."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _DOCUMENTED

    secret: str
    """Told now, and never again."""
    token: TokenView
