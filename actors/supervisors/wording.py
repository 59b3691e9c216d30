"""Wording: what customers read, in their language. A language that is not here reads English."""

from typing import Final

from actors.supervisors.offer import Notice, Offer

_WORDS: Final[dict[str, dict[str, str]]] = {
    "en": {
        "tow": "Tow truck to your dealer",
        "slot": "Service appointment",
        "ride": "Ride",
        "rental": "Rental car",
        "cover": "Your deductible",
        "subject": "Your engine is overheating: help is ready",
        "text": (
            "{name}, please stop as soon as it is safe, and switch the engine off. "
            "We have reserved help for you: {things}. You pay {total}. "
            "One tap accepts it; you can leave out what you do not need."
        ),
    },
    "de": {
        "tow": "Abschleppwagen zu Ihrer Werkstatt",
        "slot": "Werkstatttermin",
        "ride": "Fahrt",
        "rental": "Mietwagen",
        "cover": "Ihre Selbstbeteiligung",
        "subject": "Ihr Motor überhitzt: Hilfe steht bereit",
        "text": (
            "{name}, bitte halten Sie an, sobald es sicher ist, und stellen Sie den Motor ab. "
            "Wir haben Hilfe für Sie reserviert: {things}. Sie zahlen {total}. "
            "Ein Tipp genügt; was Sie nicht brauchen, können Sie weglassen."
        ),
    },
}


def words(language: str) -> dict[str, str]:
    """The words of a language (BCP 47): of `de-AT` those of `de`, of an unknown one English."""
    return _WORDS.get(language.partition("-")[0].lower(), _WORDS["en"])


def amount(cents: int, currency: str) -> str:
    """Money for people: `EUR 120.50`."""
    return f"{currency} {cents // 100}.{cents % 100:02}"


def notice_of(offer: Offer, name: str) -> Notice:
    """The message that carries an offer to the customer of this name."""
    say = words(offer.language)
    things = ", ".join(line.what for line in offer.lines if line.declinable)
    return Notice(
        to=offer.customer,
        name=name,
        language=offer.language,
        subject=say["subject"],
        # Not str.format: a name may hold braces.
        text=say["text"]
        .replace("{things}", things)
        .replace("{total}", amount(offer.total_cents, offer.currency))
        .replace("{name}", name),
        offer=offer,
    )
