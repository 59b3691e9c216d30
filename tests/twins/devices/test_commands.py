"""Commands: what a twin has its device do, and how far that has come, truthfully."""

from typing import Any

import pytest
from support.city import CAR
from support.world import START, World

from actors.testing import Fault
from twins.devices.commands import MAX_COMMANDS, MAX_REFUSALS, RESEND_S
from twins.errors import BadPayload
from twins.handler import Origin
from twins.ids import digest


def order(world: World, name: str = "warn_driver", **more: Any) -> Any:
    """Ask the car for a command; returns it as the twin keeps it."""
    answer = world.ask(CAR, "command", {"name": name, **more})
    return world.twin(CAR).commands[answer["id"]]


def progress(world: World, command_id: str, state: str) -> None:
    """Let the device speak."""
    data = {"id": command_id, "state": state}
    world.send(CAR, "command.progress", data, origin=Origin.DEVICE)
    world.run()


def test_goes_from_queued_to_done_with_its_times() -> None:
    """Each state is reached when it is true, and keeps the time when it was."""
    world = World()
    command = order(world, data={"why": "hot"})

    assert command.state == "queued"

    world.run()

    assert command.state == "sent"

    world.advance(5.0)

    assert command.state == "done"
    assert command.times == {
        "queued": START, "sent": START, "delivered": START + 1.0, "done": START + 1.0,
    }  # fmt: skip
    assert [effect.request for effect in world.effects] == [
        {"id": command.id, "name": "warn_driver", "data": {"why": "hot"},
         "expires_at": START + 300.0}
    ]  # fmt: skip


def test_is_sent_again_under_its_id_until_delivered() -> None:
    """While the device says nothing it is sent again; once delivered, no more."""
    world = World()
    world.device.silent = True
    command = order(world)
    world.advance(RESEND_S * 2.5)

    assert [effect.request["id"] for effect in world.effects] == [command.id] * 3
    assert len({effect.id for effect in world.effects}) == 3
    assert command.state == "sent"

    progress(world, command.id, "delivered")
    world.advance(RESEND_S * 3)

    assert len(world.effects) == 3
    assert command.state == "delivered"


def test_expires_when_nothing_is_heard() -> None:
    """At its end it is expired, and nothing more is sent."""
    world = World()
    world.device.silent = True
    command = order(world, expires_at=START + 25.0)
    world.advance(100.0)

    assert command.state == "expired"
    assert command.times["expired"] == START + 25.0
    assert len(world.effects) == 3


def test_what_the_device_did_counts_after_expiry() -> None:
    """A device that comes back and says that it did it is believed."""
    world = World()
    world.device.silent = True
    command = order(world, expires_at=START + 5.0)
    world.advance(10.0)
    progress(world, command.id, "delivered")

    assert command.state == "expired"

    progress(world, command.id, "done")

    assert command.state == "done"
    assert set(command.times) == {"queued", "sent", "expired", "done"}


def test_is_tried_again_when_it_could_not_be_sent() -> None:
    """Until a worker has published it, it is queued and never sent; then it goes on."""
    world = World()
    faults = [Fault(carried_out=False, reason="unknown"), Fault()]
    world.fault = lambda _: faults.pop(0)
    command = order(world)
    world.run()

    assert command.state == "queued"
    assert "sent" not in command.times

    world.advance(RESEND_S + 2.0)

    assert command.state == "done"


def test_a_silent_worker_is_not_asked_twice() -> None:
    """While the first effect has no outcome the worker is still trying: no second one."""
    world = World()
    world.fault = lambda _: Fault(carried_out=False, silent=True)
    command = order(world)
    world.advance(200.0)

    assert len(world.effects) == 1
    assert command.state == "queued"

    world.advance(200.0)

    assert command.state == "expired"


def test_the_trunk_opens_once_the_car_stands() -> None:
    """The car refuses while it drives; a reading that shows that it stands sends it again."""
    world = World()
    answer = world.ask(CAR, "unlock_trunk")
    command = world.twin(CAR).commands[answer["id"]]
    world.advance(30.0)

    assert command.state == "queued"
    assert command.waiting
    assert len(world.effects) == 1

    for second, speed in ((31, 20.0), (32, 0.0)):
        world.device.speed_kmh = speed
        reading = {"at": START + second, "speed_kmh": speed}
        world.send(CAR, "telemetry", reading, origin=Origin.DEVICE)
        world.advance(3.0)

    assert command.state == "done"
    assert len(world.effects) == 2
    assert world.twin(CAR).waiting == 0


