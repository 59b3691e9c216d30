"""Calls about rules: what a person sees who changes them, over a cluster in memory."""

from typing import Any

import httpx2
import pytest
from support.api_server import AS_OPERATOR, KEYS, as_device, client_of
from support.fake_services import START
from support.rule_services import RuleServices
from support.rules import document, page
from support.world import START as WORLD_START

from gateway.api.app import create_app
from gateway.settings import RuleSettings
from twins.devices.vehicle import Vehicle
from twins.handler import Origin

ROOT = "/v1/rules/oven"


class Desk:
    """Somebody who works with the API."""

    def __init__(self, services: RuleServices, *, approval: bool = False) -> None:
        self.services = services
        app = create_app(services, KEYS, rule_settings=RuleSettings(approval=approval))
        self._transport = httpx2.ASGITransport(app=app)

    async def __call__(self, method: str, path: str, data: Any = None, **more: Any) -> Any:
        """One call: (status, content)."""
        async with httpx2.AsyncClient(
            transport=self._transport, base_url="http://vigil.test", headers=AS_OPERATOR
        ) as client:
            answer = await client.request(method, path, json=data, **more)
            return answer.status_code, answer.json()

    async def get(self, path: str = ROOT, **params: Any) -> Any:
        """The content of something that is there."""
        status, found = await self("GET", path, params=params)

        assert 200 == status, found

        return found

    async def post(self, path: str, data: Any) -> Any:
        """The content of what went well."""
        status, found = await self("POST", f"{ROOT}/{path}", data)

        assert 200 == status, found

        return found

    async def publish(self, *pages: dict[str, Any], **more: Any) -> Any:
        """Draft and publish."""
        draft = await self.post("drafts", {"by": "ann", "put": pages, **more})
        return await self.post(f"drafts/{draft['id']}/publish", {"by": "ann"})


@pytest.fixture
def desk() -> Desk:
    """A new cluster."""
    return Desk(RuleServices())


async def test_a_draft_is_published_and_read(desk: Desk) -> None:
    """The book shows rules with their text, drafts, and versions, newest first."""
    await desk.publish({**page("b"), "text": "rule: b  # hot"}, page("a", shadow=True))
    await desk.publish(remove=["a"], note="noise")
    await desk.post("drafts", {"by": "ben", "put": [page("c")]})
    book = await desk.get()

    assert ("oven", 2, 2, False) == (
        book["kind"], book["version"], book["published"], book["approval"],
    )  # fmt: skip
    assert [("b", document("b"), "rule: b  # hot", False)] == [
        (rule["name"], rule["document"], rule["text"], rule["shadow"]) for rule in book["rules"]
    ]
    assert [("d3", "ben", 2, [])] == [
        (draft["id"], draft["by"], draft["base"], draft["problems"]) for draft in book["drafts"]
    ]
    assert [(2, "ann", "noise", 1), (1, "ann", "", 2)] == [
        (one["number"], one["by"], one["note"], one["rules"]) for one in book["editions"]
    ]


async def test_an_earlier_version_is_read_and_brought_back(desk: Desk) -> None:
    """`version` shows its rules; a rollback makes them the next version."""
    await desk.publish(page("a"))
    await desk.publish(page("b"))
    first = await desk.get(version=1)
    back = await desk.post("rollback", {"version": 1, "by": "ben", "note": "b was wrong"})

    assert (1, 2, ["a"]) == (
        first["version"], first["published"], [rule["name"] for rule in first["rules"]],
    )  # fmt: skip
    assert (3, 1, "b was wrong") == (back["number"], back["back_to"], back["note"])
    assert ["a"] == [rule["name"] for rule in (await desk.get())["rules"]]


async def test_all_books_are_listed(desk: Desk) -> None:
    """Those with rules or drafts, with who changed them last; also what kinds bring."""
    await desk.publish(page("a", shadow=True), page("b"))
    await desk.post("drafts", {"by": "ben", "put": [page("c")]})
    await desk("POST", "/v1/rules/customer/drafts", {"by": "x", "base": 9})
    found = await desk.get("/v1/rules")
    items = {item.pop("kind"): item for item in found["items"]}

    assert {
        "published": 1, "rules": 2, "shadows": 1, "drafts": 1, "at": WORLD_START, "by": "ann",
    } == items["oven"]  # fmt: skip
    assert "customer" not in items
    assert (0, len(Vehicle.kind.ruleset.documents), None) == tuple(
        items["vehicle"][name] for name in ("published", "rules", "at")
    )
    assert START - 2.0 == found["as_of"]


