"""`POST /v1/events`: events from devices, as CloudEvents. 202 means durable in the log.

Three forms, told apart by the content type: one event (`application/cloudevents+json`), a batch
(`application/cloudevents-batch+json`), or one event whose attributes stand in `ce-…` headers.
"""

import asyncio
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Request, Response

from gateway.api.access import Device, device_of
from gateway.api.cloudevents import BATCH, STRUCTURED, Envelope, binary, parse_json, structured
from gateway.api.context import Context
from gateway.api.errors import (
    ApiError,
    Invalid,
    NoAnswer,
    Overloaded,
    RefusedByGateway,
    TooLarge,
    Unsupported,
)
from gateway.api.models import EventResult, EventsAnswer, Problem
from gateway.api.needs import ByDevice
from gateway.api.problems import problem_of
from gateway.api.services import Ack, Refusal

MULTI_STATUS = int(HTTPStatus.MULTI_STATUS)
ACCEPTED = int(HTTPStatus.ACCEPTED)

router = APIRouter(tags=["devices"])

_EVENT_SCHEMA = {
    "type": "object",
    "required": ["specversion", "id", "source", "type", "subject"],
    "properties": {
        "specversion": {"const": "1.0"},
        "id": {"type": "string"},
        "source": {"type": "string"},
        "type": {"type": "string", "examples": ["telemetry"]},
        "subject": {"type": "string", "examples": ["vehicle/v17"]},
        "time": {"type": "string", "format": "date-time"},
        "data": {},
        "data_base64": {"type": "string"},
        "datacontenttype": {"type": "string"},
        "boot": {"type": "integer", "minimum": 0},
        "sequence": {"type": "integer", "minimum": 0},
        "base": {"type": "integer", "minimum": 0},
        "traceparent": {"type": "string"},
    },
}
_BODY = {
    "required": True,
    "content": {
        STRUCTURED: {"schema": _EVENT_SCHEMA},
        BATCH: {"schema": {"type": "array", "items": _EVENT_SCHEMA}},
        "application/json": {"schema": {"description": "The data, with `ce-…` headers."}},
    },
}


@router.post(
    "/v1/events",
    status_code=ACCEPTED,
    openapi_extra={"requestBody": _BODY},
    responses={
        MULTI_STATUS: {"model": EventsAnswer, "description": "Some of a batch were refused"},
        **{
            status: {"model": Problem}
            for status in (401, 403, 404, 413, 415, 422, 429, 503, 504, 507)
        },
    },
)
async def post_events(request: Request, response: Response, shared: ByDevice) -> EventsAnswer:
    """Take one event or a batch; the answer comes when all are durable, or says which are not.

    A batch is no transaction: what is durable stays so when another event of it is refused.
    Repeat what was refused or unknown with the same ids; what is known already is not applied
    again.
    """
    device = device_of(shared.keys, request)
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    body = await request.body()
    if content_type == BATCH:
        results = await _batch(shared, device, request, body)
    else:
        results = [await _single(shared, device, request, content_type, body)]
    refused = sum(result.problem is not None for result in results)
    if refused:
        response.status_code = MULTI_STATUS
    return EventsAnswer(events=results, accepted=len(results) - refused, refused=refused)


async def _single(
    shared: Context, device: Device, request: Request, content_type: str, body: bytes
) -> EventResult:
    """One event: refusals are the answer's own status."""
    now = shared.services.clock()
    if content_type == STRUCTURED:
        event = structured(parse_json(body), now, request.headers.get("traceparent"))
    elif "ce-specversion" in request.headers:
        event = binary(request.headers, body, now)
    else:
        raise Unsupported(
            f"send {STRUCTURED}, {BATCH}, or ce-… headers (CloudEvents 1.0, binary mode); "
            f"this is {content_type[:100] or 'without a content type'!r}"
        )
    device.check(event.twin_id)
    with Places(shared, 1):
        return await _send(shared, event)


async def _batch(
    shared: Context, device: Device, request: Request, body: bytes
) -> list[EventResult]:
    """Many events: each has its own result; events of one twin keep their order."""
    events = parse_json(body)
    if not isinstance(events, list):
        raise Invalid("a batch is a JSON array of events; see CloudEvents 1.0, JSON batch format")
    if len(events) > shared.limits.batch:
        raise TooLarge(f"{len(events)} events; send at most {shared.limits.batch} at once")
    now = shared.services.clock()
    traceparent = request.headers.get("traceparent")

    def read(event: Any) -> Envelope | EventResult:
        try:
            envelope = structured(event, now, traceparent)
            device.check(envelope.twin_id)
        except ApiError as error:
            return _refused(error)
        return envelope

    async def send(event: Envelope | EventResult) -> EventResult:
        if isinstance(event, EventResult):
            return event
        try:
            return await _send(shared, event)
        except Exception as error:
            if problem_of(error) is None:
                raise
            return _refused(error, event)

    with Places(shared, len(events)):
        # `Services.send` publishes in the order of the calls, and tasks begin in this order.
        return await asyncio.gather(*(send(read(event)) for event in events))


async def _send(shared: Context, event: Envelope) -> EventResult:
    ids = {"twin_id": event.twin_id, "event_id": event.id}
    try:
        answer = await shared.services.send(
            event.twin_id, event.type, event.body, "device", shared.limits.send_s
        )
    except TimeoutError as error:
        raise NoAnswer(
            "the log did not answer in time; send the same event again, it counts once", **ids
        ) from error
    result = took(answer, **ids)
    return EventResult(
        id=event.id,
        subject=event.twin_id,
        status=ACCEPTED,
        partition=result.partition,
        position=result.position,
    )


def took(answer: Ack | Refusal, **ids: str) -> Ack:
    """The acknowledgement; a refusal is raised."""
    if isinstance(answer, Refusal):
        raise RefusedByGateway(answer.reason, answer.code, **ids)
    return answer


def _refused(error: Exception, event: Envelope | None = None) -> EventResult:
    found = problem_of(error)
    assert found is not None
    content, _ = found
    if event is not None:
        content |= {"event_id": event.id, "twin_id": event.twin_id}
    return EventResult(
        id=content.get("event_id"),
        subject=content.get("twin_id"),
        status=content["status"],
        problem=Problem(**content),
    )


class Places:
    """So many places among the events under way; raises `Overloaded` when there are too few."""

    def __init__(self, shared: Context, count: int) -> None:
        self._shared = shared
        self._count = count

    def __enter__(self) -> None:
        shared, counts = self._shared, self._shared.counts
        if counts.in_flight + self._count > shared.limits.in_flight:
            raise Overloaded(
                f"{counts.in_flight} events are under way, at most {shared.limits.in_flight} may "
                "be; send the same again a little later"
            )
        counts.in_flight += self._count

    def __exit__(self, *_: object) -> None:
        self._shared.counts.in_flight -= self._count
