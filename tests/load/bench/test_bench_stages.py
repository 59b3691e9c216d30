"""The stages of an event's way can be measured one by one."""

import pytest

from load.bench import stages


def test_every_stage_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each costs something, and all of it less than a millisecond an event."""
    monkeypatch.setattr(stages, "EVENTS", 1_000)
    monkeypatch.setattr(stages, "TWINS", 500)
    found = stages.measure(rounds=1)

    assert ["wire", "gate", "block", "apply", "checkpoint", "seal", "open"] == list(found)
    assert all(0.0 < value < 1000.0 for value in found.values())
