"""A recall's slots against the dealers' books: order by severity, and never more than the bays."""

from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from msgspec import structs

from deploy.demo.truths import Booked, Truth, slots
from deploy.demo.truths.slots import ACCEPTED, Car

HOUR = 3600.0
BEGAN = 1_000_000.0
"""When the dealer's first slot is taken."""


class Scene:
    """A campaign that went as it should; a test changes some of it.

    Args:
        severities: Of the cars, the severest first.
        bays: How many cars the dealer takes at one time.
        free: So many slots it has for them.
    """

    def __init__(
        self, severities: tuple[int, ...] = (10, 9, 7, 6, 3), bays: int = 2, free: int = 5
    ) -> None:
        self.bays = bays
        self.cars = [
            Car(
                vehicle=f"vehicle/v{number}", customer_id=f"customer/c{number}", dealer="d1",
                severity=severity, said_at=BEGAN - 10.0 + number,
            )
            for number, severity in enumerate(severities)
        ]  # fmt: skip
        self.booked = [
            self.slot(number, number // bays, car.customer_id)
            for number, car in enumerate(self.cars[:free])
        ]
        self.stages = {
            car.vehicle: ACCEPTED if number < free else "with_person"
            for number, car in enumerate(self.cars)
        }

    def slot(self, number: int, hour: int, customer: str, **changes: Any) -> Booked:
        """The dealer has given one."""
        fields: dict[str, Any] = {
            "provider_id": "d1", "hold_id": f"h{number}", "arrangement_id": f"a{number}",
            "customer_id": customer, "item": f"bay-{number % self.bays}.{hour}",
            "state": "confirmed", "held_at": BEGAN + number, "starts_at": BEGAN + hour * HOUR,
            "ends_at": BEGAN + (hour + 1) * HOUR,
        }  # fmt: skip
        return Booked(**fields | changes)

    def change(self, number: int, **changes: Any) -> None:
        """A slot is another one."""
        self.booked[number] = structs.replace(self.booked[number], **changes)

    def swap(self, one: int, other: int) -> None:
        """Two cars have each other's slots."""
        first, second = (self.booked[number].customer_id for number in (one, other))
        self.change(one, customer_id=second)
        self.change(other, customer_id=first)

    def compare(self) -> Truth:
        """Hold it against the book."""
        return slots.compare(self.cars, {"d1": self.bays}, self.booked, self.stages)


@pytest.mark.parametrize("seed", range(5))
def test_a_campaign_by_severity_is_so(seed: int) -> None:
    """However many bays and slots there are; others' slots do not matter."""
    drawn = Random(seed)
    severities = tuple(sorted(drawn.sample(range(11), 6), reverse=True))
    bays, free = drawn.randint(1, 3), drawn.randint(2, 6)
    scene = Scene(severities, bays, free)
    for number in range(3):
        scene.booked.append(scene.slot(50 + number, 40 + number, "somebody-else"))
    truth = scene.compare()

    assert () == truth.problems
    assert (
        min(scene.bays, scene.booked[-4].hold_id != "h0" and len(scene.booked) - 3)
        == (truth.figures["d1"]["most_at_once"])
    )
    assert list(severities) == [car["severity"] for car in truth.figures["d1"]["cars"]]


Change = Callable[[Scene], object]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda s: s.swap(0, 2), "v0 with severity 10 has the slot of"),
        (lambda s: s.swap(3, 4), "v3 with severity 6 has the slot of"),
        (lambda s: s.change(1, starts_at=BEGAN + 9 * HOUR, ends_at=BEGAN + 10 * HOUR),
         "v1 with severity 9 has the slot of"),
        (lambda s: s.change(1, state="released", over_at=BEGAN + 20.0),
         "v1 with severity 9 has no slot, and vehicle/v2 with 7 that of"),
        (lambda s: s.change(4, state="expired", over_at=BEGAN + 20.0),
         "v4 has no slot by the book of d1, and is accepted"),
        (lambda s: s.change(4, state="held"),
         "v4 has no slot by the book of d1, and is accepted"),
        (lambda s: s.stages.update({"vehicle/v3": "declined"}),
         "v3 has a slot by the book of d1, and is declined"),
        (lambda s: s.stages.clear(), "v0 has a slot by the book of d1, and is None"),
        (lambda s: s.booked.append(s.slot(9, 7, "customer/c0")), "v0 has 2 slots at d1"),
        (lambda s: s.booked.append(s.slot(9, 0, "somebody-else")),
         "d1 gave 3 slots of one time, and has 2 bays"),
        (lambda s: setattr(s, "bays", 1), "d1 gave 2 slots of one time, and has 1 bays"),
        (lambda s: s.booked.clear(), "v0 has no slot by the book of d1, and is accepted"),
    ],
)  # fmt: skip
def test_a_campaign_that_is_off_is_noticed(change: Change, said: str) -> None:
    """In its order, in what it says of a car, or in what a dealer has room for."""
    scene = Scene()
    change(scene)

    assert any(said in problem for problem in scene.compare().problems)


