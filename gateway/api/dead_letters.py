"""Calls about dead letters: what gateways refused for good, the newest first; and once more.

What was refused when it came may be right by now: the kind knows the field, the device is known.
Replayed, it is sent to the gateway as it was, which judges it anew.
"""

from contextlib import suppress
from hashlib import sha256
from typing import Annotated, Any, Final

import msgspec
from fastapi import APIRouter, Path, Query
from msgspec import msgpack, structs

from actors.words import RESERVED
from gateway.api.context import Context, Key, Kind, within
from gateway.api.errors import Conflict, NotFound
from gateway.api.models import Answer, Problem
from gateway.api.needs import Operates, Reads, reached
from gateway.api.sending import send
from gateway.dead_letters import DeadLetter
from gateway.twin_views import Sent
from twins.event import Message
from twins.ids import PART, split

MOST = 1000

router = APIRouter(
    prefix="/v1/dead-letters",
    tags=["cluster"],
    responses={status: {"model": Problem} for status in (401, 422, 503, 504)},
)


LetterId = Annotated[str, Path(pattern="^[0-9a-f]{32}$", description="As the list names it.")]

_FORMS: Final = (msgpack.Decoder(Message[Any]), msgspec.json.Decoder(Message[Any]))


class DeadLetterView(Answer):
    """One refused message, or several of one device for the same reason."""

    id: str
    """By which it is replayed."""
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
    whole: bool
    """Whether all of the message is kept; else it cannot be replayed."""
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
    found = await _read(shared, of_kind, key, limit)
    return DeadLetters(items=[_view(letter) for letter in reversed(found)])


@router.post(
    "/{kind}/{key}/{letter_id}/replay",
    status_code=202,
    responses={status: {"model": Problem} for status in (403, 404, 409)},
)
async def replay_dead_letter(kind: Kind, key: Key, letter_id: LetterId, shared: Operates) -> Sent:
    """Send a refused message once more, as it was; of several that one stands for, the first.

    Repeated, it counts once. What the gateway says now is the answer.
    """
    found = await _read(shared, kind, key, MOST)
    letter = next((one for one in found if _id(one) == letter_id), None)
    if letter is None:
        raise NotFound(f"no such letter of {kind}/{key} is kept any more")
    if len(letter.payload) < letter.size:
        raise Conflict("only its beginning is kept; let the device send it anew")
    if letter.type.startswith(RESERVED):
        raise Conflict(f"{letter.type}: only Vigil itself says that")
    message = _message(letter)
    if message.id is None and message.sequence is None:
        message = structs.replace(message, id=f"letter-{letter_id}")
    message = structs.replace(message, data=reached(shared, kind, message.data))
    return await send(
        shared, f"{kind}/{key}", letter.type, msgpack.encode(message),
        "inside" if letter.way == "inside" else "device", message.id or f"letter-{letter_id}",
    )  # fmt: skip


async def _read(shared: Context, kind: str, key: str, most: int) -> list[DeadLetter]:
    return await within(
        shared.limits.read_s,
        shared.services.dead_letters(kind, key, most),
        f"the letters were not read within {shared.limits.read_s:g} s; ask for fewer",
    )


def _id(letter: DeadLetter) -> str:
    # What a stranger wrote need not be text that can be encoded.
    names = repr((letter.at, letter.kind, letter.key, letter.type, letter.reason))
    return sha256(names.encode() + letter.payload).hexdigest()[:32]


def _message(letter: DeadLetter) -> Message[Any]:
    for form in _FORMS:
        with suppress(msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return form.decode(letter.payload)
    raise Conflict("it is no message that can be read; let the device send it anew")


def _view(letter: DeadLetter) -> DeadLetterView:
    return DeadLetterView(
        id=_id(letter), whole=len(letter.payload) >= letter.size, at=letter.at,
        twin_id=_clean(f"{letter.kind}/{letter.key}"),
        partition=letter.partition, type=_clean(letter.type), way=letter.way, reason=letter.reason,
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
