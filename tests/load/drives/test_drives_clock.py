"""Stamps of all usual forms are read, and rows get the seconds between them."""

import pytest

from load.drives.clock import read_stamp, steps


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("05-Oct-2026 14:22:01.100", "05-Oct-2026 14:22:02.600"),
        ("2026-10-05 14:22:01.100", "2026-10-05 14:22:02.600"),
        ("2026-10-05T14:22:01.100Z", "2026-10-05T14:22:02.600Z"),
        ("10/05/2026 02:22:01.1 PM", "10/05/2026 02:22:02.6 PM"),
        ("14:22:01.1", "14:22:02.6"),
        ("14:22:01,1", "14:22:02,6"),
        ("1790000000.1", "1790000001.6"),
        ("1790000000100", "1790000001600"),
        ("3,5", "5,0"),
    ],
)
def test_stamps_of_every_form_differ_by_seconds(first: str, second: str) -> None:
    """Whatever a stamp's form, two of them differ by the seconds between."""
    before, after = read_stamp(first), read_stamp(second)

    assert before is not None
    assert after is not None
    assert pytest.approx(1.5, abs=1e-4) == after - before


@pytest.mark.parametrize("zone", ["PDT", "GMT+03:00", "GMT-03:00", "MSK", "CEST"])
def test_torques_gps_time_is_read_whatever_its_zone(zone: str) -> None:
    """The zone's name is left out: one log has one zone."""
    before = read_stamp(f"Sun Oct 05 14:22:01 {zone} 2026")
    after = read_stamp(f"Sun Oct 05 14:22:31 {zone} 2026")

    assert before is not None
    assert after is not None
    assert after - before == 30.0


def test_milliseconds_are_those_of_the_header() -> None:
    """A small number takes the header's unit."""
    assert read_stamp("2500", 0.001) == 2.5


@pytest.mark.parametrize("text", ["", "-", "soon", "nan", "inf", "31-Feb-2026 10:00:00", "99:99"])
def test_what_is_no_time_is_none(text: str) -> None:
    """Nothing is guessed."""
    assert read_stamp(text) is None


def test_rows_under_one_stamp_are_spread_until_the_next() -> None:
    """Four rows of one second are a quarter of a second apart."""
    stamps = [10.0] * 4 + [11.0] * 2 + [12.0]

    assert steps(stamps, engine_clock=False) == [0.25] * 4 + [0.5] * 2


def test_the_last_rows_take_the_usual_step() -> None:
    """What has no later stamp continues as before."""
    stamps = [0.0, 0.0, 1.0, 1.0, 2.0, 2.0]

    assert steps(stamps, engine_clock=False) == [0.5] * 5


def test_a_pause_stays_one_pause() -> None:
    """A minute's pause lies after the rows before it, not spread among them."""
    stamps = [0.0, 0.0, 1.0, 1.0, 2.0, 2.0, 62.0, 62.0, 63.0]

    assert steps(stamps, engine_clock=False) == [0.5, 0.5, 0.5, 0.5, 0.5, 59.5, 0.5, 0.5]


def test_an_engine_that_is_off_does_not_stop_time() -> None:
    """Rows before the engine's start take the usual step: its clock says 0 all that while."""
    stamps = [0.0] * 6 + [2.0] * 4 + [4.0] * 4

    assert steps(stamps, engine_clock=True) == [0.5] * 13


def test_a_restart_takes_the_usual_step() -> None:
    """An engine's clock that begins again does not throw time back."""
    stamps = [8.0, 8.0, 9.0, 9.0, 0.0, 0.0, 1.0, 1.0]

    assert steps(stamps, engine_clock=True) == [0.5] * 7
