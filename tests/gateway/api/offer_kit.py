"""What tests of the customer's page share: a link, and how it is followed and answered."""

from typing import Any

import httpx2
from support.api_server import OFFER_KEY, client_of
from support.arrangements import ENDS, ID, SUPERVISOR, arrangement, put
from support.fake_services import FakeServices

from gateway.offers import sign_offer

TOKEN = sign_offer(OFFER_KEY, SUPERVISOR, ID, ENDS)
PATH = f"/offers/{TOKEN}"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


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
