"""Signing: links in letters, and webhooks, so that receivers know whom they come from.

    Vigil-Signature: t=<seconds>,v1=<hex of HMAC-SHA-256 over "<seconds>.<body>">

The webhooks' key is derived from the offers' key, so that a receiver who checks signatures cannot
sign links.
"""

import hmac
import re

from msgspec import Struct

from gateway.offers import sign_offer
from gateway.surveys import sign_survey
from gateway.unsubscribing import unsubscribe_link
from twins.people.messages import Purpose

SIGNATURE = "Vigil-Signature"
TOLERANCE_S = 300.0
"""How old a signed message may be when it arrives, in seconds."""


class Signer(Struct, frozen=True):
    """Signs links and messages."""

    offer_key: bytes

    @property
    def webhook_key(self) -> bytes:
        """What receivers check signatures with."""
        return hmac.digest(self.offer_key, b"vigil.webhook.1", "sha256")

    def token(self, supervisor_id: str, arrangement_id: str, expires_at: float) -> str:
        """The token of an offer's link."""
        return sign_offer(self.offer_key, supervisor_id, arrangement_id, expires_at)

    def unsubscribe(
        self, person: str, channel: str, address: str, purpose: Purpose, now: float
    ) -> str:
        """The link by which a letter's reader gets no more of its sort."""
        return unsubscribe_link(self.offer_key, person, channel, address, purpose, now)

    def survey(self, customer: str, about: str, until: float) -> str:
        """The token of a survey's link."""
        return sign_survey(self.offer_key, customer, about, until)

    def signature(self, body: bytes, at: float) -> str:
        """The signature header of a message sent at `at` (seconds since the epoch)."""
        return f"t={int(at)},v1={_mac(self.webhook_key, int(at), body)}"

    def __repr__(self) -> str:
        """Secrets do not belong into logs."""
        return "Signer(…)"


def verify_signature(webhook_key: bytes, header: str, body: bytes, now: float) -> bool:
    """For receivers: whether a message is ours, whole, and not older than five minutes."""
    match = re.fullmatch(r"t=([0-9]{1,12}),v1=([0-9a-f]{64})", header)
    if match is None:
        return False
    at = int(match[1])
    expected = _mac(webhook_key, at, body)
    return hmac.compare_digest(expected, match[2]) and abs(now - at) <= TOLERANCE_S


def _mac(key: bytes, at: int, body: bytes) -> str:
    return hmac.digest(key, b"%d." % at + body, "sha256").hex()
