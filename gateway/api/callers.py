"""Callers: recognises who makes a call, by its token or by its session's cookie.

| what the request carries | is |
|---|---|
| `Authorization: Bearer <the node's operator or privacy token>` | whoever has the data folder |
| `Authorization: Bearer vigil_…` | what `vigil token create` made |
| `Authorization: Bearer <JWT>` | whom the OIDC provider vouches for, where one is set |
| the cookie of a session | who signed in at the console |

A token goes before a cookie. By cookie a call that may change something is taken only from a page
of ours: it carries the session's CSRF token, and comes from our origin.
"""

import hmac
from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

from fastapi import Request
from msgspec import Struct
from starlette.responses import Response

from gateway.activity import ActivityLog
from gateway.api.access import Caller, Keys, bearer_of, caller_of
from gateway.api.errors import Forbidden
from gateway.credentials import PREFIX, Credential, Credentials
from gateway.links import BadLink, sign_link, verify_link
from gateway.oidc import BadClaims, Oidc, OidcAway
from gateway.settings import AccessSettings

CSRF: Final = "X-CSRF-Token"
SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
JWT_DOTS: Final = 2

LOGIN: Final = "vigil-login"
LOGIN_PATH: Final = "/v1/session"
LOGIN_S: Final = 600
"""How long signing in at the provider may take, in seconds."""

_PURPOSE: Final = "session"


class Admission(Struct, frozen=True):
    """How people and programs sign in, beside the node's own tokens."""

    settings: AccessSettings = AccessSettings()
    credentials: Credentials | None = None
    """Tokens and sessions; None: there are none here."""
    public_url: str | None = None
    """What people have in their browser's address; None: whatever they called."""
    oidc: Oidc | None = None
    """The provider that people sign in with."""
    activity: ActivityLog | None = None
    """Where is entered who changes what; None: nowhere."""


class Callers:
    """See the module.

    Args:
        keys: The node's own secrets.
        admission: How others sign in.
        clock: Seconds since the epoch.
    """

    def __init__(self, keys: Keys, admission: Admission, clock: Callable[[], float]) -> None:
        self._keys = keys
        self._credentials = admission.credentials
        self._oidc = admission.oidc
        public = admission.public_url
        self._public = None if public is None else urlsplit(public)
        self._clock = clock
        # Of its own, so that a link that was made for customers is no session.
        self._key = hmac.digest(keys.device_key or b"\0", b"session", "sha256")

    @property
    def secure(self) -> bool:
        """Whether browsers reach us by TLS."""
        return self._public is not None and self._public.scheme == "https"

    @property
    def cookie(self) -> str:
        """The cookie's name; with TLS one that no other host can set."""
        return "__Host-vigil" if self.secure else "vigil"

    async def of(self, request: Request) -> Caller | None:
        """Who calls; None where nothing proves anybody. Raises `Forbidden` for a forged call."""
        given = bearer_of(request)
        if given is not None:
            return caller_of(self._keys, request) or await self._by_token(given)
        return self._by_cookie(request)

    async def _by_token(self, given: str) -> Caller | None:
        if given.startswith(PREFIX) and self._credentials is not None:
            found = self._credentials.find("token", given)
            return None if found is None else caller(found, "token")
        if self._oidc is not None and self._oidc.takes_tokens and given.count(".") == JWT_DOTS:
            try:
                who = await self._oidc.bearer(given)
            except (BadClaims, OidcAway) as error:
                self._oidc.refused(error)
                return None
            return Caller(who.name, who.roles, "jwt", id=who.subject)
        return None

    def _by_cookie(self, request: Request) -> Caller | None:
        found = self.session_of(request)
        if found is None:
            return None
        if request.method not in SAFE:
            self.check_origin(request)
            if not hmac.compare_digest(
                request.headers.get(CSRF, "").encode("utf-8", "replace"), self.csrf(found).encode()
            ):
                raise Forbidden(
                    f"this call comes by cookie, without the session's CSRF token; send the header "
                    f"`{CSRF}` with what `GET /v1/session` says"
                )
        return caller(found, "session")

    def session_of(self, request: Request) -> Credential | None:
        """The session of a request's cookie; None without a good one."""
        cookie = request.cookies.get(self.cookie)
        if cookie is None or self._credentials is None:
            return None
        try:
            secret = verify_link(self._key, _PURPOSE, cookie).decode()
        except (BadLink, UnicodeDecodeError):
            return None
        return self._credentials.find("session", secret)

    def check_origin(self, request: Request) -> None:
        """Raise `Forbidden` where a page of somebody else's has the browser make this call."""
        site = request.headers.get("sec-fetch-site", "same-origin")
        origin = request.headers.get("origin")
        if site not in {"same-origin", "none"} or not (
            origin is None or self._ours(origin, request)
        ):
            raise Forbidden("a page of another origin had the browser make this call")

    def _ours(self, origin: str, request: Request) -> bool:
        try:
            given = urlsplit(origin).netloc
        except ValueError:
            return False
        ours = {request.headers.get("host", "")}
        if self._public is not None:
            ours.add(self._public.netloc)
        return given in ours

    def origin(self, request: Request) -> str:
        """Where we are, as browsers have it: `https://vigil.example`."""
        if self._public is not None:
            return f"{self._public.scheme}://{self._public.netloc}"
        return f"{request.url.scheme}://{request.url.netloc}"

    def csrf(self, session: Credential) -> str:
        """What a page of ours sends along with each call that may change something."""
        return sign_link(self._key, "csrf", session.id.encode())

    def set_cookie(self, response: Response, secret: str, lasts_s: float) -> None:
        """Give a browser its session."""
        response.set_cookie(
            self.cookie,
            sign_link(self._key, _PURPOSE, secret.encode()),
            max_age=int(lasts_s),
            path="/",
            secure=self.secure,
            httponly=True,
            samesite="strict",
        )

    def drop_cookie(self, response: Response) -> None:
        """Take it back."""
        response.delete_cookie(
            self.cookie, path="/", secure=self.secure, httponly=True, samesite="strict"
        )

    def set_login(self, response: Response, state: str) -> None:
        """Tie a sign-in under way to the browser that began it."""
        response.set_cookie(
            LOGIN,
            sign_link(self._key, LOGIN, state.encode()),
            max_age=LOGIN_S,
            path=LOGIN_PATH,
            secure=self.secure,
            httponly=True,
            # Not strict: it is the provider's page that sends the browser back.
            samesite="lax",
        )

    def login_of(self, request: Request) -> str | None:
        """The state of the sign-in that this browser began; None without one."""
        try:
            return verify_link(self._key, LOGIN, request.cookies.get(LOGIN, "")).decode()
        except (BadLink, UnicodeDecodeError):
            return None

    def drop_login(self, response: Response) -> None:
        """It is over."""
        response.delete_cookie(
            LOGIN, path=LOGIN_PATH, secure=self.secure, httponly=True, samesite="lax"
        )


def caller(found: Credential, via: str) -> Caller:
    """Who a credential stands for."""
    named = bool(found.more.get("named", True))
    return Caller(found.name, found.roles, via, named=named, id=found.id)
