"""`vigil engagement`, over a city in memory."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec import json
from support.api_server import OPERATOR, served
from support.policy_services import CityServices
from support.world import START
from typer.testing import CliRunner

from deploy import running
from deploy.cli.app import make_app


class Shell:
    """Runs `vigil engagement …` as ann."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __call__(self, *words: str, code: int = 0) -> str:
        """Run it, and expect how it ends."""
        given = ("--folder", str(self._folder), "engagement", *words)
        environment = {"COLUMNS": "200", "VIGIL_BY": "ann"}
        result = CliRunner().invoke(make_app(), given, env=environment)

        assert code == result.exit_code, result.output

        return result.output

    def json(self, *words: str) -> Any:
        """What a program reads."""
        return json.decode(self(*words, "--json"))


@pytest.fixture
def vigil(tmp_path: Path) -> Iterator[Shell]:
    """A city in which twelve persons were told something by e-mail."""
    with served(CityServices()) as server:
        node = running.Running(
            pid=os.getpid(), api_url=server.url, operator_token=OPERATOR,
            nats_url="nats://127.0.0.1:4222", mqtt_url=None, partitions=4, started_at=START,
        )  # fmt: skip
        running.write(tmp_path, node)
        world = server.services.city.world

        def teach() -> None:
            learner = "engagement/offer_service"
            request = {"asker": "customer/c1", "contact": "a", "segment": "gold.sms",
                       "options": {"channel": ["sms", "email"]}}  # fmt: skip
            world.send(learner, "advice.requested", request)
            world.run()
            for number in range(12):
                world.send(learner, "engagement.tried", {
                    "contact": f"a{number}", "segment": "gold.sms", "how": "learned",
                    "taken": {"channel": "email"}, "after_s": 5.0,
                    "what": "accepted" if number < 9 else "ignored",
                })  # fmt: skip
            world.run()

        server.call(teach)
        yield Shell(tmp_path)


def test_what_was_learned_is_shown(vigil: Shell) -> None:
    """All in a list; one with segments, options, rates and intervals; the same as JSON."""
    listed, shown = vigil(), vigil("offer_service")

    assert "offer_service" in listed
    assert ("gold.sms", "75.0%", "46.8% to 91.1%") == tuple(
        one for one in ("gold.sms", "75.0%", "46.8% to 91.1%") if one in shown
    )
    assert 12 == vigil.json("offer_service")["learned"]["n"]
    assert ["all", "offer_service"] == [one["name"] for one in vigil.json()]


def test_it_is_switched_off(vigil: Shell) -> None:
    """For all; and one's settings are changed, with who did it."""
    assert ": off" in vigil("all", "learning=false", "-m", "audit")
    assert not vigil.json("offer_service")["learning"]

    changed = vigil.json("offer_service", "exploration=0.1")

    assert (0.1, "ann") == (changed["settings"]["exploration"], changed["changes"][0]["by"])
    assert "no setting" in vigil("offer_service", "exploration", code=2)
