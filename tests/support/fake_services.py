"""A cluster in memory, for tests of the API and of the command line.

It keeps what it was sent, answers from dictionaries, and does as it is told: refuse, be silent,
fail. Its clock stands still until it is moved.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable
from dataclasses import replace
from typing import Any

from msgspec import Struct, msgpack

from actors.backtest.job import Spec
from actors.backtest.report import Progress, Report
from actors.changes import END, Change, Changed, Mark, Noticed, cut_changed, key_of
from actors.errors import AskFailed, BadFilter, Unavailable
from actors.keyring import Erasure
from actors.set_aside import SetAside, SetAsidePage
from actors.state import TwinState
from actors.store.base import Found, Page
from actors.store.filter import matches, parse
from actors.telemetry import KeptSpan
from gateway.api.services import Ack, Refusal, Sender, Told
from gateway.dead_letters import DeadLetter
from gateway.twin_views import HistoryEvent, TwinThen
from twins.event import Message
from twins.outputs import Signal

START = 1_780_000_000.0
"""Where the clock stands at first: 2026-05-28, seconds since the epoch."""

PARTITION = 3

_decode = msgpack.Decoder(Message[Any]).decode


class SentEvent(Struct):
    """One event that reached the log."""

    twin_id: str
    type: str
    message: Message[Any]
    sender: Sender


class FakeServices:
    """See the module."""

    def __init__(self, now: float = START) -> None:
        self.now = now
        self.states: dict[str, TwinState] = {}
        self.erased: list[Erasure] = []
        self.sent: list[SentEvent] = []
        self.asked: list[tuple[str, str, Any, str]] = []
        self.answers: dict[str, Any] = {}
        """Call -> answer; an exception is raised."""
        self.refusals: dict[str, Refusal] = {}
        """Twin id -> why its events are refused."""
        self.silent: set[str] = set()
        """Twin ids whose events nobody answers."""
        self.letters: list[DeadLetter] = []
        self.silent_partitions: set[int] = set()
        self.kept: list[KeptSpan] = []
        self.unreachable: list[str] = []
        """Processes that say nothing of their spans."""
        self.items: list[HistoryEvent] = []
        self.items_of: dict[str, list[HistoryEvent]] = {}
        self.trouble: Exception | None = None
        """Raised by everything, while it is set."""
        self.report: dict[str, Any] = healthy()
        self.feeds: list[asyncio.Queue[Told | Exception | None]] = []
        self.told: list[Change] = []
        """All that changed, whoever watched."""
        self.deaf = False
        """Whether nobody hears what changes, as if the messages were lost."""
        self.forgotten = 0
        """Up to this position nobody knows any more what changed."""
        self.opened = asyncio.Event()
        self.looks = 0
        self.backtests: list[FakeReplaying] = []
        self.on_backtest: Callable[[FakeReplaying], None] | None = None
        """Called with each that begins."""
        self.on_send: Callable[[SentEvent], None] | None = None
        self.on_watch: Callable[[], None] | None = None
        """Called whenever somebody began to read the changes."""

    @property
    def clock(self) -> Callable[[], float]:
        """The clock, which stands at `now`."""
        return lambda: self.now

    def add(self, twin_id: str, position: int = 7, **state: Any) -> TwinState:
        """Let a twin exist."""
        kind, _, key = twin_id.partition("/")
        found = TwinState(
            id=twin_id,
            kind=kind,
            epoch=2,
            position=position,
            now=self.now,
            applied=5,
            digest=1234,
            exists=True,
            state={"key": key, **state},
        )
        self.states[twin_id] = found
        return found

    async def state(self, twin_id: str, min_position: int | None = None) -> TwinState:
        """The twin's state; waits for ever for a position that is not reached."""
        self._fail()
        kind, _, key = twin_id.partition("/")
        new = TwinState(twin_id, kind, 2, len(self.sent), self.now, 0, 0, False, {"key": key})  # noqa: FBT003 - the fields of TwinState, in order
        found = self.states.get(twin_id, new)
        if min_position is not None and found.position < min_position:
            await asyncio.Event().wait()
        return found

    async def dead_letters(self, kind: str, key: str, most: int) -> list[DeadLetter]:
        """Those of `letters` that fit."""
        self._fail()
        fit = [one for one in self.letters if kind in ("*", one.kind) and key in ("*", one.key)]
        return fit[-most:]

    async def export(self, person: str) -> AsyncGenerator[dict[str, Any], None]:
        """Herself."""
        self._fail()
        yield {"what": "twin", "twin": person, "state": (await self.state(person)).state}

    async def erase(self, person: str) -> Erasure:
        """Forget her."""
        self._fail()
        self.states.pop(person, None)
        erasure = Erasure(id="e1", person=person, begun=self.now, done=self.now, key_ids=[5])
        self.erased.append(erasure)
        return erasure

    async def erasures(self, person: str) -> list[Erasure]:
        """What was erased."""
        return [one for one in self.erased if one.person == person]

    async def ask(self, twin_id: str, name: str, data: Any, event_id: str) -> Any:
        """The answer that was set for the call."""
        self._fail()
        self.asked.append((twin_id, name, data, event_id))
        if name not in self.answers:
            raise AskFailed(f"UnknownType: {twin_id} has no handler for 'ask.{name}'")
        answer = self.answers[name]
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def send(
        self, twin_id: str, event_type: str, body: bytes, sender: Sender, timeout_s: float
    ) -> Ack | Refusal:
        """Keep the event, refuse it, or be silent."""
        self._fail()
        if twin_id in self.silent:
            raise TimeoutError(f"nobody answered within {timeout_s} s")
        refusal = self.refusals.get(twin_id)
        if refusal is not None:
            return refusal
        event = SentEvent(twin_id, event_type, _decode(body), sender)
        self.sent.append(event)
        if self.on_send is not None:
            self.on_send(event)
        return Ack(PARTITION, len(self.sent))

    async def search(self, where: str, sort: str | None, limit: int, cursor: str | None) -> Page:
        """Search the states; sorted by id, whatever is asked; the cursor is an index."""
        self._fail()
        found = self._find(where)
        if sort is not None:
            name = sort.removeprefix("-")
            found.sort(key=lambda state: str(state.state.get(name)), reverse=sort.startswith("-"))
        first = _place(cursor)
        items = [Found(state.id, state.position, state.state) for state in found]
        page = items[first : first + limit]
        rest = first + limit < len(items)
        return Page(page, str(first + limit) if rest else None, self.now - 2.0)

    async def count(self, where: str, *, parked: bool = False) -> int:
        """How many states a filter finds."""
        self._fail()
        return len([one for one in self._find(where) if one.parked or not parked])

    async def set_aside(self, where: str, limit: int, cursor: str | None) -> SetAsidePage:
        """The states that say why they are parked; the cursor is an index."""
        self._fail()
        found = [state for state in self._find(where) if state.parked]
        first = _place(cursor)
        items = [
            SetAside(one.id, self.now - 60.0, one.position, "telemetry", one.parked or "", 3,
                     going=False)
            for one in found[first : first + limit]
        ]  # fmt: skip
        rest = first + limit < len(found)
        return SetAsidePage(items, str(first + limit) if rest else None, self.now - 2.0)

    def _find(self, where: str) -> list[TwinState]:
        tree = parse(where)
        found = [state for state in self.states.values() if matches(tree, state.id, state.state)]
        return sorted(found, key=lambda state: state.id)

    async def history(
        self, twin_id: str, since: float, until: float, limit: int
    ) -> tuple[list[HistoryEvent], bool]:
        """The items that were set, of a span: a twin's own, or else those of all others."""
        self._fail()
        items = self.items_of.get(twin_id, self.items)
        span = [item for item in items if since <= item.at <= until]
        return span[-limit:], len(span) > limit

    async def then(self, twin_id: str, position: int | None, at: float | None) -> TwinThen:
        """The twin as it is: nothing has a past here."""
        self._fail()
        del position, at
        return TwinThen(await self.state(twin_id), exact=True)

    async def changes(self) -> AsyncGenerator[Told, None]:
        """What `change` is given while somebody reads."""
        feed: asyncio.Queue[Told | Exception | None] = asyncio.Queue()
        self.feeds.append(feed)
        self.opened.set()
        if self.on_watch is not None:
            asyncio.get_running_loop().call_soon(self.on_watch)
        try:
            while True:
                item = await feed.get()
                if item is None:
                    return
                if isinstance(item, Exception):
                    raise item
                yield item
        finally:
            self.feeds.remove(feed)

    def change(self, *states: TwinState, signals: tuple[Signal, ...] = ()) -> None:
        """Let something change, at the next position, and watchers hear of it."""
        after = len(self.told)
        now = [replace(state, changed=after + 1) for state in states]
        for state in now:
            self.states[state.id] = state
        change = Change(after, after + 1, now, [Noticed(after + 1, one) for one in signals])
        self.told.append(change)
        for part in self.report["partitions"]:
            if part["partition"] == PARTITION:
                part["position"] = after + 1
        if not self.deaf:
            for feed in self.feeds:
                feed.put_nowait(Told(PARTITION, change))

    @property
    def partitions(self) -> int:
        """How many there are."""
        return len(self.report["partitions"])

    async def changed(
        self, partition: int, since: Mark | None, kind: str | None, twin_id: str | None, most: int
    ) -> Changed:
        """As a host would say it."""
        self._fail()
        end = (len(self.told), END) if partition == PARTITION else (0, END)
        if since is None or since[0] > end[0]:
            return Changed(end, lost=since is not None)
        last = {one.id: one for change in self.told for one in change.states}
        states = [
            one
            for one in last.values()
            if partition == PARTITION and twin_id in (None, one.id) and kind in (None, one.kind)
        ]
        signals = [one for change in self.told for one in change.signals if key_of(one) > since]
        lost = since[0] < self.forgotten
        return cut_changed(
            states, signals if partition == PARTITION else [], since, end, most, lost=lost
        )

    async def noticed(
        self, partition: int, kind: str | None, twin_id: str | None, most: int
    ) -> list[Noticed]:
        """As a host would say it; one that is silent says nothing."""
        self._fail()
        if partition in self.silent_partitions:
            raise Unavailable(f"partition {partition} is between two hosts")
        found = [
            one
            for change in (self.told if partition == PARTITION else ())
            for one in change.signals
            if twin_id in (None, one.signal.twin_id)
            and (kind is None or one.signal.twin_id.startswith(f"{kind}/"))
        ]
        return found[-most:]

    def end_feeds(self, error: Exception | None = None) -> None:
        """Let the feeds of changes end, or break."""
        for feed in self.feeds:
            feed.put_nowait(error)

    async def backtest(self, spec: Spec) -> "FakeReplaying":
        """One that does as it is told; it is kept in `backtests`."""
        self._fail()
        made = FakeReplaying(spec)
        self.backtests.append(made)
        if self.on_backtest is not None:
            self.on_backtest(made)
        return made

    async def spans(self, trace_id: str | None) -> tuple[list[KeptSpan], list[str]]:
        """Those of `kept` that are of the trace."""
        self._fail()
        return [one for one in self.kept if trace_id in (None, one.trace_id)], self.unreachable

    async def metrics(self) -> dict[str, bytes]:
        """One process that counted one thing."""
        return {"host-0": b"# TYPE vigil_events_applied counter\nvigil_events_applied_total 3.0\n"}

    async def status(self) -> dict[str, Any]:
        """The report that was set."""
        self._fail()
        self.looks += 1
        return self.report

    def _fail(self) -> None:
        if self.trouble is not None:
            raise self.trouble


