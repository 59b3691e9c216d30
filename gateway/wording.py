"""Wording: what customers read, in English, German and Finnish.

Each text is a template with named places. That every language has every text, with the same places,
is checked when this module is imported: a missing one stops the start, not a message to a customer.
What rules bring as templates (`twins.rules.template`) is checked when they are published, and
filled here as well.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from string import Template
from typing import Any

from gateway.page_words import WORDS
from gateway.unsubscribe_words import TEXTS as _UNSUBSCRIBE
from twins.rules import jinja
from twins.rules.template import GIVEN, fill

LANGUAGES = ("en", "de", "fi")
FALLBACK = "en"

MAX_TEXT = 4000
"""Characters of a message from a rule, filled; the rest is cut off."""

MAX_VALUE = 200
"""Characters of one value in it."""

MAX_TIME = 253_402_300_799.0
"""The end of the year 9999, seconds since the epoch."""

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

_UNKNOWN = "\N{EN DASH}"
"""What is shown of a value that nobody knows."""

_NO_BREAK = "\N{NO-BREAK SPACE}"

_TEXTS: dict[str, dict[str, str]] = {
    **WORDS,
    "notice.offer": {
        "en": "$subject\n\n$text\n\n$lines\n\nTotal: $total\nPlease answer within $left: $link",
        "de": "$subject\n\n$text\n\n$lines\n\nSumme: $total\n"
        "Bitte antworten Sie innerhalb von $left: $link",
        "fi": "$subject\n\n$text\n\n$lines\n\nYhteensä: $total\nVastaathan $left kuluessa: $link",
    },
    "notice.plain": {
        "en": "$subject\n\n$text",
        "de": "$subject\n\n$text",
        "fi": "$subject\n\n$text",
    },
    "notice.ending": {
        "en": "Total: $total. Please answer within $left.",
        "de": "Summe: $total. Bitte antworten Sie innerhalb von $left.",
        "fi": "Yhteensä: $total. Vastaathan $left kuluessa.",
    },
    "notice.open": {"en": "Look and answer", "de": "Ansehen, antworten", "fi": "Katso ja vastaa"},
    "quick.accept": {"en": "Yes, all of it", "de": "Ja, alles", "fi": "Kyllä, kaikki"},
    "quick.decline": {"en": "No, thank you", "de": "Nein, danke", "fi": "Ei kiitos"},
    "quick.call_me": {"en": "Call me", "de": "Rufen Sie mich an", "fi": "Soittakaa minulle"},
    "line": {"en": "- $what: $price", "de": "- $what: $price", "fi": "- $what: $price"},
    "line.by": {
        "en": "- $what ($by): $price",
        "de": "- $what ($by): $price",
        "fi": "- $what ($by): $price",
    },
    "minutes": {"en": "$count min", "de": "$count Min.", "fi": "$count min"},
    "hours": {"en": "$hours h $minutes min", "de": "$hours Std. $minutes Min.",
              "fi": "$hours h $minutes min"},
    "included": {
        "en": "paid by your insurance",
        "de": "zahlt Ihre Versicherung",
        "fi": "vakuutuksesi maksaa",
    },
    "page.title.offered": {
        "en": "Help is ready for you",
        "de": "Hilfe steht für Sie bereit",
        "fi": "Apu on valmiina sinulle",
    },
    "page.lead.offered": {
        "en": "Everything below is reserved for you. Nothing is booked until you say yes.",
        "de": "Alles hier ist für Sie reserviert. Gebucht wird erst, wenn Sie zustimmen.",
        "fi": "Kaikki alla oleva on varattu sinulle. Mitään ei tilata ennen hyväksyntääsi.",
    },
    "page.title.moved": {
        "en": "We are looking for you",
        "de": "Wir suchen für Sie",
        "fi": "Etsimme sinulle",
    },
    "page.lead.moved": {
        "en": "You will get a message as soon as something is reserved for you.",
        "de": "Sie bekommen eine Nachricht, sobald etwas für Sie reserviert ist.",
        "fi": "Saat viestin heti, kun jotain on varattu sinulle.",
    },
    "page.another_time": {
        "en": "Another time, please",
        "de": "Bitte ein anderer Termin",
        "fi": "Toinen aika, kiitos",
    },
    "page.call_me": {"en": "Call me", "de": "Rufen Sie mich an", "fi": "Soittakaa minulle"},
    "page.fine": {
        "en": "I am fine, I need no help",
        "de": "Alles gut, ich brauche keine Hilfe",
        "fi": "Kaikki hyvin, en tarvitse apua",
    },
    "page.cancel": {"en": "Cancel all of it", "de": "Alles stornieren", "fi": "Peru kaikki"},
    "page.title.confirming": {
        "en": "Booking it now",
        "de": "Wird jetzt gebucht",
        "fi": "Tilataan parhaillaan",
    },
    "page.lead.confirming": {
        "en": "Thank you. We are confirming everything; this takes a few seconds.",
        "de": "Danke. Wir bestätigen gerade alles; das dauert ein paar Sekunden.",
        "fi": "Kiitos. Vahvistamme kaiken; se kestää muutaman sekunnin.",
    },
    "page.title.underway": {
        "en": "Help is on its way",
        "de": "Hilfe ist unterwegs",
        "fi": "Apu on matkalla",
    },
    "page.lead.underway": {
        "en": "Everything is confirmed. You need not do anything else.",
        "de": "Alles ist bestätigt. Sie müssen nichts weiter tun.",
        "fi": "Kaikki on vahvistettu. Sinun ei tarvitse tehdä muuta.",
    },
    "page.title.arrived": {
        "en": "Help has arrived",
        "de": "Hilfe ist da",
        "fi": "Apu on perillä",
    },
    "page.title.closed": {
        "en": "All done",
        "de": "Alles erledigt",
        "fi": "Kaikki on hoidettu",
    },
    "page.lead.closed": {
        "en": "Everything was carried out as agreed.",
        "de": "Alles wurde wie vereinbart durchgeführt.",
        "fi": "Kaikki tehtiin niin kuin sovittiin.",
    },
    "page.title.declined": {
        "en": "You declined",
        "de": "Sie haben abgelehnt",
        "fi": "Hylkäsit tarjouksen",
    },
    "page.lead.declined": {
        "en": "Nothing was booked, and nothing costs you anything.",
        "de": "Es wurde nichts gebucht, und es entstehen Ihnen keine Kosten.",
        "fi": "Mitään ei tilattu, eikä sinulle koidu kuluja.",
    },
    "page.title.with_person": {
        "en": "A person is taking over",
        "de": "Ein Mensch übernimmt",
        "fi": "Asiakaspalvelija jatkaa",
    },
    "page.lead.with_person": {
        "en": "We could not finish this by ourselves. Somebody will contact you.",
        "de": "Das konnten wir nicht allein abschließen. Jemand meldet sich bei Ihnen.",
        "fi": "Emme saaneet tätä valmiiksi automaattisesti. Sinuun otetaan yhteyttä.",
    },
    "page.title.lapsed": {
        "en": "This offer has ended",
        "de": "Dieses Angebot ist abgelaufen",
        "fi": "Tarjous on päättynyt",
    },
    "page.lead.lapsed": {
        "en": "Nothing was booked. If you still need help, answer the message you got.",
        "de": "Es wurde nichts gebucht. Brauchen Sie noch Hilfe, antworten Sie auf die Nachricht.",
        "fi": "Mitään ei tilattu. Jos tarvitset yhä apua, vastaa saamaasi viestiin.",
    },
    "page.title.bad_link": {
        "en": "This link does not work",
        "de": "Dieser Link funktioniert nicht",
        "fi": "Linkki ei toimi",
    },
    "page.lead.bad_link": {
        "en": "Please open it again from the message you got.",
        "de": "Bitte öffnen Sie ihn noch einmal aus der Nachricht.",
        "fi": "Avaa se uudelleen saamastasi viestistä.",
    },
    "page.title.trouble": {
        "en": "One moment, please",
        "de": "Einen Moment, bitte",
        "fi": "Hetkinen, ole hyvä",
    },
    "page.lead.trouble": {
        "en": "We could not reach our system. This page tries again by itself; nothing is lost.",
        "de": "Unser System antwortet gerade nicht. Die Seite versucht es erneut; nichts geht "
        "verloren.",
        "fi": "Järjestelmämme ei vastaa juuri nyt. Sivu yrittää uudelleen; mitään ei katoa.",
    },
    "page.sent": {
        "en": "Your answer has arrived.",
        "de": "Ihre Antwort ist angekommen.",
        "fi": "Vastauksesi on saapunut.",
    },
    "page.accept": {
        "en": "Yes, book all of it",
        "de": "Ja, alles buchen",
        "fi": "Kyllä, tilaa kaikki",
    },
    "page.accept.some": {
        "en": "Yes, book what is ticked",
        "de": "Ja, Ausgewähltes buchen",
        "fi": "Kyllä, tilaa valitut",
    },
    "page.decline": {
        "en": "No, thank you",
        "de": "Nein, danke",
        "fi": "Ei kiitos",
    },
    "page.total": {"en": "You pay", "de": "Sie zahlen", "fi": "Maksat"},
    "page.deductible": {
        "en": "your deductible",
        "de": "Ihre Selbstbeteiligung",
        "fi": "omavastuusi",
    },
    "page.choose": {
        "en": "Untick what you do not need.",
        "de": "Entfernen Sie das Häkchen bei dem, was Sie nicht brauchen.",
        "fi": "Poista valinta siitä, mitä et tarvitse.",
    },
    "page.alternatives": {
        "en": "Take the one that suits you; the others are given back.",
        "de": "Nehmen Sie, was Ihnen passt; das andere wird zurückgegeben.",
        "fi": "Valitse sinulle sopiva; muut perutaan.",
    },
    "page.take": {"en": "Take this one", "de": "Das nehme ich", "fi": "Otan tämän"},
    "page.best.soonest": {"en": "Recommended: the soonest", "de": "Empfohlen: der früheste Termin",
                          "fi": "Suositus: aikaisin"},
    "page.best.cheapest": {"en": "Recommended: costs you least",
                           "de": "Empfohlen: am günstigsten für Sie", "fi": "Suositus: edullisin"},
    "page.until": {
        "en": "Reserved for another $left",
        "de": "Noch $left reserviert",
        "fi": "Varattu vielä $left",
    },
    "page.eta": {
        "en": "there in about $left",
        "de": "in etwa $left da",
        "fi": "perillä noin $left kuluttua",
    },
    "page.from": {"en": "from $start", "de": "ab $start", "fi": "alkaen $start"},
    "page.span": {"en": "$start to $end", "de": "$start bis $end", "fi": "$start \N{EN DASH} $end"},
    "page.map": {
        "en": "Where your helper is, and where you are",
        "de": "Wo Ihre Hilfe ist und wo Sie sind",
        "fi": "Missä apusi on ja missä sinä olet",
    },
    "page.you": {"en": "you", "de": "Sie", "fi": "sinä"},
    "page.distance": {
        "en": "$km km away",
        "de": "$km km entfernt",
        "fi": "$km km päässä",
    },
    **_UNSUBSCRIBE,
}  # fmt: skip


class UnknownTemplate(LookupError):
    """The caller's fault: there is no text of this name, or its data lack one of its places."""


