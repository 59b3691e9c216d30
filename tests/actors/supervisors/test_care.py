"""Care: a reading that needs a doctor is at her desk at once, with what was before it."""

from collections.abc import Callable
from typing import Any

import pytest
from support.drawn import SEEDS, before, steps
from support.scenes.care import WELL, Home, home

from actors.supervisors.arrangement import State
from actors.supervisors.care import HISTORY_S
from actors.supervisors.licensed import LEAVE_S
from twins.devices.monitor import MAX_VITALS
from twins.outputs import Signal
from twins.policies import Leave
from twins.testing import START, Trial

ILL = [{"heart_bpm": 151.0}, {"heart_bpm": 34.0}, {"spo2_pct": 87.9}, {"systolic_mmhg": 201.0}]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("ill", ILL, ids=str)
def test_the_doctor_has_it_at_once_with_its_history(seed: int, ill: dict[str, float]) -> None:
    """No time passes at all; the readings before it are there, and she is told."""
    here = home(seed)
    count = here.drawn.randint(1, 40)
    for _ in range(count):
        here.measure()
        here.drawn.fleet.advance(here.drawn.uniform(0.1, 60))
    noticed_at = here.drawn.fleet.now
    here.measure(**ill)
    case, arr = here.case(), here.drawn.arrangement(here.supervisor)

    assert State.WITH_PERSON is arr.state
    assert (noticed_at, "doctor", "high") == (case.opened_at, case.skill, case.urgency)
    assert noticed_at == here.drawn.fleet.now
    vitals = case.context["facts"]["vitals"]["vitals"]
    assert count + 1 == len(vitals)
    assert ill.items() <= vitals[-1].items()
    assert ["A doctor is looking at your readings"] == [
        notice["subject"] for notice in here.drawn.fleet.notices
    ]
    assert before(arr, "signal.noticed", "vitals.answered", "case.opened")
    here.drawn.replays()


def _stop(name: str) -> Callable[[Home], None]:
    def stop(here: Home) -> None:
        here.drawn.fleet.ask(f"policy/{name}", "policy.stop", {"by": "ann"})

    return stop


def _set(**settings: Any) -> Callable[[Home], None]:
    return lambda here: here.drawn.fleet.tell("policy/care", "configured", settings)


def _broken(here: Home) -> None:
    """Another patient's doctor was one too many."""
    here.drawn.fleet.tell("policy/care", "configured", {"per_hour": 1})
    for id_ in ("a", "b"):
        data = {"owner": here.patient, "desk": "desk/elsewhere", "spo2_pct": 70.0}
        signal = Signal(f"s-{id_}", "vitals.critical", f"monitor/x{id_}", START, data)
        here.drawn.fleet.tell(f"care/x{id_}", "signal.vitals.critical", signal)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    ("keep_back", "leave"),
    [
        (_set(level="shadow"), Leave.SHADOW), (_set(level="propose"), Leave.PROPOSE),
        (_stop("care"), Leave.STOPPED), (_stop("all"), Leave.STOPPED), (_broken, Leave.BROKEN),
    ],
    ids=["shadow", "propose", "stopped", "all stopped", "broken"],
)  # fmt: skip
def test_it_asks_and_waits_for_nobodys_leave(
    seed: int, keep_back: Callable[[Home], None], leave: Leave
) -> None:
    """Whatever the policy says: the doctor has it in the same moment, and it is known what."""
    here = home(seed)
    keep_back(here)
    noticed_at = here.drawn.fleet.now
    here.measure(spo2_pct=70.0)
    case, arr = here.case(), here.drawn.arrangement(here.supervisor)

    assert (noticed_at, "doctor") == (case.opened_at, case.skill)
    assert (leave, State.WITH_PERSON) == (arr.leave, arr.state)
    assert before(arr, "leave.requested", "case.opened", "arrangement.with_person")
    here.drawn.replays()


