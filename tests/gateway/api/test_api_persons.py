"""Persons in the API: who may export and erase, and what they get."""

import asyncio
import json
from typing import Any

import pytest
from support.api_server import AS_OPERATOR, PRIVACY, as_device, client_of
from support.fake_services import FakeServices

import twins.people

assert twins.people, "the kinds"

AS_PRIVACY = {"Authorization": f"Bearer {PRIVACY}"}
PATHS = (("GET", "export"), ("POST", "erase"), ("GET", "erasures"))


def call(
    services: FakeServices, method: str, path: str, headers: dict[str, str]
) -> tuple[int, bytes]:
    """One call: status and body."""

    async def run() -> tuple[int, bytes]:
        async with client_of(services) as client:
            answer = await client.request(method, path, headers=headers)
            return answer.status_code, answer.content

    return asyncio.run(run())


def test_it_has_a_right_of_its_own() -> None:
    """Neither operators nor devices nor nobody; and whoever has it may do nothing else."""
    services = FakeServices()
    for method, what in PATHS:
        for headers, expected in (
            ({}, 401), (AS_OPERATOR, 403), (as_device("customer/c1"), 401),
        ):  # fmt: skip
            status, _ = call(services, method, f"/v1/persons/customer/c1/{what}", headers)
            assert expected == status
    assert [] == services.erased
    assert 403 == call(services, "GET", "/v1/twins/customer/c1", AS_PRIVACY)[0]


def test_a_person_is_exported_line_by_line() -> None:
    """JSON lines."""
    services = FakeServices()
    services.add("customer/c1", name="Aurelia")
    status, body = call(services, "GET", "/v1/persons/customer/c1/export", AS_PRIVACY)
    (item,) = [json.loads(line) for line in body.splitlines()]

    assert (200, "Aurelia") == (status, item["state"]["name"])


def test_a_person_is_erased_with_a_certificate() -> None:
    """It can be had again later."""
    services = FakeServices()
    services.add("customer/c1", name="Aurelia")
    status, body = call(services, "POST", "/v1/persons/customer/c1/erase", AS_PRIVACY)
    certificate = json.loads(body)

    assert 200 == status
    assert ("customer/c1", [5]) == (certificate["person"], certificate["key_ids"])
    _, again = call(services, "GET", "/v1/persons/customer/c1/erasures", AS_PRIVACY)
    assert [certificate] == json.loads(again)


def test_only_persons_are_erased() -> None:
    """A car goes with whose it is."""
    status, body = call(FakeServices(), "POST", "/v1/persons/vehicle/v1/erase", AS_PRIVACY)

    assert 404 == status
    assert b"no kind of persons" in body


@pytest.mark.parametrize(
    "state", [{"merged_into": "customer/c2"}, {"absorbed": {"customer/c2": {}}}]
)
def test_nobody_is_erased_under_one_of_two_names(state: dict[str, Any]) -> None:
    """The other one would keep what this one told it; the answer names it, and says what to do."""
    services = FakeServices()
    services.add("customer/c1", **state)
    status, body = call(services, "POST", "/v1/persons/customer/c1/erase", AS_PRIVACY)

    assert (409, []) == (status, services.erased)
    assert b"one person with customer/c2; take the merge back" in body


def test_nobody_is_erased_while_something_is_arranged() -> None:
    """Its holds would stay for ever; the answer names it."""
    services = FakeServices()
    services.add("customer/c1", arrangements={"a1": {"open": False}, "a2": {"open": True}})
    status, body = call(services, "POST", "/v1/persons/customer/c1/erase", AS_PRIVACY)

    assert 409 == status
    assert b"a2" in body
    assert [] == services.erased
