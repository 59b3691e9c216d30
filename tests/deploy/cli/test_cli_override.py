"""`vigil override`, over a city in memory in which she has been offered help."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.api_server import served
from support.city import SUPERVISOR
from support.city_shell import Shell
from support.policy_services import CityServices

from actors.supervisors.arrangement import State


@pytest.fixture
def vigil(tmp_path: Path) -> Iterator[Shell]:
    """A city in which an offer waits, and the command."""
    with served(CityServices()) as server:
        shell = Shell(server, tmp_path, "override")
        shell.play(shell.city.overheat)
        shell.play(
            lambda: shell.city.world.run_until(
                lambda: shell.city.arrangement.state is State.OFFERED
            )
        )
        yield shell


def test_a_person_changes_what_goes_on(vigil: Shell) -> None:
    """Leaves the rental out, has the other truck, and takes it over in the end."""
    id_ = vigil.city.arrangement.id
    left = vigil("leave-out", SUPERVISOR, id_, "rental").stdout
    chosen = vigil.json("choose", SUPERVISOR, id_, "tow", "tow_operator/t1")
    taken = vigil("take-over", SUPERVISOR, id_, "-m", "a friend").stdout
    vigil.play(lambda: vigil.city.world.run_until(vigil.city.ended))

    assert f"{id_}: offered" in left
    assert "arranging" == chosen["state"]
    assert id_ in taken
    assert "ann takes it over: a friend" == vigil.city.arrangement.case.reason
    assert 0 == vigil.city.count("held")


def test_what_cannot_be_says_why(vigil: Shell) -> None:
    """And what there is."""
    id_ = vigil.city.arrangement.id

    assert "makes no sense without tow" in vigil("leave-out", SUPERVISOR, id_, "tow", code=1).output
    assert "it has" in vigil("leave-out", SUPERVISOR, id_, "boat", code=1).output
