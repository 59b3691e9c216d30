"""What people do with cases: take, note, hand over, write to the customer, close.

Each is a call of a twin through the log, and signed by whoever does it. What is written is sealed
with the customer's key, and goes with her.
"""

from typing import Annotated, Final, Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from gateway.api.asking import asked
from gateway.api.case_finding import PROBLEMS, AtDesk, CaseId, find
from gateway.api.errors import Conflict, Invalid
from gateway.api.idempotency import IdempotencyKey, event_id_of
from gateway.api.needs import Serves
from gateway.api.rules import state_of
from gateway.api.sending import send, wire
from gateway.case_views import CaseClosed, CaseLies, Written
from twins.ids import PART, digest
from twins.people.case import Case
from twins.people.messages import MAX_SUBJECT, MAX_TEXT, MessageRequest, Words

router = APIRouter(prefix="/v1/cases", tags=["cases"], responses=PROBLEMS)

TEMPLATE: Final = "written by an employee"
"""How such a message is called in a customer's contacts."""

By = Annotated[str, Field(min_length=1, max_length=200)]
Note = Annotated[str, Field(max_length=1500)]


class _Word(BaseModel):
    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    by: By
    """The name of a person, as the others know her; it stands in the note."""


class CaseTake(_Word):
    """Whoever has the case takes it."""


class CaseRemark(_Word):
    """What others should know of a case."""

    text: Annotated[str, Field(min_length=1, max_length=1500)]


class CaseHandOver(_Word):
    """A case goes to a colleague, or to another desk."""

    employee: Annotated[str, Field(pattern=f"^employee/{PART}$")] | None = None
    """To whom; null: to whoever comes next by skill, shift and load."""
    desk: Annotated[str, Field(pattern=f"^desk/{PART}$")] | None = None
    """To another desk, and to whomever it finds there; without `employee`."""
    note: Note = ""
    """What she should know."""


class CaseLetter(_Word):
    """A message to the customer whose case it is."""

    subject: Annotated[str, Field(min_length=1, max_length=MAX_SUBJECT)]
    text: Annotated[str, Field(min_length=1, max_length=MAX_TEXT)]
    urgency: Literal["high", "normal", "low"] = "normal"
    """`high` disturbs her in her quiet hours, too."""


class CaseWord(_Word):
    """What a person says of a case, and what became of the customer."""

    verdict: Literal["accept", "decline"] | None = None
    """To a proposal: without `accept` it is not done."""
    without: Annotated[list[Annotated[str, Field(max_length=64)]], Field(max_length=20)] = []
    """With `accept`: legs of the plan that are left out."""
    note: Note = ""
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


@router.post("/{case_id}/take")
async def take_case(
    case_id: CaseId, word: CaseTake, shared: Serves, desk: AtDesk = None,
    idempotency_key: IdempotencyKey = None,
) -> CaseLies:  # fmt: skip
    """Take it in the name of the employee who has it: it goes to nobody else."""
    id_, _, case = await find(shared, case_id, desk)
    employee = _whose(id_, case)
    shared.sign(word.by)
    await asked(shared, employee, "take", {"case_id": case_id}, event_id_of(idempotency_key))
    return CaseLies(id=case_id, state="taken", employee=employee)


@router.post("/{case_id}/notes")
async def note_case(
    case_id: CaseId, word: CaseRemark, shared: Serves, desk: AtDesk = None,
    idempotency_key: IdempotencyKey = None,
) -> CaseLies:  # fmt: skip
    """Add a note, for whoever has the case."""
    id_, _, case = await find(shared, case_id, desk)
    _open(case)
    data = {
        "case_id": case_id, "text": f"{shared.sign(word.by)}: {word.text}", "person": case.person,
    }  # fmt: skip
    return _lies(await asked(shared, id_, "note", data, idempotency_key))


