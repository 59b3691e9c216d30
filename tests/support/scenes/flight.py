"""Flight: a passenger on her way to a connection."""

from dataclasses import dataclass
from typing import Any

from support.drawn import Drawn

from actors.testing import FakeProvider

HOUR_S = 3600.0


@dataclass
class Journey:
    """A passenger on her way to a connection, all drawn."""

    drawn: Drawn
    plane: str
    trip: str
    owner: str
    destination: str
    transfer_s: float
    boards_at: float
    airline: FakeProvider
    hotel: FakeProvider

    @property
    def supervisor(self) -> str:
        """Who watches over it."""
        return f"rebooking/{self.trip.partition('/')[2]}"

    def says(self, spare_s: float, at: float | None = None) -> float:
        """Her plane says when it arrives: with so much to spare; returns when that is."""
        arrives_at = self.boards_at - self.transfer_s - spare_s
        said: dict[str, Any] = {"arrives_at": arrives_at, "lat": 60.0, "lon": 20.0}
        self.drawn.fleet.measure(self.plane, said if at is None else {**said, "at": at})
        return arrives_at


def journey(
    seed: int | Drawn, *, after_s: tuple[float, ...] = (-0.2, 2.0, 5.0), rooms: int = 1,
    planes: bool = False,
) -> Journey:  # fmt: skip
    """Draw one; hours after the connection at which seats to where she goes board.

    Rooms for a night are near; with `planes` the airline names the twins of its flights.
    """
    drawn = Drawn.of(seed)
    boards_at = drawn.fleet.now + drawn.uniform(3, 6) * HOUR_S
    destination = drawn.key()
    offers = [
        {"offer_id": f"seat{number}", "title": "seat", "currency": "EUR",
         "price_cents": drawn.cents(),
         "details": {"destination": destination, "boards_at": boards_at + hours * HOUR_S,
                     **({"plane": f"plane/onward{number}"} if planes else {})}}
        for number, hours in enumerate(after_s)
    ]  # fmt: skip
    astray = {"destination": "elsewhere", "boards_at": boards_at + HOUR_S}
    offers.append({"offer_id": "astray", "title": "seat", "currency": "EUR", "price_cents": 0,
                   "details": astray})  # fmt: skip
    drawn.shuffle(offers)
    provider = FakeProvider("seat", offers)
    airline = drawn.company("airline", provider)
    hotel = FakeProvider("hotel", [
        {"offer_id": f"room{number}", "title": "room", "currency": "EUR",
         "price_cents": drawn.cents(), "starts_at": drawn.fleet.now,
         "ends_at": drawn.fleet.now + 48 * HOUR_S}
        for number in range(rooms)
    ])  # fmt: skip
    near, far = (drawn.company("hotel", each) for each in (hotel, FakeProvider("hotel", [])))
    hotels = [{"id": near, "position": [60.2, 25.1]}, {"id": far, "position": [41.0, 28.8]}]
    desk = drawn.desk("travel", services={"seat": [{"id": airline}], "hotel": hotels})
    owner = drawn.person()
    plane, trip = f"plane/{drawn.key()}", f"trip/{drawn.key()}"
    transfer_s = drawn.uniform(600, 3600)
    drawn.fleet.tell(
        trip, "configured",
        {"owner": owner, "desk": desk, "plane": plane, "onward": "XY1", "transfer_s": transfer_s,
         "destination": destination, "boards_at": boards_at, "changes_at": [60.3, 25.0],
         "timezone": "Europe/Helsinki"},
    )  # fmt: skip
    return Journey(drawn, plane, trip, owner, destination, transfer_s, boards_at, provider, hotel)
