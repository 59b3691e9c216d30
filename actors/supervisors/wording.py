"""Wording: what customers read of an offer, in their language; an unknown language reads English.

Prices, the deadline and the link are added by the channel, in the same language.
"""

from collections.abc import Mapping
from typing import Final

from actors.supervisors.offer import Notice, Offer
from twins.people.messages import Urgency

_WORDS: Final[dict[str, dict[str, str]]] = {
    "en": {
        "tow": "Tow truck to your dealer",
        "slot": "Service appointment",
        "ride": "Ride",
        "rental": "Rental car",
        "cover": "Your deductible",
        "overheating.subject": "Your engine is overheating: help is ready",
        "overheating.text": (
            "{name}, please stop as soon as it is safe, and switch the engine off. We have "
            "reserved help for you. One tap accepts it; leave out what you do not need."
        ),
        "any.subject": "Help is ready for you",
        "any.text": (
            "{name}, we have reserved for you what is below. One tap accepts it; "
            "leave out what you do not need."
        ),
    },
    "de": {
        "tow": "Abschleppwagen zu Ihrer Werkstatt",
        "slot": "Werkstatttermin",
        "ride": "Fahrt",
        "rental": "Mietwagen",
        "cover": "Ihre Selbstbeteiligung",
        "overheating.subject": "Ihr Motor überhitzt: Hilfe steht bereit",
        "overheating.text": (
            "{name}, bitte halten Sie an, sobald es sicher ist, und stellen Sie den Motor ab. Wir "
            "haben Hilfe für Sie reserviert. Ein Tipp genügt; lassen Sie weg, was Sie nicht "
            "brauchen."
        ),
        "any.subject": "Hilfe steht für Sie bereit",
        "any.text": (
            "{name}, wir haben für Sie reserviert, was unten steht. Ein Tipp genügt; "
            "lassen Sie weg, was Sie nicht brauchen."
        ),
    },
    "fi": {
        "tow": "Hinausauto huoltoosi",
        "slot": "Huoltoaika",
        "ride": "Kyyti",
        "rental": "Vuokra-auto",
        "cover": "Omavastuusi",
        "overheating.subject": "Moottorisi ylikuumenee: apu on valmiina",
        "overheating.text": (
            "{name}, pysähdy heti kun se on turvallista ja sammuta moottori. Olemme varanneet "
            "sinulle apua. Yksi napautus riittää; jätä pois, mitä et tarvitse."
        ),
        "any.subject": "Apu on valmiina sinulle",
        "any.text": (
            "{name}, olemme varanneet sinulle alla olevan. Yksi napautus riittää; "
            "jätä pois, mitä et tarvitse."
        ),
    },
}


def add_words(more: Mapping[str, Mapping[str, str]]) -> None:
    """Add words of a story: language -> name -> text.

    `<sort>` names a leg; `<occasion>.subject` and `<occasion>.text` are a message.

    Raises:
        ValueError: A language is missing, or lacks a name that another one has.
    """
    names = {tuple(sorted(said)) for said in more.values()}
    if more.keys() != _WORDS.keys() or len(names) != 1:
        raise ValueError(f"words have to be the same names in {', '.join(_WORDS)}")
    for language, said in more.items():
        _WORDS[language].update(said)


def words(language: str) -> dict[str, str]:
    """The words of a language (BCP 47): of `de-AT` those of `de`, of an unknown one English."""
    return _WORDS.get(language.partition("-")[0].lower(), _WORDS["en"])


def notice_of(offer: Offer, name: str, occasion: str, urgency: Urgency = "normal") -> Notice:
    """The message that carries an offer to the customer of this name.

    Args:
        offer: What she is offered.
        name: Hers.
        occasion: `overheating`, `any`, or one that a story has added.
        urgency: One that is `high` reaches her at night, too.
    """
    say = words(offer.language)
    # Not str.format: what stands in braces elsewhere must stay as it is.
    return Notice(
        to=offer.customer,
        name=name,
        language=offer.language,
        subject=say[f"{occasion}.subject"],
        text=say[f"{occasion}.text"].replace("{name}", name),
        urgency=urgency,
        offer=offer,
    )
