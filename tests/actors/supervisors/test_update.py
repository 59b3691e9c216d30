"""Update: a car asks for other software, gets it at night, and goes back where it does not help."""

from datetime import UTC, datetime, tzinfo
from typing import Any

import pytest
from support.drawn import SEEDS, Drawn, before, steps
from support.scenes.update import garage

from actors.supervisors.arrangement import State
from actors.supervisors.nights import clock_of, night_of
from actors.supervisors.updating import (
    CHANGED,
    MAX_NIGHTS,
    REPORT_S,
)

HOUR_S, DAY_S = 3600.0, 86_400.0


@pytest.mark.parametrize("seed", SEEDS)
def test_corrected_at_night(seed: int) -> None:
    """Nothing before the night begins, all of it within; she is told, and the fault is gone."""
    here = garage(seed)
    starts_at, ends_at = here.nights()
    here.report()
    arr = here.drawn.run_to_end(here.supervisor, 2 * DAY_S)
    here.drawn.fleet.advance(60)

    assert State.CLOSED is arr.state
    assert ["download_update", "install_update"] == here.names()
    assert all(starts_at <= at < ends_at for at, _, _ in here.device.told)
    assert "4.1.3" == here.drawn.fleet.twin(here.car).software_version
    assert ["Your car was updated last night"] == [
        notice["subject"] for notice in here.drawn.fleet.notices
    ]
    assert before(arr, "night.awaited", "night.begun", "download_update.done", "update.verified")
    here.drawn.replays()


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize(
    "where",
    [{"zone": "Pacific/Auckland", "lon": 2.0}, {"zone": "America/Los_Angeles"}, {"lon": 174.8},
     {"lon": -118.2, "owned": False}],
)  # fmt: skip
def test_it_is_night_where_its_owner_is_or_where_it_stands(seed: int, where: Any) -> None:
    """Her clock counts, wherever it is driven; without one, the sun where it stands."""
    here = garage(seed, **where)
    starts_at, ends_at = here.nights()
    here.report()
    arr = here.drawn.run_to_end(here.supervisor, 2 * DAY_S)
    second = _second(here.device.told[0][0], here.clock)

    assert State.CLOSED is arr.state
    assert all(starts_at <= at < ends_at for at, _, _ in here.device.told)
    assert (second - here.night.night_starts_s) % DAY_S < (
        (here.night.night_ends_s - here.night.night_starts_s) % DAY_S
    )


def _second(at: float, clock: tzinfo) -> float:
    """Of the day, by a clock."""
    here = datetime.fromtimestamp(at, UTC).astimezone(clock)
    return here.hour * 3600 + here.minute * 60 + here.second


@pytest.mark.parametrize(
    ("now", "begins", "ends"),
    [
        # Clocks go forward at 03:00: this night has an hour less, and ends by the clock.
        ("2027-03-27T12:00+02:00", "2027-03-27T22:00+02:00", "2027-03-28T04:00+03:00"),
        ("2027-03-28T12:00+03:00", "2027-03-28T22:00+03:00", "2027-03-29T04:00+03:00"),
        # They go back at four: the hour before comes twice, and the night has an hour more.
        ("2027-10-30T12:00+03:00", "2027-10-30T22:00+03:00", "2027-10-31T04:00+02:00"),
        ("2027-10-31T03:30+03:00", "2027-10-31T03:30+03:00", "2027-10-31T04:00+02:00"),
        ("2027-10-31T04:30+02:00", "2027-10-31T22:00+02:00", "2027-11-01T04:00+02:00"),
    ],
)
def test_a_night_over_a_change_of_clocks(now: str, begins: str, ends: str) -> None:
    """From ten to four in Helsinki, as clocks there show it."""
    found = night_of(
        22 * 3600, 4 * 3600, clock_of("Europe/Helsinki", None), _at(now)
    )  # fmt: skip

    assert (_at(begins), _at(ends)) == found


def _at(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def test_an_hour_that_is_left_out_is_no_night() -> None:
    """From half past three to four, on the day on which it goes from three to four."""
    clock = clock_of("Europe/Helsinki", None)
    begins_at, ends_at = night_of(12_600, 14_400, clock, _at("2027-03-28T00:00+02:00"))

    assert begins_at < ends_at
    assert _at("2027-03-29T03:30+03:00") == begins_at


@pytest.mark.parametrize("seed", SEEDS)
def test_a_failed_install_goes_back(seed: int) -> None:
    """It runs what it ran before, and a person has the case."""
    here = garage(seed, lame=frozenset(["install_update"]))
    here.report()
    arr = here.drawn.run_to_end(here.supervisor, 2 * DAY_S)

    assert State.WITH_PERSON is arr.state
    assert ["download_update", "install_update", "roll_back"] == here.names()
    assert "4.0.0" == here.device.told[-1][2]["version"]
    assert "back at 4.0.0" in arr.reason
    assert "software" == here.drawn.fleet.twin(arr.desk).cases[arr.case.id].skill


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    "device",
    [{"runs": "4.0.9"}, {"fault": "brake.warning"}, {"runs": None}],
    ids=["another version", "the same fault", "silence"],
)
def test_done_is_what_the_car_itself_says(seed: int, device: dict[str, Any]) -> None:
    """A command that is done proves nothing; what does not help is taken back."""
    here = garage(seed, **device)
    here.report()
    arr = here.drawn.run_to_end(here.supervisor, 2 * DAY_S)

    assert State.WITH_PERSON is arr.state
    assert "roll_back" == here.names()[-1]
    assert "update.verified" not in steps(arr)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_car_that_cannot_be_reached_has_other_nights(seed: int) -> None:
    """One night it sleeps; the next one it is done."""
    here = garage(seed, deaf=10_000_000)
    _, ends_at = here.nights()
    woken_s = ends_at - here.drawn.fleet.now
    here.drawn.fleet.after(woken_s, lambda: setattr(here.device, "deaf", 0))
    here.report()
    arr = here.drawn.run_to_end(here.supervisor, 3 * DAY_S)

    assert State.CLOSED is arr.state
    assert 2 == arr.facts["nights"]
    assert here.device.told[-1][0] > ends_at


