"""Errors of the API; each becomes problem details (RFC 9457) with its status and ids.

ApiError
├── Unauthenticated    401  the caller's fault: no token, or one that is not ours
├── Forbidden          403  the caller's fault: the token does not reach this twin
├── NotFound           404  the caller's fault: nothing there
├── Conflict           409  the caller's fault: not as things stand; says how they stand
├── Gone               410  nobody's fault: it was there, and its time is over
├── Stale              412  nobody's fault: the twin is not as the caller saw it; read it again
├── TooLarge           413  the caller's fault: send less at once
├── Unsupported        415  the caller's fault: a media type that is not understood
├── NotSettable        422  the caller's fault: only the device, or the twin itself, says that
├── Invalid            422  the caller's fault: the request lacks or garbles something
├── RefusedByGateway   4xx, 5xx  what the gateway said, with its reason
├── Overloaded         503  nobody's fault: too much under way; the same again a little later
└── NoAnswer           504  nobody's fault: the outcome is unknown; the same again with the same id
"""

from http import HTTPStatus
from typing import Any, ClassVar


class ApiError(Exception):
    """A refusal.

    Args:
        detail: Whose fault it is and what to do.
        ids: What it is about: `twin_id`, `event_id`, `partition`, `position`.
    """

    status: ClassVar[int] = 500
    reason: ClassVar[str] = "internal"
    retry_after_s: ClassVar[int | None] = None

    def __init__(self, detail: str, **ids: Any) -> None:
        super().__init__(detail)
        self.detail = detail
        self.ids = {name: value for name, value in ids.items() if value is not None}

    @property
    def code(self) -> int:
        """The HTTP status."""
        return self.status


class Unauthenticated(ApiError):
    """No token, or not one of ours."""

    status = HTTPStatus.UNAUTHORIZED
    reason = "unauthenticated"


class Forbidden(ApiError):
    """The token is good, and does not reach so far."""

    status = HTTPStatus.FORBIDDEN
    reason = "forbidden"


class NotFound(ApiError):
    """There is nothing of that name."""

    status = HTTPStatus.NOT_FOUND
    reason = "not_found"


class Conflict(ApiError):
    """It cannot be done as things stand."""

    status = HTTPStatus.CONFLICT
    reason = "conflict"


class Gone(ApiError):
    """It was there, and its time is over."""

    status = HTTPStatus.GONE
    reason = "gone"


class Stale(ApiError):
    """The twin has another revision than the one that was named."""

    status = HTTPStatus.PRECONDITION_FAILED
    reason = "stale_revision"


class NotSettable(ApiError):
    """Only the device, or the twin itself, can say that."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    reason = "not_settable"


class TooLarge(ApiError):
    """More than is taken at once."""

    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    reason = "too_large"


class Unsupported(ApiError):
    """A media type that is not understood."""

    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE
    reason = "unsupported"


class Invalid(ApiError):
    """The request lacks or garbles something."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    reason = "invalid"


class RefusedByGateway(ApiError):
    """What the gateway said; its status is the gateway's."""

    reason = "refused"

    def __init__(self, detail: str, code: int, **ids: Any) -> None:
        super().__init__(detail, **ids)
        # A code that is no error's would turn a refusal into a success.
        known = HTTPStatus.BAD_REQUEST <= code < 600  # noqa: PLR2004 - the end of HTTP's error codes
        self._code = code if known else int(HTTPStatus.SERVICE_UNAVAILABLE)

    @property
    def code(self) -> int:
        """The gateway's code."""
        return self._code


class Overloaded(ApiError):
    """Too much is under way."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    reason = "overloaded"
    retry_after_s = 1


class NoAnswer(ApiError):
    """Nobody can say whether it was done; repeating it with the same id is safe."""

    status = HTTPStatus.GATEWAY_TIMEOUT
    reason = "no_answer"
    retry_after_s = 1
