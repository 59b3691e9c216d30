"""Batches on a NATS connection: every frame once, in order, however the socket cuts it up."""

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.errors import ProtocolError

from actors.wire import Arrived, BatchClient


class Peer:
    """A client that is fed bytes in place of a socket, and notes what it makes of them."""

    def __init__(self) -> None:
        self.client = BatchClient()
        self.seen: list[tuple[str, Any]] = []
        for sid, name in ((1, "one"), (2, "two")):
            subscription = Subscription(self.client, sid, name)
            self.client._subs[sid] = subscription
            self.client.batches[b"%d" % sid] = subscription, self.taker(name)
        self.client._subs[3] = Subscription(self.client, 3, "three", cb=self.note)
        self.client._process_ping = self.ping  # type: ignore[method-assign]  # the seam of this test

    def taker(self, name: str) -> Any:
        """Takes the batches of one subscription."""

        async def take(batch: list[Arrived]) -> None:
            self.seen.extend((name, arrived) for arrived in batch)

        return take

    async def note(self, message: Msg) -> None:
        """Takes messages one by one."""

    async def ping(self) -> None:
        """The server asks whether we are there."""
        self.seen.append(("ping", None))

    def feed(self, *chunks: bytes) -> list[tuple[str, Any]]:
        """Read chunk after chunk; returns what was seen, single messages from their queue."""

        async def run() -> None:
            for chunk in chunks:
                await self.client._ps.parse(chunk)
            queue = self.client._subs[3]._pending_queue
            while not queue.empty():
                message = queue.get_nowait()
                self.seen.append(("three", (message.subject, message.reply, message.data)))

        asyncio.run(run())
        return self.seen


def framed(sid: int, subject: bytes, reply: bytes, payload: bytes, headers: bytes = b"") -> bytes:
    """A message as the server sends it."""
    words = [b"HMSG" if headers else b"MSG", subject, b"%d" % sid]
    words += [reply] if reply else []
    words += [b"%d" % len(headers)] if headers else []
    words.append(b"%d" % (len(headers) + len(payload)))
    return b" ".join(words) + b"\r\n" + headers + payload + b"\r\n"


names = st.text("abcdefgh.0123_-", min_size=1, max_size=12).map(str.encode)
messages = st.tuples(
    st.sampled_from([1, 2]),
    names,
    st.one_of(st.just(b""), names),
    st.binary(max_size=60),
    st.sampled_from([b"", b"NATS/1.0\r\nNmqtt-Pub:1\r\n\r\n"]),
)


@given(sent=st.lists(messages, max_size=12), cuts=st.lists(st.integers(1, 40), max_size=60))
def test_each_message_arrives_once_and_in_order_however_it_is_cut(
    sent: list[tuple[int, bytes, bytes, bytes, bytes]], cuts: list[int]
) -> None:
    """Whatever a payload holds (line ends, words of the protocol) and wherever a read ends."""
    stream = b"".join(framed(*message) for message in sent)
    chunks, at = [], 0
    for size in cuts:
        chunks.append(stream[at : at + size])
        at += size
    chunks.append(stream[at:])
    expected = [
        ({1: "one", 2: "two"}[sid], (subject, reply, headers, payload))
        for sid, subject, reply, payload, headers in sent
    ]

    assert expected == Peer().feed(*chunks)


def test_what_is_not_for_a_batch_goes_to_nats_py_in_its_place() -> None:
    """A ping between two messages is answered between them; other subscriptions get theirs."""
    one, two = framed(1, b"a", b"", b"x"), framed(1, b"b", b"r", b"MSG y 1 1\r\n")
    stream = one + b"PING\r\n" + framed(3, b"c", b"", b"z") + two

    assert [
        ("one", (b"a", b"", b"", b"x")),
        ("ping", None),
        ("one", (b"b", b"r", b"", b"MSG y 1 1\r\n")),
        ("three", ("c", "", b"z")),
    ] == Peer().feed(stream)


def test_half_a_frame_of_a_lost_connection_is_forgotten() -> None:
    """A reset begins with a new frame."""
    peer = Peer()
    peer.feed(b"MSG a 1 20\r\nhalf of it")
    peer.client._ps.reset()

    assert [("one", (b"b", b"", b"", b"y"))] == peer.feed(framed(1, b"b", b"", b"y"))


@pytest.mark.parametrize("line", [b"MSG a 1 x\r\n", b"MSG\r\n\r\n", b"MSG a 1 b c d 1\r\nx\r\n"])
def test_what_is_no_nats_ends_the_connection(line: bytes) -> None:
    """nats-py connects anew on its `ProtocolError`, and on nothing else."""
    with pytest.raises(ProtocolError):
        Peer().feed(line)


def test_one_body_goes_to_many_subjects() -> None:
    """Commands are those that nats-py would have written, in order."""
    client = BatchClient()
    client._max_pending_size = 10_000

    async def run() -> None:
        await client.publish_same([b"a.1", b"a.2"], b"yes")
        await client.publish_same([], b"nobody")
        await client.publish_all([(b"b", b"c", b"\r\n"), (b"d", b"", b"")])

    asyncio.run(run())

    assert (
        b"PUB a.1  3\r\nyes\r\nPUB a.2  3\r\nyes\r\nPUB b c 2\r\n\r\n\r\nPUB d  0\r\n\r\n"
        == b"".join(client._pending)
    )
