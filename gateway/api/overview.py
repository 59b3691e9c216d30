"""Calls about all twins and the cluster: search, count, status, health, metrics."""

from typing import Annotated

from fastapi import APIRouter, Query, Response
from prometheus_client import generate_latest

from actors.store.filter_fields import check_fields
from actors.supervisors.arrangement import State
from actors.telemetry import CONTENT_TYPE, collect
from gateway.api.arrangement import Arrangements, arrangements_of
from gateway.api.context import within
from gateway.api.models import Count, Health, Problem, Status
from gateway.api.needs import Open, Reads, needs
from gateway.roles import Need
from gateway.twin_views import FoundPage, FoundTwin
from twins.ids import PART

MAX_LIMIT = 1000
MAX_WHERE = 4096
LOOK_S = 5.0

router = APIRouter(
    responses={status: {"model": Problem} for status in (401, 422, 503, 504)},
)

Where = Annotated[
    str,
    Query(
        max_length=MAX_WHERE,
        description='For example `kind = vehicle and coolant_c > 100`, `name ~ "Lisa*"`.',
    ),
]


@router.get("/v1/search", tags=["search"])
async def search_twins(
    shared: Reads,
    where: Where = "",
    sort: Annotated[
        str | None, Query(max_length=256, description="A field; `-` before it: descending.")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = 100,
    cursor: Annotated[
        str | None, Query(max_length=4096, description="Of the page before; it goes on behind it.")
    ] = None,
    total: Annotated[bool, Query(description="Count all that the filter finds, too.")] = False,
) -> FoundPage:
    """Find twins by their state, as of their last checkpoints.

    A cursor is a place in the order, not a number: twins that come and go between two pages move
    no other. By id every twin comes once; sorted by a field, one whose value changes meanwhile may
    come again, or be passed over.
    """
    check_fields(where)
    page = await within(
        shared.limits.read_s,
        shared.services.search(where, sort, limit, cursor),
        f"the search took longer than {shared.limits.read_s:g} s; narrow it, by kind first",
    )
    found = None
    if total:
        found = await within(
            shared.limits.read_s,
            shared.services.count(where),
            f"the count took longer than {shared.limits.read_s:g} s; narrow it, by kind first",
        )
    items = [FoundTwin(one.id, one.position, one.state) for one in page.items]
    return FoundPage(items, page.cursor, page.as_of, found)


@router.get("/v1/arrangements", tags=["search"])
async def list_arrangements(
    shared: Reads,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = 100,
    cursor: Annotated[
        str | None, Query(max_length=4096, description="Of the page before; it goes on behind it.")
    ] = None,
    state: Annotated[State | None, Query(description="Only those that stand so.")] = None,
    story: Annotated[
        str | None, Query(pattern=f"^{PART}$", description="Only of this kind of supervisor.")
    ] = None,
    about: Annotated[
        str | None, Query(pattern=f"^{PART}/{PART}$", description="Only about this twin.")
    ] = None,
    customer: Annotated[
        str | None, Query(pattern=f"^{PART}/{PART}$", description="Only for this customer.")
    ] = None,
    desk: Annotated[
        str | None, Query(pattern=f"^desk/{PART}$", description="Only of this desk, of a town say.")
    ] = None,
) -> Arrangements:
    """List what is arranged, or was last, by each supervisor, as of their last checkpoints."""
    wanted = {
        "arrangement.state": state, "arrangement.cause.twin_id": about,
        "arrangement.cause.data.owner": customer, "arrangement.desk": desk,
    }  # fmt: skip
    where = " and ".join([
        "exists arrangement.id" if story is None else f"kind = {story} and exists arrangement.id",
        *(f'{field} = "{value}"' for field, value in wanted.items() if value is not None),
    ])  # fmt: skip
    page = await within(
        shared.limits.read_s,
        shared.services.search(where, "-arrangement.opened_at", limit, cursor),
        f"the search took longer than {shared.limits.read_s:g} s",
    )
    views = [
        view for found in page.items for view in arrangements_of(found.id, found.state, page.as_of)
    ]
    return Arrangements(items=views, as_of=page.as_of, cursor=page.cursor)


@router.get("/v1/count", tags=["search"])
async def count_twins(shared: Reads, where: Where = "") -> Count:
    """Count the twins that a filter finds, as of their last checkpoints."""
    check_fields(where)
    found = await within(
        shared.limits.read_s,
        shared.services.count(where),
        f"the count took longer than {shared.limits.read_s:g} s; narrow it, by kind first",
    )
    return Count(where=where, count=found)


@router.get("/v1/status", tags=["cluster"])
async def get_status(shared: Reads) -> Status:
    """Say how the cluster is; at most a second old."""
    found = await within(
        shared.limits.read_s,
        shared.pulse.status(),
        f"the coordinator did not answer within {shared.limits.read_s:g} s",
    )
    return Status.model_validate({**found, "watchers": shared.hub.watchers})


@router.get("/healthz", tags=["cluster"], dependencies=needs(Need.ANYBODY))
async def get_health() -> Health:
    """Say that this process answers; `/v1/status` says how the cluster is."""
    return Health()


@router.get("/metrics", tags=["cluster"], response_class=Response)
async def get_metrics(shared: Open) -> Response:
    """Give all processes' metrics in Prometheus' text format. They name no twin and no person.

    Each sample has the label `process`. A process that does not answer is left out.
    """
    pages = await within(LOOK_S, shared.services.metrics(), "the cluster does not give its metrics")
    page = collect({**pages, "api": generate_latest() + pages.get("api", b"")})
    return Response(page, media_type=CONTENT_TYPE)
