"""Asking all processes for the spans that they keep, and naming those who do not answer."""

import asyncio
from typing import Any

import ray
import structlog

from actors.coordinator import NAMESPACE, coordinator
from actors.errors import ActorError
from actors.telemetry import KeptSpan, decode_spans, kept_spans
from gateway.api.ray_calls import called

logger = structlog.get_logger(__name__)

MEASURED = ("gateway-", "host-", "effects-")
"""What names of actors that have metrics and spans begin with."""

ANSWER_S = 2.0
"""How long a process may take to say what it keeps."""


async def kept_everywhere(trace_id: str | None) -> tuple[list[KeptSpan], list[str]]:
    """The spans of this process and all others, of one trace or all; and who did not answer.

    Asked are those that Ray knows, and those that count in with the coordinator: one that is gone
    and should be there is no less missing than one that hangs.
    """
    known = {name for name in ray.util.list_named_actors() if name.startswith(MEASURED)}
    silent = []
    try:
        members: list[dict[str, Any]] = await called(coordinator().members.remote())
        known |= {str(member["owner"]).partition("#")[0] for member in members}
    except (ActorError, TimeoutError, ValueError) as error:
        logger.debug("nobody says who should be there", error=repr(error))
        silent.append("coordinator")
    names = sorted(known)
    pages = await asyncio.gather(*(_of(name, trace_id) for name in names))
    found = decode_spans(kept_spans(trace_id))
    for page in pages:
        found += page or []
    return found, silent + [name for name, page in zip(names, pages, strict=True) if page is None]


async def _of(name: str, trace_id: str | None) -> list[KeptSpan] | None:
    try:
        actor = ray.get_actor(name, namespace=NAMESPACE)
        async with asyncio.timeout(ANSWER_S):
            return decode_spans(await actor.spans.remote(trace_id))
    except (ray.exceptions.RayError, ValueError, TimeoutError) as error:
        logger.debug("no spans", process=name, error=repr(error))
        return None
