"""Signing in and out: sessions by cookie, one-time sign-ins, tokens, and who may give them."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from support.api_server import AS_OPERATOR, OFFER_KEY, OPERATOR, app_of, client_of
from support.calls import calls_of
from support.fake_services import FakeServices

from gateway.api.callers import CSRF, Admission
from gateway.credentials import Credentials
from gateway.links import sign_link
from gateway.roles import MET_BY, Need, Role
from gateway.settings import AccessSettings

Client = httpx2.AsyncClient
SEND = "/v1/twins/vehicle/v1/events/configured"


@pytest.fixture
def services() -> FakeServices:
    """A cluster in memory, whose clock all of it goes by."""
    return FakeServices()


@pytest.fixture
def admission(tmp_path: Path, services: FakeServices) -> Iterator[Admission]:
    """Tokens and sessions in a file; sign-ins last a minute, sessions an hour."""
    credentials = Credentials(tmp_path, lambda: services.now)
    credentials.prepare()
    yield Admission(AccessSettings(session_s=3600, sign_in_s=60), credentials)
    credentials.close()


@pytest.fixture
async def client(services: FakeServices, admission: Admission) -> AsyncIterator[Client]:
    """A browser, or a program: it keeps cookies."""
    async with client_of(services, admission=admission) as client:
        yield client


async def sign_in(client: Client, *roles: str) -> dict[str, Any]:
    """Sign in by a link, as the console does; returns what the page is told."""
    made = await client.post(
        "/v1/sign-ins", json={"name": "Aino", "roles": roles or ["operator"]}, headers=AS_OPERATOR
    )
    assert 201 == made.status_code, made.text
    answer = await client.post("/v1/session", json={"token": made.json()["token"]})
    assert 200 == answer.status_code, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def make_token(client: Client, *roles: str) -> dict[str, Any]:
    """A token; its secret and what it is."""
    answer = await client.post(
        "/v1/tokens", json={"name": "ci", "roles": roles}, headers=AS_OPERATOR
    )
    assert 201 == answer.status_code, answer.text
    found: dict[str, Any] = answer.json()
    return found


def bearer(secret: str) -> dict[str, str]:
    """The header of a token."""
    return {"Authorization": f"Bearer {secret}"}


# -- one-time sign-ins -------------------------------------------------------------------------


async def test_a_link_signs_in_once(client: Client) -> None:
    """The first who comes has a session with name and roles; the second is refused."""
    made = await client.post(
        "/v1/sign-ins", json={"name": "Aino", "roles": ["employee"]}, headers=AS_OPERATOR
    )
    token = made.json()["token"]
    first = await client.post("/v1/session", json={"token": token})
    second = await client.post("/v1/session", json={"token": token})
    who = (await client.get("/v1/session")).json()

    assert f"/console/?token={token}" == made.json()["path"]
    assert (200, 401) == (first.status_code, second.status_code)
    assert "used before" in second.json()["detail"]
    assert ("Aino", ["employee"], ["read", "serve"], "session", True) == (
        who["name"], who["roles"], who["needs"], who["via"], who["named"],
    )  # fmt: skip
    assert first.json() == who


async def test_a_link_ends_unused(client: Client, services: FakeServices) -> None:
    """After its time it is none."""
    made = await client.post(
        "/v1/sign-ins", json={"name": "Aino", "roles": ["operator"]}, headers=AS_OPERATOR
    )
    services.now += 60
    answer = await client.post("/v1/session", json={"token": made.json()["token"]})

    assert 401 == answer.status_code
    assert not client.cookies


async def test_a_link_waits_as_long_as_it_is_told_to(
    client: Client, services: FakeServices
) -> None:
    """Longer than settings say, for a screen that stays; and not for ever."""
    given = {"name": "Aino", "roles": ["operator"], "lasts_s": 3600}
    made = await client.post("/v1/sign-ins", json=given, headers=AS_OPERATOR)
    services.now += 3599
    late = await client.post("/v1/session", json={"token": made.json()["token"]})
    for_ever = await client.post(
        "/v1/sign-ins", json={**given, "lasts_s": 10**9}, headers=AS_OPERATOR
    )

    assert (200, 422) == (late.status_code, for_ever.status_code)


async def test_the_nodes_own_token_signs_in_too_and_signs_no_name(client: Client) -> None:
    """A page with a field for it works; whoever holds it says her name with each call."""
    answer = await client.post("/v1/session", json={"token": OPERATOR})

    assert (["administrator"], False) == (answer.json()["roles"], answer.json()["named"])


async def test_another_page_cannot_sign_a_browser_in(client: Client) -> None:
    """An attacker's page can't have the browser work in the attacker's session."""
    made = await client.post(
        "/v1/sign-ins", json={"name": "Mallory", "roles": ["operator"]}, headers=AS_OPERATOR
    )
    answer = await client.post(
        "/v1/session", json={"token": made.json()["token"]},
        headers={"Origin": "https://evil.example"},
    )  # fmt: skip

    assert 403 == answer.status_code
    assert not client.cookies


