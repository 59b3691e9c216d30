"""Calls of Ray actors, with their own errors instead of Ray's wrapping of them."""

from collections.abc import Coroutine
from typing import Any, NoReturn, TypeVar

import ray

from actors.errors import AskFailed, Unavailable

T = TypeVar("T")


async def called(reference: Coroutine[Any, Any, T] | Any) -> T:
    """Await a Ray call; raises what the actor raised, or `Unavailable`."""
    try:
        found: T = await reference
    except ray.exceptions.RayTaskError as error:
        _reraise(error)
    except ray.exceptions.RayError as error:
        raise Unavailable(f"the cluster did not answer: {error!r}; see `vigil status`") from error
    return found


def _reraise(error: "ray.exceptions.RayTaskError") -> NoReturn:
    cause = error.cause
    if isinstance(cause, Exception):
        raise cause from None
    raise AskFailed(repr(cause)) from error
