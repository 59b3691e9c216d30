"""Serving: a device tells its owner how well it serves her: once a day, never with a reading.

It is down while an arrangement or a case is open for it; it is used on a day on which it measured
something. Both are known without looking at readings: what is open stands in the record, and the
time of the newest reading in `stamp`.
"""

from typing import Final

from msgspec import Struct

from twins.devices.commands import Commanded
from twins.handler import due, told
from twins.ids import CustomerId, TwinId, digest
from twins.record import Closed, note_closed
from twins.units import Seconds, Short, Time

DAY_S: Final = 86_400.0


class DeviceJoined(Struct, kw_only=True, omit_defaults=True):
    """Tells a customer that a device is hers: `device.joined`."""

    device: TwinId
    description: Short = ""
    at: Time


class DeviceLeft(Struct, kw_only=True):
    """Tells her that it is hers no more: `device.left`."""

    device: TwinId


class DeviceServed(Struct, kw_only=True, omit_defaults=True):
    """Tells her how it served: `device.served`. All of it since the report before."""

    device: TwinId
    until: Time
    watched_s: Seconds
    down_s: Seconds = 0.0
    """Of it, while something was open for it."""
    used: bool | None = None
    """Whether it was used on the day that is over; None: the day goes on."""


class Service(Struct, kw_only=True, omit_defaults=True):
    """How it serves its owner."""

    owner: str
    told_to: float
    """Up to when she has been told (log time)."""
    down_s: float = 0.0
    """Since then, as far as it is over."""
    counted_to: float = 0.0
    """Up to when `down_s` is counted."""
    day_from: float = 0.0
    """When the day began that goes on."""


class Serving(Commanded):
    """Base of devices that belong to somebody."""

    owner: CustomerId | None = None
    service: Service | None = None

    def serve_owner(self, description: str = "") -> None:
        """Its owner may be another one; she is told, and so is the one before."""
        before = self.service
        if before is not None and before.owner != self.owner:
            self.tell(before.owner, "device.left", DeviceLeft(device=self.id))
            self.service = None
            self.forget("serving.day")
        if self.owner is None:
            return
        if self.service is None:
            self.service = Service(
                owner=self.owner, told_to=self.now, counted_to=self.now, day_from=self.now
            )
            # Where in the day it reports is drawn from its id, so that not all do so at once.
            share = int(digest(self.id, "serving"), 16) / 2**64
            self.remind("serving.day", after_s=DAY_S * (1 + share))
        joined = DeviceJoined(device=self.id, description=description, at=self.service.day_from)
        self.tell(self.owner, "device.joined", joined)

    @told("context.closed")
    def context_closed(self, closed: Closed) -> None:
        """That is over; if nothing else is open, it serves again."""
        self._count_down()
        was_open = self.record is not None and closed.arrangement_id in self.record.open
        note_closed(self, closed.arrangement_id)
        if was_open:
            self._tell_served()

    @due("serving.day")
    def serving_day(self) -> None:
        """A day is over."""
        self._count_down()
        service = self.service
        if service is not None:
            self._tell_served(used=self.stamp > service.day_from)
            service.day_from = self.now
            self.remind("serving.day", after_s=DAY_S)

    def _count_down(self) -> None:
        """Count the time until now in which anything was open."""
        service = self.service
        if service is None:
            return
        if self.record is not None and self.record.open:
            began = min(since for _, since in self.record.open.values())
            service.down_s += max(0.0, self.now - max(began, service.counted_to))
        service.counted_to = self.now

    def _tell_served(self, *, used: bool | None = None) -> None:
        service = self.service
        if service is None:
            return
        served = DeviceServed(
            device=self.id,
            until=self.now,
            watched_s=self.now - service.told_to,
            down_s=service.down_s,
            used=used,
        )
        self.tell(service.owner, "device.served", served)
        service.told_to, service.down_s = self.now, 0.0
