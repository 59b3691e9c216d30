"""Problems: every error as problem details (RFC 9457), with ids, and never a bare 500.

`instance` names the request, and stands in the log, whatever the refusal is (`refusals`).
"""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import msgspec
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from actors.errors import (
    AskFailed,
    AskUnknown,
    BadFilter,
    LogError,
    LogFull,
    NotOwner,
    StoreError,
    Unavailable,
)
from gateway.api.errors import ApiError, Invalid
from gateway.api.refusals import REASON
from twins.errors import BadDocument, BadPayload, BadTwinId, UnknownKind, UnknownType
from twins.rules.errors import UnknownRule

PROBLEM_TYPE = "application/problem+json"
MAX_DETAIL = 2000

logger = structlog.get_logger(__name__)

# (error, status, reason, seconds after which the same may go well). The first that fits counts.
_KNOWN: tuple[tuple[type[Exception], HTTPStatus, str, int | None], ...] = (
    (BadTwinId, HTTPStatus.UNPROCESSABLE_ENTITY, "bad_twin_id", None),
    (UnknownKind, HTTPStatus.NOT_FOUND, "unknown_kind", None),
    (UnknownType, HTTPStatus.NOT_FOUND, "unknown_type", None),
    (BadDocument, HTTPStatus.UNPROCESSABLE_ENTITY, "bad_document", None),
    (UnknownRule, HTTPStatus.NOT_FOUND, "unknown_rule", None),
    (BadPayload, HTTPStatus.UNPROCESSABLE_ENTITY, "bad_payload", None),
    (BadFilter, HTTPStatus.UNPROCESSABLE_ENTITY, "bad_filter", None),
    (AskFailed, HTTPStatus.CONFLICT, "ask_failed", None),
    (AskUnknown, HTTPStatus.CONFLICT, "ask_unknown", None),
    (LogFull, HTTPStatus.INSUFFICIENT_STORAGE, "log_full", None),
    (Unavailable, HTTPStatus.SERVICE_UNAVAILABLE, "unavailable", 1),
    (NotOwner, HTTPStatus.SERVICE_UNAVAILABLE, "unavailable", 1),
    (LogError, HTTPStatus.SERVICE_UNAVAILABLE, "log_away", 1),
    (StoreError, HTTPStatus.SERVICE_UNAVAILABLE, "store_away", 1),
    (TimeoutError, HTTPStatus.GATEWAY_TIMEOUT, "no_answer", 1),
)


def problem(status: int, reason: str, detail: str, ids: dict[str, Any]) -> dict[str, Any]:
    """Problem details as a dictionary."""
    clean = detail.encode("utf-8", "replace").decode()[:MAX_DETAIL]
    return {
        "type": f"urn:vigil:problem:{reason}",
        "title": HTTPStatus(status).phrase if status in _STATUSES else "Refused",
        "status": int(status),
        "detail": clean,
        "reason": reason,
        **ids,
    }


_STATUSES = {int(status) for status in HTTPStatus}


def problem_of(error: Exception) -> tuple[dict[str, Any], int | None] | None:
    """The problem that an expected error is, and after how many seconds to try again."""
    if isinstance(error, ApiError):
        return problem(error.code, error.reason, error.detail, error.ids), error.retry_after_s
    for kind, status, reason, again_s in _KNOWN:
        if isinstance(error, kind):
            detail = str(error) or "no answer in time; ask again"
            return problem(status, reason, detail, {}), again_s
    return None


class ProblemResponse(Response):
    """An answer with problem details."""

    media_type = PROBLEM_TYPE

    def __init__(self, content: dict[str, Any], headers: dict[str, str] | None = None) -> None:
        super().__init__(
            msgspec.json.encode(content), status_code=content["status"], headers=headers
        )


def answer(request: Request, error: Exception) -> ProblemResponse:
    """Turn any error into an answer; an unexpected one is logged under the request's id."""
    ids = _instance(request)
    known = problem_of(error)
    if known is None:
        logger.error(
            "request failed",
            request_id=request.scope.get("vigil.request_id", ""),
            method=request.method,
            path=request.url.path,
            exc_info=error,
        )
        text = "Vigil failed; its fault. Give the instance to the operator, who finds it in the log"
        request.scope[REASON] = "internal"
        return ProblemResponse(problem(HTTPStatus.INTERNAL_SERVER_ERROR, "internal", text, ids))
    content, again_s = known
    request.scope[REASON] = content["reason"]
    content |= ids
    headers = {} if again_s is None else {"Retry-After": str(again_s)}
    if content["status"] == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = 'Bearer realm="vigil", Basic realm="vigil"'
    if "twin_id" not in content:
        content |= _ids_of_path(request)
    return ProblemResponse(content, headers)


def _instance(request: Request) -> dict[str, str]:
    request_id = request.scope.get("vigil.request_id", "")
    return {"instance": f"urn:vigil:request:{request_id}"} if request_id else {}


def _ids_of_path(request: Request) -> dict[str, str]:
    path = request.path_params
    if "kind" in path and "key" in path:
        return {"twin_id": f"{path['kind']}/{path['key']}"[:130]}
    return {}


async def _on_error(request: Request, error: Exception) -> Response:
    return answer(request, error)


async def _on_invalid(request: Request, error: Exception) -> Response:
    """Say what is wrong and where, but never repeat the input: it may not be text at all."""
    assert isinstance(error, RequestValidationError)
    faults = [f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors()[:8]]
    return answer(request, Invalid(f"the request is not valid: {'; '.join(faults)}"))


async def _on_http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    path = request.url.path[:256]
    if error.status_code == HTTPStatus.NOT_FOUND:
        text = f"no call has the path {path}; see /openapi.json"
        content = problem(404, "unknown_path", text, {})
    elif error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        text = f"{request.method} is no call of {path}; see /openapi.json"
        content = problem(405, "wrong_method", text, {})
    else:
        content = problem(error.status_code, "invalid", str(error.detail), {})
    request.scope[REASON] = content["reason"]
    headers = dict(error.headers) if error.headers else None
    return ProblemResponse(content | _instance(request), headers)


def wants_problem(request: Request) -> bool:
    """Whether who asks for a page would rather have problem details than words: programs say so."""
    accepted = request.headers.get("accept", "").lower()
    return "json" in accepted and "text/html" not in accepted


def install(app: FastAPI) -> None:
    """Give an application its answers to everything that goes wrong."""
    handlers: dict[type[Exception], Callable[..., Any]] = {
        ApiError: _on_error,
        RequestValidationError: _on_invalid,
        HTTPException: _on_http_error,
        **{kind: _on_error for kind, *_ in _KNOWN},
    }
    for kind, handler in handlers.items():
        app.add_exception_handler(kind, handler)
