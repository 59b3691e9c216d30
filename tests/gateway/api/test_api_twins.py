"""Calls about one twin over real partitions: revisions, patches, commands, wishes, maintenance."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
from support.api_server import AS_OPERATOR, client_of
from support.fleet_services import FleetServices

import twins.devices
import twins.people
from actors.block import Entry
from twins.event import encode_message
from twins.handler import Origin

assert twins.devices, "the kinds that this is about"
assert twins.people, "the same"

CAR = "/v1/twins/vehicle/v17"
MERGE = {"Content-Type": "application/merge-patch+json"}


@pytest.fixture
def services() -> FleetServices:
    """A new cluster."""
    return FleetServices()


@pytest.fixture
async def client(services: FleetServices) -> AsyncIterator[httpx2.AsyncClient]:
    """An operator's."""
    async with client_of(services) as client:
        client.headers.update(AS_OPERATOR)
        yield client


async def patch(
    client: httpx2.AsyncClient, data: Any, path: str = CAR, **headers: str
) -> httpx2.Response:
    """Send a merge patch."""
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return await client.patch(path, json=data, headers=MERGE | named)


def reason(answer: httpx2.Response) -> tuple[int, str]:
    """Status and reason of a refusal."""
    assert "application/problem+json" == answer.headers["content-type"]
    return answer.status_code, answer.json()["reason"]


# -- revisions -----------------------------------------------------------------------------------


async def test_tag_changes_with_each_event_and_only_then(
    services: FleetServices, client: httpx2.AsyncClient
) -> None:
    """Whoever has it is told so in a line; a neighbour's event changes nothing of it."""
    new = await client.get(CAR)
    services.fleet.measure("vehicle/v17", {"coolant_c": 90.0})
    first = await client.get(CAR)
    services.fleet.measure("vehicle/v18", {"coolant_c": 90.0})
    same = await client.get(CAR, headers={"If-None-Match": f'"x", W/{first.headers["etag"]}'})
    services.fleet.measure("vehicle/v17", {"coolant_c": 91.0})
    other = await client.get(CAR, headers={"If-None-Match": first.headers["etag"]})

    assert ['"0"', '"1"', '"1"', '"2"'] == [
        answer.headers["etag"] for answer in (new, first, same, other)
    ]
    assert [(200, "1"), (304, ""), (200, "2")] == [
        (answer.status_code, answer.json()["revision"] if answer.content else "")
        for answer in (first, same, other)
    ]


# -- patches -------------------------------------------------------------------------------------


async def test_patch_is_an_event_of_the_log(
    services: FleetServices, client: httpx2.AsyncClient
) -> None:
    """The kind's own handler takes it over, and tells whom it concerns; a replay does the same."""
    answer = await patch(client, {"owner": "customer/c1", "description": "the red one"})

    there = await client.get(CAR)

    assert (200, there.headers["etag"]) == (answer.status_code, answer.headers["etag"])
    assert "the red one" == answer.json()["state"]["description"]
    assert services.fleet.states() == services.fleet.replay().states()
    assert "customer/c1" in services.fleet.states()


async def test_patch_for_another_revision_is_refused(
    services: FleetServices, client: httpx2.AsyncClient
) -> None:
    """412, with the revision that it has; `*` is for any twin that exists."""
    absent = await patch(client, {"description": "a"}, If_Match="*")
    services.fleet.measure("vehicle/v17", {"coolant_c": 90.0})
    good = await patch(client, {"description": "b"}, If_Match='"1"')
    late = await patch(client, {"description": "c"}, If_Match='"1"')
    there = await patch(client, {"description": "d"}, If_Match="*")
    weak = await patch(client, {"description": "e"}, If_Match='W/"3"')

    assert [(412, "stale_revision"), (412, "stale_revision")] == [reason(absent), reason(late)]
    assert "vehicle/v17 is at revision 2" in late.json()["detail"]
    assert [200, 200, 422] == [good.status_code, there.status_code, weak.status_code]
    assert "d" == services.fleet.twin("vehicle/v17").description


async def test_of_racing_patches_one_wins(
    services: FleetServices, client: httpx2.AsyncClient
) -> None:
    """However many saw the same revision: the twin itself looks, in the order of the log."""
    services.fleet.measure("vehicle/v17", {"coolant_c": 90.0})
    answers = await asyncio.gather(
        *(patch(client, {"description": f"{n}"}, If_Match='"1"') for n in range(20))
    )
    won = [answer for answer in answers if answer.status_code == 200]

    assert [412] * 19 == [answer.status_code for answer in answers if answer not in won]
    assert [services.fleet.twin("vehicle/v17").description] == [
        answer.json()["state"]["description"] for answer in won
    ]


