"""What providers offer: rentals, slots, cover, and what they refuse to offer."""

import pytest
from provider_kit import HOSPITAL, SCENE, START, Clock, hold_request

from load.providers.contract import AvailabilityRequest, Offer
from load.providers.errors import InvalidRequestError, UnavailableError
from load.providers.inventory import Inventory
from load.providers.slots import slot_times
from load.providers.world import Dealer

HOUR = 3600


def offers(inventory: Inventory, provider_id: str, service: str, **fields: object) -> list[Offer]:
    """Ask for offers."""
    request = AvailabilityRequest.model_validate({"service": service, **fields})
    return inventory.offers(provider_id, request)


def test_a_tow_costs_both_legs(inventory: Inventory) -> None:
    """The price is the base and the kilometres to the scene and on to the destination."""
    alone = offers(inventory, "t1", "tow", near=SCENE)[0]
    carried = offers(inventory, "t1", "tow", near=SCENE, to=HOSPITAL)[0]

    # 5.571 km at 250 cents, and from the scene to the hospital another 1.245 km.
    assert (alone.price_cents, carried.price_cents) == (9000 + 1393, 9000 + 1704)


def test_what_is_out_of_range_is_not_offered(inventory: Inventory) -> None:
    """A fleet takes no job that begins farther away than it goes, and says so to a hold, too."""
    far = (65.0, 25.5)

    assert offers(inventory, "t1", "tow", near=far) == []
    with pytest.raises(UnavailableError):
        inventory.hold("t1", "a", hold_request("truck-1", near=far))


def test_a_fleet_needs_a_place(inventory: Inventory) -> None:
    """Without `near` there is nothing to drive to: offers and holds are refused."""
    with pytest.raises(InvalidRequestError, match="give `near`"):
        offers(inventory, "t1", "tow")
    with pytest.raises(InvalidRequestError, match="give `near`") as refusal:
        inventory.hold("t1", "a", hold_request("truck-1", near=None))

    assert refusal.value.hold_id == "a"


@pytest.mark.parametrize("provider_id", ["t1", "r1", "d1", "dealer1", "i1"])
@pytest.mark.parametrize("service", ["tow", "ride", "rental", "slot", "cover"])
def test_a_provider_offers_its_own_service(
    inventory: Inventory, provider_id: str, service: str
) -> None:
    """Asked for its service a provider has offers, asked for another it has none."""
    own = {"t1": "tow", "r1": "ride", "d1": "rental", "dealer1": "slot", "i1": "cover"}
    found = offers(inventory, provider_id, service, near=SCENE, details={"policy": "P-1"})

    assert bool(found) == (own[provider_id] == service)


def test_cars_are_rented_by_days_begun(inventory: Inventory) -> None:
    """A day and a minute cost two days; without an end the rental takes a day."""
    longer = offers(inventory, "d1", "rental", latest=START + 86_460)
    plain = offers(inventory, "d1", "rental", earliest=START + 7200)

    assert [offer.price_cents for offer in longer] == [9000, 19_800]
    assert [offer.price_cents for offer in plain] == [4500, 9900]
    assert (plain[0].starts_at, plain[0].ends_at) == (START + 7200, START + 7200 + 86_400)


def test_a_car_is_offered_when_it_is_back(inventory: Inventory) -> None:
    """A car that is held for an hour is offered from the end of that hour on."""
    inventory.hold("d1", "a", hold_request(f"car-1.{int(START)}-{int(START) + HOUR}"))
    now = [offer.item for offer in offers(inventory, "d1", "rental")]
    later = [offer.item for offer in offers(inventory, "d1", "rental", earliest=START + HOUR)]

    assert (now, later) == (["car-2"], ["car-1", "car-2"])


def test_slots_lie_within_working_hours(inventory: Inventory) -> None:
    """Only Mondays from 9 to 12 have slots; the window cuts off what it does not hold entirely."""
    week = offers(inventory, "dealer1", "slot", latest=START + 8 * 86_400)
    window = offers(inventory, "dealer1", "slot", earliest=START + 1, latest=START + 2 * HOUR)

    assert [offer.starts_at for offer in week] == [
        START + day * 86_400 + hour * HOUR for day in (0, 7) for hour in (0, 1, 2)
    ]
    assert [(offer.starts_at, offer.ends_at) for offer in window] == [
        (START + HOUR, START + 2 * HOUR)
    ]


def test_slots_follow_the_dealer_s_own_clock() -> None:
    """On the day on which Helsinki's clocks go forward the dealer opens at 8, local time: 5 UTC."""
    dealer = Dealer(
        provider_id="x", name="X", position=SCENE, bays=("b",), timezone="Europe/Helsinki",
        opens="08:00", closes="10:00", weekdays=frozenset(range(7)),
    )  # fmt: skip
    saturday = 1_774_648_800  # 2026-03-28 00:00 in Helsinki, UTC+2; the next day is UTC+3
    starts = [start for start, _ in slot_times(dealer, saturday, saturday + 2 * 86_400 - 1)]

    assert [start - saturday for start in starts] == [8 * HOUR, 9 * HOUR, 31 * HOUR, 32 * HOUR]


