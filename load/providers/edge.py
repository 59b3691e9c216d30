"""Between HTTP and the providers: refusals as problem details, what is let in, and silence."""

import logging
from http import HTTPStatus
from typing import Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from load.providers.contract import Problem, Reason
from load.providers.errors import ProviderError, UnansweredError

MAX_BODY_BYTES: Final = 128 * 1024
PROBLEM_TYPE: Final = "application/problem+json"
_ABORT: Final = "vigil.abort"

_log = logging.getLogger(__name__)


class ProblemResponse(Response):
    """An answer with problem details (RFC 9457)."""

    media_type = PROBLEM_TYPE

    def __init__(self, problem: Problem, headers: dict[str, str] | None = None) -> None:
        # Null ids are left out: the problem is about no provider or no hold.
        body = problem.model_dump_json(exclude_none=True)
        super().__init__(body, status_code=problem.status, headers=headers)


def _problem(status: int, reason: Reason, detail: str, ids: dict[str, str]) -> Problem:
    return Problem(
        type=f"urn:vigil:problem:{reason}",
        title=HTTPStatus(status).phrase,
        status=status,
        detail=detail,
        reason=reason,
        provider_id=ids.get("provider_id"),
        hold_id=ids.get("hold_id"),
    )


def _path_ids(request: Request) -> dict[str, str]:
    """Return the ids in the path, as far as they can be said back."""
    return {name: str(value)[:256] for name, value in request.path_params.items()}


class Gate:
    """ASGI middleware: refuses what the routes must not see.

    That is a path with control characters (422: the routing would overlook a line feed at the end,
    and take one id for another), and a body above the limit (413, without reading it to its end;
    the framework's own limit answers in plain text, and the contract knows problem details alone).

    Args:
        app: What comes behind it.
        limit: Of a body, in bytes.
    """

    def __init__(self, app: ASGIApp, limit: int = MAX_BODY_BYTES) -> None:
        self._app = app
        self._limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check the request, and hand it on with its body as one piece."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if not scope["path"].isprintable():
            detail = "The path holds control characters: an id is of [A-Za-z0-9_.:-] alone."
            problem = _problem(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid", detail, {})
            # The body is unread and still on its way; it must not pass for a request.
            await ProblemResponse(problem, {"connection": "close"})(scope, receive, send)
            return
        body = bytearray()
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return  # nobody is left to answer, and half a body is no call
            body += message.get("body", b"")
            if len(body) > self._limit:
                detail = f"The body is larger than {self._limit} bytes: send less."
                problem = _problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large", detail, {})
                # As above: the rest of the body is still on its way.
                await ProblemResponse(problem, {"connection": "close"})(scope, receive, send)
                return
            if not message.get("more_body", False):
                break
        whole: Message = {"type": "http.request", "body": bytes(body), "more_body": False}
        pending = [whole]

        async def replay() -> Message:
            return pending.pop() if pending else await receive()

        await self._app(scope, replay, send)


class AbortableProtocol(HttpToolsProtocol):
    """HTTP whose applications may drop their connection (the ASGI extension `vigil.abort`)."""

    def on_message_begin(self) -> None:
        """Give the request's scope a way to its connection."""
        super().on_message_begin()
        self.scope.setdefault("extensions", {})[_ABORT] = {"abort": self.transport.abort}


class NoAnswer(Response):
    """Closes the connection without a byte of answer.

    Raises:
        ConnectionAbortedError: the server has no `vigil.abort` (a test's transport, say); so the
            client fails as it would with a lost connection.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI's shape
        """Drop the connection, and wait until the server has noticed."""
        extension = scope.get("extensions", {}).get(_ABORT)
        if extension is None:
            raise ConnectionAbortedError("the provider is silent: the call was done, not answered")
        extension["abort"]()
        while (await receive())["type"] != "http.disconnect":
            pass


async def _on_refusal(_: Request, error: Exception) -> Response:
    assert isinstance(error, ProviderError)
    return ProblemResponse(error.problem())


async def _on_silence(_: Request, error: Exception) -> Response:
    assert isinstance(error, UnansweredError)
    return NoAnswer()


async def _on_invalid(request: Request, error: Exception) -> Response:
    """Say what is wrong and where, but never repeat the input: it may not be text at all."""
    assert isinstance(error, RequestValidationError)
    faults = [f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors()[:8]]
    detail = f"The request is not valid: {'; '.join(faults)}"
    detail = detail.encode("utf-8", "replace").decode()[:2000]
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    return ProblemResponse(_problem(status, "invalid", detail, _path_ids(request)))


async def _on_http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    status, detail = error.status_code, str(error.detail)
    reason: Reason = "invalid"
    if status == HTTPStatus.NOT_FOUND:
        reason, detail = "unknown_path", f"No call has the path {request.url.path[:256]}"
    elif status == HTTPStatus.METHOD_NOT_ALLOWED:
        reason, detail = "wrong_method", f"{request.method} is no call of {request.url.path[:256]}"
    elif status == HTTPStatus.BAD_REQUEST:
        # A body that cannot be parsed at all; the contract has one status for invalid requests.
        status, detail = HTTPStatus.UNPROCESSABLE_ENTITY, "The body is no JSON that can be read"
    headers = dict(error.headers) if error.headers else None
    return ProblemResponse(
        _problem(status, reason, f"{detail}: see /openapi.json.", _path_ids(request)), headers
    )


async def _on_failure(request: Request, error: Exception) -> Response:
    _log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    detail = "The provider failed; its fault. Ask for the hold's state, then repeat the call."
    status = HTTPStatus.INTERNAL_SERVER_ERROR
    return ProblemResponse(_problem(status, "internal", detail, _path_ids(request)))


def install_edge(app: FastAPI) -> None:
    """Give an application its gate, and the answers to everything that goes wrong."""
    app.add_middleware(Gate)
    app.add_exception_handler(ProviderError, _on_refusal)
    app.add_exception_handler(UnansweredError, _on_silence)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(HTTPException, _on_http_error)
    app.add_exception_handler(Exception, _on_failure)
    _publish_problems(app)


def _publish_problems(app: FastAPI) -> None:
    """Let the generated OpenAPI say that refusals are problem details, not plain JSON."""
    generate = app.openapi

    def openapi() -> dict[str, object]:
        if app.openapi_schema is None:
            schema = generate()
            for path in schema["paths"].values():
                for operation in path.values():
                    for status, response in operation["responses"].items():
                        content = response.get("content", {})
                        if not status.startswith("2") and "application/json" in content:
                            content[PROBLEM_TYPE] = content.pop("application/json")
        assert app.openapi_schema is not None, "generating it stores it"
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # an instance's, as FastAPI's guide for extending OpenAPI does it
