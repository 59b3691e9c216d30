"""The `vigil` command over a city in memory."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from msgspec import json
from support.api_server import OPERATOR, ApiServer
from support.policy_services import CityServices
from support.world import START
from typer.testing import CliRunner, Result

from deploy import running
from deploy.cli.app import make_app


class Shell:
    """Runs `vigil`, or one group of its commands, as ann."""

    def __init__(self, server: ApiServer[CityServices], folder: Path, *group: str) -> None:
        self._group = group
        self._server = server
        self.city = server.services.city
        self._folder = folder
        node = running.Running(
            pid=os.getpid(), api_url=server.url, operator_token=OPERATOR,
            nats_url="nats://127.0.0.1:4222", mqtt_url=None, partitions=4, started_at=START,
        )  # fmt: skip
        running.write(folder, node)

    def __call__(self, *words: str, code: int = 0) -> Result:
        """Run it, and expect how it ends."""
        given = ("--folder", str(self._folder), *self._group, *words)
        environment = {"COLUMNS": "200", "VIGIL_BY": "ann"}
        result = CliRunner().invoke(make_app(), given, env=environment)

        assert code == result.exit_code, result.output

        return result

    def json(self, *words: str) -> Any:
        """What a program reads."""
        return json.decode(self(*words, "--json").stdout)

    def play(self, what: Callable[[], object]) -> None:
        """Let something happen in the city."""
        self._server.call(what)
