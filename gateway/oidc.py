"""OIDC: whom the provider vouches for, and what she is here.

The authorization code flow with PKCE for people, JWTs as bearer tokens for programs. Both are
checked the same way: signed with a key of the provider's by an algorithm of `ALGORITHMS`, by the
issuer of the settings, for us, now. What the claims say of her becomes roles by the settings alone.
"""

from base64 import urlsafe_b64encode
from collections.abc import Callable
from hashlib import sha256
from hmac import compare_digest
from typing import Any, Final
from urllib.parse import urlencode

import structlog
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jws import extract_compact
from msgspec import Struct

from gateway.oidc_provider import OidcAway, Provider
from gateway.roles import Role
from gateway.settings import OidcSettings

__all__ = ["ALGORITHMS", "BadClaims", "Identity", "Oidc", "OidcAway", "challenge_of"]

logger = structlog.get_logger(__name__)

ALGORITHMS: Final = (
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES384",
    "EdDSA",
)
"""Signatures by the provider's private key. Not `none`, and none by a secret that others share."""

MAX_TOKEN: Final = 16 * 1024
MAX_NAME: Final = 100


class BadClaims(Exception):
    """The holder's fault: not a token of the provider's for us, or one that says nothing of her."""


class Identity(Struct, frozen=True):
    """Whom the provider vouches for."""

    subject: str
    name: str
    roles: frozenset[Role]


class Oidc:
    """See the module."""

    def __init__(
        self, settings: OidcSettings, provider: Provider, clock: Callable[[], float]
    ) -> None:
        self._settings = settings
        self._provider = provider
        self._clock = clock

    async def close(self) -> None:
        """Close the connections to the provider."""
        await self._provider.close()

    @property
    def takes_tokens(self) -> bool:
        """Whether programs may come with the provider's JWTs."""
        return self._settings.audience is not None

    async def login_url(self, state: str, nonce: str, verifier: str, redirect_uri: str) -> str:
        """Where a browser goes to sign in. Raises `OidcAway`."""
        query = {
            "response_type": "code", "client_id": self._settings.client_id,
            "redirect_uri": redirect_uri, "scope": " ".join(self._settings.scopes),
            "state": state, "nonce": nonce, "code_challenge": challenge_of(verifier),
            "code_challenge_method": "S256",
        }  # fmt: skip
        end = (await self._provider.description()).authorization_endpoint
        return f"{end}{'&' if '?' in end else '?'}{urlencode(query)}"

    async def logout_url(self, back: str) -> str | None:
        """Where a browser signs out of the provider, too; None where that has no place for it."""
        try:
            end = (await self._provider.description()).end_session_endpoint
        except OidcAway as error:
            self.refused(error)
            return None
        if end is None:
            return None
        query = {"client_id": self._settings.client_id, "post_logout_redirect_uri": back}
        return f"{end}{'&' if '?' in end else '?'}{urlencode(query)}"

    async def signed_in(self, code: str, nonce: str, verifier: str, redirect_uri: str) -> Identity:
        """Who comes back with a code. Raises `BadClaims`, `OidcAway`."""
        token = await self._provider.exchange(code, verifier, redirect_uri)
        claims = await self._checked(token, self._settings.client_id)
        given = claims.get("nonce")
        if not isinstance(given, str) or not compare_digest(given.encode(), nonce.encode()):
            raise BadClaims("the ID token was made for another sign-in")
        if claims.get("azp", self._settings.client_id) != self._settings.client_id:
            raise BadClaims("the ID token was made for another client")
        return self._identity(claims)

    async def bearer(self, token: str) -> Identity:
        """Whose JWT it is. Raises `BadClaims`, `OidcAway`."""
        audience = self._settings.audience
        if audience is None:
            raise BadClaims("JWTs are taken where access.oidc.audience is set")
        return self._identity(await self._checked(token, audience))

    @staticmethod
    def refused(error: Exception) -> None:
        """Note why somebody was not let in: for operators, not for whoever tries."""
        logger.info("not let in", error=str(error))

    async def _checked(self, token: str, audience: str) -> dict[str, Any]:
        if len(token) > MAX_TOKEN:
            raise BadClaims("the token is too long")
        try:
            head = extract_compact(token.encode("ascii")).headers()
        except (JoseError, ValueError, TypeError) as error:
            raise BadClaims(f"no JWT: {error!r}") from error
        if head.get("alg") not in ALGORITHMS:
            raise BadClaims(f"signed by {str(head.get('alg'))[:40]!r}, which is not taken")
        key_id = head.get("kid")
        keys = await self._provider.keys(key_id if isinstance(key_id, str) else None)
        registry = jwt.JWTClaimsRegistry(
            now=lambda: int(self._clock()), leeway=int(self._settings.skew_s),
            iss={"essential": True, "value": self._settings.issuer},
            aud={"essential": True, "value": audience},
            sub={"essential": True}, exp={"essential": True}, iat={"essential": True},
        )  # fmt: skip
        try:
            read = jwt.decode(token, keys, algorithms=list(ALGORITHMS))
            registry.validate(read.claims)
        except (JoseError, ValueError, TypeError, KeyError) as error:
            raise BadClaims(f"not a token for us: {error}") from error
        return dict(read.claims)

    def _identity(self, claims: dict[str, Any]) -> Identity:
        subject = claims["sub"]
        if not isinstance(subject, str) or not subject:
            raise BadClaims("the token names nobody")
        said = _at(claims, self._settings.roles_claim)
        words = said.split() if isinstance(said, str) else said if isinstance(said, list) else []
        roles = {
            self._settings.roles[word]
            for word in words
            if isinstance(word, str) and word in self._settings.roles
        }
        if not roles:
            raise BadClaims(
                f"{subject[:MAX_NAME]!r} has nothing in the claim {self._settings.roles_claim!r} "
                "that access.oidc.roles makes a role"
            )
        name = _at(claims, self._settings.name_claim)
        clean = name.strip()[:MAX_NAME] if isinstance(name, str) else ""
        return Identity(
            subject, clean if clean.isprintable() and clean else subject, frozenset(roles)
        )


def challenge_of(verifier: str) -> str:
    """PKCE's `S256`."""
    return urlsafe_b64encode(sha256(verifier.encode()).digest()).decode().rstrip("=")


def _at(claims: dict[str, Any], path: str) -> Any:
    """A claim by its name, or by dots within objects: `realm_access.roles`."""
    if path in claims:
        return claims[path]
    found: Any = claims
    for name in path.split("."):
        found = found.get(name) if isinstance(found, dict) else None
    return found
