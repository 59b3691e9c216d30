"""`/unsubscribe/{link}`: by which who got an e-mail gets no more of its sort.

| | |
|---|---|
| `GET` | a page with a button; nothing is changed by looking, since filters open links by themselves |
| `POST` | one click (RFC 8058): what the letter was sent for, if she was asked for it; else its address |
| `POST` with `answer=address`, `answer=resume` | the letter's address is left alone; or used again |

The link is all that is needed, and it tells nothing: neither page names anybody, and they are the
same whether or not the person, or the address, is still known. An address that is not hers any
more is nobody's word.
"""  # noqa: E501 - a table's row is one line

from typing import Literal
from urllib.parse import parse_qs
from uuid import uuid4

import msgspec
from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse
from msgspec import Struct

from gateway.api.assets import Page, escape
from gateway.api.context import Context, within
from gateway.api.errors import Gone, NoAnswer, NotFound
from gateway.api.events import Places, took
from gateway.api.needs import ByLink
from gateway.api.offer_page import icon
from gateway.api.page_language import language_for
from gateway.api.problems import problem_of, wants_problem
from gateway.links import BadLink
from gateway.unsubscribing import LinkExpired, Unsubscribing, read_link
from gateway.wording import say
from twins.event import encode_message
from twins.people.consents import WITHOUT_ASKING, Consent, ConsentSaid
from twins.people.messages import Channel
from twins.people.stopped import ChannelWord

PATH = "/unsubscribe/{link}"
HOW = "link in an e-mail"

PAGE = Page("offer")

router = APIRouter(tags=["customers"])

Act = Literal["purpose", "address", "resume"]


class _State(Struct):
    """What is needed of a person's twin."""

    channels: list[Channel] = []
    stopped: dict[str, float] | None = None
    consents: dict[str, Consent] | None = None


@router.get(PATH, response_class=Response)
async def get_unsubscribe(link: str, request: Request, shared: ByLink) -> Response:
    """The page; looking changes nothing."""
    language = language_for(request)
    try:
        found = read_link(shared.keys.offer_key, link, shared.services.clock())
    except BadLink as error:
        return _bad(request, error)
    acts: list[Act] = ["address"] if found.purpose in WITHOUT_ASKING else ["purpose", "address"]
    return _page(language, "ask", "stop.lead.ask", acts=acts)


@router.post(PATH, response_class=Response)
async def post_unsubscribe(link: str, request: Request, shared: ByLink) -> Response:
    """Do it; the answer says so once it is durable. No redirect, no cookie, no script."""
    language = language_for(request)
    try:
        found = read_link(shared.keys.offer_key, link, shared.services.clock())
    except BadLink as error:
        return _bad(request, error)
    act = _act(await request.body(), found)
    try:
        await _do(shared, found, act)
    except Exception as error:
        if problem_of(error) is None or wants_problem(request):
            raise
        return _page(language, "trouble", "stop.lead.trouble", status=503)
    done = "resumed" if act == "resume" else act
    acts: list[Act] = ["resume"] if act == "address" else ["address"]
    return _page(language, "done", f"stop.lead.done.{done}", acts=acts)


def _act(body: bytes, found: Unsubscribing) -> Act:
    """What is meant; whatever is none of the page's buttons is a mail program's one click."""
    try:
        fields = parse_qs(body.decode("ascii"), max_num_fields=8)
    except ValueError:
        fields = {}
    if fields.get("answer") == ["resume"]:
        return "resume"
    if fields.get("answer") == ["address"] or found.purpose in WITHOUT_ASKING:
        return "address"
    return "purpose"


async def _do(shared: Context, found: Unsubscribing, act: Act) -> None:
    """Tell her twin, if it changes anything; an erased person's is not begun again by it."""
    answer = await within(
        shared.limits.read_s, shared.services.state(found.person), "no answer in time"
    )
    state = msgspec.convert(answer.state, _State) if answer.exists else _State()
    way = next((one for one in state.channels if found.is_of(one.channel, one.address)), None)
    if way is None:
        return
    if act == "purpose":
        held = (state.consents or {}).get(found.purpose)
        if held is None or held.given:
            said = ConsentSaid(purpose=found.purpose, given=False, how=HOW)
            await _tell(shared, found.person, "consent.said", said)
    elif (act == "resume") == (found.address in (state.stopped or {})):
        what = "channel.resumed" if act == "resume" else "channel.stopped"
        word = ChannelWord(channel=way.channel, address=way.address, how=HOW)
        await _tell(shared, found.person, what, word)


async def _tell(shared: Context, person: str, what: str, data: object) -> None:
    event_id = f"unsubscribe-{uuid4().hex}"
    body = encode_message(data, id=event_id, time=shared.services.clock())
    with Places(shared, 1):
        try:
            answer = await shared.services.send(person, what, body, "inside", shared.limits.send_s)
        except TimeoutError as error:
            raise NoAnswer("the log did not answer in time; send it again") from error
    took(answer, twin_id=person, event_id=event_id)


def _bad(request: Request, error: BadLink) -> HTMLResponse:
    over = isinstance(error, LinkExpired)
    if wants_problem(request):
        raise (Gone if over else NotFound)(str(error)) from error
    status = 410 if over else 404
    return _page(language_for(request), "bad_link", "stop.lead.bad_link", status=status)


def _page(
    language: str, name: str, lead: str, *, acts: list[Act] | None = None, status: int = 200
) -> HTMLResponse:
    title = escape(say(language, f"stop.title.{name}"))
    warn = status != 200  # noqa: PLR2004 - HTTP's word for all is well
    buttons = "".join(
        f'<button class="decline" name="answer" value="{act}">'
        f"{escape(say(language, f'stop.{act}'))}</button>"
        for act in acts or ()
    )
    form = f'<form method="post">{buttons}</form>' if buttons else ""
    content = (
        f"<header{' class=warn' if warn else ''}>{icon('shield')}<div>"
        f"<h1>{title}</h1><p>{escape(say(language, lead))}</p></div></header>{form}"
    )
    return PAGE.answer(
        status, language=language, title=title, refresh="", live="", state=name, content=content
    )