# -- the cookie --------------------------------------------------------------------------------


async def test_no_script_and_no_other_page_gets_the_cookie(client: Client) -> None:
    """HttpOnly, SameSite=Strict, for all paths; and the secret stands nowhere in the answer."""
    made = await client.post(
        "/v1/sign-ins", json={"name": "Aino", "roles": ["operator"]}, headers=AS_OPERATOR
    )
    answer = await client.post("/v1/session", json={"token": made.json()["token"]})
    parts = {part.strip().lower() for part in answer.headers["set-cookie"].split(";")}

    assert {"httponly", "samesite=strict", "path=/", "max-age=3600"} <= parts
    assert client.cookies["vigil"] not in answer.text


async def test_behind_tls_the_cookie_is_for_tls_and_this_host_alone(
    services: FakeServices, admission: Admission
) -> None:
    """`__Host-` and Secure, as soon as people reach us by https."""
    by_tls = Admission(admission.settings, admission.credentials, "https://vigil.example")
    async with client_of(services, admission=by_tls) as client:
        answer = await client.post("/v1/session", json={"token": OPERATOR})
        cookie = answer.headers["set-cookie"]

    assert cookie.startswith("__Host-vigil=")
    assert "secure" in cookie.lower()


@pytest.mark.parametrize(
    "forged",
    ["", "x", "x.y", sign_link(OFFER_KEY, "session", b"x" * 43), "é", "a" * 4000],
)
async def test_a_forged_cookie_is_nobody(client: Client, forged: str) -> None:
    """Also one that is signed with the key of customers' links."""
    header = [(b"cookie", b"vigil=" + forged.encode())]
    answer = await client.get("/v1/status", headers=header)

    assert 401 == answer.status_code


async def test_a_session_ends(client: Client, services: FakeServices) -> None:
    """After its hour the cookie is worth nothing."""
    await sign_in(client)
    before = await client.get("/v1/status")
    services.now += 3600
    after = await client.get("/v1/status")

    assert (200, 401) == (before.status_code, after.status_code)


async def test_who_signs_out_leaves_nothing_that_works(client: Client) -> None:
    """The cookie that somebody copied before is worth nothing after."""
    page = await sign_in(client)
    stolen = client.cookies["vigil"]
    answer = await client.delete("/v1/session", headers={CSRF: page["csrf"]})
    thief = await client.get("/v1/status", headers={"Cookie": f"vigil={stolen}"})
    again = await client.delete("/v1/session")

    assert {"ended": True, "end_session_url": None} == answer.json()
    assert not client.cookies
    assert 401 == thief.status_code
    assert {"ended": False, "end_session_url": None} == again.json()


# -- forged calls ------------------------------------------------------------------------------


async def test_a_change_by_cookie_carries_the_sessions_csrf_token(
    client: Client, services: FakeServices
) -> None:
    """Without, with garbage, or with another session's it is refused and nothing is sent."""
    other = await sign_in(client)
    page = await sign_in(client)
    refused = [
        (await client.post(SEND, json={}, headers=headers)).status_code
        for headers in ({}, {CSRF: ""}, {CSRF: "x.y"}, {CSRF: other["csrf"]})
    ]
    sent_before = len(services.sent)
    taken = await client.post(SEND, json={}, headers={CSRF: page["csrf"]})

    assert [403] * 4 == refused
    assert 0 == sent_before
    assert (202, 1) == (taken.status_code, len(services.sent))


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"Origin": "http://vigil.test"}, 202),
        ({"Origin": "http://vigil.test", "Sec-Fetch-Site": "same-origin"}, 202),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "http://vigil.test.evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://[broken"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
    ],
)
async def test_a_change_by_cookie_comes_from_our_own_page(
    client: Client, headers: dict[str, str], expected: int
) -> None:
    """Even with a CSRF token that leaked."""
    page = await sign_in(client)
    answer = await client.post(SEND, json={}, headers={**headers, CSRF: page["csrf"]})

    assert expected == answer.status_code


async def test_a_token_goes_before_a_cookie_and_needs_no_csrf(client: Client) -> None:
    """A program's call is no browser's: nobody can make one send it."""
    await sign_in(client, "operator")
    reader = await make_token(client, "read-only")
    writer = await make_token(client, "operator")
    refused = await client.post(SEND, json={}, headers=bearer(reader["secret"]))
    taken = await client.post(SEND, json={}, headers=bearer(writer["secret"]))
    garbage = await client.get("/v1/status", headers=bearer("vigil_nothing"))

    assert (403, 202, 401) == (refused.status_code, taken.status_code, garbage.status_code)


# -- tokens ------------------------------------------------------------------------------------


