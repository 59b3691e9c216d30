"""E-mail against a real SMTP server: all parts, headers that last, and what each failure means."""

import asyncio
import socket
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from channel_kit import COMPOSER, NOW, SIGNER, letter

from actors.effects.deliverer import NotNow, Promise, Refused, Unsure
from actors.effects.ledger import Ledger
from actors.effects.worker import EffectCore
from actors.settings import EffectSettings
from gateway.channels.composing import Composer
from gateway.channels.mail import MailChannel
from gateway.channels.settings import MailSettings
from gateway.unsubscribing import read_link
from twins.outputs import Effect, Outcome

ADDRESS = "email:lisa@example.org"
CALENDAR = "BEGIN:VCALENDAR\r\nMETHOD:CANCEL\r\nEND:VCALENDAR\r\n"


class Mailbox:
    """What the server does with a message."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []
        self.says: dict[str, str] = {}
        """Command -> its answer."""
        self.raw = b""
        """The last message, as it came."""

    async def handle_RCPT(  # noqa: N802 - the server's name for it
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        """Know the recipient, or not."""
        if "rcpt" in self.says:
            return self.says["rcpt"]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        """Take it."""
        self.raw = envelope.content
        said = self.says.get("data", "250 OK")
        if said[0] == "2" or said == "cut":
            found = message_from_bytes(envelope.content, policy=policy.default)
            assert isinstance(found, EmailMessage)
            self.messages.append(found)
        if said == "cut":
            server.transport.abort()
        return said


@pytest.fixture
def server() -> Iterator[tuple[Mailbox, MailSettings]]:
    """A server on this machine."""
    mailbox = Mailbox()
    controller = Controller(mailbox, hostname="127.0.0.1", port=0)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        controller.port = free.getsockname()[1]
    controller.start()
    yield mailbox, MailSettings(
        host="127.0.0.1", port=controller.port, security="none", timeout_s=5.0,
        sender="Help <help@vigil.example>",
    )  # fmt: skip
    controller.stop()


Server = tuple[Mailbox, MailSettings]


async def test_a_letter_with_all_its_parts(server: Server) -> None:
    """Text and HTML say the same; the calendar goes along; the id is made of the effect's."""
    mailbox, settings = server
    mail = MailChannel(COMPOSER, settings)
    answer = await mail.deliver(letter(ADDRESS, calendar=CALENDAR))
    (message,) = mailbox.messages
    text, html = (message.get_body((kind,)) for kind in ("plain", "html"))
    (calendar,) = message.iter_attachments()

    assert Promise.ONCE is mail.promise
    assert {"channel": "email", "message_id": "<effect-1@vigil.example>"} == answer
    assert answer["message_id"] == message["Message-ID"]
    assert ("lisa@example.org", "Your engine overheats") == (message["To"], message["Subject"])
    assert "en" == message["Content-Language"]
    assert "auto-generated" == message["Auto-Submitted"]
    assert text is not None
    assert html is not None
    assert "- Tow <truck> (Kallio): €0.00" in text.get_content()
    assert "Tow &lt;truck&gt; (Kallio)" in html.get_content()
    assert "https://help.example/offers/" in html.get_content()
    assert CALENDAR.split() == calendar.get_content().split()
    assert "CANCEL" == calendar["Content-Type"].params["method"]


async def test_she_can_unsubscribe_with_one_click(server: Server) -> None:
    """As RFC 8058 has it: her own link, in one line, and below the letter for those who read on."""
    mailbox, settings = server
    long = f"email:{'lisa.' * 12}a@example.org"
    await MailChannel(COMPOSER, settings).deliver(letter(long, purpose="marketing"))
    (message,) = mailbox.messages
    (line,) = [one for one in mailbox.raw.splitlines() if one.startswith(b"List-Unsubscribe:")]
    url = line.decode().partition(" ")[2].strip("<>")
    text, html = (message.get_body((kind,)) for kind in ("plain", "html"))
    found = read_link(SIGNER.offer_key, url.rpartition("/")[2], NOW)

    assert "List-Unsubscribe=One-Click" == message["List-Unsubscribe-Post"]
    assert url.startswith("https://help.example/unsubscribe/")
    assert ("customer/c1", "marketing") == (found.person, found.purpose)
    assert found.is_of("email", long.partition(":")[2].upper())
    assert "lisa" not in str(found)
    assert text is not None
    assert html is not None
    assert url in text.get_content()
    assert f'href="{url}"' in html.get_content()


@pytest.mark.parametrize(
    ("base", "to", "set_", "expected"),
    [
        ("http://help.example", "customer/c1", None, "<mailto:help@vigil.example?subject=stop>"),
        ("https://help.example", "employee/e1", None, "<mailto:help@vigil.example?subject=stop>"),
        ("https://help.example", "customer/c1", "https://x.example/y", "<https://x.example/y>"),
    ],
)
async def test_without_a_safe_link_there_is_no_click(
    server: Server, base: str, to: str, set_: str | None, expected: str
) -> None:
    """In plain, for who has no consents, or with a page of the operator's own: no promise of it."""
    mailbox, settings = server
    mail = MailChannel(
        Composer(SIGNER, base, lambda: NOW), settings.model_copy(update={"unsubscribe": set_})
    )
    await mail.deliver(letter(ADDRESS, to=to))
    (message,) = mailbox.messages

    assert expected == message["List-Unsubscribe"]
    assert message["List-Unsubscribe-Post"] is None


