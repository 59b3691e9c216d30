"""What if with another rule: when its signal would have come, and what it would have said."""

import asyncio
from typing import Any, Final

import msgspec

from actors.backtest.contest import Contest
from actors.block import Entry
from actors.store.base import PLAIN, TwinRow
from actors.whatif.other_rule import Noticed, Reading, notice, since_of
from gateway import trials
from gateway.api.backtests import contest_of
from gateway.api.context import Context, within
from gateway.api.errors import Invalid
from gateway.rule_findings import RuleFile
from gateway.twin_views import HistoryEvent
from gateway.what_if_views import WhatIfRule
from twins.event import encode_message
from twins.handler import Origin
from twins.ids import split
from twins.kind import kind_of
from twins.outputs import Signal

MOST_READINGS: Final = 10_000
"""Events of the device that are read; of more, the newest."""

AFTER_S: Final = 3600.0
"""So long after the real signal the other rule's is waited for."""

RUN_S: Final = 30.0

_ORIGINS: Final = {origin.name.lower(): origin for origin in Origin}


async def other_rule(
    shared: Context, given: RuleFile, signal: Signal
) -> tuple[WhatIfRule, Noticed]:
    """Replay the device's history with the other rule beside the published ones.

    Raises:
        Invalid: The rule has mistakes, each told with its place; or it is of another kind.
    """
    contest, names = await _contest(shared, given, split(signal.twin_id)[0])
    since, services = since_of(contest, signal), shared.services
    until = min(services.clock(), signal.time + AFTER_S)
    items, more = await within(
        shared.limits.read_s,
        services.history(signal.twin_id, since, until, MOST_READINGS),
        f"reading the log of {signal.twin_id} took longer than {shared.limits.read_s:g} s",
    )
    first = items[0].taken_at if items else since
    before = await within(
        RUN_S,
        services.then(signal.twin_id, items[0].position - 1 if items else None, None),
        "the replay takes too long",
    )
    row = TwinRow(
        signal.twin_id, 0, kind_of(contest.kind).schema, PLAIN,
        msgspec.json.encode({**before.state.state, "key": split(signal.twin_id)[1]}), b"",
    )  # fmt: skip
    readings = _readings(signal.twin_id, items)
    noticed = await within(
        RUN_S,
        asyncio.to_thread(notice, contest, row, readings, signal, until),
        "the replay takes too long",
    )
    view = WhatIfRule(
        contest.kind, names, signal.name, signal.time,
        None if noticed.present is None else noticed.present.time,
        None if noticed.candidate is None else noticed.candidate.time,
        first if more else since, more, until, len(readings), noticed.at_least, noticed.others,
    )  # fmt: skip
    return view, noticed


async def _contest(shared: Context, given: RuleFile, kind: str) -> tuple[Contest, list[str]]:
    file = RuleFile(given.text, given.name, given.kind or kind)
    read = await asyncio.to_thread(trials.read_files, [file])
    broken = [str(problem) for found in read.problems.values() for problem in found]
    if broken:
        raise Invalid("\n".join(broken))
    others = [other for other in read.kinds if other != kind]
    if others:
        raise Invalid(
            f"the signal came from a {kind}, and this is a rule of {', '.join(others)}; give one "
            f"of kind {kind}"
        )
    mine = read.documents[kind]
    return await contest_of(shared, kind, mine), [document.rule for document in mine]


def _readings(twin_id: str, items: list[HistoryEvent]) -> list[Reading]:
    """Its events as a log has them; what came twice counts once, as it did."""
    found: list[Reading] = []
    seen: set[str] = set()
    for item in items:
        if item.id is not None and item.id in seen:
            continue
        seen.add(item.id or "")
        time = item.at if item.at != item.taken_at else None
        payload = encode_message(item.data, id=f"replay-{len(found)}", time=time)
        origin = _ORIGINS.get(item.origin, Origin.INSIDE)
        found.append((item.taken_at, Entry(twin_id, item.type, origin, payload)))
    return found


def said(noticed: Noticed, signal: Signal) -> dict[str, Any]:
    """The change of the run that follows from it; needs a candidate's signal."""
    assert noticed.candidate is not None
    return {
        "noticed_s": noticed.candidate.time - signal.time,
        "cause": msgspec.to_builtins(noticed.candidate.data),
    }
