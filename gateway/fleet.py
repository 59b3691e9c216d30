"""Fleet: many devices of one kind behind one connection.

For simulations, and for edge gateways that speak for the devices behind them.

    async with Fleet("vehicle", url, token) as fleet:
        cars = [fleet.device(f"v{number}") for number in range(500)]
        await cars[0].send("telemetry", {"coolant_c": 91.5})

The token is that of the user `vehicle/*`.
"""

import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from gateway.auth import FLEET
from gateway.device import Device, DeviceStatistics, Handler
from gateway.link import Link
from gateway.window import Item
from twins.ids import split


class Fleet:
    """Devices of one kind behind one connection; each has its own numbers and its own order.

    Args:
        kind: Of all its devices.
        url: Of the NATS server.
        token: Device token of `<kind>/*`.
        clock: Seconds since the epoch.
        folder: Where devices keep what is not acknowledged, a file each; None for memory.
        limit: Most messages kept for each device.
    """

    def __init__(
        self,
        kind: str,
        url: str,
        token: str,
        *,
        clock: Callable[[], float] = time.time,
        folder: Path | None = None,
        limit: int = 1000,
    ) -> None:
        split(f"{kind}/any")
        self.kind = kind
        self._clock = clock
        self._folder = folder
        self._limit = limit
        self._devices: dict[str, Device] = {}
        self.link = Link(
            url,
            f"{kind}/*",
            token,
            inbox=f"_INBOX.{kind}.{FLEET}",
            commands=f"commands.{kind}.>",
        )

    async def __aenter__(self) -> Self:
        self.link.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    def device(
        self,
        key: str,
        *,
        handle: Handler | None = None,
        report: Callable[[Item, str], None] | None = None,
    ) -> Device:
        """The device of this key; made at the first call, the same ever after."""
        device = self._devices.get(key)
        if device is None:
            device = self._devices[key] = Device(
                f"{self.kind}/{key}",
                clock=self._clock,
                store=None if self._folder is None else self._folder / f"{key}.db",
                limit=self._limit,
                handle=handle,
                report=report,
                link=self.link,
            )
        return device

    async def settled(self) -> None:
        """Wait until no device has anything left to be acknowledged."""
        for device in list(self._devices.values()):
            await device.settled()

    async def close(self) -> None:
        """End; what is not acknowledged stays in the folder, if there is one."""
        await self.link.close()
        for device in self._devices.values():
            await device.close()

    def statistics(self) -> list[DeviceStatistics]:
        """What each device did so far."""
        return [device.statistics() for device in self._devices.values()]
