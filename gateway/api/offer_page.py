"""The customer's page: what is arranged for her, what it costs, and one button.

Rendered whole on the server, so it works without JavaScript. Everything that comes from outside
(names of companies, titles) is escaped; texts are those of `gateway.wording`.
"""

from datetime import UTC, datetime

from fastapi.responses import HTMLResponse

from gateway.api.arrangement import ArrangementView, LegView, recommended
from gateway.api.assets import Page, escape
from gateway.api.offer_map import Picture, map_card
from gateway.wording import duration, known, language_of, money, say

PAGE = Page("offer", "offer")

CANCELLABLE = frozenset({"confirming", "underway", "closed"})
"""Where all of it can still be given back, as far as providers allow."""

REFRESH_S = 4
"""How often the page is loaded again where there is no JavaScript."""

_ICONS = {
    "tow": "M3 17V9h9l3 4h4a2 2 0 0 1 2 2v2h-2M3 17h2m4 0h6M3 9l7-5m-3 15a2 2 0 1 0 0-4 2 2 0 0 0 "
    "0 4Zm10 0a2 2 0 1 0 0-4 2 2 0 0 0 0 4Z",
    "ride": "M4 16v-4l2-5h12l2 5v4M4 12h16M4 16h16v3h-3v-3M4 16v3h3v-3"
    "M8 14h.01M16 14h.01M10 7V4h4v3",
    "rental": "M14 9a5 5 0 1 0-4.6 5L11 12.4h2V10.5h1.9M9 9h.01M12.5 12.5 20 20m-3-3 2-2",
    "slot": "M5 6h14v14H5zM5 10h14M9 3v4m6-4v4m-6 8 2 2 4-4",
    "cover": "M12 3 5 6v5c0 5 3 8 7 10 4-2 7-5 7-10V6l-7-3Zm-3 9 2 2 4-4",
    "done": "m5 12.5 4.5 4.5L19 7.5",
    "clock": "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18Zm0-14v5l3 2",
    "person": "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8Zm-8 9c0-4 3.6-6 8-6s8 2 8 6",
    "shield": "M12 3 5 6v5c0 5 3 8 7 10 4-2 7-5 7-10V6l-7-3Z",
    "other": "M5 12h14m-6-6 6 6-6 6",
}


def icon(name: str) -> str:
    """A drawing of 24 by 24, in the colour of the text around it."""
    path = _ICONS.get(name, _ICONS["other"])
    return (
        '<svg viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.8" '
        'stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">'
        f'<path d="{path}"/></svg>'
    )


def plain_page(language: str, name: str, status: int, *, refresh: bool = False) -> HTMLResponse:
    """A page without an offer: a bad link, an end, trouble. `name` as in `page.title.<name>`."""
    return framed(language, name, header(language, name, warn=True), status=status, refresh=refresh)


def offer_page(
    view: ArrangementView,
    action: str,
    now: float,
    *,
    answerable: bool,
    answered: bool,
    picture: Picture | None = None,
) -> HTMLResponse:
    """The page of an arrangement.

    Args:
        view: What is arranged.
        action: Path of this page; its feed is `<action>/live`.
        now: Seconds since the epoch.
        answerable: The link's time is not over.
        answered: An answer of hers was just taken, and may not show yet.
        picture: Of the way that her helper has, where one is on the way.
    """
    name = stage(view, answerable=answerable)
    language = language_of(view.language)
    content = [header(language, name, warn=name in {"lapsed", "with_person"})]
    content.append(_cause(view, language))
    moving = name in {"moved", "offered", "confirming", "underway", "arrived"}
    if name == "offered" and not answered:
        content.append(_form(view, action, language, now))
    else:
        if name == "offered":
            content.append(f'<p class="note" role="status">{_t(language, "page.sent")}</p>')
        if view.track is not None and name in {"underway", "arrived"}:
            content.append(map_card(picture, view.track, language))
        content.append(_booked(view, language))
        if not answered and name in CANCELLABLE and view.accepted:
            content.append(_replies(action, language, ("call_me", "cancel")))
    about = _t(language, "page.about")
    content.append(f'<p class="about"><a href="{escape(action)}/about">{about}</a></p>')
    return framed(
        language,
        name,
        "\n".join(part for part in content if part),
        live=f"{action}/live" if moving else "",
        refresh=moving and (name != "offered" or answered),
    )


def stage(view: ArrangementView, *, answerable: bool) -> str:
    """Which of the page's texts fits: the last part of `page.title.…`."""
    if view.state in {"gathering", "arranging", "reserving"}:
        return "moved"
    if view.state == "offered":
        return "offered" if answerable else "lapsed"
    if view.state == "underway":
        return "arrived" if view.track is not None and view.track.arrived else "underway"
    if view.state == "confirming":
        return "confirming"
    if view.state == "with_person" or view.case is not None:
        return "with_person"
    return {True: "closed", False: "declined", None: "lapsed"}[view.accepted]


