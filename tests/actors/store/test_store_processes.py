"""Stores shared by processes: races, snapshots, and `kill -9`."""

from multiprocessing.connection import Connection
from typing import Any

import pytest
from store_kit import SPAWN, Opener, head, twin

from actors.errors import Fenced
from actors.store.base import Checkpoint, Ownership, ReminderRow, Store


def _race(opener: Opener, place: str, barrier: Any, pipe: Connection, rounds: int) -> None:
    """Try to win every epoch; send those that were won."""
    store = opener(place)
    won = []
    for epoch in range(rounds):
        barrier.wait(60)
        try:
            won.append(store.assign(epoch, Ownership(2, host="racer")).epoch)
        except Fenced:
            continue
    pipe.send(won)
    store.close()


def test_one_process_wins_each_assign(opener: Opener, place: str, store: Store) -> None:
    """The same across processes: every epoch has one winner, none is skipped."""
    rounds = 25
    barrier = SPAWN.Barrier(2)
    ours, theirs = zip(*(SPAWN.Pipe(duplex=False) for _ in range(2)), strict=True)
    racers = [
        SPAWN.Process(target=_race, args=(opener, place, barrier, pipe, rounds)) for pipe in theirs
    ]
    for racer in racers:
        racer.start()
    won = [epoch for pipe in ours for epoch in pipe.recv()]
    for racer in racers:
        racer.join(60)

    assert list(range(1, rounds + 1)) == sorted(won)
    assert rounds == store.ownership(2).epoch


def _read_until(opener: Opener, place: str, ids: list[str], last: int, pipe: Connection) -> None:
    """Read the same twins over and over; send the positions that each read saw."""
    store = opener(place)
    pipe.send("ready")
    seen: list[set[int]] = []
    while not seen or max(seen[-1], default=0) < last:
        seen.append({row.position for row in store.twins(0, ids)})
    pipe.send(seen)
    store.close()


def test_reader_in_another_process_sees_whole_commits(
    opener: Opener, place: str, store: Store
) -> None:
    """However reads and commits interleave, a read sees one checkpoint, never an older one."""
    ids = [f"vehicle/v{n}" for n in range(300)]
    last = 60
    ours, theirs = SPAWN.Pipe(duplex=False)
    reader = SPAWN.Process(target=_read_until, args=(opener, place, ids, last, theirs))
    reader.start()
    assert ours.recv() == "ready"

    for position in range(1, last + 1):
        store.commit(Checkpoint(head(position), [twin(twin_id, position) for twin_id in ids]))
    seen = [positions for positions in ours.recv() if positions]
    reader.join(60)

    assert [1] * len(seen) == [len(positions) for positions in seen]
    positions = [min(positions) for positions in seen]
    assert sorted(positions) == positions


def test_reminders_are_one_snapshot(opener: Opener, place: str, store: Store) -> None:
    """Who is still reading reminders does not see a later checkpoint, and does not hold it up."""
    before = [ReminderRow(float(n), "vehicle/v1", f"n{n}") for n in range(2000)]
    store.commit(Checkpoint(head(1), reminders=before))
    reading = store.reminders(0)
    actual = [next(reading)]

    other = opener(place)
    other.commit(Checkpoint(head(2), forgotten=[("vehicle/v1", f"n{n}") for n in range(2000)]))
    other.close()
    actual += reading

    assert before == actual
    assert [] == list(store.reminders(0))


def _commit_from(opener: Opener, place: str, ids: list[str], pipe: Connection, start: int) -> None:
    """Commit all twins again and again; send each position once it is acknowledged."""
    store = opener(place)
    for position in range(start + 1, start + 1_000_000):
        reminder = ReminderRow(float(position), ids[0], "r")
        rows = [twin(twin_id, position, n=position) for twin_id in ids]
        store.commit(Checkpoint(head(position), rows, [reminder]))
        pipe.send(position)


@pytest.mark.slow
@pytest.mark.chaos
def test_kill_keeps_the_last_acknowledged_commit(opener: Opener, place: str, store: Store) -> None:
    """After `kill -9` amid commits: nothing acknowledged is lost, and nothing is half there."""
    assert store.head(0) is None
    ids = [f"vehicle/v{n}" for n in range(400)]
    acknowledged = 0
    for kills in range(6):
        ours, theirs = SPAWN.Pipe(duplex=False)
        child = SPAWN.Process(target=_commit_from, args=(opener, place, ids, theirs, acknowledged))
        child.start()
        theirs.close()
        for _ in range(5 + kills):
            acknowledged = ours.recv()
        child.kill()
        child.join(60)
        try:
            while True:
                acknowledged = ours.recv()
        except EOFError:
            pass

        after = opener(place)
        found = after.head(0)
        rows = after.twins(0, ids)
        reminders = list(after.reminders(0))
        after.close()

        assert found is not None
        assert acknowledged <= found.position <= acknowledged + 1
        assert [twin(row.id, found.position, n=found.position) for row in rows] == rows
        assert len(ids) == len(rows)
        assert [ReminderRow(float(found.position), ids[0], "r")] == reminders
        acknowledged = found.position
