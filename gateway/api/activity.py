"""`GET /v1/activity`: who changed what, when, from where, and what came of it."""

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Query

from actors.errors import Unavailable
from gateway.activity import Asked
from gateway.activity_views import ActivityPage
from gateway.api.models import Problem
from gateway.api.needs import Audits
from gateway.api.twins import moment

PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"model": Problem} for status in (401, 403, 422, 503)
}

router = APIRouter(prefix="/v1", tags=["access"], responses=PROBLEMS)

_Text = Annotated[str | None, Query(max_length=200)]
_Time = Annotated[
    str | None, Query(max_length=40, description="Seconds since the epoch, or ISO 8601.")
]


@router.get("/activity")
async def list_activity(
    shared: Audits,
    who: _Text = None,
    what: Annotated[
        str | None, Query(max_length=200, description="The call: `publishDraft`.")
    ] = None,
    subject: Annotated[
        str | None, Query(max_length=200, description="A twin, or `token/…`, `session/…`.")
    ] = None,
    since: _Time = None,
    until: _Time = None,
    refused: Annotated[
        bool | None, Query(description="Only what was refused or failed; or only what was not.")
    ] = None,
    cursor: Annotated[str | None, Query(pattern="^[1-9][0-9]{0,17}$")] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> ActivityPage:
    """List changes through the API, the newest first, with what stood there before and after.

    Of persons' twins the names of the fields are told; their values are in the twin's history.
    """
    log = shared.admission.activity
    if log is None:
        raise Unavailable("this API keeps no activity log; ask the node's own")
    asked = Asked(
        who=who, what=what, subject=subject, refused=refused, limit=limit + 1,
        since=None if since is None else moment(since, 0.0, "since"),
        until=None if until is None else moment(until, 0.0, "until"),
        before=None if cursor is None else int(cursor),
    )  # fmt: skip
    found = await asyncio.to_thread(log.find, asked)
    items = found[:limit]
    return ActivityPage(items, str(items[-1].number) if len(found) > limit else None)
