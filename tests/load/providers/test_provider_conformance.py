"""The conformance kit: our service passes; each deliberately broken variant fails where it should.

A variant is broken in one place, by replacing a method or by tampering with what goes over HTTP.
The checks that fail are listed in full: a kit that fails everything would prove nothing.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import broken_providers
import httpx2
import pytest
from fastapi import FastAPI
from provider_kit import Clock, service, small_world

from load.providers import World
from load.providers.conformance import CHECK_NAMES, CheckResult, check_provider
from load.providers.contract import AvailabilityRequest
from load.providers.edge import ProblemResponse
from load.providers.inventory import Inventory
from load.providers.ledger import Ledger
from load.providers.world import TowOperator, Vehicle


def busy_world() -> World:
    """Return the small world with trucks enough for a provider that never gets one back."""
    plain = small_world()
    operator = plain.provider("t1")
    assert isinstance(operator, TowOperator)
    trucks = tuple(
        Vehicle(item=f"truck-{k}", title=f"truck {k}", base=(60.25, 24.90 + k / 1000))
        for k in range(1, 15)
    )
    return World(providers=(operator.model_copy(update={"vehicles": trucks}), *plain.providers[1:]))


@pytest.fixture
def app(tmp_path: Path, clock: Clock) -> Iterator[FastAPI]:
    """The service of the busy world."""
    with service(tmp_path / "providers.db", clock, busy_world()) as running:
        yield running


BASE = "http://providers.test/providers"
DESCRIPTION = CHECK_NAMES[0]


class Tampering(httpx2.AsyncBaseTransport):
    """Calls the application, and may change what was answered.

    Args:
        app: The well-behaved service.
        tamper: Gets the answer (with its request); returns what the client sees.
    """

    def __init__(
        self,
        app: FastAPI,
        tamper: Callable[[httpx2.Response], httpx2.Response] | None = None,
    ) -> None:
        self._inner = httpx2.ASGITransport(app=app)
        self._tamper = tamper
        self.in_flight = 0
        self.rivals = 0

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Pass the request on."""
        self.in_flight += request.method == "PUT"
        self.rivals = max(self.rivals, self.in_flight)
        response = await self._inner.handle_async_request(request)
        await response.aread()
        self.in_flight -= request.method == "PUT"
        # Over a network an answer knows its request; a tamper may use that.
        response.request = request
        return self._tamper(response) if self._tamper else response


async def failures(
    app: FastAPI,
    clock: Clock,
    provider_id: str = "t1",
    transport: httpx2.AsyncBaseTransport | None = None,
    trial: AvailabilityRequest | None = None,
) -> dict[str, str]:
    """Run the kit; return the checks that failed, with their details."""
    async with httpx2.AsyncClient(transport=transport or Tampering(app)) as client:
        results = await check_provider(
            f"{BASE}/{provider_id}", client, sleep=clock.sleep, trial=trial
        )

    assert [result.name for result in results] == list(CHECK_NAMES)
    assert all(bool(result.detail) != result.passed for result in results)
    return {result.name: result.detail for result in results if not result.passed}


@pytest.mark.parametrize("provider_id", ["t1", "r1", "d1", "dealer1", "i1"])
async def test_our_providers_conform(app: FastAPI, clock: Clock, provider_id: str) -> None:
    """Each kind of provider passes every check, and nothing is left held."""
    failed = await failures(app, clock, provider_id)
    changes = app.state.inventory.changes(provider_id)
    states = {change.hold_id: change.to_state for change in changes}

    assert failed == {}
    assert set(states.values()) == {"released"}


async def test_carrying_out_twice_conforms(app: FastAPI, clock: Clock) -> None:
    """A provider that executes every call twice cannot be told from one that does so once."""
    async with httpx2.AsyncClient(transport=Tampering(app)) as client:
        await client.put(f"{BASE}/t1/behaviour", json={"mode": "twice"})

    assert await failures(app, clock) == {}


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        pytest.param(
            (Inventory, "release", broken_providers.forgetful_release),
            {"a release beats a late hold"},
            id="forgets a release that came first",
        ),
        pytest.param(
            (Inventory, "release", broken_providers.final_confirmation),
            {"a confirmed hold may be released", "positions are told"},
            id="does not cancel",
        ),
        pytest.param(
            (Inventory, "confirm", broken_providers.confirm_once),
            {
                "confirming is final and repeatable", "a confirmed hold may be released",
            },
            id="confirms once",
        ),
        pytest.param(
            (Inventory, "confirm", broken_providers.confirm_anything),
            {
                "releasing frees the item", "a confirmed hold may be released",
                "a release beats a late hold",
            },
            id="confirms what was released",
        ),
        pytest.param(
            (Inventory, "_held_before", staticmethod(broken_providers.hold_once)),
            {
                "a repeated hold changes nothing", "repeats at once make one hold",
                "confirming is final and repeatable",
            },
            id="refuses repeats",
        ),
        pytest.param(
            (Inventory, "_held_before", staticmethod(broken_providers.any_body)),
            {"another body is a conflict"},
            id="takes any body",
        ),
        pytest.param(
            (Inventory, "hold", broken_providers.late_hold),
            {"a hold that comes too late is refused"},
            id="holds too late",
        ),
        pytest.param(
            (Ledger, "is_free", lambda *_: True),
            {"a hold takes the item", "one of several rivals wins"},
            id="gives an item to everybody",
        ),
        pytest.param(
            (Ledger, "due", lambda *_: []),
            {"a hold lapses by itself"},
            id="never lets a hold lapse",
        ),
    ],
)  # fmt: skip
async def test_a_broken_provider_fails(
    app: FastAPI,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    fault: tuple[type, str, object],
    expected: set[str],
) -> None:
    """Each fault fails exactly the checks that are about it."""
    monkeypatch.setattr(*fault)
    failed = set(await failures(app, clock))

    # Which of the two comes first there is not settled, so a fault may show or not.
    assert failed - {"a release beats a confirmation"} == expected


