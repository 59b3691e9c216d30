"""Changed: an answer as the change has it."""

from typing import Any

from actors.whatif.answers import OFFER, Asked, plain
from actors.whatif.assumed import AFTER_S
from actors.whatif.change import Change
from twins.outputs import Tell

STATED = "as stated for this run"
BY = "simulated"

_TIMES = ("expires_at", "at")
"""Fields of answers that lie as long after the question as they did in truth."""

_KEPT = ("arrangement_id", "leg", "service", "hold_id")


def changed(
    change: Change, answer: str, tell: Tell, known: Asked | None, now: float
) -> tuple[dict[str, Any], float] | None:
    """What is said, and when; None: nothing, or nobody knows.

    Args:
        change: What is otherwise.
        answer: Type of the answer.
        tell: The question.
        known: What came of it in truth; None: it was not asked.
        now: When it is asked, seconds since the epoch.
    """
    if answer == OFFER:
        return _said(change, tell, known, now)
    if known is None or known.answer is None or tell.to in change.silent:
        return None
    real = known.answer
    # To the digit what it was, where it was asked at the same time.
    at = real.at if known.at == now else now + (real.at - known.at)
    data = dict(real.data)
    if known.at != now:
        for field in _TIMES:
            if isinstance(data.get(field), float | int):
                data[field] += now - known.at
    if answer == "availability.answered" and tell.to in change.busy:
        data |= {"offers": [], "reason": None}
    elif answer == "hold.answered" and tell.to in change.refusing:
        data = {field: data[field] for field in _KEPT if field in data}
        data |= {"reason": "refused", "detail": STATED}
    later_s = change.later_s.get(tell.to)
    if later_s:
        data = _later(data, later_s)
    return data, at


def _later(data: dict[str, Any], later_s: float) -> dict[str, Any]:
    found = dict(data)
    if found.get("eta_s") is not None:
        found["eta_s"] = max(0.0, found["eta_s"] + later_s)
    if "arrived" in found:
        found["arrived"] = found.get("eta_s") == 0.0
    if "offers" in found:
        found["offers"] = [_later(offer, later_s) for offer in found["offers"]]
    return found


def _said(
    change: Change, tell: Tell, known: Asked | None, now: float
) -> tuple[dict[str, Any], float] | None:
    """The customer's answer to an offer."""
    said, offer = change.customer, plain(tell)["offer"]
    real = None if known is None else known.answer
    if said.silent or (real is None and said.accept is None):
        return None
    data = {"arrangement_id": offer["arrangement_id"], "accept": True, "answered_by": BY}
    at = now + AFTER_S
    if real is not None and known is not None:
        data = dict(real.data)
        at = real.at if known.at == now else now + (real.at - known.at)
    if data.get("until") is not None:
        data["until"] = offer["expires_at"]
    stated = {"accept": said.accept, "declined": said.declined, "alternative": said.alternative}
    data |= {field: value for field, value in stated.items() if value is not None}
    return data, at if said.after_s is None else now + said.after_s
