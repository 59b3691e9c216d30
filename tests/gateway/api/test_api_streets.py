"""Streets and routes by HTTP."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest
from support.api_server import AS_OPERATOR, client_of
from support.fake_services import FakeServices
from support.streets import HELSINKI

from gateway.settings import StreetSettings
from gateway.streets import Shelf
from gateway.streets.town import generate_town

BOX = "24.93,60.16,24.95,60.18"


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[httpx2.AsyncClient]:
    """An operator's client, of an API with one map."""
    Shelf(tmp_path).keep(generate_town("town", 1, HELSINKI))
    async with client_of(FakeServices(), streets=StreetSettings(folder=tmp_path)) as client:
        client.headers.update(AS_OPERATOR)
        yield client


async def test_streets_come_as_geojson(api: httpx2.AsyncClient) -> None:
    """Lines in (longitude, latitude), with what they are, and whose they are."""
    answer = await api.get("/v1/streets", params={"bbox": BOX})
    body = answer.json()

    assert "application/geo+json" == answer.headers["content-type"]
    assert "FeatureCollection" == body["type"]
    assert [{"licence": "CC0-1.0", "map": "town", "text": "Streets are made up", "url": ""}] == (
        body["attribution"]
    )
    for feature in body["features"]:
        assert {"highway", "name", "one_way", "rank"} == set(feature["properties"])
        assert all(
            24 < lon < 26 and 60 < lat < 61 for lon, lat in feature["geometry"]["coordinates"]
        )
    assert len(body["features"]) > 50


async def test_streets_are_sent_once(api: httpx2.AsyncClient, tmp_path: Path) -> None:
    """Until a map changes, or another box is asked for."""
    first = await api.get("/v1/streets", params={"bbox": BOX})
    known = {"if-none-match": first.headers["etag"]}
    again = await api.get("/v1/streets", params={"bbox": BOX}, headers=known)
    other = await api.get("/v1/streets", params={"bbox": "24.93,60.16,24.95,60.17"}, headers=known)
    Shelf(tmp_path).keep(generate_town("town", 2, HELSINKI))
    changed = await api.get("/v1/streets", params={"bbox": BOX}, headers=known)

    assert (304, b"", "private, max-age=3600") == (
        again.status_code, again.content, first.headers["cache-control"],
    )  # fmt: skip
    assert [200, 200] == [other.status_code, changed.status_code]


async def test_maps_are_listed(api: httpx2.AsyncClient) -> None:
    """With their boxes, for a map to begin with."""
    (found,) = (await api.get("/v1/streets/maps")).json()["items"]
    west, south, east, north = found["bbox"]

    assert "town" == found["name"]
    assert west < HELSINKI[1] < east
    assert south < HELSINKI[0] < north


async def test_a_route_says_when_it_passes_each_point(api: httpx2.AsyncClient) -> None:
    """From door to door, with the streets' names."""
    ends = {"from": "60.165,24.930", "to": "60.175,24.950"}
    body = (await api.get("/v1/routes", params=ends)).json()
    line = body["geometry"]["coordinates"]

    assert [[24.93, 60.165], [24.95, 60.175]] == [line[0], line[-1]]
    assert len(line) == len(body["times_s"])
    assert body["eta_s"] == body["times_s"][-1]
    assert sorted(body["times_s"]) == body["times_s"]
    assert body["names"]
    assert 5 < body["length_m"] / body["eta_s"] * 3.6 < 80


async def test_the_nearest_street_has_a_name(api: httpx2.AsyncClient) -> None:
    """And is as far away as it is."""
    body = (await api.get("/v1/streets/nearest", params={"at": "60.1701,24.9401"})).json()

    assert body["name"]
    assert 0 <= body["distance_m"] <= 110


WRONG = {
    "/v1/streets": 422,
    "/v1/streets?bbox=1,2,3": 422,
    "/v1/streets?bbox=3,2,1,4": 422,
    "/v1/streets?bbox=nan,1,2,3": 422,
    "/v1/streets?bbox=-inf,1,inf,3": 422,
    "/v1/streets?bbox=a,b,c,d": 422,
    "/v1/streets?bbox=1,2,3,91": 422,
    "/v1/streets/nearest?at=60.17": 422,
    "/v1/streets/nearest?at=60.17,nan": 422,
    "/v1/streets/nearest?at=10,10": 404,
    "/v1/streets/nearest?at=60.17,24.94&within_m=0": 422,
    "/v1/routes?from=60.17,24.94&to=10,10": 404,
    "/v1/routes?from=60.17,24.94": 422,
    "/v1/routes?from=91,24.94&to=60.17,24.94": 422,
}


async def test_nonsense_is_refused(api: httpx2.AsyncClient) -> None:
    """As a problem, with what would be right."""
    answers = {path: await api.get(path) for path in WRONG}

    assert WRONG == {path: answer.status_code for path, answer in answers.items()}
    assert {"application/problem+json"} == {
        answer.headers["content-type"] for answer in answers.values()
    }


async def test_streets_are_for_operators(api: httpx2.AsyncClient) -> None:
    """Who has no token is told nothing."""
    del api.headers["authorization"]
    paths = ("/v1/streets/maps", f"/v1/streets?bbox={BOX}", "/v1/streets/nearest?at=60.17,24.94")

    assert [401, 401, 401] == [(await api.get(path)).status_code for path in paths]


async def test_without_a_map_there_is_nothing_to_draw(tmp_path: Path) -> None:
    """An empty collection, no error: a console draws what there is."""
    async with client_of(FakeServices(), streets=StreetSettings(folder=tmp_path)) as client:
        answer = await client.get("/v1/streets", params={"bbox": BOX}, headers=AS_OPERATOR)

    assert ([], []) == (answer.json()["features"], answer.json()["attribution"])