REFUSALS = {
    "broken requests are refused", "a hold takes the item", "an unknown offer is unavailable",
    "another body is a conflict", "confirming is final and repeatable",
    "releasing frees the item", "a confirmed hold may be released",
    "a release beats a late hold", "a hold lapses by itself",
    "a hold that comes too late is refused", "unknown holds are not found",
    "hold ids are checked", "positions are told", "one of several rivals wins",
}  # fmt: skip


@pytest.mark.parametrize(
    ("tamper", "expected"),
    [
        (
            broken_providers.without_limit,
            {"the provider bounds the expiry", "a hold takes the item"},
        ),
        (broken_providers.shy, {"a hold takes the item"}),
        (broken_providers.rising, {"positions are told"}),
        (broken_providers.lenient, {"hold ids are checked"}),
        (broken_providers.helpful, {"broken requests are refused"}),
    ],
)
async def test_a_provider_that_answers_wrongly_fails(
    app: FastAPI,
    clock: Clock,
    tamper: Callable[[httpx2.Response], httpx2.Response],
    expected: set[str],
) -> None:
    """A wrong answer over HTTP fails the checks that are about it."""
    failed = await failures(app, clock, transport=Tampering(app, tamper))

    assert expected <= set(failed)
    assert len(failed) <= len(expected) + 1


async def test_refusals_need_a_reason(app: FastAPI, clock: Clock) -> None:
    """Problem details without the reason fail every check that sees a refusal."""
    failed = await failures(app, clock, transport=Tampering(app, broken_providers.reasonless))

    assert set(failed) >= REFUSALS


async def test_refusals_need_their_content_type(
    app: FastAPI, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Problem details as plain JSON fail every check that sees a refusal."""
    monkeypatch.setattr(ProblemResponse, "media_type", "application/json")
    failed = await failures(app, clock)

    assert set(failed) >= REFUSALS
    assert "content type is 'application/json'" in failed["unknown holds are not found"]


async def test_a_racy_provider_fails(app: FastAPI, clock: Clock) -> None:
    """A provider that is right one call at a time, and wrong under rivals, is found out."""

    def racy(response: httpx2.Response) -> httpx2.Response:
        if (
            response.request.method == "PUT"
            and response.status_code == 409
            and transport.rivals > 1
        ):
            hold_id = response.request.url.path.rsplit("/", 1)[1]
            return httpx2.Response(201, json={"hold_id": hold_id, "state": "held"})
        return response

    transport = Tampering(app, racy)
    failed = await failures(app, clock, transport=transport)

    assert set(failed) == {"one of several rivals wins"}
    assert failed["one of several rivals wins"] == "6 of 6 rivals hold the item"


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (httpx2.Response(200, text="<html>"), "the answer is no JSON"),
        (httpx2.Response(200, text="[" * 100_000), "the answer is no JSON"),
        (httpx2.Response(200, json=[]), "the answer is no Description"),
        (httpx2.Response(502, text="bad gateway"), "answers 502, not (200,): bad gateway"),
        (httpx2.ConnectError("refused"), "no answer: ConnectError refused"),
        (httpx2.ReadTimeout("too long"), "no answer: ReadTimeout too long"),
    ],
)
async def test_nonsense_fails_and_raises_nothing(
    app: FastAPI, clock: Clock, answer: httpx2.Response | Exception, told: str
) -> None:
    """A provider that is not there or talks nonsense fails all checks, with the reason."""

    def answered(_: httpx2.Request) -> httpx2.Response:
        if isinstance(answer, Exception):
            raise answer
        return httpx2.Response(answer.status_code, content=answer.content)

    trial = AvailabilityRequest(service="tow", near=(0, 0))
    transport = httpx2.MockTransport(answered)
    failed = await failures(app, clock, transport=transport, trial=trial)

    assert set(failed) == set(CHECK_NAMES)
    assert told in failed[DESCRIPTION]


async def test_a_silent_provider_fails(app: FastAPI, clock: Clock) -> None:
    """A provider that never answers fails all checks but its description."""
    conducts = httpx2.AsyncClient(transport=Tampering(app))
    await conducts.put(f"{BASE}/t1/behaviour", json={"mode": "silent"})
    await conducts.aclose()
    failed = await failures(app, clock)

    # What is no valid request is refused before the provider has a say.
    assert set(failed) == set(CHECK_NAMES) - {DESCRIPTION, "broken requests are refused"}
    assert failed["a hold takes the item"].startswith("no answer: ConnectionAbortedError")


async def test_without_a_trial_nothing_is_run(app: FastAPI, clock: Clock) -> None:
    """A provider that does not describe itself is told so; a trial of one's own helps."""
    failed = await failures(app, clock, provider_id="t9")

    assert failed[DESCRIPTION].startswith("GET /providers/t9 answers 404")
    assert {detail for name, detail in failed.items() if name != DESCRIPTION} == {
        "not run: the provider names no trial request, and none was given"
    }


async def test_results_are_told_as_they_come(app: FastAPI, clock: Clock) -> None:
    """The listener hears every result, in order."""
    heard: list[CheckResult] = []
    async with httpx2.AsyncClient(transport=Tampering(app)) as client:
        results = await check_provider(
            f"{BASE}/t1/", client, sleep=clock.sleep, on_result=heard.append
        )

    assert heard == results
