"""Channels on real sockets: letters, and how a channel is tried."""

from typing import Any

import httpx2

from gateway.channels.calls import Caller
from gateway.channels.composing import Composer
from gateway.channels.signing import Signer
from twins.outputs import Effect, Target

NOW = 1_780_000_000.0
SIGNER = Signer(b"a key of thirty-two bytes, or so")
COMPOSER = Composer(SIGNER, "https://help.example/", lambda: NOW)
SECRETS = ("page-token", "app-secret", "wx-secret", "sms-token", "token-1")

OFFER: dict[str, Any] = {
    "supervisor": "roadside/v1", "arrangement_id": "a1", "customer": "customer/c1",
    "language": "en", "currency": "EUR", "total_cents": 8900, "expires_at": NOW + 540.0,
    "lines": [
        {"leg": "tow", "what": "Tow <truck>", "by": "Kallio", "price_cents": 0, "cost_cents": 9900},
        {"leg": "slot", "what": "Service slot", "price_cents": 8900, "cost_cents": 8900},
    ],
}  # fmt: skip


def letter(address: str, *, offer: bool = True, **more: Any) -> Effect:
    """A letter's effect."""
    request = {"to": "customer/c1", "name": "Lisa", "language": "en",
               "subject": "Your engine overheats", "text": "Please stop.", **more}  # fmt: skip
    if offer:
        request["offer"] = OFFER
    return Effect("effect-1", "customer/c1", "message", Target.CHANNEL, address, address, request)


def caller(timeout_s: float = 5.0) -> tuple[Caller, httpx2.AsyncClient]:
    """What a channel calls with, and what has to be closed after it."""
    client = httpx2.AsyncClient(trust_env=False)
    return Caller(client, timeout_s=timeout_s), client
