"""Booked: what an arrangement has got for its customer by now, with its times."""

from typing import Any

from actors.supervisors.arrangement import Arrangement, Leg, LegState
from twins.people.messages import Booked


def booked(arr: Arrangement) -> list[Booked]:
    """All that is confirmed and has a time, in the order of planning, in the customer's words."""
    lines: dict[str, Any] = {line["leg"]: line for line in (arr.offer or {}).get("lines", [])}
    found = []
    for leg in arr.in_state(LegState.CONFIRMED):
        starts_at, line = _starts_at(arr, leg), lines.get(leg.name)
        if starts_at is not None and line is not None:
            found.append(
                Booked(
                    leg=leg.name,
                    what=line["what"],
                    by=line.get("by", ""),
                    starts_at=starts_at,
                    ends_at=leg.ends_at,
                )
            )
    return found


def _starts_at(arr: Arrangement, leg: Leg) -> float | None:
    """When it begins; who comes as soon as she can, comes so long after it was accepted."""
    if leg.starts_at is not None or leg.eta_s is None:
        return leg.starts_at
    return leg.eta_s + (leg.held_at if arr.verdict is None else arr.verdict.at)
