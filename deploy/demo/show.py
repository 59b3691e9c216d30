"""Show: one run of the demo, from an empty folder or from where the last one ended."""

import asyncio
import getpass
import platform
import time
from collections.abc import AsyncIterator, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, Final

import httpx2
import psutil
import structlog
from msgspec import Struct, convert

from deploy.demo.aftermath import Aftermath
from deploy.demo.api import Api, HttpApi
from deploy.demo.cast import Cast, Master
from deploy.demo.count import Taken, count, read_back
from deploy.demo.ground import FOLDER as STREETS
from deploy.demo.inbox import Inbox, Message, dump
from deploy.demo.memory import Memory, home_of, note_story
from deploy.demo.people import Customers, Employees
from deploy.demo.providers import Providers
from deploy.demo.report import DemoReport, EventsReport, StoryReport, versions
from deploy.demo.scene import LinkView, Scene
from deploy.demo.seen import Seen
from deploy.demo.story import Players, Seat, Story
from deploy.demo.watch import Telling, Watcher
from deploy.node import Node, folder_of
from deploy.settings import Settings
from deploy.stage import stage
from gateway.auth import device_token
from gateway.channels import Signer
from gateway.client import Client
from gateway.fleet import Fleet
from gateway.roles import Role

logger = structlog.get_logger(__name__)

SEEDERS: Final = 8
"""Master data are sent by so many at a time."""

APPLY_S: Final = 15.0
"""How long the twins may take to apply what is durable, after the last reading, in seconds."""

SCENE_S: Final = 0.25

LINK_S: Final = 43_200.0
"""How long the link on the screen waits to be opened, in seconds."""

SURVEY_H: Final = 0.01
"""Customers are asked how satisfied they are half a minute after the signal."""


class Options(Struct, frozen=True, kw_only=True):
    """How to run the demo."""

    cars: int = 200
    drives: Path | None = None
    """Folder with recorded drives; None: simulated ones."""
    seconds: float | None = None
    """How long the devices send; None: until told to end."""
    ends: bool = False
    """Whether it is over as soon as all is told, without waiting for `seconds`."""
    patience_s: float = 20.0
    """How long a customer leaves her link to a person, in seconds."""


