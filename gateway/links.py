"""Links: signed texts that stand for something, and cannot be made by anybody else.

    <base64url of what it stands for>.<base64url of MAC>

The MAC is HMAC-SHA-256 (RFC 2104), cut to 128 bits. Each use has a purpose of its own, signed
along, so that a link made for one is worth nothing for another.
"""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from typing import Final

MAC_BYTES: Final = 16
MIN_KEY_BYTES: Final = 16
MAX_LINK: Final = 512
"""A longer text is no link of ours, and is not looked at."""


class BadLink(Exception):
    """The holder's fault: not a link that this cluster signed."""


def sign_link(key: bytes, purpose: str, body: bytes) -> str:
    """Return a link; raises `ValueError` where the key is shorter than 16 bytes."""
    return f"{_text(body)}.{_text(_mac(key, purpose, body))}"


def verify_link(key: bytes, purpose: str, link: str) -> bytes:
    """What a link stands for; raises `BadLink`, which says no more, on purpose."""
    damaged = "the link is damaged; open it from the message again"
    if len(link) > MAX_LINK:
        raise BadLink(damaged)
    first, _, second = link.partition(".")
    try:
        body, mac = _bytes(first), _bytes(second)
    except (ValueError, Base64Error) as error:
        raise BadLink(damaged) from error
    if not hmac.compare_digest(mac, _mac(key, purpose, body)):
        raise BadLink(damaged)
    return body


def _mac(key: bytes, purpose: str, body: bytes) -> bytes:
    if len(key) < MIN_KEY_BYTES:
        raise ValueError(f"the links' key has {len(key)} bytes; give at least {MIN_KEY_BYTES}")
    return hmac.digest(key, purpose.encode() + b"\0" + body, "sha256")[:MAC_BYTES]


def _text(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    raw = text.encode("ascii")
    return urlsafe_b64decode(raw + b"=" * (-len(raw) % 4))
