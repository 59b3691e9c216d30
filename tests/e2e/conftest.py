"""A whole node: real NATS, real Ray, on a folder and ports of its own; one for all tests here."""

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from deploy.node import Node
from deploy.settings import Settings, load_settings

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session", autouse=True)
def _importable() -> Iterator[None]:
    """Ray's workers import the checkout, whether or not it is installed, and the tests' kinds."""
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
    yield
    if before is None:
        del os.environ["PYTHONPATH"]
    else:
        os.environ["PYTHONPATH"] = before


def settings_for(folder: Path, **sections: dict[str, object]) -> Settings:
    """Settings of a small, quick node."""
    overrides: dict[str, dict[str, object]] = {
        "node": {"folder": str(folder), "ray_cpus": 2},
        "nats": {"port": 0, "mqtt_port": 0},
        "api": {"port": 0},
        "log": {"partitions": 4, "max_bytes": 256 * 1024 * 1024},
        "host": {"checkpoint_s": 0.5, "lease_s": 1.5, "heartbeat_s": 0.25},
        "gateway": {"rate_per_device": 10_000, "burst_per_device": 10_000},
    }
    for name, section in sections.items():
        overrides[name] = {**overrides.get(name, {}), **section}
    return load_settings(overrides=overrides)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def node(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Node]:
    """A node that runs for one module's tests."""
    async with Node(settings_for(tmp_path_factory.mktemp("node"))) as running:
        yield running
