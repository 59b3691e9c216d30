"""`vigil sign-in` and `vigil token`: what they print, and that it works."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec import json
from support.api_server import OPERATOR, ApiServer, served
from support.fake_services import START, FakeServices
from typer.testing import CliRunner, Result

from deploy import running
from deploy.cli.app import make_app
from gateway.activity import ActivityLog
from gateway.api.callers import Admission
from gateway.client import ApiProblem, Client
from gateway.credentials import Credentials


class Shell:
    """Runs `vigil` on a data folder whose node is a served API over a cluster in memory."""

    def __init__(self, server: ApiServer[FakeServices], folder: Path) -> None:
        self.url = server.url
        self.folder = folder
        node = running.Running(
            pid=os.getpid(), api_url=server.url, operator_token=OPERATOR,
            nats_url="nats://127.0.0.1:4222", mqtt_url=None, partitions=16, started_at=START,
        )  # fmt: skip
        running.write(folder, node)

    def __call__(self, *words: str) -> Result:
        """Run one command."""
        return CliRunner().invoke(
            make_app(), ["--folder", str(self.folder), *words], env={"COLUMNS": "200"}
        )


@pytest.fixture
def vigil(tmp_path: Path) -> Iterator[Shell]:
    """A cluster that keeps credentials."""
    services = FakeServices()
    credentials = Credentials(tmp_path / "access", services.clock)
    credentials.prepare()
    log = ActivityLog(tmp_path / "access", clock=services.clock)
    log.prepare()
    admission = Admission(credentials=credentials, activity=log)
    with served(services, admission=admission) as server:
        yield Shell(server, tmp_path)
    log.close()
    credentials.close()


def test_a_token_is_made_works_is_listed_and_revoked(vigil: Shell) -> None:
    """The secret is all that goes to stdout; after `revoke` it is refused."""
    made = vigil("token", "create", "--name", "ci", "--role", "read-only", "--days", "1")
    secret = made.stdout.strip()
    with Client(vigil.url, secret) as api:
        who = api.access.who()
        (listed,) = json.decode(vigil("token", "list", "--json").stdout)["items"]
        table = vigil("token", "list").stdout
        gone = vigil("token", "revoke", listed["id"])
        with pytest.raises(ApiProblem, match="read-only"):
            api.status()

    assert 0 == made.exit_code, made.output
    assert ("ci", ["read-only"], "token") == (who.name, who.roles, who.via)
    assert ("ci", START + 86_400) == (listed["name"], listed["ends"])
    assert "administrator" in table
    assert secret not in table
    assert f"{listed['id']}, ci, is revoked" in gone.output


def test_a_token_needs_a_role(vigil: Shell) -> None:
    """Exit code 2, and the roles that there are."""
    result = vigil("token", "create", "--name", "ci")

    assert 2 == result.exit_code
    assert "read-only, employee, rule-author, operator, administrator" in result.output


def test_a_link_signs_in_at_the_console(vigil: Shell) -> None:
    """The link has a one-time token; without `--role` for an administrator."""
    printed = vigil("sign-in", "--name", "Aino").stdout.split()[0]
    start = f"{vigil.url}/console/?token="

    assert printed.startswith(start)
    with Client(vigil.url, "nobody") as api:
        view = api.post("/v1/session", dict, {"token": printed.removeprefix(start)})

    assert ("Aino", ["administrator"]) == (view["name"], view["roles"])


def test_it_shows_who_did_what(vigil: Shell) -> None:
    """Newest first, with the answer; narrowed by who, what, thing, time and outcome."""
    vigil("token", "create", "--name", "ci", "--role", "operator")
    vigil("token", "revoke", "0" * 12)
    table = vigil("activity").stdout
    every = json.decode(vigil("activity", "--json").stdout)["items"]
    made = json.decode(vigil("activity", "--what", "makeToken", "--json").stdout)["items"]
    refused = json.decode(vigil("activity", "--refused", "--json").stdout)["items"]
    nobody = vigil("activity", "--who", "nobody", "--json").stdout
    (token,) = made[0]["changes"]
    on = json.decode(vigil("activity", "--on", token["subject"], "--json").stdout)["items"]

    assert table.index("revokeToken") < table.index("makeToken")
    assert ["revokeToken", "makeToken"] == [entry["what"] for entry in every]
    assert ["ci"] == [entry["changes"][0]["after"]["name"] for entry in made]
    assert [404] == [entry["status"] for entry in refused]
    assert made == on
    assert [] == json.decode(nobody)["items"]
