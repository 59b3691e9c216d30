"""`/surveys/{token}`: how satisfied a customer is, from 0 to 10. Its link is all that she needs.

Looking never answers; the first answer by a link counts. It is the event `satisfaction.answered`
of her twin, which tells the policies that follow her.
"""

from dataclasses import asdict
from typing import Annotated, Any, Final
from urllib.parse import parse_qs

import msgspec
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from msgspec import Meta, Struct

from gateway.api.assets import Page, escape
from gateway.api.context import Context
from gateway.api.errors import Gone, Invalid, NoAnswer, NotFound
from gateway.api.events import Places, took
from gateway.api.models import Problem
from gateway.api.needs import ByLink
from gateway.api.problems import wants_problem
from gateway.links import BadLink
from gateway.surveys import SurveyLink, verify_survey
from gateway.twin_views import Sent
from gateway.wording import add_texts, language_of, say
from twins.event import encode_message
from twins.people.serviced import Satisfaction

PAGE: Final = Page("offer", "offer")
PATH: Final = "/surveys/{token}"
SCORES: Final = range(11)

add_texts({
    "survey.title": {
        "en": "How satisfied are you?",
        "de": "Wie zufrieden sind Sie?",
        "fi": "Kuinka tyytyväinen olet?",
    },
    "survey.lead": {
        "en": "10 is best. One tap, and you are done.",
        "de": "10 ist am besten. Ein Tipp genügt.",
        "fi": "10 on paras. Yksi napautus riittää.",
    },
    "survey.thanks": {
        "en": "Thank you. Your answer has arrived.",
        "de": "Danke. Ihre Antwort ist angekommen.",
        "fi": "Kiitos. Vastauksesi on saapunut.",
    },
    "survey.over": {
        "en": "It is too late to answer. Thank you all the same.",
        "de": "Für eine Antwort ist es zu spät. Trotzdem danke.",
        "fi": "Vastausaika on päättynyt. Kiitos silti.",
    },
})  # fmt: skip

router = APIRouter(tags=["customers"])


class _Said(Struct, forbid_unknown_fields=True):
    """The JSON form of an answer."""

    score: Annotated[int, Meta(ge=0, le=10)]


def _follow(shared: Context, token: str) -> SurveyLink:
    """What a link stands for; raises `NotFound` and `Gone`."""
    try:
        link = verify_survey(shared.keys.offer_key, token)
    except BadLink as error:
        raise NotFound(str(error)) from error
    if shared.services.clock() >= link.until:
        raise Gone("it is too late to answer")
    return link


def _page(request: Request, lead: str, content: str = "", status: int = 200) -> Response:
    first = request.headers.get("accept-language", "").partition(",")[0]
    language = language_of(first.partition(";")[0].strip())
    title = escape(say(language, "survey.title"))
    said = escape(say(language, lead))
    return PAGE.answer(
        status, language=language, title=title, refresh="", live="", state="survey",
        content=f"<header><div><h1>{title}</h1><p>{said}</p></div></header>{content}",
    )  # fmt: skip


@router.get(PATH, response_class=Response)
async def show_survey(token: str, request: Request, shared: ByLink) -> Response:
    """Show the scores, each a button."""
    try:
        _follow(shared, token)
    except (NotFound, Gone) as error:
        if wants_problem(request):
            raise
        gone = isinstance(error, Gone)
        return _page(request, "survey.over" if gone else "page.lead.bad_link", "",
                     410 if gone else 404)  # fmt: skip
    buttons = "".join(f'<button name="score" value="{score}">{score}</button>' for score in SCORES)
    form = (
        f'<form method="post" action="/surveys/{escape(token)}">'
        f'<div class="scores" role="group" aria-label="0-10">{buttons}</div></form>'
    )
    return _page(request, "survey.lead", form)


@router.post(
    PATH,
    response_class=Response,
    responses={
        202: {"model": Sent, "description": "To JSON"},
        **{status: {"model": Problem} for status in (404, 410, 422, 503, 504)},
    },
)
async def answer_survey(token: str, request: Request, shared: ByLink) -> Response:
    """Say how satisfied she is: a form, or JSON `{"score": 8}`. The first answer counts."""
    body = await request.body()
    plain = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    as_json = plain == "application/json"
    try:
        link = _follow(shared, token)
    except (NotFound, Gone):
        if as_json:
            raise
        return await show_survey(token, request, shared)
    sent = await _send(shared, link, _read(body, as_json=as_json))
    if as_json:
        return JSONResponse(asdict(sent), status_code=202)
    return _page(request, "survey.thanks")


def _read(body: bytes, *, as_json: bool) -> _Said:
    try:
        if as_json:
            return msgspec.json.decode(body, type=_Said)
        fields: Any = parse_qs(body.decode("ascii"), strict_parsing=bool(body), max_num_fields=4)
        (score,) = fields.get("score", [])
        return msgspec.convert({"score": score}, _Said, strict=False)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise Invalid("an answer is a `score` from 0 to 10; open the link again") from error


async def _send(shared: Context, link: SurveyLink, said: _Said) -> Sent:
    ids = {"twin_id": link.customer, "event_id": link.answer_id}
    answer = Satisfaction(score=said.score, arrangement_id=link.about)
    body = encode_message(answer, id=link.answer_id)
    with Places(shared, 1):
        try:
            took_it = await shared.services.send(
                link.customer, "satisfaction.answered", body, "inside", shared.limits.send_s
            )
        except TimeoutError as error:
            raise NoAnswer("the log did not answer in time; send it again", **ids) from error
    ack = took(took_it, **ids)
    return Sent(**ids, partition=ack.partition, position=ack.position)
