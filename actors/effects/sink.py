"""Sink: a host's way to the effect workers. Effects of one order go to one worker, for ever."""

import asyncio
from typing import Any
from zlib import crc32

import ray

from actors.coordinator import NAMESPACE
from twins.outputs import Effect


class EffectSink:
    """Gives effects to their workers and returns when these hold them durably."""

    def __init__(self, workers: list[str]) -> None:
        self._names = workers
        self._handles: dict[str, Any] = {}

    def _worker(self, name: str) -> Any:
        if name not in self._handles:
            self._handles[name] = ray.get_actor(name, namespace=NAMESPACE)
        return self._handles[name]

    async def accept(self, effects: list[Effect]) -> None:
        """Raises what Ray raises when a worker is away; ask again then, with the same effects."""
        shares: dict[str, list[Effect]] = {}
        for effect in effects:
            name = self._names[crc32(effect.order.encode()) % len(self._names)]
            shares.setdefault(name, []).append(effect)
        try:
            await asyncio.gather(
                *(self._worker(name).accept.remote(share) for name, share in shares.items())
            )
        except Exception:
            self._handles.clear()  # a worker that was made anew has another handle
            raise
