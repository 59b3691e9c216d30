"""Town: the city's twins and providers in a fleet's partitions, with rules that tests publish."""

from dataclasses import dataclass
from typing import Any

import msgspec
from support.city import CAR, OWNER, City, city
from support.published import publish

from actors.supervisors.composed import composed_id
from actors.testing import Fleet
from twins.event import Message


@dataclass
class Town:
    """A fleet, and the city whose providers it calls."""

    fleet: Fleet
    city: City

    def fire(self, **reading: Any) -> None:
        """Let the car send a reading, a second after the last one."""
        self.fleet.advance(1.0)
        here = {"lat": 60.17, "lon": 24.94, "battery_v": 11.0}
        self.fleet.measure(CAR, {**here, "at": self.fleet.now, **reading})

    def supervisor(self, name: str = "visit") -> Any:
        """The supervisor of the car's arrangements of this name."""
        return self.fleet.twin(composed_id(name, CAR))

    @property
    def arrangement(self) -> Any:
        """The one called `visit`."""
        return self.supervisor().arrangement

    @property
    def steps(self) -> list[str]:
        """The names of its steps."""
        return [step.name for step in self.arrangement.steps]

    def end(self, most_s: float = 6 * 3600.0) -> Any:
        """Let time pass until it has ended, so much at most, and return it."""
        self.fleet.run_until(lambda: self.arrangement.ended, most_s)
        self.fleet.run()
        return self.arrangement

    def count(self, state: str) -> int:
        """How many holds are in a state, at all providers."""
        return sum(one.count(state, self.fleet.now) for one in self.city.everybody)


def town(rules: str, seed: int | None = None, **settings: Any) -> Town:
    """Everything works, and she is free; `settings` are the owner's."""
    here, fleet = city(), Fleet(seed=seed)
    fleet.providers = here.world.providers
    publish(fleet, rules)
    for _, twin_id, event_type, payload in here.world.log:
        if event_type == "configured":
            data = msgspec.msgpack.decode(payload, type=Message[Any]).data
            if twin_id == OWNER:
                data = {**data, "calendar": [], **settings}
            if twin_id.startswith("employee/"):
                data = {**data, "skills": ["arrangements", "roadside"]}
            fleet.tell(twin_id, event_type, data)
    return Town(fleet, here)
