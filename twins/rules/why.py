"""Why not: how a rule stands with one twin, down to the part of its condition that is false.

    why_not(car, rules, "engine.overheating", now)

It looks at the twin's state alone, so it can be asked of any twin at any time, and changes nothing.
"""

from typing import TYPE_CHECKING, Any

from twins.operated import maintained
from twins.rules import tree
from twins.rules.document import SEVERITIES
from twins.rules.duration import spoken
from twins.rules.evaluate import Known, holds, looked, value
from twins.rules.fields import Type
from twins.rules.memory import SLOTS, STATE
from twins.rules.plan import Plan
from twins.rules.rule import OPEN, PENDING, SPENT, Rule
from twins.rules.ruleset import RuleSet
from twins.rules.standing import Part, Standing

if TYPE_CHECKING:
    from twins.twin import Twin

_STATES = {PENDING: "pending", OPEN: "open", SPENT: "spent"}


def why_not(twin: "Twin", rules: RuleSet, name: str, now: float) -> Standing:
    """Say how a rule stands with a twin.

    Args:
        twin: The twin, as it is.
        rules: Its kind's rules.
        name: Which of them.
        now: The log's time, seconds since the epoch.

    Raises:
        UnknownRule: There is none of this name.
    """
    rule = rules.rule(name)
    plan, document = rule.plan, rule.plan.document
    at = max(twin.stamp, now)
    known = Known(twin, now, None, looked(plan, twin, at, now))
    memory = (twin.windows or {}).get(name)
    if memory is not None and memory[0] != plan.digest:
        memory = None
    state = None if memory is None else memory[STATE]
    times = None if twin.record is None else twin.record.rules.get(rule.limit)
    standing = Standing(
        rule=name,
        version=rules.version,
        twin_id=twin.id,
        state="well" if state is None else _STATES[state[0]],
        words="",
        shadow=document.shadow,
        holds=plan.when is not None and holds(plan.when, known),
        since=None if state is None else state[1],
        context=None if plan.context is None else _part(plan.context, plan, known, memory),
        when=None if plan.when is None else _part(plan.when, plan, known, memory),
        limited_until=rule.limited_until(twin, now),
        suppressed_by=rule.suppressed_by(twin),
        last=times[-1] if times else None,
    )
    if state is not None and state[0] == OPEN:
        standing.severity = SEVERITIES[rule.severity(state[2])].value
    if state is not None and state[0] == PENDING and document.for_ is not None:
        until = state[1] + document.for_
        standing.waits_until = until if until > at else None
    standing.words = _words(standing, rule, now)
    maintenance = maintained(twin)
    if maintenance is not None:
        rest = spoken(round(maintenance.until - now))
        standing.words = f"its twin is in maintenance by {maintenance.by} for another {rest}"
    return standing


def _words(standing: Standing, rule: Rule, now: float) -> str:
    """The first thing that stands in its way."""
    when, forbidden = standing.when, _forbidden(standing, now)
    if standing.context is not None and not standing.context.holds:
        said = f"its context does not hold: {_false(standing.context)}"
    elif standing.state == "open":
        said = f"it has fired, and is open ({standing.severity})"
    elif standing.state == "spent":
        said = "it has fired or was passed over; it fires again only after it has ceased to hold"
    elif rule.plan.momentary:
        said = forbidden or "it looks at each event by itself, and none is there now"
    elif when is not None and not when.holds:
        said = f"it does not hold: {_false(when)}"
    elif standing.waits_until is not None:
        rest = standing.waits_until - max(now, standing.since or 0.0)
        said = f"it has to hold for another {spoken(round(rest, 1))}"
    else:
        said = forbidden or "it holds, and fires with the next event"
    return said


def _forbidden(standing: Standing, now: float) -> str:
    if standing.suppressed_by is not None:
        return f"{standing.suppressed_by} is open, and suppresses it"
    if standing.limited_until is not None:
        ago, rest = now - (standing.last or now), standing.limited_until - now
        return f"it fired {spoken(round(ago))} ago, and may again in {spoken(round(rest))}"
    return ""


def _false(part: Part) -> str:
    """The innermost parts that are false, in words."""
    wrong = [inner for inner in part.parts if inner.holds is False]
    if wrong and not part.text.startswith("not "):
        return "; ".join(_false(inner) for inner in wrong)
    seen = [
        f"{inner.text} is {'unknown' if inner.value is None else inner.value}"
        for inner in part.parts
        if inner.holds is None
    ]
    notes = [*seen, part.detail] if part.detail else seen
    return f"{part.text} ({', '.join(notes)})" if notes else part.text


def _part(node: tree.Node, plan: Plan, known: Known, memory: list[Any] | None) -> Part:
    is_condition = node.type is Type.CONDITION
    found = value(node, known)
    inner = () if isinstance(node, tree.Call) else node.parts
    return Part(
        text=node.text,
        holds=holds(node, known) if is_condition else None,
        value=None if is_condition and not isinstance(node, tree.Name) else found,
        detail=_detail(node, plan, memory),
        parts=[
            _part(part, plan, known, memory) for part in inner if not isinstance(part, tree.Literal)
        ],
    )


def _detail(node: tree.Node, plan: Plan, memory: list[Any] | None) -> str:
    """How far a trend has come."""
    if not isinstance(node, tree.Call) or node.operator.name not in ("rising", "falling"):
        return ""
    slot = next(number for number, call in enumerate(plan.calls) if call.text == node.text)
    held = None if memory is None else memory[SLOTS + slot]
    return f"{0 if held is None else held[1]} of {node.values['times']} steps"
