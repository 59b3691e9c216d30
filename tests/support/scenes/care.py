"""Care: a patient, her monitor, and her doctors' desk."""

from dataclasses import dataclass
from typing import Any

from support.drawn import Drawn

WELL = {"heart_bpm": 70.0, "spo2_pct": 97.0, "systolic_mmhg": 120.0}


@dataclass
class Home:
    """A patient, her monitor, and her doctors' desk, all drawn."""

    drawn: Drawn
    monitor: str
    patient: str
    desk: str

    @property
    def supervisor(self) -> str:
        """Who watches over her."""
        return f"care/{self.monitor.partition('/')[2]}"

    def measure(self, **values: Any) -> None:
        """One reading."""
        self.drawn.fleet.measure(self.monitor, {**WELL, **values})

    def case(self) -> Any:
        """The one case at the desk."""
        (case,) = self.drawn.fleet.twin(self.desk).cases.values()
        return case


def home(seed: int | Drawn, *skills: str) -> Home:
    """Draw one; at the desk are employees of these skills."""
    drawn = Drawn.of(seed)
    desk, patient = drawn.desk(*(skills or ("doctor", "nurse"))), drawn.person()
    monitor = f"monitor/{drawn.key()}"
    drawn.fleet.tell(monitor, "configured", {"owner": patient, "desk": desk, "description": "A"})
    return Home(drawn, monitor, patient, desk)
