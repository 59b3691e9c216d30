"""Offer links: what a customer's page is opened with. Signed, and they expire.

A link names one arrangement of one supervisor, and until when it may be answered. Whoever has it
may see and answer that offer, and nothing else; so it is as secret as the message it came in.

    <base64url of MessagePack [format, supervisor_id, arrangement_id, expires_at]>
    .<base64url of MAC>

The MAC is HMAC-SHA-256 (RFC 2104), cut to 128 bits to keep the link short enough for an SMS.
"""

import hmac
import math
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error

import msgspec
from msgspec import Struct, msgpack

from twins.errors import BadTwinId
from twins.ids import digest, split

FORMAT = 1
MAC_BYTES = 16
MIN_KEY_BYTES = 16
MAX_TOKEN = 512
"""A longer text is no link of ours, and is not looked at."""

_PURPOSE = b"vigil.offer.1"
"""Signed along, so that a MAC made for anything else with the same key is worth nothing here."""


class OfferError(Exception):
    """Base of what is wrong with a link."""


class BadOffer(OfferError):
    """The holder's fault: not a link that this cluster signed."""


class OfferExpired(OfferError):
    """Nobody's fault: the link was good, and its time is over. `link` says which one it was."""

    def __init__(self, text: str, link: "OfferLink") -> None:
        super().__init__(text)
        self.link = link


class OfferLink(Struct, frozen=True):
    """What a link stands for."""

    supervisor_id: str
    """Twin id of the supervisor that arranged it."""
    arrangement_id: str
    expires_at: float
    """Until then it may be answered; seconds since the epoch."""

    @property
    def answer_id(self) -> str:
        """Event id of the answer: the same for every tap on the same link, so one tap counts."""
        return f"offer-{digest(self.supervisor_id, self.arrangement_id, repr(self.expires_at))}"


class _Body(Struct, array_like=True, forbid_unknown_fields=True):
    format: int
    supervisor_id: str
    arrangement_id: str
    expires_at: float


_decode = msgpack.Decoder(_Body).decode


def sign_offer(key: bytes, supervisor_id: str, arrangement_id: str, expires_at: float) -> str:
    """Return the token of a link.

    Raises:
        ValueError: The key is shorter than 16 bytes.
        BadTwinId: `supervisor_id` is no twin id.
    """
    _check_key(key)
    split(supervisor_id)
    body = msgpack.encode(_Body(FORMAT, supervisor_id, arrangement_id, float(expires_at)))
    return f"{_text(body)}.{_text(_mac(key, body))}"


def verify_offer(key: bytes, token: str, now: float) -> OfferLink:
    """Return what a token stands for.

    Raises:
        BadOffer: It was not signed with this key. The text says no more, on purpose.
        OfferExpired: It was, and `now` is at or past its end.
    """
    _check_key(key)
    try:
        if len(token) > MAX_TOKEN:
            raise BadOffer("the link is longer than any of ours")
        first, _, second = token.partition(".")
        body, mac = _bytes(first), _bytes(second)
    except (ValueError, Base64Error) as error:
        raise BadOffer("the link is damaged; open it from the message again") from error
    if not hmac.compare_digest(mac, _mac(key, body)):
        raise BadOffer("the link is damaged; open it from the message again")
    try:
        read = _decode(body)
        split(read.supervisor_id)
    except (msgspec.DecodeError, BadTwinId) as error:
        raise BadOffer("the link was made by another version; ask for a new message") from error
    if read.format != FORMAT or not math.isfinite(read.expires_at):
        raise BadOffer("the link was made by another version; ask for a new message")
    link = OfferLink(read.supervisor_id, read.arrangement_id, read.expires_at)
    if now >= link.expires_at:
        raise OfferExpired(
            f"the offer {link.arrangement_id} ended {now - link.expires_at:.0f} s ago", link
        )
    return link


def _check_key(key: bytes) -> None:
    if len(key) < MIN_KEY_BYTES:
        raise ValueError(f"the offers' key has {len(key)} bytes; give at least {MIN_KEY_BYTES}")


def _mac(key: bytes, body: bytes) -> bytes:
    return hmac.digest(key, _PURPOSE + body, "sha256")[:MAC_BYTES]


def _text(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    raw = text.encode("ascii")
    return urlsafe_b64decode(raw + b"=" * (-len(raw) % 4))