@pytest.mark.parametrize("answered", [True, False])
def test_a_policy_that_is_silent_or_stopped_calls_no_doctor_off(answered: bool) -> None:
    """Neither before its answer nor when it takes its leave back while the history is awaited."""
    trial = Trial("care/m1")
    data = {"owner": "customer/c1", "desk": "desk/d1", "spo2_pct": 70.0}
    trial.tell(
        "signal.vitals.critical", Signal("s1", "vitals.critical", "monitor/m1", trial.now, data)
    )
    id_ = trial.twin.arrangement.id
    if answered:
        said = {"arrangement_id": id_, "policy": "policy/care"}
        trial.tell("leave.answered", {**said, "leave": "act"})
        trial.tell("leave.withdrawn", {**said, "reason": "stopped by ann"})
    trial.advance(HISTORY_S)

    assert 1 == [tell.type for tell in trial.tells].count("case.opened")

    trial.advance(LEAVE_S)

    assert State.WITH_PERSON is trial.twin.arrangement.state
    assert 1 == [tell.type for tell in trial.tells].count("case.opened")


def test_without_a_history_there_is_still_a_case() -> None:
    """A monitor that does not answer in half a second is not waited for."""
    trial = Trial("care/m1")
    data = {"owner": "customer/c1", "desk": "desk/d1", "spo2_pct": 70.0}
    signal = Signal("s1", "vitals.critical", "monitor/m1", trial.now, data)
    trial.tell("signal.vitals.critical", signal)

    assert "case.opened" not in [tell.type for tell in trial.tells]

    trial.advance(HISTORY_S)
    (case,) = [tell.data for tell in trial.tells if tell.type == "case.opened"]

    assert ("doctor", "high") == (case.skill, case.urgency)
    assert "vitals.late" in steps(trial.twin.arrangement)

    vitals = [{"at": START + number, "heart_bpm": 100.0 + number} for number in range(2)]
    late = {"arrangement_id": trial.twin.arrangement.id, "vitals": vitals}
    trial.tell("vitals.answered", late)
    trial.tell("vitals.answered", late)
    (note,) = [tell.data for tell in trial.tells if tell.type == "case.noted"]

    assert case.id == note.id
    assert ["101/-/-", "100/-/-"] == [line.split()[-1] for line in note.text.splitlines()[1:]]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_loose_sensor_needs_no_doctor(seed: int) -> None:
    """It measures nothing; a nurse helps to put it on."""
    here = home(seed)
    here.measure(spo2_pct=0.0, loose=True)

    assert [] == here.drawn.fleet.signals

    here.drawn.fleet.advance(121)

    assert "nurse" == here.case().skill


@pytest.mark.parametrize("seed", SEEDS)
def test_one_crisis_is_one_case(seed: int) -> None:
    """However many readings are bad, until they were good again and the case is closed."""
    here = home(seed)
    for _ in range(here.drawn.randint(2, 10)):
        here.measure(spo2_pct=here.drawn.uniform(50, 87))
        here.drawn.fleet.advance(5)

    assert 1 == len(here.drawn.fleet.signals)
    assert 1 == len(here.drawn.fleet.twin(here.desk).cases)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_doctor_who_does_not_come_is_not_the_last(seed: int) -> None:
    """It goes on to the other one in half the time that others have."""
    here = home(seed, "doctor", "doctor")
    here.measure(heart_bpm=170.0)
    first = here.case().employee
    here.drawn.fleet.advance(61)

    assert first != here.case().employee
    assert 1 == here.case().escalations


@pytest.mark.parametrize("seed", SEEDS)
def test_the_history_is_bounded_and_in_order(seed: int) -> None:
    """By the readings' own times, however late they come."""
    here = home(seed)
    times = [START + number for number in range(MAX_VITALS + 30)]
    late = here.drawn.sample(times, 20)
    for at in [*(at for at in times if at not in late), *late]:
        payload = {"at": at, **WELL}
        here.drawn.fleet.measure(here.monitor, payload)
    vitals = here.drawn.fleet.twin(here.monitor).vitals

    assert MAX_VITALS == len(vitals)
    assert sorted(vital.at for vital in vitals) == [vital.at for vital in vitals]


@pytest.mark.parametrize("seed", SEEDS)
def test_worse_again_while_the_doctor_has_it_is_a_note(seed: int) -> None:
    """One case; in it stands what came later."""
    here = home(seed)
    here.measure(heart_bpm=155.0)
    here.measure()
    here.drawn.fleet.advance(60.0)
    here.measure(heart_bpm=171.0)
    noted = here.case().notes

    assert ["again: A: heart rate 171, oxygen 97, pressure 120"] == [
        note for note in noted if note.startswith("again")
    ]
