"""People sign in by OIDC, against a provider over HTTP; and what attackers of that try."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

from sign_on_kit import Client, begin, sign_in
from support.fake_services import FakeServices
from support.oidc_server import CLIENT, OidcServer

from gateway.api.callers import CSRF

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
