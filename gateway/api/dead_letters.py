"""Calls about dead letters: what gateways refused for good, the newest first."""

from contextlib import suppress
from typing import Annotated

import msgspec
from fastapi import APIRouter, Query
from msgspec import msgpack

from gateway.api.context import within
from gateway.api.models import Answer, Problem
from gateway.api.needs import Reads
from gateway.dead_letters import DeadLetter
from twins.ids import PART, split

MOST = 1000

router = APIRouter(
    prefix="/v1/dead-letters",
    tags=["cluster"],
    responses={status: {"model": Problem} for status in (401, 422, 503, 504)},
)


class DeadLetterView(Answer):
    """One refused message, or several of one device for the same reason."""

    at: float
    """When it was refused."""
    twin_id: str
    """Whose it would have been, as its sender wrote it; it need not be an id."""
    partition: int
    type: str
    way: str
    """`nats`, `mqtt`, `http` or `inside`."""
    reason: str
    """For programs."""
    description: str
    """What is wrong with it."""
    size: int
    """Bytes of the message."""
    count: int
    """How many are meant; `payload` is of the first."""
    payload: str
    """Its beginning: as text or JSON where it is that, else as `hex:…`."""


class DeadLetters(Answer):
    """Dead letters, the newest first."""

    items: list[DeadLetterView]


@router.get("")
async def list_dead_letters(
    shared: Reads,
    *,
    twin: Annotated[str | None, Query(max_length=129, description="Of this one alone.")] = None,
    kind: Annotated[str | None, Query(pattern=f"^{PART}$", description="Of this kind.")] = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 100,
) -> DeadLetters:
    """List what was refused for good: the newest `limit`, as far as they are kept."""
    of_kind, key = split(twin) if twin is not None else (kind or "*", "*")
    found = await within(
        shared.limits.read_s,
        shared.services.dead_letters(of_kind, key, limit),
        f"the letters were not read within {shared.limits.read_s:g} s; ask for fewer",
    )
    return DeadLetters(items=[_view(letter) for letter in reversed(found)])


def _view(letter: DeadLetter) -> DeadLetterView:
    return DeadLetterView(
        at=letter.at, twin_id=_clean(f"{letter.kind}/{letter.key}"), partition=letter.partition,
        type=_clean(letter.type), way=letter.way, reason=letter.reason,
        description=_clean(letter.description), size=letter.size, count=letter.count,
        payload=readable(letter.payload),
    )  # fmt: skip


def _clean(text: str) -> str:
    """Text that any reader takes: half a surrogate is none."""
    return text.encode("utf-8", "replace").decode()


def readable(payload: bytes) -> str:
    """The beginning of a message as people read it."""
    with suppress(UnicodeDecodeError):
        text = payload.decode()
        if all(each.isprintable() or each in "\n\r\t" for each in text):
            return text
    # What was cut off does not decode; then the bytes themselves have to do.
    with suppress(msgspec.MsgspecError, TypeError, ValueError, RecursionError):
        return msgspec.json.encode(msgpack.decode(payload)).decode()
    return f"hex:{payload.hex()}"
