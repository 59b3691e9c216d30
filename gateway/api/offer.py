"""`/offers/{token}`: the customer's page. Its link is all that she needs.

Looking never answers: messengers and mail filters open links by themselves, so only a POST counts.
Every tap on one link has the same event id, so the first answer counts and the second is known.
That she has opened it is told by the page's feed, which only a browser reads that runs the page;
once a link, and only where she lets it be learned what she does. There is no picture to count by.
What she says beside yes and no (`replying`) has an id of its own, once a link and reply.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import asdict
from typing import Annotated, Any, Literal, get_args
from urllib.parse import parse_qs

import msgspec
from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent
from msgspec import Meta, Struct

from actors.supervisors.offer import OfferAnswer, OfferOpened
from actors.supervisors.replying import ReplyGiven
from gateway.api.arrangement import ArrangementView, TrackView, arrangement_of
from gateway.api.context import Context
from gateway.api.errors import Gone, Invalid, NoAnswer, NotFound, Overloaded
from gateway.api.events import Places, took
from gateway.api.models import Problem
from gateway.api.needs import ByLink
from gateway.api.offer_about import about_page, known_of, street_of
from gateway.api.offer_map import eta_text, far_text, picture_of
from gateway.api.offer_page import offer_page, plain_page, stage
from gateway.api.page_language import language_for
from gateway.api.problems import problem_of, wants_problem
from gateway.offers import BadOffer, OfferExpired, OfferLink, verify_offer
from gateway.streets import Atlas
from gateway.twin_views import Sent
from gateway.wording import language_of
from twins.event import encode_message
from twins.units import Token

VIEW_S = 86_400.0
"""How long after its end an offer's page still shows what became of it, in seconds."""

CATCH_UP_S = 2.0
"""How long a page waits for the answer that was just given to show, in seconds."""

LOOK_S = 2.0
"""How often an open page's feed looks at the arrangement, in seconds."""

FEED_S = 3600.0
"""How long one feed stays open; the browser opens it again."""

PATH = "/offers/{token}"

router = APIRouter(tags=["customers"])


Reply = Literal["another_time", "call_me", "fine", "cancel"]
REPLIES: tuple[Reply, ...] = get_args(Reply)


class _Said(Struct, forbid_unknown_fields=True):
    """The JSON form of an answer."""

    accept: bool | None = None
    alternative: Annotated[int, Meta(ge=1, le=64)] | None = None
    # Checked as the supervisor will: what does not decode there would set its twin aside.
    declined: Annotated[list[Token], Meta(max_length=64)] = []
    reply: Reply | None = None
    """Instead of yes or no."""


class _Looked(Struct):
    """What a link leads to."""

    link: OfferLink
    answerable: bool
    view: ArrangementView | None


def _follow(shared: Context, token: str) -> tuple[OfferLink, bool]:
    """What a link stands for, and whether it may be answered; `NotFound`, `Gone`."""
    now = shared.services.clock()
    try:
        return verify_offer(shared.keys.offer_key, token, now), True
    except OfferExpired as error:
        if now < error.link.expires_at + VIEW_S:
            return error.link, False
        raise Gone("the offer has ended") from error
    except BadOffer as error:
        raise NotFound(str(error)) from error


async def _look(shared: Context, token: str, after: int | None = None) -> _Looked:
    link, answerable = _follow(shared, token)
    state = None
    if after is not None:
        try:
            async with asyncio.timeout(CATCH_UP_S):
                state = await shared.services.state(link.supervisor_id, after)
        except TimeoutError:
            state = None  # the page says that the answer arrived, and looks again by itself
    if state is None:
        async with asyncio.timeout(shared.limits.read_s):
            state = await shared.services.state(link.supervisor_id)
    view = arrangement_of(state, link.arrangement_id)
    if view is not None and view.expires_at not in (None, link.expires_at):
        answerable = False  # there is a newer offer, with a link of its own
    return _Looked(link, answerable, view)


def _trouble(request: Request, error: Exception) -> Response:
    """The page for what went wrong; what nobody expected, and what a program gets, goes on."""
    if wants_problem(request):
        raise error
    language = language_for(request)
    if isinstance(error, NotFound):
        return plain_page(language, "bad_link", 404)
    if isinstance(error, Gone):
        return plain_page(language, "lapsed", 410)
    if problem_of(error) is None:
        raise error
    return plain_page(language, "trouble", 503, refresh=True)


