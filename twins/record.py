"""Record: what has happened to a twin, as far as its rules may ask for it.

What it noticed, which arrangements are open, over which channels somebody spoke with its person,
which remedies were tried. Bounded, a part of the state, and None where nothing has happened. All
times are the log's.
"""

from typing import Any, TypeVar

from msgspec import Struct

from twins.handler import told
from twins.units import Short, Time, Token

V = TypeVar("V")

MAX_NAMES = 64
"""How many names of one sort are remembered; the one that was longest ago leaves first."""

MAX_FIRINGS = 16
"""How many firings are remembered with their evidence."""

MAX_TIMES = 100
"""How many times of firing a rule with `at_most` remembers."""


class Firing(Struct, kw_only=True, omit_defaults=True):
    """A rule fired, once; or got worse or better while it was open, which `why.before` tells."""

    id: str
    """Twin and digest, as a signal's."""
    rule: str
    version: int = 0
    """Of the rule set."""
    at: float
    """When, by the event's time."""
    now: float
    """When, by the log's time."""
    severity: str = "warning"
    shadow: bool = False
    """Nothing followed."""
    signals: list[str] = []
    """Ids of the signals that followed."""
    why: dict[str, Any] = {}
    """Inputs, window values, and the reason in words."""


class Record(Struct, kw_only=True, omit_defaults=True):
    """What has happened to one twin."""

    signals: dict[str, tuple[float, int]] = {}
    """Name -> (when it was last noticed, how often)."""
    rules: dict[str, list[float]] = {}
    """Rule -> when it fired, oldest first; only as far as its limits look back."""
    firings: list[Firing] = []
    """The last ones, oldest first."""
    open: dict[str, tuple[str, float]] = {}
    """Arrangement id -> (the kind of its supervisor, since when)."""
    contacts: dict[str, float] = {}
    """Channel -> when somebody last spoke over it."""
    tried: dict[str, float] = {}
    """Remedy -> when it was last tried."""


def record_of(twin: Any) -> Record:
    """The twin's record, made if there is none."""
    if twin.record is None:
        # The empty defaults are shared by no two records: msgspec copies them.
        twin.record = Record()
    record: Record = twin.record
    return record


def _note(names: dict[str, V], name: str, value: V) -> None:
    names.pop(name, None)
    names[name] = value
    if len(names) > MAX_NAMES:
        del names[next(iter(names))]


def note_signal(twin: Any, name: str, now: float) -> None:
    """Note that the twin noticed something."""
    signals = record_of(twin).signals
    _note(signals, name, (now, signals[name][1] + 1 if name in signals else 1))


def note_firing(twin: Any, firing: Firing, kept: int) -> None:
    """Note that a rule fired, and as many times of its firing as its limits need."""
    record = record_of(twin)
    name = limit_name(firing.rule, shadow=firing.shadow)
    _note(record.rules, name, [*record.rules.get(name, ()), firing.now][-min(kept, MAX_TIMES) :])
    note_evidence(twin, firing)


def note_evidence(twin: Any, firing: Firing) -> None:
    """Note what a rule saw; it counts for nothing else."""
    firings = record_of(twin).firings
    firings.append(firing)
    del firings[:-MAX_FIRINGS]


def note_tried(twin: Any, remedy: str, now: float) -> None:
    """Note that a remedy was tried."""
    _note(record_of(twin).tried, remedy, now)


def note_contact(twin: Any, channel: str, at: float) -> None:
    """Note that somebody spoke with the twin's person."""
    contacts = record_of(twin).contacts
    _note(contacts, channel, max(at, contacts.get(channel, 0.0)))


def note_opened(twin: Any, arrangement_id: str, name: str, now: float) -> None:
    """Note that an arrangement is under way, and whose."""
    record = record_of(twin)
    since = record.open.get(arrangement_id, (name, now))[1]
    _note(record.open, arrangement_id, (name, since))


def note_closed(twin: Any, arrangement_id: str) -> None:
    """Note that it has ended."""
    if twin.record is not None:
        twin.record.open.pop(arrangement_id, None)
        if twin.record == Record():
            twin.record = None


def limit_name(rule: str, *, shadow: bool) -> str:
    """The name under which a rule's firings are counted: what its shadow did limits nothing."""
    return f"shadow:{rule}" if shadow else rule


# -- what rules ask ------------------------------------------------------------------------------


def happened(record: Record | None, name: str, now: float, within_s: float) -> bool:
    """Whether a signal was noticed, or a rule fired, in the last so many seconds."""
    if record is None:
        return False
    noticed = record.signals.get(name)
    if noticed is not None and now - noticed[0] <= within_s:
        return True
    fired = record.rules.get(name)
    return fired is not None and now - fired[-1] <= within_s


def is_open(record: Record | None, name: str) -> bool:
    """Whether an arrangement of this supervisor kind is open."""
    return record is not None and any(kind == name for kind, _ in record.open.values())


def contacted(record: Record | None, channel: str | None, now: float, within_s: float) -> bool:
    """Whether somebody spoke with the twin's person over a channel (None: any) since then."""
    if record is None:
        return False
    contacts = record.contacts
    last = max(contacts.values(), default=None) if channel is None else contacts.get(channel)
    return last is not None and now - last <= within_s


def tried(record: Record | None, remedy: str, now: float, within_s: float | None) -> bool:
    """Whether a remedy was tried since then (None: ever, as far as it is remembered)."""
    last = None if record is None else record.tried.get(remedy)
    return last is not None and (within_s is None or now - last <= within_s)


# -- what other twins tell -----------------------------------------------------------------------


class Opened(Struct, kw_only=True):
    """An arrangement for the twin is under way: `context.opened`."""

    arrangement_id: Token
    name: Short
    """The kind of its supervisor: `roadside`."""


class Closed(Struct, kw_only=True):
    """It has ended: `context.closed`."""

    arrangement_id: Token


class Contacted(Struct, kw_only=True):
    """Somebody spoke with the twin's person: `context.contacted`."""

    channel: Short
    at: Time | None = None
    """When; default: now."""


class Tried(Struct, kw_only=True):
    """A remedy was tried: `context.tried`."""

    remedy: Short


@told("context.opened")
def context_opened(self: Any, opened: Opened) -> None:
    """Keep that an arrangement is open."""
    note_opened(self, opened.arrangement_id, opened.name, self.now)


@told("context.closed")
def context_closed(self: Any, closed: Closed) -> None:
    """Keep that it is not open any more."""
    note_closed(self, closed.arrangement_id)


@told("context.contacted")
def context_contacted(self: Any, contacted: Contacted) -> None:
    """Keep when somebody last spoke over this channel."""
    note_contact(self, contacted.channel, self.now if contacted.at is None else contacted.at)


@told("context.tried")
def context_tried(self: Any, tried: Tried) -> None:
    """Keep when the remedy was last tried."""
    note_tried(self, tried.remedy, self.now)
