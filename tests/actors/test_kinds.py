"""Kinds: found by name, by path and by entry point, and the same in every process."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from support.registry import kinds_as_they_were

from actors.kinds import Document, KindSource, Module, gather_kinds, load_kinds
from twins.errors import BadDeclaration, BadDocument
from twins.kind import KINDS

BUOY = "kind: buoy\nfields: {wave_m: {type: number}}\n"
FERRY = '''
from twins import Twin


class Ferry(Twin, kind="ferry"):
    """A ferry."""
'''


@pytest.fixture(autouse=True)
def _kinds_as_they_were() -> Iterator[None]:
    with kinds_as_they_were("harbour"):
        yield


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installed package that brings a kind by an entry point."""
    (tmp_path / "harbour").mkdir()
    (tmp_path / "harbour" / "__init__.py").write_text("")
    (tmp_path / "harbour" / "ferries.py").write_text(FERRY)
    info = tmp_path / "harbour-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: harbour\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[vigil.kinds]\nharbour = harbour.ferries\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def test_documents_are_named_by_their_path(tmp_path: Path) -> None:
    """They are read once; what comes into another process is the text as it was then."""
    path = tmp_path / "buoy.yaml"
    path.write_text(BUOY)
    gathered = gather_kinds(["twins.devices", str(path)])
    path.write_text("kind: other\n")
    sent = msgspec.msgpack.decode(msgspec.msgpack.encode(gathered[1]), type=Document)

    assert [
        Module("twins.devices", "node.kinds names it"),
        Document(str(path), BUOY),
    ] == gathered[:2]
    assert {"vehicle", "buoy"} <= load_kinds([gathered[0], sent]).keys()
    assert "other" not in KINDS


def test_an_installed_package_brings_its_kinds(package: Path) -> None:
    """Nobody names it: its entry point does."""
    gathered = gather_kinds([])

    assert package.exists()
    assert Module("harbour.ferries", "harbour brings it, by its entry point 'harbour'") in gathered
    assert "ferry" in load_kinds(gathered)


def test_a_module_that_is_named_and_installed_counts_once(package: Path) -> None:
    """In the place where it is named."""
    gathered = gather_kinds(["harbour.ferries", "twins.devices"])

    assert package.exists()
    assert ["harbour.ferries", "twins.devices"] == [each.name for each in gathered[:2]]
    assert 1 == sum(each.name == "harbour.ferries" for each in gathered)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (
            Module("no_such_module.kinds", "node.kinds names it"),
            r"no module 'no_such_module.kinds' .*\(node.kinds names it\); install it on this",
        ),
        (
            Module("twins.no_such", "harbour brings it, by its entry point 'x'"),
            r"no module 'twins.no_such' .*\(harbour brings it",
        ),
    ],
)
def test_a_missing_module_is_named(source: KindSource, said: str) -> None:
    """With who wants it, and where it would have to be."""
    with pytest.raises(BadDeclaration, match=said):
        load_kinds([source])


def test_a_module_that_misses_another_says_which(package: Path) -> None:
    """The fault is then not with who named it."""
    (package / "harbour" / "ferries.py").write_text("import no_such_library\n")

    with pytest.raises(ModuleNotFoundError, match="no_such_library"):
        load_kinds(gather_kinds(["harbour.ferries"])[:1])


def test_a_missing_document_is_named(tmp_path: Path) -> None:
    """And one that is no text."""
    (tmp_path / "bytes.json").write_bytes(b"\xff\xfe")

    with pytest.raises(BadDocument, match=r"nowhere\.yaml: it cannot be read: "):
        gather_kinds(["nowhere.yaml"])
    with pytest.raises(BadDocument, match=r"bytes\.json: it cannot be read: "):
        gather_kinds([str(tmp_path / "bytes.json")])


def test_a_mistake_in_a_document_names_its_file(tmp_path: Path) -> None:
    """And the line."""
    path = tmp_path / "buoy.yaml"
    path.write_text("kind: buoy\nfeilds: {}\n")

    with pytest.raises(BadDocument, match=r"buoy\.yaml:2:1: feilds: .* did you mean fields"):
        load_kinds(gather_kinds([str(path)]))


def test_vigils_own_kinds_are_everywhere() -> None:
    """A gateway takes calls of rulebooks, though no setting names their module."""
    code = "from actors.kinds import load_kinds; print(*load_kinds([]))"
    printed = subprocess.check_output([sys.executable, "-c", code], text=True)

    assert {"partition", "rulebook"} <= {*printed.split()}
