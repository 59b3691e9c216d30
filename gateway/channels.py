"""Channels: how a notice reaches a person. Today by webhook; the receiver passes it on.

    POST <address>
    Idempotency-Key: <effect id>
    Vigil-Signature: t=<seconds>,v1=<hex of HMAC-SHA-256 over "<seconds>.<body>">
    {"id", "to", "name", "language", "subject", "urgency", "text", "link"?, "offer"?}

The key of the signature is derived from the offers' key, so that a receiver who checks signatures
cannot sign links. The same id may come more than once after a crash; receivers keep ids.
"""

import hmac
import re
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import httpx2
import msgspec
from msgspec import Struct

from actors.effects.deliverer import NotNow, Promise, Refused, Unsure
from actors.supervisors.offer import Notice
from gateway.offers import sign_offer
from gateway.wording import UnknownTemplate, duration, filled, money, say
from twins.errors import BadTwinId
from twins.outputs import Effect
from twins.people.messages import MAX_SUBJECT

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
SIGNATURE = "Vigil-Signature"
TOLERANCE_S = 300.0
"""How old a signed message may be when it arrives, in seconds."""

_MAX_REASON = 200


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


class ChannelDeliverer:
    """Delivers `CHANNEL` effects. The workers hold one."""

    promise = Promise.IDEMPOTENT

    def __init__(
        self,
        client: httpx2.AsyncClient,
        signer: Signer,
        base_url: str,
        *,
        hosts: frozenset[str] = LOOPBACK,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._client = client
        self._signer = signer
        self._base_url = base_url
        self._hosts = hosts
        self._clock = clock

    async def deliver(self, effect: Effect) -> Any:
        """Deliver a notice; raises `Refused`, `NotNow` or `Unsure`."""
        return await deliver_notice(
            effect.address,
            effect.request,
            client=self._client,
            sign=self._signer,
            base_url=self._base_url,
            effect_id=effect.id,
            hosts=self._hosts,
            now=self._clock(),
            traceparent=effect.traceparent,
        )

    async def lookup(self, effect: Effect) -> Any | None:
        """Not needed: the receiver keeps ids, so repeating is the way to ask."""
        return await self.deliver(effect)


def make_channel(
    offer_key: bytes, base_url: str, hosts: frozenset[str] = LOOPBACK
) -> ChannelDeliverer:
    """The deliverer of a worker.

    Args:
        offer_key: Signs offer links.
        base_url: Where customers reach the API, for example `https://help.example.com`.
        hosts: Which hosts webhooks may go to; nothing else is ever called.
    """
    client = httpx2.AsyncClient(timeout=10.0, trust_env=False, follow_redirects=False)
    return ChannelDeliverer(client, Signer(offer_key), base_url, hosts=hosts)


async def deliver_notice(
    address: str,
    notice: Any,
    *,
    client: httpx2.AsyncClient,
    sign: Signer,
    base_url: str,
    effect_id: str,
    hosts: frozenset[str] = LOOPBACK,
    now: float | None = None,
    traceparent: str | None = None,
) -> dict[str, Any]:
    """Bring one notice to one person; returns `{"channel", "status"}`.

    Args:
        address: `webhook:http://host:port/path`.
        notice: An `actors.supervisors.offer.Notice` as plain data.
        client: Sends it; it must not follow redirects, for they could lead anywhere.
        sign: Signs the link and the message.
        base_url: The link's beginning.
        effect_id: Constant for this notice; receivers recognise repeats by it.
        hosts: Which hosts may be called.
        now: Seconds since the epoch; default: the clock's.
        traceparent: W3C trace context to pass on.

    Raises:
        Refused: It will never be delivered so: unknown channel or host, a garbled notice, an
            expired offer, or the receiver said no (4xx).
        NotNow: It surely was not delivered.
        Unsure: It may have been.
    """
    channel, _, where = address.partition(":")
    if channel != "webhook":
        raise Refused("unknown_channel", f"{channel[:40]!r}; known: webhook")
    url = _checked(where, hosts)
    at = time.time() if now is None else now
    body = msgspec.json.encode(compose(notice, sign, base_url, effect_id, at))
    headers = {
        "Content-Type": "application/json",
        "Idempotency-Key": effect_id,
        SIGNATURE: sign.signature(body, at),
    }
    if traceparent:
        headers["traceparent"] = traceparent
    try:
        answer = await client.post(url, content=body, headers=headers)
    except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout) as error:
        raise NotNow(f"{url}: {error!r}") from error
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        raise Unsure(f"{url}: {error!r}") from error
    status = answer.status_code
    if status in {408, 425, 429} or status >= 500:  # noqa: PLR2004 - HTTP's class of server errors
        raise NotNow(f"{url}: status {status}")
    if not answer.is_success:
        raise Refused("receiver_refused", f"{url}: status {status} {answer.text[:_MAX_REASON]}")
    return {"channel": channel, "status": status}


