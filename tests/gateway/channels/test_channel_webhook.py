"""The webhook channel: signed, once by its id, and never to a host that is not allowed."""

from typing import Any

import httpx2
import pytest
from msgspec import json

from actors.effects.deliverer import NotNow, Refused, Unsure
from gateway.channels import SIGNATURE, Signer, make_channels, verify_signature
from gateway.channels.calls import Caller
from gateway.channels.composing import Composer
from gateway.channels.webhook import WebhookChannel
from gateway.offers import verify_offer
from gateway.surveys import verify_survey
from twins.outputs import Effect, Target

NOW = 1_780_000_000.0
SIGNER = Signer(b"a key of thirty-two bytes, or so")
ADDRESS = "webhook:http://127.0.0.1:9/messages"

OFFER: dict[str, Any] = {
    "supervisor": "roadside/v1",
    "arrangement_id": "a1",
    "customer": "customer/c1",
    "language": "en",
    "currency": "EUR",
    "lines": [
        {"leg": "tow", "what": "Tow truck", "by": "Kallio", "price_cents": 0, "cost_cents": 9900},
        {"leg": "slot", "what": "Service slot", "price_cents": 8900, "cost_cents": 8900},
    ],
    "total_cents": 8900,
    "expires_at": NOW + 540.0,
}
NOTICE: dict[str, Any] = {
    "to": "customer/c1",
    "name": "Lisa",
    "language": "en",
    "subject": "Your engine overheats",
    "text": "Please stop where it is safe.",
    "offer": OFFER,
}


class Receiver:
    """Stands where the webhook's receiver is."""

    def __init__(self, *answers: int | Exception) -> None:
        self.requests: list[httpx2.Request] = []
        self._answers = list(answers)

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        """Note the request, and answer as was said."""
        self.requests.append(request)
        answer = self._answers.pop(0) if self._answers else 202
        if isinstance(answer, Exception):
            raise answer
        return httpx2.Response(answer, text="said the receiver")


def sent(notice: Any = NOTICE, address: str = ADDRESS, **more: Any) -> Effect:
    """The effect of a notice."""
    return Effect(
        id="effect-1", twin_id="customer/c1", name="message", target=Target.CHANNEL,
        address=address, order=address, request=notice, **more,
    )  # fmt: skip


async def deliver(
    receiver: Receiver, notice: Any = NOTICE, address: str = ADDRESS, **more: Any
) -> dict[str, Any]:
    """Deliver one notice."""
    async with httpx2.AsyncClient(transport=httpx2.MockTransport(receiver)) as client:
        composer = Composer(SIGNER, "https://help.example/", lambda: NOW)
        channel = WebhookChannel(composer, Caller(client))
        found: dict[str, Any] = await channel.deliver(sent(notice, address, **more))
        return found


async def test_message_carries_id_signature_and_link() -> None:
    """The receiver can recognise a repeat, check the sender, and pass the link on."""
    receiver = Receiver()

    outcome = await deliver(receiver)
    request = receiver.requests[0]
    content = json.decode(request.content)
    token = content["link"].removeprefix("https://help.example/offers/")

    assert {"channel": "webhook", "status": 202} == outcome
    assert ("effect-1", "effect-1", "Lisa") == (
        request.headers["idempotency-key"],
        content["id"],
        content["name"],
    )
    assert "a1" == verify_offer(SIGNER.offer_key, token, NOW).arrangement_id
    assert verify_signature(
        SIGNER.webhook_key, request.headers[SIGNATURE], request.content, NOW + 10
    )


async def test_a_survey_has_a_link_of_its_own() -> None:
    """By which she answers, whatever the letter says; it names whom and after what."""
    receiver = Receiver()
    survey = {"arrangement_id": "a1", "until": NOW + 600.0}
    plain = {name: value for name, value in NOTICE.items() if name != "offer"}

    await deliver(receiver, {**plain, "survey": survey})
    content = json.decode(receiver.requests[0].content)
    link = content["link"]
    found = verify_survey(SIGNER.offer_key, link.removeprefix("https://help.example/surveys/"))

    assert ("customer/c1", "a1", NOW + 600.0) == (found.customer, found.about, found.until)
    assert survey == content["survey"]
    assert content["text"].endswith(f"\n{link}")
    assert "offer" not in content


async def test_a_survey_of_nobody_is_refused() -> None:
    """It would be answered by nobody."""
    survey = {"arrangement_id": "a1", "until": NOW + 600.0}
    plain = {name: value for name, value in NOTICE.items() if name != "offer"}
    with pytest.raises(Refused, match="to: "):
        await deliver(Receiver(), {**plain, "to": "nobody", "survey": survey})


@pytest.mark.parametrize(
    ("language", "parts"),
    [
        ("en", ["- Tow truck (Kallio): €0.00", "Total: €89.00", "within 9 min"]),
        ("de-AT", ["Summe: 89,00\N{NO-BREAK SPACE}€", "innerhalb von 9 Min."]),
        ("fi", ["Yhteensä: 89,00\N{NO-BREAK SPACE}€", "9 min kuluessa"]),
        ("sv", ["Total: €89.00"]),
    ],
)
async def test_text_is_in_the_customers_language(language: str, parts: list[str]) -> None:
    """Prices, total, time left and the link; English where we have no other."""
    receiver = Receiver()

    await deliver(receiver, {**NOTICE, "language": language})
    text = json.decode(receiver.requests[0].content)["text"]

    assert text.startswith("Your engine overheats\n\nPlease stop where it is safe.")
    for part in [*parts, "https://help.example/offers/"]:
        assert part in text


