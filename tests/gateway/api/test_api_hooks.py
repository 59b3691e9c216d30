"""The webhook for people: signed, checked as a whole, and no wider than it must be."""

from typing import Any

import httpx2
import pytest
from msgspec import json
from support.api_server import OFFER_KEY, client_of
from support.fake_services import START, FakeServices

import twins.people
from gateway.channels.signing import SIGNATURE, Signer

assert twins.people, "importing it registers the kinds"

PLACED = {"id": "shop-1", "subject": "order/o1", "type": "order.placed", "time": START - 9,
          "data": {"customer": "customer/c1", "total_cents": 5, "currency": "EUR"}}  # fmt: skip


async def post(services: FakeServices, body: Any, at: float = START) -> httpx2.Response:
    """Send it, signed at a time."""
    content = json.encode(body)
    headers = {SIGNATURE: Signer(OFFER_KEY).signature(content, at)}
    async with client_of(services) as client:
        return await client.post("/v1/hooks/people", content=content, headers=headers)


async def test_customers_and_events_are_taken() -> None:
    """A customer as a row of the import, an event as it is, with its own time and id."""
    services = FakeServices()
    answer = await post(services, {"customers": [{"id": "c1", "name": "Aino"}], "events": [PLACED]})
    customer, order = services.sent

    assert (answer.status_code, answer.json()) == (202, {"customers": 1, "events": 2})
    assert (customer.twin_id, customer.message.data) == ("customer/c1", {"name": "Aino"})
    assert (order.twin_id, order.message.id, order.message.time) == (
        "order/o1",
        "shop-1",
        START - 9,
    )


@pytest.mark.parametrize(
    ("event_type", "data"),
    [("call.received", {"text": "where is help?"}), ("help.noted", {"cost_cents": 500})],
)
async def test_what_became_of_a_customer_is_taken(event_type: str, data: dict[str, Any]) -> None:
    """From a telephone system, or from where invoices are kept."""
    services = FakeServices()
    event = {"id": "pbx-1", "subject": "customer/c1", "type": event_type, "data": data}
    answer = await post(services, {"events": [event]})

    assert 202 == answer.status_code
    assert [("customer/c1", event_type, data)] == [
        (one.twin_id, one.type, one.message.data) for one in services.sent
    ]


async def test_a_delivery_that_comes_again_has_the_same_ids() -> None:
    """So it counts once; a later one that sets the same back does not pass for a repeat."""
    services = FakeServices()
    for at in (START, START, START + 1):
        await post(services, {"customers": [{"id": "c1", "name": "Aino"}]}, at)
    first, again, later = (event.message.id for event in services.sent)

    assert first == again != later


@pytest.mark.parametrize(
    "body",
    [
        {"events": [PLACED, {**PLACED, "subject": "vehicle/v1", "type": "configured"}]},
        {"events": [PLACED, {**PLACED, "type": "value.changed"}]},
        {"events": [PLACED, {**PLACED, "subject": "customer/c1"}]},
        {"events": [PLACED, {**PLACED, "data": {}}]},
        {"events": [PLACED, {**PLACED, "id": "no id"}]},
        {"events": [PLACED], "customers": [{"id": "c1", "email": "none"}]},
        {"events": [PLACED], "customers": [{"name": "Aino"}]},
        {"events": [PLACED], "more": 1},
        [],
    ],
)
async def test_one_mistake_and_nothing_is_sent(body: Any) -> None:
    """Told with its place."""
    services = FakeServices()
    answer = await post(services, body)

    assert answer.status_code == 422
    assert services.sent == []


async def test_only_who_has_the_key_and_only_now() -> None:
    """An old delivery, another body, no signature."""
    services = FakeServices()
    old = await post(services, {"events": [PLACED]}, START - 400)
    async with client_of(services) as client:
        signature = Signer(OFFER_KEY).signature(b"{}", START)
        other = await client.post("/v1/hooks/people", content=b"[]", headers={SIGNATURE: signature})
        none = await client.post("/v1/hooks/people", content=b"{}")

    assert [403] * 3 == [old.status_code, other.status_code, none.status_code]
    assert services.sent == []
