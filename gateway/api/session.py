"""`/v1/session`, `/v1/sign-ins`, `/v1/tokens`: who is signed in, and what lets others in.

    POST   /v1/session      {"token": …}: exchanged for a session, in a cookie; a sign-in once
    GET    /v1/session      who is signed in, what she may do, and the CSRF token
    DELETE /v1/session      sign out
    POST   /v1/sign-ins     a one-time sign-in for a person
    POST   /v1/tokens       a token for a program
    GET    /v1/tokens       those that are good; or all sessions
    DELETE /v1/tokens/{id}  take one back, with the sessions that it was exchanged for

Nobody gives what she has not: the roles of what is made need no more than its maker may do.
"""

import asyncio
from http import HTTPStatus
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from actors.errors import Unavailable
from gateway.access_views import (
    SessionView,
    SignedOut,
    SignInView,
    TokenMade,
    Tokens,
    TokenView,
)
from gateway.activity_views import Changed
from gateway.api.access import Caller, caller_with
from gateway.api.context import Context
from gateway.api.errors import Forbidden, NotFound, Unauthenticated
from gateway.api.models import Problem
from gateway.api.needs import Administers, BySignIn
from gateway.credentials import PREFIX, Credential, Credentials
from gateway.roles import Role, needs_of

DAY_S: Final = 86_400.0

PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"model": Problem} for status in (401, 403, 404, 422, 503)
}

router = APIRouter(prefix="/v1", tags=["access"], responses=PROBLEMS)

CredentialId = Annotated[str, Path(pattern="^[0-9a-f]{12}$")]
Roles = Annotated[list[Role], Field(min_length=1, max_length=len(Role))]
Name = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]+$")]


class SessionGiven(BaseModel):
    """What is exchanged for a session."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    token: Annotated[str, Field(min_length=1, max_length=512)]
    """A one-time sign-in, or a token that is good for the API itself."""


class SignInGiven(BaseModel):
    """For whom a sign-in is made."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    name: Name
    """As the others know her."""
    roles: Roles
    lasts_s: Annotated[float, Field(ge=10, le=DAY_S)] | None = None
    """How long it waits to be used, in seconds; null: as `access.sign_in_s` says."""


class TokenGiven(BaseModel):
    """For what a token is made."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    name: Name
    """What it is for; it stands under what is done."""
    roles: Roles
    days: Annotated[float, Field(gt=0, le=3660)] | None = 90.0
    """When it ends; null: never."""


@router.post("/session")
async def begin_session(
    given: SessionGiven, request: Request, response: Response, shared: BySignIn
) -> SessionView:
    """Sign in: exchange a token for a session, which comes as a cookie. A sign-in is good once."""
    shared.callers.check_origin(request)
    credentials = credentials_of(shared)
    who, parent = await _exchanged(shared, credentials, given.token)
    await shared.enter(who)
    lasts_s = shared.admission.settings.session_s
    secret, made = await asyncio.to_thread(
        credentials.make, "session", who.name, who.roles, lasts_s=lasts_s, by=who.name,
        parent=parent, more={"named": who.named},
    )  # fmt: skip
    shared.note(credential_made(made))
    shared.callers.set_cookie(response, secret, lasts_s)
    return _view(who, made, shared.callers.csrf(made))


async def _exchanged(
    shared: Context, credentials: Credentials, token: str
) -> tuple[Caller, str | None]:
    """Who comes with a token, and the token's id where it stays good."""
    node = caller_with(shared.keys, token)
    if node is not None:
        return node, None
    if token.startswith(PREFIX):
        found = credentials.find("token", token)
    else:
        found = await asyncio.to_thread(credentials.take, "sign-in", token)
    if found is None:
        raise Unauthenticated(
            "this sign-in is none, was used before, or has ended; `vigil sign-in` prints a new one"
        )
    named = bool(found.more.get("named", True))
    who = Caller(found.name, found.roles, "session", named=named, id=found.id)
    return who, found.id if found.kind == "token" else None


@router.get("/session")
async def get_session(request: Request, shared: BySignIn) -> SessionView:
    """Say who is signed in, by cookie or token; 401 where nobody is."""
    who = await shared.callers.of(request)
    if who is None:
        raise Unauthenticated("nobody is signed in; `vigil sign-in` prints a link")
    if who.via != "session":
        return _view(who)
    session = shared.callers.session_of(request)
    assert session is not None, "the caller was recognised by it"
    return _view(who, session, shared.callers.csrf(session))


