"""Calls that change an arrangement which goes on: leave out, choose otherwise, take over."""

from typing import Annotated, Any

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, Field

from gateway.api.asking import asked
from gateway.api.context import Context, Key, Kind
from gateway.api.idempotency import IdempotencyKey
from gateway.api.models import Problem
from gateway.api.needs import Serves
from gateway.policy_views import OverriddenView
from twins.ids import PART

PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"model": Problem} for status in (401, 404, 409, 422, 503, 504)
}

router = APIRouter(prefix="/v1/arrangements", tags=["policies"], responses=PROBLEMS)

ArrangementId = Annotated[str, Path(pattern=r"^[A-Za-z0-9_.:-]{1,128}$")]
LegName = Annotated[str, Field(pattern=r"^[a-z0-9_]{1,64}$")]


class Word(BaseModel):
    """Who does it."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    by: Annotated[str, Field(min_length=1, max_length=200)]
    """The name of a person, as the others know her."""


class LeaveOutGiven(Word):
    """What is not wanted."""

    leg: LegName


class ChooseGiven(Word):
    """Which option is wanted instead."""

    leg: LegName
    service: Annotated[str, Field(pattern=f"^{PART}/{PART}$")]
    offer_id: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    """Which of the service's; null: the best of them."""


class TakeOverGiven(Word):
    """Why a person goes on."""

    reason: Annotated[str, Field(max_length=1500)] = ""


async def _overridden(shared: Context, supervisor: str, ask: str, given: Word, arrangement_id: str,
                      key: str | None) -> OverriddenView:  # fmt: skip
    """Ask the supervisor, in the name of whoever calls."""
    data = given.model_dump() | {"arrangement_id": arrangement_id, "by": shared.sign(given.by)}
    return OverriddenView(**await asked(shared, supervisor, ask, data, key))


@router.post("/{kind}/{key}/{arrangement_id}/leave-out")
async def leave_out_leg(
    kind: Kind, key: Key, arrangement_id: ArrangementId, given: LeaveOutGiven, shared: Serves,
    again: IdempotencyKey = None,
) -> OverriddenView:  # fmt: skip
    """Give one thing back, or ask for it no more; all else goes on."""
    return await _overridden(shared, f"{kind}/{key}", "leave_out", given, arrangement_id, again)


@router.post("/{kind}/{key}/{arrangement_id}/choose")
async def choose_option(
    kind: Kind, key: Key, arrangement_id: ArrangementId, given: ChooseGiven, shared: Serves,
    again: IdempotencyKey = None,
) -> OverriddenView:  # fmt: skip
    """Hold another option instead; where the customer was offered it, she is offered it anew."""
    return await _overridden(shared, f"{kind}/{key}", "choose", given, arrangement_id, again)


@router.post("/{kind}/{key}/{arrangement_id}/take-over")
async def take_over_arrangement(
    kind: Kind, key: Key, arrangement_id: ArrangementId, given: TakeOverGiven, shared: Serves,
    again: IdempotencyKey = None,
) -> OverriddenView:  # fmt: skip
    """Let a person go on: what is held is given back, what is on its way still comes."""
    return await _overridden(shared, f"{kind}/{key}", "take_over", given, arrangement_id, again)
