"""Bulk: one operation on many twins, over real partitions; and crashes in the middle of it."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from support.api_server import AS_OPERATOR, DEVICE_KEY, app_of
from support.fleet_services import FleetServices

import twins.bulk
import twins.devices
import twins.people
from actors.errors import Unavailable
from gateway.api.bulk_jobs import BulkJobs
from gateway.auth import device_token
from twins.bulk import PAGE

assert twins.bulk, "the kinds that this is about"
assert twins.devices, "the same"
assert twins.people, "the same"

WHERE = "kind = vehicle"
PATCH = {"by": "Mika", "where": WHERE, "patch": {"description": "red"}, "rate": 1000}
TABLE = {"Content-Type": "text/csv"}
LINES = {"Content-Type": "application/x-ndjson"}


class Crowd(FleetServices):
    """Cars; and what breaks when it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[str] = []
        self.break_after: int | None = None
        """So many twins are called, and then nothing answers any more."""

    def add_cars(self, count: int) -> None:
        """Let so many cars exist."""
        for number in range(count):
            self.fleet.measure(f"vehicle/v{number:04d}", {"coolant_c": 90.0})

    async def ask(self, twin_id: str, name: str, data: Any, event_id: str) -> Any:
        """As a partition would, unless it broke."""
        if twin_id.startswith("vehicle/"):
            self.calls.append(twin_id)
            if self.break_after is not None and len(self.calls) > self.break_after:
                raise Unavailable("the cluster is gone")
        return await super().ask(twin_id, name, data, event_id)


@pytest.fixture
def services() -> Crowd:
    """A new cluster."""
    return Crowd()


@pytest.fixture
def app(services: Crowd) -> FastAPI:
    """The API's application."""
    return app_of(services)


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    """An operator's."""
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(
        transport=transport, base_url="http://vigil.test", headers=AS_OPERATOR
    ) as client:
        yield client


async def done(app: FastAPI, client: httpx2.AsyncClient, given: dict[str, Any]) -> Any:
    """Begin a job, wait for its end, and read it."""
    answer = await client.post("/v1/bulk", json=given)

    assert 202 == answer.status_code, answer.text
    await app.state.context.bulk.settled(answer.json()["id"])
    return (await client.get(f"/v1/bulk/{answer.json()['id']}")).json()


async def test_preview_counts_and_does_nothing(services: Crowd, client: httpx2.AsyncClient) -> None:
    """With some of the twins; a filter that names no field of the kind is refused."""
    services.add_cars(30)
    preview = (await client.post("/v1/bulk/preview", json=PATCH)).json()
    wrong = await client.post("/v1/bulk/preview", json={**PATCH, "where": f"{WHERE} and x = 1"})

    assert (30, 20, "patch") == (preview["count"], len(preview["sample"]), preview["operation"])
    assert [] == services.calls
    assert (422, "bad_filter") == (wrong.status_code, wrong.json()["reason"])


async def test_patch_of_many_with_a_result_for_each(
    services: Crowd, app: FastAPI, client: httpx2.AsyncClient
) -> None:
    """Over several pages; each twin once."""
    services.add_cars(PAGE + 10)
    job = await done(app, client, PATCH)
    pages = [
        (await client.get(f"/v1/bulk/{job['id']}/results", params={"page": number})).json()
        for number in range(3)
    ]
    ids = [item["twin_id"] for page in pages for item in page["items"]]

    assert ("done", PAGE + 10, 0, 2) == (
        job["state"], job["succeeded"], job["failed"], job["pages"],
    )  # fmt: skip
    assert [f"vehicle/v{number:04d}" for number in range(PAGE + 10)] == ids
    assert [True, False, False] == [page["more"] for page in pages]
    assert "red" == services.fleet.twin("vehicle/v0209").description


@pytest.mark.parametrize(
    ("operation", "said"),
    [
        ({"patch": {"coolant_c": 5}}, "NotPatchable: coolant_c"),
        ({"command": "fly"}, "takes no command 'fly'"),
        ({"event": "nonsense"}, "no handler for 'nonsense'"),
    ],
)
async def test_what_a_twin_refuses_is_its_result(
    services: Crowd, app: FastAPI, client: httpx2.AsyncClient, operation: Any, said: str
) -> None:
    """And the job goes on to its end."""
    services.add_cars(2)
    job = await done(app, client, {"by": "Mika", "where": WHERE, "rate": 1000, **operation})
    results = (await client.get(f"/v1/bulk/{job['id']}/results")).json()["items"]

    assert ("done", 0, 2) == (job["state"], job["succeeded"], job["failed"])
    assert all(said in item["problem"] for item in results)


async def test_commands_and_maintenance_of_many(
    services: Crowd, app: FastAPI, client: httpx2.AsyncClient
) -> None:
    """As if each had been asked by itself."""
    services.add_cars(2)
    common = {"by": "Mika", "where": WHERE, "rate": 1000}
    command = await done(app, client, {**common, "command": "warn_driver"})
    begun = await done(app, client, {**common, "maintain": "begin", "for_s": 60})
    listed = (await client.get("/v1/maintenance")).json()["items"]
    ended = await done(app, client, {**common, "maintain": "end"})
    jobs = (await client.get("/v1/bulk")).json()["items"]

    assert [2, 2, 2] == [job["succeeded"] for job in (command, begun, ended)]
    assert ["Mika", "Mika"] == [one["by"] for one in listed]
    assert 1 == len(services.fleet.twin("vehicle/v0000").commands)
    assert 3 == len(jobs)


