"""Calls about policies: how far each may go, stopping them, what they changed, undoing.

Whatever changes something is a call on a twin, through the log. What became of a customer is an
event of hers: `POST /v1/twins/customer/KEY/events/help.noted`.
"""

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from gateway.api.asking import asked
from gateway.api.context import Context, within
from gateway.api.errors import NotFound
from gateway.api.idempotency import IdempotencyKey
from gateway.api.models import Problem
from gateway.api.needs import Operates, Reads, Serves
from gateway.api.rules import state_of
from gateway.outcomes import outcomes_of
from gateway.policy_views import (
    BreakerView,
    ChangeView,
    Outcomes,
    OutcomesView,
    Policies,
    PolicyView,
    PrecisionView,
    UndoneView,
)
from twins.ids import PART
from twins.policies import Policy
from twins.policies.spending import day_of

MOST = 200
"""So many policies are read for a list."""

PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"model": Problem} for status in (401, 404, 409, 422, 503, 504)
}

router = APIRouter(prefix="/v1", tags=["policies"], responses=PROBLEMS)

Name = Annotated[str, Path(pattern=f"^{PART}$", description="For example `roadside`; or `all`.")]
ArrangementId = Annotated[str, Path(pattern=r"^[A-Za-z0-9_.:-]{1,128}$")]
Person = Annotated[str, Field(min_length=1, max_length=200)]


class PolicyWord(BaseModel):
    """Who does it, and why."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    by: Person
    """The name of a person, as the others know her."""
    reason: Annotated[str, Field(max_length=2000)] = ""


class PolicySet(PolicyWord):
    """What is set; what is left out stays as it is."""

    model_config = ConfigDict(extra="allow", use_attribute_docstrings=True)

    level: str | None = None
    """shadow, propose or act; null: as the policy begins."""
    ceiling: str | None = None
    """It does not rise above it by itself."""
    pinned: bool | None = None
    """Its level changes by a person's word only."""
    holdout: float | None = None
    """Share of customers for whom nothing is done, 0 to 0.5."""
    per_hour: int | None = None
    """So many arrangements may begin within an hour."""


# -- looking -------------------------------------------------------------------------------------


@router.get("/policies")
async def list_policies(shared: Reads) -> Policies:
    """List all policies that have been asked for leave, and `all`."""
    return Policies(items=[await get_policy(name, shared) for name in await _names(shared)])


@router.get("/policies/{name}")
async def get_policy(name: Name, shared: Reads) -> PolicyView:
    """Read one: its level, why it has it, what it may spend and has spent, what was changed."""
    policy, exists, now = await _policy(shared, name)
    low, high = policy.trust.interval
    broken = policy.reach.broken
    today = policy.days.get(day_of(now, policy.settings.day_zone))
    return PolicyView(
        name=name,
        exists=exists,
        level=policy.at_level.value,
        stopped=policy.halt,
        breaker=None if broken is None else BreakerView(**msgspec.structs.asdict(broken)),
        precision=PrecisionView(policy.trust.right, len(policy.trust.verdicts), low, high),
        under_way=len(policy.open),
        begun=sum(at > now - 3600.0 for at in policy.reach.begun),
        given=policy.given,
        used_today={} if today is None else today.total,
        settings=msgspec.to_builtins(
            {name: getattr(policy.settings, name) for name in policy.settings.__struct_fields__}
        ),
        changes=[ChangeView(one.at, one.by, one.what) for one in reversed(policy.changes)],
        members=[id_.partition("/")[2] for id_ in policy.members],
    )


SoFar = Annotated[
    bool, Query(description="Count those who are still followed, as far as it is known by now.")
]


@router.get("/outcomes")
async def list_outcomes(shared: Reads, so_far: SoFar = False) -> Outcomes:
    """Say what each policy changed for customers: those treated against those held out."""
    names = [name for name in await _names(shared) if name != "all"]
    return Outcomes(items=[await get_outcomes(name, shared, so_far) for name in names])


@router.get("/outcomes/{name}")
async def get_outcomes(name: Name, shared: Reads, so_far: SoFar = False) -> OutcomesView:
    """The same of one policy."""
    policy, _, _ = await _policy(shared, name)
    return outcomes_of(name, policy, so_far=so_far)


async def _names(shared: Context) -> list[str]:
    everything, _, _ = await _policy(shared, "all")
    members = sorted(id_.partition("/")[2] for id_ in everything.members)
    return ["all", *members[:MOST]]


async def _policy(shared: Context, name: str) -> tuple[Policy, bool, float]:
    state = await state_of(shared, f"policy/{name}")
    return msgspec.convert(state.state, Policy, strict=False), state.exists, state.now


# -- changing ------------------------------------------------------------------------------------


@router.post("/policies/{name}")
async def set_policy(
    name: Name, given: PolicySet, shared: Operates, idempotency_key: IdempotencyKey = None
) -> PolicyView:
    """Change settings, live; `twins.policies.settings.PolicySettings` says what there is."""
    data = given.model_dump(exclude_unset=True) | {"by": shared.sign(given.by)}
    await asked(shared, f"policy/{name}", "policy.set", data, idempotency_key)
    return await get_policy(name, shared)


@router.post("/policies/{name}/stop")
async def stop_policy(
    name: Name, given: PolicyWord, shared: Operates, idempotency_key: IdempotencyKey = None
) -> PolicyView:
    """Stop it, or all: nothing new is held or confirmed; effective for what is under way too."""
    data = given.model_dump() | {"by": shared.sign(given.by)}
    await asked(shared, f"policy/{name}", "policy.stop", data, idempotency_key)
    return await get_policy(name, shared)


@router.post("/policies/{name}/resume")
async def resume_policy(
    name: Name, given: PolicyWord, shared: Operates, idempotency_key: IdempotencyKey = None
) -> PolicyView:
    """Take a stop back, and close the breaker."""
    data = given.model_dump() | {"by": shared.sign(given.by)}
    await asked(shared, f"policy/{name}", "policy.resume", data, idempotency_key)
    return await get_policy(name, shared)


@router.post("/arrangements/{arrangement_id}/undo")
async def undo_arrangement(
    arrangement_id: ArrangementId,
    given: PolicyWord,
    shared: Serves,
    supervisor: Annotated[
        str | None, Query(pattern=f"^{PART}/{PART}$", description="Default: it is searched.")
    ] = None,
    idempotency_key: IdempotencyKey = None,
) -> UndoneView:
    """Give back what providers take back; the answer says what cannot be undone."""
    twin_id = supervisor or await _supervisor_of(shared, arrangement_id)
    data = {"arrangement_id": arrangement_id, "by": shared.sign(given.by)}
    answer = await asked(shared, twin_id, "undo", data, idempotency_key)
    return msgspec.convert(msgspec.to_builtins(answer), UndoneView)


async def _supervisor_of(shared: Context, arrangement_id: str) -> str:
    page = await within(
        shared.limits.read_s,
        shared.services.search(f'arrangement.id = "{arrangement_id}"', None, 1, None),
        f"the search took longer than {shared.limits.read_s:g} s; say which supervisor has it",
    )
    if not page.items:
        raise NotFound(
            f"no supervisor has the arrangement {arrangement_id}, or another one has begun since; "
            "the search is about 2 s behind: say which supervisor has it if it is as new as that"
        )
    return page.items[0].id
