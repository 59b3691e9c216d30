"""Recording: what one call does to the cluster, seen where it does it.

A route of an unsafe method gets the services of the cluster behind a `Recorder`. Each way by which
they change something passes here, and is noted with the twin's fields before and after; so no route
has to say what it does, and none can forget it. What changes no twin, a token say, notes itself
(`Context.note`).
"""

import asyncio
from typing import Any, Final

import msgspec
import structlog
from msgspec import json

from actors.errors import StoreError
from actors.keyring import Erasure
from gateway.activity import ActivityLog
from gateway.activity_views import Changed, Entry
from gateway.api.services import Ack, Refusal, Sender, Services
from twins.event import Message
from twins.kind import KINDS

logger = structlog.get_logger(__name__)

MOST: Final = 8
"""Changes of one call that are told; the rest is counted."""
MOST_BYTES: Final = 4096
"""Of one value; a larger one is told by its size."""
LOOK_S: Final = 2.0
"""How long a look at a twin may take, in seconds; without it the fields are unknown."""

READS: Final = frozenset({
    "clock", "partitions", "state", "then", "search", "count", "history", "changes", "changed",
    "noticed", "spans", "export", "erasures", "dead_letters", "set_aside", "metrics", "status",
})  # fmt: skip
CHANGES: Final = frozenset({"ask", "send", "erase", "backtest"})
"""All that services do is one of these; a test sees to it that nothing new is neither."""

_decode = msgspec.msgpack.Decoder(Message[Any]).decode


class Activity:
    """The entry of one call, from its beginning to its end."""

    def __init__(self, log: ActivityLog | None, services: Services, entry: Entry) -> None:
        self._log = log
        self._services = services
        self._unread: list[tuple[Changed, dict[str, Any] | None]] = []
        """Changes that are durable, but perhaps not yet applied, and how their twins were."""
        self.entry = entry
        self.over = False

    async def begin(self) -> None:
        """Enter the call, once; before it changes anything. Raises `StoreError`."""
        if self._log is not None and not self.entry.number and not self.over:
            await self._log.begin(self.entry)

    def note(self, change: Changed) -> bool:
        """Keep what a call did; False where it is one of too many."""
        if self.over:
            return False
        if len(self.entry.changes) >= MOST:
            self.entry.more += 1
            return False
        self.entry.changes.append(change)
        return True

    def read_later(self, change: Changed, before: dict[str, Any] | None) -> None:
        """Compare the twin when the event is applied, after the call is answered."""
        self._unread.append((change, before))

    async def end(self, status: int) -> None:
        """Enter what was answered; a failure is for the log, for the change is made."""
        if self._log is None or not self.entry.number:
            return
        self.entry.status = status
        self.over = True
        await self._complete()
        if self._unread:
            _later(self._read())

    async def _read(self) -> None:
        for change, before in self._unread:
            after = await look(self._services, change.subject, change.position)
            compare(change, before, after)
        await self._complete()

    async def _complete(self) -> None:
        assert self._log is not None, "only a call that was entered ends"
        try:
            await self._log.complete(self.entry)
        except StoreError as error:
            logger.warning("an entry stays without outcome", entry=self.entry.number,
                           error=str(error))  # fmt: skip


_LATER: set[asyncio.Task[None]] = set()


def _later(work: Any) -> None:
    task = asyncio.create_task(work, name="activity-after")
    _LATER.add(task)
    task.add_done_callback(_LATER.discard)


async def settled() -> None:
    """Wait until all entries are complete, those that look at twins after the answer, too."""
    while _LATER:
        await asyncio.gather(*_LATER, return_exceptions=True)


