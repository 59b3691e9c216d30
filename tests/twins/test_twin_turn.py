"""A turn: what a twin may see and cause, and the constant ids of what it causes."""

from typing import Any

import pytest
from support.probes import Level, Note, Probe, Sum, Word

from twins.errors import BadDeclaration, BadTwinId, NoTurn
from twins.event import Event
from twins.outputs import Target
from twins.turn import Turn, current, enter, leave

NOW = 1_700_000_000.0


def event(type_: str, data: Any = None, id_: str = "e1") -> Event:
    """Something that happened to the probe."""
    return Event(id_, type_, "probe/p1", NOW - 5, "probe/p1", data, "trace")


def test_outside_of_a_turn_nothing_can_be_done() -> None:
    """A twin acts only while it handles an event; the error says so."""
    twin = Probe.new("p1")
    acts: list[Any] = [
        lambda: twin.now,
        lambda: twin.event,
        lambda: twin.tell("probe/p2", "word"),
        lambda: twin.signal("x"),
        lambda: twin.remind("wake", after_s=1.0),
        lambda: twin.forget("wake"),
        lambda: twin.effect("x", Target.CHANNEL, "log:x"),
    ]
    for act in acts:
        with pytest.raises(NoTurn):
            act()


def test_a_turn_without_an_event_causes_nothing() -> None:
    """There is no cause to make an id of."""
    twin, turn = Probe.new("p1"), Turn(NOW)
    token = enter(turn)
    try:
        with pytest.raises(NoTurn, match="no event is being handled"):
            twin.tell("probe/p2", "word")
    finally:
        leave(token)


def test_receive_handles_one_event_without_a_cluster() -> None:
    """It returns what was caused, and leaves no turn behind."""
    twin = Probe.new("p1")
    turn = twin.receive(event("pass", Word("probe/p2", "hello")))

    assert [("probe/p2", "word", Note("hello"), "trace")] == [
        (tell.to, tell.type, tell.data, tell.traceparent) for tell in turn.tells
    ]
    assert turn.caused
    with pytest.raises(NoTurn):
        current()


def test_a_failing_handler_leaves_no_turn_behind() -> None:
    """The exception goes on to the caller."""
    twin = Probe.new("p1")
    with pytest.raises(ValueError, match="negative"):
        twin.receive(event("ask.sum", Sum(-1, 1)))
    with pytest.raises(NoTurn):
        current()


def test_time_is_the_logs() -> None:
    """`now` is what the log says, by default the event's own time."""
    twin = Probe.new("p1")
    given = twin.receive(event("pass", Word("probe/p2")), NOW + 77)
    default = twin.receive(event("pass", Word("probe/p2")))

    assert (NOW + 77, NOW - 5) == (given.now, default.now)


@pytest.mark.parametrize("name", ["tells", "effects", "signals"])
def test_ids_are_the_same_in_every_replay(name: str) -> None:
    """And differ from event to event, and from twin to twin."""

    def ids(key: str, id_: str) -> list[str]:
        twin = Probe.new(key)
        turn = twin.receive(event("lend", Word("probe/p2"), id_))
        return [it.id for it in getattr(turn, name)]

    assert ids("p1", "e1") == ids("p1", "e1")
    assert len({*ids("p1", "e1"), *ids("p1", "e2"), *ids("p2", "e1")}) == 3 * len(ids("p1", "e1"))


def test_two_equal_messages_have_two_ids() -> None:
    """Else the second one would look like a repeat."""
    twin, turn = Probe.new("p1"), Turn(NOW)
    token = enter(turn)
    turn.begin("probe/p1", event("x"))
    for _ in range(3):
        twin.tell("probe/p2", "word", Note("same"))
    leave(token)

    assert 3 == len({tell.id for tell in turn.tells})


def test_one_effect_of_one_key_has_one_id() -> None:
    """The business key, and nothing else, makes two effects of one event different."""
    twin, turn = Probe.new("p1"), Turn(NOW)
    token = enter(turn)
    turn.begin("probe/p1", event("x"))
    for key in ("a", "b", "a"):
        twin.effect("deed", Target.CHANNEL, "log:x", {"n": len(turn.effects)}, key=key)
    leave(token)
    first, second, third = turn.effects

    assert first.id == third.id != second.id


def test_an_effect_says_all_that_its_worker_needs() -> None:
    """Order is the address unless it is given."""
    twin, turn = Probe.new("p1"), Turn(NOW)
    token = enter(turn)
    turn.begin("probe/p1", event("x"))
    returned = twin.effect("deed", Target.CHANNEL, "log:x", {"n": 1}, key="k", expires_at=5.0)
    twin.effect("deed", Target.DEVICE, "probe/p1", order="mine")
    leave(token)
    first, second = turn.effects

    assert (returned, "probe/p1", "deed", "channel", "log:x", "log:x", {"n": 1}, "k", 5.0) == (
        first.id, first.twin_id, first.name, first.target, first.address, first.order,
        first.request, first.key, first.expires_at,
    )  # fmt: skip
    assert ("trace", "mine") == (first.traceparent, second.order)


def test_a_message_to_nobody_is_the_authors_mistake() -> None:
    """An id that names no twin is refused where it is told."""
    with pytest.raises(BadTwinId):
        Probe.new("p1").receive(event("pass", Word("nobody")))


def test_reminders_take_either_a_time_or_a_span() -> None:
    """Both or neither is a mistake; so are a name that nothing is due for, and no real time."""
    twin, turn = Probe.new("p1"), Turn(NOW)
    token = enter(turn)
    turn.begin("probe/p1", event("x"))
    twin.remind("wake", after_s=5)
    twin.remind("wake:b", at=int(NOW) + 7)
    twin.forget("wake:c")
    bad: list[dict[str, Any]] = [{}, {"at": 1.0, "after_s": 1.0}, {"at": float("nan")},
                                 {"after_s": float("inf")}]  # fmt: skip
    for wrong in bad:
        with pytest.raises(BadDeclaration, match="probe/p1"):
            twin.remind("wake", **wrong)
    with pytest.raises(BadDeclaration, match=r"has no @due\('sleep'\)"):
        twin.remind("sleep", after_s=1.0)
    leave(token)

    assert {"wake": NOW + 5, "wake:b": NOW + 7, "wake:c": None} == turn.reminders
    assert {float} == {type(due) for due in turn.reminders.values() if due is not None}


def test_a_list_is_handled_reading_by_reading() -> None:
    """Rules look after each one: a rise within a list is seen."""
    turn = Probe.new("p1").receive(event("level", [Level(a=91.0 + 2 * n) for n in range(5)]))

    assert ["probe.rising"] == [signal.name for signal in turn.signals]
    assert [("probe/p1", "signal.probe.rising")] == [(it.to, it.type) for it in turn.tells]
