"""What if: an arrangement's incident once more, with something otherwise; nothing changes by it."""

import asyncio
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, Field

from actors.supervisors.arrangement import Arrangement, Step
from actors.supervisors.supervisor import Supervisor
from actors.whatif.answers import Input
from actors.whatif.change import Change
from actors.whatif.compare import paired
from actors.whatif.run import Incident, Run, simulate, truth
from gateway.api.arrangement import ArrangementView, arrangement_of
from gateway.api.context import Context, Key, Kind, within
from gateway.api.errors import Invalid, NotFound
from gateway.api.models import Problem
from gateway.api.needs import Reads, Serves
from gateway.api.what_if_rule import other_rule, said
from gateway.rule_findings import RuleFile
from gateway.twin_views import HistoryEvent
from gateway.what_if_views import WhatIfLeg, WhatIfPlace, WhatIfRun, WhatIfStep, WhatIfView
from twins.ids import PART
from twins.kind import kind_of

MOST_INPUTS = 5000
"""Messages of one incident that are read."""

BEFORE_S = 1.0
"""The log took the signal at most so long before the arrangement began."""

RUN_S = 30.0

_NOTHING = WhatIfRun(
    None, None, None, None, "the signal would not have come, and nothing been arranged", [], []
)

_AT_ONCE = asyncio.Semaphore(1)
"""A run keeps a core busy; a second one waits."""

router = APIRouter(
    prefix="/v1",
    tags=["arrangements"],
    responses={status: {"model": Problem} for status in (401, 403, 404, 422, 503, 504)},
)

ArrangementId = Annotated[
    str, Path(pattern=r"^[A-Za-z0-9_.:-]{1,128}$", description="The arrangement's id.")
]
_Service = Annotated[str, Field(pattern=f"^{PART}/{PART}$")]
_Services = Annotated[list[_Service], Field(max_length=100)]
_Shift = Annotated[float, Field(ge=-86_400.0, le=86_400.0)]


class CustomerSaid(BaseModel):
    """What the customer says to the offer; what is not given is as it was."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    after_s: Annotated[float, Field(ge=0.0, le=86_400.0)] | None = None
    """So long after it was sent."""
    accept: bool | None = None
    declined: Annotated[list[Annotated[str, Field(max_length=64)]], Field(max_length=20)] | None = (
        None
    )
    """Legs that she does not want: `rental`."""
    alternative: Annotated[int, Field(ge=1, le=20)] | None = None
    silent: bool = False
    """She says nothing."""


class WhatIf(BaseModel):
    """What is otherwise; nothing by default."""

    model_config = ConfigDict(
        extra="forbid", use_attribute_docstrings=True,
        json_schema_extra={"examples": [{"busy": ["tow_operator/t2"],
                                         "customer": {"after_s": 300}}]},
    )  # fmt: skip

    busy: _Services = []
    """Services that have nothing to offer."""
    refusing: _Services = []
    """Services that offer, and then refuse to hold."""
    silent: _Services = []
    """Services that do not answer."""
    later_s: Annotated[dict[_Service, _Shift], Field(max_length=100)] = {}
    """Service -> so much later its vehicle is there, in seconds; below 0: sooner."""
    noticed_s: _Shift = 0.0
    """So much later the signal came, in seconds; below 0: earlier."""
    rule: RuleFile | None = None
    """Another rule of the device's kind, in the place of the published one of its name: when its
    signal came is read from the device's history. Not beside `noticed_s`."""
    customer: CustomerSaid = CustomerSaid()
    assume: bool = True
    """Where nobody was ever asked, go on by stated assumptions; else the run ends there."""


@router.get("/arrangements/{kind}/{key}/{arrangement_id}")
async def get_arrangement(
    kind: Kind, key: Key, arrangement_id: ArrangementId, shared: Reads
) -> ArrangementView:
    """Read one arrangement of a supervisor: the one that is open, or one of the last ones."""
    return (await _found(shared, kind, key, arrangement_id))[0]


