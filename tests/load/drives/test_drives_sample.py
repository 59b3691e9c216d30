"""A drive knows its length, its start and its readings."""

import pytest

from load.drives import Drive, Sample


def _drive(*coolant: float | None) -> Drive:
    samples = tuple(Sample(at_s=i * 0.5, coolant_c=value) for i, value in enumerate(coolant))
    return Drive(name="d", source="recorded", samples=samples)


@pytest.mark.parametrize(
    ("first", "cold"), [(-20.0, True), (50.0, True), (51.0, False), (88.0, False)]
)
def test_a_drive_started_cold_if_its_first_reading_is_low(first: float, cold: bool) -> None:
    """The first reading decides, even if samples without one come before it."""
    assert _drive(None, first, 90.0).started_cold is cold


def test_a_drive_without_coolant_did_not_start_cold() -> None:
    """What is not known is not claimed."""
    assert not _drive(None, None).started_cold


def test_a_drive_needs_samples() -> None:
    """An empty drive is refused where it is made, not where it is replayed."""
    with pytest.raises(ValueError, match="no samples"):
        Drive(name="empty", source="recorded", samples=())


def test_index_at_finds_the_first_sample_from_a_time_on() -> None:
    """Between two samples the later one is found, and after the last one the end."""
    drive = _drive(80.0, 81.0, 82.0)

    assert [drive.index_at(s) for s in (-1.0, 0.3, 0.5, 0.6, 9.0)] == [0, 1, 1, 2, 3]


def test_every_keeps_one_sample_a_span_unchanged() -> None:
    """Thinning takes samples away and alters none."""
    drive = _drive(*(80.0 + i for i in range(9)))
    thin = drive.every(1.0)

    assert [c for _, c in thin.coolant()] == [80.0, 82.0, 84.0, 86.0, 88.0]
    assert set(thin.samples) <= set(drive.samples)


@pytest.mark.parametrize("seconds", [0.0, -1.0, float("nan")])
def test_every_refuses_a_span_that_holds_nothing(seconds: float) -> None:
    """A span must be positive."""
    with pytest.raises(ValueError, match="give a positive one"):
        _drive(80.0).every(seconds)
