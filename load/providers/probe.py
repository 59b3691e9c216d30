"""What the checks work with: calls to one provider, and demands on its answers."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

import httpx2

from load.providers.contract import (
    AvailabilityRequest,
    Description,
    Hold,
    HoldRequest,
    Offer,
    Offers,
    Problem,
    Reason,
)

OK: Final = 200
CREATED: Final = 201
NOT_FOUND: Final = 404


class CheckFailedError(Exception):
    """The provider does not do what the contract demands; the text says what it did instead."""


def demand(holds: bool, otherwise: str) -> None:
    """Fail the check unless the demand holds."""
    if not holds:
        raise CheckFailedError(otherwise)


class Probe:
    """One provider under test.

    Args:
        base_url: Of the provider, `http://host:port/providers/{provider_id}`.
        client: Calls it.
        trial: A request that yields an offer.
        run_id: Makes the ids of this run new.
        sleep: Waits until a hold lapses, in seconds of the provider's clock.
    """

    def __init__(
        self,
        base_url: str,
        client: httpx2.AsyncClient,
        trial: AvailabilityRequest,
        run_id: str,
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        self.base_url = base_url
        self.client = client
        self.trial = trial
        self.sleep = sleep
        self._run_id = run_id
        self._ids: list[str] = []
        self._count = 0

    def new_id(self) -> str:
        """Return a hold id that nobody used before."""
        self._count += 1
        hold_id = f"conformance.{self._run_id}:{self._count}"
        self._ids.append(hold_id)
        return hold_id

    async def clean_up(self) -> None:
        """Release what the check held; what cannot be released has been reported before."""
        while self._ids:
            await self.post(f"/holds/{self._ids.pop()}/release")

    async def get(self, path: str) -> httpx2.Response:
        """Call GET below the base URL."""
        return await self.client.get(self.base_url + path)

    async def post(self, path: str, body: object = None) -> httpx2.Response:
        """Call POST below the base URL; without a body where it is None."""
        if body is None:
            return await self.client.post(self.base_url + path)
        return await self.client.post(self.base_url + path, json=body)

    async def put(self, hold_id: str, request: HoldRequest) -> httpx2.Response:
        """Place a hold."""
        url = f"{self.base_url}/holds/{hold_id}"
        return await self.client.put(url, json=request.model_dump(mode="json"))

    async def now(self) -> float:
        """Return what the provider's clock says."""
        return Description.model_validate(answered(await self.get(""))).at

    async def offers(self) -> list[Offer]:
        """Return what the provider offers for the trial request."""
        body = self.trial.model_dump(mode="json")
        return Offers.model_validate(answered(await self.post("/availability", body))).offers

    async def request(self, **changes: object) -> HoldRequest:
        """Return a hold request for the last offer.

        The last, since a dealer's first slot may begin, and be gone, while a check runs.
        """
        offers = await self.offers()
        demand(bool(offers), "the trial request yields no offer (any more): is anything free?")
        fields: dict[str, object] = {
            "offer_id": offers[-1].offer_id,
            "arrangement_id": f"conformance-{self._run_id}",
            "customer_id": "customer/conformance",
            "near": self.trial.near,
            "to": self.trial.to,
            "details": self.trial.details,
        }
        return HoldRequest.model_validate({**fields, **changes})

    async def held(self) -> tuple[str, HoldRequest]:
        """Place a hold that has to succeed; return its id and what was asked."""
        hold_id, request = self.new_id(), await self.request()
        in_state(await self.put(hold_id, request), "held", hold_id)
        return hold_id, request


def answered(response: httpx2.Response, *statuses: int) -> Any:
    """Return the JSON of an answer that has to have one of the statuses (200 if none is given)."""
    expected = statuses or (OK,)
    call = f"{response.request.method} {response.request.url.path}"
    demand(
        response.status_code in expected,
        f"{call} answers {response.status_code}, not {expected}: {response.text[:200]}",
    )
    return response.json()


def in_state(response: httpx2.Response, state: str, hold_id: str) -> Hold:
    """Return the hold of an answer that has to show it in that state."""
    hold = Hold.model_validate(answered(response, OK, CREATED))
    demand(hold.state == state, f"the hold is {hold.state}, not {state}")
    demand(hold.hold_id == hold_id, f"the answer is about {hold.hold_id}, not {hold_id}")
    return hold


def refused(response: httpx2.Response, status: int, reason: Reason) -> None:
    """Demand a refusal: the status, and problem details with the reason."""
    call = f"{response.request.method} {response.request.url.path}"
    body = answered(response, status)
    kind = response.headers.get("content-type", "").partition(";")[0].strip()
    demand(kind == "application/problem+json", f"{call}: the refusal's content type is {kind!r}")
    problem = Problem.model_validate(body)
    demand(problem.status == status, f"{call}: HTTP says {status}, the problem {problem.status}")
    demand(problem.reason == reason, f"{call}: the reason is {problem.reason}, not {reason}")
