"""The customers' inbox: signed messages only, each once; on the port that it had before."""

import socket
from typing import Any

import httpx2
import msgspec
import pytest
from demo_kit import message

from deploy.demo.inbox import HOST, Inbox, Message, dump, listen
from gateway.channels import SIGNATURE, Signer

SIGNER = Signer(b"o" * 32)
NOW = 1_000.0


async def post(inbox: Inbox, body: bytes, signature: str | None = None) -> int:
    """Bring a message to customer c1 by messenger; returns the status."""
    given = SIGNER.signature(body, NOW) if signature is None else signature
    transport = httpx2.ASGITransport(app=inbox.app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://inbox") as client:
        answer = await client.post("/messenger/c1", content=body, headers={SIGNATURE: given})
    return answer.status_code


@pytest.fixture
def arrived() -> list[Message]:
    """What arrived."""
    return []


@pytest.fixture
async def inbox(arrived: list[Message]) -> Any:
    """An inbox that is open."""
    async with Inbox(SIGNER.webhook_key, arrived.append, clock=lambda: NOW) as opened:
        yield opened


async def test_a_signed_message_arrives(inbox: Inbox, arrived: list[Message]) -> None:
    """Whole, and with the app that it came by."""
    assert 202 == await post(inbox, msgspec.json.encode(message()))
    assert [message(app="messenger")] == arrived


async def test_a_message_that_comes_again_is_known(inbox: Inbox, arrived: list[Message]) -> None:
    """The sender hears that all is well, and the customer is not told twice."""
    body = msgspec.json.encode(message())

    assert [202, 200] == [await post(inbox, body), await post(inbox, body)]
    assert (1, 1) == (len(arrived), inbox.repeats)


@pytest.mark.parametrize(
    ("body", "signature", "status"),
    [
        (b"{}", "", 403),
        (b"{}", "t=1000,v1=" + "0" * 64, 403),
        (b"{}", None, 422),
        (b"\xff", None, 422),
        (b"x" * 300_000, None, 413),
    ],
)
async def test_what_is_no_message_of_ours_is_refused(
    inbox: Inbox, arrived: list[Message], body: bytes, signature: str | None, status: int
) -> None:
    """Unsigned, wrongly signed, garbled, or too large."""
    assert status == await post(inbox, body, signature)
    assert [] == arrived


async def test_an_old_message_is_refused(inbox: Inbox, arrived: list[Message]) -> None:
    """A signature of ten minutes ago may have been copied."""
    body = msgspec.json.encode(message())

    assert 403 == await post(inbox, body, SIGNER.signature(body, NOW - 600))
    assert [] == arrived


async def test_it_listens_where_it_says(inbox: Inbox, arrived: list[Message]) -> None:
    """Over a real connection, on the loopback interface."""
    body = msgspec.json.encode(message())
    headers = {SIGNATURE: SIGNER.signature(body, NOW)}
    async with httpx2.AsyncClient(trust_env=False) as client:
        answer = await client.post(f"{inbox.url}/sms/c1", content=body, headers=headers)

    assert 202 == answer.status_code
    assert ["sms"] == [each.app for each in arrived]
    assert inbox.url.startswith("http://127.0.0.1:")


async def test_it_can_end_and_begin_again_on_its_port() -> None:
    """So addresses that were handed out stay good."""
    async with Inbox(SIGNER.webhook_key, lambda _: None) as first:
        port = first.port
    async with Inbox(SIGNER.webhook_key, lambda _: None, port) as second:
        assert port == second.port


def test_a_port_that_is_taken_is_not_waited_for() -> None:
    """Another one does as well."""
    with socket.socket() as other:
        other.bind((HOST, 0))
        other.listen()
        taken = other.getsockname()[1]
        with listen(taken) as listener:
            assert taken != listener.getsockname()[1]


def test_a_message_survives_being_kept() -> None:
    """What the next start carries on with is what arrived."""
    kept = msgspec.json.decode(msgspec.json.encode(dump(message())))

    assert message() == msgspec.convert(kept, Message)
