"""Unsubscribing: the link of a letter by which its reader gets no more of its sort (RFC 8058).

It names the person, what the letter was sent for, and its address by a hash; whoever has the
letter has the link, and nobody else can make one. It holds for a year: a letter that is older was
kept for something else.
"""

import math
from typing import Final

import msgspec
from msgspec import Struct, msgpack

from gateway.links import BadLink, sign_link, verify_link
from twins.errors import BadTwinId
from twins.ids import split
from twins.people.messages import Purpose
from twins.people.replies import address_id

LIFE_S: Final = 365 * 86_400.0
"""How long a link holds, in seconds."""

KINDS: Final = frozenset({"customer"})
"""Of persons who have consents, and addresses that can be left alone."""

_PURPOSE: Final = "vigil.unsubscribe.1"


class LinkExpired(BadLink):
    """Nobody's fault: the link was good, and its time is over."""


class Unsubscribing(Struct, array_like=True, forbid_unknown_fields=True, frozen=True):
    """What a link stands for."""

    person: str
    """Twin id."""
    channel: str
    address: str
    """Twin id of the address that the letter went to: a hash of it."""
    purpose: Purpose
    """What the letter was sent for."""
    expires_at: float
    """Seconds since the epoch."""

    def is_of(self, channel: str, address: str) -> bool:
        """Whether the letter went to this address."""
        return channel == self.channel and address_id(channel, address) == self.address


def unsubscribe_link(
    key: bytes, person: str, channel: str, address: str, purpose: Purpose, now: float
) -> str:
    """The link of a letter that is sent at `now`."""
    found = Unsubscribing(person, channel, address_id(channel, address), purpose, now + LIFE_S)
    return sign_link(key, _PURPOSE, msgpack.encode(found))


def read_link(key: bytes, link: str, now: float) -> Unsubscribing:
    """What a link stands for; raises `BadLink`, and `LinkExpired` once it was good."""
    body = verify_link(key, _PURPOSE, link)
    try:
        found = msgpack.decode(body, type=Unsubscribing)
        split(found.person)
    except (msgspec.DecodeError, BadTwinId) as error:
        raise BadLink("the link was made by another version; use a newer letter's") from error
    if not math.isfinite(found.expires_at) or now >= found.expires_at:
        raise LinkExpired("the link has ended; use a newer letter's")
    return found
