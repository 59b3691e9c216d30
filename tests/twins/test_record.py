"""Record: what has happened to a twin, for its rules to ask about."""

import pytest
from support.kiln import kiln, names

from twins.record import MAX_FIRINGS, MAX_NAMES

DAY_S = 86_400.0


@pytest.mark.parametrize(
    ("message", "data", "asked"),
    [
        ("context.opened", {"arrangement_id": "a1", "name": "roadside"}, "open(roadside)"),
        ("context.contacted", {"channel": "sms"}, "contacted(sms, 7d)"),
        ("context.contacted", {"channel": "sms"}, "contacted(7d)"),
        ("context.tried", {"remedy": "restart"}, "tried(restart)"),
        ("context.tried", {"remedy": "restart"}, "tried(restart, 7d)"),
    ],
)
def test_what_others_tell_can_be_asked(message: str, data: dict[str, str], asked: str) -> None:
    """From the moment on in which it is told."""
    trial = kiln(f"{{rule: r, on: heat, when: '{asked} and event.temp_c > 5'}}")
    trial.heat(10)

    assert [] == names(trial)

    trial.tell(message, data)
    trial.heat(10)

    assert ["r"] == names(trial)


def test_it_is_asked_how_long_ago() -> None:
    """By the log's time; another channel, another remedy and another arrangement do not count."""
    trial = kiln(
        """
        - {rule: a, on: heat, when: "event.temp_c > 5 and contacted(sms, 7d)"}
        - {rule: b, on: heat, when: "event.temp_c > 5 and contacted(email, 7d)"}
        - {rule: c, on: heat, when: "event.temp_c > 5 and tried(restart, 7d)"}
        - {rule: d, on: heat, when: "event.temp_c > 5 and tried(restart)"}
        - {rule: e, on: heat, when: "event.temp_c > 5 and open(service)"}
        """
    )
    trial.tell("context.contacted", {"channel": "sms"})
    trial.tell("context.tried", {"remedy": "restart"})
    trial.tell("context.opened", {"arrangement_id": "a1", "name": "roadside"})
    trial.heat(10)

    assert ["a", "c", "d"] == names(trial)

    trial.advance(7 * DAY_S + 1)
    trial.heat(10)

    assert ["a", "c", "d", "d"] == names(trial)


def test_an_arrangement_that_ended_is_not_open() -> None:
    """Nothing of it is left, if nothing else has happened."""
    trial = kiln("{rule: r, on: heat, when: 'event.temp_c > 5 and open(roadside)'}")
    trial.tell("context.opened", {"arrangement_id": "a1", "name": "roadside"})
    trial.tell("context.closed", {"arrangement_id": "a1"})
    trial.tell("context.closed", {"arrangement_id": "a2"})
    trial.heat(10)

    assert ([], None) == (names(trial), trial.twin.record)


def test_signals_that_happened_are_remembered() -> None:
    """Whoever raised them: a rule by its signal's or its own name, or a handler."""
    trial = kiln(
        """
        - {rule: hot, when: temp_c > 1200, priority: 1, then: {signal: kiln.hot}}
        - {rule: again, on: fault, when: "event.code > 1 and happened(kiln.hot, 30d)"}
        - {rule: byrule, on: fault, when: "event.code > 1 and happened(hot, 30d)"}
        """
    )
    trial.measure({"code": 2}, "fault")
    trial.heat(1250)
    trial.advance(30 * DAY_S)
    trial.measure({"code": 2}, "fault")
    trial.advance(1)
    trial.measure({"code": 2}, "fault")

    assert ["kiln.hot", "again", "byrule"] == names(trial)
    assert 1 == trial.twin.record.signals["kiln.hot"][1]


def test_the_record_is_bounded() -> None:
    """So many names and firings; those longest ago leave first."""
    trial = kiln("{rule: r, on: heat, when: event.temp_c > 5}")
    for number in range(MAX_NAMES + 5):
        trial.tell("context.tried", {"remedy": f"r{number}"})
        trial.tell("context.contacted", {"channel": f"c{number}"})
        trial.tell("context.opened", {"arrangement_id": f"a{number}", "name": "x"})
        trial.heat(10)
    record = trial.twin.record

    assert [MAX_NAMES] * 3 == [len(part) for part in (record.tried, record.contacts, record.open)]
    assert ("r5", "c5", "a5") == (
        next(iter(record.tried)), next(iter(record.contacts)), next(iter(record.open)),
    )  # fmt: skip
    assert MAX_FIRINGS == len(record.firings)
    assert 1 == len(record.rules["r"])


def test_the_record_keeps_why_it_fired() -> None:
    """Under the id of the firing, with the ids of the signals that followed."""
    trial = kiln("{rule: hot, when: temp_c > 1200, severity: critical}")
    trial.heat(1250)
    trial.restore()
    (firing,), (signal,) = trial.twin.record.firings, trial.signals

    assert [signal.id] == firing.signals
    assert firing.id.startswith("kiln/k1~")
    assert signal.data["why"] == firing.why
    assert ("hot", 1, "critical") == (firing.rule, firing.version, firing.severity)
