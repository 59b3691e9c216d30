"""Heavy computations: Ray tasks on the cluster; the result comes back as an event."""

from collections.abc import Callable
from importlib import import_module
from typing import Any

import ray

from actors.effects.deliverer import NotNow, Promise, Refused
from twins.outputs import Effect


class ComputeDeliverer:
    """Runs a named function as a Ray task.

    Args:
        functions: Name -> `module:function`; only these can be reached from a twin.
    """

    promise = Promise.IDEMPOTENT

    def __init__(self, functions: dict[str, str]) -> None:
        self._paths = functions
        self._tasks: dict[str, Any] = {}

    def _task(self, name: str) -> Any:
        task = self._tasks.get(name)
        if task is None:
            path = self._paths.get(name)
            if path is None:
                known = ", ".join(sorted(self._paths)) or "none"
                raise Refused("unknown_function", f"{name!r}; known: {known}")
            module, function = path.split(":", 1)
            target: Callable[..., Any] = getattr(import_module(module), function)
            task = self._tasks[name] = ray.remote(target).options(num_cpus=0.1, max_retries=2)
        return task

    async def deliver(self, effect: Effect) -> Any:
        """Run it with the request's entries as arguments, and return what it returns."""
        task = self._task(effect.address)
        try:
            return await task.remote(**effect.request)
        except ray.exceptions.RayTaskError as error:
            raise Refused("failed", repr(error.cause)) from error
        except ray.exceptions.RayError as error:
            raise NotNow(repr(error)) from error

    async def lookup(self, effect: Effect) -> Any | None:
        """Not needed: computing again is harmless."""
        return await self.deliver(effect)