def _places(text: str) -> set[str]:
    template = Template(text)
    if not template.is_valid():
        raise ValueError(f"not a template: {text!r}")
    return set(template.get_identifiers())


def check(texts: dict[str, dict[str, str]]) -> None:
    """Raise `ValueError` unless every text exists in every language with the same places."""
    for name, versions in texts.items():
        if tuple(versions) != LANGUAGES:
            raise ValueError(f"text {name!r} exists in {tuple(versions)}, not in {LANGUAGES}")
        places = [_places(text) for text in versions.values()]
        if any(found != places[0] for found in places):
            raise ValueError(f"text {name!r} has different places: {places}")


check(_TEXTS)


def add_texts(more: dict[str, dict[str, str]]) -> None:
    """Add texts of a page; raises `ValueError` as `check` does."""
    check(more)
    _TEXTS.update(more)


def language_of(tag: str) -> str:
    """The language of ours that is nearest to a BCP 47 tag: `de-AT` is `de`; else English."""
    primary = tag.partition("-")[0].lower()
    return primary if primary in LANGUAGES else FALLBACK


def known(name: str) -> bool:
    """Whether there is a text of this name."""
    return name in _TEXTS


def say(language: str, name: str, **data: str) -> str:
    """A text with its places filled; the data stand as they are, nothing in them is expanded.

    Raises:
        UnknownTemplate: No such text, or data that it needs are missing.
    """
    versions = _TEXTS.get(name)
    if versions is None:
        raise UnknownTemplate(f"no text {name!r}; known: {', '.join(sorted(_TEXTS))}")
    try:
        return Template(versions[language_of(language)]).substitute(data)
    except KeyError as error:
        raise UnknownTemplate(f"text {name!r} needs {error}; given: {sorted(data)}") from error


