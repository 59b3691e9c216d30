"""Composing: what a letter says, filled and in the person's language. All channels send the same.

| part | of a letter with an offer |
|---|---|
| `subject`, `text` | all of it as text, with lines, total, time left and link |
| `short` | subject and link, for channels that count characters |
| `html` | the same as `text`, escaped, the link a button |
"""

import time
from collections.abc import Callable
from typing import Any, Final

import msgspec
from jinja2 import DictLoader, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup
from msgspec import Struct, field

from actors.effects.deliverer import Refused
from actors.supervisors.offer import Line, Notice, Offer
from gateway.channels.signing import Signer
from gateway.unsubscribing import KINDS
from gateway.wording import (
    LANGUAGES,
    UnknownTemplate,
    add_texts,
    duration,
    filled,
    moment,
    money,
    say,
)
from twins.errors import BadTwinId
from twins.outputs import Effect
from twins.people.messages import MAX_SUBJECT, Purpose, Survey

_HTML: Final = """<!doctype html>
<html lang="{{ language }}"><head><meta charset="utf-8"><title>{{ subject }}</title></head>
<body style="font-family:system-ui,sans-serif;font-size:16px;line-height:1.5;color:#1b2430;\
max-width:34em;margin:0 auto;padding:1.5em">
<h1 style="font-size:1.3em">{{ subject }}</h1>
{% if page %}{{ page }}{% else %}{% for paragraph in paragraphs %}<p>{{ paragraph }}</p>
{% endfor %}{% endif %}{% if link %}<table style="border-collapse:collapse;width:100%">
{% for line in lines %}<tr><td style="padding:.3em 0">{{ line[0] }}</td>\
<td style="text-align:right">{{ line[1] }}</td></tr>
{% endfor %}</table>
{% if ending %}<p>{{ ending }}</p>
{% endif %}<p><a href="{{ link }}" style="display:inline-block;background:#0b5cad;color:#fff;\
text-decoration:none;padding:.7em 1.2em;border-radius:.5em">{{ button }}</a></p>
{% endif %}{% if unsubscribe %}<p style="font-size:.85em"><a href="{{ unsubscribe }}" \
style="color:#5b6675">{{ enough }}</a></p>
{% endif %}</body></html>
"""

_SURVEY: Final = "$subject\n\n$text\n$link"
add_texts({"notice.survey": dict.fromkeys(LANGUAGES, _SURVEY)})

_pages = ImmutableSandboxedEnvironment(
    loader=DictLoader({"letter": _HTML}), autoescape=True, undefined=StrictUndefined
)


class Composed(Struct, kw_only=True):
    """A letter as it leaves."""

    id: str
    """The effect's; constant however often it is sent."""
    to: str
    """The person's twin."""
    name: str
    language: str
    subject: str
    text: str
    short: str
    urgency: str
    link: str | None = None
    token: str | None = None
    """Of the link."""
    offer: Offer | None = None
    survey: Survey | None = None
    calendar: str | None = None
    page: str | None = None
    """The text as a part of a page, filled and escaped; None: the paragraphs."""
    paragraphs: list[str] = field(default_factory=list)
    lines: list[tuple[str, str]] = field(default_factory=list)
    """What is offered, and its price."""
    ending: str = ""
    """Total and time left."""
    purpose: Purpose = "devices"
    """What it is sent for."""
    unsubscribe: str | None = None
    """The link by which she gets no more of its sort, where the channel has such."""

    @property
    def html(self) -> str:
        """The letter as a page; everything in it is escaped."""
        return _pages.get_template("letter").render(
            language=self.language,
            subject=self.subject,
            page=None if self.page is None else Markup(self.page),  # noqa: S704 - its data are escaped
            paragraphs=self.paragraphs,
            lines=self.lines,
            ending=self.ending,
            link=self.link,
            button=say(self.language, "notice.open"),
            unsubscribe=self.unsubscribe,
            enough=say(self.language, "mail.unsubscribe.short"),
        )


