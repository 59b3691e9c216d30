"""TLS for real: mail by STARTTLS and implicit TLS, receivers by https; and what breaks it."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword
from channel_kit import COMPOSER, SIGNER, letter
from msgspec import json
from pydantic import ValidationError
from support.certificates import HERE, Authority
from support.sinks import Gate, Sink

from actors.effects.deliverer import NotNow
from gateway.channels import make_channels
from gateway.channels.mail import MailChannel
from gateway.channels.settings import ChannelSettings, MailSettings
from gateway.channels.trust import trust_of
from twins.outputs import Effect

ADDRESS = "email:lisa@example.org"
PASSWORD = "a password that nobody may read"

Security = Literal["starttls", "tls"]


class Mailbox:
    """What reached the server, and whether it came over TLS."""

    def __init__(self) -> None:
        self.letters: list[bool] = []
        self.signed_in: list[bool] = []

    async def handle_DATA(self, _server: Any, session: Any, _envelope: Any) -> str:  # noqa: N802 - the server's name for it
        """Take it."""
        self.letters.append(session.ssl is not None)
        return "250 OK"

    def sign_in(self, _server: Any, session: Any, _envelope: Any, _how: str, data: Any) -> Any:
        """Check the password."""
        assert isinstance(data, LoginPassword)
        self.signed_in.append(session.ssl is not None)
        return AuthResult(success=data.password == PASSWORD.encode())


@asynccontextmanager
async def mail_server(
    context: ssl.SSLContext, security: Security
) -> AsyncIterator[tuple[Mailbox, MailSettings]]:
    """A server that takes mail over TLS alone."""
    mailbox = Mailbox()
    loop = asyncio.get_running_loop()

    def connect() -> SMTP:
        return SMTP(
            mailbox, hostname="mail.example", loop=loop, authenticator=mailbox.sign_in,
            tls_context=context if security == "starttls" else None,
            require_starttls=security == "starttls",
            # The server does not see that the socket below it is one of TLS.
            auth_require_tls=security == "starttls",
        )  # fmt: skip

    server = await loop.create_server(connect, HERE, 0, ssl=context if security == "tls" else None)
    async with server:
        yield mailbox, MailSettings(
            host=HERE, port=server.sockets[0].getsockname()[1], security=security,
            user="vigil", password=PASSWORD, timeout_s=5.0, sender="Help <help@vigil.example>",
        )  # fmt: skip


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_a_letter_goes_over_tls(security: Security, tmp_path: Path) -> None:
    """The password and the letter; the server's certificate is of an authority of one's own."""
    authority = Authority(tmp_path)
    async with mail_server(authority.server(), security) as (mailbox, settings):
        mail = MailChannel(COMPOSER, settings, trust_of(authority.file))
        answer = await mail.deliver(letter(ADDRESS))

    assert "email" == answer["channel"]
    assert (1, 1) == (len(mailbox.letters), len(mailbox.signed_in))
    if security == "starttls":
        assert [True] == mailbox.letters == mailbox.signed_in


@pytest.mark.parametrize("security", ["starttls", "tls"])
@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("unknown", "unable to get local issuer certificate"),
        ("another host", "IP address mismatch"),
        ("expired", "certificate has expired"),
        ("another key", "unable to get local issuer certificate"),
    ],
)
async def test_a_certificate_that_is_not_good_gets_nothing(
    security: Security, wrong: str, said: str, tmp_path: Path
) -> None:
    """Surely not sent, and said why; no password, no letter, over TLS or without."""
    authority = Authority(tmp_path)
    context = {
        "unknown": authority.server,
        "another host": lambda: authority.server("mail.example"),
        "expired": lambda: authority.server(ends=timedelta(hours=-1)),
        "another key": authority.server,
    }[wrong]()
    trusted = None if wrong == "unknown" else authority.file
    if wrong == "another key":
        trusted = Authority(tmp_path).file  # of the same name, and it is not the same
    async with mail_server(context, security) as (mailbox, settings):
        mail = MailChannel(COMPOSER, settings, trust_of(trusted))
        with pytest.raises(NotNow, match=f"not trusted: .*{said}.*channels.ca_file"):
            await mail.deliver(letter(ADDRESS))

    assert [] == mailbox.letters
    assert [] == mailbox.signed_in


@asynccontextmanager
async def plain_server(*offers: bytes, injects: bytes = b"") -> AsyncIterator[Any]:
    """A server, or somebody in between, without TLS; what was said to it, and its port."""
    said, over = bytearray(), asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example\r\n")
        with suppress(ConnectionError):
            await answer(reader, writer)
        writer.close()
        over.set()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            said.extend(line)
            if line.upper().startswith(b"EHLO"):
                lines = [b"mail.example", *offers]
                writer.write(b"".join(b"250-%s\r\n" % one for one in lines) + b"250 HELP\r\n")
            elif line.upper().startswith(b"STARTTLS"):
                writer.write(b"220 go on\r\n" + injects)
            else:
                writer.write(b"250 OK\r\n")
            await writer.drain()

    async with await asyncio.start_server(serve, HERE, 0) as server:
        yield said, server.sockets[0].getsockname()[1]
        await over.wait()


@pytest.mark.parametrize("injects", [b"", b"250-AUTH PLAIN LOGIN\r\n250 OK\r\n"])
@pytest.mark.parametrize("offers", [(), (b"AUTH PLAIN LOGIN",), (b"STARTTLS", b"AUTH PLAIN")])
@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_where_tls_is_asked_nothing_goes_in_plain(
    security: Security, offers: tuple[bytes, ...], injects: bytes
) -> None:
    """Whoever takes the offer of TLS out of a greeting, or answers it with plain words."""
    async with plain_server(*offers, injects=injects) as (said, port):
        settings = MailSettings(
            host=HERE, port=port, security=security, user="vigil", password=PASSWORD, timeout_s=1.0
        )
        with pytest.raises(NotNow) as raised:
            await MailChannel(COMPOSER, settings).deliver(letter(ADDRESS))

    verbs = {line.split()[0] for line in bytes(said).splitlines() if line[:4].isalpha()}

    assert verbs <= {b"EHLO", b"STARTTLS"}
    assert b"lisa" not in said
    if security == "starttls" and b"STARTTLS" not in offers:
        assert "offers no STARTTLS, so nothing was sent" in str(raised.value)


def test_a_password_needs_tls() -> None:
    """But for a server on this machine."""
    MailSettings(host="127.0.0.1", security="none", password=PASSWORD)
    MailSettings(host="mail.example", security="none")

    with pytest.raises(ValidationError, match=r"for all to read: set security to starttls or tls"):
        MailSettings(host="mail.example", security="none", password=PASSWORD)


@pytest.mark.parametrize("channel", ["webhook", "sms"])
async def test_receivers_over_https(channel: str, tmp_path: Path) -> None:
    """With a certificate of one's own authority they get it; without, nothing, and it is said."""
    authority = Authority(tmp_path)

    async def deliver(effect: Effect, ca_file: Path | None) -> Any:
        settings = ChannelSettings.model_validate(
            {"ca_file": ca_file, "sms": {"url": f"{sink.url}/m", "token": "t"}}
        )
        made: Any = make_channels(SIGNER.offer_key, "https://vigil.example", settings)[channel]
        async with made._caller._client:
            return await made.deliver(effect)

    async with Sink(Gate(), authority.server()) as sink:
        address = f"{sink.url}/m" if channel == "webhook" else "+358401234567"
        effect = letter(f"{channel}:{address}", offer=False)
        with pytest.raises(NotNow, match="not trusted: unable to get local issuer certificate"):
            await deliver(effect, None)
        refused = list(sink.calls)
        answer = await deliver(effect, authority.file)

    assert sink.url.startswith("https://")
    assert [] == refused
    assert channel == answer["channel"]
    assert ["effect-1"] == [json.decode(call.body)["id"] for call in sink.calls]


@pytest.mark.parametrize("text", [None, "", "no certificate"])
def test_a_file_without_certificates_is_no_setting(text: str | None, tmp_path: Path) -> None:
    """It is told when the settings are read, and not with the first letter."""
    file = tmp_path / "ca.pem"
    if text is not None:
        file.write_text(text)
    with pytest.raises(ValidationError, match=r"ca.pem is no file of certificates in PEM"):
        ChannelSettings.model_validate({"ca_file": file})
