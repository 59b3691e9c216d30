"""A company's journal is held against what was wished for."""

import pytest

from load.chaos.books import Audit, Change, audit

KEEP, RETURN = True, False


def journal(*lines: str) -> list[Change]:
    """Changes: `e.1 held 0` says that hold e.1, of wish 0, is held."""
    found = []
    for line in lines:
        hold, to, wish = line.split()
        found.append(Change(hold, to, f"wish-{wish}"))
    return found


GOOD = ("e.1 held 0", "e.2 held 1", "e.1 confirmed 0", "e.2 released 1")
WISHES = {0: KEEP, 1: RETURN}


def test_every_hold_ends_as_its_wish_wants_it() -> None:
    """One is kept, the other given back."""
    assert Audit() == audit(journal(*GOOD), WISHES)


@pytest.mark.parametrize(
    ("lines", "duplicated", "left"),
    [
        # It is still held.
        (GOOD[:3], 0, 1),
        # It was never held.
        (GOOD[0::2], 0, 1),
        # It was kept, though it was to be given back.
        ((*GOOD[:3], "e.2 confirmed 1"), 0, 1),
        # It was kept, and given back all the same.
        ((*GOOD, "e.1 released 0"), 0, 1),
        # It was confirmed twice.
        ((*GOOD, "e.1 confirmed 0"), 1, 1),
        # One wish has two holds, both kept: the twin handled it twice.
        ((*GOOD, "e.3 held 0", "e.3 confirmed 0"), 1, 0),
    ],
)
def test_what_is_wrong_is_found(lines: tuple[str, ...], duplicated: int, left: int) -> None:
    """Each is counted, and named."""
    found = audit(journal(*lines), WISHES)

    assert (duplicated, left) == (found.duplicated, found.left)
    assert found.problems


def test_a_hold_that_nobody_wished_for_is_named() -> None:
    """It belongs to no wish."""
    found = audit(journal(*GOOD, "e.9 held 7"), WISHES)

    assert ["hold e.9 was never wished for"] == found.problems
