"""What the API answers, as models: the source of its OpenAPI and so of the console's types.

Times are seconds since the epoch, UTC, as float. Fields that an answer adds later are no break;
readers skip what they do not know.
"""

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


class Count(Answer):
    """How many twins a filter finds."""

    where: str
    count: int


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
