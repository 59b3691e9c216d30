"""Update: a car asks for other software, gets it at night, and goes back where it does not help."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from support.drawn import SEEDS, Drawn, before, steps

from actors.supervisors.arrangement import State
from actors.supervisors.updating import (
    CHANGED,
    DAY_S,
    MAX_NIGHTS,
    REPORT_S,
    Correction,
    night_of,
)
from actors.testing import Device
from twins.handler import Origin

HOUR_S = 3600.0


@dataclass
class Car(Device):
    """A car that obeys, and says what it runs."""

    drawn: Any = None
    twin_id: str = ""
    lame: frozenset[str] = frozenset()
    """Commands that fail."""
    deaf: int = 0
    """So many commands it does not hear."""
    runs: str | None = ""
    """What it runs after an install; empty: what it was told; None: it does not say."""
    fault: str = ""
    told: list[tuple[float, str, dict[str, Any]]] = field(default_factory=list)
    """(now, command, data), each once."""

    def take(self, command: dict[str, Any]) -> str | None:
        """What it says to a command; None: nothing."""
        self.told.append((self.drawn.fleet.now, command["name"], command["data"]))
        if self.deaf:
            self.deaf -= 1
            return None
        if command["name"] in self.lame:
            return "failed"
        if command["name"] == "install_update" and self.runs is not None:
            said = {
                "software_version": self.runs or command["data"]["version"],
                "software_fault": self.fault,
            }
            # Before, together with, or after what it says about the command.
            self.drawn.fleet.after(
                self.drawn.choice((0.5, 1.0, 5.0)), lambda: self.say("software", said)
            )
        return "done"

    def say(self, event_type: str, data: Any) -> None:
        """Send an event."""
        self.drawn.fleet.send(self.twin_id, event_type, data, origin=Origin.DEVICE)


@dataclass
class Garage:
    """A car at home, all drawn."""

    drawn: Drawn
    car: str
    device: Car
    night: Correction

    @property
    def supervisor(self) -> str:
        """Who watches over its software."""
        return f"update/{self.car.partition('/')[2]}"

    def report(self, fault: str = "brake.warning") -> None:
        """It notices a fault in its software."""
        said = {"software_version": "4.0.0", "software_fault": fault}
        self.drawn.fleet.measure(self.car, said, "software")

    def names(self) -> list[str]:
        """Commands that it was told."""
        return [name for _, name, _ in self.device.told]


def garage(seed: int, **device: Any) -> Garage:
    """Draw one."""
    drawn = Drawn(seed)
    owner, desk = drawn.person(), drawn.desk("software")
    starts, ends = drawn.sample(range(86_400), 2)
    car = f"vehicle/{drawn.key()}"
    made = Car(drawn=drawn, twin_id=car, **device)
    drawn.fleet.device = made
    night = {"night_starts_s": starts, "night_ends_s": ends}
    drawn.fleet.tell(car, "configured", {"owner": owner, "desk": desk, **night})
    obey(drawn, made)
    return Garage(drawn, car, made, Correction(**night))


def obey(drawn: Drawn, car: Car) -> None:
    """Let commands reach this car, in place of one that does all at once."""

    def command(effect: Any) -> None:
        request = effect.request
        if request["id"] in car.done:
            return
        state = car.take(request)
        if state is None:
            return
        car.done.append(request["id"])
        for each in ("delivered", state):
            progress = {"id": request["id"], "state": each}
            drawn.fleet.after(1.0, lambda progress=progress: car.say("command.progress", progress))  # type: ignore[misc]  # a default binds it

    drawn.fleet._command = command  # type: ignore[method-assign]


@pytest.mark.parametrize("seed", SEEDS)
def test_corrected_at_night(seed: int) -> None:
    """Nothing before the night begins, all of it within; she is told, and the fault is gone."""
    here = garage(seed)
    asked_at = here.drawn.fleet.now
    starts_at, ends_at = night_of(here.night, asked_at)
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
    _, ends_at = night_of(here.night, here.drawn.fleet.now)
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
    begins_at, ends_at = night_of(Correction(night_starts_s=starts, night_ends_s=ends), now)

    assert now <= begins_at < now + DAY_S
    assert begins_at < ends_at <= begins_at + DAY_S
    assert ends == pytest.approx(ends_at % DAY_S)
    assert begins_at == now or starts == pytest.approx(begins_at % DAY_S)


def test_waiting_for_a_word_has_an_end() -> None:
    """The signal that it waits for is the vehicles' own, and the patience is finite."""
    assert "software.changed" == CHANGED
    assert 0 < REPORT_S < HOUR_S
