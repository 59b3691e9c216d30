"""Replies: what a person writes back, in a few words, and what she means.

| she means | for example |
|---|---|
| `accept` | yes, ok, ja, kyllä; the number of an alternative, where there are some |
| `decline` | no, nein, ei |
| `call_me` | call me, anrufen, soita |
| `another_time` | another time, later, anderer Termin, toinen aika |
| `fine` | I'm fine, alles gut, kaikki hyvin |
| `cancel` | cancel, stornieren, peru |

Only a whole message counts: "yes, but not tomorrow" is no yes, and a person reads it.
"""

import re
from collections.abc import Collection
from typing import Annotated, ClassVar, Final, Literal

from msgspec import Meta, Struct

from twins.handler import told
from twins.ids import CustomerId, digest
from twins.twin import Twin
from twins.units import Short, Text, Time, Token

What = Literal["accept", "decline", "another_time", "call_me", "fine", "cancel"]

_SAID: Final[dict[What, tuple[str, ...]]] = {
    "accept": ("yes", "yes please", "y", "ok", "okay", "accept", "ja", "ja bitte", "kyllä",
               "kylla", "joo", "yes all of it", "ja alles", "kyllä kaikki"),
    "decline": ("no", "no thank you", "no thanks", "n", "decline", "nein", "nein danke", "ei",
                "ei kiitos"),
    "another_time": ("another time", "other time", "later", "anderer termin", "später",
                     "andere zeit", "toinen aika", "myöhemmin"),
    "call_me": ("call", "call me", "please call me", "anrufen", "rufen sie mich an",
                "bitte anrufen", "soita", "soittakaa", "soittakaa minulle", "soita minulle"),
    "fine": ("i'm fine", "im fine", "i am fine", "all fine", "alles gut", "mir geht es gut",
             "kaikki hyvin", "olen kunnossa"),
    "cancel": ("cancel", "stornieren", "absagen", "peru", "peruuta"),
}  # fmt: skip

_MEANS: Final = {words: what for what, all_ in _SAID.items() for words in all_}
_REST: Final = re.compile(r"[^\w']+")

MAX_QUOTED: Final = 200
"""Only so much of a message is looked at."""


def meant(text: str) -> What | None:
    """What she means; None: only a person can tell."""
    first = text.strip().partition("\n")[0][:MAX_QUOTED]
    words = _REST.sub(" ", first.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'").casefold())
    return _MEANS.get(words.strip())


def numbered(text: str, numbers: Collection[int]) -> int | None:
    """Which of the alternatives that stand in her letter she names; None: none of them."""
    said = text.strip().partition("\n")[0].strip(" .)")
    return int(said) if said in {str(number) for number in numbers} else None


class Reply(Struct, kw_only=True, omit_defaults=True):
    """What came in by a channel: `reply.received`, to the address, and on to the person.

    It is read leniently; the edges have checked who sent it.
    """

    channel: Short
    at: Time
    """When it was sent, by the channel's clock."""
    text: Text = ""
    what: What | None = None
    """What she tapped; None: what she means is in the text."""
    supervisor: Short | None = None
    """With what she tapped: whose offer it was."""
    arrangement_id: Token | None = None
    until: Time | None = None
    """When that offer ends."""


class Used(Struct, kw_only=True):
    """A person is told something by this address: `address.used`."""

    person: CustomerId


class Address(Twin, kind="address"):
    """Where messages come from: it knows whose they are. Its key is made of channel and address.

    It is the person's who was last told something by it.
    """

    personal: ClassVar[str | None] = "person"

    person: CustomerId | None = None
    strangers: Annotated[int, Meta(ge=0)] = 0
    """Messages that came before anybody was told anything by it."""

    @told("address.used")
    def used(self, used: Used) -> None:
        """Whose it is."""
        self.person = used.person

    @told("reply.received")
    def reply_received(self, reply: Reply) -> None:
        """Pass it on; what a stranger writes is counted, and read by nobody."""
        if self.person is None:
            self.strangers += 1
        else:
            self.tell(self.person, "reply.received", reply)


TALKING: Final = frozenset({"sms", "email", "messenger", "wechat"})
"""Channels by which people can write back."""


def address_id(channel: str, address: str) -> str:
    """The twin of an address, however it is written."""
    written = "".join(address.split()).casefold() if channel in ("sms", "email") else address
    return f"address/{digest(channel, written)}"