async def test_notice_without_offer_has_no_link() -> None:
    """News is just text."""
    receiver = Receiver()
    news = {name: value for name, value in NOTICE.items() if name != "offer"}

    await deliver(receiver, news)
    content = json.decode(receiver.requests[0].content)

    assert "Your engine overheats\n\nPlease stop where it is safe." == content["text"]
    assert not {"link", "offer"} & set(content)


async def test_dollar_signs_of_others_stay_dollar_signs() -> None:
    """What stands in a notice is never taken for a place of the template."""
    receiver = Receiver()

    await deliver(receiver, {**NOTICE, "subject": "$link", "text": "${total} $$"})
    text = json.decode(receiver.requests[0].content)["text"]

    assert text.startswith("$link\n\n${total} $$")


@pytest.mark.parametrize(
    "address",
    [
        "webhook:",
        "webhook:http://",
        "webhook:ftp://127.0.0.1/x",
        "webhook:file:///etc/passwd",
        "webhook:http://[::1",
        "webhook:http://127.0.0.1:x/",
        "webhook:http://user:pass@127.0.0.1/",
        "webhook:http://169.254.169.254/latest",
        "webhook:http://example.com/",
        "webhook:http://127.0.0.1.example.com/",
        "webhook:http://127.0.0.1@example.com/",
        "http://127.0.0.1/",
        "",
    ],
)
async def test_other_places_are_never_called(address: str) -> None:
    """Neither other channels, schemes and hosts, nor what only looks like ours."""
    receiver = Receiver()

    with pytest.raises(Refused):
        await deliver(receiver, address=address)

    assert [] == receiver.requests


@pytest.mark.parametrize(
    "notice",
    [
        None,
        {},
        {**NOTICE, "text": 1},
        {**NOTICE, "offer": {**OFFER, "lines": "x"}},
        {**NOTICE, "offer": {**OFFER, "supervisor": "roadside"}},
        {**NOTICE, "offer": {**OFFER, "expires_at": NOW}},
    ],
)
async def test_notices_that_make_no_sense_are_refused(notice: Any) -> None:
    """An offer that is over, too: its link would only disappoint."""
    receiver = Receiver()

    with pytest.raises(Refused):
        await deliver(receiver, notice)

    assert [] == receiver.requests


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (400, Refused),
        (404, Refused),
        (302, Refused),
        (408, NotNow),
        (429, NotNow),
        (500, Unsure),
        (503, NotNow),
        (httpx2.ConnectError("refused"), NotNow),
        (httpx2.ConnectTimeout("slow"), NotNow),
        (httpx2.ReadTimeout("slow"), Unsure),
        (httpx2.ReadError("cut"), Unsure),
        (httpx2.RemoteProtocolError("garbled"), Unsure),
    ],
)
async def test_what_the_receiver_does_decides_what_comes_next(
    answer: int | Exception, error: type[Exception]
) -> None:
    """A no is final; what was surely not done is tried again; the rest may have happened."""
    receiver = Receiver(answer)

    with pytest.raises(error):
        await deliver(receiver)

    assert 1 == len(receiver.requests)


@pytest.mark.parametrize(
    ("header", "later", "body"),
    [
        (None, 301.0, b"body"),
        (None, -301.0, b"body"),
        (None, 0.0, b"other"),
        ("", 0.0, b"body"),
        ("t=1,v1=00", 0.0, b"body"),
        (f"t={int(NOW) + 1},v1=" + SIGNER.signature(b"body", NOW)[-64:], 0.0, b"body"),
    ],
)
def test_signatures_of_others_and_of_long_ago_are_none(
    header: str | None, later: float, body: bytes
) -> None:
    """Replayed, changed, damaged, or with another time: not ours."""
    given = SIGNER.signature(b"body", NOW) if header is None else header

    assert not verify_signature(SIGNER.webhook_key, given, body, NOW + later)
    assert verify_signature(SIGNER.webhook_key, SIGNER.signature(b"body", NOW), b"body", NOW)


async def test_a_repeat_has_the_same_id() -> None:
    """After a crash nobody knows; the receiver does, by the id."""
    receiver, traceparent = Receiver(), "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    for _ in range(2):
        await deliver(receiver, traceparent=traceparent)

    assert ["effect-1", "effect-1"] == [it.headers["idempotency-key"] for it in receiver.requests]
    assert traceparent == receiver.requests[0].headers["traceparent"]


def test_a_workers_channels_show_no_secret() -> None:
    """Neither they nor their signer say the key when they are printed."""
    (channel,) = make_channels(SIGNER.offer_key, "http://127.0.0.1:1").values()

    assert "key" not in repr(SIGNER)
    assert "idempotent" == channel.promise


LETTER: dict[str, Any] = {
    "to": "customer/c1",
    "name": "Lisa",
    "language": "de",
    "subject": "$what ist heiß",
    "text": "$name, ${coolant_c:number} °C.",
    "data": {"what": "Der\r\nMotor", "coolant_c": 101.5},
    "urgency": "high",
}


async def test_a_rules_template_is_filled_where_it_leaves() -> None:
    """In her language; the subject stays one line."""
    receiver = Receiver()
    await deliver(receiver, LETTER)
    body = json.decode(receiver.requests[0].content)

    assert ("Der Motor ist heiß", "high") == (body["subject"], body["urgency"])
    assert "Der Motor ist heiß\n\nLisa, 101,5 °C." == body["text"]


async def test_a_template_without_its_data_is_never_sent() -> None:
    """Half a message is worse than none; the next channel would say the same."""
    receiver = Receiver()
    with pytest.raises(Refused, match="bad_template"):
        await deliver(receiver, {**LETTER, "data": {}})

    assert [] == receiver.requests
