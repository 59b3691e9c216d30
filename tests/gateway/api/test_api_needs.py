"""Who may call what: declared at each route, published, and enforced."""

import httpx2
import pytest
from fastapi import APIRouter, FastAPI
from support.api_server import PRIVACY, app_of, client_of
from support.calls import calls_of
from support.fake_services import FakeServices

from gateway.api import needs as needs_module
from gateway.api.context import Key, Kind
from gateway.api.needs import Authors, Reads
from gateway.roles import MAY, MET_BY, Need, Role, needs_of, roles_with

AS_PRIVACY = {"Authorization": f"Bearer {PRIVACY}"}


def test_every_operation_says_what_it_needs() -> None:
    """No operation of the description is without a need that is known."""
    calls = calls_of(app_of(FakeServices()))

    assert len(calls) > 50
    assert [] == [str(call) for call in calls if call.need not in list(Need)]


def test_what_is_for_people_says_for_which_roles_and_how_it_refuses() -> None:
    """Each operation that a role opens names the roles of the table, and has a 401 and a 403."""
    calls = [call for call in calls_of(app_of(FakeServices())) if Need(call.need) not in MET_BY]

    assert len(calls) > 30
    for call in calls:
        assert [*call.roles] == [str(role) for role in roles_with(Need(call.need))], str(call)
        assert {"401", "403"} <= call.responses, str(call)


def test_a_route_that_looks_needs_no_more_than_looking() -> None:
    """`read` stands at safe methods only, and no unsafe method gets by with it."""
    reading = [call for call in calls_of(app_of(FakeServices())) if call.need == Need.READ]

    assert [] == [str(call) for call in reading if not call.safe]


def test_an_application_with_an_undeclared_route_does_not_start() -> None:
    """Forgetting a need, or stating two, is an error that names the route."""
    app, router = FastAPI(), APIRouter()

    @router.get("/v1/forgotten")
    async def forgotten() -> None:
        """Nobody said for whom."""

    app.include_router(router)

    with pytest.raises(ValueError, match="GET /v1/forgotten declares no need"):
        needs_module.install(app, [router])

    app, router = FastAPI(), APIRouter()

    @router.get("/v1/both/{kind}/{key}")
    async def both(kind: Kind, key: Key, one: Reads, other: Authors) -> None:
        """Two say different things."""

    app.include_router(router)

    with pytest.raises(ValueError, match="it declares author, read"):
        needs_module.install(app, [router])


async def test_without_a_token_every_call_of_people_is_refused_with_the_roles() -> None:
    """401, problem details, and the roles that would do; whatever the path and body are."""
    async with client_of(FakeServices()) as client:
        for call in calls_of(app_of(FakeServices())):
            if Need(call.need) in MET_BY:
                continue
            answer = await client.request(call.method, call.url, content=b"{]")
            problem = answer.json()

            assert (401, "unauthenticated") == (answer.status_code, problem["reason"]), str(call)
            assert (call.need, [*call.roles]) == (problem["need"], problem["roles"]), str(call)
            assert all(role in problem["detail"] for role in call.roles), str(call)


async def test_another_role_is_refused_with_the_roles_that_would_do() -> None:
    """The privacy officer may export, and is told who may look at twins."""
    async with client_of(FakeServices()) as client:
        refused = await client.get("/v1/twins/vehicle/v1", headers=AS_PRIVACY)
        problem = refused.json()

        assert (403, "forbidden") == (refused.status_code, problem["reason"])
        assert "read" == problem["need"]
        assert "privacy officer has privacy-officer" in problem["detail"]
        assert Role.READ_ONLY in problem["roles"]


@pytest.mark.parametrize(
    "header", ["Bearer ", "Bearer \u00e9", "Basic Zm9v", "bearer", "Token x", "Bearer a:b"]
)
async def test_garbage_for_a_token_is_nobody(header: str) -> None:
    """What is no token of ours is answered with 401, not with an error of ours."""
    transport = httpx2.ASGITransport(app=app_of(FakeServices()))
    async with httpx2.AsyncClient(transport=transport, base_url="http://vigil.test") as client:
        headers = {b"authorization": header.encode("latin-1")}
        answer = await client.get("/v1/status", headers=headers)

        assert 401 == answer.status_code


def test_persons_are_erased_by_nobody_who_runs_the_cluster() -> None:
    """`privacy` has a role of its own, that has nothing that changes anything else."""
    assert [Role.PRIVACY_OFFICER] == roles_with(Need.PRIVACY)
    assert {Need.PRIVACY, Need.AUDIT} == MAY[Role.PRIVACY_OFFICER]


def test_the_table_leaves_no_need_without_a_way() -> None:
    """Each need has a role that meets it, or says by what else it is met; never both."""
    by_role = needs_of(Role)

    assert set(Need) == by_role | set(MET_BY)
    assert set() == by_role & set(MET_BY)


def test_the_table_in_the_text_is_the_table() -> None:
    """The docstring of `gateway.roles` shows what holds."""
    import gateway.roles as module  # noqa: PLC0415 - its text is looked at

    rows = [line for line in (module.__doc__ or "").splitlines() if line.startswith("| ")]
    head = [cell.strip() for cell in rows[0].strip("|").split("|")][1:]
    shown = {
        (Role(role), Need(cells[0].strip("`")))
        for cells in ([cell.strip() for cell in row[1:-1].split("|")] for row in rows[1:])
        for role, mark in zip(head, cells[1:], strict=True)
        if mark == "yes"
    }

    assert {(role, need) for role, needs in MAY.items() for need in needs} == shown