async def test_a_kind_begins_with_the_rules_that_it_brings(desk: Desk) -> None:
    """They are version 0: a draft adds to them, and one can go back to them."""
    own = [rule["name"] for rule in (await desk.get("/v1/rules/vehicle"))["rules"]]
    rule = {"rule": "fast", "kind": "vehicle", "when": "speed_kmh > 200"}
    await desk("POST", "/v1/rules/vehicle/drafts", {"by": "ann", "put": [{"document": rule}]})
    await desk("POST", "/v1/rules/vehicle/drafts/d1/publish", {"by": "ann"})
    changed = await desk.get("/v1/rules/vehicle")
    await desk("POST", "/v1/rules/vehicle/rollback", {"by": "ann", "version": 0})
    back = await desk.get("/v1/rules/vehicle")

    assert sorted([*own, "fast"]) == sorted(one["name"] for one in changed["rules"])
    assert (2, own) == (back["published"], [one["name"] for one in back["rules"]])


async def test_a_refusal_is_a_conflict_and_says_what_to_do(desk: Desk) -> None:
    """The rulebook's own words, with its id."""
    await desk.publish(page("a"))
    await desk.post("drafts", {"by": "ben", "put": [page("b")], "base": 0})
    status, problem = await desk("POST", f"{ROOT}/drafts/d2/publish", {"by": "ben"})

    assert (409, "conflict", "rulebook/oven") == (
        status, problem["reason"], problem["twin_id"],
    )  # fmt: skip
    assert problem["detail"].startswith("draft d2 of rulebook/oven was made from version 0")

    published = await desk.post("drafts/d2/publish", {"by": "ben", "force": True})

    assert 2 == published["number"]


async def test_the_settings_ask_for_a_second_person() -> None:
    """The caller cannot leave it out; and the book says that it is so."""
    desk = Desk(RuleServices(), approval=True)
    draft = await desk.post("drafts", {"by": "ann", "put": [page("a")]})
    path = f"{ROOT}/drafts/{draft['id']}"
    alone, problem = await desk("POST", f"{path}/publish", {"by": "ann"})
    bypassed, _ = await desk("POST", f"{path}/publish", {"by": "ann", "approval": False})
    herself, _ = await desk("POST", f"{path}/approve", {"by": "ann"})
    approved = await desk.post("drafts/d1/approve", {"by": "ben"})
    published = await desk.post("drafts/d1/publish", {"by": "ann"})

    assert (409, 422, 409) == (alone, bypassed, herself)
    assert "needs the approval of a second person" in problem["detail"]
    assert ("ben", "ben") == (approved["approved_by"], published["approved_by"])
    assert (await desk.get())["approval"] is True


async def test_a_draft_that_cannot_run_says_why(desk: Desk) -> None:
    """It is kept, shown with its problems, and can be thrown away."""
    broken = {"document": {"rule": "a", "kind": "oven", "on": "nothing", "when": "x > 1"}}
    draft = await desk.post("drafts", {"by": "ann", "put": [broken]})
    gone = await desk.post("drafts/d1/discard", {"by": "ann"})

    assert draft["problems"]
    assert "d1" == gone["id"]
    assert [] == (await desk.get())["drafts"]


async def test_status_says_where_which_version_is_live(desk: Desk) -> None:
    """A partition that lags behind, or knows nothing yet, is seen."""
    desk.services.deaf = {3}
    await desk.publish(page("a"))
    desk.services.deaf = {0, 3}
    await desk.publish(page("b"))
    found = await desk.get(f"{ROOT}/status")

    assert (2, False) == (found["published"], found["everywhere"])
    assert [(0, 1), (1, 2), (2, 2), (3, 0)] == [
        (part["partition"], part["version"]) for part in found["partitions"]
    ]

    desk.services.deaf = set()
    await desk.publish(page("c"))

    assert (await desk.get(f"{ROOT}/status"))["everywhere"] is True


