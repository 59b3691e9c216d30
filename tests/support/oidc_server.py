"""A small OIDC provider over HTTP, with keys of its own: what it is asked, it does, and checks.

It knows one client and one user. `forge` lets it answer as an attacker, or a broken one, would.
"""

import json
import secrets
import threading
from base64 import b64decode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from gateway.oidc import challenge_of

CLIENT, SECRET = "vigil-console", "the secret of the tests & more"
AUDIENCE = "vigil-api"


@cache
def _first_key() -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": "k1", "use": "sig"})


class OidcServer:
    """See the module. `now` is asked for the time of its tokens."""

    def __init__(self, now: Callable[[], float]) -> None:
        self.now = now
        self.key: RSAKey | ECKey = _first_key()
        self.issuer = ""
        self.claims: dict[str, Any] = {
            "sub": "u-17", "preferred_username": "aino", "groups": ["vigil-operators", "canteen"],
        }  # fmt: skip
        self.forge: Callable[[dict[str, Any], dict[str, Any]], None] | None = None
        """Changes head and claims of an ID token before it is signed."""
        self.raw_token: str | None = None
        """Answered instead of an ID token."""
        self.description: dict[str, Any] = {}
        """What its description says otherwise."""
        self.asked: list[str] = []
        """Paths, in order."""
        self.down = False
        self._codes: dict[str, dict[str, str]] = {}
        self.more_keys: list[dict[str, Any]] = []
        """Published beside its own."""

    @property
    def under_way(self) -> list[dict[str, str]]:
        """The sign-ins whose codes are not yet used, as they were asked for."""
        return list(self._codes.values())

    def token(self, audience: str | list[str] = AUDIENCE, **claims: Any) -> str:
        """A JWT of the user's, as programs have it."""
        return self.sign({"aud": audience, **claims})

    def sign(self, claims: dict[str, Any], head: dict[str, Any] | None = None) -> str:
        """Any JWT, signed with its key."""
        now = int(self.now())
        body = {**self.claims, "iss": self.issuer, "iat": now, "exp": now + 300, **claims}
        alg = "RS256" if isinstance(self.key, RSAKey) else "ES256"
        header = {"alg": alg, "kid": self.key.kid, **(head or {})}
        return jwt.encode(header, {k: v for k, v in body.items() if v is not None}, self.key)

    # -- its ends ----------------------------------------------------------------------------

    def configuration(self) -> dict[str, Any]:
        """`/.well-known/openid-configuration`."""
        at = self.issuer
        return {
            "issuer": at, "authorization_endpoint": f"{at}/authorize",
            "token_endpoint": f"{at}/token", "jwks_uri": f"{at}/keys",
            "end_session_endpoint": f"{at}/logout", **self.description,
        }  # fmt: skip

    def authorize(self, query: dict[str, str]) -> str:
        """The user agrees at once; returns where her browser is sent."""
        assert ("code", CLIENT, "S256") == (
            query["response_type"], query["client_id"], query["code_challenge_method"],
        )  # fmt: skip
        assert "openid" in query["scope"].split()
        code = secrets.token_urlsafe(16)
        self._codes[code] = query
        back = {"code": code, "state": query["state"], "iss": self.issuer}
        return f"{query['redirect_uri']}?{urlencode(back)}"

    def exchange(self, form: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        """`/token`: a code is good once, for its client, with its verifier."""
        scheme, _, given = authorization.partition(" ")
        if scheme != "Basic" or b64decode(given).decode() != f"{CLIENT}:{SECRET}":
            return 401, {"error": "invalid_client"}
        asked = self._codes.pop(form.get("code", ""), None)
        if (
            asked is None
            or form["grant_type"] != "authorization_code"
            or asked["redirect_uri"] != form["redirect_uri"]
            or asked["code_challenge"] != challenge_of(form["code_verifier"])
        ):
            return 400, {"error": "invalid_grant"}
        if self.raw_token is not None:
            return 200, {"id_token": self.raw_token}
        claims: dict[str, Any] = {"aud": CLIENT, "nonce": asked["nonce"]}
        head: dict[str, Any] = {}
        if self.forge is not None:
            self.forge(head, claims)
        return 200, {"id_token": self.sign(claims, head), "token_type": "Bearer"}

    def keys(self) -> dict[str, Any]:
        """`/keys`."""
        return {"keys": [self.key.as_dict(private=False), *self.more_keys]}


def _handler(server: OidcServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Nothing: tests are quiet."""

        def do_GET(self) -> None:
            """Description, keys, and the page where one agrees."""
            at = urlsplit(self.path)
            server.asked.append(at.path)
            if server.down:
                self._answer(503, {})
            elif at.path == "/.well-known/openid-configuration":
                self._answer(200, server.configuration())
            elif at.path == "/keys":
                self._answer(200, server.keys())
            elif at.path == "/authorize":
                query = {name: values[0] for name, values in parse_qs(at.query).items()}
                self.send_response(302)
                self.send_header("Location", server.authorize(query))
                self.end_headers()
            else:
                self._answer(404, {})

        def do_POST(self) -> None:
            """The exchange of a code."""
            server.asked.append(self.path)
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = {name: values[0] for name, values in parse_qs(body).items()}
            if server.down:
                self._answer(503, {})
            else:
                self._answer(*server.exchange(form, self.headers.get("Authorization", "")))

        def _answer(self, status: int, body: dict[str, Any]) -> None:
            data = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

    return Handler


@contextmanager
def provided(now: Callable[[], float]) -> Iterator[OidcServer]:
    """A provider on a free port of 127.0.0.1."""
    server = OidcServer(now)
    with ThreadingHTTPServer(("127.0.0.1", 0), _handler(server)) as http:
        server.issuer = f"http://127.0.0.1:{http.server_address[1]}"
        thread = threading.Thread(target=http.serve_forever, name="oidc", daemon=True)
        thread.start()
        try:
            yield server
        finally:
            http.shutdown()
            thread.join(10)
