"""Kept kinds: a node does not start with a document that cannot read the twins it stored."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.registry import kinds_as_they_were

from deploy.errors import StartFailed
from deploy.kept_kinds import keep_kinds
from twins.documents import load_kind

BUOY = "kind: kept_buoy\nfields: {wave_m: {type: number, range: [0, 30]}}\n"


def start(folder: Path, text: str) -> None:
    """What a node does with its documents."""
    with kinds_as_they_were():
        load_kind(text, "buoy.yaml")
        keep_kinds(folder)


@pytest.fixture(autouse=True)
def _kinds_as_they_were() -> Iterator[None]:
    with kinds_as_they_were():
        yield


def test_the_same_document_starts_again(tmp_path: Path) -> None:
    """And one that adds to it, under the next schema."""
    start(tmp_path, BUOY)
    start(tmp_path, BUOY)
    start(tmp_path, "schema: 2\n" + BUOY.replace("30", "40"))

    assert '"schema": 2' in (tmp_path / "kinds" / "kept_buoy.json").read_text()


def test_a_document_that_takes_away_is_refused(tmp_path: Path) -> None:
    """With what is wrong, and what to do; what was kept stays."""
    start(tmp_path, BUOY)
    kept = tmp_path / "kinds" / "kept_buoy.json"
    before = kept.read_text()

    with pytest.raises(StartFailed) as caught:
        start(tmp_path, "schema: 2\n" + BUOY.replace("30", "20"))

    assert "buoy.yaml: twins of 'kept_buoy' are stored as" in str(caught.value)
    assert "\n  fields.wave_m had the range 0 to 30, and has 0 to 20\n" in str(caught.value)
    assert f"delete {kept}" in str(caught.value)
    assert before == kept.read_text()


def test_without_its_twins_a_kind_begins_anew(tmp_path: Path) -> None:
    """Whoever deletes what is kept says that there are none."""
    start(tmp_path, BUOY)
    (tmp_path / "kinds" / "kept_buoy.json").unlink()
    start(tmp_path, BUOY.replace("number", "integer"))

    assert "integer" in (tmp_path / "kinds" / "kept_buoy.json").read_text()
