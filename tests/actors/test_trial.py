"""Trials: whose fault it is that hosts end, one after the other, behind one checkpoint."""

from actors.trial import CAREFUL, MOST_DEATHS, Suspect, Trial, following

E, F = Suspect(8, "hanger/a", "e"), Suspect(9, "hanger/b", "f")


def start(note: bytes | None, position: int = 5) -> tuple[Trial, bytes]:
    """A host begins; what it notes."""
    trial = following(note, position)
    return trial, trial.encode()


def dies_in(trial: Trial, event: Suspect) -> bytes:
    """The note of a host that ends while it handles an event."""
    trial.handling = event
    return trial.encode()


def test_the_third_host_is_careful() -> None:
    """Two that ended may have had any reason."""
    note = None
    careful = []
    for _ in range(4):
        trial, note = start(note)
        careful.append(trial.careful)

    assert 3 == CAREFUL
    assert [False, False, True, True] == careful


def test_a_later_checkpoint_begins_anew() -> None:
    """Whoever got further is not held up by what was."""
    note = None
    for _ in range(3):
        _, note = start(note)
    trial, _ = start(note, 6)

    assert (1, False) == (trial.starts, trial.careful)


def test_an_event_that_ends_two_hosts_is_guilty() -> None:
    """Not the first time: anything may have ended that one."""
    note = None
    for _ in range(CAREFUL):
        trial, note = start(note)
    guilty = []
    for _ in range(MOST_DEATHS):
        guilty.append(trial.guilty)
        trial, _ = start(dies_in(trial, E))

    assert [None] * MOST_DEATHS == guilty
    assert (E, MOST_DEATHS) == (trial.guilty, trial.deaths)


def test_what_was_handled_to_its_end_is_not_to_blame() -> None:
    """A host that ends between two blocks ends for another reason."""
    note = None
    for _ in range(CAREFUL):
        trial, note = start(note)
    for _ in range(5):
        trial.handling = None
        trial, _ = start(trial.encode())

    assert None is trial.guilty


def test_two_events_are_counted_apart() -> None:
    """One death of each is one death of each, and the last one counts on."""
    trial, _ = start(None)
    trial, _ = start(dies_in(trial, E))
    trial, _ = start(dies_in(trial, F))

    assert (F, 1) == (trial.suspect, trial.deaths)
    trial, _ = start(dies_in(trial, F))
    assert (F, 2) == (trial.guilty, trial.deaths)


def test_events_before_the_guilty_one_do_not_make_it_forgotten() -> None:
    """Each replay handles them again; the one that dies last is the one that counts."""
    trial, _ = start(None)
    for _ in range(CAREFUL + MOST_DEATHS):
        for number in range(3):
            trial.handling = Suspect(8, "hanger/a", f"before {number}")
        trial, _ = start(dies_in(trial, E))

    assert (E, CAREFUL + MOST_DEATHS) == (trial.guilty, trial.deaths)
