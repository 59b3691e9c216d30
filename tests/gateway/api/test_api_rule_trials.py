"""Calls that try rules: check, test, fields; over a cluster in memory."""

from typing import Any

import httpx2
import pytest
from support.api_server import as_device, client_of
from support.fake_services import START, FakeServices
from support.rule_services import RuleServices, publish
from support.rules import page

HOT = "rule: oven.hot\nkind: oven\nwhen: inside_c > 250\n"
TEST = """\
test: it gets hot
kind: oven
events: [{at: 10s, data: {inside_c: 300}}]
expect: [{signal: oven.hot, at: 10s}]
"""


async def check(client: httpx2.AsyncClient, *texts: str, **more: Any) -> Any:
    """The answer to a check."""
    files = [{"name": f"{n}.yaml", "text": text, **more} for n, text in enumerate(texts)]
    answer = await client.post("/v1/rules/check", json={"files": files})

    assert 200 == answer.status_code, answer.text

    return answer.json()


async def test_rules_that_could_be_published(client: httpx2.AsyncClient) -> None:
    """Of several kinds at once; nothing is drafted."""
    found = await check(client, HOT, "- {rule: a, kind: vehicle, when: coolant_c > 1}")

    assert found["ok"] is True
    assert [("oven", 0, ["oven.hot"], []), ("vehicle", 0, ["a"], [])] == [
        (one["kind"], one["published"], one["rules"], one["problems"]) for one in found["kinds"]
    ]
    assert 0 == (await client.get("/v1/rules/oven")).json()["published"]


async def test_a_problem_names_file_line_and_word(client: httpx2.AsyncClient) -> None:
    """As parts for a program, and as a line for people."""
    found = await check(client, HOT.replace("inside_c", "inside"))
    (problem,) = found["kinds"][0]["problems"]

    assert ("0.yaml", 3, 7, "oven.hot", "when", "inside") == (
        problem["file"], problem["line"], problem["column"], problem["rule"], problem["path"],
        problem["word"],
    )  # fmt: skip
    assert problem["text"].startswith("0.yaml:3:7: oven.hot: when: ")
    assert found["ok"] is False


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("rule: [", "0.yaml:1:8"),
        ("rule: a\nkind: oven\nwhne: inside_c > 1", "did you mean when"),
        ("", "empty"),
        ("rule: a\nwhen: inside_c > 1", "kind"),
    ],
)
async def test_texts_that_are_no_rules(client: httpx2.AsyncClient, text: str, said: str) -> None:
    """A mistake is told, whatever it is; the check itself went well."""
    found = await check(client, text)

    assert said in str(found["kinds"])
    assert found["ok"] is False


async def test_rules_are_checked_together_with_the_published_ones(
    client: httpx2.AsyncClient,
) -> None:
    """A rule may name others that are there, and no others; its own new version counts."""
    await publish(client, page("other"), page("oven.hot", "inside_c > 1"))
    known = await check(client, f"{HOT}suppresses: other\n")
    unknown = await check(client, f"{HOT}suppresses: nobody\n")

    assert (True, False) == (known["ok"], unknown["ok"])
    assert "nobody" in unknown["kinds"][0]["problems"][0]["text"]


async def test_what_looks_odd_is_warned_of(client: httpx2.AsyncClient) -> None:
    """Only what the given rules bring: not what was odd before; with the draft as well."""
    never = HOT.replace("inside_c > 250", "inside_c > 250 and inside_c < 240")
    await publish(client, page("old", "inside_c > 9 and inside_c < 8"))
    (kind,) = (await check(client, never))["kinds"]
    drafted = await client.post(
        "/v1/rules/oven/drafts", json={"by": "ann", "put": [{"text": never}]}
    )

    for warnings in (kind["warnings"], drafted.json()["warnings"]):
        assert ["oven.hot"] == [one["rule"] for one in warnings]
        assert "it can never hold" in warnings[0]["message"]
    assert ([], []) == (kind["problems"], drafted.json()["problems"])


async def test_a_kind_nobody_knows(client: httpx2.AsyncClient) -> None:
    """The one who asks hears which there are."""
    answer = await client.post("/v1/rules/check", json={"files": [{"text": HOT, "kind": "oven"}]})
    unknown = HOT.replace("kind: oven", "kind: ovne")
    refused = await client.post("/v1/rules/check", json={"files": [{"text": unknown}]})

    assert (200, 404) == (answer.status_code, refused.status_code)
    assert "unknown_kind" == refused.json()["reason"]


