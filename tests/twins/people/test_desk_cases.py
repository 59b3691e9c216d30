"""Desk and employees: how a case finds a person, and stays with her."""

from typing import Any

import pytest
from support.city import DESK
from support.world import START, World

from twins.errors import BadPayload
from twins.handler import Origin
from twins.people.desk import MAX_CLOSED

SUPERVISOR = "roadside/v1"
TAKE_S = 120.0


def staff(world: World, *names: str, **more: Any) -> None:
    """Employees with the roadside skill, always on shift unless said otherwise."""
    for name in names:
        settings = {"skills": ["roadside"], "shift": {}, "desk": DESK, **more}
        world.send(f"employee/{name}", "configured", settings)
    world.run()


def open_case(world: World, id_: str = "case-1", **more: Any) -> Any:
    """Open a case at the desk; returns it as the desk keeps it."""
    case = {"id": id_, "supervisor": SUPERVISOR, "arrangement_id": "a-1", "subject": "vehicle/v1",
            "reason": "no truck", "skill": "roadside", "context": {"facts": [1]},
            **more}  # fmt: skip
    world.send(DESK, "case.opened", case, origin=Origin.TWIN)
    world.run()
    return world.twin(DESK).cases.get(id_)


def take(world: World, name: str, id_: str = "case-1") -> None:
    """Let an employee take a case."""
    world.ask(f"employee/{name}", "take", {"case_id": id_})
    world.run()


def test_goes_to_who_is_able_and_has_the_fewest() -> None:
    """Skill, then load, then the id; she gets the whole context, and counts it."""
    world = World()
    staff(world, "a", skills=["billing"])
    staff(world, "b", "c")
    first, second, third = (open_case(world, f"case-{n}") for n in range(3))

    assert [first.employee, second.employee, third.employee] == [
        "employee/b", "employee/c", "employee/b",
    ]  # fmt: skip

    hers = world.twin("employee/b")

    assert hers.load == 2
    assert hers.cases["case-0"].context == {"facts": [1]}
    assert hers.cases["case-0"].take_by == START + TAKE_S


def test_goes_to_who_is_on_shift() -> None:
    """It is Friday, 08:00 UTC; who works at night or on Mondays is passed over."""
    world = World()
    staff(world, "a", shift={"starts_s": 20 * 3600, "ends_s": 6 * 3600})
    staff(world, "b", shift={"weekdays": [0]})
    staff(world, "c", shift=None)
    staff(world, "d", shift={"starts_s": 7 * 3600, "ends_s": 15 * 3600, "weekdays": [4]})

    assert open_case(world).employee == "employee/d"


def test_goes_on_when_nobody_takes_it() -> None:
    """To the next employee, then to the lead, where it stays; those before hear that it left."""
    world = World()
    staff(world, "a", "b")
    staff(world, "z", lead=True, shift=None)
    case = open_case(world)
    owners = [case.employee]
    for _ in range(4):
        world.advance(TAKE_S)
        owners.append(case.employee)

    assert owners == ["employee/a", "employee/b", "employee/z", "employee/z", "employee/z"]
    assert case.escalations == 2
    assert case.take_by is None
    assert world.twin("employee/a").cases == {}
    assert list(world.twin("employee/z").cases) == ["case-1"]


def test_stays_with_who_takes_it() -> None:
    """Taken in time it goes nowhere else; closed, its employee is free, and why is kept."""
    world = World()
    staff(world, "a", "b")
    case = open_case(world)
    take(world, "a")
    world.advance(3 * TAKE_S)

    assert (case.state, case.employee, case.escalations) == ("taken", "employee/a", 0)

    world.ask("employee/a", "close", {"case_id": "case-1", "note": "sent a friend"})
    world.run()

    assert (case.state, case.note, case.context) == ("closed", "sent a friend", {})
    assert world.twin("employee/a").load == 0
    assert world.twin(DESK).load("employee/a") == 0