def test_in_one_block_the_first_wins(services: FleetServices) -> None:
    """Between two entries nothing comes; both were sent for the same revision."""
    fleet, twin_id = services.fleet, "vehicle/v17"
    shard = fleet._shard(twin_id)
    entries = [
        Entry(
            twin_id, "ask.vigil.patch", Origin.INSIDE,
            encode_message({"merge": {"description": name}, "revision": "0"}, id=name),
        )
        for name in ("first", "second")
    ]  # fmt: skip
    body = shard.block(entries[0])
    fleet._apply(shard, body)
    fleet._apply(shard, shard.block(entries[1]))
    replies = [shard.partition.replies[name].error for name in ("first", "second")]

    assert replies[0] is None
    assert replies[1] is not None
    assert replies[1].startswith("StaleRevision: vehicle/v17 is at revision 1")
    assert "first" == fleet.twin(twin_id).description


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"coolant_c": 20.0}, (422, "not_settable")),
        ({"windows": None}, (422, "not_settable")),
        ({"descriptoin": "x"}, (422, "not_settable")),
        ({"owner": "nobody"}, (422, "invalid")),
        ({"description": None}, (422, "invalid")),
        ([1], (422, "invalid")),
    ],
)
async def test_patch_of_what_is_not_to_be_set(
    services: FleetServices, client: httpx2.AsyncClient, data: Any, said: tuple[int, str]
) -> None:
    """Measurements are the device's, and nothing of the patch is taken."""
    answer = await patch(client, data)

    assert said == reason(answer)
    assert 0 == (await services.state("vehicle/v17")).applied


async def test_patch_repeated_with_its_key_counts_once(
    services: FleetServices, client: httpx2.AsyncClient
) -> None:
    """Also where it was meant for a revision that it has changed itself."""
    answers = [
        await patch(client, {"description": "x"}, If_Match='"0"', Idempotency_Key="p1")
        for _ in range(2)
    ]

    assert [200, 200] == [answer.status_code for answer in answers]
    assert 1 == (await services.state("vehicle/v17")).applied


async def test_patch_of_another_media_type(client: httpx2.AsyncClient) -> None:
    """JSON Patch is another language."""
    answer = await client.patch(CAR, json={}, headers={"Content-Type": "application/json-patch"})

    assert (415, "unsupported") == reason(answer)


# -- commands ------------------------------------------------------------------------------------


async def test_command_from_given_to_cancelled(
    services: FleetServices, client: httpx2.AsyncClient
) -> None:
    """Its state is what the twin knows; given again by its id, it is the same."""
    services.fleet.measure("vehicle/v17", {"speed_kmh": 50.0})
    given = await client.post(f"{CAR}/commands", json={"name": "open_trunk", "id": "c1"})
    again = await client.post(f"{CAR}/commands", json={"name": "open_trunk", "id": "c1"})
    listed = (await client.get(f"{CAR}/commands")).json()
    cancelled = await client.post(f"{CAR}/commands/c1/cancel", json={"reason": "Mika"})
    one = (await client.get(f"{CAR}/commands/c1")).json()

    assert [202, 202, 200] == [answer.status_code for answer in (given, again, cancelled)]
    assert (["c1"], True) == (
        [item["id"] for item in listed["items"]],
        listed["items"][0]["open"],
    )
    assert "open_trunk" in listed["takes"]
    assert ("cancelled", "Mika", False) == (one["state"], one["detail"], one["open"])


async def test_commands_that_cannot_be(client: httpx2.AsyncClient) -> None:
    """Unknown to the kind, to the twin, or to Vigil."""
    unknown = await client.post(f"{CAR}/commands", json={"name": "fly"})
    absent = await client.get(f"{CAR}/commands/c9")
    gone = await client.post(f"{CAR}/commands/c9/cancel")
    none = await client.post("/v1/twins/customer/c1/commands", json={"name": "fly"})
    nobody = await client.get("/v1/twins/dragon/d1/commands")

    assert [422, 404, 404, 409, 404] == [
        answer.status_code for answer in (unknown, absent, gone, none, nobody)
    ]
    assert "it takes:" in unknown.json()["detail"]


# -- wishes and maintenance ----------------------------------------------------------------------


async def test_wish_and_what_is_missing(
    services: FleetServices, client: httpx2.AsyncClient
) -> None:
    """Desired beside reported, with the delta."""
    services.fleet.measure("vehicle/v17", {"speed_kmh": 50.0})
    wished = await patch(client, {"speed_kmh": 0, "rpm": 800}, f"{CAR}/desired")
    services.fleet.measure("vehicle/v17", {"speed_kmh": 0.0})
    found = (await client.get(f"{CAR}/desired")).json()
    refused = await patch(client, {"description": "x"}, f"{CAR}/desired")

    assert {"speed_kmh": 50.0, "rpm": None} == wished.json()["reported"]
    assert ({"speed_kmh": 0.0, "rpm": 800.0}, {"rpm": 800.0}) == (found["desired"], found["delta"])
    assert (422, "not_settable") == reason(refused)


