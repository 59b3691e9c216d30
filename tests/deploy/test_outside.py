"""Packages outside of Vigil: installed beside it, found by it, and tested with its helpers."""

from pathlib import Path
from shutil import copytree

import pytest
from msgspec import json
from support.beside import Beside

from deploy.new import new_package

OUTSIDE = Path(__file__).parents[1] / "outside"


@pytest.fixture(scope="module")
def beside(tmp_path_factory: pytest.TempPathFactory) -> Beside:
    """One environment for all."""
    return Beside(tmp_path_factory.mktemp("environment"))


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_package_extends_vigil_from_outside(beside: Beside, tmp_path: Path) -> None:
    """Nobody edits Vigil, and nobody names the package: its kinds are there, its tests run."""
    package = tmp_path / "package"
    copytree(OUTSIDE, package)
    beside.install(package)
    tests = beside.run("python", "-m", "pytest", "-q", folder=package)
    listed = json.decode(beside.run("vigil", "kinds", "--json", folder=tmp_path))
    found = {kind["kind"]: kind["source"] for kind in listed}

    assert "5 passed" in tests
    assert ("lighthouse.kinds", "buoy.td.json") == (found["lighthouse"], found["buoy"])


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_new_package_works_as_it_is(beside: Beside, tmp_path: Path) -> None:
    """From the empty folder to its own tests, in the environment that Vigil is in."""
    new_package("kettle", tmp_path / "kettle")
    beside.install(tmp_path / "kettle")
    tests = beside.run("python", "-m", "pytest", "-q", folder=tmp_path / "kettle")
    listed = beside.run("vigil", "kinds", "--kind", "kettle", folder=tmp_path)

    assert "5 passed" in tests
    assert "from kettle.yaml, schema 1" in listed
