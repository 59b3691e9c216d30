"""`vigil kinds` and `vigil new`: what they show, check and write."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec import json
from support.registry import kinds_as_they_were
from typer.testing import CliRunner, Result

from deploy.cli.app import make_app

BUOY = """\
kind: cli_buoy
description: A buoy.
fields:
  wave_m: {type: number, range: [0, 30]}
  water: {type: number, unit: qudt:DEG_C}
  lamp: {type: string, one_of: [on, off]}
settings: {owner: {type: link, to: customer}}
commands: {blink: {input: {times: {type: integer, range: [1, 9]}}}, dive: {}}
"""


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "buoy.yaml").write_text(BUOY)
    with kinds_as_they_were():
        yield


def vigil(*words: str) -> Result:
    """Run a command."""
    return CliRunner().invoke(make_app(), list(words))


def answer(*words: str) -> Any:
    """The same for a program."""
    result = vigil(*words, "--json")

    assert 0 == result.exit_code, result.output

    return json.decode(result.stdout)


def test_kinds_are_listed_with_their_fields() -> None:
    """Units, ranges, links, options, commands and rules: of classes and of documents."""
    Path("vigil.toml").write_text('[node]\nkinds = ["twins.devices", "buoy.yaml"]\n')
    result = vigil("kinds", "--kind", "cli_buoy", "--kind", "vehicle")
    lines = [" ".join(line.split()) for line in result.stdout.splitlines()]

    assert 0 == result.exit_code
    assert {
        "cli_buoy A buoy.",
        "from buoy.yaml, schema 1",
        "field wave_m number m 0…30",
        "field water number qudt:DEG_C",
        "field lamp off/on",
        "field owner link to customer",
        "event telemetry wave_m, water, lamp",
        "command blink times number 1…9",
        "command dive",
        "from twins.devices.vehicle, schema 1",
        "field coolant_c number °C -40…215",
        "rule engine.overheating",
    } <= {*lines}


def test_kinds_for_programs() -> None:
    """All that is known of each."""
    Path("vigil.toml").write_text('[node]\nkinds = ["twins.devices", "buoy.yaml"]\n')
    (buoy,) = answer("kinds", "--kind", "cli_buoy")

    assert ("cli_buoy", 1, "buoy.yaml") == (buoy["kind"], buoy["schema"], buoy["source"])
    assert {
        "telemetry": "device", "command.progress": "device", "configured": "twins",
        "command.requested": "twins",
    }.items() <= {event["type"]: event["sender"] for event in buoy["events"]}.items()  # fmt: skip
    assert ["blink", "dive"] == [command["name"] for command in buoy["commands"]]


def test_a_kind_that_is_not_there() -> None:
    """The error says which there are."""
    result = vigil("kinds", "--kind", "buoi")

    assert 2 == result.exit_code
    assert "no kind 'buoi'; there are: " in result.stderr


def test_a_document_is_checked() -> None:
    """What it comes to is shown; a mistake is told with its line."""
    good = vigil("kinds", "check", "buoy.yaml")
    Path("bad.yaml").write_text(BUOY.replace("range", "rnge", 1))
    bad = vigil("kinds", "check", "bad.yaml")
    missing = vigil("kinds", "check", "nowhere.yaml")

    assert (0, 2, 2) == (good.exit_code, bad.exit_code, missing.exit_code)
    assert "cli_buoy" in good.stdout
    assert "bad.yaml:4:26: fields.wave_m.rnge: no such word here; did you mean range?" in bad.stderr
    assert "nowhere.yaml: it cannot be read" in missing.stderr


def test_a_rule_that_comes_along_is_checked() -> None:
    """As well as what describes the device."""
    Path("ruled.yaml").write_text(BUOY + "rules: [{rule: r, when: wave_cm > 3}]\n")
    result = vigil("kinds", "check", "ruled.yaml")

    assert 2 == result.exit_code
    assert (
        "ruled.yaml:9:25: r: when: a cli_buoy has no 'wave_cm'; did you mean wave_m?"
        in result.stderr
    )


def test_a_change_is_held_against_what_was() -> None:
    """And told where it takes something away."""
    Path("later.yaml").write_text(BUOY.replace("30", "20"))
    result = vigil("kinds", "check", "later.yaml", "--against", "buoy.yaml", "--json")

    assert 1 == result.exit_code
    assert [
        "fields.wave_m had the range 0 to 30, and has 0 to 20",
        "its fields changed, and schema is 1 still; raise it by one",
    ] == json.decode(result.stdout)["problems"]


def test_new_makes_a_package() -> None:
    """Of an empty folder, or of one that it makes; nothing of the template's marks is left."""
    files = answer("new", "kettle", "--folder", "mine")

    assert {
        "pyproject.toml", "README.md", "kettle/kettle.yaml", "kettle/kinds.py", "kettle/care.py",
        "rules/kettle/kettle.overheats.yaml", "tests/kettle.overheats.yaml",
    } <= {*files}  # fmt: skip
    assert all("@name@" not in Path("mine", file).read_text() for file in files)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Kettle", "'Kettle' cannot be a package's name"),
        ("class", "'class' cannot be a package's name"),
        ("json", "there is a json already"),
        ("vehicle", "there is a vehicle already"),
        ("msgspec", "there is a msgspec already"),
    ],
)
def test_new_refuses_names_that_cannot_be(name: str, said: str) -> None:
    """Or that would hide something else."""
    result = vigil("new", name, "--folder", "mine")

    assert 1 == result.exit_code
    assert said in result.stderr
    assert not Path("mine").exists()


def test_new_overwrites_nothing() -> None:
    """A folder that holds something is left as it is."""
    result = vigil("new", "kettle")

    assert 1 == result.exit_code
    assert ". is not empty: it holds buoy.yaml; make a new folder" in result.stderr
    assert ["buoy.yaml"] == [path.name for path in Path().iterdir()]
