"""The map of the customer's page: streets, where she is, and the truck that comes closer."""

import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from msgspec import json
from support.api_server import OFFER_KEY, client_of
from support.arrangements import ENDS, HERE, ID, SUPERVISOR, accepted, arrangement, put
from support.fake_services import FakeServices
from support.streets import write_extract

from actors.supervisors.arrangement import State as Stage
from actors.supervisors.standing import Track
from gateway.api.offer_map import HEIGHT, MARGIN, STEPS_KM, WIDTH, Frame
from gateway.offers import sign_offer
from gateway.settings import StreetSettings
from gateway.streets import Shelf
from gateway.streets.osm import read_extract
from gateway.streets.town import generate_town

PATH = f"/offers/{sign_offer(OFFER_KEY, SUPERVISOR, ID, ENDS)}"
NEAR = (60.1750, 24.9520)
NEARER = (60.1745, 24.9500)


def coming(place: tuple[float, float], eta_s: float = 240.0) -> Any:
    """An arrangement whose truck is there."""
    track = Track(leg="tow", service="tow_co/x", position=place, eta_s=eta_s, arrived=False)
    return arrangement(Stage.UNDERWAY, verdict=accepted(), track=track)


@pytest.fixture
def maps(tmp_path: Path) -> StreetSettings:
    """A town around her."""
    Shelf(tmp_path).keep(generate_town("town", 1, HERE))
    return StreetSettings(folder=tmp_path)


async def page_of(maps: StreetSettings, place: tuple[float, float], path: str = PATH) -> str:
    """The page while the truck is there."""
    services = FakeServices()
    put(services, coming(place))
    async with client_of(services, streets=maps) as client:
        return (await client.get(path)).text


async def test_the_map_has_streets_and_says_whose_they_are(maps: StreetSettings) -> None:
    """Small ones first, so that large ones lie on top; the truck's way follows them."""
    page = await page_of(maps, NEAR)
    ranks = [int(rank) for rank in re.findall(r'class="street r(\d)"', page)]

    assert ranks == sorted(ranks, reverse=True)
    assert {3, 2} <= set(ranks)
    assert 'class="way along"' in page
    assert "Streets are made up" in page
    assert 'class="ring"' not in page
    assert len(page) < 100_000


async def test_real_streets_are_attributed_with_the_link(tmp_path: Path) -> None:
    """As the licence of OpenStreetMap wants it, wherever its streets are shown."""
    nodes = {1: HERE, 2: (60.1745, 24.9400), 3: NEAR}
    file = write_extract(tmp_path / "x.osm.pbf", nodes, [([1, 2, 3], {"highway": "primary"})])
    Shelf(tmp_path).keep(read_extract(file, "town"))
    page = await page_of(StreetSettings(folder=tmp_path), NEAR)

    assert (
        '<a href="https://www.openstreetmap.org/copyright" rel="noreferrer">'
        "© OpenStreetMap contributors</a>"
    ) in page


async def test_without_a_map_there_are_rings(tmp_path: Path) -> None:
    """Distances can be told all the same, and nobody's streets are named."""
    page = await page_of(StreetSettings(folder=tmp_path), NEAR)

    assert 'class="ring"' in page
    assert "OpenStreetMap" not in page
    assert 'class="thanks"' not in page


@pytest.mark.parametrize("bearing", range(8))
def test_both_are_in_the_picture(bearing: int) -> None:
    """She in its middle, the truck inside the margin; the nearer it is, the larger the picture."""
    away = [(0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1), (-1, 0), (-1, 1)][bearing]
    reaches = []
    for degrees in (1.0, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001):
        there = (HERE[0] + away[0] * degrees, HERE[1] + away[1] * degrees)
        frame = Frame(HERE, there)
        x, y = frame.point(there)
        reaches.append(frame.reach_km)

        assert (WIDTH / 2, HEIGHT / 2) == frame.point(HERE)
        assert MARGIN - 1 <= x <= WIDTH - MARGIN + 1
        assert MARGIN - 1 <= y <= HEIGHT - MARGIN + 1
        assert frame.box.holds(there)
    assert reaches == sorted(reaches, reverse=True)
    assert set(reaches) <= set(STEPS_KM)


def test_places_at_the_edge_of_the_globe_are_drawn() -> None:
    """At the pole, over the 180th meridian, and on the other side of the earth."""
    for here, there in (((90.0, 0.0), (89.9, 170.0)), ((0.0, 179.99), (0.0, -179.99))):
        box = Frame(here, there).box

        assert -180 <= box.west <= box.east <= 180
        assert -90 <= box.south <= box.north <= 90


@pytest.fixture
def feed(maps: StreetSettings, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Reads the feed while the truck goes from place to place, and then is there."""
    monkeypatch.setattr("gateway.api.offer.LOOK_S", 0.0)

    async def read(*places: tuple[float, float]) -> list[tuple[str, Any]]:
        services = FakeServices()
        looks = iter([*map(coming, places), arrangement(Stage.CLOSED, verdict=accepted())])
        state = services.state

        async def moving(*given: Any) -> Any:
            put(services, next(looks))
            return await state(*given)

        monkeypatch.setattr(services, "state", moving)
        async with client_of(services, streets=maps) as client:
            text = (await client.get(f"{PATH}/live")).text
        found = re.findall(r"event: (\w+)\r?\ndata: (.*?)\r?\n", text)
        return [(event, json.decode(data)) for event, data in found]

    return read


async def test_the_feed_moves_the_truck_within_one_picture(feed: Any, maps: StreetSettings) -> None:
    """Where it is, how it goes on, and what that is in words; no streets are sent again."""
    events = await feed(NEAR, NEARER)
    moved = next(data for event, data in events if event == "moved")
    page = await page_of(maps, NEAR)

    assert ["changed", "moved", "changed", "over"] == [event for event, _ in events]
    assert f'data-frame="{moved["frame"]}"' in page
    assert list(Frame(HERE, NEARER).point(NEARER)) == moved["truck"]
    assert moved["way"].startswith(f"M{moved['truck'][0]} {moved['truck'][1]}L")
    assert "there in about 4 min" == moved["eta"]
    assert re.fullmatch(r"\d+\.\d km away", moved["far"])


async def test_what_stands_still_is_not_told(feed: Any) -> None:
    """The same place twice is one word."""
    events = [event for event, _ in await feed(NEAR, NEAR, NEARER, NEARER)]

    assert 1 == events.count("moved")


async def test_the_way_gets_shorter(maps: StreetSettings) -> None:
    """Coming nearer, each picture's distance is less than the one before."""
    far = [
        float(re.search(r"([\d.]+) km away", await page_of(maps, place))[1])  # type: ignore[index]  # no distance fails the test
        for place in ((60.1790, 24.9600), NEAR, (60.1720, 24.9440))
    ]

    assert all(before > after for before, after in pairwise(far))
