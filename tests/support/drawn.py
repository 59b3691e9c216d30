"""Drawn: ids, times and capacities that a test draws at random, so that no story leans on one.

The seed is printed; a test that fails is repeated by naming it.
"""

import random
from collections.abc import Callable
from string import ascii_letters, digits
from typing import Any

import actors.supervisors
import twins.devices
import twins.people
import twins.services
from actors.testing import FakeProvider, Fault, Fleet
from twins.outputs import Effect, Target

assert actors.supervisors, "importing it registers the kinds"
assert twins.devices, "the same"
assert twins.people, "the same"
assert twins.services, "the same"

SEEDS = range(5)

FAULTS = (
    Fault(carried_out=False, reason="refused", detail="unavailable"),
    Fault(carried_out=False, reason="unknown"),
    Fault(reason="unknown"),
    Fault(silent=True),
    Fault(carried_out=False, silent=True),
    Fault(delay_s=8.0),
    Fault(delay_s=40.0),
)
"""What may become of a call."""


class Drawn(random.Random):
    """Chance with a seed that is printed.

    `make` makes another fleet, of so many partitions, than one with chance of its own.
    """

    def __init__(self, seed: int, make: Callable[[int], Fleet] | None = None) -> None:
        super().__init__(f"story {seed}")
        print(f"seed {seed}")  # noqa: T201 - shown where a test fails
        partitions = self.choice((1, 2, 4, 8))
        self.fleet = Fleet(partitions, seed) if make is None else make(partitions)
        self._taken: set[str] = set()

    @classmethod
    def of(cls, seed: "int | Drawn") -> "Drawn":
        """A new one of a seed; one that there is already stays itself."""
        return seed if isinstance(seed, Drawn) else cls(seed)

    def key(self) -> str:
        """Of a twin, not drawn before."""
        while True:
            key = "".join(self.choices(ascii_letters + digits + "-_", k=self.randint(1, 24)))
            if key not in self._taken:
                self._taken.add(key)
                return key

    def cents(self, most: int = 50_000) -> int:
        """A price."""
        return self.randint(0, most)

    def offers(self, count: int, **more: Any) -> list[dict[str, Any]]:
        """Things that a company has, each with a price."""
        return [
            {"offer_id": f"item-{number}", "title": f"item {number}", "currency": "EUR",
             "price_cents": self.cents(), **more}
            for number in range(count)
        ]  # fmt: skip

    def person(self, **settings: Any) -> str:
        """A customer who can be reached."""
        id_ = f"customer/{self.key()}"
        channels = [{"channel": "sms", "address": "+358 40 1"}]
        settings = {"name": "Ada", "channels": channels, **settings}
        self.fleet.tell(id_, "configured", settings)
        return id_

    def desk(self, *skills: str, **settings: Any) -> str:
        """A desk with an employee for each of these skills."""
        id_ = f"desk/{self.key()}"
        self.fleet.tell(id_, "configured", settings)
        for skill in skills:
            self.fleet.tell(
                f"employee/{self.key()}", "configured",
                {"name": skill, "skills": [skill], "shift": {}, "desk": id_, "lead": False},
            )  # fmt: skip
        return id_

    def company(self, kind: str, provider: FakeProvider, **settings: Any) -> str:
        """A company's twin, with its provider."""
        id_ = f"{kind}/{self.key()}"
        self.fleet.employ(id_, provider, **settings)
        return id_

    def let_companies_fail(self, share: float = 1 / 6) -> None:
        """From now on so many calls go wrong, each in its own way."""

        def fault(effect: Effect) -> Fault:
            wrong = effect.target is Target.PROVIDER and self.random() < share
            return self.choice(FAULTS) if wrong else Fault()

        self.fleet.fault = fault

    # -- looking -----------------------------------------------------------------------------

    def arrangement(self, supervisor: str) -> Any:
        """The one that is open, or that ended last."""
        return self.fleet.twin(supervisor).arrangement

    def run_to_end(self, supervisor: str, most_s: float = 6 * 3600.0) -> Any:
        """Let time pass until its arrangement has ended, and return it."""
        self.fleet.run_until(lambda: self.arrangement(supervisor).ended, most_s)
        return self.arrangement(supervisor)

    def replays(self) -> None:
        """The same log gives the same states and signals."""
        again = self.fleet.replay()

        assert self.fleet.states() == again.states()
        assert self.fleet.signals == again.signals


def quiet_for(now: float, seconds: float) -> list[dict[str, int]]:
    """Quiet hours, by a clock in UTC, that began an hour ago and go on for so many seconds."""
    return [{"starts_s": int(now - 3600) % 86_400, "ends_s": int(now + seconds) % 86_400}]


def urgencies(drawn: Drawn) -> list[str]:
    """Of all that people were told, in order."""
    return [notice.get("urgency", "normal") for notice in drawn.fleet.notices]


def before(arr: Any, *names: str) -> bool:
    """Whether these steps came in this order, each for the first time."""
    steps = [step.name for step in arr.steps]
    places = [steps.index(name) for name in names]
    return places == sorted(places)


def steps(arr: Any) -> list[str]:
    """Names of what happened."""
    return [step.name for step in arr.steps]
