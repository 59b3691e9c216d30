"""Calls about bulk jobs: one operation on all twins that a filter finds."""

from types import MappingProxyType
from typing import Annotated, Any, Literal
from uuid import uuid4

import msgspec
from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from actors.quarantine import RESUME, SKIP
from actors.store.filter_fields import check_fields
from actors.words import RESERVED
from gateway.api.asking import asked, wire_size
from gateway.api.bulk_jobs import RELEASES, found_twins
from gateway.api.context import Context, within
from gateway.api.errors import Conflict, Invalid, NotFound
from gateway.api.models import Problem
from gateway.api.needs import Operates, Reads
from gateway.bulk_views import BulkJobList, BulkPreview, BulkResult, BulkResults, BulkView
from twins.bulk import MAX_RATE, Begin, Bulk, BulkPage, page_id
from twins.event import MAX_DATA_BYTES

SAMPLE = 20
_LET_GO = MappingProxyType({"resume": RESUME, "skip": SKIP})
MOST = 200

router = APIRouter(
    prefix="/v1/bulk",
    tags=["bulk"],
    responses={status: {"model": Problem} for status in (401, 404, 409, 422, 503, 504)},
)

JobId = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,40}$")]


class BulkGiven(BaseModel):
    """What to do, and to which twins; one of `patch`, `command`, `event`, `maintain`, `parked`."""

    model_config = ConfigDict(
        extra="forbid", use_attribute_docstrings=True,
        json_schema_extra={
            "examples": [
                {
                    "by": "Mika", "where": 'kind = vehicle and model = "kx-7"',
                    "patch": {"desk": "desk/north"}, "rate": 20,
                }
            ]
        },
    )  # fmt: skip

    by: Annotated[str, Field(min_length=1, max_length=200)]
    where: Annotated[str, Field(min_length=1, max_length=2000)]
    """The filter of the search."""
    patch: dict[str, Any] | None = None
    """A merge patch for each."""
    command: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")] | None = None
    """The name of a command for each device."""
    event: (
        Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}(\.[A-Za-z0-9_-]{1,64}){0,7}$")] | None
    ) = None
    """The type of an event for each."""
    maintain: Literal["begin", "end"] | None = None
    """A maintenance for each."""
    parked: Literal["resume", "skip"] | None = None
    """Let those that are parked go on, with the event that failed or without; others are passed
    over. Of each event that fails again, its twin is parked again."""
    data: Any = None
    """Of the command or event."""
    for_s: Annotated[float, Field(gt=0, le=366 * 86_400)] = 3600.0
    """How long a maintenance lasts, in seconds."""
    note: Annotated[str, Field(max_length=2000)] = ""
    rate: Annotated[float, Field(gt=0, le=MAX_RATE)] = 50.0
    """Twins a second, at most."""
    expected: Annotated[int, Field(ge=0)] | None = None
    """How many twins the caller thinks that it will be; with another number nothing begins."""


def begin_of(shared: Context, given: BulkGiven) -> Begin:
    """The job that is asked for; raises `Invalid`."""
    chosen = [name for name in ("patch", "command", "event", "maintain", "parked")
              if getattr(given, name) is not None]  # fmt: skip
    if len(chosen) != 1:
        raise Invalid("give one of `patch`, `command`, `event`, `maintain` and `parked`")
    check_fields(given.where)
    by, call, data, event = shared.sign(given.by), "", given.data, False
    words = chosen[0]
    if given.patch is not None:
        call, data = "vigil.patch", {"merge": given.patch}
    elif given.command is not None:
        call, words = "command", f"command {given.command}"
        data = {"name": given.command, "data": given.data or {}}
    elif given.event is not None:
        if given.event.startswith(RESERVED):
            raise Invalid(f"{given.event}: only Vigil itself says that")
        call, event, words = given.event, True, f"event {given.event}"
    elif given.parked is not None:
        call, data, event, words = _LET_GO[given.parked], None, True, given.parked
    elif given.maintain == "begin":
        until = shared.services.clock() + given.for_s
        call, data = "vigil.maintain", {"by": by, "until": until, "note": given.note}
    else:
        call, data, words = "vigil.maintain.end", {"by": by}, "maintain end"
    size = wire_size(data)
    if size > MAX_DATA_BYTES // 2:
        raise Invalid(f"the data takes {size} bytes; the limit is {MAX_DATA_BYTES // 2}")
    return Begin(where=given.where, operation=words, call=call, as_event=event, data=data, by=by,
                 rate=given.rate)  # fmt: skip


