"""Sending: events for twins through the gateway, with what it refuses as problems."""

from typing import Any

import msgspec

from gateway.api.context import Context
from gateway.api.errors import Invalid, NoAnswer
from gateway.api.events import Places, took
from gateway.api.services import Sender
from gateway.twin_views import Sent
from twins.event import MAX_DATA_BYTES, encode_message


async def send(
    shared: Context, twin_id: str, event_type: str, body: bytes, sender: Sender, event_id: str
) -> Sent:
    """Send one event; the answer comes when it is durable.

    Args:
        shared: The context.
        twin_id: To whom.
        event_type: What.
        body: As `wire` makes it.
        sender: In whose name.
        event_id: The caller's `Idempotency-Key`: repeated with it, the event counts once.
    """
    ids = {"twin_id": twin_id, "event_id": event_id}
    with Places(shared, 1):
        try:
            answer = await shared.services.send(
                twin_id, event_type, body, sender, shared.limits.send_s
            )
        except TimeoutError as error:
            raise NoAnswer(
                "the log did not answer in time; send it again with the header "
                f"`Idempotency-Key: {event_id}`, it counts once",
                **ids,
            ) from error
    ack = took(answer, **ids)
    return Sent(twin_id=twin_id, event_id=event_id, partition=ack.partition, position=ack.position)


def wire(data: Any, **attributes: Any) -> bytes:
    """A message as the log takes it; raises `Invalid` for what cannot be written there."""
    try:
        body = encode_message(data, **attributes)
    except (OverflowError, ValueError, TypeError, RecursionError, msgspec.MsgspecError) as error:
        raise Invalid(f"the data cannot be put on the wire: {error}") from error
    if len(body) > MAX_DATA_BYTES:
        raise Invalid(f"the data takes {len(body)} bytes; the limit is {MAX_DATA_BYTES}")
    return body
