"""A demo that runs as a process of its own, as `vigil demo` starts it, until it is told to end."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

from deploy import running

ROOT: Final = Path(__file__).parents[2]
START_S: Final = 90.0
END_S: Final = 30.0
LOOK_S: Final = 0.1


@contextmanager
def demo(folder: Path, *arguments: str) -> Iterator[running.Running]:
    """Run it for this block. Its last words stand in the error where it does not start."""
    command = [
        sys.executable, "-m", "deploy.cli", "--folder", str(folder), "demo", "--no-screen",
        *arguments,
    ]  # fmt: skip
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    with (folder.parent / "demo.out").open("w+") as said:
        process = subprocess.Popen(
            command, stdout=said, stderr=subprocess.STDOUT, env=environment, cwd=ROOT
        )
        try:
            yield _started(process, folder, said)
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(END_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _started(process: "subprocess.Popen[bytes]", folder: Path, said: IO[str]) -> running.Running:
    until = time.monotonic() + START_S
    while time.monotonic() < until and process.poll() is None:
        if (folder / running.RUN_FILE).is_file():
            return running.read(folder)
        time.sleep(LOOK_S)
    said.seek(0)
    raise RuntimeError(f"the demo did not start: {said.read()[-2000:]}")