class Show:
    """One run. `await Show(…).run(ended)` returns its report.

    Args:
        story: What is told.
        options: How to run it.
        settings: Of the node.
        scene: Is told what happens.
    """

    def __init__(
        self, story: type[Story], options: Options, settings: Settings, scene: Scene
    ) -> None:
        self._options = options
        self._settings = settings
        self._scene = scene
        self._seed = settings.node.seed
        self._home = home_of(folder_of(settings), story.name)
        self._started_at = time.time()
        self._failure: BaseException | None = None
        self._memory = Memory.load(self._home)
        self._memory.runs += 1
        self._over = asyncio.Event()
        self._streets = folder_of(settings) / STREETS
        self._story = story(
            Seat(
                seed=self._seed, cars=options.cars, patience_s=options.patience_s,
                drives=options.drives, memory=self._memory, began_at=self._started_at,
                streets=self._streets,
            )
        )  # fmt: skip

    async def run(self, ended: asyncio.Event) -> DemoReport:
        """Run until the time is over, or `ended` is set.

        Raises:
            DeployError: It cannot run, or a part does not start; the text says what to do.
            DriveError: The drives cannot be used.
        """
        story, scene = self._story, self._scene
        scene.run = self._memory.runs
        with stage(scene.stage, "what the devices send"):
            scene.drives = await asyncio.to_thread(story.load)
        scene.added = list(story.added)
        for note in story.notes:
            logger.info("drives", note=note)
        try:
            return await self._play(ended)
        finally:
            self._memory.save(self._home)

    # -- the stage ---------------------------------------------------------------------------

    async def _play(self, ended: asyncio.Event) -> DemoReport:
        scene, memory, options, story = self._scene, self._memory, self._options, self._story
        async with AsyncExitStack() as stack:
            with stage(scene.stage, "providers"):
                providers = await stack.enter_async_context(
                    Providers(
                        self._home,
                        story.world(),
                        memory.ports.get("providers", 0),
                        self._streets if story.on_streets else None,
                    )
                )
                await story.prepare(providers)
                # What drives from here on was foreseen, by a twin of an earlier run, too.
                prepared_at = time.time()
            node = await stack.enter_async_context(Node(self._settings, scene.stage))
            messages: asyncio.Queue[Message] = asyncio.Queue()
            inbox = await stack.enter_async_context(
                Inbox(
                    Signer(node.secrets.offer_key).webhook_key,
                    messages.put_nowait,
                    memory.ports.get("inbox", 0),
                )
            )
            memory.ports = {
                "providers": providers.port, "inbox": inbox.port, "api": node.api_port,
            }  # fmt: skip
            client = Client(node.running.api_url, node.running.operator_token)
            stack.callback(client.close)
            api = HttpApi(client)
            for left in memory.messages:
                messages.put_nowait(convert(left, Message))
            link = await asyncio.to_thread(
                client.access.sign_in, getpass.getuser(), [Role.ADMINISTRATOR], LINK_S
            )
            scene.live_url = node.running.api_url + link.path
            cast = story.cast(providers.url, inbox.url)
            await self._seed_twins(cast, api)
            with stage(scene.stage, "plots"):
                tellings = await asyncio.to_thread(story.tellings)
            memory.save(self._home)
            _name(scene, cast, tellings)
            http = await stack.enter_async_context(
                httpx2.AsyncClient(trust_env=False, follow_redirects=False, timeout=10.0)
            )
            plots = {telling.customer: telling.plot for telling in tellings}
            customers = Customers(api, http, options.patience_s, plots)
            world = Seen(api, providers, customers.heard)
            watcher = Watcher(
                api, providers, tellings, time.time(), customers.received,
                lambda telling: story.truths(telling, world), moved_since=prepared_at,
            )  # fmt: skip
            aftermath = Aftermath(
                http, node.running.api_url, Signer(node.secrets.offer_key), tellings
            )
            await self._ask_satisfied(tellings, api)
            employees = Employees(
                api, cast.desks, escalations=story.escalations, started_at=time.time()
            )
            key = node.secrets.device_key
            fleets = {
                kind: await stack.enter_async_context(
                    Fleet(kind, node.server.url, device_token(key, f"{kind}/*"))
                )
                for kind in story.kinds
            }
            players = story.players(fleets, scene.fleet)
            before = await read_back(players.twin_ids)
            for master in story.clocked(time.time()):
                await _tell(master, api, self._memory.tellings)
            async with self._background(
                ended,
                self._deliver(messages, customers),
                employees.work(),
                self._watch(watcher, aftermath),
                aftermath.run(),
                self._keep_scene(customers),
            ):
                events, seconds = await self._drive(players, before, ended)
                await self._audit(watcher)
            scene.hear()
            return self._report(tellings, events, seconds)

    async def _seed_twins(self, cast: Cast, api: Api) -> None:
        """Tell every twin its master data; what it was told before changes nothing."""
        note_story(folder_of(self._settings), self._story.name, self._memory)
        name = f"{len(cast.masters)} twins"
        done = 0
        todo = iter(cast.masters)

        async def send_some() -> None:
            nonlocal done
            for master in todo:
                await _tell(master, api, self._memory.tellings)
                done += 1
                # One below whole, until the stage itself says that it is done.
                self._scene.stage(name, done / (len(cast.masters) + 1))

        with stage(self._scene.stage, name):
            await asyncio.gather(*(send_some() for _ in range(SEEDERS)))

    async def _ask_satisfied(self, tellings: list[Telling], api: Api) -> None:
        """Have those whom policies follow asked how satisfied they are, in a moment."""
        for name in sorted({telling.supervisor_id.partition("/")[0] for telling in tellings}):
            data = {"by": "the demo", "survey_h": SURVEY_H}
            await api.send(f"policy/{name}", "configured", data, f"demo.survey.{name}")

    # -- the play ----------------------------------------------------------------------------

    @asynccontextmanager
    async def _background(
        self, ended: asyncio.Event, *works: Coroutine[Any, Any, None]
    ) -> AsyncIterator[None]:
        """Let these run beside; a failure of one ends the demo."""

        def look(task: asyncio.Task[None]) -> None:
            if not task.cancelled() and task.exception() is not None:
                self._failure = task.exception()
                ended.set()

        tasks = [asyncio.create_task(work) for work in works]
        for task in tasks:
            task.add_done_callback(look)
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _drive(
        self, players: Players, before: dict[str, Taken], ended: asyncio.Event
    ) -> tuple[EventsReport, float]:
        """Let the devices send; then wait until all of it is applied, and count."""
        scene, seconds = self._scene, self._options.seconds
        scene.fleet_at = began = time.time()
        scene.ends_at = None if seconds is None else began + seconds
        driving = asyncio.create_task(players.run())
        waiting = [asyncio.create_task(each.wait()) for each in (ended, self._over)]
        done, _ = await asyncio.wait(
            {driving, *waiting}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED
        )
        for task in (driving, *waiting):
            task.cancel()
        await asyncio.gather(driving, *waiting, return_exceptions=True)
        if driving in done:
            driving.result()
        if self._failure is not None:
            raise self._failure
        scene.fleet_ended_at = time.time()
        drove_s = scene.fleet_ended_at - began
        scene.ending = True
        with stage(scene.stage, "last acknowledgements, and counting"):
            await players.settle()
            return await _counted(players, before), drove_s

    async def _watch(self, watcher: Watcher, aftermath: Aftermath) -> None:
        """Look at the stories; when all are told, and what became of it, it may be over."""
        await watcher.watch()
        await aftermath.finish()
        if self._options.ends:
            self._over.set()

    async def _audit(self, watcher: Watcher) -> None:
        """Look once more at every story, with all that its providers say at the end."""
        await asyncio.gather(*(watcher.look(telling) for telling in watcher.tellings))

    async def _deliver(self, messages: "asyncio.Queue[Message]", customers: Customers) -> None:
        """Give each message to its customer."""
        reading: set[asyncio.Task[None]] = set()
        try:
            while True:
                message = await messages.get()
                self._scene.say(
                    f"{message.name} has a message by {message.app}: {message.link or message.text}"
                )
                task = asyncio.create_task(customers.read(message))
                reading.add(task)
                task.add_done_callback(reading.discard)
        finally:
            for task in reading:
                task.cancel()

    async def _keep_scene(self, customers: Customers) -> None:
        scene, kept = self._scene, 0
        while True:
            if len(customers.waiting) != kept:
                # At once, not at the end: the process may be killed while somebody waits.
                kept = len(customers.waiting)
                self._memory.messages = [dump(each.message) for each in customers.waiting.values()]
                await asyncio.to_thread(self._memory.save, self._home)
            scene.links = [
                LinkView(
                    who=each.message.name,
                    app=each.message.app,
                    url=each.message.link or "",
                    until=each.until,
                )
                for each in customers.waiting.values()
            ]
            scene.hear()
            await asyncio.sleep(SCENE_S)

    # -- the report --------------------------------------------------------------------------

    def _report(self, tellings: list[Telling], events: EventsReport, seconds: float) -> DemoReport:
        scene = self._scene
        memory_gib = psutil.virtual_memory().total / 2**30
        return DemoReport(
            stories=[_story(telling) for telling in tellings],
            events=events,
            seconds=round(seconds, 3),
            seed=self._seed,
            story=self._story.name,
            devices=scene.fleet.cars,
            run=self._memory.runs,
            drives=self._story.source,
            drive_names=list(self._story.drive_names),
            added=scene.added,
            start_seconds=round((scene.fleet_at or self._started_at) - self._started_at, 3),
            started_at=self._started_at,
            machine=f"{psutil.cpu_count()} CPUs, {memory_gib:.0f} GiB, {platform.platform()}",
            versions=versions(),
            notes=list(self._story.notes),
        )


def _story(telling: Telling) -> StoryReport:
    verdict = telling.verdict
    return StoryReport(
        name=telling.plot.name,
        completed=verdict.completed,
        twin_id=telling.twin_id,
        steps=verdict.steps,
        detail="; ".join(verdict.missing),
        seconds=telling.seconds,
        truths=telling.facts.truths,
    )


async def _tell(master: Master, api: Api, telling: int) -> None:
    event_id = master.event_id(telling)
    await api.send(master.twin_id, "configured", master.settings, event_id)


def _name(scene: Scene, cast: Cast, tellings: list[Telling]) -> None:
    scene.names = {
        master.twin_id: master.settings["name"]
        for master in cast.masters
        if master.settings.get("name")
    }
    scene.apps = {id_: person.app for id_, person in cast.people.items()}
    scene.tellings = tellings


async def _counted(players: Players, before: dict[str, Taken]) -> EventsReport:
    """Count again until all that is durable is applied, or the patience is over."""
    until = time.monotonic() + APPLY_S
    while True:
        events = count(players.given(), before, await read_back(players.twin_ids))
        if not events.lost or time.monotonic() > until:
            return events
        await asyncio.sleep(0.2)