def test_slots_that_run_out_go_to_the_severest() -> None:
    """A milder car with the last slot of a severer one is noticed."""
    scene = Scene((9, 5, 4), bays=1, free=2)

    assert () == scene.compare().problems

    scene.change(1, customer_id="customer/c2")
    scene.stages |= {"vehicle/v1": "with_person", "vehicle/v2": ACCEPTED}
    (problem,) = scene.compare().problems

    assert "v1 with severity 5 has no slot, and vehicle/v2 with 4 that of" in problem


def test_a_slot_given_back_is_given_again() -> None:
    """One after the other in the same bay is no overbooking; both at one moment are."""
    scene = Scene(bays=1)
    scene.booked.append(
        scene.slot(8, 0, "other", held_at=BEGAN - 5.0, over_at=BEGAN, state="released")
    )

    assert () == scene.compare().problems

    scene.booked[-1] = structs.replace(scene.booked[-1], over_at=BEGAN + 1.0)

    assert ("d1 gave 2 slots of one time, and has 1 bays",) == scene.compare().problems


def test_who_took_hers_while_a_sooner_one_was_gone_is_not_moved() -> None:
    """Its owner gave it back later; a milder car whose turn it was then has it."""
    scene = Scene((9, 5, 3), bays=1)
    scene.swap(1, 2)
    # The slot of two o'clock, which the milder one has in the end, was another's before.
    scene.change(2, held_at=BEGAN + 1.0)
    scene.change(1, held_at=BEGAN + 5.0)

    assert 1 == len(scene.compare().problems)

    given_back = {"held_at": BEGAN + 0.5, "over_at": BEGAN + 4.0, "state": "released"}
    scene.booked.append(scene.slot(1, 1, "other", **given_back))

    assert () == scene.compare().problems

    scene.booked[-1] = structs.replace(scene.booked[-1], over_at=BEGAN + 0.8)

    assert 1 == len(scene.compare().problems)


def test_slots_that_overlap_in_part_need_two_bays() -> None:
    """From nine to ten and from half past nine on are two at half past nine."""
    scene = Scene(bays=1)
    begins = BEGAN + 0.5 * HOUR
    scene.booked.append(scene.slot(8, 0, "other", starts_at=begins, ends_at=begins + 60.0))

    assert ("d1 gave 2 slots of one time, and has 1 bays",) == scene.compare().problems


def test_who_comes_later_is_behind() -> None:
    """A severer car whose fault shows when slots are gone already takes none of them away."""
    scene = Scene((3, 2, 10), bays=1)
    scene.cars[2] = structs.replace(scene.cars[2], said_at=BEGAN + 0.5)

    assert () == scene.compare().problems

    scene.cars[2] = structs.replace(scene.cars[2], said_at=BEGAN - 0.5)

    assert 2 == len(scene.compare().problems)


def test_one_car_alone_shows_no_order() -> None:
    """What cannot fail proves nothing."""
    assert ("at d1 no two cars competed, so no order was shown",) == Scene((5,)).compare().problems
