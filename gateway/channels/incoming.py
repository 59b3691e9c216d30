"""Incoming: what people write back by a channel, checked and read. Nothing here sends anything.

| channel | who sent it is known by | old ones |
|---|---|---|
| Messenger | `X-Hub-Signature-256`: HMAC-SHA-256 of the body by the app's secret | over a day |
| WeChat | `signature`: SHA-1 of token, timestamp and nonce, sorted | `timestamp` over 5 minutes |
| SMS, e-mail | `Vigil-Signature`, as on our own webhooks | over 5 minutes |

WeChat's signature does not cover the body (that is WeChat's *plain* mode), so a nonce counts once.
"""

import hashlib
import hmac
from collections import OrderedDict
from collections.abc import Iterator
from typing import Annotated, Final, get_args
from xml.etree.ElementTree import ParseError, fromstring

import msgspec
from msgspec import Meta, Struct

from gateway.offers import BadOffer, OfferExpired, OfferLink, verify_offer
from twins.ids import digest
from twins.people.replies import Reply, What, address_id
from twins.units import Time

DAY_S: Final = 86_400.0
TOLERANCE_S: Final = 300.0
NONCES: Final = 10_000
"""So many nonces of WeChat are remembered; more than come in five minutes."""

MAX_TEXT: Final = 2000
_WHATS: Final[tuple[What, ...]] = get_args(What)


class BadMessage(ValueError):
    """The sender's fault: it cannot be read."""


class Incoming(Struct, kw_only=True):
    """One message."""

    channel: str
    address: str
    id: str
    """The channel's; the same when it is sent again."""
    at: float
    text: str = ""
    tapped: str = ""
    """What came with a button: `<what> <token>`, or `<what>`."""

    @property
    def twin_id(self) -> str:
        """Of the address."""
        return address_id(self.channel, self.address)

    @property
    def event_id(self) -> str:
        """Constant however often the channel sends it."""
        return f"{self.channel}-{digest(self.channel, self.address, self.id)}"

    def reply(self, offer_key: bytes, now: float) -> Reply:
        """What the person's twin is told. A token that is not ours names nothing."""
        what, link = tapped(self.tapped, offer_key, now)
        return Reply(
            channel=self.channel,
            at=self.at,
            text=self.text[:MAX_TEXT],
            what=what,
            supervisor=None if link is None else link.supervisor_id,
            arrangement_id=None if link is None else link.arrangement_id,
            until=None if link is None else link.expires_at,
        )


def tapped(payload: str, offer_key: bytes, now: float) -> tuple[What | None, OfferLink | None]:
    """What a button means, and whose offer it was."""
    name, _, token = payload.partition(" ")
    what = next((known for known in _WHATS if known == name), None)
    if what is None or not token:
        return what, None
    try:
        return what, verify_offer(offer_key, token, now)
    except OfferExpired as error:
        return what, error.link
    except BadOffer:
        return None, None


# -- Messenger -----------------------------------------------------------------------------------


class _Person(Struct):
    id: str


class _Quick(Struct):
    payload: str = ""


class _Message(Struct):
    mid: str = ""
    text: str = ""
    is_echo: bool = False
    quick_reply: _Quick | None = None


class _Postback(Struct):
    mid: str = ""
    title: str = ""
    payload: str = ""


class _Messaging(Struct):
    sender: _Person
    timestamp: float = 0.0
    message: _Message | None = None
    postback: _Postback | None = None


class _Entry(Struct):
    messaging: Annotated[list[_Messaging], Meta(max_length=100)] = []


class _Page(Struct):
    object: str
    entry: Annotated[list[_Entry], Meta(max_length=100)] = []


def signed_by_app(secret: str, header: str, body: bytes) -> bool:
    """Whether Messenger sent it."""
    expected = hmac.digest(secret.encode(), body, "sha256").hex()
    return hmac.compare_digest(header.encode(), f"sha256={expected}".encode())