class Recorder:
    """Services that note what they change; all else is passed on. See the module."""

    def __init__(self, services: Services, activity: Activity) -> None:
        self._services = services
        self._activity = activity

    def __getattr__(self, name: str) -> Any:
        return getattr(self._services, name)

    async def ask(self, twin_id: str, name: str, data: Any, event_id: str) -> Any:
        """Call a twin; it has applied the call when it answers."""
        change = Changed(subject=twin_id, what=name, event_id=event_id)
        noted, before = await self._begin(change, data)
        answer = await self._services.ask(twin_id, name, data, event_id)
        if noted:
            compare(change, before, await look(self._services, twin_id))
        return answer

    async def send(
        self, twin_id: str, event_type: str, body: bytes, sender: Sender, timeout_s: float
    ) -> Ack | Refusal:
        """Bring an event into the log; it is applied a moment later."""
        message = _decode(body)
        change = Changed(subject=twin_id, what=event_type, event_id=message.id)
        noted, before = await self._begin(change, message.data)
        answer = await self._services.send(twin_id, event_type, body, sender, timeout_s)
        if noted and isinstance(answer, Ack):
            change.position = answer.position
            self._activity.read_later(change, before)
        return answer

    async def erase(self, person: str) -> Erasure:
        """Erase a person."""
        change = Changed(subject=person, what="erase", masked=True)
        await self._activity.begin()
        self._activity.note(change)
        erasure = await self._services.erase(person)
        change.after = {"erasure": erasure.id}
        return erasure

    async def backtest(self, spec: Any) -> Any:
        """Begin a backtest."""
        await self._activity.begin()
        return await self._services.backtest(spec)

    async def _begin(self, change: Changed, said: Any) -> tuple[bool, dict[str, Any] | None]:
        """Enter it before it is done. Returns whether it is told, and the twin's fields now."""
        activity = self._activity
        await activity.begin()
        if not activity.note(change):
            return False, None
        before = await look(self._services, change.subject)
        if _hidden(change.subject, before, None, None):
            change.masked = said is not None
        else:
            change.said = _small(said)
        return True, before


async def look(
    services: Services, twin_id: str, position: int | None = None
) -> dict[str, Any] | None:
    """A twin's fields; None where they can't be had in time. Looking runs no handler."""
    try:
        async with asyncio.timeout(LOOK_S):
            found = await services.state(twin_id, position)
    except Exception as error:  # noqa: BLE001 - whatever it is, the change itself goes on
        logger.info("a twin was not looked at", twin=twin_id, error=repr(error))
        return None
    plain: dict[str, Any] = msgspec.to_builtins(found.state)
    return plain


def compare(change: Changed, before: dict[str, Any] | None, after: dict[str, Any] | None) -> None:
    """Note which fields differ, and, but for a person's, how."""
    if before is None or after is None:
        return
    names = sorted(name for name in before.keys() | after.keys()
                   if before.get(name) != after.get(name))  # fmt: skip
    open_ = [name for name in names if not _hidden(change.subject, before, after, name)]
    change.fields = names
    change.masked = change.masked or len(open_) < len(names)
    if open_:
        change.before = {name: _small(before.get(name)) for name in open_}
        change.after = {name: _small(after.get(name)) for name in open_}


def _hidden(
    twin_id: str, before: dict[str, Any] | None, after: dict[str, Any] | None, name: str | None
) -> bool:
    """Whether a field may be a person's; without a name: whether anything may be that is said."""
    kind = KINDS.get(twin_id.partition("/")[0])
    if kind is None or kind.personal == "id" or before is None:
        return True
    if kind.cls.parts and (name is None or name in kind.cls.parts):
        return True
    owner = kind.personal
    if owner is None:
        return False
    if name is None or owner not in kind.cls.__struct_fields__:
        return True  # what is said may itself make the twin hers
    # Also in what has just become hers, or was until now.
    return name == owner or any(state is not None and state.get(owner) for state in (before, after))


def _small(value: Any) -> Any:
    try:
        size = len(json.encode(value))
    except (TypeError, ValueError, OverflowError):
        return {"unreadable": type(value).__name__}
    return value if size <= MOST_BYTES else {"bytes": size}