class FakeReplaying:
    """A backtest that ends when it is told to."""

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self.progresses = [Progress()]
        """What is answered, one after the other; the last one for ever."""
        self.trouble: Exception | None = None
        self.ended = 0
        self._done: asyncio.Future[Report] = asyncio.get_running_loop().create_future()

    async def progress(self) -> Progress:
        """The next one."""
        if self.trouble is not None:
            raise self.trouble
        return self.progresses.pop(0) if len(self.progresses) > 1 else self.progresses[0]

    async def report(self) -> Report:
        """What it is told to end with."""
        return await asyncio.shield(self._done)

    async def end(self) -> None:
        """Count that it was ended."""
        self.ended += 1

    def finish(self, outcome: Report | Exception) -> None:
        """Be done, or fail."""
        if isinstance(outcome, Exception):
            self._done.set_exception(outcome)
        else:
            self._done.set_result(outcome)


def healthy(events: int = 1000) -> dict[str, Any]:
    """The status of a small cluster where all is well."""
    partitions = [
        {
            "partition": number,
            "epoch": 4,
            "gateway": "gateway-0#ab12cd34",
            "host": "host-0#12ab34cd",
            "position": 120 + number,
            "committed": 118 + number,
            "now": START,
            "events": events // 4,
            "repeats": 1,
            "refused": 0,
            "hot_twins": 25,
            "hot_bytes": 25_000,
            "dirty": 2,
            "outbox": 0,
            "reminders": 3,
            "error": None,
        }
        for number in range(4)
    ]
    members = [
        {"role": role, "owner": owner, "heard_s_ago": 0.2, "partitions": [0, 1, 2, 3],
         "draining": False}
        for role, owner in (("gateway", "gateway-0#ab12cd34"), ("host", "host-0#12ab34cd"))
    ]  # fmt: skip
    totals = {
        "events": events, "repeats": 4, "refused": 0, "hot_twins": 100, "hot_bytes": 100_000,
        "outbox": 0,
    }  # fmt: skip
    return {
        "at": START, "healthy": True, "problems": [], "totals": totals,
        "partitions": partitions, "members": members,
    }  # fmt: skip


def _place(cursor: str | None) -> int:
    if not (cursor or "0").isdecimal():
        raise BadFilter(f"{cursor!r} is no cursor of this search")
    return int(cursor or 0)
