"""Calls about engagement learning: what was learned of how persons are told best; the switch."""

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, Field

from gateway.api.asking import asked
from gateway.api.idempotency import IdempotencyKey
from gateway.api.models import Problem
from gateway.api.needs import Operates, Reads
from gateway.api.rules import state_of
from gateway.engagement_views import ArmView, Learners, LearnerView
from gateway.policy_views import ChangeView, EstimateView
from twins.ids import PART
from twins.learning import Engagement
from twins.learning.arms import DAY_S, EVERYBODY
from twins.policies.intervals import Moments, of_mean, of_means, of_share

MOST = 200
"""So many are read for a list."""

PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"model": Problem} for status in (401, 422, 503, 504)
}

router = APIRouter(prefix="/v1", tags=["engagement"], responses=PROBLEMS)

Name = Annotated[
    str, Path(pattern=f"^{PART}$", description="A template, `offer_service`; or `all`.")
]


class LearnerSet(BaseModel):
    """What is set; what is left out stays as it is."""

    model_config = ConfigDict(extra="allow", use_attribute_docstrings=True)

    by: Annotated[str, Field(min_length=1, max_length=200)]
    """The name of a person, as the others know her."""
    reason: Annotated[str, Field(max_length=2000)] = ""
    learning: bool | None = None
    """Off: everybody is told by the fixed policy, and nothing is learned."""
    exploration: float | None = None
    """Share of contacts in which any option is taken, 0 to 0.5."""
    control: float | None = None
    """Share of contacts that follow the fixed policy, 0 to 0.5."""
    half_days: float | None = None
    """After so many days a contact counts half."""


@router.get("/engagement")
async def list_learners(shared: Reads) -> Learners:
    """List what was learned, by what persons were told; `all` first."""
    everything = await get_learner("all", shared)
    names = sorted(everything.members)[:MOST]
    return Learners(items=[everything, *[await get_learner(name, shared) for name in names]])


@router.get("/engagement/{name}")
async def get_learner(name: Name, shared: Reads) -> LearnerView:
    """The same of one: rates by segment and option, and what that is worth."""
    state = await state_of(shared, f"engagement/{name}")
    one = msgspec.convert(state.state, Engagement, strict=False)
    learned = one.by_how.get("learned", Moments())
    control = one.by_how.get("control", Moments())
    asked = sum(count for how, count in one.given.items() if how != "off")
    uplift = learned.mean - control.mean if learned.n and control.n else None
    return LearnerView(
        name=name,
        exists=state.exists,
        learning=one.settings.learning and one.above is not False,
        given={str(how): count for how, count in one.given.items()},
        explored=one.given.get("explored", 0) / asked if asked else None,
        did={str(what): count for what, count in one.did.items()},
        learned=_estimate(learned),
        control=_estimate(control),
        uplift=EstimateView(learned.n + control.n, uplift, of_means(learned, control)),
        arms=_arms(one, state.now),
        settings={
            field: msgspec.to_builtins(getattr(one.settings, field))
            for field in one.settings.__struct_fields__
        },
        changes=[ChangeView(it.at, it.by, it.what) for it in reversed(one.changes)],
        members=[id_.partition("/")[2] for id_ in one.members],
    )


def _estimate(of: Moments) -> EstimateView:
    return EstimateView(of.n, of.mean if of.n else None, of_mean(of))


def _arms(one: Engagement, now: float) -> list[ArmView]:
    found = []
    for segment, dimensions in sorted(one.segments.items()):
        for dimension, arms in sorted(dimensions.items()):
            views = []
            for arm, known in arms.items():
                low, high = of_share(known.worth, known.n)
                _, counts = known.counts(now, one.settings.half_days * DAY_S)
                views.append(
                    ArmView(
                        segment="all" if segment == EVERYBODY else segment,
                        dimension=dimension, arm=arm, n=known.n, rate=known.worth / known.n,
                        low=low, high=high, counts=counts,
                    )
                )  # fmt: skip
            found += sorted(views, key=lambda view: (-view.rate, view.arm))
    return found


@router.post("/engagement/{name}")
async def set_learner(
    name: Name, given: LearnerSet, shared: Operates, idempotency_key: IdempotencyKey = None
) -> LearnerView:
    """Change settings, live; `all` switches all of them off, or on again."""
    data = given.model_dump(exclude_unset=True) | {"by": shared.sign(given.by)}
    await asked(shared, f"engagement/{name}", "engagement.set", data, idempotency_key)
    return await get_learner(name, shared)
