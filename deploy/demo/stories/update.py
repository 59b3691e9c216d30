"""Update: a car asks for a corrective download by itself, gets it at night, and says that it helps.

The install of the second car fails: it goes back to what it ran, and a person looks at it.
"""

from typing import ClassVar, Final

from actors.supervisors.arrangement import State
from deploy.demo.cast import Master
from deploy.demo.plot import Plot
from deploy.demo.script import Obey, Part, Say, Scripted, Tale
from twins.devices.vehicle import VehicleSettings
from twins.people.pacing import local

NIGHT_S: Final = 3.0
"""How long after the start the night begins; in the demo nobody waits until ten."""

ZONE: Final = "Pacific/Auckland"
"""Where the owners live; the night is theirs."""

DAY_S: Final = 86_400

_AT_NIGHT: Final = (
    "signal.noticed", "night.awaited", "night.begun", "download_update.requested",
    "download_update.delivered", "download_update.done", "install_update.requested",
)  # fmt: skip
CORRECTED: Final = Plot(
    name="corrected",
    about="the fault lies in its software; at night it gets the version that corrects it",
    chains=(
        (*_AT_NIGHT, "install_update.done", "update.verified", "updated.telling"),
        ("update.verified", "arrangement.closed"),
        ("updated.telling", "updated.told"),
    ),
    ends_as=State.CLOSED,
    offered=False,
)
ROLLED_BACK: Final = Plot(
    name="rolled back",
    about="the install fails: the car goes back to what it ran, and a person looks at it",
    fails=True,
    chains=(
        (
            *_AT_NIGHT, "install_update.failed", "roll_back.requested", "roll_back.done",
            "case.opened", "case.assigned", "case.taken",
        ),
        ("case.opened", "arrangement.with_person"),
    ),
    ends_as=State.WITH_PERSON,
    offered=False,
    person=True,
    knows=("signal", "profile", "steps"),
)  # fmt: skip


def _second(at: float) -> int:
    """Of the day, by the owners' clock."""
    here = local(ZONE, at)
    return here.hour * 3600 + here.minute * 60 + here.second


class Told(Scripted):
    """Two cars of one make."""

    name: ClassVar[str] = "update"
    about: ClassVar[str] = "a car asks for other software, gets it at night, or goes back"
    plots: ClassVar[tuple[Plot, ...]] = (CORRECTED, ROLLED_BACK)
    skills: ClassVar[tuple[str, ...]] = ("software",)

    def tale(self, number: int, plot: Plot) -> Tale:
        """A car at home that notices a fault in its software."""
        person, her = self.person(number, ("Greta Olsen", "Kai Ekman")[number - 1], timezone=ZONE)
        car = f"vehicle/{self.key(number)}"
        # Her clock: it is half a day ahead of that of the machine which tells this.
        night_s = _second(self.now + NIGHT_S)
        settings = VehicleSettings(
            owner=person.id, desk=self.desk, description=f"red Etios, UPD-{number:03}",
            night_starts_s=night_s, night_ends_s=(night_s + 3 * 3600) % DAY_S,
        )  # fmt: skip
        helped = Say(0.3, "software", {"software_version": "4.1.3", "software_fault": ""})
        faulty = {"software_version": "4.0.0", "software_fault": "brake.warning"}
        install = (
            Obey(detail="self-test passed", then=(helped,))
            if plot is CORRECTED
            else Obey(fails="self-test of the brake unit failed")
        )
        return Tale(
            twin_id=car,
            supervisor_id=f"update/{self.key(number)}",
            customer=person.id,
            people=(person,),
            masters=(her, Master.of(car, settings)),
            parts=(
                Part(
                    twin_id=car,
                    says=(
                        Say(0.5, "telemetry", {"speed_kmh": 0.0}),
                        Say(0.5, "software", faulty),
                    ),
                    obeys={
                        "download_update": Obey(detail="212 MB, signature checked"),
                        "install_update": install,
                        "roll_back": Obey(detail="runs 4.0.0 again"),
                    },
                ),
            ),
        )
