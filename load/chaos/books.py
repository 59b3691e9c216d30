"""Books: what a company's own journal says about the holds that were wished for."""

from collections import Counter
from typing import Any

import msgspec
from msgspec import Struct, field

from deploy.demo.providers import Providers
from load.providers.world import Good, Store, World

COMPANY = "seats"
STOCK = 10_000
"""Wishes of one run, at most."""

HOLD_LIMIT_S = 24 * 3600.0
"""Long: no hold lapses by itself, so that each that is forgotten is seen."""

PAGE = 1000


def world() -> World:
    """One company with many units of one thing."""
    good = Good(item="seat", title="Seat", price_cents=1000, stock=STOCK)
    store = Store(
        provider_id=COMPANY, name="Seats", sells="seat", goods=(good,), hold_limit_s=HOLD_LIMIT_S
    )
    return World(providers=(store,))


def address(providers: Providers) -> str:
    """The company's base URL."""
    return f"{providers.url}/providers/{COMPANY}"


class Change(Struct):
    """One line of the journal."""

    hold_id: str
    to: str
    arrangement_id: str | None = None


class Audit(Struct):
    """What the journal shows."""

    duplicated: int = 0
    left: int = 0
    problems: list[str] = field(default_factory=list)


def audit(changes: list[Change], wishes: dict[int, bool]) -> Audit:
    """Compare a journal with what was wished for.

    Args:
        changes: The company's journal, in order.
        wishes: Acknowledged wishes: number -> whether its hold shall be kept.
    """
    found = Audit()
    holds: dict[str, list[str]] = {}
    of: dict[str, dict[str, None]] = {f"wish-{number}": {} for number in wishes}
    for change in changes:
        holds.setdefault(change.hold_id, []).append(change.to)
        if change.arrangement_id not in of:
            found.problems.append(f"hold {change.hold_id} was never wished for")
        else:
            of[change.arrangement_id][change.hold_id] = None
    for hold_id, states in holds.items():
        twice = sum(count - 1 for count in Counter(states).values())
        if twice:
            found.duplicated += twice
            found.problems.append(f"hold {hold_id} went {' > '.join(states)}")
    for number, keep in wishes.items():
        mine = of[f"wish-{number}"]
        if len(mine) > 1:
            found.duplicated += len(mine) - 1
            found.problems.append(f"wish {number} has the holds {', '.join(mine)}")
        wanted = ["held", "confirmed" if keep else "released"]
        wrong = [hold_id for hold_id in mine if holds[hold_id] != wanted]
        if wrong or not mine:
            found.left += max(1, len(wrong))
            ways = [f"{hold_id} went {' > '.join(holds[hold_id])}" for hold_id in wrong]
            found.problems.append(f"wish {number}: {', '.join(ways) or 'no hold'}")
    return found


async def journal(providers: Providers) -> list[Change]:
    """Read it whole."""
    found: list[Any] = []
    while True:
        after = found[-1]["sequence"] if found else 0
        page = await providers.read(f"/providers/{COMPANY}/journal?after={after}&limit={PAGE}")
        found += page["changes"]
        if len(page["changes"]) < PAGE:
            return msgspec.convert(found, list[Change])
