"""Calls about traces: what took how long on a message's way, as far as processes still keep it."""

from collections.abc import Sequence
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query

from actors.telemetry import KeptSpan
from gateway.api.context import Context, within
from gateway.api.errors import NotFound
from gateway.api.models import Problem
from gateway.api.needs import Reads
from gateway.trace_views import SpanView, Traces, TraceSummary, TraceView

MOST = 1000

router = APIRouter(
    prefix="/v1/traces",
    tags=["cluster"],
    responses={status: {"model": Problem} for status in (401, 422, 503, 504)},
)


@router.get("")
async def list_traces(
    shared: Reads,
    *,
    order: Annotated[
        Literal["newest", "slowest"], Query(description="What comes first.")
    ] = "newest",
    limit: Annotated[int, Query(ge=1, le=MOST)] = 100,
) -> Traces:
    """List the traces of which processes still keep spans: sampled messages, and what was slow.

    A trace may have lost its older stages, for each process keeps its last spans alone.
    """
    kept, unreachable = await _spans(shared, None)
    traces: dict[str, list[KeptSpan]] = {}
    for span in kept:
        traces.setdefault(span.trace_id, []).append(span)
    found = [_summary(spans) for spans in traces.values()]
    found.sort(
        key=lambda one: (-one.began if order == "newest" else -one.seconds, one.id),
    )
    return Traces(found[:limit], len(found), unreachable)


@router.get("/{trace_id}", responses={404: {"model": Problem}})
async def get_trace(
    trace_id: Annotated[str, Path(pattern=r"^[0-9a-f]{32}$")], shared: Reads
) -> TraceView:
    """Read one trace: its stages in all processes, in the order in which they began."""
    kept, unreachable = await _spans(shared, trace_id)
    if not kept:
        silent = f"; {', '.join(unreachable)} did not answer" if unreachable else ""
        raise NotFound(f"no process keeps spans of {trace_id} any more{silent}")
    whole = _summary(kept)
    return TraceView(
        id=trace_id, began=whole.began, seconds=whole.seconds, slow=whole.slow,
        spans=[
            SpanView(
                span_id=one.span_id, parent_id=one.parent_id, name=one.name, process=one.process,
                began=one.began, ended=one.ended, attributes=one.attributes, error=one.error,
            )
            for one in _in_order(kept)
        ],
        unreachable=unreachable,
    )  # fmt: skip


async def _spans(shared: Context, trace_id: str | None) -> tuple[list[KeptSpan], list[str]]:
    return await within(
        shared.limits.read_s,
        shared.services.spans(trace_id),
        f"the processes did not say within {shared.limits.read_s:g} s; ask again",
    )


def _in_order(spans: Sequence[KeptSpan]) -> list[KeptSpan]:
    return sorted(spans, key=lambda one: (one.began, one.ended, one.span_id))


def _summary(spans: Sequence[KeptSpan]) -> TraceSummary:
    order = _in_order(spans)
    first, began = order[0], order[0].began
    twins = [one.attributes["twin_id"] for one in order if "twin_id" in one.attributes]
    types = [one.attributes["type"] for one in order if "type" in one.attributes]
    return TraceSummary(
        id=first.trace_id,
        began=began,
        seconds=max(one.ended for one in order) - began,
        twin_id=str(twins[0]) if twins else None,
        type=str(types[0]) if types else None,
        names=list(dict.fromkeys(one.name for one in order)),
        spans=len(order),
        processes=sorted({one.process for one in order}),
        slow=any(one.slow for one in order),
        failed=any(one.error is not None for one in order),
    )
