"""What every `Store` has to do, whatever keeps it: run over each implementation."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from store_kit import PARTITIONS, Opener, head, twin

from actors.errors import Fenced, PartitionsDiffer, StaleCheckpoint, StoreError, UnknownFormat
from actors.store.base import Checkpoint, Head, Ownership, ReminderRow, Store, TwinRow, Verdict


def test_prepare_again_keeps_everything(store: Store) -> None:
    """A second start finds what the first one left."""
    store.commit(Checkpoint(head(), [twin("vehicle/v1")]))

    store.prepare(PARTITIONS)

    assert head() == store.head(0)


def test_prepare_for_another_number_is_refused(opener: Opener, place: str, store: Store) -> None:
    """The error names both numbers and what to do, and nothing is made."""
    other = opener(place)

    with pytest.raises(PartitionsDiffer, match=r"made for 4 partitions, not for 8.*start with 4"):
        other.prepare(8)
    other.close()
    store.prepare(PARTITIONS)


def test_partition_out_of_range_is_refused(store: Store) -> None:
    """A partition that the store does not have is an error, not an empty partition."""
    with pytest.raises(StoreError, match="partition 4: the store has 0 to 3"):
        store.head(4)


def test_new_partition_is_empty(store: Store) -> None:
    """Before anything happened nobody owns it, and there is nothing to read."""
    assert Ownership(3) == store.ownership(3)
    assert store.head(3) is None
    assert [] == store.twins(3, ["vehicle/v1"])
    assert [] == list(store.reminders(3))


def test_assign_raises_the_epoch(store: Store) -> None:
    """Every change counts one up, and all who ask see it."""
    expected = Ownership(0, 2, "g2", "h2")

    actual = store.assign(1, Ownership(0, 77, "g2", "h2"))

    assert expected == actual
    assert expected == store.ownership(0)


def test_assign_on_an_old_epoch_is_fenced(store: Store) -> None:
    """Who did not see the last change changes nothing."""
    with pytest.raises(Fenced, match="partition 0: expected epoch 0, but it is 1"):
        store.assign(0, Ownership(0, gateway="late", host="late"))

    assert Ownership(0, 1, "g1", "h1") == store.ownership(0)


def test_one_thread_wins_an_assign(store: Store) -> None:
    """Of many who compare and set the same epoch at once, one succeeds."""
    barrier = threading.Barrier(8)

    def race(host: str) -> Ownership | None:
        barrier.wait()
        try:
            return store.assign(0, Ownership(1, host=host))
        except Fenced:
            return None

    with ThreadPoolExecutor(8) as pool:
        won = [owner for owner in pool.map(race, "abcdefgh") if owner]

    assert [store.ownership(1)] == won


def test_commit_gives_back_what_it_took(store: Store) -> None:
    """Heads, twins and reminders come back as they were, whatever bytes they hold."""
    rows = [twin("vehicle/v1", 7, name="Ünï\x00 😀"), twin("customer/c-1", 3)]
    rows.append(TwinRow("customer/sealed", 7, 2, 5, b"\xff\x00sealed", b""))
    expected_head = Head(0, 1, 7, 1000.5, "log-0", 500.25, b"\x00\xff")
    reminder = ReminderRow(1200.5, "vehicle/v1", "silent")

    store.commit(Checkpoint(expected_head, rows, [reminder]))
    actual = store.twins(0, ["customer/sealed", "vehicle/v1", "vehicle/none", "customer/c-1"])

    assert expected_head == store.head(0)
    assert sorted(rows, key=lambda row: row.id) == sorted(actual, key=lambda row: row.id)
    assert [reminder] == list(store.reminders(0))
    assert [] == store.twins(1, ["vehicle/v1"])


def test_commit_replaces_only_what_changed(store: Store) -> None:
    """A later checkpoint overwrites its twins and leaves the others."""
    store.commit(Checkpoint(head(1), [twin("vehicle/v1", 1, n=1), twin("vehicle/v2", 1, n=1)]))

    store.commit(Checkpoint(head(2), [twin("vehicle/v2", 2, n=2)]))

    assert [twin("vehicle/v1", 1, n=1)] == store.twins(0, ["vehicle/v1"])
    assert [twin("vehicle/v2", 2, n=2)] == store.twins(0, ["vehicle/v2"])


def test_commit_of_an_old_epoch_is_fenced(store: Store) -> None:
    """A host that was replaced writes nothing any more."""
    store.commit(Checkpoint(head(1), [twin("vehicle/v1", n=1)]))
    store.assign(1, Ownership(0, gateway="g2", host="h2"))

    with pytest.raises(
        Fenced, match=r"partition 0: a checkpoint of epoch 1 at position 2.*epoch 2"
    ):
        store.commit(Checkpoint(head(2), [twin("vehicle/v1", n=2)]))

    assert head(1) == store.head(0)
    assert [twin("vehicle/v1", n=1)] == store.twins(0, ["vehicle/v1"])


def test_commit_without_an_owner_is_fenced(store: Store) -> None:
    """Nobody was given epoch 1 of this partition."""
    with pytest.raises(Fenced):
        store.commit(Checkpoint(head(partition=1)))


def test_commit_below_the_committed_position_is_stale(store: Store) -> None:
    """The same epoch never goes back; the same position again is harmless."""
    store.commit(Checkpoint(head(5)))
    store.commit(Checkpoint(head(5, now=1001.0)))

    with pytest.raises(StaleCheckpoint, match="at position 4, but 5 is committed"):
        store.commit(Checkpoint(head(4)))

    assert head(5, now=1001.0) == store.head(0)


def test_commit_of_an_unknown_format_is_refused(store: Store) -> None:
    """What readers of this version could not read is not written."""
    unknown = head()
    unknown.format = 3

    with pytest.raises(UnknownFormat, match="partition 0: a checkpoint of format 3"):
        store.commit(Checkpoint(unknown))

    assert store.head(0) is None


def test_commit_is_all_or_nothing(store: Store) -> None:
    """A row that cannot be written, amid others, leaves everything as it was."""
    reminder = ReminderRow(1.0, "vehicle/v1", "kept")
    store.commit(Checkpoint(head(1), [twin("vehicle/v1", 1)], [reminder]))
    broken = TwinRow("vehicle/v5", 2, 1, 0, b'{"name": "\xff"}', b"")
    rows = [twin(f"vehicle/v{n}", 2) for n in range(10) if n != 5]

    with pytest.raises(StoreError, match=r"vehicle/v5 at position 2.*no UTF-8"):
        store.commit(
            Checkpoint(
                head(2),
                [*rows, broken],
                [ReminderRow(2.0, "vehicle/v2", "new")],
                [("vehicle/v1", "kept")],
            )
        )

    assert head(1) == store.head(0)
    assert [twin("vehicle/v1", 1)] == store.twins(0, [row.id for row in rows])
    assert [reminder] == list(store.reminders(0))
    store.commit(Checkpoint(head(2), rows))


def test_many_ids_at_once(store: Store) -> None:
    """More ids than a statement has parameters; those that exist come back, each once."""
    rows = [twin(f"vehicle/v{n}") for n in range(2_000)]
    store.commit(Checkpoint(head(), rows))

    actual = store.twins(0, [f"vehicle/v{n}" for n in range(70_000)] + ["vehicle/v7"])

    assert {row.id: row for row in rows} == {row.id: row for row in actual}
    assert len(rows) == len(actual)


def test_reminders_are_set_moved_and_forgotten(store: Store) -> None:
    """(twin, name) is the key; they come by due time, then twin and name."""
    first = [
        ReminderRow(30.0, "vehicle/v1", "a"),
        ReminderRow(20.0, "vehicle/v1", "b"),
        ReminderRow(20.0, "customer/c1", "b"),
        ReminderRow(10.0, "vehicle/v2", "a"),
    ]
    store.commit(Checkpoint(head(1), reminders=first))
    assert [first[3], first[2], first[1], first[0]] == list(store.reminders(0))

    moved = ReminderRow(5.0, "vehicle/v1", "a")
    store.commit(
        Checkpoint(
            head(2), reminders=[moved], forgotten=[("vehicle/v1", "b"), ("vehicle/none", "x")]
        )
    )

    assert [moved, first[3], first[2]] == list(store.reminders(0))


def test_reminder_that_fired_and_was_set_again_stays(store: Store) -> None:
    """What is forgotten is forgotten first, so a reminder in both lists is set."""
    store.commit(Checkpoint(head(1), reminders=[ReminderRow(1.0, "vehicle/v1", "a")]))
    again = ReminderRow(9.0, "vehicle/v1", "a")

    store.commit(Checkpoint(head(2), reminders=[again], forgotten=[("vehicle/v1", "a")]))

    assert [again] == list(store.reminders(0))


def test_verdicts_stay(opener: Opener, place: str, store: Store) -> None:
    """They are kept, each once, by position, whoever owns the partition later."""
    verdicts = [Verdict(at, "probe/p1", f"e{at}", "it looped") for at in (9, 4, 7)]
    for verdict in [*verdicts, verdicts[0]]:
        store.condemn(0, "h1", verdict)
    store.commit(Checkpoint(head(20)))
    store.assign(1, Ownership(0, gateway="g1", host="h2"))
    store.close()
    again = opener(place)

    assert [verdicts[1], verdicts[2], verdicts[0]] == again.verdicts(0)
    assert [] == again.verdicts(1)
    again.close()


def test_only_the_host_that_owns_a_partition_judges(store: Store) -> None:
    """Another one may have handled the event meanwhile; a gateway that moves changes nothing."""
    store.assign(1, Ownership(0, gateway="g2", host="h1"))
    store.condemn(0, "h1", Verdict(1, "probe/p1", "e1", "it looped"))
    store.assign(2, Ownership(0, gateway="g2", host="h2"))

    with pytest.raises(Fenced, match="host 'h1' judges, but epoch 3 belongs to host 'h2'"):
        store.condemn(0, "h1", Verdict(2, "probe/p1", "e2", "it looped"))
    with pytest.raises(Fenced, match="host 'h1' judges"):
        store.note_trial(0, "h1", b"note")
    assert [1] == [verdict.position for verdict in store.verdicts(0)]
    assert None is store.trial(0)


@pytest.mark.parametrize("synced", [True, False])
def test_a_note_outlives_its_process(
    opener: Opener, place: str, store: Store, synced: bool
) -> None:
    """The last one is there for the next host, until it is taken back."""
    store.note_trial(0, "h1", b"first")
    store.note_trial(0, "h1", b"second", synced=synced)
    other = opener(place)

    assert b"second" == other.trial(0)
    store.note_trial(0, "h1", None, synced=synced)
    assert None is other.trial(0)
    other.close()


def test_closed_store_says_so(store: Store) -> None:
    """A call after `close` is the caller's error, and closing again is none."""
    store.head(0)
    store.close()
    store.close()

    with pytest.raises(StoreError, match="closed"):
        store.head(0)
