"""Maps: made up, kept, drawn, and looked up together."""

from pathlib import Path

import pytest
from support.streets import HELSINKI, made_up

from gateway.streets import Atlas, BadMap, OffTheMap, Shelf
from gateway.streets.drawing import PIXELS, chosen, feature_collection, simplified, tolerance_m
from gateway.streets.shelf import cache_folder
from gateway.streets.street import HIGHWAYS, Box
from gateway.streets.town import generate_town
from gateway.streets.way import span_m

KERAVA = (60.40, 25.10)


@pytest.mark.parametrize("seed", range(5))
def test_a_made_up_town_can_be_driven_everywhere(seed: int) -> None:
    """All of it, with one way streets, wide ones, and a ring road."""
    network = made_up(seed)
    streets = network.map.streets

    assert len(streets) == sum(network.driven)
    assert {"trunk", "secondary", "tertiary", "residential"} == {each.highway for each in streets}
    assert 20 < sum(street.one_way for street in streets) < len(streets) / 4


def test_a_made_up_town_is_the_same_for_the_same_seed() -> None:
    """And another one for another; each says that it is made up."""
    town = generate_town("town", 1, HELSINKI)

    assert town == generate_town("town", 1, HELSINKI)
    assert town.streets != generate_town("town", 2, HELSINKI).streets
    assert "made up" in town.attribution


def test_a_kept_map_comes_back_as_it_was(tmp_path: Path) -> None:
    """Under its name, and nothing else is left in the folder."""
    shelf = Shelf(tmp_path / "maps")
    town = generate_town("town", 1, HELSINKI)

    assert [] == shelf.names()
    path = shelf.keep(town)
    assert ([path], ["town"], town) == (
        list(shelf.folder.iterdir()), shelf.names(), shelf.load("town"),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("at", "why"), [(0, "another version"), (30, "damaged"), (5000, "damaged"), (None, "another")]
)
def test_a_damaged_map_says_what_to_do(tmp_path: Path, at: int | None, why: str) -> None:
    """One wrong byte anywhere, or nothing at all."""
    shelf = Shelf(tmp_path)
    path = shelf.keep(generate_town("town", 1, HELSINKI))
    data = bytearray(path.read_bytes())
    if at is None:
        data.clear()
    else:
        data[at] ^= 1
    path.write_bytes(data)

    with pytest.raises(BadMap, match=f"{why}.*import it again, or remove"):
        shelf.load("town")


@pytest.mark.parametrize("name", ["", "../up", "A", "a b", "a" * 64, ".x"])
def test_a_name_is_no_path(tmp_path: Path, name: str) -> None:
    """Nothing outside of the folder has a name."""
    with pytest.raises(ValueError, match="no name of a map"):
        Shelf(tmp_path).path(name)


def test_maps_lie_in_the_users_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Where the XDG specification says; a relative path does not count."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", "/home/somebody")

    assert tmp_path / "vigil" / "streets" == cache_folder()
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert Path("/home/somebody/.cache/vigil/streets") == cache_folder()


def test_an_atlas_has_all_maps(tmp_path: Path) -> None:
    """A place is looked up on the map that has it; one that comes later is seen, too."""
    shelf = Shelf(tmp_path)
    atlas = Atlas(shelf)
    with pytest.raises(OffTheMap, match="no map has"):
        atlas.nearest(HELSINKI)
    shelf.keep(generate_town("helsinki", 1, HELSINKI))
    before = atlas.digest
    shelf.keep(generate_town("kerava", 1, KERAVA))

    assert ["helsinki", "kerava"] == [
        atlas.nearest(each)[0].map.name for each in (HELSINKI, KERAVA)
    ]
    assert before != atlas.digest
    with pytest.raises(OffTheMap):
        atlas.way(HELSINKI, KERAVA)


def test_an_atlas_goes_on_without_a_damaged_map(tmp_path: Path) -> None:
    """The others are there, and those that did not change are not read again."""
    shelf = Shelf(tmp_path)
    shelf.keep(generate_town("helsinki", 1, HELSINKI))
    atlas = Atlas(shelf)
    (known,) = atlas.networks
    (tmp_path / "broken.streets").write_bytes(b"no map")

    assert [known] == atlas.networks
    (tmp_path / "helsinki.streets").unlink()
    assert [] == atlas.networks


def test_a_line_is_simplified_within_what_can_be_seen() -> None:
    """Its ends stay, and no point that is left out lies farther from it than that."""
    line = [(60.17 + 0.00001 * each, 24.94 + 0.00005 * (each % 2)) for each in range(40)]

    assert [line[0], line[-1]] == simplified(line, 5.0)
    assert line == simplified(line, 0.1)


def test_a_larger_box_has_fewer_streets() -> None:
    """Every street of a street corner; only the ring road of a country."""
    network = made_up()
    ranks = []
    for half in (0.03, 0.15, 0.8, 5.0):
        box = Box(24.94 - half, 60.17 - half, 24.94 + half, 60.17 + half)
        ranks.append({HIGHWAYS[street.highway].rank for street in chosen([network], box)})

    assert [{0, 1, 2, 3}, {0, 1, 2}, {0, 1}, {0}] == ranks
    assert 0.03 * 2 * 111_195 / PIXELS == pytest.approx(
        tolerance_m(Box(24.91, 60.14, 24.97, 60.20)), rel=0.01
    )


def test_a_box_has_the_streets_in_it() -> None:
    """As by looking at every one; and none where there is no map."""
    network = made_up()
    box = Box(24.935, 60.165, 24.945, 60.172)
    near = [
        number
        for number, street in enumerate(network.map.streets)
        if any(box.holds(place) for place in street.line)
    ]

    assert set(near) <= set(network.grid.inside(box))
    for number in network.grid.inside(box):
        middle = network.map.streets[number].line[0]
        assert span_m(middle, box.middle) < 1000
    assert [] == network.grid.inside(Box(10.0, 10.0, 10.1, 10.1))
    assert b'"features":[]' in feature_collection([network], Box(10.0, 10.0, 10.1, 10.1))
