"""Services: all that the API needs of the cluster behind it, as one interface.

`cluster.ClusterServices` is the real one; tests give one that lives in memory.
"""

from collections.abc import AsyncGenerator, Callable
from typing import Any, Literal, Protocol

from msgspec import Struct

from actors.backtest.job import Spec
from actors.backtest.report import Progress, Report
from actors.changes import Change, Changed, Mark, Noticed
from actors.keyring import Erasure
from actors.set_aside import SetAsidePage
from actors.state import TwinState
from actors.store.base import Page
from actors.telemetry import KeptSpan
from gateway.dead_letters import DeadLetter
from gateway.twin_views import HistoryEvent, TwinThen

Sender = Literal["device", "inside"]
"""In whose name an event is sent: the device's, or Vigil's own."""


class Ack(Struct, frozen=True):
    """An event is durable in the log."""

    partition: int
    position: int


class Refusal(Struct, frozen=True):
    """The gateway did not take an event."""

    code: int
    """In HTTP's classes: 4xx is the sender's fault, 5xx (and 429) may pass."""
    reason: str


class Told(Struct, frozen=True):
    """What changed in one partition in a moment: at most four a second come from each."""

    partition: int
    change: Change


class Replaying(Protocol):
    """A backtest that is under way."""

    async def progress(self) -> Progress:
        """How far it is."""

    async def report(self) -> Report:
        """Wait for its end; raises what kept it from being done."""

    async def end(self) -> None:
        """End it, done or not, and give back what it holds."""


class Services(Protocol):
    """What the cluster does for the API.

    Besides what is named below, methods raise the errors of `twins` and `actors`, and
    `TimeoutError` where an answer did not come in time; the API turns all of them into problems.
    """

    @property
    def clock(self) -> Callable[[], float]:
        """The wall clock, seconds since the epoch."""

    async def state(self, twin_id: str, min_position: int | None = None) -> TwinState:
        """A snapshot of one twin; `min_position` waits for one's own write."""

    async def ask(self, twin_id: str, name: str, data: Any, event_id: str) -> Any:
        """Call a twin through the log, and return its answer; an id counts once."""

    async def send(
        self, twin_id: str, event_type: str, body: bytes, sender: Sender, timeout_s: float
    ) -> Ack | Refusal:
        """Bring one `Message` (MessagePack) into the log.

        Events leave in the order of the calls, whether or not earlier ones are answered. Raises
        `TimeoutError` when nobody can say what came of it.
        """

    async def search(self, where: str, sort: str | None, limit: int, cursor: str | None) -> Page:
        """Search the checkpoints of all partitions; raises `BadFilter`."""

    async def count(self, where: str, *, parked: bool = False) -> int:
        """How many twins a filter finds, or of those that are parked; raises `BadFilter`."""

    async def set_aside(self, where: str, limit: int, cursor: str | None) -> SetAsidePage:
        """The parked twins that a filter finds, by id, and why; raises `BadFilter`."""

    async def history(
        self, twin_id: str, since: float, until: float, limit: int
    ) -> tuple[list[HistoryEvent], bool]:
        """The newest `limit` events of a span, oldest first; True when there are earlier ones."""

    async def then(self, twin_id: str, position: int | None, at: float | None) -> TwinThen:
        """A twin after a position of its log, or after all that came up to a time."""

    async def dead_letters(self, kind: str, key: str, most: int) -> list[DeadLetter]:
        """The newest refused messages, the oldest of them first; `*` stands for any."""

    @property
    def partitions(self) -> int:
        """How many there are."""

    async def changed(
        self, partition: int, since: Mark | None, kind: str | None, twin_id: str | None, most: int
    ) -> Changed:
        """The first `most` of what changed in a partition behind a mark.

        None: nothing, but where it stands. Signals come whichever twins are asked for.
        """

    async def noticed(
        self, partition: int, kind: str | None, twin_id: str | None, most: int
    ) -> list[Noticed]:
        """The last signals of a partition that its host remembers, oldest first."""

    def changes(self) -> AsyncGenerator[Told, None]:
        """What changes in all partitions, from now on, until the iterator is closed."""

    def export(self, person: str) -> AsyncGenerator[dict[str, Any], None]:
        """All that is held of a person, item by item; see `gateway.exporting`."""

    async def erase(self, person: str) -> Erasure:
        """Erase a person for good; returns the certificate."""

    async def erasures(self, person: str) -> list[Erasure]:
        """Her erasures, oldest first."""

    async def backtest(self, spec: Spec) -> Replaying:
        """Begin to replay history; it runs by itself."""

    async def spans(self, trace_id: str | None) -> tuple[list[KeptSpan], list[str]]:
        """The spans that processes keep, of one trace or all; and who did not answer."""

    async def metrics(self) -> dict[str, bytes]:
        """Process name -> its metrics, Prometheus' text; only processes that answer in time."""

    async def status(self) -> dict[str, Any]:
        """How the cluster is; `models.Status` documents the fields."""
