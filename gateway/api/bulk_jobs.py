"""BulkJobs: runs bulk jobs, a page at a time, and goes on with those that a crash left.

Where a job stands, its twin says (`twins.bulk`). A page that was half done when the process ended
is done again: each twin's event has the job's id, so that it counts once.
"""

import asyncio
from typing import Any, Final, NamedTuple

import msgspec
import structlog

from actors.errors import ActorError, AskFailed, AskUnknown, BadFilter
from actors.quarantine import RESUME, SKIP
from gateway.api.services import Ack, Services
from gateway.roles import KINDS
from twins.bulk import PAGE, Bulk, End, Page, Result
from twins.errors import TwinError
from twins.event import encode_message

logger = structlog.get_logger(__name__)

AT_ONCE: Final = 8
"""Twins that are waited for at a time."""
TRIES: Final = 5
AGAIN_S: Final = 0.5
"""Pause before something that was not answered is tried again, in seconds; it doubles."""
ANSWER_S: Final = 10.0
MOST: Final = 1000

RELEASES: Final = frozenset({RESUME, SKIP})
"""What is done to parked twins alone, of whatever kind."""

_OWN: Final = frozenset({"bulk", "bulk_page", "partition"})


class Matching(NamedTuple):
    """Twins to which something is to be done."""

    ids: list[str]
    cursor: str | None
    """Where the next page begins; None: there is none."""
    as_of: float


async def found_twins(
    services: Services, where: str, call: str, limit: int, cursor: str | None
) -> Matching:
    """One page of those to which a call is to be done."""
    if call in RELEASES:
        parked = await services.set_aside(where, limit, cursor)
        return Matching([one.id for one in parked.items], parked.cursor, parked.as_of)
    page = await services.search(where, None, limit, cursor)
    return Matching([one.id for one in page.items], page.cursor, page.as_of)


class BulkJobs:
    """The jobs that this process runs.

    Args:
        services: What the cluster does for the API.
    """

    def __init__(self, services: Services) -> None:
        self._services = services
        self._running: dict[str, asyncio.Task[None]] = {}
        self.again_s = AGAIN_S

    def run(self, job: str) -> None:
        """Go on with a job, unless it is under way here."""
        task = self._running.get(job)
        if task is None or task.done():
            self._running[job] = asyncio.create_task(self._keep(job), name=f"bulk-{job}")

    async def resume(self) -> None:
        """Go on with all that are not at their end; tries until the cluster says which."""
        while True:
            try:
                page = await self._services.search(
                    'kind = bulk and state = "running"', None, MOST, None
                )
            except (ActorError, TimeoutError) as error:
                logger.debug("bulk jobs are not known yet", error=repr(error))
                await asyncio.sleep(self.again_s)
                continue
            for found in page.items:
                self.run(found.id.partition("/")[2])
            return

    async def settled(self, job: str) -> None:
        """Wait until this process does nothing more for a job."""
        task = self._running.get(job)
        if task is not None:
            await asyncio.gather(task, return_exceptions=True)

    async def close(self) -> None:
        """Leave all as they are; another process goes on with them."""
        tasks = list(self._running.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # -- one job -----------------------------------------------------------------------------

    async def _keep(self, job: str) -> None:
        """Run it; what ails the cluster is waited out."""
        pause_s = self.again_s
        while True:
            try:
                if not await self._page(job):
                    return
                pause_s = self.again_s
            except BadFilter as error:
                await self._end(job, str(error))
                return
            except (ActorError, TimeoutError) as error:
                logger.warning("bulk job waits", job=job, error=repr(error))
                await asyncio.sleep(pause_s)
                pause_s = min(2 * pause_s, 30.0)

    async def _page(self, job: str) -> bool:
        """Do one page; False at the end."""
        state = await self._services.state(f"bulk/{job}")
        bulk = msgspec.convert(state.state, Bulk, strict=False)
        if bulk.state != "running":
            return False
        found = await found_twins(self._services, bulk.where, bulk.call, PAGE, bulk.cursor)
        places, loop = asyncio.Semaphore(AT_ONCE), asyncio.get_running_loop()
        begun = loop.time()

        async def one(number: int, twin_id: str) -> Result:
            async with places:
                wait_s = begun + number / bulk.rate - loop.time()
                if wait_s > 0:
                    await asyncio.sleep(wait_s)
                return Result(twin_id, await self._do(job, bulk, twin_id))

        results = await asyncio.gather(
            *(one(number, twin_id) for number, twin_id in enumerate(found.ids))
        )
        page = Page(number=bulk.pages, results=list(results), cursor=found.cursor)
        await self._services.ask(
            f"bulk/{job}", "bulk.page", msgspec.to_builtins(page), f"page-{bulk.pages}"
        )
        return found.cursor is not None

    async def _do(self, job: str, bulk: Bulk, twin_id: str) -> str | None:
        """Do it to one twin; returns why not."""
        kind = twin_id.partition("/")[0]
        if bulk.call not in RELEASES and (kind in KINDS or kind in _OWN):
            return f"a {kind} has calls of its own"
        pause_s = self.again_s
        for left in reversed(range(TRIES)):
            try:
                return await self._say(f"bulk-{job}", bulk, twin_id)
            except AskUnknown:
                return None  # it was done by a process before, whose answer is not kept any more
            except (AskFailed, TwinError) as error:
                return str(error)[:300]
            except (ActorError, TimeoutError) as error:
                if not left:
                    return f"no answer: {error}"[:300]
                await asyncio.sleep(pause_s)
                pause_s *= 2
        return None

    async def _say(self, event_id: str, bulk: Bulk, twin_id: str) -> str | None:
        if not bulk.as_event:
            await self._services.ask(twin_id, bulk.call, bulk.data, event_id)
            return None
        body = encode_message(bulk.data, id=event_id)
        answer = await self._services.send(twin_id, bulk.call, body, "inside", ANSWER_S)
        if isinstance(answer, Ack):
            return None
        if answer.code >= 500:  # noqa: PLR2004 - HTTP's class of what may pass
            raise TimeoutError(answer.reason)
        return answer.reason[:300]

    async def _end(self, job: str, problem: str) -> None:
        given: dict[str, Any] = msgspec.to_builtins(End(state="failed", problem=problem[:2000]))
        await self._services.ask(f"bulk/{job}", "bulk.end", given, "end")
