"""Serviced: the devices that a customer has, how well they serve her, and what she says of it.

A device's twin tells once a day, and when something that was wrong with it is over: how long it was
watched, how long it was not to be had, and whether it was used (`twins.devices.serving`). Here that
is kept by week. What she says is kept with how the device had served her by then.
"""

from typing import Annotated, Final

from msgspec import Meta, Struct, field

from twins.devices.serving import DeviceJoined, DeviceLeft, DeviceServed
from twins.handler import told
from twins.ids import TwinId
from twins.people.value import Valued
from twins.units import Text, Time, Token

MAX_DEVICES: Final = 16
MAX_WEEKS: Final = 5
"""So many weeks are looked at, the one that goes on included."""

MAX_ANSWERS: Final = 50
"""So many answers are kept."""

RECENT: Final = 10
"""A device's satisfaction is the mean of so many answers, the last ones."""

_WEEK_S: Final = 7 * 86_400.0


class Satisfaction(Struct, kw_only=True, omit_defaults=True):
    """What a customer says: `satisfaction.answered`."""

    score: Annotated[int, Meta(ge=0, le=10)]
    """10 is best."""
    device: TwinId | None = None
    arrangement_id: Token | None = None
    text: Text = ""
    at: Time | None = None
    """When; default: the event's time."""


class Answered(Struct, kw_only=True, omit_defaults=True):
    """What she said, and how the device had served her by then."""

    score: int
    at: float
    device: str | None = None
    arrangement_id: str | None = None
    text: str = ""
    availability: float | None = None
    use: float | None = None


class Week(Struct, kw_only=True, omit_defaults=True):
    """How a device served in one week."""

    number: int
    """Weeks since the epoch."""
    watched_s: float = 0.0
    down_s: float = 0.0
    days: int = 0
    """Reports of a whole day."""
    used: int = 0
    """Of them those in which it was used."""


class Device(Struct, kw_only=True, omit_defaults=True):
    """One device that she has."""

    since: float
    description: str = ""
    weeks: list[Week] = []
    """The oldest first."""
    availability: float | None = None
    """Share of the last weeks in which nothing was wrong with it, 0 to 1; None: not known yet."""
    use: float | None = None
    """Share of the last weeks' days in which it was used."""
    satisfaction: float | None = None
    """Mean of what she said of it lately, 0 to 10."""

    def add(self, served: DeviceServed) -> None:
        """Count a report."""
        number = int(served.until // _WEEK_S)
        week = next((one for one in self.weeks if one.number == number), None)
        if week is None:
            week = Week(number=number)
            self.weeks = sorted([*self.weeks, week], key=lambda one: one.number)[-MAX_WEEKS:]
        week.watched_s += served.watched_s
        week.down_s += served.down_s
        if served.used is not None:
            week.days += 1
            week.used += served.used
        newest = self.weeks[-1].number
        weeks = [one for one in self.weeks if one.number > newest - MAX_WEEKS]
        watched = sum(one.watched_s for one in weeks)
        days = sum(one.days for one in weeks)
        if watched:
            self.availability = 1.0 - sum(one.down_s for one in weeks) / watched
        if days:
            self.use = sum(one.used for one in weeks) / days


class Serviced(Valued):
    """Base of persons who have devices."""

    devices: dict[str, Device] | None = None
    """By twin id, those first that she has longest."""
    answers: list[Answered] = field(default_factory=list)
    """What she said last, the oldest first."""

    @told("device.joined")
    def device_joined(self, joined: DeviceJoined) -> None:
        """A device is hers now."""
        devices = self.devices or {}
        known = devices.get(joined.device)
        if known is not None:
            known.description = joined.description
        elif len(devices) < MAX_DEVICES:
            devices[joined.device] = Device(since=joined.at, description=joined.description)
        self.devices = devices or None

    @told("device.left")
    def device_left(self, left: DeviceLeft) -> None:
        """It is somebody else's."""
        if self.devices is not None:
            self.devices.pop(left.device, None)
            self.devices = self.devices or None

    @told("device.served")
    def device_served(self, served: DeviceServed) -> None:
        """A device tells how it served her."""
        device = (self.devices or {}).get(served.device)
        if device is not None:
            device.add(served)

    @told("satisfaction.answered")
    def satisfaction_answered(self, said: Satisfaction) -> None:
        """Keep what she says, with how well she was served."""
        device = (self.devices or {}).get(said.device or "")
        self.answers.append(
            Answered(
                score=said.score,
                at=self.event.time if said.at is None else said.at,
                device=said.device,
                arrangement_id=said.arrangement_id,
                text=said.text,
                availability=None if device is None else device.availability,
                use=None if device is None else device.use,
            )
        )
        self.answers.sort(key=lambda answer: answer.at)
        del self.answers[:-MAX_ANSWERS]
        if device is not None:
            scores = [one.score for one in self.answers if one.device == said.device][-RECENT:]
            device.satisfaction = sum(scores) / len(scores) if scores else None
