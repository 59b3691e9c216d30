"""The pulse: one look a second for everybody, and rates that mean something."""

import asyncio

import pytest
from support.fake_services import FakeServices, healthy

from gateway.api.pulse import Pulse


class Loop:
    """The event loop's clock, moved by hand."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 100.0
        monkeypatch.setattr(asyncio.get_running_loop(), "time", lambda: self.now)


async def rates(monkeypatch: pytest.MonkeyPatch, looks: list[tuple[float, int]]) -> list[object]:
    """The rate after each look: (seconds later, events applied so far)."""
    services = FakeServices()
    pulse, loop = Pulse(services), Loop(monkeypatch)
    found = []
    for later, events in looks:
        loop.now += later
        services.report = healthy(events)
        found.append((await pulse.status())["totals"]["events_per_s"])
    return found


async def test_rate_is_events_by_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Unknown at first, then the difference of two looks."""
    found = await rates(monkeypatch, [(0, 1000), (2, 3000), (2, 3000)])

    assert [None, 1000.0, 500.0] == found


async def test_rate_forgets_what_is_long_ago(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a burst it falls to what is now."""
    found = await rates(monkeypatch, [(0, 0), (2, 100_000), (4, 100_000), (5, 100_000)])

    assert [None, 50_000.0, 100_000 / 6, 0.0] == found


async def test_rate_is_unknown_after_events_were_taken_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A host that replays counts from its checkpoint: a negative rate would be nonsense."""
    found = await rates(monkeypatch, [(0, 5000), (2, 6000), (2, 1000), (2, 3000)])

    assert [None, 500.0, None, 1000.0] == found


async def test_fresh_status_is_given_out_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Within a second nobody is asked twice."""
    services = FakeServices()
    pulse, loop = Pulse(services), Loop(monkeypatch)
    first = await pulse.status()
    loop.now += 0.9
    second = await pulse.status()
    loop.now += 0.2
    await pulse.status()

    assert first is second
    assert 2 == services.looks
