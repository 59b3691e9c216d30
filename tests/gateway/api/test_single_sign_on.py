"""Signing in by OIDC, against a provider over HTTP; and what attackers try."""

import hmac
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, RSAKey
from pydantic import SecretStr, ValidationError
from support.api_server import client_of
from support.fake_services import FakeServices
from support.oidc_server import AUDIENCE, CLIENT, SECRET, OidcServer, provided

from gateway.api.callers import CSRF, Admission
from gateway.credentials import Credentials
from gateway.oidc import Oidc
from gateway.oidc_provider import Provider
from gateway.roles import Role
from gateway.settings import AccessSettings, OidcSettings

Client = httpx2.AsyncClient


@pytest.fixture
def services() -> FakeServices:
    """A cluster in memory, whose clock all of it goes by."""
    return FakeServices()


@pytest.fixture
def provider(services: FakeServices) -> Iterator[OidcServer]:
    """The provider."""
    with provided(lambda: services.now) as server:
        yield server


def settings_of(provider: OidcServer, **more: Any) -> OidcSettings:
    """How Vigil is told of it."""
    return OidcSettings(
        issuer=provider.issuer, client_id=CLIENT, client_secret=SecretStr(SECRET),
        audience=AUDIENCE, skew_s=30,
        roles={"vigil-operators": Role.OPERATOR, "vigil-auditors": Role.PRIVACY_OFFICER}, **more,
    )  # fmt: skip


@pytest.fixture
def oidc_settings(provider: OidcServer) -> OidcSettings:
    """Those of most tests."""
    return settings_of(provider)


@pytest.fixture
async def client(
    services: FakeServices, oidc_settings: OidcSettings, tmp_path: Path
) -> AsyncIterator[Client]:
    """A browser, or a program, that calls Vigil."""
    credentials = Credentials(tmp_path, lambda: services.now)
    credentials.prepare()
    oidc = Oidc(oidc_settings, Provider(oidc_settings, lambda: services.now), lambda: services.now)
    admission = Admission(AccessSettings(oidc=oidc_settings), credentials, None, oidc)
    async with client_of(services, admission=admission) as client:
        yield client
    await oidc.close()
    credentials.close()


async def begin(client: Client, goal: str = "/console/") -> str:
    """Go to the provider, agree there; returns where it sends the browser back to."""
    begun = await client.get("/v1/session/login", params={"next": goal})
    assert 303 == begun.status_code, begun.text
    async with httpx2.AsyncClient(trust_env=False) as outside:
        agreed = await outside.get(begun.headers["location"])
    assert 302 == agreed.status_code
    return str(agreed.headers["location"])


async def sign_in(client: Client) -> httpx2.Response:
    """All of it; returns the last answer."""
    return await client.get(await begin(client))


def bearer(token: str) -> dict[str, str]:
    """The header of a token."""
    return {"Authorization": f"Bearer {token}"}


# -- people ------------------------------------------------------------------------------------


async def test_she_signs_in_with_the_roles_of_her_groups(
    client: Client, services: FakeServices
) -> None:
    """By code and PKCE, on to the page she wanted; her session works as any other."""
    back = await client.get(await begin(client, "/console/cases/x-1"))
    who = (await client.get("/v1/session")).json()
    sent = await client.post(
        "/v1/twins/vehicle/v1/events/configured", json={}, headers={CSRF: who["csrf"]}
    )

    assert (303, "/console/cases/x-1") == (back.status_code, back.headers["location"])
    assert ("aino", ["operator"], "session", True) == (
        who["name"], who["roles"], who["via"], who["named"],
    )  # fmt: skip
    assert (202, 1) == (sent.status_code, len(services.sent))
    assert "vigil-login" not in client.cookies


async def test_what_goes_to_the_provider_has_no_secret_of_the_sign_in(client: Client) -> None:
    """State, nonce and challenge differ each time; the verifier does not leave."""
    queries = []
    for _ in range(2):
        begun = await client.get("/v1/session/login")
        queries.append(parse_qs(urlsplit(begun.headers["location"]).query))

    for name in ("state", "nonce", "code_challenge"):
        assert queries[0][name] != queries[1][name]
    assert all("code_verifier" not in query for query in queries)
    assert ["http://vigil.test/v1/session/callback"] == queries[0]["redirect_uri"]


async def test_signing_out_names_the_place_to_sign_out_of_the_provider_too(
    client: Client, provider: OidcServer
) -> None:
    """And the session is over."""
    await sign_in(client)
    csrf = (await client.get("/v1/session")).json()["csrf"]
    ended = (await client.delete("/v1/session", headers={CSRF: csrf})).json()

    assert ended["ended"]
    assert ended["end_session_url"].startswith(f"{provider.issuer}/logout?client_id={CLIENT}")
    assert 401 == (await client.get("/v1/session")).status_code


