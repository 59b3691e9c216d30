"""What the API answers, as models: the source of its OpenAPI and so of the console's types.

Times are seconds since the epoch, UTC, as float. Fields that an answer adds later are no break;
readers skip what they do not know.
"""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class Answer(BaseModel):
    """Base of all answers."""

    model_config = ConfigDict(use_attribute_docstrings=True, from_attributes=True)


class Problem(Answer):
    """A refusal (RFC 9457)."""

    model_config = ConfigDict(extra="allow", use_attribute_docstrings=True)

    type: str
    """`urn:vigil:problem:<reason>`."""
    title: str
    status: int
    """The HTTP status, again."""
    detail: str
    """Whose fault it is and what to do."""
    reason: str
    """For programs."""
    instance: str | None = None
    """`urn:vigil:request:<id>`, by which the operator finds it in the log."""
    twin_id: str | None = None
    event_id: str | None = None
    need: str | None = None
    """Of a 401 or 403: what the call needs."""
    roles: list[str] | None = None
    """Of a 401 or 403: the roles that have it."""


class Asked(Answer):
    """What a twin answered to a call."""

    twin_id: str
    event_id: str
    """The call's id: repeated with it, the call counts once."""
    value: Any


class Sent(Answer):
    """An event that is durable in the log."""

    twin_id: str
    event_id: str
    partition: int
    position: int
    """Give it as `min_position` to read what the event did."""


class EventResult(Answer):
    """What came of one event of a batch."""

    id: str | None
    """As its sender calls it; null where it had none that can be said back."""
    subject: str | None
    status: int
    """202: durable. Else the status of `problem`."""
    partition: int | None = None
    position: int | None = None
    problem: Problem | None = None


class EventsAnswer(Answer):
    """What came of every event, in the order in which they were given."""

    events: list[EventResult]
    accepted: int
    refused: int


class FoundTwin(Answer):
    """One twin that a search found."""

    id: str
    position: int
    state: dict[str, Any]


class FoundPage(Answer):
    """A page of a search."""

    items: list[FoundTwin]
    cursor: str | None
    """Give it back to go on; null at the end."""
    as_of: float
    """The state of the oldest checkpoint searched; about 2 s ago in normal running."""
    total: int | None = None
    """How many there are on all pages; null where it was not asked for."""


class Count(Answer):
    """How many twins a filter finds."""

    where: str
    count: int


class HistoryEvent(Answer):
    """One event of a twin, as the log holds it."""

    position: int
    at: float
    """When it happened by its sender, else when the log took it."""
    taken_at: float
    """When the log took it; spans are of this time."""
    type: str
    origin: str
    """`device`, `twin` or `inside`."""
    data: Any
    id: str | None = None


class History(Answer):
    """Events of one twin, oldest first."""

    twin_id: str
    items: list[HistoryEvent]
    more: bool
    """There are earlier ones in the span; ask again with `until` = the first item's `taken_at`."""


class PartitionStatus(Answer):
    """One partition."""

    model_config = ConfigDict(extra="allow", use_attribute_docstrings=True)

    partition: int
    epoch: int = 0
    gateway: str = ""
    host: str = ""
    position: int | None = None
    """Applied up to here."""
    committed: int | None = None
    """In the last checkpoint up to here."""
    now: float | None = None
    lag_s: float | None = None
    """From the log's taking its newest block until it was applied here."""
    events: int = 0
    repeats: int = 0
    refused: int = 0
    hot_twins: int = 0
    hot_bytes: int = 0
    dirty: int = 0
    outbox: int = 0
    reminders: int = 0
    error: str | None = None


class MemberStatus(Answer):
    """One gateway or host."""

    model_config = ConfigDict(extra="allow", use_attribute_docstrings=True)

    role: str
    owner: str
    heard_s_ago: float
    partitions: list[int] = Field(default_factory=list)
    draining: bool = False


class Totals(Answer):
    """All partitions together."""

    events: int = 0
    """Applied since the cluster was made."""
    events_per_s: float | None = None
    """Over the last seconds; null until two looks were taken."""
    repeats: int = 0
    refused: int = 0
    hot_twins: int = 0
    hot_bytes: int = 0
    outbox: int = 0
    lag_s: float | None = None
    """The longest of all partitions."""


class Status(Answer):
    """How the cluster is."""

    model_config = ConfigDict(extra="allow", use_attribute_docstrings=True)

    at: float
    healthy: bool
    """Every partition has a gateway and a host, and none reports an error."""
    problems: list[str]
    """What is not as it should be, for people."""
    totals: Totals
    partitions: list[PartitionStatus]
    members: list[MemberStatus] = Field(default_factory=list)
    watchers: int = 0
    """Open live streams."""


class Health(Answer):
    """This process answers."""

    status: str = "ok"


class CalendarLink(Answer):
    """Where a customer's bookings can be subscribed to."""

    path: str
    """Below the API's own address."""
    edition: int
    """Raising `calendar_edition` of her twin ends the link."""


class Hooked(Answer):
    """What a webhook has taken; all of it is durable."""

    customers: int
    """Rows."""
    events: int
    """Events, those of the rows included."""
