"""E-mail by SMTP (RFC 5321), as text and HTML, with a calendar where the letter has one.

Who has enough unsubscribes by one click (RFC 8058; `gateway.unsubscribing`).

`Message-ID` is made of the effect's id, so that a mailbox that recognises repeats recognises ours;
most do not, and a server cannot be asked. So it is a channel of the sort *once*: whatever failed
before the message was handed over is tried again, and what was lost after that is not.
"""

import re
from datetime import UTC, datetime
from email.headerregistry import BaseHeader, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import EmailPolicy, Policy
from email.utils import format_datetime, parseaddr
from ssl import SSLContext, SSLError
from typing import Any, Final

import aiosmtplib
from aiosmtplib import SMTP, SMTPException, SMTPResponseException

from actors.effects.deliverer import NotNow, Promise, Refused, Unsure
from gateway.channels.composing import Composed, Composer
from gateway.channels.settings import MailSettings
from gateway.channels.trust import trouble, trust_of
from twins.outputs import Effect

_ADDRESS: Final = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,253}")
_METHOD: Final = re.compile(r"^METHOD:([A-Z]{1,20})\r?$", re.MULTILINE)
_FOR_GOOD: Final = 500
"""SMTP's class of answers that will be the same next time."""


class _Whole(UnstructuredHeader, BaseHeader):
    """A header that is written in one line: a link that is folded, or encoded, is no link."""

    max_count = 1

    def fold(self, *, policy: Policy) -> str:
        """The line; it has no place that may be broken, and mail allows 998 characters."""
        return f"{self.name}: {self}{policy.linesep}"


_HEADERS: Final = HeaderRegistry()
_HEADERS.map_to_type("list-unsubscribe", _Whole)
_POLICY: Final = EmailPolicy(header_factory=_HEADERS)


class MailChannel:
    """Delivers to `email:<address>`."""

    promise = Promise.ONCE

    def __init__(
        self, composer: Composer, settings: MailSettings, trust: SSLContext | None = None
    ) -> None:
        self._composer = composer
        self._settings = settings
        self._trust = trust or trust_of(None)

    async def deliver(self, effect: Effect) -> Any:
        """Hand it to the server, and return `{"channel", "message_id"}`."""
        address = effect.address.partition(":")[2]
        if not _ADDRESS.fullmatch(address):
            raise Refused("bad_address", "not an e-mail address")
        letter = self._composer.compose(effect)
        if self._settings.unsubscribe is None:
            self._composer.let_unsubscribe(letter, "email", address)
        message = self.message(letter, address)
        settings = self._settings
        password = settings.password
        client = SMTP(
            hostname=settings.host,
            port=settings.port,
            timeout=settings.timeout_s,
            use_tls=settings.security == "tls",
            start_tls=settings.security == "starttls",
            tls_context=None if settings.security == "none" else self._trust,
            username=settings.user,
            password=None if password is None else password.get_secret_value(),
        )
        try:
            try:
                await client.connect()
                await client.mail(parseaddr(settings.sender)[1])
                await client.rcpt(address)
            except (SMTPException, OSError, SSLError, TimeoutError) as error:
                raise _before(error) from error
            try:
                await client.data(message.as_bytes())
            except SMTPResponseException as error:
                raise _before(error) from error
            except (SMTPException, OSError, TimeoutError) as error:
                raise Unsure(f"the connection ended: {type(error).__name__}") from error
        finally:
            client.close()
        # A plain string: a header of a message is one of a class that no event can carry.
        return {"channel": "email", "message_id": str(message["Message-ID"])}

    async def lookup(self, effect: Effect) -> Any | None:
        """A server cannot be asked."""
        raise Unsure(f"nobody can say whether {effect.id} was sent")

    def message(self, letter: Composed, address: str) -> EmailMessage:
        """The message, with all its parts."""
        settings = self._settings
        domain = parseaddr(settings.sender)[1].rpartition("@")[2]
        message = EmailMessage(_POLICY)
        message["Message-ID"] = f"<{letter.id}@{domain}>"
        message["Date"] = format_datetime(datetime.fromtimestamp(int(self._composer.clock()), UTC))
        message["From"] = settings.sender
        message["To"] = address
        message["Subject"] = letter.subject
        message["Auto-Submitted"] = "auto-generated"
        ours = f"mailto:{parseaddr(settings.sender)[1]}?subject=stop"
        message["List-Unsubscribe"] = f"<{letter.unsubscribe or settings.unsubscribe or ours}>"
        if letter.unsubscribe is not None:
            # RFC 8058: by this a mail program may do it with one click of its own button.
            message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        message.set_content(letter.text)
        message.add_alternative(letter.html, subtype="html")
        if letter.calendar is not None:
            method = _METHOD.search(letter.calendar)
            message.add_attachment(
                letter.calendar.encode(),
                maintype="text",
                subtype="calendar",
                filename="calendar.ics",
                params={"charset": "utf-8", "method": method[1] if method else "PUBLISH"},
            )
        # Last: setting what is in it clears the headers that speak of it.
        message["Content-Language"] = letter.language
        return message


def _before(error: BaseException) -> NotNow | Refused:
    """What it means that a server failed before it took the message, or said no to it."""
    said = type(error).__name__
    if isinstance(error, aiosmtplib.SMTPAuthenticationError):
        return NotNow(f"the mail server does not let us in ({error.code}); see channels.mail")
    if isinstance(error, SMTPResponseException):
        # What a server says may hold the address; it is for the twin's eyes, and in no log.
        if error.code >= _FOR_GOOD:
            return Refused("server_refused", f"{error.code} {error.message[:100]}")
        return NotNow(f"{error.code} {error.message[:100]}")
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        return Refused("server_refused", said)
    if isinstance(error, SMTPException) and "STARTTLS" in str(error):
        return NotNow("the mail server offers no STARTTLS, so nothing was sent; see channels.mail")
    return NotNow(f"the mail server could not be used: {trouble(error) or said}")