def test_a_held_slot_is_not_offered(inventory: Inventory) -> None:
    """The first slot, once held, is gone from the offers; the others are still there."""
    first, second = offers(inventory, "dealer1", "slot", latest=START + 2 * HOUR)
    inventory.hold("dealer1", "a", hold_request(first.offer_id))

    assert offers(inventory, "dealer1", "slot", latest=START + 2 * HOUR) == [second]


def test_cover_says_what_is_covered(inventory: Inventory) -> None:
    """The policy's terms are answered: services, deductible, and which claim it would be."""
    (offer,) = offers(inventory, "i1", "cover", details={"policy": "P-1"})

    assert offer.details == {
        "policy": "P-1",
        "claim": 1,
        "covers": {"tow": True, "ride": False, "rental": True},
        "deductible_cents": 15_000,
    }
    assert offer.price_cents == 15_000


def test_a_policy_has_so_many_claims(inventory: Inventory) -> None:
    """Each hold takes one claim; when all are taken, nothing is covered until one is released."""
    for claim in ("1", "2"):
        inventory.hold("i1", claim, hold_request(f"P-1.claim-{claim}"))
    used_up = offers(inventory, "i1", "cover", details={"policy": "P-1"})
    inventory.release("i1", "1")
    (left,) = offers(inventory, "i1", "cover", details={"policy": "P-1"})

    assert (used_up, left.item) == ([], "P-1.claim-1")


@pytest.mark.parametrize("number", ["P-2", "P-9", "", "P-1.claim-1"])
def test_no_other_policy_covers(inventory: Inventory, number: str) -> None:
    """An expired policy and one that nobody has cover nothing."""
    assert offers(inventory, "i1", "cover", details={"policy": number}) == []


@pytest.mark.parametrize("details", [{}, {"policy": 1}, {"policy": None}, {"policy": ["P-1"]}])
def test_an_insurer_needs_the_policy(inventory: Inventory, details: dict[str, object]) -> None:
    """Without the number of a policy the request is refused, and says what is missing."""
    with pytest.raises(InvalidRequestError, match=r"details\.policy"):
        offers(inventory, "i1", "cover", details=details)


@pytest.mark.parametrize(
    ("provider_id", "offer_id"),
    [
        ("t1", "truck-9"),
        ("t1", "cab-1"),
        ("d1", "car-1"),
        ("d1", f"car-9.{int(START)}-{int(START) + HOUR}"),
        ("d1", f"car-1.{int(START)}-{int(START)}"),
        ("d1", f"car-1.{int(START) + HOUR}-{int(START)}"),
        ("d1", f"car-1.{int(START) - 3601}-{int(START) + HOUR}"),
        ("d1", f"car-1.{int(START)}-{int(START) + 31 * 86_400}"),
        ("d1", f"car-1.{int(START)}-999999999999"),
        ("d1", f"car-1.{int(START)}-{int(START) + HOUR}\u0660"),
        ("dealer1", f"bay-1.{int(START) + 60}"),
        ("dealer1", f"bay-1.{int(START) - HOUR}"),
        ("dealer1", f"bay-1.{int(START) + 3 * HOUR}"),
        ("dealer1", f"bay-1.{int(START) + 35 * 86_400}"),
        ("dealer1", f"bay-2.{int(START)}"),
        ("i1", "P-1.claim-0"),
        ("i1", "P-1.claim-3"),
        ("i1", "P-1.claim-01"),
        ("i1", "P-2.claim-1"),
        ("i1", "claim-1"),
    ],
)
def test_what_was_never_offered_cannot_be_held(
    inventory: Inventory, provider_id: str, offer_id: str
) -> None:
    """Invented offers, past periods, times off the grid and aliases of a claim are unavailable."""
    with pytest.raises(UnavailableError):
        inventory.hold(provider_id, "a", hold_request(offer_id))


def test_at_most_twenty_offers(inventory: Inventory, clock: Clock) -> None:
    """A long window yields the first twenty slots."""
    assert len(offers(inventory, "dealer1", "slot", latest=clock() + 365 * 86_400)) == 15
    busy = inventory.world.provider("dealer1").model_copy(update={"weekdays": frozenset(range(7))})
    inventory.world._by_id["dealer1"] = busy

    found = offers(inventory, "dealer1", "slot")
    assert len(found) == 20
    assert found[-1].starts_at == START + 6 * 86_400 + HOUR