def compose(notice: Any, sign: Signer, base_url: str, effect_id: str, now: float) -> dict[str, Any]:
    """The message's content; raises `Refused` where the notice is garbled or its offer is over."""
    try:
        read = msgspec.convert(notice, Notice)
    except msgspec.ValidationError as error:
        raise Refused("bad_notice", str(error)) from error
    subject, body = _texts(read)
    content: dict[str, Any] = {
        "id": effect_id,
        "to": read.to,
        "name": read.name,
        "language": read.language,
        "subject": subject,
        "urgency": read.urgency,
    }
    offer = read.offer
    if offer is None:
        text = say(read.language, "notice.plain", subject=subject, text=body)
        return {**content, "text": text}
    if offer.expires_at <= now:
        raise Refused("expired", f"the offer ended {now - offer.expires_at:.0f} s ago")
    try:
        token = sign.token(offer.supervisor, offer.arrangement_id, offer.expires_at)
    except BadTwinId as error:
        raise Refused("bad_notice", f"offer.supervisor: {error}") from error
    link = f"{base_url.rstrip('/')}/offers/{token}"
    lines = [
        say(
            read.language,
            "line.by" if line.by else "line",
            what=line.what,
            by=line.by,
            price=money(line.price_cents, offer.currency, read.language),
        )
        for line in offer.lines
    ]
    text = say(
        read.language,
        "notice.offer",
        subject=subject,
        text=body,
        lines="\n".join(lines),
        total=money(offer.total_cents, offer.currency, read.language),
        left=duration(offer.expires_at - now, read.language),
        link=link,
    )
    return {**content, "text": text, "link": link, "offer": msgspec.to_builtins(offer)}


def _texts(notice: Notice) -> tuple[str, str]:
    """Subject and text, filled where they are a rule's templates; else `Refused`."""
    if notice.data is None:
        return notice.subject, notice.text
    try:
        subject, text = (
            filled(part, notice.language, notice.name, notice.data)
            for part in (notice.subject, notice.text)
        )
    except UnknownTemplate as error:
        raise Refused("bad_template", str(error)) from error
    return " ".join(subject.split())[:MAX_SUBJECT], text


def _checked(where: str, hosts: frozenset[str]) -> str:
    """The webhook's URL, if it may be called; else `Refused`."""
    try:
        parts = urlsplit(where)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise Refused("bad_address", f"{where[:_MAX_REASON]!r}: {error}") from error
    if parts.scheme not in {"http", "https"} or not host:
        raise Refused(
            "bad_address", f"{where[:_MAX_REASON]!r}; write webhook:http://host:port/path"
        )
    if parts.username is not None or parts.password is not None:
        raise Refused("bad_address", "an address must not carry a password")
    if host.lower() not in hosts:
        raise Refused(
            "host_not_allowed", f"{host!r}; allowed: {', '.join(sorted(hosts))}; see the settings"
        )
    return where
