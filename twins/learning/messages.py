"""What persons' twins and learners say to each other.

| asks or tells | answered by |
|---|---|
| `advice.requested` (`AdviceRequest`) to `engagement/<name>` | `advice.given` (`Advice`) |
| `engagement.tried` (`Tried`) to it, once it is known what she did | |
| `engagement.joined` (`Joined`) to `engagement/all` | `engagement.switched` (`Switched`) |
"""

import re
from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

from twins.ids import TwinId
from twins.units import Seconds, Short, Token

ALL: Final = "engagement/all"
"""The twin that switches all learning off, and knows who learns."""

MAX_OPTIONS: Final = 12
"""Between so many one is chosen; further ones are left out."""

Dimension = Literal["channel", "time", "wording", "offer"]
"""What can be chosen. Each is learned by itself: see decision 018."""

Arm = Annotated[str, Meta(min_length=1, max_length=64)]

How = Literal["learned", "explored", "control", "off"]
"""learned: drawn from what is known; explored: any, each as likely; control: as the fixed policy
would, to compare with; off: the same, since nothing is to be learned."""

What = Literal["accepted", "declined", "another_time", "call_me", "fine", "cancel", "words",
               "opened", "ignored"]  # fmt: skip
"""What she did about it; ignored: nothing until it was over."""

_REST: Final = re.compile(r"[^A-Za-z0-9_-]+")


def learner_of(template: str) -> str:
    """The twin that learns how one sort of message is told best."""
    name = _REST.sub("_", template)[:60] or "_"
    return f"engagement/{name}" if name != "all" else "engagement/all_"


class AdviceRequest(Struct, kw_only=True):
    """Asks how a person is told something: `advice.requested`."""

    asker: TwinId
    contact: Token
    segment: Short
    """Persons who are alike, as far as that is known."""
    options: dict[Dimension, Annotated[list[Arm], Meta(max_length=MAX_OPTIONS)]]
    """The one first that the fixed policy takes; where there is none, nothing is taken."""


class Advice(Struct, kw_only=True):
    """Says how: `advice.given`."""

    contact: Token
    how: How
    taken: dict[Dimension, Arm]


class Tried(Struct, kw_only=True):
    """What she did about one contact: `engagement.tried`."""

    contact: Token
    segment: Short
    how: How
    taken: dict[Dimension, Arm]
    """As it was done: by the channel that carried it, and when."""
    what: What
    after_s: Seconds
    """Since she was told."""


class Joined(Struct, kw_only=True):
    """Says that somebody learns: `engagement.joined`."""

    learner: TwinId


class Switched(Struct, kw_only=True):
    """Says whether anybody may learn: `engagement.switched`."""

    learning: bool
