"""Calls that say why a rule fired, and why it did not; nothing changes."""

import asyncio
import dataclasses
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query

from gateway.api.context import Context, within
from gateway.api.errors import Invalid, NotFound
from gateway.api.needs import Reads
from gateway.api.rule_trials import live_rules
from gateway.api.rules import PROBLEMS, book_of, state_of
from gateway.rule_findings import FiringView, WhyNot
from twins.errors import RulebookRefused
from twins.ids import split
from twins.kind import LISTENERS, kind_of
from twins.outputs import Signal
from twins.record import Firing, Record
from twins.rules.why import why_not

HEARD = 2000
"""Events of each supervisor that are looked through, the newest first."""

router = APIRouter(prefix="/v1", tags=["rules"], responses=PROBLEMS)


@router.get("/explain")
async def explain_firing(
    shared: Reads,
    signal: Annotated[str, Query(max_length=300, description="Its id: `vehicle/v17~0f3a…`.")],
) -> FiringView:
    """Say why a rule fired, by the id of the signal that followed, or of the firing itself.

    A twin remembers its last 16 firings. A signal that is older is looked for in the history of the
    supervisors that heed signals, as long as the log is kept.
    """
    twin_id, mark, _ = signal.partition("~")
    if not mark:
        raise Invalid("a signal's id is its twin's id, ~, and 16 digits: vehicle/v17~0f3a…")
    split(twin_id)
    state = await state_of(shared, twin_id)
    record = msgspec.convert(state.state.get("record") or {}, Record, strict=False)
    firing = next((one for one in record.firings if signal in (one.id, *one.signals)), None)
    if firing is None and record.firings:
        firing = await _heard(shared, twin_id, signal)
    if firing is None:
        raise NotFound(_unknown(twin_id, signal, record), twin_id=twin_id)
    document = await _document(shared, twin_id, firing)
    return FiringView(twin_id=twin_id, **msgspec.structs.asdict(firing), document=document)


def _unknown(twin_id: str, signal: str, record: Record) -> str:
    if not record.firings:
        return f"no rule ever fired for {twin_id}, so none with {signal}"
    first = record.firings[0]
    return (
        f"{twin_id} remembers its last {len(record.firings)} firings, back to {first.rule} at "
        f"{first.at:.3f}, and no supervisor was told of {signal} as far back as the log goes; "
        "`vigil backtest` of the rules that were live then shows what fired, and why"
    )


async def _heard(shared: Context, twin_id: str, signal_id: str) -> Firing | None:
    """What a signal that some supervisor was told says of itself."""
    services, (_, key) = shared.services, split(twin_id)
    heeding = sorted({kind for kinds in LISTENERS.values() for kind in kinds})
    found = await within(
        shared.limits.read_s,
        asyncio.gather(
            *(services.history(f"{kind}/{key}", 0.0, services.clock(), HEARD) for kind in heeding)
        ),
        f"the log was not read within {shared.limits.read_s:g} s; try again",
    )
    for items, _ in found:
        for item in reversed(items):
            firing = _told(item.data, item.taken_at) if item.type.startswith("signal.") else None
            if firing is not None and signal_id in firing.signals:
                return firing
    return None


def _told(data: Any, taken_at: float) -> Firing | None:
    """The firing that a signal tells of; None: no rule raised it."""
    try:
        signal = msgspec.convert(data, Signal)
        why: dict[str, Any] = signal.data["why"]
        return Firing(
            id=signal.id, rule=why["rule"], version=why["version"], at=why["at"], now=taken_at,
            severity=why["severity"], signals=[signal.id], why=why,
        )  # fmt: skip
    except (msgspec.ValidationError, KeyError, TypeError):
        return None


async def _document(shared: Context, twin_id: str, firing: Firing) -> dict[str, Any] | None:
    book = await book_of(shared, twin_id.partition("/")[0])
    try:
        page = book.pages_of(firing.version).get(firing.rule)
    except RulebookRefused:
        return None
    return None if page is None else page.document


@router.get("/why-not")
async def why_not_fired(
    shared: Reads,
    rule: Annotated[str, Query(max_length=64, description="For example `engine.overheating`.")],
    twin: Annotated[str, Query(max_length=129, description="For example `vehicle/v17`.")],
) -> WhyNot:
    """Say why a rule has not fired for a twin: the part of its condition that is false."""
    name, _ = split(twin)
    kind, rules = kind_of(name), await live_rules(shared, name)
    state = await state_of(shared, twin)
    now = kind.restore(msgspec.json.encode(state.state), kind.schema)
    standing = why_not(now, rules, rule, state.now)
    found = {one.name: getattr(standing, one.name) for one in dataclasses.fields(standing)}
    return WhyNot(**found, position=state.position, now=state.now)
