"""The wheel: whoever installs it has the console and all pages, and needs no Node."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from gateway.api.console import BUILD

ROOT = Path(__file__).parents[2]
PACKAGES = ("twins", "actors", "gateway", "deploy", "load")
OTHER = shutil.ignore_patterns("node_modules", "__pycache__", "*.pyc")

SERVED = """
import gateway
from gateway.api.console import Build
page = Build().answer("now")
print(gateway.__file__, page.status_code, b'<title>Vigil</title>' in page.body)
"""

pytestmark = [
    pytest.mark.long,
    pytest.mark.timeout(300),
    pytest.mark.skipif(
        not (BUILD / "index.html").is_file(), reason="the console is not built here: make console"
    ),
]


@pytest.fixture(name="wheel", scope="module")
def _wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built of a copy, without a download, as a release is."""
    source, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for name in PACKAGES:
        shutil.copytree(ROOT / name, source / name, ignore=OTHER)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source / name)
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation",
         "--no-index", "--wheel-dir", str(out), str(source)],
        check=True, timeout=240,
    )  # fmt: skip
    (wheel,) = out.glob("*.whl")
    return wheel


def test_all_that_is_built_of_the_console_is_inside(wheel: Path) -> None:
    """And nothing of what it is built from; every page, style and script of customers too."""
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    built = {
        f"gateway/console/dist/{path.relative_to(BUILD).as_posix()}"
        for path in BUILD.rglob("*")
        if path.is_file() and path.suffix != ".map" and not path.name.startswith(".")
    }
    pages = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "gateway/api/pages").rglob("*")
        if path.is_file()
    }

    assert built
    assert set() == built - names
    assert set() == pages - names
    assert [] == [
        name for name in names
        if name.startswith("gateway/console/") and not name.startswith("gateway/console/dist/")
    ]  # fmt: skip


def test_the_console_is_served_from_it(wheel: Path, tmp_path: Path) -> None:
    """By its own code alone, elsewhere than in this tree."""
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    said = subprocess.run(
        [sys.executable, "-c", SERVED], cwd=tmp_path, capture_output=True, text=True, check=True,
        env={**os.environ, "PYTHONPATH": str(tmp_path)}, timeout=60,
    ).stdout.split()  # fmt: skip

    assert [str(tmp_path / "gateway/__init__.py"), "200", "True"] == said
