"""Handles: a twin, as any Ray task or actor of the cluster sees it.

car = twin("vehicle/v17")                  # starts no process
state = ray.get(car.state.remote())        # a snapshot; runs no handler
ray.get(car.ask.remote("unlock_trunk"))    # goes through the log; applied exactly once
"""

from functools import lru_cache
from typing import Any

import ray

from twins.ids import split


class _Call:
    """One method of a twin, called as Ray methods are: `.remote(…)` returns an ObjectRef."""

    __slots__ = ("_method", "_twin_id")

    def __init__(self, twin_id: str, method: str) -> None:
        self._twin_id, self._method = twin_id, method

    def remote(self, *args: Any, **kwargs: Any) -> "ray.ObjectRef[Any]":
        """Send the call through this node's router."""
        method = getattr(node_router(), self._method)
        reference: ray.ObjectRef[Any] = method.remote(self._twin_id, *args, **kwargs)
        return reference


class TwinHandle:
    """A twin, by its id.

    `state.remote(min_position=None)` gives a `TwinState`; `min_position` waits for one's own write.
    `ask.remote(name, data=None, event_id=None)` gives what the twin's `@ask` method returned;
    with an id of one's own the call may be repeated after a failure and still counts once.
    """

    __slots__ = ("id",)

    def __init__(self, twin_id: str) -> None:
        split(twin_id)
        self.id = twin_id

    @property
    def state(self) -> _Call:
        """Read the twin."""
        return _Call(self.id, "state")

    @property
    def ask(self) -> _Call:
        """Ask the twin to do something."""
        return _Call(self.id, "ask")

    def __repr__(self) -> str:
        return f"twin({self.id!r})"


def twin(twin_id: str) -> TwinHandle:
    """A handle; the twin need not exist yet. Raises `BadTwinId`."""
    return TwinHandle(twin_id)


def router_name(node_id: str) -> str:
    """The router actor of a node."""
    return f"router-{node_id[:12]}"


@lru_cache(maxsize=1)
def _router(node_id: str, _job_id: str) -> Any:
    return ray.get_actor(router_name(node_id), namespace="vigil")


def node_router() -> Any:
    """This node's router, looked up once a process and cluster."""
    context = ray.get_runtime_context()
    return _router(context.get_node_id(), context.get_job_id())
