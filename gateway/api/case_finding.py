"""Finding: where cases lie, and what they look like from outside.

A desk's twin has its cases; which desks there are, the store's search says. What a customer is
worth stands in what is known of a case, and else in her own twin.
"""

import asyncio
from collections.abc import Iterable
from typing import Annotated, Any, Final

import msgspec
from fastapi import Path, Query

from gateway.api.context import Context, within
from gateway.api.errors import NotFound
from gateway.api.models import Problem
from gateway.api.rules import state_of
from gateway.case_views import CaseView
from twins.ids import PART
from twins.people.case import Case
from twins.people.desk import HASTE, Desk

MOST_DESKS: Final = 200

MOST_READ: Final = 100
"""Of so many customers at most the twin is read for what they are worth; the others' is unknown."""

PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"model": Problem} for status in (401, 404, 409, 422, 503, 504)
}

CaseId = Annotated[str, Path(pattern=r"^[A-Za-z0-9_.:-]{1,128}$")]
AtDesk = Annotated[
    str | None, Query(pattern=f"^desk/{PART}$", description="Default: each of them.")
]

_HURRY: Final[list[str]] = list(HASTE)


async def desks(shared: Context, desk: str | None) -> list[str]:
    """The desk that is named, or all; those that are newer than about 2 s may be missing."""
    if desk is not None:
        return [desk]
    page = await within(
        shared.limits.read_s,
        shared.services.search("kind = desk", None, MOST_DESKS, None),
        f"the search took longer than {shared.limits.read_s:g} s; name a desk",
    )
    return sorted(found.id for found in page.items)


async def desk_of(shared: Context, desk: str) -> Desk:
    """As the twin has it now: the search lags behind, and what is sealed it can't show."""
    return msgspec.convert((await state_of(shared, desk)).state, Desk, strict=False)


async def find(shared: Context, case_id: str, desk: str | None) -> tuple[str, Desk, Case]:
    """A case, and its desk."""
    for id_ in await desks(shared, desk):
        found = await desk_of(shared, id_)
        case = found.cases.get(case_id)
        if case is not None:
            return id_, found, case
    raise NotFound(
        f"no desk has a case {case_id}, or it was closed long ago; `vigil cases list` shows what "
        "there is"
    )


async def viewed(shared: Context, found: Iterable[tuple[str, Case]]) -> list[CaseView]:
    """Cases of desks, the most urgent first, then the most valuable customer's, then the oldest."""
    cases = list(found)
    persons = [case.person for _, case in cases if case.person and told_value(case) is None]
    wanted = list(dict.fromkeys(persons))[:MOST_READ]
    worth = dict(zip(wanted, await asyncio.gather(
        *(_value_of(shared, person) for person in wanted)), strict=True))  # fmt: skip
    views = []
    for desk, case in cases:
        value = told_value(case)
        views.append(view(desk, case, worth.get(case.person or "") if value is None else value))
    views.sort(key=lambda one: (
        _HURRY.index(one.urgency), -(one.value_cents or 0), one.opened_at, one.id,
    ))  # fmt: skip
    return views


def told_value(case: Case) -> int | None:
    """What the arrangement knew of her when the case was opened."""
    facts = case.context.get("facts")
    profile = facts.get("profile") if isinstance(facts, dict) else None
    value = profile.get("lifetime_value_cents", 0) if isinstance(profile, dict) else None
    return value if isinstance(value, int) else None


async def _value_of(shared: Context, person: str) -> int | None:
    found = await state_of(shared, person)
    value = found.state.get("lifetime_value_cents", 0)
    return value if found.exists and isinstance(value, int) else None


def view(desk: str, case: Case, value_cents: int | None) -> CaseView:
    """A case as the API shows it."""
    return CaseView(
        id=case.id, desk=desk, state=case.state, urgency=case.urgency, subject=case.subject,
        reason=case.reason, skill=case.skill, opened_at=case.opened_at, employee=case.employee,
        take_by=case.take_by, escalations=case.escalations, customer_id=case.person,
        value_cents=value_cents, arrangement_id=case.arrangement_id, supervisor=case.supervisor,
        proposes="plan" in case.context, verdict=case.verdict, note=case.note,
    )  # fmt: skip