def filled(
    text: str, language: str, name: str, data: Mapping[str, Any], *, html: bool = False
) -> str:
    """A text of a rule's template with its places filled, 4,000 characters at most.

    Args:
        text: As in a template.
        language: In which values are written.
        name: The person's.
        data: Values by name; one that is unknown (None) is shown as a dash.
        html: It is a part of a page: what the data bring is escaped, and nothing is cut off.

    Raises:
        UnknownTemplate: It is no template, or a value is missing.
    """

    def show(value: Any, way: str) -> str:
        return _shown(value, way, language)

    try:
        if html:
            return jinja.fill(text, {**data, GIVEN: name}, show, html=True)
        shown = fill(text, {**data, GIVEN: name}, show)
    except (KeyError, ValueError, OverflowError) as error:
        raise UnknownTemplate(f"a template of a rule: {error}; given: {sorted(data)}") from error
    return shown[:MAX_TEXT]


def _shown(value: Any, way: str, language: str) -> str:
    """A value as a place wants it; one that is of another type as it is."""
    if value is None:
        return _UNKNOWN
    if not way or isinstance(value, bool) or not isinstance(value, int | float):
        shown = " ".join(str(value).split())
    elif way == "number":
        shown = decimal(value, language).removesuffix(decimal(0.0, language)[1:])
    elif way == "duration":
        shown = duration(value, language)
    elif way == "time":
        shown = moment(value, language)
    else:
        shown = money(round(value), way, language)
    return shown[:MAX_VALUE]