def test_a_late_reading_does_not_send_it() -> None:
    """That the car stood before is no reason: the newest reading counts."""
    world = World()
    world.send(CAR, "telemetry", {"at": START + 50, "speed_kmh": 30.0}, origin=Origin.DEVICE)
    world.ask(CAR, "unlock_trunk")
    world.advance(3.0)
    world.send(CAR, "telemetry", {"at": START + 40, "speed_kmh": 0.0}, origin=Origin.DEVICE)
    world.advance(3.0)

    assert len(world.effects) == 1
    assert world.twin(CAR).waiting == 1


def test_a_trunk_that_never_opens_has_failed() -> None:
    """A car that refuses though it stands is asked so many times, and no more."""
    world = World()
    world.device.silent = True
    answer = world.ask(CAR, "unlock_trunk")
    command = world.twin(CAR).commands[answer["id"]]
    for second in range(MAX_REFUSALS + 5):
        progress(world, command.id, "refused")
        reading = {"at": START + second, "speed_kmh": 0.0}
        world.send(CAR, "telemetry", reading, origin=Origin.DEVICE)
        world.run()

    assert command.state == "failed"
    assert len(world.effects) == MAX_REFUSALS
    assert world.twin(CAR).waiting == 0


def test_a_refusal_of_other_commands_is_final() -> None:
    """Only commands that wait are kept when the device refuses."""
    world = World()
    world.device.silent = True
    command = order(world)
    world.run()
    progress(world, command.id, "refused")

    assert command.state == "failed"

    progress(world, command.id, "done")

    assert command.state == "failed"


def test_the_asker_is_told_every_state() -> None:
    """A twin that asked hears of each change, with its reference."""
    world = World()
    request = {"name": "pull_over", "id": "c-1", "asker": "roadside/v1", "ref": "a-1"}
    world.send(CAR, "command.requested", request, origin=Origin.TWIN)
    world.send(CAR, "command.requested", request, origin=Origin.TWIN)
    world.device.silent = True
    world.run()
    progress(world, "c-1", "done")
    told = [
        payload for _, twin_id, name, payload in world.log
        if (twin_id, name) == ("roadside/v1", "command.changed")
    ]  # fmt: skip
    handler = world.twin("roadside/v1").kind.handler("command.changed")
    changes = [handler.decode(payload).data for payload in told]

    assert [(change.state, change.ref) for change in changes] == [("sent", "a-1"), ("done", "a-1")]
    assert len(world.effects) == 1


def test_an_unknown_command_is_refused() -> None:
    """A caller gets an error that names what there is; a twin is told `failed`."""
    world = World()

    with pytest.raises(BadPayload, match=r"it takes: .*open_trunk.*warn_driver"):
        world.ask(CAR, "command", {"name": "fly"})

    request = {"name": "fly", "asker": "roadside/v1", "ref": "a-1"}
    world.send(CAR, "command.requested", request, origin=Origin.TWIN)
    world.run()

    assert world.effects == []
    assert world.log[-1][1:3] == ("roadside/v1", "command.changed")


def test_finished_commands_leave_and_open_ones_stay() -> None:
    """So many are remembered; while all of them are open no more are taken."""
    world = World()
    for _ in range(MAX_COMMANDS + 5):
        order(world)
        world.advance(3.0)

    assert len(world.twin(CAR).commands) == MAX_COMMANDS

    world.device.silent = True
    for _ in range(MAX_COMMANDS):
        order(world)

    with pytest.raises(BadPayload, match="let some finish first"):
        order(world)


def test_what_nobody_asked_for_changes_nothing() -> None:
    """Progress and outcomes of unknown commands are passed over."""
    world = World()
    progress(world, digest("nobody"), "done")

    assert world.twin(CAR).commands is None


def test_is_cancelled_and_sent_no_more() -> None:
    """Its asker would be told, too; what has ended stays as it is."""
    world = World()
    world.device.silent = True
    command = order(world)
    world.run()
    answer = world.ask(CAR, "command.cancel", {"id": command.id, "detail": "Mika: wrong car"})
    world.advance(RESEND_S * 5)

    assert {"id": command.id, "state": "cancelled"} == answer
    assert ("cancelled", "Mika: wrong car") == (command.state, command.detail)
    assert 1 == len(world.effects)
    assert answer == world.ask(CAR, "command.cancel", {"id": command.id})


def test_what_a_device_did_all_the_same_counts() -> None:
    """It had the command before it was cancelled; nobody is told that it was not done."""
    world = World()
    world.device.silent = True
    command = order(world)
    world.run()
    world.ask(CAR, "command.cancel", {"id": command.id})
    progress(world, command.id, "done")

    assert "done" == command.state


def test_nobody_cancels_what_is_not_there() -> None:
    """With the id in the refusal."""
    with pytest.raises(BadPayload, match="no command x1"):
        World().ask(CAR, "command.cancel", {"id": "x1"})
