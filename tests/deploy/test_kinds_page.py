"""docs/kinds.md: its documents load, its messages fit, its tables name every key there is."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest
import yaml
from support.registry import kinds_as_they_were
from typer.testing import CliRunner

import twins.people
from deploy.cli.app import make_app
from twins.documents import load_kind
from twins.documents.model import Command, Event, KindDocument, Value
from twins.event import encode_message
from twins.testing import Trial

assert twins.people, "whom the cold room mirrors"

PAGE = (Path(__file__).parents[2] / "docs" / "kinds.md").read_text("utf-8")
LISTINGS = re.findall(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
FILES = {name: text for _, name, text in LISTINGS if name.startswith("kinds/")}
MESSAGES = {name: text for _, name, text in LISTINGS if name and name not in FILES}
ROOM = FILES["kinds/cold_room.yaml"]


@pytest.fixture(autouse=True)
def _files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    for name, text in FILES.items():
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_text(text, "utf-8")
    with kinds_as_they_were():
        yield


def named(table: str) -> list[str]:
    """What stands in the first column of the table that begins so."""
    rows = PAGE.partition(f"\n| {table} |")[2].partition("\n\n")[0].splitlines()[2:]
    return [name for row in rows for name in re.findall(r"`(\w+)`", row.split("|")[1])]


def test_every_listing_is_looked_at() -> None:
    """Documents, messages, settings, and one command."""
    assert len(re.findall(r"^```", PAGE, re.MULTILINE)) == 2 * len(LISTINGS)
    assert ["yaml", "toml", "json", "json", "json", "json", "sh"] == [one for one, _, _ in LISTINGS]
    assert {"telemetry", "alarm", "configured"} == {*MESSAGES}


def test_a_node_has_it() -> None:
    """By the settings as they stand; `vigil kinds` lists it."""
    (toml,) = [text for language, _, text in LISTINGS if language == "toml"]
    Path("vigil.toml").write_text(toml)
    done = CliRunner().invoke(make_app(), ["kinds", "--kind", "cold_room"])

    assert 0 == done.exit_code, done.output
    assert "cold_room.warm" in done.stdout


@pytest.mark.parametrize("name", MESSAGES)
def test_its_messages_fit(name: str) -> None:
    """Decoded as at the gateway; the twin has what they say."""
    kind = load_kind(ROOM)
    given = msgspec.json.decode(MESSAGES[name])
    kind.handler(name).decode(encode_message(given))
    trial = Trial("cold_room/r1")
    if name == "configured":
        trial.tell(name, given)
    else:
        trial.measure(given, name)

    for key in given.keys() - {"code"}:
        assert getattr(trial.twin, key.replace("-", "_")) is not None


def test_its_rule_speaks() -> None:
    """The rule that the document brings gives the command that it describes."""
    load_kind(ROOM)
    trial = Trial("cold_room/r1")
    trial.tell("configured", {"limit_c": 8.0})
    for air_c in (9.0, 10.0):
        trial.measure({"air_c": air_c, "door": "closed"})
        trial.advance(60.0)

    assert ["defrost"] == [command.name for command in trial.twin.commands.values()]


def test_its_rules_look_into_objects() -> None:
    """The compressor is hot, and runs."""
    load_kind(ROOM)
    trial = Trial("cold_room/r1")
    trial.measure({"compressor": {"head_c": 96.0, "running": False}})
    trial.advance(60.0)
    trial.measure({"compressor": {"head_c": 90.0, "running": True}})

    assert ["cold_room.compressor_hot"] == [signal.name for signal in trial.signals]


def test_the_command_prints_what_is_shown() -> None:
    """Each line that is shown."""
    (text,) = [text for language, _, text in LISTINGS if language == "sh"]
    command, *shown = text.splitlines()
    done = CliRunner().invoke(make_app(), command.removeprefix("$ vigil ").split())
    printed = [" ".join(line.split()) for line in done.stdout.splitlines()]

    assert 0 == done.exit_code, done.output
    assert [" ".join(line.split()) for line in shown] == [
        line for line in printed if line.split()[0] in ("field", "event", "command")
    ]


def keys(model: Any) -> set[str]:
    """What people write."""
    return {field.alias or name for name, field in model.model_fields.items()}


def used(value: Any) -> Iterator[str]:
    """All keys of a document, at any depth."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield key
            yield from used(each)
    elif isinstance(value, list):
        for each in value:
            yield from used(each)


def test_every_key_is_explained_and_shown() -> None:
    """In its table, and in the listing; and no table names another."""
    document, own = keys(KindDocument), {"description"}

    assert document == {*named("key")}
    assert (keys(Event) | keys(Command)) - own == {*named("in an event or a command")}
    assert keys(Value) - own == {*named("in a value")}
    assert {*get_args(Value.model_fields["type"].annotation)} == {*named("`type` | is in JSON")}
    shown = {*used(yaml.safe_load(ROOM))}
    assert document | keys(Event) | keys(Command) | keys(Value) <= shown | {"schema"}
    types = {*re.findall(r"type: (\w+)", ROOM)}
    assert {*get_args(Value.model_fields["type"].annotation)} == types


@pytest.mark.parametrize("path", sorted(set(re.findall(r"\]\(((?!http)[^)#]+)\)", PAGE))))
def test_what_it_links_to_is_there(path: str) -> None:
    """No link leads nowhere."""
    assert (Path(__file__).parents[2] / "docs" / path).exists()
