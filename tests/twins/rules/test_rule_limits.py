"""What keeps a rule from firing: limits, other rules, its context, the shadow."""

from support.kiln import compiled, is_open, kiln, names

# -- limits --------------------------------------------------------------------------------------


def test_every_so_often_at_most() -> None:
    """What begins too early waits, and fires when it may, if it still holds."""
    trial = kiln("{rule: hot, when: temp_c > 1200, every: 10m}")
    trial.heats(1250, 1100, 1250, 1100)

    assert ["hot"] == names(trial)

    trial.heat(1250)
    trial.advance(500)

    assert ["hot"] == names(trial)

    trial.advance(100)

    assert ["hot", "hot"] == names(trial)


def test_so_many_times_within() -> None:
    """Three a day; the fourth waits until the first is a day ago."""
    trial = kiln("{rule: hot, when: temp_c > 1200, at_most: {times: 3, within: 1d}}")
    for _ in range(5):
        trial.heats(1250, 1100)
        trial.advance(3600)

    assert 3 == len(names(trial))

    trial.advance(24 * 3600)
    trial.heats(1250, 1100)

    assert 4 == len(names(trial))


def test_a_limit_outlives_a_change_of_the_rule() -> None:
    """A new threshold does not wake anybody twice."""
    trial = kiln("{rule: hot, when: temp_c > 1200, every: 1h}")
    trial.heat(1250)
    trial.rules["kiln"] = compiled("{rule: hot, when: temp_c > 1150, every: 1h}", 2)
    trial.advance(10)
    trial.heat(1250)

    assert ["hot"] == names(trial)


# -- other rules ---------------------------------------------------------------------------------


def test_rules_run_by_priority() -> None:
    """The higher first, whatever their order in the file."""
    trial = kiln("[{rule: a, when: temp_c > 1}, {rule: b, when: temp_c > 1, priority: 3}]")
    trial.heat(5)

    assert ["b", "a"] == names(trial)


SUPPRESSED = """
- {rule: hot, when: temp_c > 1300, priority: 1, suppresses: warm}
- {rule: warm, when: temp_c > 1200}
"""


def test_an_open_rule_suppresses_another() -> None:
    """It fires when that is over, if it still holds then."""
    trial = kiln(SUPPRESSED)
    trial.heats(1350, 1250)

    assert ["hot", "warm"] == names(trial)

    trial = kiln(SUPPRESSED)
    trial.heats(1350, 1100, 1350, 1100)

    assert ["hot", "hot"] == names(trial)


EXCLUSIVE = """
- {rule: hot, when: temp_c > 1300, priority: 1, excludes: warm}
- {rule: warm, when: temp_c > 1200}
"""


def test_of_rules_that_exclude_each_other_one_fires_on_one_event() -> None:
    """The other one is passed over until it begins anew, whichever of them says so."""
    for text in (EXCLUSIVE, EXCLUSIVE.replace(", excludes: warm}", "}").replace(
        "1200}", "1200, excludes: hot}"
    )):  # fmt: skip
        trial = kiln(text)
        trial.heats(1350, 1360, 1250)

        assert ["hot"] == names(trial)

        trial.heats(1100, 1250, 1350)

        assert ["hot", "warm", "hot"] == names(trial)


# -- context, shadow, moments --------------------------------------------------------------------


def test_context_decides_whether_a_rule_runs() -> None:
    """Without it, nothing is remembered; what was open is closed."""
    trial = kiln("{rule: hot, context: name == 'big', when: 'count(temp_c > 1200, 1h) >= 2'}")
    trial.heats(1250, 1260, 1270)

    assert ([], None) == (names(trial), trial.twin.windows)

    trial.tell("configured", {"name": "big"})
    trial.heats(1250, 1260)

    assert ["hot"] == names(trial)

    trial.tell("configured", {"name": "small"})
    trial.heat(1250)

    assert not is_open(trial, "hot")


def test_a_shadow_is_counted_and_nothing_follows() -> None:
    """Its hits are there to be seen; it suppresses nobody."""
    trial = kiln(
        """
        - {rule: hot, when: temp_c > 1300, shadow: true, priority: 1, suppresses: warm,
           then: [{signal: hot}, {command: cool_down}]}
        - {rule: warm, when: temp_c > 1200}
        """
    )
    trial.heats(1350, 1250)

    assert (["warm"], []) == (names(trial), trial.effects)
    assert [("hot", True), ("warm", False)] == [
        (firing.rule, firing.shadow) for firing in trial.twin.record.firings
    ]


def test_each_event_of_its_own_is_a_firing() -> None:
    """A condition over the event itself is of the moment: it never stays open."""
    trial = kiln(
        "{rule: broken, on: fault, when: event.code > 5, then: {signal: b, data: [faults]}}"
    )
    for code in (7, 3, 8, 9):
        trial.measure({"code": code}, "fault")

    assert [1, 3, 4] == [signal.data["faults"] for signal in trial.signals]
    assert trial.twin.windows is None


def test_a_rule_without_a_condition_is_about_every_event() -> None:
    """Of the types that it watches."""
    trial = kiln("{rule: broken, on: fault, at_most: {times: 2, within: 1h}}")
    for _ in range(3):
        trial.measure({"code": 1}, "fault")
    trial.heat(5)

    assert ["broken", "broken"] == names(trial)


def test_two_signals_of_one_event_are_two() -> None:
    """Readings sent as one message, and rules that say the same: each signal has its own id."""
    trial = kiln(
        """
        - {rule: a, on: heat, when: event.temp_c > 5, then: {signal: s}}
        - {rule: b, on: heat, when: event.temp_c > 5, then: {signal: s}}
        """
    )
    trial.measure([{"at": trial.now - 1, "temp_c": 6.0}, {"temp_c": 7.0}], "heat")

    assert ["s"] * 4 == names(trial)
    assert 4 == len({signal.id for signal in trial.signals})
    assert all(signal.id.startswith("kiln/k1~") for signal in trial.signals)
