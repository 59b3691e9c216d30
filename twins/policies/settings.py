"""Settings of a policy: one document, changed live by `configured` or by a person's call."""

from typing import Annotated, Any

from msgspec import Meta, Struct, structs

from twins.errors import BadPayload
from twins.ids import DeskId
from twins.people.pacing import zone_of
from twins.policies.messages import Level, Person
from twins.settings import UNSET, UnsetType
from twins.units import Cents, Currency, Short, Text

Share = Annotated[float, Meta(ge=0, le=1)]
Limits = dict[Currency, Cents]
Hours = Annotated[float, Meta(ge=0.01, le=72)]


class PolicySettings(Struct, kw_only=True, omit_defaults=True, frozen=True):
    """What people say of a policy."""

    ceiling: Level = Level.ACT
    """It does not rise above it by itself."""
    pinned: bool = False
    """Its level changes by a person's word only."""
    rise_at: Share = 0.8
    """It rises when the lower bound of its precision is at least this."""
    fall_at: Share = 0.7
    """It falls when the upper bound of its precision is below this; never above `rise_at`."""
    least_to_rise: Annotated[int, Meta(ge=1, le=100)] = 20
    """Verdicts at the present level before it can rise."""
    least_to_fall: Annotated[int, Meta(ge=1, le=100)] = 5
    holdout: Annotated[float, Meta(ge=0, le=0.5)] = 0.0
    """Share of customers for whom nothing is done."""
    per_hour: Annotated[int, Meta(ge=1, le=5000)] = 500
    """Reach: so many arrangements may begin within an hour; then a person is asked."""
    day_cents: Limits = {}
    """Currency -> what all arrangements of one day may cost together. Empty: no limit; where one
    is set, other currencies have none to spend."""
    customer_day_cents: Limits = {}
    """The same for one customer."""
    day_zone: Annotated[str, Meta(max_length=64)] = "UTC"
    """By the clocks of which time zone a day of the limits begins."""
    follow_h: Annotated[float, Meta(ge=0.1, le=72)] = 24.0
    """How long it is followed what becomes of a customer."""
    late_h: Annotated[float, Meta(ge=0, le=72)] = 6.0
    """How long after that it is waited for what is told late."""
    survey_h: Hours | None = None
    """How long after the signal a customer is asked how satisfied she is; within `follow_h`, or it
    counts no more. None: nobody is."""
    propose_min: Annotated[float, Meta(ge=1, le=1440)] = 30.0
    """How long a proposal stands."""
    desk: DeskId | None = None
    """Where a person is asked about the breaker; None: the desk of the arrangement."""
    skill: Short | None = None


class Change(Struct, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """`configured`, and `ask.policy.set`: what is left out stays as it is."""

    by: Person = "settings"
    reason: Text = ""
    level: Level | UnsetType | None = UNSET
    """None: as the policy begins."""
    ceiling: Level | UnsetType = UNSET
    pinned: bool | UnsetType = UNSET
    rise_at: Share | UnsetType = UNSET
    fall_at: Share | UnsetType = UNSET
    least_to_rise: Annotated[int, Meta(ge=1, le=100)] | UnsetType = UNSET
    least_to_fall: Annotated[int, Meta(ge=1, le=100)] | UnsetType = UNSET
    holdout: Annotated[float, Meta(ge=0, le=0.5)] | UnsetType = UNSET
    per_hour: Annotated[int, Meta(ge=1, le=5000)] | UnsetType = UNSET
    day_cents: Limits | UnsetType = UNSET
    customer_day_cents: Limits | UnsetType = UNSET
    day_zone: Annotated[str, Meta(max_length=64)] | UnsetType = UNSET
    follow_h: Annotated[float, Meta(ge=0.1, le=72)] | UnsetType = UNSET
    late_h: Annotated[float, Meta(ge=0, le=72)] | UnsetType = UNSET
    survey_h: Hours | UnsetType | None = UNSET
    propose_min: Annotated[float, Meta(ge=1, le=1440)] | UnsetType = UNSET
    desk: DeskId | UnsetType | None = UNSET
    skill: Short | UnsetType | None = UNSET

    def given(self) -> dict[str, Any]:
        """The settings that it changes; the level is not one of them."""
        names = (name for name in PolicySettings.__struct_fields__)
        return {name: value for name in names if (value := getattr(self, name)) is not UNSET}

    def applied(self, settings: PolicySettings) -> PolicySettings:
        """The settings after it. Raises `BadPayload`."""
        after = structs.replace(settings, **self.given())
        if after.fall_at > after.rise_at:
            raise BadPayload(
                f"fall_at ({after.fall_at:g}) lies above rise_at ({after.rise_at:g}): the policy "
                "would rise and fall at the same precision"
            )
        if zone_of(after.day_zone).key != after.day_zone:
            raise BadPayload(
                f"day_zone {after.day_zone!r} is no time zone; give one as Europe/Helsinki or UTC"
            )
        return after