@pytest.mark.parametrize("seed", SEEDS)
def test_after_so_many_nights_a_person_looks(seed: int) -> None:
    """A car that nobody can reach is not tried for ever."""
    here = garage(seed, deaf=10_000_000)
    here.report()
    arr = here.drawn.run_to_end(here.supervisor, (MAX_NIGHTS + 3) * DAY_S)

    assert State.WITH_PERSON is arr.state
    assert MAX_NIGHTS == arr.facts["nights"]
    assert {"download_update"} == set(here.names())


@pytest.mark.parametrize("seed", SEEDS)
def test_a_fault_without_a_correction_goes_to_a_person(seed: int) -> None:
    """At once, and nothing is sent to the car."""
    here = garage(seed)
    here.report("clock.slow")
    arr = here.drawn.run_to_end(here.supervisor, 2 * DAY_S)

    assert State.WITH_PERSON is arr.state
    assert [] == here.device.told
    assert "'clock.slow'" in arr.reason


@pytest.mark.parametrize("seed", range(20))
def test_the_night_is_the_one_that_is_or_comes(seed: int) -> None:
    """Over midnight, too; it begins within a day, and never in the past."""
    drawn = Drawn(seed)
    starts, ends = drawn.sample(range(86_400), 2)
    now = drawn.uniform(1.7e9, 1.9e9)
    begins_at, ends_at = night_of(starts, ends, UTC, now)

    assert now <= begins_at < now + DAY_S
    assert begins_at < ends_at <= begins_at + DAY_S
    assert ends == pytest.approx(ends_at % DAY_S)
    assert begins_at == now or starts == pytest.approx(begins_at % DAY_S)


def test_waiting_for_a_word_has_an_end() -> None:
    """The signal that it waits for is the vehicles' own, and the patience is finite."""
    assert "software.changed" == CHANGED
    assert 0 < REPORT_S < HOUR_S


def test_a_version_that_came_otherwise_needs_no_night() -> None:
    """A workshop was faster: nothing is sent to the car."""
    here = garage(3)
    starts_at, _ = here.nights()
    if starts_at <= here.drawn.fleet.now:
        here.drawn.fleet.advance(here.nights()[1] - here.drawn.fleet.now)
    here.report()
    said = {"software_version": "4.3.0", "software_fault": ""}
    here.drawn.fleet.measure(here.car, said, "software")
    here.drawn.fleet.advance(2 * DAY_S)

    assert State.CLOSED is here.drawn.arrangement(here.supervisor).state
    assert [] == here.device.told


@pytest.mark.parametrize("seed", SEEDS)
def test_an_install_that_outlasts_the_night_is_not_told_again(seed: int) -> None:
    """The car is done after its command has expired: that it runs the version is what counts."""
    here = garage(seed, runs=None)
    told, take = here.device.told, here.device.take

    def slow(command: dict[str, Any]) -> str | None:
        take(command)
        return None if command["name"] == "install_update" else "done"

    here.device.take = slow  # type: ignore[method-assign]  # a device that is slow
    here.report()
    here.drawn.fleet.run_until(
        lambda: "install_update.expired" in steps(here.drawn.arrangement(here.supervisor)),
        2 * DAY_S,
    )
    said = {"software_version": "4.1.3", "software_fault": ""}
    here.drawn.fleet.measure(here.car, said, "software")
    here.drawn.fleet.advance(2 * DAY_S)
    arr = here.drawn.arrangement(here.supervisor)

    assert State.CLOSED is arr.state
    assert "roll_back" not in [name for _, name, _ in told]
    assert 1 == steps(arr).count("install_update.requested")


@pytest.mark.parametrize("seed", SEEDS)
def test_a_policy_that_is_stopped_installs_nothing(seed: int) -> None:
    """Stopped while the car downloads: what it has is not installed."""
    here = garage(seed)
    take = here.device.take

    def stop(command: dict[str, Any]) -> str | None:
        arr = here.drawn.arrangement(here.supervisor)
        here.drawn.fleet.send(here.supervisor, "leave.withdrawn", {
            "arrangement_id": arr.id, "policy": "policy/update", "reason": "stopped",
        })  # fmt: skip
        return take(command)

    here.device.take = stop  # type: ignore[method-assign]  # the policy stops as it takes it
    here.report()
    arr = here.drawn.run_to_end(here.supervisor, 2 * DAY_S)

    assert State.COMPENSATED is arr.state
    assert ["download_update"] == here.names()


@pytest.mark.parametrize("seed", SEEDS)
def test_undone_in_the_night_says_what_the_car_was_told(seed: int) -> None:
    """A person takes it back while the car downloads: nothing follows, and what stays is named."""
    here = garage(seed, deaf=10_000_000)
    here.report()
    here.drawn.fleet.run_until(lambda: bool(here.device.told), 2 * DAY_S)
    arr = here.drawn.arrangement(here.supervisor)
    undone = here.drawn.fleet.ask(
        here.supervisor, "undo", {"arrangement_id": arr.id, "by": "ann"}
    )  # fmt: skip
    here.drawn.fleet.advance(3 * DAY_S)

    assert {"download_update"} <= undone["cannot"].keys()
    assert State.COMPENSATED is here.drawn.arrangement(here.supervisor).state
    assert {"download_update"} == set(here.names())
