"""The OIDC provider, over HTTP: its description, its keys, and the exchange of a code.

Vigil calls the issuer that the settings name, and the hosts named beside it; where the provider's
own description sends it elsewhere, into a private network say, it does not go. No redirect is
followed, no answer above 256 KB is read, and no proxy of the environment sees a code.
"""

import asyncio
from collections.abc import Callable
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

import httpx2
import msgspec
import structlog
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from msgspec import Struct

from gateway.settings import OidcSettings

T = TypeVar("T")

logger = structlog.get_logger(__name__)

MOST_BYTES: Final = 256 * 1024
AGAIN_S: Final = 10.0
"""How often unknown keys may have the provider asked again, in seconds."""


class OidcAway(Exception):
    """The provider's fault: it does not answer, or not as it should."""


class Description(Struct, frozen=True):
    """What is read of `/.well-known/openid-configuration`."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    end_session_endpoint: str | None = None


class _Answer(Struct):
    id_token: str


class Provider:
    """See the module.

    Args:
        settings: Which one, and how we are known there.
        clock: Seconds since the epoch.
        transport: For tests.
    """

    def __init__(
        self,
        settings: OidcSettings,
        clock: Callable[[], float],
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._http = httpx2.AsyncClient(
            timeout=settings.timeout_s, trust_env=False, follow_redirects=False, transport=transport
        )
        self._looking = asyncio.Lock()
        self._description: Description | None = None
        self._keys = KeySet([])
        self._looked = float("-inf")
        """When the keys were read last."""

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def description(self) -> Description:
        """Where its ends are; read once. Raises `OidcAway`."""
        if self._description is None:
            issuer = self._settings.issuer
            url = f"{issuer.rstrip('/')}/.well-known/openid-configuration"
            found = _decoded(await self._get(url), Description)
            if found.issuer != issuer:
                raise OidcAway(f"{url} says that it is {found.issuer[:200]!r}, not {issuer}")
            ends = (found.authorization_endpoint, found.token_endpoint, found.jwks_uri,
                    found.end_session_endpoint)  # fmt: skip
            for end in ends:
                if end is not None:
                    self._check(end)
            self._description = found
        return self._description

    async def keys(self, key_id: str | None) -> KeySet:
        """Its keys, with the one of this id, if there is one; read again at most every 10 s."""
        async with self._looking:
            age_s = self._clock() - self._looked
            known = key_id is None or any(key.kid == key_id for key in self._keys.keys)
            if age_s < (self._settings.keys_s if known and self._keys.keys else AGAIN_S):
                return self._keys
            self._looked = self._clock()
            try:
                body = await self._get((await self.description()).jwks_uri)
                self._keys = _key_set(body)
            except OidcAway as error:
                if not self._keys.keys:
                    # Nobody could be let in by what is known: let the next call ask again.
                    self._looked = float("-inf")
                    raise
                logger.warning("keys are not renewed; those known go on", error=str(error))
            return self._keys

    async def exchange(self, code: str, verifier: str, redirect_uri: str) -> str:
        """The ID token that a code stands for, unchecked. Raises `OidcAway`."""
        settings = self._settings
        form = {
            "grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri,
            "client_id": settings.client_id, "code_verifier": verifier,
        }  # fmt: skip
        secret = settings.client_secret
        auth = None
        if secret is not None:
            auth = httpx2.BasicAuth(settings.client_id, secret.get_secret_value())
        url = (await self.description()).token_endpoint
        return _decoded(await self._call("POST", url, data=form, auth=auth), _Answer).id_token

    async def _get(self, url: str) -> bytes:
        return await self._call("GET", url)

    async def _call(self, method: str, url: str, **more: Any) -> bytes:
        self._check(url)
        body = bytearray()
        try:
            async with self._http.stream(
                method, url, headers={"Accept": "application/json"}, **more
            ) as answer:
                async for part in answer.aiter_bytes():
                    body += part
                    if len(body) > MOST_BYTES:
                        raise OidcAway(f"{url} answers with more than {MOST_BYTES} bytes")
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise OidcAway(f"{url} cannot be reached: {error!r}") from error
        if not answer.is_success:
            # Not the body: it may repeat what was sent.
            raise OidcAway(f"{url} answers {answer.status_code}")
        return bytes(body)

    def _check(self, url: str) -> None:
        """Raise `OidcAway` where settings do not name the place."""
        try:
            given, issuer = urlsplit(url), urlsplit(self._settings.issuer)
            host, port = given.hostname, given.port
        except ValueError as error:
            raise OidcAway(f"{url[:200]!r} is no address") from error
        same = (given.scheme, host, port) == (issuer.scheme, issuer.hostname, issuer.port)
        named = given.scheme == "https" and host in self._settings.hosts
        if not (same or named) or given.username or given.password:
            raise OidcAway(
                f"the provider sends us to {url[:200]!r}, which is neither {self._settings.issuer} "
                "nor on a host of access.oidc.hosts; name it there if it is right"
            )


def _decoded(body: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise OidcAway(
            f"the provider's answer is no {kind.__name__.strip('_')}: {error}"
        ) from error


def _key_set(body: bytes) -> KeySet:
    """Public keys for signatures; what we can't read of it is left out, as RFC 7517 says."""
    read = _decoded(body, dict[str, Any])
    found = []
    for key in read.get("keys", []) if isinstance(read.get("keys"), list) else []:
        # A shared secret must never check what its holder alone could have signed.
        usable = isinstance(key, dict) and key.get("kty") in {"RSA", "EC", "OKP"}
        if not usable or key.get("use", "sig") != "sig":
            continue
        try:
            found += KeySet.import_key_set({"keys": [key]}).keys
        except (JoseError, ValueError, TypeError, KeyError) as error:
            logger.info("a key of the provider's is left out", error=repr(error))
    return KeySet(found)
