"""Recall: dealers, and cars of one model."""

from dataclasses import dataclass, field
from typing import Any

from support.drawn import Drawn

from actors.testing import FakeProvider

CODE = "C1234"
PLATE = "one with a plate"
THRESHOLD = 5
"""More cars with one fault are too many."""


@dataclass
class Land:
    """Dealers, and cars of one model, all drawn."""

    drawn: Drawn
    model: str
    dealers: dict[str, FakeProvider]
    desk: str
    cars: dict[str, tuple[int, str]] = field(default_factory=dict)
    """Vehicle -> (severity, dealer)."""

    @property
    def supervisor(self) -> str:
        """Who runs the campaign."""
        return f"recall/{self.model}-{CODE}"

    def breaks(self, dealer: str | None = None, code: str = CODE, **person: Any) -> str:
        """One more car has the fault; `person` are its owner's settings."""
        drawn = self.drawn
        car, owner = f"vehicle/{drawn.key()}", drawn.person(**person)
        at = dealer or drawn.choice(sorted(self.dealers))
        drawn.fleet.tell(
            car, "configured",
            {"owner": owner, "dealer": at, "desk": self.desk, "model": self.model,
             "description": PLATE},
        )  # fmt: skip
        severity = drawn.randint(0, 10)
        self.cars[car] = (severity, at)
        fault = {"fault_code": code, "fault_severity": severity}
        drawn.fleet.measure(car, fault, "fault")
        return car

    def count(self, state: str) -> int:
        """Holds in a state, at all dealers."""
        now = self.drawn.fleet.now
        return sum(dealer.count(state, now) for dealer in self.dealers.values())

    def visits(self) -> dict[str, Any]:
        """What the campaign knows of each car."""
        visits: dict[str, Any] = self.drawn.arrangement(self.supervisor).facts["visits"]
        return visits


def land(seed: int | Drawn, dealers: int) -> Land:
    """Draw one in which everybody accepts."""
    drawn = Drawn.of(seed)
    providers = [FakeProvider("slot", drawn.offers(1)) for _ in range(dealers)]
    ids = {drawn.company("dealer", each, position=[60, 25]): each for each in providers}
    drawn.fleet.customer = lambda _: {"accept": True}
    return Land(drawn, drawn.key(), ids, drawn.desk("recalls"))
