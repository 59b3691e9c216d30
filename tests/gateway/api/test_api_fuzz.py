"""The API against its own description: no call fails, and each answer is what it says it is.

What `schemathesis` makes of the OpenAPI document, for every call, over partitions in memory in
which twins really live. The same calls in each run.
"""

from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from support.api_server import AS_OPERATOR, app_of
from support.fleet_services import FleetServices

import twins.bulk
import twins.devices
import twins.people

assert twins.bulk, "the kinds that calls are about"
assert twins.devices, "the same"
assert twins.people, "the same"

CALLS = 12
"""Of each operation."""

FAILED = 500
STREAMS = "/live$"
"""These do not end; `test_api_stream` reads them."""
TABLES = "^/v1/import/"
"""Its media types are none that `schemathesis` can write; `test_api_bulk` sends them."""


def crowd() -> FleetServices:
    """A cluster with a few twins."""
    services = FleetServices()
    for key in ("v1", "v2"):
        services.fleet.measure(f"vehicle/{key}", {"rpm": 800, "speed_kmh": 50.0})
        services.fleet.tell(f"vehicle/{key}", "configured", {"owner": "customer/c1"})
    return services


schema = schemathesis.openapi.from_asgi("/openapi.json", app_of(crowd()))


@schema.exclude(path_regex=STREAMS).exclude(path_regex=TABLES).parametrize()
@settings(
    max_examples=CALLS,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_no_call_fails_and_answers_are_as_described(case: Any) -> None:
    """Never 500; a status, a content type and a body that the document names."""
    answer = case.call(headers=AS_OPERATOR)

    assert FAILED != answer.status_code, answer.text
    case.validate_response(
        answer,
        checks=[response_schema_conformance, status_code_conformance, content_type_conformance],
    )
