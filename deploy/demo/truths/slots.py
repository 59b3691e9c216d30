"""Slots: of a recall, by the dealers' own books and the faults as the cars have them.

What the policy promises, dealer by dealer: when a slot is taken for a car, no car with a severer
fault still waits for one of the same dealer. A car that says it has the fault when the dealer's
first slot is gone is behind those whose turn it was before, so it does not compete; all others do:
of two that compete the one with the severer fault has no later slot, and where slots run out it is
not the one without. A slot that another one had, and gave back, goes to whose turn it is then: who
took hers while it was gone is not moved. A dealer never gives more slots of one time than it has
bays.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from msgspec import Struct

from deploy.demo.truths.truth import Truth
from deploy.demo.truths.world import Booked

NAME: Final = "slots"

ACCEPTED: Final = "accepted"
"""What the campaign says of a car whose owner has taken her slot."""


class Car(Struct, kw_only=True, frozen=True):
    """A car with the fault, as it is in the world."""

    vehicle: str
    customer_id: str
    dealer: str
    """Its provider's id."""
    severity: int
    """As the car itself has said."""
    said_at: float
    """When it said so."""


def compare(
    cars: Sequence[Car],
    bays: Mapping[str, int],
    booked: Sequence[Booked],
    stages: Mapping[str, str],
) -> Truth:
    """Hold a campaign against the dealers' books.

    Args:
        cars: Those that have the fault.
        bays: Dealer -> how many it has.
        booked: All that the dealers have given, to whomever.
        stages: Vehicle -> what the campaign says became of it.
    """
    slots = {car.vehicle: _slots_of(car, booked) for car in cars}
    dealers = sorted({car.dealer for car in cars})
    figures = {
        dealer: {
            "bays": bays[dealer],
            "most_at_once": _most_at_once([each for each in booked if each.provider_id == dealer]),
            "cars": [
                {
                    "vehicle": car.vehicle,
                    "severity": car.severity,
                    "starts_at": slots[car.vehicle][0].starts_at if slots[car.vehicle] else None,
                }
                for car in sorted(cars, key=lambda car: -car.severity)
                if car.dealer == dealer
            ],
        }
        for dealer in dealers
    }
    return Truth(
        name=NAME,
        says="; ".join(_line(dealer, found) for dealer, found in figures.items()),
        figures=figures,
        problems=tuple(_problems(cars, bays, booked, stages)),
    )


def _line(dealer: str, found: Mapping[str, Any]) -> str:
    cars = ", ".join(f"{car['severity']} {_clock(car['starts_at'])}" for car in found["cars"])
    return (
        f"{dealer} has by severity {cars}; at most {found['most_at_once']} at once in "
        f"{found['bays']} bay{'s' * (found['bays'] != 1)}"
    )


def _clock(at: float | None) -> str:
    return "none" if at is None else f"{datetime.fromtimestamp(at, UTC):%d %b %H:%M}"


def _slots_of(car: Car, booked: Sequence[Booked]) -> list[Booked]:
    return [
        each
        for each in booked
        if each.live and (each.provider_id, each.customer_id) == (car.dealer, car.customer_id)
    ]


def _problems(
    cars: Sequence[Car],
    bays: Mapping[str, int],
    booked: Sequence[Booked],
    stages: Mapping[str, str],
) -> Iterator[str]:
    for car in cars:
        slots, stage = _slots_of(car, booked), stages.get(car.vehicle)
        if len(slots) > 1:
            yield f"{car.vehicle} has {len(slots)} slots at {car.dealer}"
        has = any(slot.state != "held" for slot in slots)
        if has != (stage == ACCEPTED):
            said = "has a slot" if has else "has no slot"
            yield f"{car.vehicle} {said} by the book of {car.dealer}, and is {stage}"
    for dealer in sorted({car.dealer for car in cars}):
        yield from _out_of_order([car for car in cars if car.dealer == dealer], booked)
        book = [each for each in booked if each.provider_id == dealer]
        most = _most_at_once(book)
        if most > bays[dealer]:
            yield f"{dealer} gave {most} slots of one time, and has {bays[dealer]} bays"


def _out_of_order(cars: Sequence[Car], booked: Sequence[Booked]) -> Iterator[str]:
    """Hold each two cars of one dealer against each other."""
    owners = {car.customer_id for car in cars}
    taken = [
        each.held_at
        for each in booked
        if each.provider_id == cars[0].dealer and each.customer_id in owners
    ]
    rivals = [car for car in cars if car.said_at < min(taken, default=float("inf"))]
    if len(rivals) < 2:  # noqa: PLR2004 - one alone is in no order
        yield f"at {cars[0].dealer} no two cars competed, so no order was shown"
    first = {
        car.vehicle: min(
            _slots_of(car, booked), key=lambda slot: slot.starts_at or 0.0, default=None
        )
        for car in rivals
    }
    for worse in rivals:
        for milder in rivals:
            late, soon = first[worse.vehicle], first[milder.vehicle]
            if worse.severity <= milder.severity or soon is None:
                continue
            if late is not None and not _passed(late, soon, booked):
                continue
            said = "no slot" if late is None else f"the slot of {_clock(late.starts_at)}"
            yield (
                f"{worse.vehicle} with severity {worse.severity} has {said}, and "
                f"{milder.vehicle} with {milder.severity} that of {_clock(soon.starts_at)}"
            )


def _passed(late: Booked, soon: Booked, booked: Sequence[Booked]) -> bool:
    """Whether a sooner slot was to be had when the later one was taken."""
    if (late.starts_at or 0.0) <= (soon.starts_at or 0.0):
        return False
    return not any(
        (other.provider_id, other.item) == (soon.provider_id, soon.item)
        and other.held_at <= late.held_at < (other.over_at or 0.0) <= soon.held_at
        for other in booked
    )


def _most_at_once(book: Sequence[Booked]) -> int:
    """How many slots of one time a dealer had given, at the moment when they were most."""
    most = 0
    for new in book:
        # Both dimensions change only where one begins: at a moment of the book, in time of slots.
        given = [
            each
            for each in book
            if each.held_at <= new.held_at and (each.over_at is None or each.over_at > new.held_at)
        ]
        for one in given:
            start = one.starts_at or 0.0
            most = max(
                most,
                sum((each.starts_at or 0.0) <= start < (each.ends_at or 0.0) for each in given),
            )
    return most