@router.post("/{case_id}/hand-over")
async def hand_over_case(
    case_id: CaseId, word: CaseHandOver, shared: Serves, desk: AtDesk = None,
    idempotency_key: IdempotencyKey = None,
) -> CaseLies:  # fmt: skip
    """Give it to a colleague, or to another desk, taken or not; whoever gets it has to take it."""
    id_, _, case = await find(shared, case_id, desk)
    _open(case)
    if word.desk is not None:
        if word.employee is not None:
            raise Invalid("name `employee` or `desk`: a desk finds by itself who it is")
        if not (await state_of(shared, word.desk)).exists:
            raise Conflict(f"there is no {word.desk} yet; configure it", twin_id=word.desk)
    note = f"{shared.sign(word.by)} hands it over: {word.note}" if word.note else None
    data = {
        "case_id": case_id, "employee": word.employee, "desk": word.desk, "note": note,
        "person": case.person,
    }  # fmt: skip
    return _lies(await asked(shared, id_, "hand_over", data, idempotency_key))


@router.post("/{case_id}/letters")
async def write_to_customer(
    case_id: CaseId, word: CaseLetter, shared: Serves, desk: AtDesk = None,
    idempotency_key: IdempotencyKey = None,
) -> Written:  # fmt: skip
    """Write to the customer: by the channel that suits her, as her consents and quiet hours allow.

    What becomes of it stands in the case's letters, and in her twin's contacts.
    """
    id_, _, case = await find(shared, case_id, desk)
    _open(case)
    if case.person is None:
        raise Conflict(f"case {case_id} names no customer; there is nobody to write to")
    by = shared.sign(word.by)
    event_id = event_id_of(idempotency_key)
    message = MessageRequest(
        id=digest(case_id, event_id), about=case.subject, asker=id_, template=TEMPLATE, data=None,
        texts={"en": Words(subject=word.subject, text=word.text)}, urgency=word.urgency,
    )  # fmt: skip
    # The desk knows of it first, for what becomes of it may come at once.
    note = {
        "case_id": case_id, "text": f"{by} wrote to her: {word.subject}", "person": case.person,
        "letter_id": message.id, "letter": {"subject": word.subject, "by": by},
    }  # fmt: skip
    await asked(shared, id_, "note", note, f"{event_id}-note")
    body = wire(message, id=event_id)
    await send(shared, case.person, "message.requested", body, "inside", event_id)
    return Written(customer_id=case.person, message_id=message.id)


@router.post("/{case_id}/close")
async def close_case(
    case_id: CaseId, word: CaseWord, shared: Serves, desk: AtDesk = None,
    idempotency_key: IdempotencyKey = None,
) -> CaseClosed:  # fmt: skip
    """Close it in the name of the employee who has it; she takes it, if she has not."""
    id_, _, case = await find(shared, case_id, desk)
    _open(case)
    employee = _whose(id_, case)
    _may_go(case, word)
    by = shared.sign(word.by)
    note = f"{by}: {word.note}" if word.note else by
    data = word.model_dump(exclude={"by", "note"}, exclude_defaults=True)
    event_id = event_id_of(idempotency_key)
    await asked(shared, employee, "take", {"case_id": case_id}, f"{event_id}-take")
    words = {**data, "case_id": case_id, "note": note, "person": case.person}
    await asked(shared, employee, "close", words, event_id)
    return CaseClosed(id=case_id, state="closed", employee=employee, verdict=word.verdict)


def _open(case: Case) -> None:
    if case.state == "closed":
        raise Conflict(f"case {case.id} is closed already: {case.note or case.verdict or ''}")


def _whose(desk: str, case: Case) -> str:
    """Who has it."""
    _open(case)
    if case.employee is None:
        raise Conflict(
            f"case {case.id} waits at {desk}: nobody there has the skill {case.skill!r} and is on "
            "shift; configure an employee, or a lead",
            twin_id=desk,
        )
    return case.employee


def _may_go(case: Case, word: CaseWord) -> None:
    """Only what the plan can do without is left out."""
    if not word.without:
        return
    plan = {leg["leg"]: leg["required"] for leg in case.context.get("plan", [])}
    if word.verdict != "accept" or not plan:
        raise Conflict(f"case {case.id}: only of a plan that is accepted something is left out")
    for name in word.without:
        if name not in plan:
            raise Conflict(f"the plan of case {case.id} has no {name!r}; it has {', '.join(plan)}")
        if plan[name]:
            raise Conflict(f"the plan of case {case.id} makes no sense without {name!r}")


def _lies(found: dict[str, str]) -> CaseLies:
    return CaseLies(id=found["id"], state=found["state"], employee=found.get("employee"),
                    desk=found.get("desk"))  # fmt: skip
