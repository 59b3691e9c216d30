"""Asking: calls of twins through the log, with what they refuse as problems."""

from typing import Any, Final

from actors.errors import AskFailed
from gateway.api.context import Context, within
from gateway.api.errors import ApiError, Conflict, Invalid, NotSettable, Stale
from gateway.api.events import Places
from gateway.api.idempotency import event_id_of
from twins.event import encode_message

REFUSALS: Final[dict[str, type[ApiError]]] = {
    "BadPayload": Invalid,
    "ValidationError": Invalid,
    "DecodeError": Invalid,
    "NotPatchable": NotSettable,
    "StaleRevision": Stale,
    "RulebookRefused": Conflict,
}
"""What a handler raises -> what the caller is told; all else is `AskFailed`, a conflict."""


def wire_size(data: Any) -> int:
    """How many bytes data takes in the log; raises `Invalid` for what cannot be written there."""
    try:
        return len(encode_message(data))
    except (OverflowError, ValueError, TypeError, RecursionError) as error:
        raise Invalid(f"the data cannot be put on the wire: {error}") from error


async def asked(shared: Context, twin_id: str, name: str, data: Any, key: str | None = None) -> Any:
    """Call a twin, and return its answer as plain data.

    Args:
        shared: The context.
        twin_id: Whom.
        name: Of the call, without `ask.`.
        data: As its payload declares it.
        key: The caller's `Idempotency-Key`: repeated with it, the call counts once.
    """
    event_id = event_id_of(key)
    wire_size(data)
    ids = {"twin_id": twin_id, "event_id": event_id}
    with Places(shared, 1):
        try:
            return await within(
                shared.limits.read_s,
                shared.services.ask(twin_id, name, data, event_id),
                f"no answer within {shared.limits.read_s:g} s; call again with the header "
                f"`Idempotency-Key: {event_id}`, it counts once",
            )
        except AskFailed as error:
            cause, _, text = str(error).partition(": ")
            if cause in REFUSALS:
                raise REFUSALS[cause](text, **ids) from None
            raise