def from_messenger(body: bytes, now: float) -> Iterator[Incoming]:
    """The messages of a call that are not older than a day; raises `BadMessage`."""
    try:
        page = msgspec.json.decode(body, type=_Page)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadMessage(f"not a page's webhook: {error}") from error
    for messaging in (it for entry in page.entry for it in entry.messaging):
        at, message, postback = messaging.timestamp / 1000.0, messaging.message, messaging.postback
        if page.object != "page" or not 0 <= now - at + TOLERANCE_S <= DAY_S:
            continue
        if message is not None and message.mid and not message.is_echo:
            quick = message.quick_reply
            yield Incoming(
                channel="messenger", address=messaging.sender.id, id=message.mid, at=at,
                text=message.text, tapped="" if quick is None else quick.payload,
            )  # fmt: skip
        elif postback is not None and postback.mid:
            yield Incoming(
                channel="messenger", address=messaging.sender.id, id=postback.mid, at=at,
                text=postback.title, tapped=postback.payload,
            )  # fmt: skip


# -- WeChat --------------------------------------------------------------------------------------


class Nonces:
    """Which nonces have been used lately."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, None] = OrderedDict()

    def __contains__(self, nonce: str) -> bool:
        return nonce in self._known

    def add(self, nonce: str) -> None:
        """Remember one; the oldest is forgotten."""
        self._known[nonce] = None
        if len(self._known) > NONCES:
            self._known.popitem(last=False)


def signed_by_wechat(token: str, query: dict[str, str], now: float) -> bool:
    """Whether WeChat sent it, within the last five minutes."""
    timestamp, nonce = query.get("timestamp", ""), query.get("nonce", "")
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):  # noqa: PLR2004 - seconds
        return False
    joined = "".join(sorted((token, timestamp, nonce)))
    # SHA-1 is what WeChat signs with.
    expected = hashlib.sha1(joined.encode(), usedforsecurity=False).hexdigest()
    same = hmac.compare_digest(query.get("signature", "").encode(), expected.encode())
    return same and abs(now - int(timestamp)) <= TOLERANCE_S


def from_wechat(body: bytes) -> Incoming | None:
    """The message; None for what is none (events of the account). Raises `BadMessage`."""
    if b"\0" in body or b"<!" in body.replace(b"<![CDATA[", b""):
        # No entities can be declared, then; neither in an encoding that writes them otherwise.
        raise BadMessage("no declarations are read")
    try:
        root = fromstring(body.decode())  # noqa: S314 - without a DTD there is nothing to expand
    except (ParseError, ValueError) as error:
        raise BadMessage(f"not XML: {error}") from error
    fields = {child.tag: (child.text or "") for child in root}
    if fields.get("MsgType") != "text":
        return None
    try:
        at = float(int(fields["CreateTime"]))
        return Incoming(
            channel="wechat", address=fields["FromUserName"], id=fields["MsgId"], at=at,
            text=fields.get("Content", ""), tapped=fields.get("bizmsgmenuid", ""),
        )  # fmt: skip
    except (KeyError, ValueError, OverflowError) as error:
        raise BadMessage(f"it lacks {error}") from error


# -- SMS and e-mail ------------------------------------------------------------------------------


class _Neutral(Struct, forbid_unknown_fields=True, rename={"sender": "from"}):
    id: Annotated[str, Meta(min_length=1, max_length=200)]
    sender: Annotated[str, Meta(min_length=1, max_length=320)]
    text: Annotated[str, Meta(max_length=20_000)]
    at: Time


def from_gate(channel: str, body: bytes) -> Incoming:
    """The message of a gate of one's own; raises `BadMessage`."""
    try:
        read = msgspec.json.decode(body, type=_Neutral)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadMessage(f"not a message: {error}") from error
    return Incoming(channel=channel, address=read.sender, id=read.id, at=read.at, text=read.text)


def is_gate(channel: str) -> bool:
    """Whether messages of this channel come by a gate of one's own."""
    return channel in ("sms", "email")
