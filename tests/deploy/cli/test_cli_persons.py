"""`vigil export person` and `vigil erase`: what they write, ask, print and find."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec import json
from support.api_server import OPERATOR, PRIVACY, ApiServer, served
from support.fake_services import START, FakeServices
from typer.testing import CliRunner, Result

import twins.people
from deploy import running
from deploy.cli.app import make_app

assert twins.people, "the kinds"

NAME = "Aurelia Quistgaard"


class Shell:
    """Runs `vigil` on a data folder whose node is a served API over a cluster in memory."""

    def __init__(self, server: ApiServer[FakeServices], folder: Path) -> None:
        self.services = server.services
        self.folder = folder
        node = running.Running(
            pid=os.getpid(), api_url=server.url, operator_token=OPERATOR,
            nats_url="nats://127.0.0.1:4222", mqtt_url=None, partitions=16, started_at=START,
            privacy_token=PRIVACY,
        )  # fmt: skip
        running.write(folder, node)

    def __call__(self, *words: str, given: str | None = None) -> Result:
        """Run one command."""
        return CliRunner().invoke(
            make_app(), ["--folder", str(self.folder), *words], input=given, env={"COLUMNS": "200"}
        )


@pytest.fixture
def vigil(tmp_path: Path) -> Iterator[Shell]:
    """A cluster with one person."""
    services = FakeServices()
    services.add("customer/c1", name=NAME)
    folder = tmp_path / "node"
    folder.mkdir()
    with served(services) as server:
        yield Shell(server, folder)


def test_an_export_is_a_file_of_its_owners(vigil: Shell, tmp_path: Path) -> None:
    """JSON lines that nobody else may read."""
    to = tmp_path / "c1.jsonl"
    result = vigil("export", "person", "customer/c1", "--to", str(to))
    (item,) = [json.decode(line) for line in to.read_bytes().splitlines()]

    assert 0 == result.exit_code, result.output
    assert NAME == item["state"]["name"]
    assert 0 == stat.S_IMODE(to.stat().st_mode) & 0o077


def test_erasing_asks_first(vigil: Shell) -> None:
    """No is the answer of whoever says nothing."""
    result = vigil("erase", "customer/c1", given="\n")

    assert 0 != result.exit_code
    assert [] == vigil.services.erased


def test_erasing_prints_the_certificate(vigil: Shell) -> None:
    """For people, and for programs."""
    shown = vigil("erase", "customer/c1", given="y\n")
    again = vigil("erase", "customer/c1", "--yes", "--json")

    assert 0 == shown.exit_code, shown.output
    assert "customer/c1 is erased" in shown.output
    assert [5] == json.decode(again.stdout)["key_ids"]


def test_a_certificate_proves_itself(vigil: Shell, tmp_path: Path) -> None:
    """By the node's key, or by a key that was kept, without any node; any change of it shows."""
    file = tmp_path / "certificate.json"
    file.write_text(vigil("erase", "customer/c1", "--yes", "--json").stdout)
    certificate = json.decode(file.read_bytes())
    good = vigil("erase", "customer/c1", "--certificate", str(file))
    kept = certificate["signed_by"]
    alone = CliRunner().invoke(make_app(), [
        "--folder", str(tmp_path / "nowhere"), "erase", "customer/c1",
        "--certificate", str(file), "--signer", kept, "--json",
    ])  # fmt: skip

    assert (0, 0) == (good.exit_code, alone.exit_code), good.output + alone.output
    assert f"signed by {kept}" in good.output
    assert certificate == json.decode(alone.stdout)
    assert 1 == len(vigil.services.erased), "looking erases nothing"
    for name, value in (("person", "customer/c2"), ("done", 1.0), ("letters", 7), ("key_ids", [])):
        file.write_bytes(json.encode(certificate | {name: value}))
        bad = vigil("erase", str(certificate["person"]), "--certificate", str(file))
        assert 2 == bad.exit_code
        assert "altered after it was signed" in bad.output


@pytest.mark.parametrize(
    ("text", "person", "signer", "said"),
    [
        ("not json", "customer/c1", None, "no good certificate"),
        ("{}", "customer/c1", None, "it is not signed"),
        (None, "customer/c1", "ab" * 32, "was signed by"),
        (None, "customer/c2", None, "says nothing of customer/c2 being erased"),
    ],
)
def test_what_proves_nothing_is_told(
    vigil: Shell, tmp_path: Path, text: str | None, person: str, signer: str | None, said: str
) -> None:
    """Garbage, one without signature, another cluster's, another person's."""
    file = tmp_path / "certificate.json"
    file.write_text(text or vigil("erase", "customer/c1", "--yes", "--json").stdout)
    more = [] if signer is None else ["--signer", signer]
    result = vigil("erase", person, "--certificate", str(file), *more)

    assert 2 == result.exit_code
    assert said in " ".join(result.output.split())


def test_only_persons_are_erased(vigil: Shell) -> None:
    """The API's word, and the exit code of a failure."""
    result = vigil("erase", "vehicle/v1", "--yes")

    assert 1 == result.exit_code
    assert "no kind of persons" in result.output


def test_the_check_finds_what_is_left(vigil: Shell, tmp_path: Path) -> None:
    """In any file; her id, a pseudonym, is counted apart; a folder without her is clean."""
    to = tmp_path / "c1.jsonl"
    vigil("export", "person", "customer/c1", "--to", str(to))
    (vigil.folder / "left.db").write_bytes(b"\0" + NAME.encode() + b"\0customer/c1")
    found = vigil("erase", "customer/c1", "--check", "--export", str(to))
    (vigil.folder / "left.db").write_bytes(b"customer/c1")
    clean = vigil("erase", "customer/c1", "--check", "--export", str(to))

    assert (1, 0) == (found.exit_code, clean.exit_code)
    assert f"left.db: '{NAME}' 1 times" in found.output
    assert "stand in 1 files" in " ".join(clean.output.split())
    other = vigil("erase", "customer/c1", "--check", "--value", NAME, "--in", str(tmp_path))
    assert 1 == other.exit_code
    assert "c1.jsonl" in other.output


def test_a_file_that_is_no_export_is_told(vigil: Shell, tmp_path: Path) -> None:
    """It names the file."""
    wrong = tmp_path / "wrong"
    wrong.write_text("not json")
    result = vigil("erase", "customer/c1", "--check", "--export", str(wrong))

    assert 2 == result.exit_code
    assert "wrong is no export" in result.output
