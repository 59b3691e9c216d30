"""What tests of the customer's page share: a link, and how it is followed and answered."""

from typing import Any

import httpx2
from msgspec import structs, to_builtins
from support.api_server import OFFER_KEY, client_of
from support.arrangements import ENDS, ID, SUPERVISOR, arrangement, put
from support.fake_services import START, FakeServices

from actors.supervisors.arrangement import Arrangement, Leg
from actors.supervisors.offer import Line, Offer
from gateway.offers import sign_offer

TOKEN = sign_offer(OFFER_KEY, SUPERVISOR, ID, ENDS)
PATH = f"/offers/{TOKEN}"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
PRICES = {"slot_1": 8_900, "rental_1": 5_400, "slot_2": 8_900, "rental_2": 10_800, "tow": 1_000}
"""What two appointments cost, each with its rental, and something that belongs to both."""


def services_with(**change: Any) -> FakeServices:
    """A cluster with one arrangement."""
    services = FakeServices()
    put(services, arrangement(**change))
    return services


async def page_of(services: FakeServices, path: str = PATH, **headers: str) -> httpx2.Response:
    """The page, as a browser gets it."""
    async with client_of(services) as client:
        return await client.get(path, headers=headers)


async def post(services: FakeServices, **given: Any) -> httpx2.Response:
    """An answer, as a browser or a program sends it."""
    async with client_of(services) as client:
        return await client.post(PATH, **given)


def choice() -> Arrangement:
    """Two appointments, each with its rental, and something that belongs to both."""
    arr = arrangement()
    slot = arr.legs["slot"]
    arr.legs = {
        name: _leg(slot, name) for name in PRICES
    }  # fmt: skip
    lines = [
        Line(
            leg=name, alternative=leg.alternative, what=leg.sort_name, price_cents=PRICES[name],
            cost_cents=PRICES[name], starts_at=leg.starts_at, ends_at=leg.ends_at,
        )
        for name, leg in arr.legs.items()
    ]  # fmt: skip
    arr.offer = to_builtins(
        Offer(
            supervisor=SUPERVISOR, arrangement_id=ID, customer="customer/c1", language="en",
            currency="EUR", lines=lines, total_cents=15_300, expires_at=ENDS,
        )
    )  # fmt: skip
    return arr


def _leg(pattern: Leg, name: str) -> Leg:
    sort, _, number = name.partition("_")
    starts_at = START + 3600.0 * int(number or 0)
    return structs.replace(
        pattern, name=name, sort=sort if number else "", alternative=int(number or 0),
        starts_at=starts_at, ends_at=starts_at + 3600.0,
    )  # fmt: skip
