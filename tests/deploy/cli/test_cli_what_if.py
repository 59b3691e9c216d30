"""`vigil what-if`, over a city in memory in which a car overheated."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec import json
from support.api_server import served
from support.city import SUPERVISOR
from support.city_shell import Shell
from support.logged_services import LoggedServices
from support.story import YES

from twins.kind import kind_of


@pytest.fixture
def vigil(tmp_path: Path) -> Iterator[Shell]:
    """A city in which she was helped, and the command."""
    with served(LoggedServices()) as server:
        shell = Shell(server, tmp_path, "what-if")
        shell.city.world.customer = lambda _: YES
        shell.play(shell.city.overheat)
        shell.play(lambda: shell.city.world.run_until(shell.city.ended))
        yield shell


def test_both_runs_stand_side_by_side(vigil: Shell) -> None:
    """Labelled, with what is assumed; of the last arrangement, or of the one that is named."""
    shown = vigil(SUPERVISOR, "--busy", "tow_operator/t2").stdout
    id_ = vigil.city.arrangement.id
    named = vigil.json(SUPERVISOR, id_, "--later", "tow_operator/t2=10m", "--noticed", "-1m")

    assert "simulated; nothing of it happened" in shown
    assert "assumed: tow_operator/t1 holds tow as it offered it" in shown
    assert {"later_s": {"tow_operator/t2": 600.0}, "noticed_s": -60.0} == named["change"]
    assert (True, id_) == (named["simulated"], named["arrangement_id"])


def test_another_rule_is_read_from_a_file(vigil: Shell, tmp_path: Path) -> None:
    """It says when the signal would have come, or that it would not."""
    (document,) = (
        one for one in kind_of("vehicle").ruleset.documents if one["rule"] == "engine.overheating"
    )
    file, text = tmp_path / "sooner.yaml", json.encode(document).decode()
    file.write_text(text.replace("rising(coolant_c, 10", "rising(coolant_c, 5"))
    sooner = vigil(SUPERVISOR, "--rule", str(file)).stdout
    file.write_text(text.replace("above=95", "above=200"))
    never = vigil(SUPERVISOR, "--rule", str(file)).stdout

    assert "engine.overheating would have come 5.0 s earlier" in sooner
    assert "engine.overheating would not have come" in never


def test_the_customer_may_say_otherwise(vigil: Shell) -> None:
    """Decline, decline a part, answer later, or not at all."""
    no = vigil.json(SUPERVISOR, "--decline")["simulated_run"]
    less = vigil.json(SUPERVISOR, "--without", "rental", "--answers-after", "5m")["change"]
    none = vigil.json(SUPERVISOR, "--no-answer")["simulated_run"]

    assert ("compensated", "with_person") == (no["state"], none["state"])
    assert {"customer": {"declined": ["rental"], "after_s": 300.0}} == less
