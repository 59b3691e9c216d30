"""Sums: what is held anywhere, after all has ended; it has to be nothing."""

from collections.abc import Iterator
from typing import Any

from support.plays import Play

from actors.supervisors.arrangement import LegState
from actors.testing import FakeProvider

FIRM = ("confirmed", "done")
"""A record in a provider's ledger that somebody has to pay for."""


def companies(play: Play) -> Iterator[tuple[Any, FakeProvider]]:
    """Each company's twin, with the provider behind it."""
    fleet = play.drawn.fleet
    for twin_id in fleet.states():
        twin = fleet.twin(twin_id)
        provider = fleet.providers.get(getattr(twin, "base_url", ""))
        if provider is not None:
            yield twin, provider


def check_sums(play: Play) -> None:
    """Whatever was held is confirmed and wanted, or given back, or lapsed; or a person knows of it.

    So says each provider's ledger, and so says each company's twin, and no arrangement waits for
    anything to be given back.
    """
    arrangements = list(play.arrangements())
    wanted = {
        leg.hold_id
        for arr in arrangements
        for leg in arr.legs.values()
        if leg.state is LegState.CONFIRMED
    }
    named = {
        step.hold_id
        for arr in arrangements
        for step in arr.steps
        if step.name.endswith(".not_released") and arr.case is not None
    }
    now = play.drawn.fleet.now
    firm: set[str] = set()
    for twin, provider in companies(play):
        ledger = {record.hold_id for record in provider.holds.values() if record.state in FIRM}
        seen = {id_ for id_, view in twin.holds.items() if view.state == "confirmed"}
        open_ = [
            (id_, view.state) for id_, view in twin.holds.items()
            if view.state in ("asked", "held") and now < (view.expires_at or float("inf"))
        ]  # fmt: skip

        assert 0 == provider.count("held", now), twin.id
        assert [] == open_, twin.id
        assert ledger <= wanted | named, twin.id
        assert seen <= ledger <= seen | named, twin.id
        firm |= ledger

    assert wanted <= firm
    assert [{}] * len(arrangements) == [arr.returns for arr in arrangements]


def firm_of(play: Play) -> dict[str, int]:
    """Company -> how much of it is firm in its provider's ledger."""
    return {
        twin.id: sum(record.state in FIRM for record in provider.holds.values())
        for twin, provider in companies(play)
    }


def lapsed(play: Play) -> int:
    """How many holds nobody gave back nor made firm: they ended by their providers' clocks."""
    return sum(
        record.state in ("held", "expired")
        for _, provider in companies(play)
        for record in provider.holds.values()
    )
