"""A cluster in memory, and the command line that changes its rules."""

import os
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from msgspec import json
from support.api_server import OPERATOR, ApiServer, served
from support.rule_services import RuleServices
from support.world import START
from typer.testing import CliRunner, Result

from deploy import running
from deploy.cli.app import make_app
from gateway.settings import RuleSettings

HOT = """\
# Water boils at 100 °C; the system is under pressure.
rule: engine.hot
kind: oven
on: telemetry
when: inside_c > 110
"""
FAST = HOT.replace("engine.hot", "too.fast").replace("inside_c > 110", "load_pct > 200")
BROKEN = HOT.replace("on: telemetry", "on: nothing")


class Shell:
    """Runs `vigil rules` as ann."""

    def __init__(self, server: ApiServer[RuleServices], folder: Path) -> None:
        self.services = server.services
        self.folder = folder
        node = running.Running(
            pid=os.getpid(), api_url=server.url, operator_token=OPERATOR,
            nats_url="nats://127.0.0.1:4222", mqtt_url=None, partitions=4, started_at=START,
        )  # fmt: skip
        running.write(folder, node)

    def main(self, *words: str, by: str = "ann") -> Result:
        """Run `vigil …`."""
        words = ("--folder", str(self.folder), *words)
        return CliRunner().invoke(make_app(), words, env={"COLUMNS": "200", "VIGIL_BY": by})

    def __call__(self, *words: str, by: str = "ann") -> Result:
        """Run `vigil rules …`."""
        return self.main("rules", *words, by=by)

    def json(self, *words: str, code: int = 0, **more: Any) -> Any:
        """What a program reads."""
        result = self(*words, "--json", **more)

        assert code == result.exit_code, result.output

        return json.decode(result.stdout)

    def file(self, name: str, text: str) -> str:
        """A file, by its path."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        return str(path)

    def publish(self, *texts: str, by: str = "ann") -> None:
        """Publish rules."""
        files = [self.file(f"given-{number}.yaml", text) for number, text in enumerate(texts)]
        draft = self.json("draft", *files, by=by)["id"]

        assert 0 == self("publish", "oven", draft, by=by).exit_code


def shell_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, approval: bool = False
) -> Iterator[Shell]:
    """A cluster in memory and the command; it is 90 s later here."""
    for module in ("rules", "rule_show", "rule_trials"):
        clock = SimpleNamespace(time=lambda: START + 90.0)
        monkeypatch.setattr(f"deploy.cli.{module}.time", clock)
    with served(RuleServices(), rules=RuleSettings(approval=approval)) as server:
        yield Shell(server, tmp_path)
