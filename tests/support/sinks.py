"""Sinks: what stands where the channels' receivers are, on real sockets, by their contracts.

    async with Sink(MessengerPage()) as sink:
        …                                   # send to sink.url
    assert 1 == len(sink.receiver.delivered)

A sink can be made slow, silent, garbled or cut off, before or after it has taken a message.
"""

import asyncio
import hmac
import ssl
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Protocol, Self
from urllib.parse import parse_qs, urlsplit

from msgspec import json

_REASONS = {200: "OK", 202: "Accepted", 302: "Found", 400: "Bad Request", 401: "Unauthorized"}


@dataclass
class Call:
    """One request."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body."""
        return json.decode(self.body)


class Receiver(Protocol):
    """What a sink's contract is."""

    def take(self, call: Call) -> tuple[int, Any]:
        """Take a call; returns (status, JSON)."""


class Sink:
    """A small HTTP server around a receiver.

    `trouble` is taken from the left, one for each call: `cut` and `slow` happen after the receiver
    has taken the message, `refuse` before; a number is a status without a body, bytes are garbled.
    `tls`: what it shows, where it speaks https.
    """

    def __init__(self, receiver: Receiver, tls: ssl.SSLContext | None = None) -> None:
        self.receiver = receiver
        self._tls = tls
        self.calls: list[Call] = []
        self.trouble: deque[str | int | bytes | None] = deque()
        self.url = ""
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self._tls)
        scheme = "http" if self._tls is None else "https"
        self.url = f"{scheme}://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            # Nobody else cancels it than this sink's end; a stream's task may not end cancelled.
            with suppress(asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
                while await self._answer(reader, writer):
                    pass
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head.strip().split("\r\n")
        method, target, _ = first.split(" ")
        headers = {name.lower(): value for name, _, value in (it.partition(": ") for it in lines)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        parts = urlsplit(target)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        call = Call(method, parts.path, query, headers, body)
        self.calls.append(call)
        trouble = self.trouble.popleft() if self.trouble else None
        if trouble == "refuse":
            return False
        if isinstance(trouble, int):
            return await self._say(writer, trouble, b"{}")
        status, answer = self.receiver.take(call)
        if trouble == "cut":
            return False
        if trouble == "slow":
            await asyncio.Event().wait()
        text = trouble if isinstance(trouble, bytes) else json.encode(answer)
        return await self._say(writer, status, text)

    async def _say(self, writer: asyncio.StreamWriter, status: int, text: bytes) -> bool:
        reason = _REASONS.get(status, "Whatever")
        head = f"HTTP/1.1 {status} {reason}\r\nContent-Length: {len(text)}\r\n\r\n"
        writer.write(head.encode() + text)
        await writer.drain()
        return True


@dataclass
class Gate:
    """Takes anything: the neutral contract of SMS, and of webhooks."""

    token: str = ""
    delivered: list[Any] = field(default_factory=list)

    def take(self, call: Call) -> tuple[int, Any]:
        """Note it."""
        if self.token and call.headers.get("authorization") != f"Bearer {self.token}":
            return 401, {"error": "who are you?"}
        self.delivered.append(call.json)
        return 202, {"id": f"gate-{len(self.delivered)}"}


@dataclass
class MessengerPage:
    """The Send API of one page, as its reference says."""

    token: str = "page-token"
    secret: str = "app-secret"
    wrote_at: dict[str, float] = field(default_factory=dict)
    """Person -> when she last wrote."""
    now: float = 0.0
    delivered: list[Any] = field(default_factory=list)

    def take(self, call: Call) -> tuple[int, Any]:
        """Check the call as the API would."""
        if call.headers.get("authorization") != f"Bearer {self.token}":
            return self._error(401, 190, "Invalid OAuth access token")
        proof = hmac.digest(self.secret.encode(), self.token.encode(), "sha256").hex()
        if call.query.get("appsecret_proof") != proof:
            return self._error(400, 100, "Invalid appsecret_proof")
        body = call.json
        person, message = body["recipient"]["id"], body["message"]
        if person not in self.wrote_at:
            return self._error(400, 100, "No matching user found", 2018001)
        fits = len(message["text"]) <= 2000 and len(message.get("quick_replies", [])) <= 13
        for reply in message.get("quick_replies", []):
            fits &= reply["content_type"] == "text" and len(reply["title"]) <= 20
            fits &= len(reply["payload"]) <= 1000
        if not fits or body["messaging_type"] not in {"RESPONSE", "UPDATE", "MESSAGE_TAG"}:
            return self._error(400, 100, "Invalid parameter")
        if self.now - self.wrote_at[person] > 86_400 and body["messaging_type"] != "MESSAGE_TAG":
            return self._error(400, 10, "outside of allowed window", 2018278)
        self.delivered.append(body)
        return 200, {"recipient_id": person, "message_id": f"m_{len(self.delivered)}"}

    @staticmethod
    def _error(status: int, code: int, text: str, sub: int | None = None) -> tuple[int, Any]:
        error = {"message": text, "type": "OAuthException", "code": code, "fbtrace_id": "x"}
        return status, {"error": error if sub is None else {**error, "error_subcode": sub}}


@dataclass
class WeChatAccount:
    """The customer-service API of one official account; all its answers have status 200."""

    app_id: str = "wx-app"
    secret: str = "wx-secret"
    tokens: int = 0
    """How many were given out; only the last is valid."""
    followers: set[str] = field(default_factory=lambda: {"openid-1"})
    says: deque[int] = field(default_factory=deque)
    """What it answers before it does anything."""
    delivered: list[Any] = field(default_factory=list)

    def take(self, call: Call) -> tuple[int, Any]:
        """Give a token, or check a message."""
        body = call.json
        if call.path == "/cgi-bin/stable_token":
            if (body["appid"], body["secret"]) != (self.app_id, self.secret):
                return 200, {"errcode": 40125, "errmsg": "invalid appsecret"}
            self.tokens = self.tokens or 1
            return 200, {"access_token": f"token-{self.tokens}", "expires_in": 7200}
        if call.query.get("access_token") != f"token-{self.tokens}":
            return 200, {"errcode": 40001, "errmsg": "invalid credential"}
        if self.says:
            return 200, {"errcode": self.says.popleft(), "errmsg": "as scripted"}
        if body["touser"] not in self.followers:
            return 200, {"errcode": 40003, "errmsg": "invalid openid"}
        content = body[body["msgtype"]]
        assert content.get("content") or (content["head_content"] and content["list"])
        self.delivered.append(body)
        return 200, {"errcode": 0, "errmsg": "ok"}