async def test_each_role_opens_what_the_table_says_and_nothing_else(
    client: Client, services: FakeServices, admission: Admission
) -> None:
    """Every call of every role: 403 with the roles that would do, or past the door."""
    assert admission.credentials is not None
    calls = [
        call for call in calls_of(app_of(services))
        if Need(call.need) not in MET_BY and not call.streams
    ]  # fmt: skip
    for role in Role:
        secret, _ = admission.credentials.make("token", role, [role], lasts_s=None, by="test")
        for call in calls:
            answer = await client.request(
                call.method, call.url, content=b"{]", headers=bearer(secret)
            )
            if role in call.roles:
                assert answer.status_code not in {401, 403}, f"{role}: {call}: {answer.text}"
            else:
                assert 403 == answer.status_code, f"{role}: {call}: {answer.text}"
                assert [*call.roles] == answer.json()["roles"]


async def test_a_token_is_told_once_listed_without_its_secret_and_revoked(client: Client) -> None:
    """After that it opens nothing, nor does the session that it was exchanged for."""
    made = await make_token(client, "read-only", "employee")
    secret, id_ = made["secret"], made["token"]["id"]
    listed = await client.get("/v1/tokens", headers=AS_OPERATOR)
    session = await client.post("/v1/session", json={"token": secret})
    works = [await client.get("/v1/status"), await client.get("/v1/status", headers=bearer(secret))]
    sessions = await client.get("/v1/tokens?kind=session", headers=AS_OPERATOR)
    gone = await client.delete(f"/v1/tokens/{id_}", headers=AS_OPERATOR)
    fails = [await client.get("/v1/status"), await client.get("/v1/status", headers=bearer(secret))]
    again = await client.delete(f"/v1/tokens/{id_}", headers=AS_OPERATOR)

    assert [("ci", id_)] == [(one["name"], one["id"]) for one in listed.json()["items"]]
    assert secret not in listed.text
    assert 200 == session.status_code
    assert ["ci"] == [one["name"] for one in sessions.json()["items"]]
    assert [200, 200] == [answer.status_code for answer in works]
    assert 200 == gone.status_code
    assert [401, 401] == [answer.status_code for answer in fails]
    assert 404 == again.status_code


async def test_nobody_gives_what_she_has_not(client: Client) -> None:
    """An administrator makes no privacy officer: that would be a way to erase persons."""
    for path in ("/v1/tokens", "/v1/sign-ins"):
        answer = await client.post(
            path, json={"name": "x", "roles": ["administrator", "privacy-officer"]},
            headers=AS_OPERATOR,
        )  # fmt: skip

        assert 403 == answer.status_code
        assert "privacy" in answer.json()["detail"]


@pytest.mark.parametrize(
    "given",
    [
        {"name": "", "roles": ["operator"]},
        {"name": "x\n", "roles": ["operator"]},
        {"name": "x", "roles": []},
        {"name": "x", "roles": ["root"]},
        {"name": "x", "roles": ["operator"], "days": 0},
        {"name": "x"},
    ],
)
async def test_a_token_without_a_proper_name_role_or_end_is_not_made(
    client: Client, given: dict[str, Any]
) -> None:
    """422, and nothing is kept."""
    answer = await client.post("/v1/tokens", json=given, headers=AS_OPERATOR)
    listed = await client.get("/v1/tokens", headers=AS_OPERATOR)

    assert (422, []) == (answer.status_code, listed.json()["items"])


async def test_without_a_file_of_credentials_it_says_so(services: FakeServices) -> None:
    """503, not an error of ours."""
    async with client_of(services) as client:
        answer = await client.post("/v1/session", json={"token": "x"})

    assert 503 == answer.status_code


# -- names -------------------------------------------------------------------------------------


async def test_who_has_a_name_signs_by_it(client: Client, services: FakeServices) -> None:
    """`by` is hers, whatever the call says; the node's token names nobody, and signs as it says.

    The same holds past the calls that are made for it.
    """
    services.answers["policy.stop"] = None
    token = bearer((await make_token(client, "operator"))["secret"])
    said = {"by": "Somebody Else"}
    for headers in (token, AS_OPERATOR):
        await client.post("/v1/policies/all/stop", json=said, headers=headers)
        await client.post("/v1/twins/policy/all/ask/policy.stop", json=said, headers=headers)

    assert ["ci", "ci", "Somebody Else", "Somebody Else"] == [
        data["by"] for _, _, data, _ in services.asked
    ]


async def test_rules_are_not_published_past_their_need(
    client: Client, services: FakeServices
) -> None:
    """An operator may write to twins; a rulebook's twin wants an author all the same."""
    token = bearer((await make_token(client, "operator"))["secret"])
    answers = [
        await client.post("/v1/twins/rulebook/vehicle/ask/rules.publish", json={}, headers=token),
        await client.post("/v1/twins/rulebook/vehicle/events/x", json={}, headers=token),
    ]

    assert [403, 403] == [answer.status_code for answer in answers]
    assert all("author" in answer.json()["detail"] for answer in answers)
    assert ([], []) == (services.asked, services.sent)