CLAIMS: list[tuple[dict[str, Any], str | None]] = [
    ({"groups": ["canteen"]}, None),
    ({"groups": None}, None),
    ({"groups": "vigil-operators canteen"}, "aino"),
    ({"groups": {"vigil-operators": True}}, None),
    ({"groups": [["vigil-operators"], 7, None]}, None),
    ({"preferred_username": None}, "u-17"),
    ({"preferred_username": "\u0007\u001b[31m"}, "u-17"),
    ({"sub": None}, None),
    ({"sub": ""}, None),
    ({"sub": 17}, None),
]
"""Claims -> the name of who is signed in; None: nobody."""


async def test_nobody_gets_in_without_a_role_that_settings_name(
    client: Client, provider: OidcServer
) -> None:
    """Whatever the claims are; a name that is none gives way to the subject."""
    honest = provider.claims
    for claims, expected in CLAIMS:
        client.cookies.clear()
        provider.claims = honest | claims
        answer = await sign_in(client)
        who = await client.get("/v1/session")

        assert (403 if expected is None else 303) == answer.status_code, (claims, answer.text)
        assert expected == (who.json()["name"] if who.is_success else None), claims


# -- attacks on the sign-in --------------------------------------------------------------------


async def test_a_state_is_good_once(client: Client) -> None:
    """The same address a second time is refused, with the cookie that it had, too."""
    back = await begin(client)
    cookie = client.cookies["vigil-login"]
    first = await client.get(back)
    client.cookies.clear()
    second = await client.get(back, headers={"Cookie": f"vigil-login={cookie}"})

    assert (303, 403) == (first.status_code, second.status_code)
    assert "used before" in second.json()["detail"]
    assert "vigil" not in client.cookies


async def test_a_state_is_good_for_the_browser_that_began(client: Client) -> None:
    """Who is sent to the end of somebody else's sign-in is not signed in as that one."""
    back = await begin(client)
    client.cookies.clear()
    nothing = await client.get(back)
    await begin(client)
    another = await client.get(back)

    assert [403, 403] == [nothing.status_code, another.status_code]
    assert "did not begin" in nothing.json()["detail"]


async def test_a_state_ends(client: Client, services: FakeServices) -> None:
    """After ten minutes it is none."""
    back = await begin(client)
    services.now += 600
    answer = await client.get(back)

    assert 403 == answer.status_code


async def test_a_code_of_another_sign_in_fails_by_its_verifier(client: Client) -> None:
    """An attacker's code in the victim's address: PKCE has the provider refuse it."""
    stolen = parse_qs(urlsplit(await begin(client)).query)["code"][0]
    back = urlsplit(await begin(client))
    state = parse_qs(back.query)["state"][0]
    answer = await client.get(back.path, params={"state": state, "code": stolen})

    assert 503 == answer.status_code
    assert "vigil" not in client.cookies


async def test_another_provider_cannot_send_her_back(client: Client) -> None:
    """`iss` in the address is checked (RFC 9207)."""
    back = await begin(client)
    answer = await client.get(back.split("&iss=")[0] + "&iss=https%3A%2F%2Fevil.example")

    assert 403 == answer.status_code
    assert "another provider" in answer.json()["detail"]


async def test_what_the_provider_says_of_a_refusal_is_told_and_nothing_more(client: Client) -> None:
    """She did not agree: 403 with its word."""
    back = urlsplit(await begin(client))
    state = parse_qs(back.query)["state"][0]
    answer = await client.get(back.path, params={"state": state, "error": "access_denied"})

    assert 403 == answer.status_code
    assert "access_denied" in answer.json()["detail"]


GOALS = [
    "https://evil.example/", "//evil.example", "/v1/session", "/console/\\evil", "/console/?a=b",
    "/consol\u00e9/", "/console/\r\nSet-Cookie: x", "",
]  # fmt: skip


async def test_it_leads_on_to_pages_of_the_console_alone(client: Client) -> None:
    """`next` is no way to send people elsewhere."""
    for goal in GOALS:
        answer = await client.get("/v1/session/login", params={"next": goal})

        assert 422 == answer.status_code, goal


# -- attacks on tokens -------------------------------------------------------------------------


def unsigned(provider: OidcServer, claims: dict[str, Any]) -> str:
    """`alg: none`."""
    _, body, _ = provider.sign(claims).split(".")
    head = _text(b'{"alg":"none","kid":"k1"}')
    return f"{head}.{body}."


