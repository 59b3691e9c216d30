"""Commands to devices: published to `commands.<kind>.<key>.<name>`.

Sent means that the server passed it to a connected subscriber; that it arrived, the device says
itself. The device recognises a command by its id, so it may be sent again.
"""

from typing import Any

from msgspec import msgpack
from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.errors import NoRespondersError

from actors.effects.deliverer import NotNow, Promise
from twins.ids import split
from twins.outputs import Effect

_encode = msgpack.Encoder().encode


class DeviceDeliverer:
    """Publishes commands."""

    promise = Promise.IDEMPOTENT

    def __init__(self, client: Client, timeout_s: float = 2.0) -> None:
        self._client = client
        self._timeout_s = timeout_s

    async def deliver(self, effect: Effect) -> Any:
        """Publish the command; `NotNow` while no device listens."""
        kind, key = split(effect.address)
        request = dict(effect.request)
        if effect.traceparent:
            request["traceparent"] = effect.traceparent
        subject = f"commands.{kind}.{key}.{request['name']}"
        client, connections = self._client, self._client.stats["reconnects"]
        if not client.is_connected:
            raise NotNow(f"{subject}: no connection to the NATS server")
        try:
            # Asked as a request, so that the server says when nobody is subscribed. A device
            # answers with an empty message; an MQTT device cannot, and silence counts as sent.
            await client.request(subject, _encode(request), timeout=self._timeout_s)
        except NoRespondersError as error:
            raise NotNow(f"{effect.address} is not connected") from error
        except TimeoutError as error:
            if client.is_connected and client.stats["reconnects"] == connections:
                return {"sent": True, "heard": False}
            # It may have stayed in this process.
            raise NotNow(f"{subject}: the connection to the NATS server was lost") from error
        except NatsError as error:
            raise NotNow(f"{subject}: {error!r}") from error
        return {"sent": True, "heard": True}

    async def lookup(self, effect: Effect) -> Any | None:
        """Not needed: repeating is harmless."""
        return await self.deliver(effect)
