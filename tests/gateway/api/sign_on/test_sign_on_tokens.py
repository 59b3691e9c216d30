"""Tokens of a provider: forged ones, those of programs, and where Vigil goes for its keys."""

import hmac
from base64 import urlsafe_b64encode
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, RSAKey
from pydantic import ValidationError
from sign_on_kit import Client, bearer, begin, sign_in
from support.fake_services import FakeServices
from support.oidc_server import AUDIENCE, CLIENT, OidcServer

from gateway.settings import OidcSettings

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