@router.get(PATH, response_class=Response)
async def get_offer(
    token: str,
    request: Request,
    shared: ByLink,
    after: Annotated[int | None, Query(ge=0, le=2**62)] = None,
) -> Response:
    """Show what is arranged, and what became of it."""
    try:
        looked = await _look(shared, token, after)
    except Exception as error:  # noqa: BLE001 - `_trouble` raises again what it does not know
        return _trouble(request, error)
    if looked.view is None:
        return _trouble(request, Gone("the offer has ended"))
    return offer_page(
        looked.view,
        f"/offers/{token}",
        shared.services.clock(),
        answerable=looked.answerable,
        answered=after is not None,
        picture=await asyncio.to_thread(picture_of, looked.view, shared.atlas),
    )


@router.get(f"{PATH}/about", response_class=Response)
async def tell_about(token: str, request: Request, shared: ByLink) -> Response:
    """Say in plain words what is known about the customer of an offer."""
    try:
        view = (await _look(shared, token)).view
        if view is None or view.customer_id is None:
            return _trouble(request, Gone("the offer has ended"))
        async with asyncio.timeout(shared.limits.read_s):
            state = await shared.services.state(view.customer_id)
    except Exception as error:  # noqa: BLE001 - `_trouble` raises again what it does not know
        return _trouble(request, error)
    known = known_of(state.state if state.exists else {})
    street = await asyncio.to_thread(street_of, shared.atlas, known.position)
    language = language_of(view.language)
    return about_page(known, [view.twin_id.partition("/")[0]], street, f"/offers/{token}", language)


@router.post(
    PATH,
    response_class=Response,
    responses={
        202: {"model": Sent, "description": "To JSON"},
        303: {"description": "To a form: the page"},
        **{status: {"model": Problem} for status in (404, 410, 415, 422, 503, 504)},
    },
)
async def answer_offer(token: str, request: Request, shared: ByLink) -> Response:
    """Answer the offer: accept it, accept it without some lines, decline it, or say more."""
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    body = await request.body()
    if content_type == "application/json":
        said = _from_json(body)
        link = (await _open_to(shared, token, said.reply))[0]
        ack = await _send(shared, link, said)
        return JSONResponse(asdict(ack), status_code=202)
    try:
        fields = _fields(body)
        link, view = await _open_to(shared, token, _reply_of(fields))
        ack = await _send(shared, link, _from_form(fields, view))
    except Invalid:
        raise
    except Exception as error:  # noqa: BLE001 - `_trouble` raises again what it does not know
        return _trouble(request, error)
    # See other: so that going back or reloading does not send it again.
    return RedirectResponse(f"/offers/{token}?after={ack.position}", status_code=303)


async def _open_to(
    shared: Context, token: str, reply: Reply | None
) -> tuple[OfferLink, ArrangementView]:
    """The link, if that may be said by it: most of it while the offer stands.

    That she wants to be called, is fine, or cancels, she may say as long as her page is shown.
    """
    looked = await _look(shared, token)
    late = reply not in (None, "another_time")
    if looked.view is None or not (looked.answerable or late):
        raise Gone("the offer has ended; nothing was booked")
    return looked.link, looked.view


async def _send(shared: Context, link: OfferLink, said: _Said) -> Sent:
    answer: OfferAnswer | ReplyGiven
    if said.reply is None:
        event_type, event_id = "offer.answered", link.answer_id
        answer = OfferAnswer(
            arrangement_id=link.arrangement_id,
            accept=bool(said.accept),
            declined=said.declined,
            answered_by="customer",
            alternative=said.alternative,
            until=link.expires_at,
        )
    else:
        event_type, event_id = "reply.given", f"{link.answer_id}-{said.reply}"
        answer = ReplyGiven(
            arrangement_id=link.arrangement_id,
            reply=said.reply,
            answered_by="customer",
            until=link.expires_at,
        )
    ids = {"twin_id": link.supervisor_id, "event_id": event_id}
    body = encode_message(answer, id=event_id)
    with Places(shared, 1):
        try:
            took_it = await shared.services.send(
                link.supervisor_id, event_type, body, "inside", shared.limits.send_s
            )
        except TimeoutError as error:
            raise NoAnswer("the log did not answer in time; send it again", **ids) from error
    ack = took(took_it, **ids)
    return Sent(**ids, partition=ack.partition, position=ack.position)


def _from_json(body: bytes) -> _Said:
    try:
        said = msgspec.json.decode(body, type=_Said)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Invalid(f"the body is no answer: {error}") from error
    if (said.accept is None) == (said.reply is None):
        raise Invalid("an answer has either `accept` or `reply`")
    return said


