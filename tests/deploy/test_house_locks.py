"""The lock files: complete, hashed, and silent about where things are downloaded from."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
BOTH = pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])


def normal(name: str) -> str:
    """A distribution's name as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def pins(lock: str) -> dict[str, str]:
    """Name -> version, of everything that a lock pins."""
    found = re.findall(r"^([A-Za-z0-9._-]+)==(\S+)", (ROOT / lock).read_text(), re.MULTILINE)
    return {normal(name): version for name, version in found}


def names(requirements: list[str]) -> set[str]:
    """Names of requirements as pyproject.toml writes them."""
    found = set()
    for requirement in requirements:
        match = re.match(r"[A-Za-z0-9._-]+", requirement)
        assert match is not None
        found.add(normal(match.group()))
    return found


@BOTH
def test_every_pin_has_a_hash(lock: str) -> None:
    """Nothing is installed that is not the very file that was locked."""
    entries = re.split(r"\n(?=\S)", (ROOT / lock).read_text())
    pinned = [entry for entry in entries if not entry.startswith("#")]

    assert pinned
    assert [] == [entry for entry in pinned if "==" not in entry or "--hash=sha256:" not in entry]


@BOTH
def test_a_lock_names_no_address(lock: str) -> None:
    """Neither an index nor a download; that is the installing machine's business."""
    assert [] == re.findall(
        r".*(?:://|--index|--find-links|--extra-index).*", (ROOT / lock).read_text()
    )


def test_what_the_project_needs_is_locked() -> None:
    """A new dependency without `make lock` fails here, not at somebody's first install."""
    project = PROJECT["project"]
    runtime = names(project["dependencies"]) | names(PROJECT["dependency-groups"]["build"])

    assert set() == runtime - pins("requirements.lock").keys()
    dev = runtime | names(project["optional-dependencies"]["dev"])
    assert set() == dev - pins("requirements-dev.lock").keys()


def test_both_locks_agree() -> None:
    """Tests run with the very versions that are shipped."""
    dev = pins("requirements-dev.lock")

    assert {} == {
        name: (version, dev.get(name))
        for name, version in pins("requirements.lock").items()
        if dev.get(name) != version
    }
