"""What every `HistoryIndex` has to do, and what its files promise."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import msgpack
from store_kit import HistoryOpener

from actors.errors import StoreError, UnknownFormat
from actors.store import history as history_module
from actors.store.base import HistoryIndex
from actors.store.history import NOTES_A_SLICE, SHORT_S, SqliteHistory
from actors.store.sqlite_file import PAGE_BYTES

EVER = (0.0, 1e12)

MERGED = 32
"""Fewer than in running, so that there is less to write."""


@pytest.fixture
def merging(monkeypatch: pytest.MonkeyPatch) -> None:
    """A note of `MERGED` short ones, which at a checkpoint every 2 s spans more than a minute."""
    monkeypatch.setattr(history_module, "MERGED", MERGED)


def test_positions_are_merged_and_ascending(history: HistoryIndex) -> None:
    """What several notes say of a twin comes back as one list; other twins do not appear."""
    history.note(0, {"vehicle/v1": [10, 12], "vehicle/v17": [11]}, 100.0, 110.0)
    history.note(0, {"vehicle/v1": [20]}, 110.0, 120.0)
    history.note(1, {"vehicle/v1": [15]}, 100.0, 120.0)

    assert [10, 12, 20] == history.positions(0, "vehicle/v1", *EVER)
    assert [11] == history.positions(0, "vehicle/v17", *EVER)
    assert [] == history.positions(0, "vehicle/v", *EVER)
    assert [] == history.positions(2, "vehicle/v1", *EVER)


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [
        (0.0, 99.0, []),
        (0.0, 100.0, [1]),
        (105.0, 106.0, [1]),
        (110.0, 110.0, [1, 2]),
        (115.0, 1e9, [2, 3]),
        (130.5, 1e9, []),
    ],
)
def test_span_includes_its_ends(
    history: HistoryIndex, since: float, until: float, expected: list[int]
) -> None:
    """A note is found when any of its time lies in the span."""
    for position, first in ((1, 100.0), (2, 110.0), (3, 120.0)):
        history.note(0, {"vehicle/v1": [position]}, first, first + 10)

    assert expected == history.positions(0, "vehicle/v1", since, until)


def test_replay_in_other_stretches_changes_nothing(history: HistoryIndex) -> None:
    """After a crash the same positions are noted again, cut otherwise: each is still once."""
    history.note(0, {"vehicle/v1": [5, 6, 7, 8], "vehicle/v2": [6]}, 1.0, 4.0)
    history.note(0, {"vehicle/v1": [5, 6], "vehicle/v2": [6]}, 1.0, 2.0)

    assert [5, 6, 7, 8] == history.positions(0, "vehicle/v1", *EVER)
    assert [5, 6, 7, 8] == history.positions(0, "vehicle/v1", 3.5, 3.5)
    history.note(0, {"vehicle/v1": [7, 8, 9]}, 3.0, 5.0)
    assert [5, 6, 7, 8, 9] == history.positions(0, "vehicle/v1", *EVER)


def test_notes_of_the_same_positions_and_other_twins_both_count(history: HistoryIndex) -> None:
    """A stretch may be noted in parts; none replaces another."""
    for number in range(3):
        history.note(0, {f"vehicle/v{number}": [5, 9]}, 1.0, 2.0)

    actual = [history.positions(0, f"vehicle/v{number}", *EVER) for number in range(3)]

    assert [[5, 9]] * 3 == actual


def test_limit_keeps_the_lowest(history: HistoryIndex) -> None:
    """With more positions than asked for, the first ones come, overlaps included."""
    history.note(0, {"vehicle/v1": [30, 31]}, 3.0, 4.0)
    history.note(0, {"vehicle/v1": [1, 5, 9]}, 1.0, 2.0)
    history.note(0, {"vehicle/v1": [2, 3]}, 1.0, 2.0)

    assert [1, 2, 3, 5] == history.positions(0, "vehicle/v1", *EVER, limit=4)


def test_empty_notes_are_nothing(history: HistoryIndex) -> None:
    """A stretch that touched nobody, or a twin nowhere, leaves no trace."""
    history.note(0, {}, 1.0, 2.0)
    history.note(0, {"vehicle/v1": []}, 1.0, 2.0)
    history.note(0, {"vehicle/v1": [], "vehicle/v2": [3]}, 1.0, 2.0)

    assert [] == history.positions(0, "vehicle/v1", *EVER)
    assert [3] == history.positions(0, "vehicle/v2", *EVER)


def test_forget_drops_what_lies_below(history: HistoryIndex) -> None:
    """Notes wholly below go, in however many slices; one that reaches beyond stays whole."""
    last = NOTES_A_SLICE + 10
    for position in range(0, last * 2, 2):
        history.note(0, {"vehicle/v1": [position, position + 1]}, 0.0, SHORT_S)

    history.forget(0, last * 2 - 3)
    history.forget(1, 100)

    expected = list(range(last * 2 - 4, last * 2))
    assert expected == history.positions(0, "vehicle/v1", *EVER)


def day(history: SqliteHistory, checkpoints: int, twins: int = 40) -> None:
    """A checkpoint every 2 s, each after a block that most twins had a part in."""
    for number in range(checkpoints):
        touched = {f"vehicle/v{twin}": [number] for twin in range(twins) if (number + twin) % 3}
        history.note(0, touched, 2.0 * number, 2.0 * number + 2.0)


def notes(history: SqliteHistory) -> int:
    """How many there are."""
    with history._file(0).reading() as db:
        return int(db.execute("SELECT count(*) FROM notes").fetchone()[0])


@pytest.mark.usefixtures("merging")
def test_short_notes_are_merged(tmp_path: Path) -> None:
    """A day's notes become few, and say the same: each twin its positions, and no other's."""
    history = SqliteHistory(tmp_path)
    day(history, 2 * MERGED + 5)

    assert 2 + 5 == notes(history)
    for twin in (0, 1, 17, 39):
        expected = [number for number in range(2 * MERGED + 5) if (number + twin) % 3]

        assert expected == history.positions(0, f"vehicle/v{twin}", *EVER)
    assert [] == history.positions(0, "vehicle/v4", 1e6, 1e9)


@pytest.mark.usefixtures("merging")
def test_a_merged_note_spans_what_it_is_made_of(tmp_path: Path) -> None:
    """Whoever asks for any of its time finds it, and what lies beside it does not come along."""
    history = SqliteHistory(tmp_path)
    day(history, 2 * MERGED, twins=2)
    first = set(history.positions(0, "vehicle/v0", 0.0, 1.0))
    second = set(history.positions(0, "vehicle/v0", 4.0 * MERGED, 1e9))

    assert set(range(MERGED)) >= first
    assert set(range(MERGED, 2 * MERGED)) >= second
    assert {1, MERGED - 1} <= first
    assert first.isdisjoint(second)


@pytest.mark.usefixtures("merging")
def test_merged_notes_are_forgotten_like_others(tmp_path: Path) -> None:
    """One goes when all of it lies below."""
    history = SqliteHistory(tmp_path)
    day(history, 2 * MERGED, twins=2)
    history.forget(0, MERGED - 1)

    assert 2 == notes(history)

    history.forget(0, MERGED)

    assert 1 == notes(history)
    assert MERGED <= min(history.positions(0, "vehicle/v0", *EVER))


@pytest.mark.usefixtures("merging")
def test_what_was_merged_within_a_minute_may_be_merged_again(tmp_path: Path) -> None:
    """Where checkpoints come fast, a merged note is short itself."""
    history = SqliteHistory(tmp_path)
    for number in range(2 * MERGED):
        history.note(0, {"vehicle/v1": [number]}, 0.001 * number, 0.001 * number)

    assert MERGED > notes(history)
    assert list(range(2 * MERGED)) == history.positions(0, "vehicle/v1", *EVER)


@pytest.mark.usefixtures("merging")
def test_a_row_stays_small_however_much_is_merged(tmp_path: Path) -> None:
    """Twins are dealt anew: else a day of one twin is read with those of thousands of others."""
    history = SqliteHistory(tmp_path)
    for number in range(MERGED):
        touched = {f"vehicle/v{MERGED * twin + number}": [number] for twin in range(100)}
        history.note(0, touched, 2.0 * number, 2.0 * number + 2.0)
    with history._file(0).reading() as db:
        ((longest,),) = db.execute("SELECT max(length(body)) FROM frames").fetchall()

    assert 1 == notes(history)
    assert longest < PAGE_BYTES / 2
    for number in range(0, MERGED * 100, 99):
        assert [number % MERGED] == history.positions(0, f"vehicle/v{number}", *EVER)


@pytest.mark.usefixtures("merging")
def test_rows_that_were_put_side_by_side_are_read_and_merged(tmp_path: Path) -> None:
    """So merged notes were written once."""
    history = SqliteHistory(tmp_path)
    history.note(0, {"vehicle/v1": [10]}, 0.0, 1.0)
    parts = [
        (10, msgpack.encode({"vehicle/v1": [0, 5]})),
        (20, msgpack.encode({"vehicle/v1": [3]})),
    ]
    with history._file(0).writing() as db:
        db.execute("UPDATE frames SET body = ?", (msgpack.encode(parts),))

    assert [10, 15, 23] == history.positions(0, "vehicle/v1", *EVER)

    for number in range(MERGED):
        history.note(0, {"vehicle/v2": [30 + number]}, 0.0, 1.0)

    assert MERGED > notes(history)
    assert [10, 15, 23] == history.positions(0, "vehicle/v1", *EVER)


@pytest.mark.usefixtures("merging")
def test_replay_after_merging_changes_nothing(tmp_path: Path) -> None:
    """After a crash positions are noted anew that are in a merged note already."""
    history = SqliteHistory(tmp_path)
    day(history, MERGED)
    before = history.positions(0, "vehicle/v1", *EVER)
    again = [position for position in before if position >= MERGED - 10]
    history.note(0, {"vehicle/v1": again}, 2.0 * again[0], 2.0 * MERGED)

    assert before == history.positions(0, "vehicle/v1", *EVER)


@pytest.mark.usefixtures("merging")
def test_damage_does_not_keep_checkpoints_waiting(tmp_path: Path) -> None:
    """What cannot be merged stays as it is; new notes are taken, and readers hear of the damage."""
    history = SqliteHistory(tmp_path)
    day(history, MERGED - 1, twins=2)
    with history._file(0).writing() as db:
        db.execute("UPDATE frames SET body = x'93' WHERE lo = 5")
    history.note(0, {"vehicle/v0": [MERGED]}, 0.0, 1.0)

    assert MERGED == notes(history)
    assert [MERGED] == history.positions(0, "vehicle/v0", 0.0, 0.0)[-1:]
    with history._file(0).writing() as db:
        db.execute("UPDATE frames SET body = ? WHERE lo = 5", (b"\x92\xaavehicle/v0",))
    with pytest.raises(StoreError, match=r"h-000\.db: damaged at position 5 .*history begins anew"):
        history.positions(0, "vehicle/v0", *EVER)


def test_another_process_reads_what_was_noted(
    history: HistoryIndex, history_opener: HistoryOpener, place: str
) -> None:
    """A reader opened before anything was noted sees it once it is."""
    reader = history_opener(place)
    assert [] == reader.positions(0, "vehicle/v1", *EVER)

    history.note(0, {"vehicle/v1": [1]}, 1.0, 2.0)

    assert [1] == reader.positions(0, "vehicle/v1", *EVER)
    reader.close()


def test_many_twins_in_one_note(history: HistoryIndex) -> None:
    """Twins are dealt into buckets; each finds its own positions among thousands."""
    touched = {f"vehicle/v{number}": [number, number + 7] for number in range(5000)}
    history.note(0, touched, 1.0, 2.0)

    actual = {twin_id: history.positions(0, twin_id, *EVER) for twin_id in list(touched)[::250]}

    assert {twin_id: touched[twin_id] for twin_id in list(touched)[::250]} == actual


POSITIONS = st.sets(st.integers(0, 40), min_size=1, max_size=6).map(sorted)
NOTES = st.lists(
    st.tuples(
        st.dictionaries(st.sampled_from(["a/1", "a/2", "a/11"]), POSITIONS, max_size=3),
        st.integers(0, 20),
        st.integers(0, 5),
    ),
    max_size=8,
)


@settings(max_examples=60, deadline=None)
@given(NOTES, st.integers(0, 20), st.integers(0, 8), st.integers(1, 8))
def test_like_a_list_of_notes(notes: list[Any], since: int, span: int, limit: int) -> None:
    """Whatever was noted, the index answers like a plain list of the notes."""
    with TemporaryDirectory() as folder:
        history = SqliteHistory(Path(folder))
        for touched, first, length in notes:
            history.note(0, touched, float(first), float(first + length))

        for twin_id in ("a/1", "a/2", "a/11"):
            expected = {
                position
                for touched, first, length in notes
                if first + length >= since and first <= since + span
                for position in touched.get(twin_id, [])
            }
            actual = history.positions(0, twin_id, since, since + span, limit)

            # Notes of the same stretch count from the first one's start to the last one's end.
            if len({_stretch(note) for note in notes}) == len(notes):
                assert sorted(expected)[:limit] == actual
            assert sorted(actual) == actual
            assert set(actual) <= {p for t, _, _ in notes for p in t.get(twin_id, [])}
        history.close()


def _stretch(note: Any) -> tuple[int, int]:
    positions = [position for listed in note[0].values() for position in listed]
    return min(positions, default=-1), max(positions, default=-1)


def test_damaged_file_names_file_and_remedy(tmp_path: Path) -> None:
    """History that cannot be read says which file, and what to do."""
    history = SqliteHistory(tmp_path)
    history.note(0, {"vehicle/v1": [1]}, 1.0, 2.0)
    history.close()
    (tmp_path / "h-000.db").write_bytes(b"no database" * 1000)

    with pytest.raises(StoreError, match=r"h-000\.db: damaged; .*from a backup"):
        SqliteHistory(tmp_path).positions(0, "vehicle/v1", *EVER)


def test_store_file_is_no_history(tmp_path: Path) -> None:
    """A file of another layout is refused."""
    history = SqliteHistory(tmp_path)
    history.note(0, {"vehicle/v1": [1]}, 1.0, 2.0)
    with history._file(0).writing() as db:
        db.execute("PRAGMA user_version = 7")
    history.close()

    with pytest.raises(UnknownFormat, match=r"h-000\.db: format 7"):
        SqliteHistory(tmp_path).note(0, {"vehicle/v1": [1]}, 1.0, 2.0)


def test_negative_partition_is_refused(tmp_path: Path) -> None:
    """Partitions count from 0."""
    with pytest.raises(StoreError, match="partition -1"):
        SqliteHistory(tmp_path).note(-1, {"vehicle/v1": [1]}, 1.0, 2.0)


def test_touched_are_the_twins_of_later_blocks(history: HistoryIndex) -> None:
    """Each once, at a position or later, over all notes; too many are none."""
    history.note(0, {"vehicle/v1": [1, 4], "vehicle/v2": [2]}, 1.0, 4.0)
    history.note(0, {"vehicle/v3": [5], "vehicle/v1": [6]}, 5.0, 6.0)
    history.note(1, {"vehicle/v4": [9]}, 5.0, 6.0)

    assert {"vehicle/v1", "vehicle/v3"} == set(history.touched(0, 4, 10) or ())
    assert {"vehicle/v1", "vehicle/v2", "vehicle/v3"} == set(history.touched(0, 0, 10) or ())
    assert [] == history.touched(0, 7, 10)
    assert [] == history.touched(5, 0, 10)
    assert None is history.touched(0, 0, 2)