async def test_job_is_gone_on_with_after_a_crash(
    services: Crowd, app: FastAPI, client: httpx2.AsyncClient
) -> None:
    """By another process, where the first one was; each twin's event counts once."""
    services.add_cars(PAGE + 30)
    services.break_after = PAGE + 12
    job = (await client.post("/v1/bulk", json=PATCH)).json()["id"]
    while len(services.calls) <= PAGE + 12:
        await asyncio.sleep(0)
    await app.state.context.bulk.close()
    half = (await client.get(f"/v1/bulk/{job}")).json()
    services.break_after = None
    again = BulkJobs(services)
    await again.resume()
    await again.settled(job)
    found = (await client.get(f"/v1/bulk/{job}")).json()
    cars = [twin_id for twin_id in services.states if twin_id.startswith("vehicle/")]
    handled = {(await services.state(twin_id)).applied for twin_id in cars}

    assert ("running", PAGE) == (half["state"], half["succeeded"])
    assert ("done", PAGE + 30, 0) == (found["state"], found["succeeded"], found["failed"])
    assert {2} == handled, "a reading and one patch each"


async def test_cancelled_job_does_no_further_page(
    services: Crowd, app: FastAPI, client: httpx2.AsyncClient
) -> None:
    """What is done stays done, and is counted."""
    services.add_cars(2 * PAGE)
    job = (await client.post("/v1/bulk", json=PATCH)).json()["id"]
    cancelled = (await client.post(f"/v1/bulk/{job}/cancel")).json()
    await app.state.context.bulk.settled(job)
    found = (await client.get(f"/v1/bulk/{job}")).json()

    assert ("cancelled", "cancelled") == (cancelled["state"], found["state"])
    assert len(set(services.calls)) <= PAGE
    assert found["succeeded"] == len(set(services.calls))


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"patch": None}, 422),
        ({"command": "x"}, 422),
        ({"where": ""}, 422),
        ({"expected": 7}, 409),
        ({"patch": None, "event": "vigil.erase"}, 422),
    ],
)
async def test_jobs_that_do_not_begin(
    client: httpx2.AsyncClient, change: dict[str, Any], status: int
) -> None:
    """None, or two operations; another number of twins than was seen; Vigil's own words."""
    assert status == (await client.post("/v1/bulk", json={**PATCH, **change})).status_code


async def test_unknown_job(client: httpx2.AsyncClient) -> None:
    """Is not found, whatever is asked of it."""
    answers = [
        await client.get("/v1/bulk/j1"),
        await client.get("/v1/bulk/j1/results"),
        await client.post("/v1/bulk/j1/cancel"),
    ]

    assert [404] * 3 == [answer.status_code for answer in answers]


# -- import --------------------------------------------------------------------------------------


async def test_table_is_taken_over_and_again_changes_nothing(
    services: Crowd, client: httpx2.AsyncClient
) -> None:
    """Texts of cells become what the kind says; tokens are those with which devices sign in."""
    text = "id,description,owner,night_starts_s\nv1,the red one,customer/c1,3600\nv2,,,\n"
    first = await client.post(
        "/v1/import/vehicle", content=text, headers=TABLE, params={"tokens": True}
    )
    state = await services.state("vehicle/v1")
    again = await client.post("/v1/import/vehicle", content=text, headers=TABLE)
    after = await services.state("vehicle/v1")

    assert (2, 0) == (first.json()["succeeded"], first.json()["failed"])
    assert device_token(DEVICE_KEY, "vehicle/v1") == first.json()["rows"][0]["token"]
    assert ("the red one", 3600) == (state.state["description"], state.state["night_starts_s"])
    assert (2, state.applied) == (again.json()["succeeded"], after.applied)


async def test_wrong_rows_stop_no_other(services: Crowd, client: httpx2.AsyncClient) -> None:
    """Each has its line and what is wrong."""
    text = (
        '{"id": "v1", "description": "a"}\n\n{"id": "v 2"}\n{"id": "v3", "coolant_c": 5}\n'
        'no json\n{"id": "v1"}\n{"id": "v4", "owner": "nobody"}\n'
    )
    found = (await client.post("/v1/import/vehicle", content=text, headers=LINES)).json()
    problems = {row["line"]: row["problem"] for row in found["rows"] if row["problem"]}

    assert (1, 5) == (found["succeeded"], found["failed"])
    assert [3, 4, 5, 6, 7] == list(problems)
    assert "only the device" in problems[4]
    assert "stands in line 1 already" in problems[6]
    assert "a" == services.fleet.twin("vehicle/v1").description


async def test_dry_run_of_an_import_takes_nothing(
    services: Crowd, client: httpx2.AsyncClient
) -> None:
    """It checks what can be checked without the twins."""
    found = await client.post(
        "/v1/import/vehicle", content="id,description\nv1,x\n", headers=TABLE,
        params={"dry_run": True},
    )  # fmt: skip

    assert 1 == found.json()["succeeded"]
    assert 0 == (await services.state("vehicle/v1")).applied


@pytest.mark.parametrize(
    ("content", "media", "status"),
    [
        ("id,nonsense\nv1,2\n", "text/csv", 422),
        ("description\nx\n", "text/csv", 422),
        ('id\n"v1', "text/csv", 422),
        ("{}", "application/json", 415),
        (b"\xff", "text/csv", 422),
        ("id\n" + "".join(f"v{number}\n" for number in range(1001)), "text/csv", 413),
    ],
)
async def test_tables_that_are_none(
    client: httpx2.AsyncClient, content: Any, media: str, status: int
) -> None:
    """Nothing of them is taken."""
    headers = {"Content-Type": media}
    answer = await client.post("/v1/import/vehicle", content=content, headers=headers)

    assert status == answer.status_code