@router.post("/arrangements/{kind}/{key}/{arrangement_id}/what-if")
async def play_what_if(
    kind: Kind, key: Key, arrangement_id: ArrangementId, given: WhatIf, shared: Serves
) -> WhatIfView:
    """Play its incident once more, with something otherwise, and compare.

    The supervisor runs as it was, on what its log has; what others answered, they answer. Nothing
    leaves: neither a call, nor a message, nor an event.
    """
    if given.rule is not None and given.noticed_s:
        raise Invalid("give `rule` or `noticed_s`: when the signal came follows from the rule")
    _, arr = await _found(shared, kind, key, arrangement_id)
    incident, caveat = await _incident(shared, f"{kind}/{key}", arr)
    stated = given.model_dump(exclude_defaults=True)
    told = {name: value for name, value in stated.items() if name != "rule"}
    async with _AT_ONCE:
        rule = noticed = None
        if given.rule is not None:
            rule, noticed = await other_rule(shared, given.rule, arr.cause)
            if noticed.candidate is not None:
                told |= said(noticed, arr.cause)
        change = msgspec.convert(told, Change)
        real, run = await within(
            RUN_S, asyncio.to_thread(_both, incident, change), "the run takes too long"
        )
    recorded = [(step.name, step.twin_id) for step in arr.steps]
    replayed = [(step.name, step.twin_id) for step in real.steps]
    same = recorded[: len(replayed)] == replayed if real.stopped else recorded == replayed
    if not same and caveat is None:
        caveat = (
            "replaying it now gives other steps than were recorded: its policy's code or rules "
            "have changed since, or a part of its log cannot be read"
        )
    if rule is not None and rule.present_at is None and caveat is None:
        caveat = (
            f"the rules that are published now do not raise {rule.signal} then: they, or what of "
            "the device's history can be read, are not what they were"
        )
    if rule is not None and rule.trimmed and caveat is None:
        caveat = f"only the newest {rule.readings} events of the device were replayed"
    never = rule is not None and rule.candidate_at is None
    simulated = _NOTHING if never else _run(run)
    steps = paired(real.steps, [] if never else run.steps)
    return WhatIfView(
        arrangement_id, f"{kind}/{key}", stated, _run(real), simulated,
        [_step(*pair) for pair in steps], caveat is None, caveat,
        [] if never else run.assumed, [] if never else run.unanswered, rule,
    )  # fmt: skip


def _both(incident: Incident, change: Change) -> tuple[Run, Run]:
    real = truth(incident)
    return real, simulate(incident, change, real)


async def _found(
    shared: Context, kind: str, key: str, arrangement_id: str
) -> tuple[ArrangementView, Arrangement]:
    if not issubclass(kind_of(kind).cls, Supervisor):
        raise NotFound(f"{kind} is no supervisor, and arranges nothing", twin_id=f"{kind}/{key}")
    state = await within(
        shared.limits.read_s, shared.services.state(f"{kind}/{key}"), "no answer in time; ask again"
    )
    view = arrangement_of(state, arrangement_id)
    kept = (state.state.get("arrangement"), *(state.state.get("past") or ()))
    for found in kept:
        if view is not None and isinstance(found, dict) and found.get("id") == arrangement_id:
            return view, msgspec.convert(found, Arrangement)
    raise NotFound(
        f"{kind}/{key} knows no arrangement {arrangement_id}: it never began, or later ones have "
        "taken its place; the twin's history still has its messages",
        twin_id=f"{kind}/{key}",
    )


async def _incident(shared: Context, twin_id: str, arr: Arrangement) -> tuple[Incident, str | None]:
    """What its log has of an arrangement; raises `NotFound`, `Invalid`."""
    until = shared.services.clock() if arr.ended_at is None else arr.ended_at
    items, more = await within(
        shared.limits.read_s,
        shared.services.history(twin_id, arr.opened_at - BEFORE_S, until + BEFORE_S, MOST_INPUTS),
        f"reading the log of {twin_id} took longer than {shared.limits.read_s:g} s",
    )
    if more:
        raise Invalid(
            f"{twin_id} got more than {MOST_INPUTS} messages about {arr.id}; that is more than one "
            "run may read",
            twin_id=twin_id,
        )
    began = next((item for item in items if _names(item, arr.cause.id)), None)
    if began is None:
        raise NotFound(
            f"the log of {twin_id} has not got the signal {arr.cause.id} that began {arr.id}: "
            "what was so long ago is trimmed, or its person was erased; if it is seconds ago, "
            "ask again",
            twin_id=twin_id,
        )
    before = await within(
        RUN_S, shared.services.then(twin_id, began.position - 1, None), "the replay takes too long"
    )
    inputs = [
        Input(item.taken_at, item.type, item.data, item.id, item.position)
        for item in items
        if item.position >= began.position
    ]
    last = max(until if arr.ended else inputs[-1].at, inputs[-1].at)
    return Incident(twin_id, arr.cause.id, before.state.state, inputs, last), before.caveat


def _names(item: HistoryEvent, signal_id: str) -> bool:
    return isinstance(item.data, dict) and item.data.get("id") == signal_id


def _step(real: Step | None, simulated: Step | None) -> WhatIfStep:
    step = real or simulated
    assert step is not None
    found = WhatIfStep(step.name, step.twin_id)
    if real is not None:
        found.real_at, found.real_detail = real.at, real.detail
    if simulated is not None:
        found.simulated_at, found.simulated_detail = simulated.at, simulated.detail
    return found


def _run(run: Run) -> WhatIfRun:
    arr = run.arrangement
    places = [WhatIfPlace(**_fields(place)) for place in run.track]
    if arr is None:
        return WhatIfRun(None, None, None, None, run.stopped, [], places)
    legs = [
        WhatIfLeg(
            leg.name, leg.state.value, leg.service, leg.price_cents or None, leg.eta_s,
            leg.starts_at, leg.reason,
        )
        for leg in arr.legs.values()
    ]  # fmt: skip
    return WhatIfRun(
        arr.state.value, arr.reason, arr.opened_at, arr.ended_at, run.stopped, legs, places
    )


def _fields(place: Any) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.structs.asdict(place)
    return found
