"""Service: a driver, her dealer and a depot."""

from dataclasses import dataclass

from support.drawn import Drawn

from actors.testing import FakeProvider

HOUR_S = 3600.0


@dataclass
class Town:
    """A driver, her dealer, and a depot, all drawn."""

    drawn: Drawn
    car: str
    owner: str
    dealer: FakeProvider
    depot: FakeProvider

    @property
    def supervisor(self) -> str:
        """Who watches over the car."""
        return f"service/{self.car.partition('/')[2]}"

    def light(self) -> None:
        """Her lamp goes on."""
        self.drawn.fleet.measure(self.car, {"engine_light": True, "fault_code": "P0420"}, "fault")

    def count(self, state: str) -> int:
        """Holds in a state, at both companies."""
        now = self.drawn.fleet.now
        return self.dealer.count(state, now) + self.depot.count(state, now)


def town(seed: int | Drawn, *, cars: int | None = None, busy_s: float | None = None) -> Town:
    """Draw one; `cars` at the depot, and for how long she has no time."""
    drawn = Drawn.of(seed)
    dealer = FakeProvider("slot", drawn.offers(1))
    depot = FakeProvider("rental", drawn.offers(drawn.randint(3, 9) if cars is None else cars))
    garage = drawn.company("dealer", dealer, position=[60.0, 25.0])
    rental = drawn.company("rental_depot", depot, position=[60.1, 25.1])
    desk = drawn.desk("workshop", rental_depots=[{"id": rental, "position": [60.1, 25.1]}])
    now = drawn.fleet.now
    free_at = now + (drawn.uniform(0, 10 * HOUR_S) if busy_s is None else busy_s)
    calendar = [{"starts_at": now, "ends_at": free_at}]
    owner = drawn.person(calendar=calendar)
    car = f"vehicle/{drawn.key()}"
    drawn.fleet.tell(car, "configured", {"owner": owner, "dealer": garage, "desk": desk})
    return Town(drawn, car, owner, dealer, depot)