async def test_status_shows_what_a_partition_cannot_run(desk: Desk) -> None:
    """Its old version stays live, and the reason is there for people."""
    await desk.publish(page("a"))
    refused = {"kind": "oven", "partition": 1, "version": 2, "position": 9, "problem": "no such"}
    desk.services.world.send("rulebook/oven", "rules.refused", refused, origin=Origin.TWIN)
    desk.services.world.run()
    found = await desk.get(f"{ROOT}/status")

    assert [(1, None, None), (1, 2, "no such")] == [
        (part["version"], part["refused"], part["problem"]) for part in found["partitions"][:2]
    ]


async def test_status_adds_up_what_shadow_rules_saw(desk: Desk) -> None:
    """Over all partitions; one that saw nothing is there, too, and one that is none is not."""
    await desk.publish(page("a", shadow=True), page("b", shadow=True), page("c"))
    desk.services.saw(0, "a", "oven/v1", START + 5)
    desk.services.saw(1, "a", "oven/v2", START + 3)
    desk.services.saw(1, "a", "oven/v3", START + 4)
    found = await desk.get(f"{ROOT}/status")

    assert [
        {
            "rule": "a", "count": 3, "last_at": START + 5,
            "twins": ["oven/v2", "oven/v3", "oven/v1"],
        },
        {"rule": "b", "count": 0, "last_at": None, "twins": []},
    ] == found["shadows"]  # fmt: skip


async def test_a_call_counts_once(desk: Desk) -> None:
    """Repeated with the same id after a broken connection, it makes no second draft."""
    for _ in range(2):
        await desk(
            "POST", f"{ROOT}/drafts", {"by": "ann"}, headers={"Idempotency-Key": "mine-1"},
        )  # fmt: skip

    assert ["d1"] == [draft["id"] for draft in (await desk.get())["drafts"]]


@pytest.mark.parametrize(
    ("method", "path", "data", "status"),
    [
        ("GET", "/v1/rules/ovne", None, 404),
        ("GET", "/v1/rules/ovne/status", None, 404),
        ("POST", "/v1/rules/ovne/drafts", {"by": "ann"}, 404),
        ("GET", f"{ROOT}?version=7", None, 404),
        ("POST", f"{ROOT}/drafts", {}, 422),
        ("POST", f"{ROOT}/drafts", {"by": ""}, 422),
        ("POST", f"{ROOT}/drafts", {"by": "ann", "puts": []}, 422),
        ("POST", f"{ROOT}/drafts", {"by": "ann", "put": [{"document": 3}]}, 422),
        ("POST", f"{ROOT}/drafts", {"by": "ann", "put": [page("a", about="x" * 70_000)]}, 422),
        ("POST", f"{ROOT}/drafts", {"by": "ann", "put": [{"document": {}}]}, 409),
        ("POST", f"{ROOT}/drafts/d9/publish", {"by": "ann"}, 409),
        ("POST", f"{ROOT}/drafts/x/publish", {"by": "ann"}, 422),
        ("POST", f"{ROOT}/rollback", {"by": "ann", "version": -1}, 422),
        ("POST", f"{ROOT}/rollback", {"by": "ann", "version": 4}, 409),
    ],
)
async def test_calls_that_make_no_sense(
    desk: Desk, method: str, path: str, data: Any, status: int
) -> None:
    """Each is the caller's fault, says so, and publishes nothing."""
    found, problem = await desk(method, path, data)

    assert (status, True) == (found, bool(problem["detail"]))
    assert 0 == (await desk.get())["published"]


@pytest.mark.parametrize("given", [{}, {"Authorization": "Bearer x"}, as_device("oven/v1")])
async def test_rules_are_for_operators(given: dict[str, str]) -> None:
    """Neither nobody, nor anybody, nor a device may look or change."""
    services = RuleServices()
    async with client_of(services) as client:
        answers = [
            await client.get(ROOT, headers=given),
            await client.post(f"{ROOT}/drafts", json={"by": "ann"}, headers=given),
        ]

    assert [401, 401] == [answer.status_code for answer in answers]
    assert [] == services.asked


async def test_numbers_that_no_log_holds_are_refused(client: httpx2.AsyncClient) -> None:
    """Beyond 64 bits, in whatever depth; it is the caller's fault, not ours."""
    document = {"rule": "x", "on": "telemetry", "when": "core_c > 1", "note": 2**70}
    given = {"by": "ann", "put": [{"document": document}]}
    answer = await client.post("/v1/rules/oven/drafts", json=given)

    assert 422 == answer.status_code
    assert "put on the wire" in answer.json()["detail"]
