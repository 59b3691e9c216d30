"""The local Ray: it leaves signals to the node."""

import os
import subprocess
import sys

import pytest

PROGRAM = """
import asyncio, os, signal
import ray
from deploy.ray_local import start_ray, take_back_signals
from deploy.settings import Settings

async def main():
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    await asyncio.to_thread(start_ray, Settings())
    take_back_signals()
    os.kill(os.getpid(), signal.SIGTERM)
    await asyncio.wait_for(ended.wait(), 30)
    await asyncio.to_thread(ray.shutdown)

asyncio.run(main())
print("ended", flush=True)
"""


@pytest.mark.cluster
def test_told_to_end_it_says_so_in_one_plain_line() -> None:
    """No native stack, no warning of something left open: as if nothing had happened."""
    ran = subprocess.run(
        [sys.executable, "-W", "always::ResourceWarning", "-c", PROGRAM],
        capture_output=True, text=True, timeout=100, check=False, env=dict(os.environ),
    )  # fmt: skip
    said = ran.stdout + ran.stderr

    assert 0 == ran.returncode, said
    assert "SIGTERM received" not in said
    assert "ResourceWarning" not in said
    assert "ended" == ran.stdout.strip().splitlines()[-1]
