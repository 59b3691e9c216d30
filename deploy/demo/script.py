"""Script: stories whose devices say what stands in a list. One `Tale` for each plot.

    class Told(Scripted):
        name, about, plots = "delivery", "a parcel is damaged on its way", (RESHIPPED, SOLD_OUT)

        def companies(self): ...          # who could help: providers of `load.providers.world`
        def tale(self, number, plot): ... # whose story it is, who there is, what is sent

Ids hold the run's number, so that a second run on one data folder meets nobody of the first.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar, Final

import structlog
from msgspec import Struct

from deploy.demo.cast import Cast, Master, Person
from deploy.demo.count import Given
from deploy.demo.plot import Plot
from deploy.demo.scene import FleetView
from deploy.demo.story import Players, Seat, Story
from deploy.demo.truths import Said
from deploy.demo.watch import LOOK_S, Telling
from gateway.device import Command, Device, Handler
from gateway.errors import CommandRefused
from gateway.fleet import Fleet
from load.providers.world import Provider, World
from twins.ids import split
from twins.people.casework import Shift
from twins.people.customer import CustomerSettings
from twins.people.desk import DeskSettings
from twins.people.employee import EmployeeSettings
from twins.people.messages import Channel
from twins.services.service import ServiceSettings
from twins.settings import UNSET

logger = structlog.get_logger(__name__)

TIME_SCALE: Final = 60.0
SETTLE_S: Final = 20.0
TAKE_S: Final = 4.0
"""How long an employee has to take a case, in seconds."""

Sleep = Callable[[float], Awaitable[None]]


class DeviceFault(Exception):
    """A device tried to obey, and could not."""


class Say(Struct, frozen=True):
    """One message of a device."""

    after_s: float
    """After the one before it; of the first, after the start."""
    event_type: str
    data: Any
    once: str = ""
    """A step of its tale's arrangement that has to be there before: then `after_s` begins. What
    follows from a step names it, and no time, for nobody knows how long a busy machine takes."""


class Obey(Struct, frozen=True, kw_only=True):
    """What a device does with a command."""

    detail: str | None = None
    """What it says when it is done."""
    refuses: str | None = None
    """Why it does not."""
    fails: str | None = None
    """What went wrong when it tried."""
    takes_s: float = 0.2
    then: tuple[Say, ...] = ()
    """What it sends when it has done it, or when it has failed to."""


class Part(Struct, frozen=True, kw_only=True):
    """What one device sends and does."""

    twin_id: str
    says: tuple[Say, ...] = ()
    obeys: Mapping[str, Obey] = {}
    """Command -> what it does."""


class Tale(Struct, frozen=True, kw_only=True):
    """How one plot is played."""

    twin_id: str
    """Whose story it is."""
    supervisor_id: str
    customer: str
    people: tuple[Person, ...] = ()
    masters: tuple[Master, ...] = ()
    """Who there is, beside the companies and the desk."""
    parts: tuple[Part, ...] = ()


class Scripted(Story):
    """Base of stories that are told from a list."""

    desk: ClassVar[str] = "desk/stories"
    skills: ClassVar[tuple[str, ...]] = ()
    """Of the employees; one for each, and a lead."""

    def __init__(self, seat: Seat) -> None:
        super().__init__(seat)
        self._urls = ("", "")
        self.now = seat.began_at
        """When the cast is told, a moment before the devices begin; seconds since the epoch."""
        self._tales: list[Tale] = []
        self._tellings: list[Telling] = []
        self._devices: Devices | None = None

    # -- what a story says -------------------------------------------------------------------

    def companies(self) -> Sequence[Provider]:
        """Who could help: nobody, unless a story says who."""
        return ()

    def services(self) -> Mapping[str, str]:
        """Twin id -> id of the provider behind it."""
        return {}

    def tale(self, number: int, plot: Plot) -> Tale:
        """How a plot is played; the first has number 1."""
        raise NotImplementedError

    def directory(self) -> DeskSettings:
        """With whom the desk works."""
        return DeskSettings()

    # -- helpers -----------------------------------------------------------------------------

    @property
    def tales(self) -> list[Tale]:
        """How all plots are played, made once."""
        if not self._tales:
            self._tales = [self.tale(number, plot) for number, plot in enumerate(self.plots, 1)]
        return self._tales

    def key(self, number: int, noun: str = "") -> str:
        """A key of this story, of this run."""
        return f"{self.name}{noun and f'-{noun}'}-{self.seat.memory.runs}-{number}"

    def item(self, name: str) -> str:
        """Something of a company, of this run: what an earlier one booked of it is not missed."""
        return f"{name}-{self.seat.memory.runs}"

    def person(self, number: int, name: str, app: str = "messenger", **more: Any) -> tuple[
        Person, Master
    ]:  # fmt: skip
        """A customer who reads English, and her master data."""
        key = self.key(number)
        person = Person(f"customer/{key}", name, "en", app)
        where = Channel(channel="webhook", address=f"{self._urls[1]}/{app}/{key}")
        settings = CustomerSettings(name=name, language="en", channels=[where], **more)
        return person, Master.of(person.id, settings)

    # -- the story ---------------------------------------------------------------------------

    def world(self) -> World:
        """The companies."""
        return World(providers=tuple(self.companies()), time_scale=TIME_SCALE)

    def cast(self, providers_url: str, inbox_url: str) -> Cast:
        """The desk with its employees, the companies, and who there is in each tale."""
        self._urls, self.now = (providers_url, inbox_url), time.time()
        masters = [*self._desk(), *self._services()]
        people: dict[str, Person] = {}
        for tale in self.tales:
            masters += tale.masters
            people |= {person.id: person for person in tale.people}
        desks = [each.twin_id for each in masters if each.twin_id.startswith("desk/")]
        return Cast(tuple(masters), people, tuple(desks))

    def _desk(self) -> Iterable[Master]:
        settings = self.directory()
        if settings.name is UNSET:
            settings.name = f"{self.name} desk"
        if settings.take_s is UNSET:
            settings.take_s = TAKE_S
        yield Master.of(self.desk, settings)
        for number, skill in enumerate((*self.skills, "lead"), 1):
            lead = skill == "lead"
            yield Master.of(
                f"employee/{self.name}-{number}",
                EmployeeSettings(
                    name=("Noor Bakker", "Tomas Lind", "Ines Ferrer", "Olga Weber")[number % 4],
                    skills=list(self.skills) if lead else [skill],
                    shift=Shift(), desk=self.desk, lead=lead,
                ),
            )  # fmt: skip

    def _services(self) -> Iterable[Master]:
        by_id = {provider.provider_id: provider for provider in self.companies()}
        for twin_id, provider_id in self.services().items():
            provider = by_id[provider_id]
            settings = ServiceSettings(
                base_url=f"{self._urls[0]}/providers/{provider_id}", name=provider.name
            )
            position = getattr(provider, "position", None)
            if position is not None:
                settings.position = position
            yield Master.of(twin_id, settings)

    def tellings(self) -> list[Telling]:
        """One for each plot."""
        self._tellings = [
            Telling(
                plot=plot, twin_id=tale.twin_id, supervisor_id=tale.supervisor_id,
                customer=tale.customer, fires_s=tale.parts[0].says[0].after_s,
            )
            for plot, tale in zip(self.plots, self.tales, strict=True)
        ]  # fmt: skip
        return self._tellings

    @property
    def kinds(self) -> tuple[str, ...]:
        """Of all devices."""
        parts = [part for tale in self.tales for part in tale.parts]
        return tuple(dict.fromkeys(split(part.twin_id)[0] for part in parts))

    def players(self, fleets: dict[str, Fleet], view: FleetView) -> Players:
        """The devices."""
        parts = [
            (part, telling)
            for tale, telling in zip(self.tales, self._tellings, strict=True)
            for part in tale.parts
        ]
        self._devices = Devices(parts, fleets, view)
        return self._devices

    @property
    def said(self) -> Sequence[Said]:
        """What the devices have really sent so far, in order."""
        return () if self._devices is None else self._devices.said

    def tale_of(self, telling: Telling) -> Tale:
        """How this one is played."""
        return self.tales[self.plots.index(telling.plot)]


class Devices:
    """Plays the parts of all devices, while `await run()` lasts.

    Args:
        parts: Each with the telling of its tale, as somebody else keeps it up to date.
        fleets: By kind.
        view: Is kept up to date.
        sleep: Waits.
    """

    def __init__(
        self,
        parts: Sequence[tuple[Part, Telling]],
        fleets: Mapping[str, Fleet],
        view: FleetView,
        *,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self.said: list[Said] = []
        """All that they have sent, in order."""
        self._parts = parts
        self._sleep = sleep
        self._fleets = fleets
        self._view = view
        self._devices: dict[str, Device] = {}
        self._after: set[asyncio.Task[None]] = set()
        for part, telling in parts:
            kind, key = split(part.twin_id)
            handle = self._obeying(part, telling)
            self._devices[part.twin_id] = fleets[kind].device(key, handle=handle)
        view.cars = len(parts)

    @property
    def twin_ids(self) -> list[str]:
        """Of all devices."""
        return list(self._devices)

    def _obeying(self, part: Part, telling: Telling) -> Handler:
        async def obey(command: Command) -> str | None:
            does = part.obeys.get(command.name)
            if does is None:
                raise CommandRefused(f"this device knows no command {command.name!r}")
            await self._sleep(does.takes_s)
            task = asyncio.create_task(self._say(part.twin_id, does.then, telling))
            self._after.add(task)
            task.add_done_callback(self._after.discard)
            if does.refuses is not None:
                raise CommandRefused(does.refuses)
            if does.fails is not None:
                raise DeviceFault(does.fails)
            return does.detail

        return obey

    async def _say(self, twin_id: str, says: Iterable[Say], telling: Telling) -> None:
        for say in says:
            while say.once and not _happened(telling, say.once):
                await self._sleep(LOOK_S)
            await self._sleep(say.after_s)
            at = time.time()
            await self._devices[twin_id].send(say.event_type, say.data, at=at)
            self.said.append(Said(twin_id, say.event_type, say.data, at))

    async def run(self) -> None:
        """Send every message when it is due; then go on obeying, until cancelled."""
        async with asyncio.TaskGroup() as group:
            for part, telling in self._parts:
                group.create_task(self._say(part.twin_id, part.says, telling))
            group.create_task(self._count())

    async def _count(self) -> None:
        before, view = 0, self._view
        while True:
            await self._sleep(1.0)
            given = self.given().values()
            view.sent = sum(each.sent for each in given)
            view.acknowledged = sum(each.acknowledged for each in given)
            view.waiting = view.sent - view.acknowledged - sum(each.refused for each in given)
            view.rates.append(view.acknowledged - before)
            before = view.acknowledged

    async def settle(self) -> bool:
        """Wait for the last acknowledgements; returns whether all came."""
        try:
            async with asyncio.timeout(SETTLE_S):
                for fleet in self._fleets.values():
                    await fleet.settled()
        except TimeoutError:
            logger.warning("not all acknowledged", waiting=self._view.waiting)
            return False
        return True

    def given(self) -> dict[str, Given]:
        """Twin id -> what its device sent so far."""
        found = {}
        for fleet in self._fleets.values():
            for statistics in fleet.statistics():
                messages = statistics.messages
                found[statistics.twin_id] = Given(
                    sent=messages.sent,
                    acknowledged=messages.acknowledged,
                    refused=messages.refused + messages.dropped,
                )
        return found


def _happened(telling: Telling, name: str) -> bool:
    """Whether a step was seen."""
    arr = telling.facts.arrangement
    return arr is not None and any(step.name == name for step in arr.steps)
