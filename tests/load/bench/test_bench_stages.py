"""The stages of an event's way can be measured one by one."""

from load.bench import stages


def test_every_stage_is_measured() -> None:
    """Each costs something, and all of it less than a millisecond an event."""
    found = stages.measure(rounds=1)

    assert ["wire", "gate", "block", "apply", "checkpoint", "seal", "open"] == list(found)
    assert all(0.0 < value < 1000.0 for value in found.values())
