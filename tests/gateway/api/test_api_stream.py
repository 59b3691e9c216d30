"""`GET /v1/live` over a real connection: events, ids, filters, and the end."""

from collections.abc import Iterator

import pytest
from httpx2 import Client as Http
from support.api_server import AS_OPERATOR, OPERATOR, ApiServer, served
from support.arrangements import arrangement, put
from support.fake_services import FakeServices

from gateway.api.context import Limits
from gateway.client import ApiProblem, ApiUnreachable, Client
from gateway.live_event import LiveEvent
from twins.outputs import Signal


@pytest.fixture
def server() -> Iterator[ApiServer[FakeServices]]:
    """The API, served."""
    with served(FakeServices(), Limits(streams=2)) as running:
        yield running


@pytest.fixture
def client(server: ApiServer[FakeServices]) -> Iterator[Client]:
    """A client of it."""
    with Client(server.url, OPERATOR) as connected:
        yield connected


def greeted(server: ApiServer[FakeServices], feed: Iterator[LiveEvent]) -> list[str]:
    """Read the greeting; then the server reads changes."""
    events: list[str] = [next(feed).event, next(feed).event]
    server.wait(server.services.opened.wait())
    return events


def test_changes_come_as_they_happen(server: ApiServer[FakeServices], client: Client) -> None:
    """State, arrangement and signal, each with an id that rises."""
    services = server.services
    signal = Signal("s1", "engine.overheating", "vehicle/v1", services.now, {"coolant_c": 107.0})
    with client.live() as feed:
        greeting = greeted(server, feed)
        state = server.call(put, services, arrangement())
        server.call(services.change, state, signals=(signal,))
        items = [next(feed) for _ in range(3)]

    assert ["hello", "status"] == greeting
    assert ["signal", "change", "arrangement"] == [item.event for item in items]
    assert ["engine.overheating", "roadside/v1", "arr-1"] == [
        items[0].data["name"],
        items[1].data["id"],
        items[2].data["id"],
    ]
    assert all(item.id for item in items)


def test_filters_are_the_servers_work(server: ApiServer[FakeServices], client: Client) -> None:
    """What is not wanted does not travel."""
    services = server.services
    with client.live(kind="vehicle", where="speed_kmh > 50") as feed:
        greeted(server, feed)
        states = [
            server.call(services.add, "parcel/p1", speed_kmh=60.0),
            server.call(services.add, "vehicle/v1", speed_kmh=40.0),
            server.call(services.add, "vehicle/v2", speed_kmh=60.0),
        ]
        server.call(services.change, *states)
        item = next(feed)

    assert ("change", "vehicle/v2") == (item.event, item.data["id"])


@pytest.mark.parametrize(
    ("wanted", "reason"),
    [
        ({"where": "a ="}, "bad_filter"),
        ({"twin_id": "v1"}, "bad_twin_id"),
        ({"kind": "a b"}, "invalid"),
    ],
)
def test_wishes_that_make_no_sense_are_refused_before_the_stream(
    client: Client, wanted: dict[str, str], reason: str
) -> None:
    """With a problem, not with a stream that breaks."""
    with pytest.raises(ApiProblem) as caught, client.live(**wanted):
        pass

    assert reason == caught.value.problem.reason


def test_streams_are_of_bounded_number(server: ApiServer[FakeServices], client: Client) -> None:
    """One too many is refused; when one has gone, there is room again."""
    with Client(server.url, OPERATOR) as other, client.live() as first:
        greeted(server, first)
        with other.live() as second:
            greeted(server, second)
            with (
                pytest.raises(ApiProblem) as caught,
                Client(server.url, OPERATOR) as third,
                third.live(),
            ):
                pass

    assert (503, "overloaded") == (caught.value.problem.status, caught.value.problem.reason)


def test_stream_says_how_to_come_back(server: ApiServer[FakeServices]) -> None:
    """The browser is told when to try again, and no proxy may keep or join the pieces."""
    with (
        Http(base_url=server.url, headers=AS_OPERATOR) as http,
        http.stream("GET", "/v1/live") as answer,
    ):
        first = next(answer.iter_text())

    assert "retry: 1000" in first
    assert "text/event-stream" in answer.headers["content-type"]
    assert "no" == answer.headers["x-accel-buffering"]


def test_silent_server_is_unreachable() -> None:
    """Nobody listens there: an error of its own, with the address."""
    with served(FakeServices()) as server:
        url = server.url
    with Client(url, OPERATOR) as client:
        with pytest.raises(ApiUnreachable, match=url):
            client.status()
        with pytest.raises(ApiUnreachable), client.live():
            pass
