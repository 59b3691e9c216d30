"""Watchdog: runs a node, and starts it again when it has ended though nobody told it to.

    python -m deploy.watchdog FOLDER COMMAND …

Vigil restarts what it can from within: Ray its actors, the node its NATS server. This process is
for what is left: Ray itself, and the node's own process. `vigil up` starts it; where something else
watches, a container's restart policy say, `vigil up --foreground` does without.
"""

import signal
import subprocess
import sys
import threading
from pathlib import Path
from types import FrameType

import structlog

from deploy import running
from deploy.errors import NotRunning

logger = structlog.get_logger(__name__)

PAUSE_S = 0.5
"""Before the node is started again, in seconds; twice as long after each start that failed."""

LONGEST_S = 30.0


class Watchdog:
    """Watches the node of one folder.

    Args:
        folder: Its data folder.
        command: Runs the node in the foreground; first the path of the program.
        pause_s: Before it is started again, at first.
    """

    def __init__(self, folder: Path, command: list[str], pause_s: float = PAUSE_S) -> None:
        self._folder = folder
        self._command = command
        self._pause_s = pause_s
        self._told = threading.Event()
        self._node: subprocess.Popen[bytes] | None = None

    def end(self, _number: int = 0, _frame: FrameType | None = None) -> None:
        """Tell the node to end, and start it no more; a signal's handler."""
        self._told.set()
        node = self._node
        if node is not None and node.returncode is None:
            node.send_signal(signal.SIGTERM)

    def run(self) -> int:
        """Run the node until somebody tells it to end, and return its exit code.

        So does a first start that fails: there is nothing that went on well before.
        """
        failures, was_up = 0, False
        while True:
            code, up = self._once()
            if code == 0 or self._told.is_set() or not (up or was_up):
                return code
            was_up = True
            failures = 0 if up else failures + 1
            pause_s = min(LONGEST_S, self._pause_s * 2.0**failures)
            logger.error("the node has ended; starting it again", code=code, pause_s=pause_s)
            if self._told.wait(pause_s):
                return code

    def _once(self) -> tuple[int, bool]:
        """Run it once; returns its exit code, and whether it was up."""
        self._node = subprocess.Popen(self._command, stdin=subprocess.DEVNULL)  # noqa: S603 - the command that `vigil up` made
        if self._told.is_set():
            self.end()  # told between the two: nobody else would pass it on
        code = self._node.wait()
        return (128 - code if code < 0 else code), self._was_up(self._node.pid)

    def _was_up(self, pid: int) -> bool:
        """Whether it had said where it is. One that ends in good order takes that back."""
        try:
            return running.written(self._folder).pid == pid
        except NotRunning:
            return False


def main() -> int:
    """Watch until it is over."""
    folder = Path(sys.argv[1])
    with running.Lock(folder, running.WATCH_FILE):
        running.sign(folder)
        watchdog = Watchdog(folder, sys.argv[2:])
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, watchdog.end)
        return watchdog.run()


if __name__ == "__main__":
    sys.exit(main())