def moment(at: float, language: str) -> str:
    """A day and time, UTC, as the language writes it: `15 Jan 2027, 08:00 UTC`."""
    when = datetime.fromtimestamp(min(max(at, 0.0), MAX_TIME), UTC)
    found = language_of(language)
    if found == "en":
        return f"{when.day} {_MONTHS[when.month - 1]} {when:%Y, %H:%M} UTC"
    at_ = "um" if found == "de" else "klo"
    return f"{when.day}.{when.month}.{when:%Y} {at_} {when:%H:%M} UTC"


def money(cents: int, currency: str, language: str) -> str:
    """An amount as the language writes it: `€1,234.50`, `1.234,50 €`, `1 234,50 €`."""
    whole, rest = divmod(abs(cents), 100)
    grouped = f"{whole:,}"
    sign = "-" if cents < 0 else ""
    symbol = {"EUR": "€", "GBP": "£", "USD": "$"}.get(currency, currency)
    found = language_of(language)
    if found == "en":
        gap = "" if len(symbol) == 1 else _NO_BREAK
        return f"{sign}{symbol}{gap}{grouped}.{rest:02d}"
    separator = "." if found == "de" else _NO_BREAK
    return f"{sign}{grouped.replace(',', separator)},{rest:02d}{_NO_BREAK}{symbol}"


def decimal(value: float, language: str) -> str:
    """A number with one decimal, as the language writes it."""
    text = f"{value:.1f}"
    return text if language_of(language) == "en" else text.replace(".", ",")


def duration(seconds: float, language: str) -> str:
    """A duration in minutes, or hours and minutes; rounded up, so that nobody comes too late."""
    minutes = max(1, int(-(-seconds // 60)))
    if minutes < 60:  # noqa: PLR2004 - an hour
        return say(language, "minutes", count=str(minutes))
    return say(language, "hours", hours=str(minutes // 60), minutes=str(minutes % 60))
