"""The edge: what every request passes, in both directions, before and after its route.

In: an id, no control characters in the path, a body of bounded size in one piece.
Out: headers that keep browsers from guessing, framing and leaking, and counts for `/metrics`.
"""

import time
from http import HTTPStatus
from typing import Any
from uuid import uuid4

from fastapi import Request
from prometheus_client import Counter, Histogram
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from actors.telemetry import record, slow, slow_after, traces_on
from gateway.api import problems
from gateway.api.errors import Invalid, TooLarge
from gateway.api.refusals import Refusals

MAX_BODY_BYTES = 1024 * 1024

REQUESTS = Counter("vigil_api_requests_total", "Requests answered.", ("method", "route", "status"))
SECONDS = Histogram(
    "vigil_api_request_seconds",
    "From the request's head to the first byte of its answer.",
    ("method", "route"),
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0),
)

ACTIVITY = "vigil.activity"
"""Where a call's `recording.Activity` lies in its scope, if it has one."""

_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}

_HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
    # Pages set their own; nothing else of ours may run or load anything.
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
}


class Edge:
    """ASGI middleware around everything.

    Args:
        app: What comes behind it.
        limit: Of a body, in bytes; a larger one is refused without reading it to its end.
    """

    def __init__(self, app: ASGIApp, limit: int = MAX_BODY_BYTES) -> None:
        self._app = app
        self._limit = limit
        self._refusals = Refusals()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check the request, hand it on with its body in one piece, and dress the answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        exchange = _Exchange(scope, send, self._refusals)
        request = Request(scope)
        try:
            body = await self._body(scope, receive)
        except (Invalid, TooLarge) as error:
            response = problems.answer(request, error)
            # The body is unread and still on its way; it must not pass for a request.
            response.headers["connection"] = "close"
            await response(scope, receive, exchange.send)
            return
        if body is None:
            return  # nobody is left to answer, and half a body is no request
        whole: Message = {"type": "http.request", "body": body, "more_body": False}
        pending = [whole]

        async def replay() -> Message:
            return pending.pop() if pending else await receive()

        try:
            await self._app(scope, replay, exchange.send)
        except Exception as error:
            response = problems.answer(request, error)
            if exchange.begun:
                raise
            await response(scope, receive, exchange.send)

    async def _body(self, scope: Scope, receive: Receive) -> bytes | None:
        """The whole body; None when the client is gone. Raises `Invalid` and `TooLarge`."""
        if not scope["path"].isprintable():
            raise Invalid("the path holds control characters")
        body = bytearray()
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return None
            body += message.get("body", b"")
            if len(body) > self._limit:
                raise TooLarge(f"the body is larger than {self._limit} bytes; send less at once")
            if not message.get("more_body", False):
                return bytes(body)


class _Exchange:
    """One request and its answer."""

    def __init__(self, scope: Scope, send: Send, refusals: Refusals) -> None:
        self._scope = scope
        self._send = send
        self._refusals = refusals
        self._started = time.perf_counter()
        self.begun = False
        scope["vigil.request_id"] = uuid4().hex

    async def send(self, message: Message) -> None:
        """Pass on a part of the answer; its head gets our headers."""
        if message["type"] == "http.response.start":
            self.begun = True
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers.setdefault(name, value)
            headers["x-request-id"] = self._scope["vigil.request_id"]
            activity = self._scope.get(ACTIVITY)
            if activity is not None:
                # Before the answer: what was answered is entered, whatever comes then.
                await activity.end(message["status"])
            self._count(message["status"])
            if message["status"] >= HTTPStatus.BAD_REQUEST:
                self._refusals.note(self._scope, message["status"], time.monotonic())
        await self._send(message)

    def _count(self, status: int) -> None:
        # Labels are of bounded number: hostile paths and methods all count as `other`.
        route: Any = self._scope.get("route")
        path = getattr(route, "path", None) or "other"
        method = self._scope["method"] if self._scope["method"] in _METHODS else "other"
        REQUESTS.labels(method, path, str(int(HTTPStatus(status)))).inc()
        seconds = time.perf_counter() - self._started
        SECONDS.labels(method, path).observe(seconds)
        traceparent = Headers(scope=self._scope).get("traceparent") if traces_on() else None
        if traceparent is not None:
            ended = time.time()
            record(
                "call", traceparent, ended - seconds, ended, method=method, route=path,
                status=int(status),
            )  # fmt: skip
        if seconds > slow_after():
            self._tell_slow(seconds, method, path)

    def _tell_slow(self, seconds: float, method: str, path: str) -> None:
        ended, request = time.time(), self._scope["vigil.request_id"]
        slow(
            f"call {request}", [("call", ended - seconds, ended)], method=method, route=path,
            request_id=request,
        )  # fmt: skip
