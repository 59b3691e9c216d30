"""The tutorial: each of its listings is run as it stands, from the empty folder to the end."""

import re
from pathlib import Path

import pytest
from support.beside import Beside

ROOT = Path(__file__).parents[2]
TUTORIAL = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
LISTINGS = re.findall(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", TUTORIAL, re.DOTALL | re.MULTILINE)
"""(language, file, text), in order."""

FREE_PORTS = {
    "VIGIL__API__PORT": "0", "VIGIL__NATS__PORT": "0", "VIGIL__NATS__MQTT_PORT": "0",
    "VIGIL__LOG__PARTITIONS": "4",
}  # fmt: skip


def commands(listing: str) -> list[tuple[str, list[str]]]:
    """Each command of a listing, and the lines that are shown of what it prints."""
    found: list[tuple[str, list[str]]] = []
    for line in listing.splitlines():
        if line.startswith("$ "):
            found.append((line[2:], []))
        else:
            found[-1][1].append(" ".join(line.split()))
    return found


class Reader:
    """Somebody who does what the tutorial says, listing by listing."""

    def __init__(self, beside: Beside, folder: Path) -> None:
        self._beside = beside
        self._folder = folder

    def read(self, language: str, file: str, text: str) -> None:
        """Type a listing in: run it, or write it where it belongs."""
        if language == "sh":
            for command, shown in commands(text):
                self._run(command, shown)
        elif language == "yaml":
            (self._folder / file).write_text(text, encoding="utf-8")
        else:
            self._add(self._folder / file, text)

    def _run(self, command: str, shown: list[str]) -> None:
        if command.startswith("cd "):
            self._folder /= command.removeprefix("cd ")
            return
        if command.startswith("pip install "):
            assert command == "pip install -e . --no-build-isolation --no-deps"
            self._beside.install(self._folder)
            return
        printed = self._beside.shell(command, self._folder, FREE_PORTS)
        lines = [" ".join(line.split()) for line in printed.splitlines()]
        for line in shown:
            assert any(line in each for each in lines), f"{command}\n{line}\nnot in\n{printed}"

    @staticmethod
    def _add(path: Path, text: str) -> None:
        """Imports go to the imports, the rest to the end."""
        before = path.read_text(encoding="utf-8")
        if text.startswith("from "):
            path.write_text(before.replace("\nfrom ", f"\n{text}from ", 1), encoding="utf-8")
        else:
            path.write_text(f"{before}\n{text}", encoding="utf-8")


@pytest.mark.long
@pytest.mark.cluster
@pytest.mark.timeout(600)
def test_the_tutorial_works_as_it_stands(tmp_path: Path) -> None:
    """Whoever copies its listings gets what it shows."""
    beside = Beside(tmp_path / "environment")
    home = tmp_path / "home"
    home.mkdir()
    reader = Reader(beside, home)
    try:
        for language, file, text in LISTINGS:
            reader.read(language, file, text)
    finally:
        beside.shell("vigil down || true", home / "my-oven", FREE_PORTS)

    assert {"sh", "yaml", "python"} == {language for language, _, _ in LISTINGS}


def test_every_listing_is_run() -> None:
    """Nothing stands in a fence that the reader here passes over; each command shows something."""
    fences = re.findall(r"^```", TUTORIAL, re.MULTILINE)
    typed = [line for language, _, text in LISTINGS if language == "sh" for line in commands(text)]
    silent = [command.split()[0] for command, shown in typed if not shown]

    assert len(fences) == 2 * len(LISTINGS)
    assert {"cd", "mkdir", "pip"} == {*silent}


def test_every_file_is_named_where_people_see_it() -> None:
    """What stands behind a fence is not shown: the text before it says which file is meant."""
    before = re.split(r"^```\w+ \S+$", TUTORIAL, flags=re.MULTILINE)
    files = [file for _, file, _ in LISTINGS if file]

    assert files
    for file, text in zip(files, before, strict=False):
        section = text.rpartition("\n## ")[2]
        assert f"`{file}`" in section, file


@pytest.mark.parametrize("path", sorted(set(re.findall(r"\]\(((?!http)[^)#]+)\)", TUTORIAL))))
def test_what_the_tutorial_links_to_is_there(path: str) -> None:
    """No link leads nowhere."""
    assert (ROOT / "docs" / path).exists()
