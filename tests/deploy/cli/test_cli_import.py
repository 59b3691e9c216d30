"""`vigil import customers`: all of a table or nothing; mistakes by line and column."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec import json
from support.api_server import OPERATOR, ApiServer, served
from support.fake_services import START, FakeServices
from typer.testing import CliRunner, Result

import twins.people
from deploy import running
from deploy.cli.app import make_app
from gateway.api.services import Refusal

assert twins.people, "importing it registers the kinds"

TABLE = """\
id;name;email
c-1;Aino;aino@example.com

c-2;"Ben
the second";ben@example.com
c-3;Cleo;cleo@example.com
"""


class Shell:
    """Runs `vigil` against a served API."""

    def __init__(self, server: ApiServer[FakeServices], folder: Path) -> None:
        self.services = server.services
        self.folder = folder
        node = running.Running(
            pid=os.getpid(), api_url=server.url, operator_token=OPERATOR,
            nats_url="nats://127.0.0.1:4222", mqtt_url=None, partitions=16, started_at=START,
        )  # fmt: skip
        running.write(folder, node)

    def __call__(self, table: str | bytes, *words: str) -> Result:
        """Import a table."""
        path = self.folder / "customers.csv"
        path.write_bytes(table.encode() if isinstance(table, str) else table)
        arguments = ["--folder", str(self.folder), "import", "customers", str(path), *words]
        return CliRunner().invoke(make_app(), arguments, env={"COLUMNS": "200"})


@pytest.fixture
def vigil(tmp_path: Path) -> Iterator[Shell]:
    """The command, and a cluster in memory behind it."""
    with served(FakeServices()) as server:
        yield Shell(server, tmp_path)


def test_customers_are_sent(vigil: Shell) -> None:
    """Each as what she is; with a mark that some programs put before a file."""
    result = vigil(b"\xef\xbb\xbf" + TABLE.encode())
    sent = {event.twin_id: event.message.data for event in vigil.services.sent}

    assert 0 == result.exit_code, result.output
    assert "3 customers, 3 events sent" in result.stdout
    assert {"customer/c-1", "customer/c-2", "customer/c-3"} == sent.keys()
    assert "Ben\nthe second" == sent["customer/c-2"]["name"]


def test_a_dry_run_sends_nothing_and_needs_no_cluster(vigil: Shell) -> None:
    """It says what would be sent."""
    (vigil.folder / running.RUN_FILE).unlink()
    result = vigil(TABLE, "--dry-run", "--json")

    assert 0 == result.exit_code, result.output
    assert {"customers": 3, "events": 3, "sent": False} == json.decode(result.stdout)
    assert [] == vigil.services.sent


def test_a_mistake_stands_with_its_line_and_column_and_nothing_is_sent(vigil: Shell) -> None:
    """All of them, where rows begin, also behind a cell of two lines."""
    table = TABLE + "c-4;Dora;none\nc-1;Aino;\nc-5;Eve\n"
    result = vigil(table)

    assert 1 == result.exit_code
    for text in ("line 7, column email: 'none'", "line 8, column id: 'c-1' stands in line 2",
                 "line 9: the row has 2 cells", "Nothing was sent"):  # fmt: skip
        assert text in result.stderr
    assert [] == vigil.services.sent
    told = json.decode(vigil(table, "--json").stdout)
    assert [7, 8, 9] == [mistake["line"] for mistake in told["mistakes"]]


@pytest.mark.parametrize(
    ("table", "text"),
    [("", "the table lacks it"), ("id,nmae\n", "did you mean name?"),
     ('id,name\nc-1,"open\n', "no CSV")],
)  # fmt: skip
def test_what_is_no_table_of_customers_is_told(vigil: Shell, table: str, text: str) -> None:
    """With what to change."""
    result = vigil(table)

    assert 1 == result.exit_code
    assert text in result.stderr


def test_another_encoding_is_told_with_its_line(vigil: Shell) -> None:
    """As spreadsheets save it."""
    result = vigil("id,name\nc-1,Aino\nc-2,Hämäläinen\n".encode("latin-1"))

    assert 2 == result.exit_code
    assert "line 3: this is not UTF-8" in result.stderr


def test_a_refusal_ends_it_and_is_told(vigil: Shell) -> None:
    """Running it again goes on: what is there is set once more."""
    vigil.services.refusals["customer/c-2"] = Refusal(503, "the log is full")
    result = vigil(TABLE)
    assert 1 == result.exit_code
    assert "the log is full" in result.stderr
    vigil.services.refusals.clear()

    assert 0 == vigil(TABLE).exit_code