def test_the_first_to_take_it_has_it() -> None:
    """It went on while she was about to take it: she has it, and the other one loses it."""
    world = World()
    staff(world, "a", "b")
    case = open_case(world)
    # Her answer is on its way while the time is over: the desk hears of it second.
    world.ask("employee/a", "take", {"case_id": "case-1"})
    report = {"id": "case-1", "employee": "employee/a"}
    world._pairs.clear()
    world.advance(TAKE_S)

    assert case.employee == "employee/b"

    world.send(DESK, "case.taken", report, origin=Origin.TWIN)
    world.run()

    assert (case.state, case.employee) == ("taken", "employee/a")
    assert world.twin("employee/b").cases == {}

    world.send(DESK, "case.taken", {"id": "case-1", "employee": "employee/b"}, origin=Origin.TWIN)
    world.run()

    assert case.employee == "employee/a"


def test_waits_for_the_first_who_comes() -> None:
    """Without anybody it waits; the supervisor hears that once, and who comes gets it."""
    world = World()
    case = open_case(world)
    world.advance(5 * TAKE_S)
    told = [name for _, to, name, _ in world.log if (to, name) == (SUPERVISOR, "case.changed")]

    assert (case.state, case.employee) == ("waiting", None)
    assert len(told) == 1

    staff(world, "a")

    assert (case.state, case.employee) == ("assigned", "employee/a")


def test_who_comes_on_shift_later_gets_it() -> None:
    """A case that waits is tried again as time passes, without any message."""
    world = World()
    staff(world, "a", shift={"starts_s": 9 * 3600, "ends_s": 17 * 3600})
    case = open_case(world)

    assert case.state == "waiting"

    world.advance(3600.0 + TAKE_S)

    assert case.employee == "employee/a"


def test_a_known_case_changes_nothing() -> None:
    """Opened twice it is one case, with one employee."""
    world = World()
    staff(world, "a", "b")
    open_case(world)
    case = open_case(world, reason="other")

    assert (case.reason, case.tried) == ("no truck", ["employee/a"])


def test_notes_reach_who_has_it() -> None:
    """What comes up later is added at the desk and at the employee's."""
    world = World()
    staff(world, "a")
    case = open_case(world)
    world.send(DESK, "case.noted", {"id": "case-1", "text": "and the ride"}, origin=Origin.TWIN)
    world.run()

    assert case.notes == ["and the ride"]
    assert world.twin("employee/a").cases["case-1"].notes == ["and the ride"]


def test_what_is_not_hers_she_cannot_take_or_close() -> None:
    """Unknown cases and cases that are not taken yet are refused, with what to do."""
    world = World()
    staff(world, "a")
    open_case(world)

    with pytest.raises(BadPayload, match="take it first"):
        world.ask("employee/a", "close", {"case_id": "case-1"})
    with pytest.raises(BadPayload, match="never hers"):
        world.ask("employee/a", "take", {"case_id": "case-2"})


def test_closed_cases_leave() -> None:
    """So many closed ones are shown; open ones never leave."""
    world = World()
    staff(world, "a")
    open_case(world, "open")
    for number in range(MAX_CLOSED + 3):
        open_case(world, f"case-{number}")
        take(world, "a", f"case-{number}")
        world.ask("employee/a", "close", {"case_id": f"case-{number}"})
        world.run()
    cases = world.twin(DESK).cases

    assert len(cases) == MAX_CLOSED + 1
    assert "open" in cases
    assert "case-0" not in cases


def test_the_directory_names_whom_the_desk_works_with() -> None:
    """Services as configured, employees as they introduced themselves, in order."""
    world = World()
    staff(world, "b", "a")
    services = {"tow_operators": [{"id": "tow_operator/t1"}], "currency": "SEK"}
    world.send(DESK, "configured", services)
    request = {"asker": SUPERVISOR, "arrangement_id": "a-1"}
    world.send(DESK, "directory.requested", request, origin=Origin.TWIN)
    world.run()
    handler = world.twin(SUPERVISOR).kind.handler("directory.answered")
    directory = handler.decode(world.log[-1][3]).data

    assert directory.currency == "SEK"
    assert [entry.id for entry in directory.tow_operators] == ["tow_operator/t1"]
    assert directory.employees == ["employee/a", "employee/b"]
