"""The part of the client about who may do what, and who did: `Client(…).access`."""

from collections.abc import Sequence
from typing import Protocol, TypeVar

from gateway.access_views import SessionView, SignInView, TokenMade, Tokens, TokenView
from gateway.activity_views import ActivityPage
from gateway.roles import Role
from gateway.rules_client import Calls

T = TypeVar("T")


class Deletes(Calls, Protocol):
    """What this part needs of the client."""

    def delete(self, path: str, answer: type[T]) -> T:
        """See `Client.delete`."""


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


class AccessClient:
    """Sign-ins for people, tokens for programs. Methods raise as those of `Client` do."""

    def __init__(self, calls: Deletes) -> None:
        self._calls = calls

    def who(self) -> SessionView:
        """Whose token this client has, and what it is good for."""
        return self._calls.get("/v1/session", SessionView)

    def sign_in(self, name: str, roles: Sequence[Role], lasts_s: float | None = None) -> SignInView:
        """Let a person in once, with these roles; None waits as long as settings say."""
        data = {"name": name, "roles": list(roles), "lasts_s": lasts_s}
        return self._calls.post("/v1/sign-ins", SignInView, data)

    def make(self, name: str, roles: Sequence[Role], days: float | None) -> TokenMade:
        """A token for a program, good for so many days; None: until it is revoked."""
        data = {"name": name, "roles": list(roles), "days": days}
        return self._calls.post("/v1/tokens", TokenMade, data)

    def tokens(self, *, sessions: bool = False) -> Tokens:
        """The tokens that are good; or the sessions."""
        kind = "session" if sessions else "token"
        return self._calls.get("/v1/tokens", Tokens, {"kind": kind})

    def revoke(self, token_id: str) -> TokenView:
        """Take a token or a session back, at once."""
        return self._calls.delete(f"/v1/tokens/{token_id}", TokenView)

    def activity(
        self,
        *,
        who: str | None = None,
        what: str | None = None,
        subject: str | None = None,
        since: float | None = None,
        until: float | None = None,
        refused: bool | None = None,
        cursor: str | None = None,
        limit: int = 100,
    ) -> ActivityPage:
        """Changes through the API, the newest first; `cursor` goes on after a page."""
        asked = {
            "who": who, "what": what, "subject": subject, "since": since, "until": until,
            "refused": refused, "cursor": cursor, "limit": limit,
        }  # fmt: skip
        params = {name: _text(value) for name, value in asked.items() if value is not None}
        return self._calls.get("/v1/activity", ActivityPage, params)