async def test_what_others_wrote_stays_text(server: Server) -> None:
    """In the page it is escaped, and no header can be put in."""
    mailbox, settings = server
    subject = "Hot\r\nBcc: all@example.org <script>"
    await MailChannel(COMPOSER, settings).deliver(
        letter(ADDRESS, offer=False, subject=subject, text="<script>alert(1)</script> {{ 7*7 }}")
    )
    (message,) = mailbox.messages
    html = message.get_body(("html",))

    assert html is not None
    assert message["Bcc"] is None
    assert "<script>" not in html.get_content()
    assert "{{ 7*7 }}" in html.get_content()


@pytest.mark.parametrize(
    ("command", "said", "expected"),
    [
        ("rcpt", "550 no such mailbox", Refused), ("rcpt", "450 busy", NotNow),
        ("data", "554 spam", Refused), ("data", "451 try later", NotNow), ("data", "cut", Unsure),
    ],
)  # fmt: skip
async def test_what_a_server_says_decides(
    server: Server, command: str, said: str, expected: type[Exception]
) -> None:
    """For good, for now, or the connection ended and nobody knows."""
    mailbox, settings = server
    mailbox.says[command] = said
    with pytest.raises(expected):
        await MailChannel(COMPOSER, settings).deliver(letter(ADDRESS))

    assert (expected is Unsure) == len(mailbox.messages)


@pytest.mark.parametrize("greeting", [b"", b"nonsense\r\n", b"554 go away\r\n", None])
async def test_a_server_that_is_none(greeting: bytes | None) -> None:
    """Closed, garbled, refusing or silent before it took anything: surely not sent."""
    waiting = asyncio.Event()

    async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if greeting is None:
            await waiting.wait()
        else:
            writer.write(greeting)
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as listening:
        port = listening.sockets[0].getsockname()[1]
        settings = MailSettings(host="127.0.0.1", port=port, security="none", timeout_s=0.3)
        with pytest.raises((NotNow, Refused)):
            await MailChannel(COMPOSER, settings).deliver(letter(ADDRESS))
        waiting.set()


async def test_nobody_there() -> None:
    """Surely not sent."""
    settings = MailSettings(host="127.0.0.1", port=1, security="none")
    with pytest.raises(NotNow):
        await MailChannel(COMPOSER, settings).deliver(letter(ADDRESS))


@pytest.mark.parametrize(
    "address",
    ["email:", "email:lisa", "email:a@b\r\nRCPT TO:<c@d>", "email:<a@b>", "email:a b@c"],
)
async def test_bad_addresses_are_refused(server: Server, address: str) -> None:
    """No command can be put into one."""
    mailbox, settings = server
    with pytest.raises(Refused, match="bad_address"):
        await MailChannel(COMPOSER, settings).deliver(letter(address))

    assert [] == mailbox.messages


async def test_a_crash_between_sending_and_noting(server: Server, tmp_path: Path) -> None:
    """The worker died after the server took it: she gets one, and the twin hears `unknown`."""
    mailbox, settings = server
    outcomes: list[Outcome] = []

    async def publish(_: Effect, __: str, outcome: Outcome) -> None:
        outcomes.append(outcome)

    effect = letter(ADDRESS)
    ledger = Ledger(tmp_path / "ledger.db")
    (item,) = ledger.accept([effect], 0.0)
    ledger.calling(item)
    await MailChannel(COMPOSER, settings).deliver(effect)
    ledger.close()
    again = EffectCore(
        Ledger(tmp_path / "ledger.db"),
        {"channel:email": MailChannel(COMPOSER, settings)},
        publish,
        EffectSettings(),
    )
    again.recover()
    await again.idle()

    assert 1 == len(mailbox.messages)
    assert ["unknown"] == [outcome.reason for outcome in outcomes]


async def test_her_twin_hears_that_it_was_sent(server: Server, tmp_path: Path) -> None:
    """By the worker, whose outcome an event carries: what fails there has her told once more."""
    mailbox, settings = server
    heard: list[tuple[str, Outcome]] = []

    async def publish(_: Effect, event_type: str, outcome: Outcome) -> None:
        heard.append((event_type, outcome))

    ledger = Ledger(tmp_path / "ledger.db")
    channels = {"channel:email": MailChannel(COMPOSER, settings)}
    core = EffectCore(ledger, channels, publish, EffectSettings())
    effect = letter(ADDRESS)
    core.accept([effect])
    await core.idle()
    ledger.close()
    ((event_type, outcome),) = heard

    assert 1 == len(mailbox.messages)
    assert (f"{effect.name}.done", None) == (event_type, outcome.reason)
    assert {"channel": "email", "message_id": "<effect-1@vigil.example>"} == outcome.result


async def test_a_rules_page_goes_into_the_letter(server: Server) -> None:
    """Filled in her language, and escaped; the text beside it for those who want that."""
    mailbox, settings = server
    effect = letter(
        ADDRESS, language="de", subject="{{ name }}", text="{{ cents | money('EUR') }}",
        html="<p><b>{{ cents | money('EUR') }}</b> {{ what }}</p>",
        data={"cents": 123_450, "what": "<i>"},
    )  # fmt: skip
    await MailChannel(COMPOSER, settings).deliver(effect)
    (message,) = mailbox.messages
    text, html = (message.get_body((kind,)) for kind in ("plain", "html"))

    assert "Lisa" == message["Subject"]
    assert text is not None
    assert html is not None
    assert "1.234,50\N{NO-BREAK SPACE}€" in text.get_content()
    assert "<b>1.234,50\N{NO-BREAK SPACE}€</b> &lt;i&gt;" in html.get_content()
    assert "https://help.example/offers/" in html.get_content()