@router.delete("/session")
async def end_session(request: Request, response: Response, shared: BySignIn) -> SignedOut:
    """Sign out: the session is worth nothing from now on, in whatever hands its cookie is."""
    who = await shared.callers.of(request)
    shared.callers.drop_cookie(response)
    if who is None or who.via != "session":
        return SignedOut(ended=False)
    await shared.enter(who)
    ended = await asyncio.to_thread(credentials_of(shared).revoke, who.id)
    if ended is not None:
        shared.note(credential_gone(ended))
    url = None
    if ended is not None and ended.more.get("oidc") and shared.admission.oidc is not None:
        back = f"{shared.callers.origin(request)}/console/"
        url = await shared.admission.oidc.logout_url(back)
    return SignedOut(ended=ended is not None, end_session_url=url)


@router.post("/sign-ins", status_code=HTTPStatus.CREATED)
async def make_sign_in(given: SignInGiven, shared: Administers) -> SignInView:
    """Let a person in once: whoever comes with the token first has a session with these roles."""
    _check_gives(shared.caller, given.roles)
    secret, made = await asyncio.to_thread(
        credentials_of(shared).make, "sign-in", given.name, given.roles,
        lasts_s=given.lasts_s or shared.admission.settings.sign_in_s, by=_by(shared),
    )  # fmt: skip
    assert made.ends is not None, "every sign-in ends"
    shared.note(credential_made(made))
    return SignInView(token=secret, path=f"/console/?token={secret}", ends=made.ends)


@router.post("/tokens", status_code=HTTPStatus.CREATED)
async def make_token(given: TokenGiven, shared: Administers) -> TokenMade:
    """Make a token for a program. Its secret is told now, and never again."""
    _check_gives(shared.caller, given.roles)
    secret, made = await asyncio.to_thread(
        credentials_of(shared).make, "token", given.name, given.roles,
        lasts_s=None if given.days is None else given.days * DAY_S, by=_by(shared),
    )  # fmt: skip
    shared.note(credential_made(made))
    return TokenMade(secret=secret, token=token_view(made))


@router.get("/tokens")
async def list_tokens(
    shared: Administers,
    kind: Annotated[
        Literal["token", "session"], Query(description="Of programs, or of browsers.")
    ] = "token",
) -> Tokens:
    """List the tokens that are good, the oldest first; nobody is told their secrets."""
    found = await asyncio.to_thread(credentials_of(shared).all, kind)
    return Tokens([token_view(one) for one in found])


@router.delete("/tokens/{token_id}")
async def revoke_token(token_id: CredentialId, shared: Administers) -> TokenView:
    """Take a token or a session back, at once, with the sessions that it was exchanged for."""
    found = await asyncio.to_thread(credentials_of(shared).revoke, token_id)
    if found is None:
        raise NotFound(f"no token {token_id} is good any more; `vigil token list` shows those")
    shared.note(credential_gone(found))
    return token_view(found)


def credential_made(one: Credential) -> Changed:
    """What the activity log says of a new one."""
    return Changed(subject=f"{one.kind}/{one.id}", what="made", after=_told(one))


def credential_gone(one: Credential) -> Changed:
    """What it says of one that is taken back."""
    return Changed(subject=f"{one.kind}/{one.id}", what="revoked", before=_told(one))


def _told(one: Credential) -> dict[str, Any]:
    return {"name": one.name, "roles": sorted(one.roles), "ends": one.ends, "by": one.by}


def token_view(one: Credential) -> TokenView:
    """What is told of a credential."""
    return TokenView(one.id, one.kind, one.name, sorted(one.roles), one.made, one.ends, one.by)


def _view(who: Caller, session: Credential | None = None, csrf: str | None = None) -> SessionView:
    return SessionView(
        name=who.name, roles=sorted(who.roles), needs=sorted(who.needs),
        via="session" if session is not None else who.via, named=who.named, csrf=csrf,
        ends=None if session is None else session.ends,
    )  # fmt: skip


def _check_gives(caller: Caller | None, roles: list[Role]) -> None:
    assert caller is not None, "the call needs a role"
    beyond = needs_of(roles) - caller.needs
    if beyond:
        raise Forbidden(
            f"{caller.name} may not give what she has not: {', '.join(sorted(beyond))}. "
            "A privacy officer is made by the OIDC provider's claims, or has the node's own token",
            roles=[str(role) for role in roles],
        )


def _by(shared: Context) -> str:
    assert shared.caller is not None, "the call needs a role"
    return shared.caller.name


def credentials_of(shared: Context) -> Credentials:
    """What keeps them; raises `Unavailable`."""
    found = shared.admission.credentials
    if found is None:
        raise Unavailable("this API keeps no tokens and sessions; ask the node's own")
    return found
