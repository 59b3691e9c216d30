"""Calls about cases: what persons have to decide, with the plan and all that is known."""

from typing import Annotated, Final

from fastapi import APIRouter, Query

from gateway.api.case_finding import PROBLEMS, AtDesk, CaseId, desk_of, desks, find, viewed
from gateway.api.needs import Reads
from gateway.case_views import CaseDetail, Cases, Colleague, LetterView
from twins.people.case import Case
from twins.people.casework import CaseLetter
from twins.people.desk import Desk

MOST_CASES: Final = 500
"""So many are read, and shown."""

router = APIRouter(prefix="/v1/cases", tags=["cases"], responses=PROBLEMS)


@router.get("")
async def list_cases(
    shared: Reads,
    desk: AtDesk = None,
    *,
    closed: Annotated[bool, Query(description="Those that were closed last.")] = False,
) -> Cases:
    """List cases, the most urgent and most valuable customers' first.

    Desks that are newer than about 2 s may be missing.
    """
    found = [
        (id_, case)
        for id_ in await desks(shared, desk)
        for case in (await desk_of(shared, id_)).cases.values()
        if (case.state == "closed") is closed
    ]
    views = await viewed(shared, found)
    return Cases(items=views[:MOST_CASES], more=len(views) > MOST_CASES)


@router.get("/{case_id}")
async def get_case(case_id: CaseId, shared: Reads, desk: AtDesk = None) -> CaseDetail:
    """Read one: its reason, plan, notes, the context in which it was opened, and colleagues."""
    desk_id, found, case = await find(shared, case_id, desk)
    context = {**case.context}
    plan = context.pop("plan", [])
    (shown,) = await viewed(shared, [(desk_id, case)])
    return CaseDetail(
        case=shown, plan=plan, notes=case.notes, context=context, tried=case.tried,
        letters=[_letter(id_, letter) for id_, letter in case.letters.items()],
        colleagues=_colleagues(found, case, shared.services.clock()),
    )  # fmt: skip


def _letter(id_: str, letter: CaseLetter) -> LetterView:
    return LetterView(
        message_id=id_, subject=letter.subject, by=letter.by, at=letter.at,
        settled_at=letter.settled_at, channel=letter.channel, reason=letter.reason,
    )  # fmt: skip


def _colleagues(desk: Desk, case: Case, now: float) -> list[Colleague]:
    """Whom it may be handed over to: who is there and can do it, then whoever has least to do."""
    cards = [card for card in desk.employees.values() if card.employee != case.employee]
    there = {card.employee: card.shift is not None and card.shift.on(now) for card in cards}
    cards.sort(key=lambda card: (
        not (there[card.employee] and case.skill in card.skills), not there[card.employee],
        desk.load(card.employee), card.employee,
    ))  # fmt: skip
    return [
        Colleague(
            id=card.employee, name=card.name, skills=card.skills, on_shift=there[card.employee],
            lead=card.lead, cases=desk.load(card.employee),
        )
        for card in cards
    ]  # fmt: skip
