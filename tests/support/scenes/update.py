"""Update: a car at home that obeys its commands."""

from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Any

from support.drawn import Drawn

from actors.supervisors.nights import clock_of, night_of
from actors.supervisors.updating import (
    Correction,
)
from actors.testing import Device
from twins.handler import Origin


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
    clock: tzinfo

    def nights(self) -> tuple[float, float]:
        """The night that is, or comes next."""
        said = self.night
        now = self.drawn.fleet.now
        return night_of(said.night_starts_s, said.night_ends_s, self.clock, now)

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


def garage(
    seed: int | Drawn, *, zone: str | None = None, lon: float | None = None, owned: bool = True,
    **device: Any,
) -> Garage:  # fmt: skip
    """Draw one whose owner lives in a time zone, and that stands at a longitude."""
    drawn = Drawn.of(seed)
    owner = drawn.person(**({} if zone is None else {"timezone": zone})) if owned else None
    desk = drawn.desk("software")
    starts, ends = drawn.sample(range(86_400), 2)
    car = f"vehicle/{drawn.key()}"
    made = Car(drawn=drawn, twin_id=car, **device)
    drawn.fleet.device = made
    night = {"night_starts_s": starts, "night_ends_s": ends}
    drawn.fleet.tell(car, "configured", {"owner": owner, "desk": desk, **night})
    if lon is not None:
        drawn.fleet.measure(car, {"lat": 10.0, "lon": lon})
    obey(drawn, made)
    position = None if lon is None else (10.0, lon)
    return Garage(drawn, car, made, Correction(**night), clock_of(zone, position))


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

    drawn.fleet._command = command  # type: ignore[method-assign]  # cars answer in this scene