class Composer:
    """Makes letters.

    Args:
        sign: Signs their links.
        base_url: Where customers reach the API, for example `https://help.example.com`.
        clock: Seconds since the epoch.
    """

    def __init__(self, sign: Signer, base_url: str, clock: Callable[[], float] = time.time) -> None:
        self.sign = sign
        self.clock = clock
        self._base_url = base_url.rstrip("/")

    def compose(self, effect: Effect) -> Composed:
        """The letter of an effect; `Refused` where it is garbled or its offer is over."""
        try:
            read = msgspec.convert(effect.request, Notice)
        except msgspec.ValidationError as error:
            raise Refused("bad_notice", str(error)) from error
        subject, body, page = _texts(read)
        letter = Composed(
            id=effect.id,
            to=read.to,
            name=read.name,
            language=read.language,
            subject=subject,
            text=say(read.language, "notice.plain", subject=subject, text=body),
            short=f"{subject}\n{body}",
            urgency=read.urgency,
            calendar=read.calendar,
            purpose=read.purpose,
            page=page,
            paragraphs=[part for part in body.split("\n\n") if part.strip()],
        )
        if read.offer is not None:
            self._offer(letter, read.offer, body)
        elif read.survey is not None:
            self._survey(letter, read.survey, body)
        return letter

    def let_unsubscribe(self, letter: Composed, channel: str, address: str) -> None:
        """Put the link in, by which she gets no more of its sort; only `https` is safe for it."""
        if letter.to.partition("/")[0] not in KINDS or not self._base_url.startswith("https://"):
            return
        link = self.sign.unsubscribe(letter.to, channel, address, letter.purpose, self.clock())
        letter.unsubscribe = f"{self._base_url}/unsubscribe/{link}"
        below = say(letter.language, "mail.unsubscribe", link=letter.unsubscribe)
        letter.text = f"{letter.text}\n\n{below}"

    def _survey(self, letter: Composed, survey: Survey, body: str) -> None:
        try:
            token = self.sign.survey(letter.to, survey.arrangement_id, survey.until)
        except BadTwinId as error:
            raise Refused("bad_notice", f"to: {error}") from error
        letter.survey, letter.link = survey, f"{self._base_url}/surveys/{token}"
        letter.text = say(
            letter.language, "notice.survey", subject=letter.subject, text=body, link=letter.link
        )
        letter.short = f"{letter.subject}\n{letter.link}"

    def _offer(self, letter: Composed, offer: Offer, body: str) -> None:
        left_s = offer.expires_at - self.clock()
        if left_s <= 0:
            raise Refused("expired", f"the offer ended {-left_s:.0f} s ago")
        try:
            token = self.sign.token(offer.supervisor, offer.arrangement_id, offer.expires_at)
        except BadTwinId as error:
            raise Refused("bad_notice", f"offer.supervisor: {error}") from error
        language = letter.language
        letter.offer, letter.token = offer, token
        letter.link = link = f"{self._base_url}/offers/{token}"
        letter.lines = [
            (f"{_what(line, language)} ({line.by})" if line.by else _what(line, language),
             money(line.price_cents, offer.currency, language))
            for line in offer.lines
        ]  # fmt: skip
        total = money(offer.total_cents, offer.currency, language)
        left = duration(left_s, language)
        letter.ending = say(language, "notice.ending", total=total, left=left)
        letter.text = say(
            language,
            "notice.offer",
            subject=letter.subject,
            text=body,
            lines="\n".join(
                say(
                    language,
                    "line.by" if line.by else "line",
                    what=_what(line, language),
                    by=line.by,
                    price=price,
                )
                for line, (_, price) in zip(offer.lines, letter.lines, strict=True)
            ),
            total=total,
            left=left,
            link=link,
        )
        letter.short = f"{letter.subject}\n{total}\n{link}"


def _what(line: Line, language: str) -> str:
    """What is offered; of alternatives with its number and its time."""
    if not line.alternative:
        return line.what
    when = "" if line.starts_at is None else f", {moment(line.starts_at, language)}"
    return f"{line.alternative}) {line.what}{when}"


def content_of(letter: Composed) -> dict[str, Any]:
    """A letter as JSON, for receivers that are told everything."""
    content: dict[str, Any] = {
        "id": letter.id,
        "to": letter.to,
        "name": letter.name,
        "language": letter.language,
        "subject": letter.subject,
        "urgency": letter.urgency,
        "text": letter.text,
    }
    if letter.calendar is not None:
        content["calendar"] = letter.calendar
    if letter.offer is not None:
        content |= {"link": letter.link, "offer": msgspec.to_builtins(letter.offer)}
    elif letter.survey is not None:
        content |= {"link": letter.link, "survey": msgspec.to_builtins(letter.survey)}
    return content


def _texts(notice: Notice) -> tuple[str, str, str | None]:
    """Subject, text and page, filled where they are a rule's templates; else `Refused`."""
    page = None
    if notice.data is None:
        subject, text = notice.subject, notice.text
    else:
        try:
            subject, text = (
                filled(part, notice.language, notice.name, notice.data)
                for part in (notice.subject, notice.text)
            )
            if notice.html is not None:
                page = filled(notice.html, notice.language, notice.name, notice.data, html=True)
        except UnknownTemplate as error:
            raise Refused("bad_template", str(error)) from error
    return " ".join(subject.split())[:MAX_SUBJECT], text, page