async def test_maintenance_from_begin_to_end(
    services: FleetServices, client: httpx2.AsyncClient
) -> None:
    """No signal meanwhile, a list of all, and it ends by itself."""
    services.fleet.functions["remaining_useful_life"] = lambda _: {"remaining_life_h": 1.0}
    begun = await client.put(f"{CAR}/maintenance", json={"by": "Mika", "for_s": 600})
    for step in range(12):
        services.fleet.measure(
            "vehicle/v17", {"coolant_c": 100.0 + step, "at": services.now + step}
        )
    quiet = list(services.fleet.signals)
    listed = (await client.get("/v1/maintenance")).json()["items"]
    services.advance(601)
    ended = (await client.get("/v1/maintenance")).json()["items"]

    assert {"twin_id", "by", "since", "until", "note"} == begun.json().keys()
    assert ([], ["vehicle/v17"], []) == (quiet, [item["twin_id"] for item in listed], ended)
    assert ["engine.overheating"] == [signal.name for signal in services.fleet.signals]


async def test_maintenance_ends_by_hand(client: httpx2.AsyncClient) -> None:
    """Twice, without harm; a length is asked for once."""
    await client.put(f"{CAR}/maintenance", json={"by": "Mika", "for_s": 600})
    answers = [await client.delete(f"{CAR}/maintenance") for _ in range(2)]
    neither = await client.put(f"{CAR}/maintenance", json={"by": "Mika"})
    past = await client.put(f"{CAR}/maintenance", json={"by": "Mika", "until": 5.0})

    assert [204, 204, 422, 422] == [it.status_code for it in (*answers, neither, past)]
    assert None is (await client.get(CAR)).json()["state"].get("operated")


# -- links ---------------------------------------------------------------------------------------


async def test_links_are_walked_both_ways(
    services: FleetServices, client: httpx2.AsyncClient
) -> None:
    """From the car to its owner, and from her to all that is hers."""
    for key, owner in (("v17", "customer/c1"), ("v18", "customer/c1"), ("v19", "customer/c2")):
        services.fleet.tell(f"vehicle/{key}", "configured", {"owner": owner, "dealer": "dealer/d1"})
    out = (await client.get(f"{CAR}/links", params={"direction": "out"})).json()
    back = (await client.get("/v1/twins/customer/c1/links", params={"direction": "in"})).json()
    far = (await client.get(f"{CAR}/links", params={"depth": 2})).json()
    short = (await client.get(f"{CAR}/links", params={"depth": 2, "limit": 1})).json()

    expected = {("owner", "customer/c1"), ("service.owner", "customer/c1"), ("dealer", "dealer/d1")}

    assert expected == {(link["field"], link["target"]) for link in out["items"]}
    assert {"vehicle/v17", "vehicle/v18"} == {
        link["source"] for link in back["items"] if link["field"] == "owner"
    }
    assert 2 == next(link["depth"] for link in far["items"] if link["source"] == "vehicle/v18")
    assert (1, True) == (len(short["items"]), short["more"])


# -- search --------------------------------------------------------------------------------------


async def test_search_counts_where_it_is_asked_to(
    services: FleetServices, client: httpx2.AsyncClient
) -> None:
    """Beside the page, of all pages."""
    for number in range(5):
        services.fleet.measure(f"vehicle/v{number}", {"coolant_c": 90.0})
    params = {"where": "kind = vehicle", "limit": 2}
    plain = (await client.get("/v1/search", params=params)).json()
    counted = (await client.get("/v1/search", params={**params, "total": True})).json()

    assert (2, None, 5) == (len(plain["items"]), plain["total"], counted["total"])


# -- then ----------------------------------------------------------------------------------------


async def test_twin_as_it_was(services: FleetServices, client: httpx2.AsyncClient) -> None:
    """At each position, and at each time, what was read then."""
    seen = []
    for step in range(5):
        services.fleet.measure("vehicle/v17", {"coolant_c": 90.0 + step})
        seen.append((await client.get(CAR)).json())
        services.advance(10)
    path = f"{CAR}/then"
    by_position = [
        (await client.get(path, params={"position": one["position"]})).json() for one in seen
    ]
    by_time = [(await client.get(path, params={"at": one["now"] + 5})).json() for one in seen]
    before = (await client.get(path, params={"at": seen[0]["now"] - 5})).json()
    wanted = [(one["state"]["coolant_c"], one["revision"], one["digest"]) for one in seen]

    for found in (by_position, by_time):
        assert wanted == [
            (one["state"]["state"]["coolant_c"], one["state"]["revision"], one["state"]["digest"])
            for one in found
        ]
    assert (False, True) == (before["state"]["exists"], before["exact"])


@pytest.mark.parametrize("params", [{}, {"at": 5, "position": 1}, {"at": "soon"}, {"position": -1}])
async def test_then_is_a_time_or_a_position(
    client: httpx2.AsyncClient, params: dict[str, Any]
) -> None:
    """One of them, and one that can be."""
    assert (422, "invalid") == reason(await client.get(f"{CAR}/then", params=params))
