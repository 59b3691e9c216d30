"""The watchdog starts a node again that ended untold, and no other."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from deploy import running
from deploy.cli import process
from deploy.errors import AlreadyRunning, NotRunning
from deploy.watchdog import Watchdog

NODE = """
import os, signal, sys
from pathlib import Path
from deploy import running
folder = Path(sys.argv[1])
starts = folder / "starts"
starts.write_text(starts.read_text() + "." if starts.exists() else ".")
count = len(starts.read_text())
with running.Lock(folder):
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    if "never" in sys.argv:
        sys.exit(4)
    if count == 2 and "fails" in sys.argv:
        sys.exit(5)
    running.write(folder, running.Running(
        pid=os.getpid(), api_url="http://127.0.0.1:1", operator_token="t", nats_url="n",
        mqtt_url=None, partitions=16, started_at=float(count),
    ))
    if count == 1 and "dies" in sys.argv:
        os.kill(os.getpid(), signal.SIGKILL)
    if "stays" in sys.argv:
        signal.sigwait({signal.SIGTERM})
    running.remove(folder)
"""
"""What a node does as far as starting and ending go; its folder counts its starts."""


def command(folder: Path, *words: str) -> list[str]:
    """A node that does as these say."""
    return [sys.executable, "-c", NODE, str(folder), *words]


def starts(folder: Path) -> int:
    """How often it was started."""
    return len((folder / "starts").read_text())


@pytest.mark.parametrize(
    ("words", "code", "count"),
    [
        # It ended in good order: somebody told it to.
        ((), 0, 1),
        # It never was up: starting it again would help nobody, and the code says why.
        (("never",), 4, 1),
        # It was killed, and is well the second time.
        (("dies",), 0, 2),
        # It was killed, could not start at once, and is well the third time.
        (("dies", "fails"), 0, 3),
    ],
)
def test_a_node_is_started_again_when_it_was_up_and_died(
    tmp_path: Path, words: tuple[str, ...], code: int, count: int
) -> None:
    """The exit code is that of the last one."""
    assert (code, count) == (
        Watchdog(tmp_path, command(tmp_path, *words), 0.01).run(),
        starts(tmp_path),
    )


def test_one_that_is_told_to_end_while_it_waits_starts_nothing(tmp_path: Path) -> None:
    """The node is dead, and stays so."""
    watchdog = Watchdog(tmp_path, command(tmp_path, "dies"), 600.0)
    watching = threading.Thread(target=watchdog.run)
    watching.start()
    while not (tmp_path / running.RUN_FILE).exists():
        pass
    watchdog.end()
    watching.join(30)

    assert not watching.is_alive()
    assert 1 == starts(tmp_path)


def until_started(folder: Path, count: float) -> running.Running:
    """The node of the n-th start."""
    while True:
        try:
            node = running.read(folder)
        except NotRunning:
            continue
        if node.started_at == count:
            return node


def test_up_and_down_know_the_watchdog(tmp_path: Path) -> None:
    """A node that is killed comes back; then both end, and `up` may begin anew."""
    first = process.start(command(tmp_path, "stays"), tmp_path, 30)
    watchdog = running.watchdog(tmp_path)
    assert watchdog is not None
    os.kill(first.pid, signal.SIGKILL)
    second = until_started(tmp_path, 2.0)
    with pytest.raises(AlreadyRunning):
        process.start(command(tmp_path, "stays"), tmp_path, 30)
    ended = process.stop(tmp_path, 30)
    os.waitpid(watchdog, 0)

    assert second.pid == ended != first.pid
    assert running.watchdog(tmp_path) is None
    assert not running.locked(tmp_path)


def test_a_node_that_is_away_is_said_to_come_back(tmp_path: Path) -> None:
    """As long as its watchdog is there."""
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    node = running.Running(
        pid=gone.pid, api_url="http://127.0.0.1:1", operator_token="t", nats_url="n",
        mqtt_url=None, partitions=16, started_at=0.0,
    )  # fmt: skip
    running.write(tmp_path, node)
    with running.Lock(tmp_path, running.WATCH_FILE):
        running.sign(tmp_path)
        with pytest.raises(NotRunning, match="its watchdog starts it again"):
            running.read(tmp_path)
    with pytest.raises(NotRunning, match="`vigil up` goes on from there"):
        running.read(tmp_path)
