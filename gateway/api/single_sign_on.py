"""`/v1/session/login` and `/v1/session/callback`: signing in at the OIDC provider, and back.

A sign-in under way is a row that is good once, for ten minutes, and for the browser that began it:
its cookie names the same state as the address that the provider sends it back to.
"""

import asyncio
import secrets
from hmac import compare_digest
from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse

from gateway.api.access import Caller
from gateway.api.callers import LOGIN_S
from gateway.api.context import Context
from gateway.api.errors import Forbidden, NotFound, Overloaded
from gateway.api.models import Problem
from gateway.api.needs import BySignIn
from gateway.api.session import credential_made, credentials_of
from gateway.oidc import BadClaims, Oidc, OidcAway

MOST: Final = 1000
"""Sign-ins under way at once; whoever begins more gains nothing but a refusal."""

HOME: Final = "/console/"

PROBLEMS: dict[int | str, dict[str, Any]] = {
    303: {"description": "On to the provider, or back to the console"},
    **{status: {"model": Problem} for status in (403, 404, 422, 503)},
}

router = APIRouter(
    prefix="/v1/session",
    tags=["access"],
    responses=PROBLEMS,
    default_response_class=RedirectResponse,
)

_Text = Query(max_length=2048)


@router.get("/login", status_code=HTTPStatus.SEE_OTHER)
async def begin_login(
    request: Request,
    shared: BySignIn,
    goal: Annotated[
        str, Query(alias="next", pattern=r"^/console/[A-Za-z0-9_./~-]*$", max_length=300)
    ] = HOME,
) -> RedirectResponse:
    """Go to the provider to sign in; afterwards on to `next`, a page of the console."""
    oidc = _oidc(shared)
    credentials = credentials_of(shared)
    if len(await asyncio.to_thread(credentials.all, "login")) >= MOST:
        raise Overloaded(f"{MOST} sign-ins are under way; try again in some minutes")
    nonce, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(48)
    state, _ = await asyncio.to_thread(
        credentials.make, "login", "", (), lasts_s=LOGIN_S, by="",
        more={"nonce": nonce, "verifier": verifier, "next": goal},
    )  # fmt: skip
    try:
        url = await oidc.login_url(state, nonce, verifier, _callback(shared, request))
    except OidcAway as error:
        raise _away(oidc, error) from error
    answer = RedirectResponse(url, status_code=HTTPStatus.SEE_OTHER)
    shared.callers.set_login(answer, state)
    return answer


@router.get("/callback", status_code=HTTPStatus.SEE_OTHER)
async def finish_login(
    request: Request,
    shared: BySignIn,
    state: Annotated[str, _Text] = "",
    code: Annotated[str, _Text] = "",
    error: Annotated[str, _Text] = "",
    iss: Annotated[str | None, _Text] = None,
) -> RedirectResponse:
    """Come back from the provider: begin a session, and go on to the console."""
    oidc = _oidc(shared)
    begun = shared.callers.login_of(request)
    # Whoever was sent here by somebody else's sign-in would work in that one's session.
    if begun is None or not compare_digest(begun.encode(), state.encode("utf-8", "replace")):
        raise Forbidden("this browser did not begin this sign-in; begin again at /console/")
    credentials = credentials_of(shared)
    found = await asyncio.to_thread(credentials.take, "login", state)
    if found is None:
        raise Forbidden("this sign-in was used before, or took too long; begin again at /console/")
    if error or not code:
        said = error if error.isprintable() else ""
        raise Forbidden(f"the provider did not sign you in ({said[:100] or 'no code'})")
    if iss is not None and iss != shared.admission.settings.oidc.issuer:
        raise Forbidden("another provider than ours sent you back; begin again at /console/")
    try:
        who = await oidc.signed_in(
            code, found.more["nonce"], found.more["verifier"], _callback(shared, request)
        )
    except BadClaims as bad:
        oidc.refused(bad)
        raise Forbidden(
            "the provider's word is not enough to let you in; an administrator finds the reason in "
            "the API's log: often no group of yours is a role in access.oidc.roles"
        ) from bad
    except OidcAway as away:
        raise _away(oidc, away) from away
    await shared.enter(Caller(who.name, who.roles, "oidc", id=who.subject))
    lasts_s = shared.admission.settings.session_s
    secret, made = await asyncio.to_thread(
        credentials.make, "session", who.name, who.roles, lasts_s=lasts_s, by=who.subject,
        more={"subject": who.subject, "oidc": True},
    )  # fmt: skip
    shared.note(credential_made(made))
    answer = RedirectResponse(found.more["next"], status_code=HTTPStatus.SEE_OTHER)
    shared.callers.set_cookie(answer, secret, lasts_s)
    shared.callers.drop_login(answer)
    return answer


def _oidc(shared: Context) -> Oidc:
    found = shared.admission.oidc
    if found is None:
        raise NotFound(
            "no OIDC provider is set (access.oidc.issuer); `vigil sign-in` prints a link that "
            "signs in"
        )
    return found


def _callback(shared: Context, request: Request) -> str:
    return f"{shared.callers.origin(request)}/v1/session/callback"


def _away(oidc: Oidc, error: OidcAway) -> Overloaded:
    oidc.refused(error)
    return Overloaded("the OIDC provider does not answer as it should; try again a little later")
