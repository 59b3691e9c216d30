"""Customer: a person that things are arranged for."""

from typing import Annotated, ClassVar

from msgspec import Meta, Struct, field

from twins.devices.vehicle import Helper
from twins.handler import told
from twins.ids import CustomerId, DealerId, InsurerId
from twins.outputs import Outcome
from twins.people.calendar import MAX_FEEDS, FeedUrl
from twins.people.helped import Helped
from twins.people.messages import (
    ArrangementNews,
    Busy,
    Channel,
    Contact,
    Language,
    Profile,
    ProfileRequest,
)
from twins.people.pacing import QuietHours
from twins.settings import UNSET, Settings, UnsetType
from twins.units import Currency, Position, Short

UNSET_ZONE = "UTC"
"""Her clock where nobody has set one."""

MAX_ARRANGEMENTS = 8
"""How many arrangements a customer's twin shows; those that are over leave first."""


class CustomerSettings(Settings):
    """Master data of a customer: `configured`."""

    name: Short | UnsetType = UNSET
    language: Language | UnsetType = UNSET
    tier: Short | UnsetType = UNSET
    channels: list[Channel] | UnsetType = UNSET
    """The one she prefers first."""
    quiet: QuietHours | UnsetType = UNSET
    """When only what is urgent reaches her, by her own clock."""
    contacts_a_day: Annotated[int, Meta(ge=0, le=1000)] | UnsetType | None = UNSET
    """So often she is told something on one day, but for what is urgent."""
    timezone: Annotated[str, Meta(max_length=64)] | UnsetType = UNSET
    position: Position | UnsetType | None = UNSET
    calendar: list[Busy] | UnsetType = UNSET
    """When she has no time."""
    calendar_feeds: Annotated[list[FeedUrl], Meta(max_length=MAX_FEEDS)] | UnsetType = UNSET
    """Her own calendars (iCalendar): read every few hours."""
    calendar_edition: Annotated[int, Meta(ge=0, le=2**31)] | UnsetType = UNSET
    """Raise it to end the links to her bookings that were given out."""
    lifetime_value_cents: int | UnsetType = UNSET
    """What she had brought before her orders are told here; they are added to it."""
    country: Annotated[str, Meta(pattern=r"^[A-Z]{2}$")] | UnsetType | None = UNSET
    """Of telephone numbers without country code (ISO 3166)."""
    currency: Currency | UnsetType = UNSET
    """Hers: values in others are kept, and not added."""
    insurer: InsurerId | UnsetType | None = UNSET
    policy: Short | UnsetType | None = UNSET
    dealer: DealerId | UnsetType | None = UNSET


class ArrangementView(Struct, kw_only=True, omit_defaults=True):
    """An arrangement as the customer sees it."""

    supervisor: str
    state: str
    open: bool
    at: float
    """When that became known (log time)."""
    offer: dict[str, object] | None = None
    """Its last offer, as `actors.supervisors.offer.Offer`."""
    helper: Helper | None = None
    """Who is on the way, and where."""


class Customer(Helped, kind="customer"):
    """A person: how to reach her, what an arrangement must fit, and what is arranged for her."""

    personal: ClassVar[str | None] = "id"

    insurer: InsurerId | None = None
    policy: str | None = None
    dealer: DealerId | None = None
    arrangements: dict[str, ArrangementView] = field(default_factory=dict)
    """By arrangement id, oldest first."""

    @told("configured")
    def configured(self, settings: CustomerSettings) -> None:
        """Take over master data."""
        settings.apply(self)
        self.write_numbers()
        if settings.position is not UNSET:
            self.position_at = None
        if settings.lifetime_value_cents is not UNSET:
            self.opening_value_cents = settings.lifetime_value_cents
        self.sum_value()
        self.follow_feeds()
        self.claim_identities()

    @told("profile.requested")
    def profile_requested(self, request: ProfileRequest) -> None:
        """Say what an arrangement must fit; what of the calendar is past does not matter."""
        if self.passed_on("profile.requested", request):
            return
        profile = Profile(
            arrangement_id=request.arrangement_id,
            customer=self.id,
            name=self.name,
            language=self.language,
            channels=self.channels,
            position=self.position,
            calendar=self.busy_from(self.now),
            lifetime_value_cents=self.lifetime_value_cents,
            insurer=self.insurer,
            policy=self.policy,
            dealer=self.dealer,
            timezone=None if self.timezone == UNSET_ZONE else self.timezone,
        )
        self.tell(request.asker, "profile.answered", profile)

    @told("arrangement.changed")
    def arrangement_changed(self, news: ArrangementNews) -> None:
        """Keep how an arrangement stands."""
        if self.passed_on("arrangement.changed", news):
            return
        arrangements = self.arrangements
        view = arrangements.get(news.arrangement_id)
        if view is None:
            view = arrangements[news.arrangement_id] = ArrangementView(
                supervisor=news.supervisor, state=news.state, open=news.open, at=news.at
            )
        view.state, view.open, view.at = news.state, news.open, news.at
        if news.offer is not None:
            view.offer = news.offer
        if len(arrangements) > MAX_ARRANGEMENTS:
            over = (id_ for id_, old in arrangements.items() if not old.open)
            del arrangements[next(over, next(iter(arrangements)))]
        self.take_bookings(news.arrangement_id, news.booked)

    def note_booking(self, what: str, outcome: Outcome) -> None:
        """Keep it among her contacts."""
        id_ = outcome.key.partition(" ")[0]
        detail = None if outcome.reason is None else outcome.reason[:200]
        self.note(
            Contact(at=self.now, what=what, channel="email", arrangement_id=id_, detail=detail)
        )

    @told("helper.moved")
    def helper_moved(self, helper: Helper) -> None:
        """Keep who is on the way, and where."""
        if self.passed_on("helper.moved", helper):
            return
        view = self.arrangements.get(helper.arrangement_id)
        if view is not None:
            view.helper = helper


__all__ = ["ArrangementView", "Customer", "CustomerId", "CustomerSettings"]