async def _count(shared: Context, begin: Begin) -> int:
    return await within(
        shared.limits.read_s,
        shared.services.count(begin.where, parked=begin.call in RELEASES),
        f"the count took longer than {shared.limits.read_s:g} s; narrow it, by kind first",
    )


@router.post("/preview")
async def preview_bulk(given: BulkGiven, shared: Operates) -> BulkPreview:
    """Say to how many twins it would be done, and show some; nothing is done."""
    begin = begin_of(shared, given)
    page = await within(
        shared.limits.read_s,
        found_twins(shared.services, begin.where, begin.call, SAMPLE, None),
        f"the search took longer than {shared.limits.read_s:g} s; narrow it, by kind first",
    )
    count = await _count(shared, begin)
    return BulkPreview(begin.where, begin.operation, count, page.ids, page.as_of)


@router.post("", status_code=202)
async def start_bulk(given: BulkGiven, shared: Operates) -> BulkView:
    """Begin a job; it runs by itself, and outlives the API's process."""
    begin = begin_of(shared, given)
    begin.expected = await _count(shared, begin)
    if given.expected is not None and given.expected != begin.expected:
        raise Conflict(
            f"the filter finds {begin.expected} twins, and {given.expected} were expected; "
            "look at the preview again"
        )
    job = uuid4().hex[:16]
    await asked(shared, f"bulk/{job}", "bulk.begin", msgspec.to_builtins(begin))
    shared.bulk.run(job)
    return await get_bulk(job, shared)


@router.get("")
async def list_bulk(shared: Reads) -> BulkJobList:
    """List the jobs, the last begun first."""
    page = await within(
        shared.limits.read_s,
        shared.services.search("kind = bulk", "-begun_at", MOST, None),
        f"the search took longer than {shared.limits.read_s:g} s",
    )
    views = [_view(msgspec.convert(found.state, Bulk, strict=False)) for found in page.items]
    return BulkJobList(views, page.as_of)


@router.get("/{job}")
async def get_bulk(job: JobId, shared: Reads) -> BulkView:
    """Say how far a job has come."""
    return _view(await _bulk(shared, job))


@router.get("/{job}/results")
async def get_bulk_results(
    job: JobId, shared: Reads, page: Annotated[int, Query(ge=0, le=10**6)] = 0
) -> BulkResults:
    """Read what came of each twin, a page at a time."""
    bulk = await _bulk(shared, job)
    if page >= bulk.pages:
        return BulkResults(job, page, [], more=False)
    state = await within(
        shared.limits.read_s, shared.services.state(page_id(job, page)), "no answer in time"
    )
    kept = msgspec.convert(state.state, BulkPage, strict=False).results or []
    items = [BulkResult(one.twin_id, one.problem) for one in kept]
    return BulkResults(job, page, items, more=page + 1 < bulk.pages)


@router.post("/{job}/cancel")
async def cancel_bulk(job: JobId, shared: Operates) -> BulkView:
    """End a job after the page that is under way; what is done stays done."""
    await _bulk(shared, job)
    caller = shared.caller
    by = "" if caller is None else caller.name
    await asked(shared, f"bulk/{job}", "bulk.end", {"state": "cancelled", "by": by})
    return await get_bulk(job, shared)


async def _bulk(shared: Context, job: str) -> Bulk:
    state = await within(
        shared.limits.read_s, shared.services.state(f"bulk/{job}"), "no answer in time; ask again"
    )
    bulk = msgspec.convert(state.state, Bulk, strict=False)
    if not bulk.state:
        raise NotFound(f"no bulk job {job}; GET /v1/bulk lists them")
    return bulk


def _view(bulk: Bulk) -> BulkView:
    assert bulk.state, "a job that has begun"
    return BulkView(
        id=bulk.key, where=bulk.where, operation=bulk.operation, by=bulk.by, state=bulk.state,
        expected=bulk.expected, succeeded=bulk.succeeded, failed=bulk.failed, pages=bulk.pages,
        rate=bulk.rate, begun_at=bulk.begun_at, ended_at=bulk.ended_at, problem=bulk.problem,
    )  # fmt: skip
