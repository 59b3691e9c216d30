"""A rule from its beginning to its end: when, for, clear, severity."""

from support.kiln import Kilned, is_open, kiln, names


def test_it_fires_when_it_begins_to_hold() -> None:
    """Once, however long it holds; and again when it begins anew."""
    trial = kiln("{rule: hot, when: temp_c > 1200}")
    trial.heats(1100, 1250, 1300, 1260, 1200, 1210)

    assert ["hot", "hot"] == names(trial)


def test_nothing_is_remembered_of_a_kiln_that_is_well() -> None:
    """Neither before nor after; only what it noticed."""
    trial = kiln("{rule: hot, when: temp_c > 1200}")
    trial.heats(1100, 1150)

    assert (trial.twin.windows, trial.twin.record) == (None, None)

    trial.heats(1250, 1150)

    assert trial.twin.windows is None
    assert ["hot"] == list(trial.twin.record.signals)


def test_it_clears_by_its_own_condition() -> None:
    """Hysteresis: between both, it stays as it is."""
    trial = kiln("{rule: hot, when: temp_c > 1200, clear: temp_c < 1100}")
    trial.heats(1250, 1150, 1250, 1090, 1150, 1210)

    assert ["hot", "hot"] == names(trial)


def test_what_was_cleared_has_to_cease_to_hold() -> None:
    """Cleared while it holds, it does not fire at once; only when it begins anew."""
    trial = kiln("{rule: hot, when: temp_c > 1200, clear: load == 0}")
    trial.heat(1250, load=5)
    trial.heat(1250, load=0)
    trial.heat(1260, load=5)

    assert (["hot"], False) == (names(trial), is_open(trial, "hot"))

    trial.heat(1100)
    trial.heat(1250)

    assert ["hot", "hot"] == names(trial)


# -- for -----------------------------------------------------------------------------------------

LONG = "{rule: hot, when: temp_c > 1200, for: 30s}"


def test_it_has_to_hold_for_so_long() -> None:
    """Without interruption, by the readings' time, at any sampling."""
    trial = kiln(LONG)
    trial.heats(1250, 1250, 1250, every_s=10)

    assert [] == names(trial)

    trial.heats(1250, 1100, every_s=9)
    trial.advance(60)

    assert [] == names(trial)

    trial.heats(1250, 1250, 1250, 1250, every_s=10)

    assert ["hot"] == names(trial)


def test_it_fires_although_nothing_arrives() -> None:
    """What was measured holds until something newer is; it is not forgotten to look."""
    trial = kiln(LONG)
    trial.heat(1250)
    trial.advance(29.9)

    assert [] == names(trial)

    trial.advance(0.2)

    assert ["hot"] == names(trial)


def test_late_readings_are_not_looked_at() -> None:
    """They neither begin nor interrupt."""
    trial = kiln(LONG)
    trial.heat(1250)
    trial.advance(10)
    trial.heat(1250)
    trial.heat(900, at=trial.now - 5)
    trial.advance(21)
    trial.heat(1250)

    assert ["hot"] == names(trial)


def test_a_device_that_sends_its_past_at_once_is_judged_by_its_past() -> None:
    """Half a minute of readings that came in one second is half a minute."""
    trial = kiln(LONG)
    begin = trial.now - 3600
    readings = [{"at": begin + second, "temp_c": 1250.0} for second in range(0, 40, 10)]
    trial.measure(readings, "heat")

    assert ["hot"] == names(trial)
    assert begin == trial.signals[0].data["why"]["since"]


def test_a_clock_that_is_ahead_brings_nothing_forward() -> None:
    """By the readings' own time it has not held for so long."""
    trial = kiln(LONG)
    trial.heat(1250, at=trial.now + 200)
    trial.advance(220)

    assert [] == names(trial)

    trial.advance(20)

    assert ["hot"] == names(trial)


# -- severity ------------------------------------------------------------------------------------

STEPS = """
rule: hot
when: temp_c > 1200
severity: info
escalate:
  - {to: warning, when: temp_c > 1250}
  - {to: critical, when: temp_c > 1300, clear: temp_c < 1280}
"""


def severities(trial: Kilned) -> list[tuple[str, str]]:
    """Signal and severity, in order."""
    return [(signal.name, signal.data["why"]["severity"]) for signal in trial.signals]


def test_it_gets_worse_and_better_while_it_is_open() -> None:
    """Each change is told under a name of its own, so that nobody takes it for a new one."""
    trial = kiln(STEPS)
    trial.heats(1210, 1260, 1310, 1290, 1270, 1210, 1100)

    assert [
        ("hot", "info"),
        ("hot.escalated", "warning"),
        ("hot.escalated", "critical"),
        ("hot.eased", "warning"),
        ("hot.eased", "info"),
    ] == severities(trial)
    assert "critical" == trial.signals[3].data["why"]["before"]


def test_it_may_begin_as_bad_as_it_is() -> None:
    """No step is told that was not taken."""
    trial = kiln(STEPS)
    trial.heat(1400)

    assert [("hot", "critical")] == severities(trial)
