"""The connection of Vigil's own processes to the NATS server."""

import structlog
from msgspec import Struct

from actors.wire import BatchClient

logger = structlog.get_logger(__name__)

AGAIN_S = 0.2
PENDING_BYTES = 64 * 1024 * 1024


class NatsAddress(Struct, frozen=True):
    """Where the server is, and as whom Vigil's own parts sign in."""

    url: str
    user: str
    password: str


async def connect(address: NatsAddress, name: str) -> BatchClient:
    """Connect, and stay connected: it tries again every 0.2 s for ever."""

    async def complain(error: Exception) -> None:
        logger.warning("nats", name=name, error=repr(error))

    client = BatchClient()
    await client.connect(
        address.url,
        user=address.user,
        password=address.password,
        name=name,
        allow_reconnect=True,
        max_reconnect_attempts=-1,
        reconnect_time_wait=AGAIN_S,  # type: ignore[arg-type]  # it sleeps for so long, and a part of a second will do
        connect_timeout=2,
        ping_interval=5,
        max_outstanding_pings=2,
        pending_size=PENDING_BYTES,
        error_cb=complain,
    )
    return client