def _fields(body: bytes) -> dict[str, list[str]]:
    try:
        return parse_qs(body.decode("ascii"), strict_parsing=bool(body), max_num_fields=64)
    except ValueError as error:
        raise Invalid("the form cannot be read; open the link again") from error


def _reply_of(fields: dict[str, list[str]]) -> Reply | None:
    return next((reply for reply in REPLIES if fields.get("answer") == [reply]), None)


def _from_form(fields: dict[str, list[str]], view: ArrangementView) -> _Said:
    """Whether she accepts, which alternative (`accept:2`), and which lines she has left out."""
    reply = _reply_of(fields)
    if reply is not None:
        return _Said(reply=reply)
    answers = fields.get("answer", [])
    answer, _, chosen = answers[0].partition(":") if len(answers) == 1 else ("", "", "")
    known = {str(leg.alternative) for leg in view.legs if leg.alternative}
    if answer not in ("accept", "decline") or (chosen and chosen not in known):
        raise Invalid("the form lacks its answer; open the link again")
    kept = set(fields.get("keep", []))
    declined = [
        leg.name for leg in view.legs if leg.declinable and not leg.out and leg.name not in kept
    ]
    return _Said(answer == "accept", int(chosen) if chosen else None, declined)


# -- the feed ------------------------------------------------------------------------------------


async def _tell_opened(shared: Context, link: OfferLink) -> None:
    """Say that she has opened the offer; where that fails, the feed goes on all the same."""
    event_id = f"{link.answer_id}-opened"
    opened = OfferOpened(arrangement_id=link.arrangement_id, until=link.expires_at)
    body = encode_message(opened, id=event_id)
    try:
        with Places(shared, 1):
            await shared.services.send(
                link.supervisor_id, "offer.opened", body, "inside", shared.limits.send_s
            )
    except Exception as error:
        if not isinstance(error, TimeoutError) and problem_of(error) is None:
            raise


async def _room(token: str, shared: ByLink) -> _Looked:
    """Check the link, and refuse a feed too many, before it begins."""
    if shared.counts.offer_feeds >= shared.limits.streams:
        raise Overloaded("too many pages are open; this one refreshes itself")
    return await _look(shared, token)


@router.get(
    f"{PATH}/live",
    response_class=EventSourceResponse,
    responses={status: {"model": Problem} for status in (404, 410, 503)},
)
async def watch_offer(
    shared: ByLink, token: str, first: Annotated[_Looked, Depends(_room)]
) -> AsyncIterator[ServerSentEvent]:
    """Say whenever the page would look different: `changed` with its state; `over` at the end.

    Where only her helper has come closer, `moved` says where in the picture.
    """
    loop = asyncio.get_running_loop()
    until = loop.time() + FEED_S
    seen: Any = None
    track: TrackView | None = None
    opened = False
    looked = first
    shared.counts.offer_feeds += 1
    try:
        while loop.time() < until:
            view = looked.view
            if view is None or view.ended:
                yield ServerSentEvent(event="changed", raw_data='{"state":"over"}')
                yield ServerSentEvent(event="over", raw_data="{}")
                return
            if view.followed and looked.answerable and not opened:
                opened = True
                await _tell_opened(shared, looked.link)
            state = stage(view, answerable=looked.answerable)
            shown = (state, [(leg.name, leg.state) for leg in view.legs])
            if shown == seen and view.track not in (None, track):
                moved = await asyncio.to_thread(_moved, view, shared.atlas)
                yield ServerSentEvent(event="moved", raw_data=moved)
            track = view.track
            if shown != seen:
                # The first one is news too: the page may be older than the feed.
                seen = shown
                data = msgspec.json.encode({"state": state}).decode()
                yield ServerSentEvent(event="changed", raw_data=data)
            await asyncio.sleep(LOOK_S)
            try:
                looked = await _look(shared, token)
            except Exception as error:
                if problem_of(error) is None:
                    raise
                yield ServerSentEvent(comment="trouble; looking again")
    finally:
        shared.counts.offer_feeds -= 1


def _moved(view: ArrangementView, atlas: Atlas) -> str:
    """Where her helper is in the picture, and what that is in words; JSON."""
    assert view.track is not None, "somebody has moved"
    language = language_of(view.language)
    picture = picture_of(view, atlas, whole=False)
    moved: dict[str, Any] = {
        "eta": eta_text(view.track, language),
        "far": far_text(picture, view.track, language),
    }
    if picture is not None:
        moved |= {"frame": picture.frame, "truck": picture.truck, "way": picture.way}
    return msgspec.json.encode(moved).decode()
