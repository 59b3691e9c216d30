"""`vigil cases`, over a city in memory in which roadside proposes."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.api_server import served
from support.city_shell import Shell
from support.policy_services import CityServices
from support.story import YES

from actors.supervisors.arrangement import State


@pytest.fixture
def vigil(tmp_path: Path) -> Iterator[Shell]:
    """A city with a proposal, and the command."""
    with served(CityServices()) as server:
        shell = Shell(server, tmp_path, "cases")
        world = shell.city.world
        world.customer = lambda _: YES
        shell.play(lambda: world.send("policy/roadside", "configured", {"level": "propose"}))
        shell.play(shell.city.overheat)
        yield shell


def test_a_person_sees_the_plan_and_taps(vigil: Shell) -> None:
    """List, show, accept; then help comes."""
    listed = vigil("list").stdout
    (case,) = vigil.json("list")["items"]
    shown, known = vigil("show", case["id"]).stdout, vigil.json("show", case["id"])
    closed = vigil("close", case["id"], "--accept", "-m", "go").stdout
    vigil.play(lambda: vigil.city.world.run_until(vigil.city.ended))

    assert case["id"] in listed
    assert "assigned, proposes" in listed
    assert f"vigil cases close {case['id']} --accept" in shown
    assert all(leg["leg"] in shown for leg in known["plan"])
    assert f"{case['id']}: closed with accept, as {case['employee']}" in closed
    assert State.CLOSED is vigil.city.arrangement.state
    assert [] == vigil.json("list")["items"]
    assert "ann: go" in vigil("list", "--closed").stdout


def test_declined_and_what_became_of_her(vigil: Shell) -> None:
    """One command says both."""
    (case,) = vigil.json("list")["items"]
    found = vigil.json("close", case["id"], "--decline", "--called", "--cost", "700:EUR")
    (followed,) = vigil.city.world.twin("policy/roadside").followed.values()

    assert ("closed", "decline") == (found["state"], found["verdict"])
    assert (True, {"EUR": 700}) == (followed.called, followed.spent())
    assert State.COMPENSATED is vigil.city.arrangement.state


def test_a_case_goes_from_hand_to_hand_and_she_is_written_to(vigil: Shell) -> None:
    """Taken, noted, handed over; what each command prints is where it lies then."""
    (case,) = vigil.json("list")["items"]
    id_ = case["id"]
    said = [
        vigil(*words).stdout
        for words in (
            ("take", id_), ("note", id_, "no answer"),
            ("hand-over", id_, "--to", "employee/e2", "-m", "call again"),
            ("write", id_, "Your car", "We look for a truck."),
        )
    ]  # fmt: skip
    shown = vigil("show", id_).stdout
    vigil.play(lambda: vigil.city.world.send("desk/south", "configured", {"name": "South"}))
    vigil.play(vigil.city.world.run)
    moved = vigil("hand-over", id_, "--to", "desk/south").stdout

    assert f"{id_}: waiting, desk/south" in moved
    assert "written: Your car (way0)" in shown
    assert [f"{id_}: taken, employee/e1", f"{id_}: taken, employee/e1",
            f"{id_}: assigned, employee/e2"] == [text.strip() for text in said[:3]]  # fmt: skip
    assert "customer/c1 is written to" in said[3]
    assert "Your car" in [one["subject"] for one in vigil.city.world.notices]
    for words in ("ann: no answer", "ann hands it over: call again", "ann wrote to her: Your car",
                  "given to: employee/e1, employee/e2"):  # fmt: skip
        assert words in shown


def test_a_caller_is_known(vigil: Shell) -> None:
    """By her number; a stranger is told so."""
    ways = [{"channel": "sms", "address": "+358401234567"}]
    vigil.play(lambda: vigil.city.world.send("customer/c1", "configured", {"channels": ways}))
    vigil.play(vigil.city.world.run)
    (case,) = vigil.json("list")["items"]
    known = vigil("caller", "+358 40 123 4567").stdout

    assert "customer/c1: Kaisa" in known
    assert f"case {case['id']}" in known
    assert "no customer can be reached" in vigil("caller", "a@example.com", code=1).output


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["--accept", "--decline"], 2, "contradict"),
        (["--cost", "7.00"], 2, "whole cents"),
        (["--cost", "700:euro"], 1, "currency"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    vigil: Shell, words: list[str], code: int, says: str
) -> None:
    """And nothing is decided."""
    (case,) = vigil.json("list")["items"]

    assert says in vigil("close", case["id"], *words, code=code).output
    assert State.PROPOSED is vigil.city.arrangement.state
