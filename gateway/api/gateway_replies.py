"""Gateway replies: what came of an event that the API handed to a gateway."""

from collections.abc import Awaitable

import msgspec
from msgspec import Struct
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.errors import MaxPayloadError, NoRespondersError

from gateway.api.services import Ack, Refusal

NO_GATEWAY = "no gateway takes events of this twin at the moment; send it again"

MOVED = 20105
"""The gateways' code for: another gateway takes this partition over."""


class _Error(Struct):
    code: int = 500
    err_code: int = 0
    description: str = "refused without a reason"


class _Reply(Struct):
    """JetStream's acknowledgement, or its error."""

    stream: str = ""
    seq: int = 0
    error: _Error | None = None


_decode_reply = msgspec.json.Decoder(_Reply).decode


async def taken(request: Awaitable[Msg]) -> Ack | Refusal:
    """What came of a request; raises `TimeoutError` when nobody can say."""
    try:
        return _read(await request)
    except NoRespondersError:
        return Refusal(MOVED, NO_GATEWAY)
    except MaxPayloadError:
        return Refusal(413, "the event is larger than the server takes")
    except TimeoutError:
        raise
    except (NatsError, OSError) as error:
        raise TimeoutError(f"the connection to the log broke: {error!r}") from error


def _read(message: Msg) -> Ack | Refusal:
    try:
        reply = _decode_reply(message.data)
        if reply.error is None:
            return Ack(int(reply.stream.removeprefix("LOG_")), reply.seq)
    except (msgspec.DecodeError, ValueError) as error:
        raise TimeoutError(f"the gateway's answer makes no sense: {error}") from error
    error_ = reply.error
    code = MOVED if error_.err_code == MOVED else error_.code
    return Refusal(code, error_.description)


def plain(answer: Ack | Refusal) -> Ack | Refusal:
    """`MOVED` stands for itself only among ourselves."""
    if isinstance(answer, Refusal) and answer.code == MOVED:
        return Refusal(503, answer.reason)
    return answer
