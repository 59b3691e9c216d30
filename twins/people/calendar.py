"""Calendar: when a customer has no time, and what is booked for her.

Her busy time is what was set by hand and what her feeds say (iCalendar, kept elsewhere). A feed is
fetched and expanded by a worker (`gateway.calendars`), every few hours; its busy spans come back as
the outcome of an effect.
"""

from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct, field, structs, to_builtins

from twins.handler import done, due, failed
from twins.ids import digest
from twins.outputs import Outcome, Target
from twins.people.invitation import calendar_text
from twins.people.messages import Booked, Booking, Busy, Letter
from twins.people.reached import Reached
from twins.people.spans import merge
from twins.people.wording import booking_words
from twins.units import Short, Time

MAX_FEEDS: Final = 4
MAX_BUSY: Final = 200
"""How many spans of her calendar a supervisor is told."""

REFRESH_S: Final = 6 * 3600.0
"""How often a feed is fetched, give or take a tenth, so that not all come at once."""

FETCH_S: Final = 600.0
"""How long it is tried to fetch a feed; then it is left for the next time."""

HORIZON_S: Final = 60 * 86_400.0
"""So far ahead her calendar is known at least."""

AHEAD_S: Final = 90 * 86_400.0
"""So far ahead a feed is expanded; one that did not change since then needs no fetching."""

MAX_BOOKINGS: Final = 32

FeedUrl = Annotated[str, Meta(pattern=r"^(https?|webcal)://\S{1,500}$")]
"""Where a feed lies. Its host must be allowed by the settings (`people.calendar_hosts`)."""

Zone = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_+/-]{1,64}$")]
"""An IANA time zone: `Europe/Helsinki`."""


class FeedRequest(Struct, kw_only=True, omit_defaults=True):
    """Asks a worker for a feed: the request of a `CALENDAR` effect."""

    since: Time
    until: Time
    zone: Zone = "UTC"
    etag: Short | None = None
    modified: Short | None = None
    """`Last-Modified` of the answer before."""


class FeedAnswer(Struct, kw_only=True, omit_defaults=True):
    """What the worker found."""

    unchanged: bool = False
    """Nothing else is told then."""
    busy: Annotated[list[tuple[Time, Time]], Meta(max_length=MAX_BUSY)] = []
    until: Time = 0.0
    """Up to here nothing is missing."""
    etag: Short | None = None
    modified: Short | None = None


class Feed(Struct, kw_only=True, omit_defaults=True):
    """A calendar that is kept elsewhere."""

    url: str
    zone: str = "UTC"
    """In which its whole days were read."""
    busy: list[tuple[float, float]] = []
    until: float = 0.0
    fetched_at: float | None = None
    """When it was last fetched, or known to be unchanged (log time)."""
    etag: str | None = None
    modified: str | None = None
    problem: str | None = None
    """Why the last fetch failed; what was known before still counts."""