def _t(language: str, name: str, **data: str) -> str:
    return escape(say(language, name, **data))


def framed(
    language: str, name: str, content: str, *, status: int = 200, live: str = "",
    refresh: bool = False,
) -> HTMLResponse:  # fmt: skip
    """A page of this sort: `name` as in `page.title.<name>`; `content` is HTML."""
    again = f'<noscript><meta http-equiv="refresh" content="{REFRESH_S}"></noscript>'
    return PAGE.answer(
        status,
        language=language_of(language),
        title=_t(language, f"page.title.{name}"),
        refresh=again if refresh else "",
        live=escape(live),
        state=escape(name),
        content=content,
    )


def header(language: str, name: str, *, warn: bool = False) -> str:
    """What stands above a page of this sort."""
    drawn = {
        "confirming": "clock", "underway": "tow", "arrived": "done", "closed": "done",
        "with_person": "person", "lapsed": "clock",
    }.get(name, "shield")  # fmt: skip
    lead = "page.lead.underway" if name == "arrived" else f"page.lead.{name}"
    return (
        f"<header{' class=warn' if warn else ''}>{icon(drawn)}<div>"
        f"<h1>{_t(language, f'page.title.{name}')}</h1><p>{_t(language, lead)}</p></div></header>"
    )


def _cause(view: ArrangementView, language: str) -> str:
    """What happened, and when."""
    name = f"cause.{view.signal}"
    text = _t(language, name if known(name) else "cause.any")
    at = _moment(view.opened_at)
    when = "" if at is None else f' <time datetime="{at.isoformat()}">{at:{_SHOWN}}</time>'
    return f'<p class="cause">{text}{when}</p>'


# -- the offer -----------------------------------------------------------------------------------


def _form(view: ArrangementView, action: str, language: str, now: float) -> str:
    legs = [leg for leg in view.legs if leg.price_cents is not None and not leg.out]
    currency = view.currency or "EUR"
    left = ""
    if view.expires_at is not None:
        text = _t(language, "page.until", left=duration(view.expires_at - now, language))
        left = f'<p class="left">{icon("clock")}{text}</p>'
    hint = ""
    if any(leg.declinable for leg in legs):
        hint = f'<p class="hint">{_t(language, "page.choose")}</p>'
    numbers = sorted(
        {leg.alternative for leg in legs if leg.alternative},
        key=lambda number: (number != view.first, number),
    )
    cards = _card([leg for leg in legs if not leg.alternative], view, language)
    if numbers:
        best = recommended(view)
        taken = "".join(
            _alternative(number, legs, view, language, best.get(number, "")) for number in numbers
        )
        return f"""{left}
<form method="post" action="{escape(action)}">
{hint}{cards}<p class="hint">{_t(language, "page.alternatives")}</p>{taken}
<button class="decline" name="answer" value="decline">{_t(language, "page.decline")}</button>
</form>
{_replies(action, language, ("another_time", "call_me", "fine"))}"""
    total = view.total_cents or 0
    return f"""{left}
<form method="post" action="{escape(action)}">
{hint}{cards}
<div class="act"><div class="total"><span>{_t(language, "page.total")}</span>
<b data-total="{total}" data-currency="{escape(currency)}" aria-live="polite">{
        escape(money(total, currency, language))
    }</b></div>
<button class="accept" name="answer" value="accept"><span class="all">{
        _t(language, "page.accept")
    }</span><span class="some">{_t(language, "page.accept.some")}</span></button></div>
<button class="decline" name="answer" value="decline">{_t(language, "page.decline")}</button>
</form>
{_replies(action, language, ("another_time", "call_me", "fine"))}"""


def _replies(action: str, language: str, names: tuple[str, ...]) -> str:
    """What she can say beside yes and no, each by a button."""
    buttons = "".join(
        f'<button class="decline" name="answer" value="{name}">'
        f"{_t(language, f'page.{name}')}</button>"
        for name in names
    )
    return f'<form method="post" action="{escape(action)}">{buttons}</form>'


def _card(legs: list[LegView], view: ArrangementView, language: str) -> str:
    rows = "".join(f"<li>{_line(leg, view, language)}</li>" for leg in legs)
    return f'<div class="card"><ul>{rows}</ul></div>' if rows else ""


