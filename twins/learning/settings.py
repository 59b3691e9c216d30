"""Settings of learning: one document a learner, changed live by `configured` or a person's call."""

from typing import Annotated, Any, Final

from msgspec import Meta, Struct, structs

from twins.errors import BadPayload
from twins.learning.messages import What
from twins.settings import UNSET, UnsetType
from twins.units import Text

Share = Annotated[float, Meta(ge=0, le=0.5)]
Worth = dict[What, Annotated[float, Meta(ge=0, le=1)]]

WORTH: Final[Worth] = {
    "accepted": 1.0, "fine": 0.5, "another_time": 0.5, "call_me": 0.25, "words": 0.25,
    "declined": 0.25, "cancel": 0.1, "opened": 0.1, "ignored": 0.0,
}  # fmt: skip
"""How much it counts what she did, from 0 to 1: whoever says no was at least reached in time."""


class LearningSettings(Struct, kw_only=True, omit_defaults=True, frozen=True):
    """What people say of learning."""

    learning: bool = True
    """Off: everybody is told by the fixed policy, and nothing is learned."""
    exploration: Share = 0.05
    """Share of contacts in which any option is taken, each as likely: the floor that finds out
    what has become better."""
    control: Share = 0.05
    """Share of contacts that follow the fixed policy, to compare with."""
    half_days: Annotated[float, Meta(ge=1, le=3650)] = 90.0
    """After so many days a contact counts half."""
    worth: Worth = {}
    """What differs from `WORTH`."""

    def worth_of(self, what: What) -> float:
        """How much it counts what she did."""
        return self.worth.get(what, WORTH[what])


class LearningChange(Struct, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """`configured`, and `ask.engagement.set`: what is left out stays as it is."""

    by: Annotated[str, Meta(min_length=1, max_length=200)] = "settings"
    reason: Text = ""
    learning: bool | UnsetType = UNSET
    exploration: Share | UnsetType = UNSET
    control: Share | UnsetType = UNSET
    half_days: Annotated[float, Meta(ge=1, le=3650)] | UnsetType = UNSET
    worth: Worth | UnsetType = UNSET

    def given(self) -> dict[str, Any]:
        """The settings that it changes."""
        names = LearningSettings.__struct_fields__
        return {name: value for name in names if (value := getattr(self, name)) is not UNSET}

    def applied(self, settings: LearningSettings) -> LearningSettings:
        """The settings after it. Raises `BadPayload` where nothing would be left to learn from."""
        after = structs.replace(settings, **self.given())
        if after.exploration + after.control > 0.5:  # noqa: PLR2004 - half
            raise BadPayload(
                f"exploration ({after.exploration:g}) and control ({after.control:g}) are more "
                "than 0.5 together: most contacts would not follow what was learned"
            )
        return after
