"""Extracts of OpenStreetMap: which streets they have, and what is said of broken ones."""

from pathlib import Path
from typing import Any

import pytest
from support.streets import write_extract

from gateway.streets.errors import BadExtract
from gateway.streets.osm import limit_kmh, read_extract

NODES = {
    1: (60.170, 24.940), 2: (60.171, 24.940), 3: (60.172, 24.940),
    4: (60.171, 24.939), 5: (60.171, 24.941), 6: (60.173, 24.941),
}  # fmt: skip
MAIN = ([1, 2, 3], {"highway": "primary", "name": "Main Street", "maxspeed": "50"})
CROSS = ([4, 2, 5], {"highway": "residential"})


def read(folder: Path, *ways: Any, **more: Any) -> Any:
    """The streets of an extract with these ways, by their ends."""
    file = write_extract(folder / "town.osm.pbf", {**NODES, **more.pop("nodes", {})}, list(ways))
    streets = read_extract(file, "town", **more).streets
    return {(street.line[0], street.line[-1]): street for street in streets}


def test_streets_are_cut_where_they_cross(tmp_path: Path) -> None:
    """Two streets over one node are four pieces; name and limit belong to each of them."""
    streets = read(tmp_path, MAIN, CROSS)

    assert {
        (NODES[1], NODES[2]), (NODES[2], NODES[3]), (NODES[4], NODES[2]), (NODES[2], NODES[5])
    } == set(streets)  # fmt: skip
    main = streets[NODES[1], NODES[2]]
    assert ("primary", "Main Street", 50.0, False) == (
        main.highway, main.name, main.limit_kmh, main.one_way,
    )  # fmt: skip
    assert 30.0 == streets[NODES[4], NODES[2]].limit_kmh


@pytest.mark.parametrize(
    ("tags", "ends"),
    [
        ({"oneway": "yes"}, (1, 3)),
        ({"oneway": "-1"}, (3, 1)),
        ({"junction": "roundabout"}, (1, 3)),
        ({"highway": "motorway"}, (1, 3)),
    ],
)
def test_one_way_streets_lead_one_way(
    tmp_path: Path, tags: dict[str, str], ends: tuple[int, int]
) -> None:
    """In the direction in which they may be driven, however the extract says so."""
    streets = read(tmp_path, ([1, 2, 3], {"highway": "residential", **tags}))

    assert {(NODES[ends[0]], NODES[ends[1]]): True} == {
        key: street.one_way for key, street in streets.items()
    }


@pytest.mark.parametrize(
    "tags",
    [
        {"highway": "footway"},
        {"highway": "residential", "access": "private"},
        {"highway": "service", "motor_vehicle": "no"},
        {"highway": "service", "area": "yes"},
        {"building": "yes"},
    ],
)
def test_what_is_closed_to_cars_is_no_street(tmp_path: Path, tags: dict[str, str]) -> None:
    """Only the other one is left."""
    streets = read(tmp_path, MAIN, ([3, 6], tags))

    assert [(NODES[1], NODES[3])] == list(streets)


def test_a_narrower_permission_counts_before_a_wider_one(tmp_path: Path) -> None:
    """A street that is closed, but not to cars, is driven."""
    tags = {"highway": "service", "access": "no", "motor_vehicle": "yes"}

    assert (NODES[3], NODES[6]) in read(tmp_path, MAIN, ([3, 6], tags))


def test_a_way_that_leaves_the_extract_is_cut_there(tmp_path: Path) -> None:
    """Node 99 lies outside: what is before and after it does not join over it."""
    streets = read(tmp_path, ([1, 2, 99, 3, 6], {"highway": "residential"}))

    assert [(NODES[1], NODES[2]), (NODES[3], NODES[6])] == list(streets)


@pytest.mark.parametrize(
    ("text", "kmh"),
    [
        ("50", 50.0), ("30 mph", 48.28032), ("60 km/h", 60.0), ("none", None), ("FI:urban", None),
        ("0", None), ("999", 150.0), ("", None), ("50;30", None),
    ],
)  # fmt: skip
def test_limits_are_read(text: str, kmh: float | None) -> None:
    """In km/h; what is no number leaves it to the class of street."""
    assert kmh == limit_kmh(text)


def test_progress_is_told(tmp_path: Path) -> None:
    """Shares never fall within a stage, and each stage ends whole."""
    told: list[tuple[str, float | None]] = []
    read(tmp_path, MAIN, progress=lambda what, share: told.append((what, share)))
    stages = {what: [share for each, share in told if each == what] for what, _ in told}

    assert {"reading streets", "placing them", "cutting them at crossings"} == set(stages)
    assert [1.0, 1.0, 1.0] == [shares[-1] for shares in stages.values()]


def _cut(data: bytes) -> bytes:
    return data[: len(data) - 20]


def _garbled(data: bytes) -> bytes:
    return data[:40] + bytes(each ^ 0x5A for each in data[40:])


@pytest.mark.parametrize("harm", [_cut, _garbled, lambda _: b"", lambda _: b"hello"])
def test_a_broken_file_is_refused_with_its_name(tmp_path: Path, harm: Any) -> None:
    """The text says which file it is, and what to do."""
    whole = write_extract(tmp_path / "whole.osm.pbf", NODES, [MAIN]).read_bytes()
    broken = tmp_path / "broken.osm.pbf"
    broken.write_bytes(harm(whole))

    with pytest.raises(BadExtract, match=r"broken\.osm\.pbf"):
        read_extract(broken, "town")


def test_an_extract_without_streets_says_so(tmp_path: Path) -> None:
    """It is read well, and of no use."""
    file = write_extract(tmp_path / "sea.osm.pbf", NODES, [([1, 2], {"natural": "coastline"})])

    with pytest.raises(BadExtract, match="no street on which cars drive"):
        read_extract(file, "sea")
