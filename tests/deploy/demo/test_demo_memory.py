"""Memory: the next start carries on; a folder that is not ours is left alone."""

from pathlib import Path

import pytest

from deploy.demo.memory import FILE, SUBFOLDER, Memory, note_story, prepare
from deploy.errors import AlreadyRunning, DeployError
from deploy.running import LOCK_FILE, Lock


def test_what_is_saved_is_remembered(tmp_path: Path) -> None:
    """All of it, and nothing else lies in the folder."""
    memory = Memory(runs=3, ports={"api": 1}, heated=["v1"], messages=[{"id": "m"}])
    memory.save(tmp_path / SUBFOLDER)

    assert memory == Memory.load(tmp_path / SUBFOLDER)
    assert [FILE] == [path.name for path in (tmp_path / SUBFOLDER).iterdir()]


@pytest.mark.parametrize("text", [None, "", "{", '{"runs": "many"}'])
def test_a_damaged_memory_is_a_new_one(tmp_path: Path, text: str | None) -> None:
    """It holds no truth: without it, other cars get hot and other ports are used."""
    if text is not None:
        (tmp_path / FILE).write_text(text)

    assert Memory() == Memory.load(tmp_path)


def test_a_folder_in_use_is_not_touched(tmp_path: Path) -> None:
    """Not even with `--fresh`; the error says who uses it."""
    (tmp_path / SUBFOLDER).mkdir()
    with Lock(tmp_path), pytest.raises(AlreadyRunning):
        prepare(tmp_path, fresh=True)

    assert (tmp_path / SUBFOLDER).exists()


def test_fresh_forgets_all(tmp_path: Path) -> None:
    """Without `--fresh` it stays; with it nothing of Vigil's is left but the lock."""
    Memory(runs=1).save(tmp_path / SUBFOLDER)
    for name in ("nats", "store"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "data").write_text("…")

    prepare(tmp_path, fresh=False)

    assert 1 == Memory.load(tmp_path / SUBFOLDER).runs

    prepare(tmp_path, fresh=True)

    assert {LOCK_FILE} == {path.name for path in tmp_path.iterdir()}


def test_fresh_deletes_nothing_of_others(tmp_path: Path) -> None:
    """A typing error must not cost anybody her photographs, however often it is made."""
    (tmp_path / "photo.jpg").write_text("dear")

    for _ in range(2):
        with pytest.raises(DeployError, match="no data folder of Vigil"):
            prepare(tmp_path, fresh=True)
    Memory(runs=1).save(tmp_path / SUBFOLDER)
    prepare(tmp_path, fresh=True)

    assert "dear" == (tmp_path / "photo.jpg").read_text()
    assert not (tmp_path / SUBFOLDER).exists()


def test_fresh_needs_no_folder(tmp_path: Path) -> None:
    """Nothing is as fresh as nothing."""
    prepare(tmp_path / "new", fresh=True)

    assert not (tmp_path / "new" / LOCK_FILE).exists()


def test_a_story_is_told_anew_after_another_one(tmp_path: Path) -> None:
    """Desks and companies are shared: what another story has told them is told otherwise again."""
    memories = {name: Memory() for name in ("hvac", "care")}
    counts = []
    for story in ("hvac", "hvac", "care", "hvac", "hvac"):
        note_story(tmp_path, story, memories[story])
        counts.append(memories[story].tellings)

    assert [1, 1, 1, 2, 2] == counts