def _text(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")


def by_secret(provider: OidcServer, claims: dict[str, Any]) -> str:
    """HS256, with the provider's public key as the secret: what anybody can sign."""
    body = provider.sign(claims).split(".")[1]
    head = _text(b'{"alg":"HS256","kid":"k1"}')
    signed = f"{head}.{body}"
    public = provider.key.as_pem(private=False)
    return f"{signed}.{_text(hmac.digest(public, signed.encode(), 'sha256'))}"


def by_another(provider: OidcServer, claims: dict[str, Any]) -> str:
    """Signed with a key of the attacker's, that calls itself as the provider's."""
    honest, provider.key = provider.key, RSAKey.generate_key(2048, {"kid": "k1"})
    try:
        return provider.sign(claims)
    finally:
        provider.key = honest


def with_own_key(provider: OidcServer, claims: dict[str, Any]) -> str:
    """The attacker's key comes along in the head."""
    key = RSAKey.generate_key(2048)
    now = int(provider.now())
    body = {**provider.claims, "iss": provider.issuer, "iat": now, "exp": now + 300, **claims}
    head = {"alg": "RS256", "kid": "k1", "jwk": key.as_dict(private=False)}
    return jwt.encode(head, body, key)


ATTACKS: dict[str, Any] = {
    "alg none": unsigned,
    "a shared secret": by_secret,
    "another key": by_another,
    "a key of its own": with_own_key,
    "another issuer": lambda p, c: p.sign({**c, "iss": "https://evil.example"}),
    "no issuer": lambda p, c: p.sign({**c, "iss": None}),
    "another audience": lambda p, c: p.sign({**c, "aud": "somebody-else"}),
    "no audience": lambda p, c: p.sign({**c, "aud": None}),
    "expired": lambda p, c: p.sign({**c, "exp": int(p.now()) - 31}),
    "no end": lambda p, c: p.sign({**c, "exp": None}),
    "from the future": lambda p, c: p.sign({**c, "iat": int(p.now()) + 31}),
    "not yet good": lambda p, c: p.sign({**c, "nbf": int(p.now()) + 31}),
    "changed": lambda p, c: p.sign(c)[:-6] + "AAAAAA",
    "no token": lambda _p, _c: "a.b.c",
    "too long": lambda p, c: p.sign({**c, "x": "x" * 20_000}),
}


async def test_a_forged_bearer_token_is_nobody(client: Client, provider: OidcServer) -> None:
    """401; and the problem does not say what was wrong, which the log does."""
    good = await client.get("/v1/status", headers=bearer(provider.token()))
    assert 200 == good.status_code
    for attack, forge in ATTACKS.items():
        token = forge(provider, {"aud": AUDIENCE})
        answer = await client.get("/v1/status", headers=bearer(token))

        assert 401 == answer.status_code, attack


async def test_a_forged_id_token_signs_nobody_in(client: Client, provider: OidcServer) -> None:
    """Although its code, state and nonce are right."""
    for attack, forge in ATTACKS.items():
        back = await begin(client)
        state = parse_qs(urlsplit(back).query)["state"][0]
        nonce = next(one["nonce"] for one in provider.under_way if one["state"] == state)
        provider.raw_token = forge(provider, {"aud": CLIENT, "nonce": nonce})
        answer = await client.get(back)

        assert 403 == answer.status_code, (attack, answer.text)
        assert "vigil" not in client.cookies


async def test_an_id_token_of_another_sign_in_or_client_signs_nobody_in(
    client: Client, provider: OidcServer
) -> None:
    """Nonce, `azp` and audience are those of this sign-in; a program's token is none."""
    for claims in (
        {"nonce": "another"}, {"nonce": None}, {"nonce": 7}, {"azp": "somebody-else"},
        {"aud": AUDIENCE},
    ):  # fmt: skip
        provider.forge = lambda _, body, claims=claims: body.update(claims)
        answer = await sign_in(client)

        assert 403 == answer.status_code, claims


# -- programs ----------------------------------------------------------------------------------


async def test_a_program_comes_with_the_providers_jwt(
    client: Client, services: FakeServices, provider: OidcServer
) -> None:
    """Its claims are roles, its clock may be off by the skew; an ID token opens nothing."""
    just_past = provider.token(exp=int(services.now) - 29)
    several = provider.token([AUDIENCE, "other"])
    id_token = provider.token(CLIENT)
    statuses = [
        (await client.get("/v1/status", headers=bearer(token))).status_code
        for token in (provider.token(), just_past, several, id_token)
    ]
    privacy = provider.token(groups=["vigil-auditors"])
    refused = await client.get("/v1/status", headers=bearer(privacy))
    who = (await client.get("/v1/session", headers=bearer(privacy))).json()

    assert [200, 200, 200, 401] == statuses
    assert (403, ["privacy-officer"], "jwt") == (refused.status_code, who["roles"], who["via"])


async def test_keys_are_kept_and_read_again_when_there_are_new_ones(
    client: Client, services: FakeServices, provider: OidcServer
) -> None:
    """Ten calls read them once; a new one is found, at most every 10 s whatever comes."""
    for _ in range(10):
        await client.get("/v1/status", headers=bearer(provider.token()))
    read_first = provider.asked.count("/keys")
    provider.key = ECKey.generate_key("P-256", {"kid": "k2"})
    early = await client.get("/v1/status", headers=bearer(provider.token()))
    services.now += 11
    late = await client.get("/v1/status", headers=bearer(provider.token()))
    for number in range(20):
        token = provider.sign({"aud": AUDIENCE}, {"kid": f"unknown-{number}"})
        await client.get("/v1/status", headers=bearer(token))

    assert 1 == read_first
    assert (401, 200) == (early.status_code, late.status_code)
    assert 2 == provider.asked.count("/keys")


async def test_a_provider_that_is_away_locks_nobody_out_whose_key_is_known(
    client: Client, services: FakeServices, provider: OidcServer
) -> None:
    """Its keys are due, and it does not answer: those known go on."""
    await client.get("/v1/status", headers=bearer(provider.token()))
    provider.down = True
    services.now += 4000
    answer = await client.get("/v1/status", headers=bearer(provider.token()))

    assert 200 == answer.status_code


async def test_a_key_that_others_share_is_not_taken(client: Client, provider: OidcServer) -> None:
    """Also where the provider itself publishes it, beside things that are no keys."""
    shared = OctKey.import_key(b"a secret that everybody can read")
    provider.more_keys = [{**shared.as_dict(), "kid": "s1"}, {"kty": "RSA"}, {"kty": 7}]
    now = int(provider.now())
    body = {**provider.claims, "iss": provider.issuer, "aud": AUDIENCE, "iat": now,
            "exp": now + 300}  # fmt: skip
    forged = jwt.encode({"alg": "HS256", "kid": "s1"}, body, shared)
    answers = [
        await client.get("/v1/status", headers=bearer(token))
        for token in (forged, provider.token())
    ]

    assert [401, 200] == [answer.status_code for answer in answers]


# -- where Vigil goes --------------------------------------------------------------------------


PLACES = [
    "http://169.254.169.254/latest/meta-data", "http://127.0.0.1:1/keys", "https://10.0.0.1/keys",
    "file:///etc/passwd", "http://[::1", "https://id.example.com@10.0.0.1/",
]  # fmt: skip


async def test_it_goes_nowhere_that_settings_do_not_name(
    client: Client, provider: OidcServer
) -> None:
    """Whatever the provider's description says; nothing but the description is asked for."""
    for end in ("jwks_uri", "token_endpoint", "authorization_endpoint", "end_session_endpoint"):
        for where in PLACES:
            provider.description = {end: where}
            begun = await client.get("/v1/session/login")
            program = await client.get("/v1/status", headers=bearer(provider.token()))

            assert (503, 401) == (begun.status_code, program.status_code), (end, where)
    assert {"/.well-known/openid-configuration"} == set(provider.asked)


async def test_a_description_of_another_issuer_is_not_taken(
    client: Client, provider: OidcServer
) -> None:
    """Who answers at the issuer's address has to be it."""
    provider.description = {"issuer": "https://evil.example"}

    assert 503 == (await client.get("/v1/session/login")).status_code


WRONG: list[dict[str, Any]] = [
        {"issuer": "http://id.example.com", "client_id": "x", "roles": {"a": "operator"}},
        {"issuer": "https://id.example.com?x=1", "client_id": "x", "roles": {"a": "operator"}},
        {"issuer": "https://id.example.com", "roles": {"a": "operator"}},
        {"issuer": "https://id.example.com", "client_id": "x"},
        {"issuer": "https://id.example.com", "client_id": "x", "roles": {"a": "root"}},
        {"issuer": "https://id.example.com", "client_id": "x", "audience": "x",
         "roles": {"a": "operator"}},
    ]  # fmt: skip


def test_settings_that_would_let_the_wrong_ones_in_are_refused() -> None:
    """Plain HTTP beyond this machine, no client, no roles, ID tokens as bearer tokens."""
    for given in WRONG:
        with pytest.raises(ValidationError):
            OidcSettings.model_validate(given)
