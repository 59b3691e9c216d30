"""Template: what a person is told, in her language, with places that a rule's data fill.

    rule: coolant.hot
    kind: vehicle
    template:
      en:
        subject: Your engine is getting hot
        text: $name, the coolant is at ${coolant_c:number} °C. Please stop when it is safe.
      fi: {subject: Moottorisi kuumenee, text: "$name, jäähdytysneste on ${coolant_c:number} °C."}

A text can be a Jinja template instead (`jinja`), and `html` beside it says the same as a page, for
channels that show one. Nothing in a template is carried out: it is text with places. It is filled
where the message leaves (`gateway.wording`), so that what is written here says how a value is
shown, not what it is:

| place | shows |
|---|---|
| `$name` | the person's name; of anything else the value as it is |
| `${x:number}` | a number as the language writes it, with one decimal at most |
| `${x:duration}` | seconds as minutes, or hours and minutes |
| `${x:time}` | seconds since the epoch as day and time, UTC |
| `${x:EUR}` | cents in this currency, whichever three letters name it |
| `$$` | a dollar sign |
"""

import re
import string
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final, Self

from pydantic import BaseModel, ConfigDict, Field, RootModel, ValidationError

from twins.rules import jinja
from twins.rules.document import problems_of
from twins.rules.errors import BadRule, Problem
from twins.source import Source

FORMATS: Final = ("number", "duration", "time")
"""How a value can be shown, beside a currency."""

GIVEN: Final = "name"
"""The place that is filled without anybody giving a value: the person's name."""

MAX_SUBJECT: Final = 200
MAX_TEXT: Final = 2000
MAX_HTML: Final = 8000

_ACTIVE: Final = re.compile(r"<\s*(script|iframe|object|embed|form|meta|base|link)\b|\son\w+\s*=|"
                            r"javascript:", re.IGNORECASE)  # fmt: skip

_CURRENCY = re.compile(r"[A-Z]{3}")

_LANGUAGE = r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$"


class _Text(string.Template):
    """A place in braces may say how its value is shown."""

    flags = re.ASCII
    idpattern = r"[A-Za-z_][A-Za-z0-9_]*"
    braceidpattern = r"[A-Za-z_][A-Za-z0-9_]*(?::[A-Za-z]+)?"


def places(text: str) -> dict[str, str]:
    """The places of a text: name -> how its value is shown, or empty.

    Of a Jinja template all are empty: it says itself how a value is shown.

    Raises:
        ValueError: It is no template, with what is wrong in it.
    """
    if jinja.is_jinja(text):
        return dict.fromkeys(jinja.check(text), "")
    template = _Text(text)
    if not template.is_valid():
        raise ValueError("a dollar sign stands before a place ($x, ${x:number}) or another ($$)")
    found = {}
    for place in template.get_identifiers():
        name, _, shown = place.partition(":")
        if shown and shown not in FORMATS and not _CURRENCY.fullmatch(shown):
            known = f"{', '.join(FORMATS)}, or a currency's three letters, EUR say"
            raise ValueError(f"{shown!r} is no way to show {name}; there are: {known}")
        found[place] = shown
    return {place.partition(":")[0]: shown for place, shown in found.items()}


def fill(text: str, data: Mapping[str, Any], show: Callable[[Any, str], str]) -> str:
    """A text with its places filled; nothing within the data is expanded.

    Args:
        text: As in a template.
        data: Name -> value.
        show: Writes a value in one of the ways of `FORMATS`, a currency, or as it is (empty).

    Raises:
        ValueError: It is no template.
        KeyError: A value is missing.
    """
    if jinja.is_jinja(text):
        return jinja.fill(text, data, show)
    places(text)

    class Shown(dict[str, str]):
        def __missing__(self, place: str) -> str:
            name, _, way = place.partition(":")
            return show(data[name], way)

    return _Text(text).substitute(Shown())


class Words(BaseModel):
    """A message in one language."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    subject: Annotated[str, Field(min_length=1, max_length=MAX_SUBJECT)]
    text: Annotated[str, Field(min_length=1, max_length=MAX_TEXT)]
    html: Annotated[str, Field(min_length=1, max_length=MAX_HTML)] | None = None
    """The text as a part of a page (Jinja); what the data bring is escaped."""


class _Texts(RootModel[dict[Annotated[str, Field(pattern=_LANGUAGE)], Words]]):
    root: Annotated[
        dict[Annotated[str, Field(pattern=_LANGUAGE)], Words], Field(min_length=1, max_length=20)
    ]


class Template:
    """A message in all its languages. Make it with `read`.

    Args:
        name: What rules call it.
        texts: Language (BCP 47) -> {"subject", "text", "html"?}. The first one is read by those
            whose own is not there.
        places: What a rule has to give.
    """

    def __init__(self, name: str, texts: dict[str, dict[str, str]], places: frozenset[str]) -> None:
        self.name = name
        self.texts = texts
        self.places = places

    @classmethod
    def read(cls, name: str, source: Source) -> Self:
        """Check a template. Raises `BadRule` with the place of each mistake."""
        try:
            texts = _Texts.model_validate(source.value).root
        except ValidationError as error:
            raise BadRule(problems_of(error, source, _Texts, name)) from None
        problems: list[Problem] = []
        shown: dict[str, set[str]] = {}
        for language, words in texts.items():
            shown[language] = set()
            for key in ("subject", "text", "html"):
                try:
                    shown[language] |= _places(key, getattr(words, key) or "").keys()
                except ValueError as error:
                    problems.append(Problem.at(source, (language, key), str(error), rule=name))
        wanted = set().union(*shown.values())
        for language, mine in shown.items():
            lacks = sorted(wanted - mine - {GIVEN})
            if lacks and not problems:
                message = f"another language shows {', '.join(lacks)}, and this one does not"
                problems.append(Problem.at(source, (language,), message, rule=name, key=True))
        if problems:
            raise BadRule(problems)
        plain = {language: words.model_dump(exclude_none=True) for language, words in texts.items()}
        return cls(name, plain, frozenset(wanted - {GIVEN}))


def _places(key: str, text: str) -> dict[str, str]:
    if key != "html":
        return places(text)
    if _ACTIVE.search(text):
        raise ValueError("a letter's page shows things, and does nothing: no scripts, no forms")
    return dict.fromkeys(jinja.check(text), "")


def chosen(texts: Mapping[str, Any], language: str) -> tuple[str, Any]:
    """(language, text) for a person: hers, else its main language's, else the first.

    Args:
        texts: By language; at least one.
        language: Hers (BCP 47): `de-AT` reads `de` where there is no `de-AT`.
    """
    for tag in (language, language.partition("-")[0].lower()):
        if tag in texts:
            return tag, texts[tag]
    return next(iter(texts.items()))