# -- tests of rules ------------------------------------------------------------------------------


async def run(client: httpx2.AsyncClient, test: str, *rules: str) -> Any:
    """The answer to a test."""
    data = {"tests": [{"text": test, "name": "t.yaml"}], "rules": [{"text": one} for one in rules]}
    return await client.post("/v1/rules/test", json=data)


async def test_a_test_runs_with_given_rules(client: httpx2.AsyncClient) -> None:
    """Nothing has to be published for it."""
    found = (await run(client, TEST, HOT)).json()
    (result,) = found["results"]

    assert (True, True, "it gets hot", "oven") == (
        found["passed"], result["passed"], result["test"], result["kind"],
    )  # fmt: skip
    assert [("oven.hot", 10.0)] == [(one["signal"], one["at"]) for one in result["happened"]]


async def test_a_test_runs_with_the_published_rules(client: httpx2.AsyncClient) -> None:
    """Where none are given: before it is published it fails, and says what did not happen."""
    before = (await run(client, TEST)).json()
    await publish(client, page("oven.hot"))
    after = (await run(client, TEST)).json()

    assert (False, True) == (before["passed"], after["passed"])
    assert ["-      10s  oven.hot"] == before["results"][0]["lines"]


@pytest.mark.parametrize(
    ("test", "rules", "said"),
    [
        (TEST.replace("inside_c", "colour"), HOT, "t.yaml:3"),
        (TEST.replace("events", "evnets"), HOT, "did you mean events"),
        (TEST, HOT.replace("inside_c", "colour"), "colour"),
        (TEST, "rule: [", "1:8"),
    ],
)
async def test_tests_that_are_none(
    client: httpx2.AsyncClient, test: str, rules: str, said: str
) -> None:
    """The caller's fault, with the place; a failing test is something else."""
    answer = await run(client, test, rules)

    assert 422 == answer.status_code
    assert said in answer.json()["detail"]


# -- fields --------------------------------------------------------------------------------------


async def test_fields_have_unit_range_and_live_samples(
    services: RuleServices, client: httpx2.AsyncClient
) -> None:
    """Also those of events, and of linked twins that the kind mirrors."""
    services.add("oven/o1", inside_c=180.0, name="red")
    services.add("oven/o2", inside_c=220.5, name="red")
    services.add("oven/o3")
    found = (await client.get("/v1/fields/oven")).json()
    fields = {one["name"]: one for one in found["fields"]}

    assert ("number", "°C", -40, 600, True) == tuple(
        fields["inside_c"][name] for name in ("type", "unit", "low", "high", "measured")
    )
    assert (3, 2, 180.0, 220.5, [180.0, 220.5]) == (
        found["twins"],
        *(fields["inside_c"][name] for name in ("known", "least", "most", "samples")),
    )
    assert ("text", ["red"], 2) == tuple(
        fields["name"][name] for name in ("type", "samples", "known")
    )
    assert (["telemetry"], None) == (
        fields["event.load_pct"]["events"], fields["event.load_pct"]["known"],
    )  # fmt: skip
    assert {"telemetry", "timer"} <= {*found["events"]}
    assert START - 2.0 == found["as_of"]


async def test_fields_of_linked_twins(services: RuleServices, client: httpx2.AsyncClient) -> None:
    """With what the mirrors hold now."""
    owner = {"of": "customer/c1", "tier": "gold", "language": None}
    services.add("vehicle/v1", owner="customer/c1", mirror={"owner": owner})
    found = (await client.get("/v1/fields/vehicle")).json()
    fields = {one["name"]: one for one in found["fields"]}

    assert (["gold"], 1) == tuple(fields["owner.tier"][name] for name in ("samples", "known"))
    assert 404 == (await client.get("/v1/fields/vehicel")).status_code


@pytest.mark.parametrize("given", [{}, as_device("oven/o1")])
async def test_trying_is_for_operators(given: dict[str, str]) -> None:
    """Rules and readings are nobody else's business."""
    async with client_of(FakeServices()) as client:
        answers = [
            await client.get("/v1/fields/oven", headers=given),
            await client.post("/v1/rules/check", json={"files": [{"text": HOT}]}, headers=given),
            await client.post("/v1/rules/test", json={"tests": [{"text": TEST}]}, headers=given),
        ]

    assert [401] * 3 == [answer.status_code for answer in answers]
