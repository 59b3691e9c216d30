"""Calls about cases: what persons have to decide, with the plan, and their word on it.

A case lies at a desk and with an employee; both are twins. Here they are read, and an employee's
twin is called as she would call it herself: take it, close it.
"""

from typing import Annotated, Any, Final, Literal

import msgspec
from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from gateway.api.asking import asked
from gateway.api.context import Context, within
from gateway.api.errors import Conflict, NotFound
from gateway.api.idempotency import IdempotencyKey, event_id_of
from gateway.api.models import Problem
from gateway.api.needs import Reads, Serves
from gateway.api.rules import state_of
from gateway.case_views import CaseClosed, CaseDetail, Cases, CaseView
from twins.ids import PART
from twins.people.desk import HASTE, Case, Desk

MOST_DESKS: Final = 200
MOST_CASES: Final = 500
"""So many are read, and shown."""

PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"model": Problem} for status in (401, 404, 409, 422, 503, 504)
}

router = APIRouter(prefix="/v1/cases", tags=["cases"], responses=PROBLEMS)

CaseId = Annotated[str, Path(pattern=r"^[A-Za-z0-9_.:-]{1,128}$")]
AtDesk = Annotated[
    str | None, Query(pattern=f"^desk/{PART}$", description="Default: each of them.")
]

_HURRY: Final[list[str]] = list(HASTE)


class CaseWord(BaseModel):
    """What a person says of a case, and what became of the customer."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    by: Annotated[str, Field(min_length=1, max_length=200)]
    """The name of a person, as the others know her; it stands in the note."""
    verdict: Literal["accept", "decline"] | None = None
    """To a proposal: without `accept` it is not done."""
    note: Annotated[str, Field(max_length=1500)] = ""
    called: bool = False
    """The customer had called about it."""
    helped: bool = False
    """Help is there by now."""
    cost_cents: Annotated[int, Field(ge=0, le=10**12)] | None = None
    """What that cost beside what Vigil booked."""
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] | None = None
    """Null: the customer's."""
    false_alarm: bool = False
    """There was nothing wrong."""


@router.get("")
async def list_cases(
    shared: Reads,
    desk: AtDesk = None,
    *,
    closed: Annotated[bool, Query(description="Those that were closed last.")] = False,
) -> Cases:
    """List cases, the most urgent first; desks that are newer than about 2 s may be missing."""
    found = [
        _view(id_, case)
        for id_ in await _desks(shared, desk)
        for case in (await _cases(shared, id_)).values()
        if (case.state == "closed") is closed
    ]
    found.sort(key=lambda one: (_HURRY.index(one.urgency), one.opened_at, one.id))
    return Cases(items=found[:MOST_CASES], more=len(found) > MOST_CASES)


@router.get("/{case_id}")
async def get_case(case_id: CaseId, shared: Reads, desk: AtDesk = None) -> CaseDetail:
    """Read one: its reason, plan, notes, and the context in which it was opened."""
    id_, case = await _find(shared, case_id, desk)
    context = {**case.context}
    plan = context.pop("plan", [])
    return CaseDetail(case=_view(id_, case), plan=plan, notes=case.notes, context=context)


@router.post("/{case_id}/close")
async def close_case(
    case_id: CaseId, word: CaseWord, shared: Serves, desk: AtDesk = None,
    idempotency_key: IdempotencyKey = None,
) -> CaseClosed:  # fmt: skip
    """Close it in the name of the employee who has it; she takes it, if she has not."""
    id_, case = await _find(shared, case_id, desk)
    if case.state == "closed":
        raise Conflict(f"case {case_id} is closed already: {case.note or case.verdict or ''}")
    if case.employee is None:
        raise Conflict(
            f"case {case_id} waits at {id_}: nobody there has the skill {case.skill!r} and is on "
            "shift; configure an employee, or a lead",
            twin_id=id_,
        )
    by = shared.sign(word.by)
    note = f"{by}: {word.note}" if word.note else by
    data = word.model_dump(exclude={"by", "note"}, exclude_defaults=True)
    event_id = event_id_of(idempotency_key)
    await asked(shared, case.employee, "take", {"case_id": case_id}, f"{event_id}-take")
    words = {**data, "case_id": case_id, "note": note, "person": case.person}
    await asked(shared, case.employee, "close", words, event_id)
    return CaseClosed(id=case_id, state="closed", employee=case.employee, verdict=word.verdict)


async def _desks(shared: Context, desk: str | None) -> list[str]:
    if desk is not None:
        return [desk]
    page = await within(
        shared.limits.read_s,
        shared.services.search("kind = desk", None, MOST_DESKS, None),
        f"the search took longer than {shared.limits.read_s:g} s; name a desk",
    )
    return sorted(found.id for found in page.items)


async def _cases(shared: Context, desk: str) -> dict[str, Case]:
    """As the desk's twin has them now: the search lags behind, and what is sealed it can't show."""
    return msgspec.convert((await state_of(shared, desk)).state, Desk, strict=False).cases


async def _find(shared: Context, case_id: str, desk: str | None) -> tuple[str, Case]:
    for id_ in await _desks(shared, desk):
        case = (await _cases(shared, id_)).get(case_id)
        if case is not None:
            return id_, case
    raise NotFound(
        f"no desk has a case {case_id}, or it was closed long ago; `vigil cases list` shows what "
        "there is"
    )


def _view(desk: str, case: Case) -> CaseView:
    return CaseView(
        id=case.id, desk=desk, state=case.state, urgency=case.urgency, subject=case.subject,
        reason=case.reason, skill=case.skill, opened_at=case.opened_at, employee=case.employee,
        arrangement_id=case.arrangement_id, supervisor=case.supervisor,
        proposes="plan" in case.context, verdict=case.verdict, note=case.note,
    )  # fmt: skip
