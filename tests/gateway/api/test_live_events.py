"""What the live feed sends is what its description says: event by event, field by field."""

from collections.abc import Iterator
from typing import Any, get_args, get_type_hints

import pytest
from support.api_server import OPERATOR, ApiServer, served
from support.arrangements import arrangement, put
from support.fake_services import FakeServices

from gateway.api.live_events import LiveEvent as Described
from gateway.api.openapi import document
from gateway.client import Client
from gateway.live_event import LiveEvent
from twins.outputs import Signal

NAMES = set(get_args(get_type_hints(LiveEvent)["event"]))
"""Those that Python's client knows."""


@pytest.fixture(scope="module")
def server() -> Iterator[ApiServer[FakeServices]]:
    """The API, served."""
    with served(FakeServices()) as running:
        yield running


def plain(event: LiveEvent) -> dict[str, Any]:
    """An event as it came."""
    return {"id": event.id, "event": event.event, "data": event.data}


def described(event: dict[str, Any]) -> dict[str, Any]:
    """What the description knows of an event; raises where it does not allow it."""
    return Described.model_validate(event).model_dump(mode="json", exclude_unset=True)


def test_each_event_is_as_it_is_described(server: ApiServer[FakeServices]) -> None:
    """All that the description names comes, and nothing comes that it does not name."""
    services = server.services
    seen: dict[str, dict[str, Any]] = {}
    signal = Signal("s1", "engine.overheating", "vehicle/v1", services.now, {"coolant_c": 107.0})
    with Client(server.url, OPERATOR) as client:
        where = "speed_kmh > 50 or kind = roadside"
        # From nowhere on: she is told that she has missed something.
        with client.live(where=where, last_id="1,2") as feed:
            for event in feed:
                seen[event.event] = plain(event)
                if event.event == "status":
                    break
            server.wait(services.opened.wait())
            entered = server.call(services.add, "vehicle/v1", speed_kmh=60.0)
            server.call(services.change, entered)
            states = [
                server.call(put, services, arrangement()),
                server.call(services.add, "vehicle/v1", speed_kmh=40.0),
                server.call(services.add, "vehicle/v2", speed_kmh=60.0),
            ]
            server.call(services.change, *states, signals=(signal,))
            while seen.keys() != NAMES:
                event = next(feed)
                seen.setdefault(event.event, plain(event))

    for event in seen.values():
        assert event == described(event)


def test_status_in_trouble_is_as_it_is_described() -> None:
    """Nobody can say how many events there were; the rest is said all the same."""
    with served(FakeServices()) as server:
        server.services.trouble = ConnectionError("no coordinator")
        with Client(server.url, OPERATOR) as client, client.live() as feed:
            status = next(event for event in feed if event.event == "status")

    assert plain(status) == described(plain(status))
    assert (False, None) == (status.data["healthy"], status.data["totals"])


def test_the_document_names_each_event() -> None:
    """So that clients' types have them, told apart by their names."""
    spec = document()
    content = spec["paths"]["/v1/live"]["get"]["responses"]["200"]["content"]
    union = spec["components"]["schemas"]["LiveEvent"]

    assert {"$ref": "#/components/schemas/LiveEvent"} == (
        content["text/event-stream"]["schema"]["contentSchema"]
    )
    assert "event" == union["discriminator"]["propertyName"]
    assert NAMES == union["discriminator"]["mapping"].keys()