class Planned(Reached):
    """Base of persons whose time is planned with."""

    calendar: list[Busy] = field(default_factory=list)
    """When she has no time, as set by hand."""
    calendar_feeds: list[str] = field(default_factory=list)
    """URLs of her own calendars."""
    feeds: dict[str, Feed] | None = None
    """By digest of the URL."""
    bookings: dict[str, Booking] | None = None
    """What is booked for her, by id; the ones that ended longest ago leave first."""
    calendar_edition: int = 0
    """Of the link to her bookings; raising it ends all links before."""

    # -- her own calendars -------------------------------------------------------------------

    def follow_feeds(self) -> None:
        """Take up feeds that are new, and drop those that are gone."""
        before = self.feeds or {}
        feeds: dict[str, Feed] = {}
        for url in dict.fromkeys(self.calendar_feeds):
            id_ = digest(url)
            known = before.get(id_)
            if known is not None and known.zone == self.timezone:
                feeds[id_] = known
            else:
                feeds[id_] = Feed(url=url, zone=self.timezone)
        new = [id_ for id_ in feeds if feeds[id_] is not before.get(id_)]
        self.feeds = feeds or None
        for id_ in new:
            self._fetch(id_, feeds[id_])
        if not feeds:
            if before:
                self.forget("calendar.refresh")
        elif new:
            self._refresh_later()

    def _refresh_later(self) -> None:
        spread = int(digest(self.id, "calendar"), 16) / 2**64
        self.remind("calendar.refresh", after_s=REFRESH_S * (0.9 + 0.2 * spread))

    @due("calendar.refresh")
    def calendar_refresh(self) -> None:
        """Fetch all feeds again."""
        for id_, feed in (self.feeds or {}).items():
            self._fetch(id_, feed)
        if self.feeds:
            self._refresh_later()

    def _fetch(self, id_: str, feed: Feed) -> None:
        reaches = feed.until >= self.now + HORIZON_S
        request = FeedRequest(
            since=self.now,
            until=self.now + AHEAD_S,
            zone=feed.zone,
            etag=feed.etag if reaches else None,
            modified=feed.modified if reaches else None,
        )
        self.effect(
            "calendar",
            Target.CALENDAR,
            feed.url,
            to_builtins(request),
            key=id_,
            expires_at=self.now + FETCH_S,
        )

    @done("calendar")
    def calendar_fetched(self, outcome: Outcome) -> None:
        """Take over when she is busy."""
        feed = (self.feeds or {}).get(outcome.key)
        if feed is None:
            return  # it was dropped meanwhile
        try:
            answer = msgspec.convert(outcome.result, FeedAnswer)
        except msgspec.ValidationError as error:
            feed.problem = f"garbled: {error}"[:200]
            return
        feed.problem = None
        feed.fetched_at = self.now
        if not answer.unchanged:
            feed.busy, feed.until = answer.busy, answer.until
            feed.etag, feed.modified = answer.etag, answer.modified

    @failed("calendar")
    def calendar_not_fetched(self, outcome: Outcome) -> None:
        """Keep what is known, and say why there is nothing newer."""
        feed = (self.feeds or {}).get(outcome.key)
        if feed is not None:
            feed.problem = f"{outcome.reason}: {outcome.detail or ''}"[:200]

    def busy_from(self, now: float) -> list[Busy]:
        """When she has no time, from now on, by hand and by feeds together; the first spans."""
        spans = [(busy.starts_at, busy.ends_at) for busy in self.calendar]
        for feed in (self.feeds or {}).values():
            spans += feed.busy
        return [Busy(starts_at=start, ends_at=end) for start, end in merge(spans) if end > now][
            :MAX_BUSY
        ]

    # -- what is booked ----------------------------------------------------------------------

    def take_bookings(self, arrangement_id: str, booked: list[Booked]) -> None:
        """Take over what an arrangement has booked by now; what it had booked before is off."""
        known = self.bookings or {}
        changed: list[Booking] = []
        for one in booked:
            id_ = f"{arrangement_id}.{one.leg}"
            before = known.get(id_)
            now = Booking(
                id=id_, arrangement_id=arrangement_id, what=one.what, by=one.by,
                starts_at=one.starts_at, ends_at=one.ends_at, changed_at=self.now,
            )  # fmt: skip
            if before is not None:
                now = structs.replace(now, sequence=before.sequence, changed_at=before.changed_at)
                if now == before:
                    continue
                now = structs.replace(now, sequence=before.sequence + 1, changed_at=self.now)
            changed.append(now)
        still = {f"{arrangement_id}.{one.leg}" for one in booked}
        changed += [
            structs.replace(old, cancelled=True, sequence=old.sequence + 1, changed_at=self.now)
            for id_, old in known.items()
            if old.arrangement_id == arrangement_id and not old.cancelled and id_ not in still
        ]
        if not changed:
            return
        self.bookings = _kept({**known, **{one.id: one for one in changed}})
        for method, some in (
            ("CANCEL", [one for one in changed if one.cancelled]),
            ("PUBLISH", [one for one in changed if not one.cancelled]),
        ):
            if some:
                self._send_bookings(arrangement_id, method, some)

    def _send_bookings(self, arrangement_id: str, method: str, bookings: list[Booking]) -> None:
        """Send them to her calendar, if she has an e-mail address; other channels carry no files.

        It is the receipt of what she has accepted herself, so no limit holds it back.
        """
        ways = (way for way in self.channels if way.channel == "email")
        address = next((w.address for w in ways if not self.is_stopped("email", w.address)), None)
        if address is None:
            return
        language, subject, text, data = booking_words(
            self.language, bookings, cancelled=method == "CANCEL"
        )
        letter = Letter(
            to=self.id,
            name=self.name,
            language=language,
            subject=subject,
            text=text,
            data=data,
            calendar=calendar_text(bookings, method=method),
        )
        self.effect(
            "booking",
            Target.CHANNEL,
            f"email:{address}",
            to_builtins(letter),
            key=f"{arrangement_id} {method}",
            expires_at=self.now + 86_400.0,
        )

    @done("booking")
    def booking_sent(self, outcome: Outcome) -> None:
        """Her calendar has it."""
        self.note_booking("booking.sent", outcome)

    @failed("booking")
    def booking_not_sent(self, outcome: Outcome) -> None:
        """It stands in her feed none the less."""
        self.note_booking("booking.not_sent", outcome)

    def note_booking(self, what: str, outcome: Outcome) -> None:
        """Keep what became of a booking's letter."""
        raise NotImplementedError


def _kept(bookings: dict[str, Booking]) -> dict[str, Booking]:
    """The last ones, by when they end."""
    kept = sorted(bookings.values(), key=lambda one: (one.ends_at or one.starts_at, one.id))
    return {one.id: one for one in kept[-MAX_BOOKINGS:]}
