"""`vigil bulk`, over real partitions."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from msgspec import json
from support.api_server import OPERATOR, ApiServer, served
from support.fleet_services import FleetServices
from typer.testing import CliRunner, Result

import deploy.cli.bulk
import deploy.cli.values
import twins.bulk
import twins.devices
from actors.quarantine import SKIP
from actors.state import TwinState
from deploy.cli.app import make_app

assert twins.bulk, "the kinds that this is about"
assert twins.devices, "the same"

Shell = Callable[..., Result]


@pytest.fixture
def server() -> Iterator[ApiServer[FleetServices]]:
    """The API of a cluster in memory with two cars, served."""
    with served(FleetServices()) as running:
        for key in ("v1", "v2"):
            running.call(running.services.fleet.measure, f"vehicle/{key}", {"rpm": 800})
        yield running


@pytest.fixture
def vigil(server: ApiServer[FleetServices], monkeypatch: pytest.MonkeyPatch) -> Shell:
    """The command."""
    monkeypatch.setattr(deploy.cli.bulk, "LOOK_S", 0.01)

    def run(*words: str) -> Result:
        start = ["--url", server.url, "--token", OPERATOR]
        return CliRunner().invoke(make_app(), [*start, *words], env={"COLUMNS": "200"})

    return run


def test_says_first_to_how_many(server: ApiServer[FleetServices], vigil: Shell) -> None:
    """Nothing is done without --yes."""
    said = vigil("bulk", "run", "kind = vehicle", "--patch", '{"description": "red"}')

    assert 0 == said.exit_code, said.output
    assert "patch for 2 twins" in said.stdout
    assert "" == server.services.fleet.twin("vehicle/v1").description


def test_parked_twins_are_listed_and_let_go_on(
    server: ApiServer[FleetServices], vigil: Shell
) -> None:
    """With why; `--parked` is one of the things that are done to many, by its two words."""
    services = server.services
    none = vigil("parked")
    services.states["vehicle/v9"] = TwinState(
        id="vehicle/v9", kind="vehicle", exists=True, position=7, epoch=1, state={"key": "v9"},
        now=services.now, applied=3, digest=0, parked="KeyError: 'x'",
    )  # fmt: skip
    listed = vigil("parked", "kind = vehicle")
    read = json.decode(vigil("parked", "--json").stdout)
    wrong = vigil("bulk", "run", "kind = vehicle", "--parked", "go")
    done = vigil("bulk", "run", "kind = vehicle", "--parked", "skip", "--yes")

    assert "No twin is set aside." in none.stdout
    assert "KeyError: 'x'" in listed.stdout
    assert "1 of 1 twins" in listed.stdout
    assert (["vehicle/v9"], 1) == ([one["id"] for one in read["items"]], read["total"])
    assert (2, True) == (wrong.exit_code, "give resume, or skip" in wrong.output)
    assert "skip: 1 done, 0 failed, of 1" in done.stdout, done.output
    assert [("vehicle/v9", SKIP)] == [
        (one.twin_id, one.type) for one in services.sent if one.type == SKIP
    ]


def test_does_it_and_lists_it(server: ApiServer[FleetServices], vigil: Shell) -> None:
    """And shows what failed, with the exit code of failure."""
    words = ["bulk", "run", "kind = vehicle", "--yes"]
    done = vigil(*words, "--patch", '{"description": "red"}', "--by", "Mika")
    failed = vigil(*words, "--command", "fly", "--json")
    shown = vigil("bulk", "show", json.decode(failed.stdout.encode())["id"])
    listed = vigil("bulk", "list")
    work = vigil(*words, "--maintain", "2h", "--no-wait")

    assert (0, 1, 0) == (done.exit_code, failed.exit_code, work.exit_code)
    assert "2 done, 0 failed, of 2" in done.stdout
    assert "takes no command 'fly'" in shown.stdout
    assert "Mika" in listed.stdout
    assert "red" == server.services.fleet.twin("vehicle/v1").description


@pytest.mark.parametrize(
    "words", [[], ["--patch", "{}", "--command", "x"], ["--maintain", "soon"], ["--patch", "{"]]
)
def test_one_operation_of_those_that_there_are(vigil: Shell, words: list[str]) -> None:
    """Called the wrong way."""
    assert 2 == vigil("bulk", "run", "kind = vehicle", *words).exit_code


def test_imports_a_table_in_parts(
    server: ApiServer[FleetServices], vigil: Shell, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """Each with its head; mistakes keep the lines of the file."""
    monkeypatch.setattr(deploy.cli.values, "_ROWS", 2)
    file = tmp_path / "cars.csv"
    file.write_text("id,description\na,1\nb,2\nc,3\nd d,4\ne,5\n")
    result = vigil("bulk", "import", str(file), "--kind", "vehicle", "--tokens")

    assert 1 == result.exit_code
    assert "4 taken over, 1 wrong" in result.stdout
    assert "line 5: id" in result.stderr
    assert 4 == sum(line.startswith("vehicle/") for line in result.stdout.splitlines())
    assert "5" == server.services.fleet.twin("vehicle/e").description


def test_imports_json_lines(server: ApiServer[FleetServices], vigil: Shell, tmp_path: Path) -> None:
    """Without a head."""
    file = tmp_path / "cars.ndjson"
    file.write_text('{"id": "a", "description": "x"}\n')
    result = vigil("bulk", "import", str(file), "--kind", "vehicle")

    assert 0 == result.exit_code, result.output
    assert "x" == server.services.fleet.twin("vehicle/a").description
