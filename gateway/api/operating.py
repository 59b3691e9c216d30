"""Operators' changes of one twin: patch it, say what its device shall report, maintain it.

All of them are calls of the twin through the log; see `twins.operated`.
"""

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from actors.state import TwinState
from gateway.api.asking import asked
from gateway.api.cloudevents import parse_json
from gateway.api.commands import command_view
from gateway.api.context import Context, Key, Kind, within
from gateway.api.errors import Invalid, NotFound, Unsupported
from gateway.api.idempotency import IdempotencyKey
from gateway.api.models import Problem
from gateway.api.needs import Operates, Reads, reached
from gateway.api.revisions import IfMatch, revision_in, tagged
from gateway.twin_views import DesiredView, Maintenances, MaintenanceView
from twins.devices.commands import Command
from twins.event import MAX_DATA_BYTES
from twins.kind import kind_of
from twins.operated import WRITE, Done, delta, reported

MERGE_PATCH = "application/merge-patch+json"
MOST = 1000

router = APIRouter(
    prefix="/v1",
    tags=["twins"],
    responses={status: {"model": Problem} for status in (401, 404, 409, 412, 415, 422, 503, 504)},
)

_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            MERGE_PATCH: {
                "schema": {"type": "object", "additionalProperties": True},
                "example": {"description": "the red one", "dealer": None},
            }
        },
    }
}


class Maintain(BaseModel):
    """Somebody works on a twin."""

    model_config = ConfigDict(
        extra="forbid", use_attribute_docstrings=True,
        json_schema_extra={"examples": [{"by": "Mika", "for_s": 3600, "note": "new pump"}]},
    )  # fmt: skip

    by: Annotated[str, Field(min_length=1, max_length=200)]
    """The name of a person, as the others know her."""
    until: float | None = None
    """When it ends by itself; give this, or `for_s`."""
    for_s: Annotated[float, Field(gt=0, le=366 * 86_400)] | None = None
    """How long it takes, in seconds."""
    note: Annotated[str, Field(max_length=2000)] = ""


async def merge_of(request: Request) -> dict[str, Any]:
    """The merge patch in a body (RFC 7396): an object."""
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media not in (MERGE_PATCH, "application/json"):
        raise Unsupported(f"send {MERGE_PATCH}, not {media[:100] or 'without a content type'!r}")
    body = await request.body()
    if len(body) > MAX_DATA_BYTES:
        raise Invalid(f"the patch takes {len(body)} bytes; the limit is {MAX_DATA_BYTES}")
    found = parse_json(body)
    if not isinstance(found, dict):
        raise Invalid("a patch is a JSON object: the fields to set, null to empty one")
    return found


async def after(shared: Context, twin_id: str, answer: Any) -> TwinState:
    """The twin, with what was just done."""
    done = msgspec.convert(answer, Done)
    return await within(
        shared.limits.read_s,
        shared.services.state(twin_id, done.position),
        f"it is done, at position {done.position}, but {twin_id} did not answer in time; read it",
    )


@router.patch("/twins/{kind}/{key}", openapi_extra=_BODY)
async def patch_twin(
    kind: Kind, key: Key, request: Request, response: Response, shared: Operates,
    if_match: IfMatch = None, idempotency_key: IdempotencyKey = None,
) -> TwinState:  # fmt: skip
    """Set master data by a merge patch (RFC 7396): what the kind's `configured` message takes.

    What only the device can say is refused (422). With `If-Match` it counts only while the twin
    has that revision, which the twin itself looks at; else 412.
    """
    kind_of(kind)
    reached(shared, kind, None)
    twin_id = f"{kind}/{key}"
    data = {"merge": await merge_of(request), "revision": revision_in(if_match)}
    answer = await asked(shared, twin_id, "vigil.patch", data, idempotency_key)
    return tagged(response, await after(shared, twin_id, answer))


# -- what a device shall report ------------------------------------------------------------------