def _alternative(
    number: int, legs: list[LegView], view: ArrangementView, language: str, why: str
) -> str:
    """One of those of which she takes one: what belongs to it, and a button of its own.

    Whoever hears the page hears with the button why it is recommended, where it is (`why`).
    """
    own = [leg for leg in legs if leg.alternative == number]
    total = sum(leg.price_cents or 0 for leg in legs if leg.alternative in (0, number))
    currency = view.currency or "EUR"
    price = escape(money(total, currency, language))
    mark, described = "", ""
    if why:
        text = _t(language, f"page.best.{why}")
        mark = f'<p class="best" id="best-{number}">{icon("done")}{text}</p>'
        described = f' aria-describedby="best-{number}"'
    return f"""{mark}{_card(own, view, language)}
<div class="act"><div class="total"><span>{_t(language, "page.total")}</span>
<b data-total="{total}" data-alternative="{number}" data-currency="{escape(currency)}">{
        price
    }</b></div>
<button class="accept" name="answer" value="accept:{number}"{described}>{
        _t(language, "page.take")
    }</button></div>"""


def _line(leg: LegView, view: ArrangementView, language: str) -> str:
    currency, price, cost = view.currency or "EUR", leg.price_cents or 0, leg.cost_cents or 0
    side = f'<span class="price">{escape(money(price, currency, language))}</span>'
    paid = cost > price
    if paid:
        side = f"<s>{escape(money(cost, currency, language))}</s>{side}"
    inside = f"{icon(leg.sort)}{_said(leg, language, paid=paid)}<div class=side>{side}</div>"
    if not leg.declinable:
        return f'<div class="leg">{inside}</div>'
    return (
        f'<label class="leg">{inside}<input type="checkbox" name="keep" '
        f'value="{escape(leg.name)}" data-price="{price}" data-alternative="{leg.alternative}" '
        "checked></label>"
    )


def _said(leg: LegView, language: str, *, paid: bool = False) -> str:
    """What it is, by whom and when."""
    what = leg.what
    if what == leg.sort and known(f"leg.{leg.sort}"):
        what = say(language, f"leg.{leg.sort}")
    more = [escape(leg.by), _when(leg, language)]
    if leg.sort == "cover":
        more.append(_t(language, "page.deductible"))
    lines = "".join(f"<span>{line}</span>" for line in more if line)
    if paid:
        lines += f'<span class="paid">{_t(language, "included")}</span>'
    return f'<div><div class="what">{escape(what)}</div><div class="more">{lines}</div></div>'


def _when(leg: LegView, language: str) -> str:
    if leg.state == "confirmed" and leg.eta_s is not None:
        return ""  # it counted from the confirmation; the map knows better by now
    if leg.eta_s is not None:
        return _t(language, "page.eta", left=duration(leg.eta_s, language))
    if leg.sort == "cover" or leg.starts_at is None:
        return ""
    start = _moment(leg.starts_at)
    end = None if leg.ends_at is None else _moment(leg.ends_at)
    if start is None or end is None:
        text = "" if start is None else _t(language, "page.from", start=f"{start:{_SHOWN}}")
        return f'<time datetime="{start.isoformat()}">{text}</time>' if start else ""
    same = start.date() == end.date()
    shown = f"{end:%H:%M} UTC" if same else f"{end:{_SHOWN}}"
    first = f"{start:%Y-%m-%d %H:%M}" if same else f"{start:{_SHOWN}}"
    # With JavaScript both become local time, in the customer's own way of writing it.
    return (
        f'<span data-start="{start.isoformat()}" data-end="{end.isoformat()}">'
        f"{_t(language, 'page.span', start=first, end=shown)}</span>"
    )


_SHOWN = "%Y-%m-%d %H:%M UTC"


def _moment(at: float) -> datetime | None:
    """A time that calendars have, or None."""
    try:
        return datetime.fromtimestamp(int(at), UTC)
    except (ValueError, OverflowError, OSError):
        return None


# -- what became of it ---------------------------------------------------------------------------


def _booked(view: ArrangementView, language: str) -> str:
    rows = []
    for leg in view.legs:
        if leg.state not in {"failed", "waiting", "asked", "holding"} or view.accepted:
            name = f"state.{leg.state}" if known(f"state.{leg.state}") else "state.waiting"
            badge = f'<span class="badge {escape(leg.state)}">{_t(language, name)}</span>'
            out = " out" if leg.out else ""
            rows.append(
                f'<li><div class="leg{out}">{icon(leg.sort)}{_said(leg, language)}'
                f"<div class=side>{badge}</div></div></li>"
            )
    if not rows:
        return ""
    total = ""
    if view.accepted and view.total_cents is not None and view.currency is not None:
        amount = escape(money(view.total_cents, view.currency, language))
        label = _t(language, "page.total")
        total = f'<div class="total"><span>{label}</span><b>{amount}</b></div>'
    return f'<div class="card"><ul>{"".join(rows)}</ul>{total}</div>'
