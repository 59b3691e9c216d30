"""Care: a medical reading needs a doctor. Her desk has it within a second, with its history.

Where no doctor is on duty, the case does not wait for one: whoever leads the desk has it.
"""

from typing import ClassVar, Final

from actors.supervisors.arrangement import State
from deploy.demo.cast import Master
from deploy.demo.plot import Plot
from deploy.demo.script import TAKE_S, Part, Say, Scripted, Tale
from twins.devices.monitor import MonitorSettings
from twins.people.casework import Shift
from twins.people.desk import DeskSettings
from twins.people.employee import EmployeeSettings

WELL: Final = 20
"""So many readings are well before the one that is not."""

_CALLED: Final = (
    ("signal.noticed", "vitals.requested", "vitals.answered", "case.opened"),
    ("case.opened", "arrangement.with_person"),
    ("case.opened", "case.assigned", "case.taken"),
    ("case.opened", "doctor.telling", "doctor.told"),
)
_SECOND: Final = (("signal.noticed", "case.opened", 1.0), ("signal.noticed", "case.assigned", 1.0))
_KNOWS: Final = ("signal", "vitals", "steps")

DOCTOR: Final = Plot(
    name="a doctor looks",
    about="her oxygen falls; the doctor has it within a second, with her last readings",
    chains=_CALLED,
    ends_as=State.WITH_PERSON,
    offered=False,
    person=True,
    within_s=_SECOND,
    knows=_KNOWS,
)
NO_DOCTOR: Final = Plot(
    name="no doctor on duty",
    about="his heart races, and no doctor is there: whoever leads the desk has it as fast",
    fails=True,
    chains=_CALLED,
    ends_as=State.WITH_PERSON,
    offered=False,
    person=True,
    within_s=_SECOND,
    knows=_KNOWS,
)


class Told(Scripted):
    """Two patients, of two desks."""

    name: ClassVar[str] = "care"
    about: ClassVar[str] = "a medical reading needs a doctor, who has it within a second"
    plots: ClassVar[tuple[Plot, ...]] = (DOCTOR, NO_DOCTOR)
    skills: ClassVar[tuple[str, ...]] = ("doctor",)
    escalations: ClassVar[int] = 0

    def tale(self, number: int, plot: Plot) -> Tale:
        """A patient who is well for a while, and then is not."""
        person, her = self.person(number, ("Hanna Petri", "Ivo Moreau")[number - 1])
        monitor = f"monitor/{self.key(number)}"
        masters = [her]
        desk = self.desk
        if plot is NO_DOCTOR:
            desk = "desk/care-at-night"
            masters += [
                Master.of(desk, DeskSettings(name="night desk", take_s=TAKE_S)),
                Master.of(
                    "employee/care-night-lead",
                    EmployeeSettings(
                        name="Vera Lindt", skills=["nurse"], shift=Shift(), desk=desk, lead=True
                    ),
                ),
            ]
        settings = MonitorSettings(owner=person.id, desk=desk, description=person.name)
        well = {"heart_bpm": 72.0, "spo2_pct": 97.0, "systolic_mmhg": 121.0}
        ill = {**well, **({"spo2_pct": 84.0} if plot is DOCTOR else {"heart_bpm": 168.0})}
        return Tale(
            twin_id=monitor,
            supervisor_id=f"care/{self.key(number)}",
            customer=person.id,
            people=(person,),
            masters=(*masters, Master.of(monitor, settings)),
            parts=(
                Part(
                    twin_id=monitor,
                    says=(
                        *(Say(0.1, "telemetry", well) for _ in range(WELL)),
                        Say(0.1, "telemetry", ill),
                    ),
                ),
            ),
        )
