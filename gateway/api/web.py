"""`/v1/web`: what browsers and apps tell of a visitor, once she has agreed.

| | |
|---|---|
| `GET /v1/web/vigil.js` | the snippet, for pages of the allowed origins |
| `POST /v1/web/{visitor}` | a visit: `id`, `consent`, `acts`, `position`, `position_consent` |
| `POST /v1/web/{visitor}/end` | she does not want to be seen any more |

Anybody may call these, so they can do little: write to one visitor's twin, whose id nobody can
guess, of pages whose origin is in `people.web_origins`, so much at a time. Whose a visitor is, only
those may say who have checked it (`visitor.identified`, by operators or a signed webhook).
"""

from pathlib import Path
from typing import Annotated

import msgspec
from fastapi import APIRouter, Request, Response
from fastapi import Path as PathParameter
from msgspec import Meta

from gateway.api.context import Context
from gateway.api.errors import Forbidden, Invalid, NoAnswer, TooLarge
from gateway.api.events import Places, took
from gateway.api.models import Problem
from gateway.api.needs import ByVisitor, needs
from gateway.roles import Need
from twins.event import encode_message
from twins.people.visitor import Visit

MAX_VISIT_BYTES = 16 * 1024
HOUR_S = 3600.0

SCRIPT = (Path(__file__).with_name("pages") / "vigil.js").read_text("utf-8")

Visitor = Annotated[
    str, PathParameter(pattern=r"^[0-9a-f]{32}$", description="Drawn by the browser: 128 bits.")
]

router = APIRouter(
    tags=["customers"],
    responses={status: {"model": Problem} for status in (403, 413, 422, 429, 503, 504)},
)


class _Visit(Visit, kw_only=True, forbid_unknown_fields=True):
    """A visit, as a browser sends it."""

    id: Annotated[str, Meta(pattern=r"^[0-9a-f]{32}$")]
    """Repeated with it, the visit counts once."""


def _origin(shared: Context, request: Request) -> str:
    """The page's origin, if it may send; else `Forbidden`."""
    origin = request.headers.get("origin", "")
    if origin not in shared.web.origins:
        raise Forbidden(
            f"pages of {origin[:200] or 'no origin'} may not send; see people.web_origins"
        )
    return origin


def _cors(origin: str) -> dict[str, str]:
    return {
        "access-control-allow-origin": origin,
        "vary": "origin",
        "cross-origin-resource-policy": "cross-origin",
    }


@router.get("/v1/web/vigil.js", response_class=Response, dependencies=needs(Need.ANYBODY))
async def get_web_script() -> Response:
    """The snippet."""
    headers = {"cross-origin-resource-policy": "cross-origin", "cache-control": "max-age=3600"}
    return Response(SCRIPT, media_type="text/javascript; charset=utf-8", headers=headers)


@router.options("/v1/web/{visitor}", response_class=Response, include_in_schema=False)
@router.options("/v1/web/{visitor}/end", response_class=Response, include_in_schema=False)
async def may_send(visitor: Visitor, request: Request, shared: ByVisitor) -> Response:  # noqa: ARG001 - its form is checked
    """Tell a browser that asks first, whether a page may send."""
    headers = _cors(_origin(shared, request)) | {
        "access-control-allow-methods": "POST",
        "access-control-allow-headers": "content-type",
        "access-control-max-age": "3600",
    }
    return Response(status_code=204, headers=headers)


@router.post("/v1/web/{visitor}", status_code=202, response_class=Response)
async def tell_visit(visitor: Visitor, request: Request, shared: ByVisitor) -> Response:
    """Take a visit; it is durable when the answer comes. Without consent it is refused."""
    origin = _origin(shared, request)
    shared.web.take(visitor, _address(request))
    visit = _read(await request.body(), shared.services.clock())
    said = Visit(
        consent=visit.consent,
        acts=visit.acts,
        position=visit.position,
        position_consent=visit.position_consent,
    )
    await _send(shared, visitor, "visit", said, f"web-{visit.id}")
    return Response(status_code=202, headers=_cors(origin))


@router.post("/v1/web/{visitor}/end", status_code=202, response_class=Response)
async def end_visits(visitor: Visitor, request: Request, shared: ByVisitor) -> Response:
    """She does not want to be seen any more: what is known of her visits is deleted."""
    origin = _origin(shared, request)
    shared.web.take(visitor, _address(request))
    await _send(shared, visitor, "visit.ended", None, "web-end")
    return Response(status_code=202, headers=_cors(origin))


def _address(request: Request) -> str:
    return request.client.host if request.client is not None else ""


def _read(body: bytes, now: float) -> _Visit:
    """The visit; raises `TooLarge`, `Invalid`, and `Forbidden` where there is no consent."""
    if len(body) > MAX_VISIT_BYTES:
        raise TooLarge(f"a visit takes {len(body)} bytes; the limit is {MAX_VISIT_BYTES}")
    try:
        given = msgspec.json.decode(body)
        if not isinstance(given, dict) or not given.get("consent"):
            raise Forbidden("no consent, no visit: send the version of the text as `consent`")
        visit = msgspec.convert(given, _Visit)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Invalid(f"the body is no visit: {error}") from error
    if visit.position is not None and visit.position_consent is None:
        raise Forbidden("no consent, no position: send the version of its text, too")
    # A browser's clock may be anything; a time that cannot be is not kept.
    acts = [
        act if act.at is None or now - 24 * HOUR_S <= act.at <= now + HOUR_S
        else msgspec.structs.replace(act, at=None)
        for act in visit.acts
    ]  # fmt: skip
    return msgspec.structs.replace(visit, acts=acts)


async def _send(shared: Context, visitor: str, event_type: str, data: object, id_: str) -> None:
    twin_id = f"visitor/{visitor}"
    body = encode_message(data, id=id_, time=shared.services.clock())
    with Places(shared, 1):
        try:
            answer = await shared.services.send(
                twin_id, event_type, body, "device", shared.limits.send_s
            )
        except TimeoutError as error:
            raise NoAnswer("the log did not answer in time; send it again") from error
    took(answer, twin_id=twin_id, event_id=id_)
