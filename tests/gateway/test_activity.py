"""The activity log: entries before the deed, found by any field, kept as long as they should."""

import asyncio
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from sqlite3 import Connection

import pytest

from actors.errors import StoreError
from gateway.activity import DAY_S, SWEEP, ActivityLog, Asked
from gateway.activity_views import Changed, Entry

NOW = 1_780_000_000.0


@pytest.fixture
def log(tmp_path: Path) -> Iterator[ActivityLog]:
    """An empty one."""
    found = ActivityLog(tmp_path, 400.0, lambda: NOW)
    found.prepare()
    yield found
    found.close()


def entry(who: str = "Aino", what: str = "publishDraft", at: float = NOW) -> Entry:
    """A call."""
    return Entry(at=at, who=who, via="session", credential="c1", roles=["rule-author"], what=what,
                 where={"kind": "vehicle"}, origin="::1", agent="tests", request="r1")  # fmt: skip


async def test_an_entry_is_there_before_and_complete_after(
    log: ActivityLog, tmp_path: Path
) -> None:
    """Another process sees it without outcome, then with all that it did."""
    one = entry()
    await log.begin(one)
    other = ActivityLog(tmp_path)
    (begun,) = other.find(Asked())
    one.status = 200
    one.changes = [Changed(subject="rulebook/vehicle", what="rules.publish", event_id="e1",
                           fields=["rules"], before={"rules": 1}, after={"rules": 2})]  # fmt: skip
    one.more = 3
    await log.complete(one)
    (done,) = other.find(Asked())
    other.close()

    assert (None, []) == (begun.status, begun.changes)
    assert one == done


async def test_entries_are_found_by_any_of_their_fields(log: ActivityLog) -> None:
    """By who, what, thing, span and outcome; newest first; and on from a cursor."""
    for number in range(6):
        one = entry("Aino" if number % 2 else "Elli", f"call{number % 3}", NOW + number)
        await log.begin(one)
        one.status = 403 if number == 4 else 200
        one.changes = [Changed(subject=f"vehicle/v{number // 3}", what="x")]
        await log.complete(one)

    def at(asked: Asked) -> list[int]:
        return [int(one.at - NOW) for one in log.find(asked)]

    assert [5, 4, 3, 2, 1, 0] == at(Asked())
    assert [5, 3, 1] == at(Asked(who="Aino"))
    assert [4, 1] == at(Asked(what="call1"))
    assert [2, 1, 0] == at(Asked(subject="vehicle/v0"))
    assert [4] == at(Asked(refused=True))
    assert [5, 3, 2, 1, 0] == at(Asked(refused=False))
    assert [3, 2] == at(Asked(since=NOW + 2, until=NOW + 3))
    assert [2] == at(Asked(who="Elli", subject="vehicle/v0", since=NOW + 1))
    page = log.find(Asked(limit=2))
    assert [3, 2] == at(Asked(before=page[-1].number, limit=2))
    assert [] == at(Asked(who="' OR 1 --"))


async def test_many_at_once_share_commits(
    log: ActivityLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """200 calls at once: each has a number of its own, and far fewer commits were made."""
    commits = 0
    writing = log._file.writing

    @contextmanager
    def counted() -> Iterator[Connection]:
        nonlocal commits
        commits += 1
        with writing() as db:
            yield db

    monkeypatch.setattr(log._file, "writing", counted)
    entries = [entry(at=NOW + number) for number in range(200)]
    await asyncio.gather(*(log.begin(one) for one in entries))

    assert 200 == len({one.number for one in entries})
    assert commits < 20


async def test_what_can_not_be_written_is_an_error_for_each_who_waits(
    log: ActivityLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And it goes on when the disk does."""

    @contextmanager
    def full() -> Iterator[Connection]:
        raise StoreError("the disk is full")
        yield

    with monkeypatch.context() as patch:
        patch.setattr(log._file, "writing", full)
        found = await asyncio.gather(
            log.begin(entry()), log.begin(entry()), return_exceptions=True
        )  # fmt: skip
    again = entry()
    await log.begin(again)

    assert [StoreError, StoreError] == [type(one) for one in found]
    assert [again.number] == [one.number for one in log.find(Asked())]


async def test_entries_go_when_their_time_is_over(tmp_path: Path) -> None:
    """After the days that settings say, with what leads to them; the younger ones stay."""
    now = [NOW]
    log = ActivityLog(tmp_path, 10.0, lambda: now[0])
    log.prepare()
    for at in (NOW, NOW + 5 * DAY_S):
        one = entry(at=at)
        await log.begin(one)
        one.changes = [Changed(subject="vehicle/v1", what="x")]
        await log.complete(one)
    now[0] = NOW + 11 * DAY_S
    for _ in range(SWEEP):
        await log.begin(entry(at=now[0]))
    found = [one.at for one in log.find(Asked(subject="vehicle/v1"))]
    oldest = log.find(Asked(limit=1000))[-1].at
    log.close()

    assert [NOW + 5 * DAY_S] == found
    assert NOW + 5 * DAY_S == oldest


def test_its_file_is_its_owners(log: ActivityLog, tmp_path: Path) -> None:
    """Names of employees are in it."""
    asyncio.run(log.begin(entry()))
    for path in tmp_path.glob("activity.db*"):
        assert 0 == stat.S_IMODE(path.stat().st_mode) & 0o077, path
