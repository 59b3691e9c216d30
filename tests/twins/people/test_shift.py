"""Shifts: when an employee works, in seconds of the day, UTC."""

import pytest

from twins.people.casework import Shift

HOUR = 3600.0
MONDAY = 4 * 86_400.0
"""1970-01-05, 00:00 UTC."""


@pytest.mark.parametrize(
    ("starts_h", "ends_h", "weekdays", "at_h", "on"),
    [
        (8, 16, (0,), 8.0, True),
        (8, 16, (0,), 16.0, False),
        (8, 16, (0,), 7.99, False),
        (8, 16, (1,), 12.0, False),
        (8, 16, (1,), 24 + 12.0, True),
        (22, 6, (0,), 23.0, True),
        (22, 6, (0,), 24 + 5.0, True),
        (22, 6, (0,), 24 + 6.0, False),
        (22, 6, (0,), 5.0, False),
        (22, 6, (6,), 5.0, True),
        (0, 24, (0,), 23.99, True),
        (9, 9, (0,), 24 + 8.0, True),
        (9, 9, (0,), 8.0, False),
    ],
)
def test_on_shift(
    starts_h: int, ends_h: int, weekdays: tuple[int, ...], at_h: float, *, on: bool
) -> None:
    """By day and by night; a night shift belongs to the day on which it begins."""
    shift = Shift(starts_s=starts_h * 3600, ends_s=ends_h * 3600, weekdays=weekdays)

    assert shift.on(MONDAY + at_h * HOUR) is on
