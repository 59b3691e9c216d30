"""The API against its own description: no call fails, and each answer is what it says it is.

What `schemathesis` makes of the OpenAPI document, for every call, over partitions in memory in
which twins really live. The same calls in each run.
"""

import atexit
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from support.api_server import AS_OPERATOR, PRIVACY, app_of, as_device
from support.calls import calls_of
from support.fleet_services import FleetServices

import twins.bulk
import twins.devices
import twins.people
from gateway.activity import ActivityLog
from gateway.api.callers import Admission
from gateway.api.context import Limits
from gateway.credentials import Credentials
from gateway.roles import Need
from gateway.settings import AccessSettings

assert twins.bulk, "the kinds that calls are about"
assert twins.devices, "the same"
assert twins.people, "the same"

AS_PRIVACY = {"Authorization": f"Bearer {PRIVACY}"}

CALLS = 12
"""Of each operation."""

FAILED = 500
WAITED = 504

LEFT_OUT = {
    "GET /v1/live": "it does not end; `test_api_stream`, and `test_live_events` its answer",
    "GET /offers/{token}/live": "the same; `test_offer_page`",
    "POST /v1/import/{kind}": "media types that `schemathesis` can't write; `test_api_bulk`",
}
"""Calls that are not tried here -> why, and where they are."""

LEFT_OUT_PATHS = [name.partition(" ")[2] for name in LEFT_OUT]


def crowd() -> FleetServices:
    """A cluster with a few twins."""
    services = FleetServices()
    for key in ("v1", "v2"):
        services.fleet.measure(f"vehicle/{key}", {"rpm": 800, "speed_kmh": 50.0})
        services.fleet.tell(f"vehicle/{key}", "configured", {"owner": "customer/c1"})
    return services


def admission_in(folder: Path) -> Admission:
    """With tokens, sessions and an activity log: without them their calls end before they begin."""
    credentials, log = Credentials(folder), ActivityLog(folder)
    credentials.prepare()
    log.prepare()
    for closed in (credentials.close, log.close):
        atexit.register(closed)
    return Admission(AccessSettings(), credentials, activity=log)


# Examples are made when tests are collected, so what they are tried on is there before any fixture.
FOLDER = TemporaryDirectory()
atexit.register(FOLDER.cleanup)
app = app_of(crowd(), Limits(read_s=0.2), admission=admission_in(Path(FOLDER.name)))
schema = schemathesis.openapi.from_asgi("/openapi.json", app)


tried = schema.exclude(path=LEFT_OUT_PATHS)


def test_every_call_is_tried() -> None:
    """But for those that are named, with a reason."""
    calls = {str(call) for call in calls_of(app)}
    names = {operation.ok().label for operation in tried.get_all_operations()}

    assert len(calls) > 100
    assert calls == names | LEFT_OUT.keys()
    assert set() == names & LEFT_OUT.keys()


def caller_of(case: Any) -> dict[str, str]:
    """Whoever may make a call: else most would end before they begin. A copy: it is added to."""
    need = case.operation.definition.raw.get("x-need")
    if need == Need.DEVICE:
        return as_device("vehicle/*")
    return dict(AS_PRIVACY if need == Need.PRIVACY else AS_OPERATOR)


@tried.parametrize()
@settings(
    max_examples=CALLS,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_no_call_fails_and_answers_are_as_described(case: Any) -> None:
    """Never 5xx; a status, a content type and a body that the document names."""
    answer = case.call(headers=caller_of(case))
    # Whoever waits for a position that is never reached is told so, in time.
    waited = answer.status_code == WAITED and (case.query or {}).keys() & {"min_position", "after"}

    assert waited or answer.status_code < FAILED, answer.text
    case.validate_response(
        answer,
        checks=[response_schema_conformance, status_code_conformance, content_type_conformance],
    )
