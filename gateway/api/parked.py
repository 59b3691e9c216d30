"""Calls about parked twins: which were set aside because a handler failed, and why.

One of them goes on by `POST /v1/twins/{kind}/{key}/resume` or `/skip`, many by a bulk job
(`parked`).
"""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query
from msgspec.structs import asdict

from actors.store.filter_fields import check_fields
from gateway.api.context import within
from gateway.api.models import Problem
from gateway.api.needs import Reads
from gateway.api.overview import MAX_LIMIT, Where
from gateway.twin_views import ParkedPage, SetAsideView

router = APIRouter(
    prefix="/v1/parked",
    tags=["cluster"],
    responses={status: {"model": Problem} for status in (401, 422, 503, 504)},
)


@router.get("")
async def list_parked(
    shared: Reads,
    *,
    where: Where = "",
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = 100,
    cursor: Annotated[
        str | None, Query(max_length=4096, description="Of the page before; it goes on behind it.")
    ] = None,
) -> ParkedPage:
    """List the twins that are set aside, as of their last checkpoints, and why."""
    check_fields(where)
    services = shared.services
    page, total = await within(
        shared.limits.read_s,
        asyncio.gather(
            services.set_aside(where, limit, cursor), services.count(where, parked=True)
        ),
        f"the search took longer than {shared.limits.read_s:g} s; narrow it, by kind first",
    )
    items = [SetAsideView(**asdict(one)) for one in page.items]
    return ParkedPage(items, page.cursor, page.as_of, total)
