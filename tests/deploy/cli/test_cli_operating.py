"""The commands that change one twin, over real partitions."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from msgspec import json
from support.api_server import OPERATOR, ApiServer, served
from support.fleet_services import FleetServices
from typer.testing import CliRunner, Result

import twins.devices
from deploy.cli.app import make_app
from gateway.client import ApiProblem, Client

assert twins.devices, "the kinds that this is about"

Shell = Callable[..., Result]


@pytest.fixture
def server() -> Iterator[ApiServer[FleetServices]]:
    """The API of a cluster in memory, served."""
    with served(FleetServices()) as running:
        yield running


@pytest.fixture
def vigil(server: ApiServer[FleetServices]) -> Shell:
    """The command."""

    def run(*words: str) -> Result:
        start = ["--url", server.url, "--token", OPERATOR]
        return CliRunner().invoke(make_app(), [*start, *words], env={"COLUMNS": "200"})

    return run


def answer(result: Result) -> Any:
    """What a program reads."""
    assert 0 == result.exit_code, result.output
    return json.decode(result.stdout.encode())


def test_patch_and_a_stale_one(vigil: Shell) -> None:
    """The state as it is then; late is told, and fails."""
    patched = vigil("patch", "vehicle/v1", '{"description": "the red one"}')
    late = vigil("patch", "vehicle/v1", '{"description": "x"}', "--if", "0")
    measured = vigil("patch", "vehicle/v1", '{"coolant_c": 20}')
    wrong = vigil("patch", "vehicle/v1", "[]")

    assert "the red one" in patched.stdout
    assert [0, 1, 1, 2] == [it.exit_code for it in (patched, late, measured, wrong)]
    assert "is at revision 1" in late.stderr
    assert "only the device" in measured.stderr


def test_desire_shows_what_is_missing(server: ApiServer[FleetServices], vigil: Shell) -> None:
    """As a table for people, and as data for programs."""
    server.call(server.services.fleet.measure, "vehicle/v1", {"speed_kmh": 50.0})
    wished = vigil("desire", "vehicle/v1", '{"speed_kmh": 0}')
    found = answer(vigil("desire", "vehicle/v1", "--json"))
    nothing = vigil("desire", "vehicle/v2")

    assert "missing" in wished.stdout
    assert {"speed_kmh": 0.0} == found["delta"]
    assert "Nothing is desired of vehicle/v2" in nothing.stdout


def test_maintain_lists_and_ends(vigil: Shell) -> None:
    """By whom, and until when."""
    begun = vigil("maintain", "vehicle/v1", "--for", "2h", "--by", "Mika", "-m", "new pump")
    listed = vigil("maintenance")
    ended = vigil("maintain", "vehicle/v1", "--end")
    after = answer(vigil("maintenance", "--json"))
    wrong = vigil("maintain", "vehicle/v1", "--for", "soon")

    assert "in maintenance until" in begun.stdout
    assert "Mika" in listed.stdout
    assert "new pump" in listed.stdout
    assert (0, []) == (ended.exit_code, after["items"])
    assert 2 == wrong.exit_code


def test_commands_are_given_listed_and_cancelled(
    server: ApiServer[FleetServices], vigil: Shell
) -> None:
    """With their state."""
    server.call(server.services.fleet.measure, "vehicle/v1", {"speed_kmh": 50.0})
    none = vigil("commands", "vehicle/v1")
    given = answer(vigil("commands", "vehicle/v1", "--give", "open_trunk", "--json"))
    command_id = given["items"][0]["id"]
    cancelled = vigil("commands", "vehicle/v1", "--cancel", command_id)

    assert "it takes: " in none.stdout
    assert "cancelled" in cancelled.stdout


def test_links_of_both_ways(server: ApiServer[FleetServices], vigil: Shell) -> None:
    """Who names whom, and in which field."""
    owned = {"owner": "customer/c1"}
    server.call(server.services.fleet.tell, "vehicle/v1", "configured", owned)
    shown = vigil("links", "customer/c1")
    nothing = vigil("links", "vehicle/v9")

    assert "vehicle/v1" in shown.stdout
    assert "Nothing is linked with vehicle/v9" in nothing.stdout


def test_client_covers_what_the_command_does_not(server: ApiServer[FleetServices]) -> None:
    """One command by its id, and wishes for a revision."""
    with Client(server.url, OPERATOR) as api:
        given = api.twins.give("vehicle/v1", "warn_driver", command_id="w1")
        with pytest.raises(ApiProblem) as caught:
            api.twins.desire("vehicle/v1", {"rpm": 1}, revision="99")
        found = api.twins.command("vehicle/v1", "w1")

    assert ("w1", "w1", 412) == (given.id, found.id, caught.value.problem.status)
