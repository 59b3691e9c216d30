"""The sender of a benchmark: a process of its own, with an end to everything."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from load.bench.generator import CONNECT_S, GRACE_S, Order, Sent

_STOP_S = 5.0
_SLACK_S = 30.0
"""How much longer than planned a sender may take on a machine that is busy."""


class Sending:
    """A sender at work."""

    def __init__(self, process: asyncio.subprocess.Process, answer: Path, longest_s: float) -> None:
        self._process = process
        self._answer = answer
        self._longest_s = longest_s
        self.pid = process.pid

    async def sent(self) -> Sent:
        """What it knows at the end; raises `RuntimeError` where it failed or takes too long."""
        try:
            async with asyncio.timeout(self._longest_s):
                status = await self._process.wait()
        except TimeoutError as error:
            raise RuntimeError(
                f"the generator did not end within {self._longest_s:.0f} s"
            ) from error
        if status != 0:
            raise RuntimeError(f"the generator ended with {status}; what it said is above")
        return msgspec.json.decode(self._answer.read_bytes(), type=Sent)


@asynccontextmanager
async def sending(order: Order, folder: Path) -> AsyncIterator[Sending]:
    """Start a sender; at the end of the block it is gone, whatever happened."""
    asked, answer = folder / "order.json", folder / "sent.json"
    asked.write_bytes(msgspec.json.encode(order))
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "load.bench.generator", str(asked), str(answer)
    )
    longest_s = CONNECT_S + order.warmup_s + order.seconds + GRACE_S + _SLACK_S
    try:
        yield Sending(process, answer, longest_s)
    finally:
        if process.returncode is None:
            process.terminate()
            try:
                async with asyncio.timeout(_STOP_S):
                    await process.wait()
            except TimeoutError:
                process.kill()
                await process.wait()