@router.get("/twins/{kind}/{key}/desired")
async def get_desired(kind: Kind, key: Key, shared: Reads) -> DesiredView:
    """Say what the device shall report, what it does report, and what is missing."""
    kind_of(kind)
    state = await within(
        shared.limits.read_s, shared.services.state(f"{kind}/{key}"), "no answer in time; ask again"
    )
    return _desired(state)


@router.patch("/twins/{kind}/{key}/desired", openapi_extra=_BODY)
async def desire_twin(
    kind: Kind, key: Key, request: Request, shared: Operates,
    if_match: IfMatch = None, idempotency_key: IdempotencyKey = None,
) -> DesiredView:  # fmt: skip
    """Say what the device shall report, by a merge patch; null takes a wish back.

    Where the kind takes the command `write_properties`, the device is told what is missing.
    """
    kind_of(kind)
    reached(shared, kind, None)
    twin_id = f"{kind}/{key}"
    data = {"merge": await merge_of(request), "revision": revision_in(if_match)}
    answer = await asked(shared, twin_id, "vigil.desire", data, idempotency_key)
    return _desired(await after(shared, twin_id, answer))


def _desired(state: TwinState) -> DesiredView:
    wanted = (state.state.get("operated") or {}).get("desired") or {}
    known = msgspec.convert(state.state.get("commands") or {}, dict[str, Command], strict=False)
    told = [command for command in known.values() if command.name == WRITE]
    return DesiredView(
        twin_id=state.id,
        revision=state.revision,
        desired=wanted,
        reported={name: state.state.get(name) for name in wanted},
        delta=delta(state.state, wanted),
        can_desire=reported(kind_of(state.kind)),
        command=command_view(told[-1]) if told else None,
    )


# -- maintenance ---------------------------------------------------------------------------------


@router.put("/twins/{kind}/{key}/maintenance")
async def maintain_twin(
    kind: Kind, key: Key, given: Maintain, shared: Operates,
    idempotency_key: IdempotencyKey = None,
) -> MaintenanceView:  # fmt: skip
    """Begin to work on a twin, or say until when: it raises no signals, and it ends by itself."""
    kind_of(kind)
    reached(shared, kind, None)
    if (given.until is None) is (given.for_s is None):
        raise Invalid("give `until` or `for_s`, one of them")
    until = given.until
    if until is None:
        until = shared.services.clock() + (given.for_s or 0.0)
    twin_id = f"{kind}/{key}"
    data = {"by": shared.sign(given.by), "until": until, "note": given.note}
    answer = await asked(shared, twin_id, "vigil.maintain", data, idempotency_key)
    found = maintenance_of(twin_id, (await after(shared, twin_id, answer)).state)
    if found is None:
        raise NotFound(f"{twin_id} was in maintenance, and is no more", twin_id=twin_id)
    return found


@router.delete("/twins/{kind}/{key}/maintenance", status_code=204)
async def end_maintenance(
    kind: Kind, key: Key, shared: Operates, idempotency_key: IdempotencyKey = None
) -> None:
    """End the work on a twin; rules see what still holds."""
    kind_of(kind)
    reached(shared, kind, None)
    await asked(shared, f"{kind}/{key}", "vigil.maintain.end", {}, idempotency_key)


@router.get("/maintenance")
async def list_maintenance(
    shared: Reads, limit: Annotated[int, Query(ge=1, le=MOST)] = 100
) -> Maintenances:
    """List the twins in maintenance, the one that ends first first."""
    page = await within(
        shared.limits.read_s,
        shared.services.search(
            "exists operated.maintenance.until", "operated.maintenance.until", limit, None
        ),
        f"the search took longer than {shared.limits.read_s:g} s",
    )
    views = [maintenance_of(found.id, found.state) for found in page.items]
    return Maintenances([view for view in views if view], page.cursor is not None, page.as_of)


def maintenance_of(twin_id: str, state: dict[str, Any]) -> MaintenanceView | None:
    """The maintenance that a twin is in, by its state."""
    found = (state.get("operated") or {}).get("maintenance")
    return None if found is None else MaintenanceView(twin_id=twin_id, **found)
