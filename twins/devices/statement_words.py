"""Statement: in which words a customer reads what a month comes to. Days stand below, on a page.

What a channel of few words carries is the sum; e-mail has a line for each day beside it.
"""

from typing import Final

from twins.people.messages import Words

MOST_DAYS: Final = 50
"""So many days stand on a page; how many more there are stands below."""

_PAGE: Final = (
    "<p>{text}</p><table>"
    "{{% for one in days %}}<tr><td>{{{{ one.day }}}}</td><td>{{{{ one.kwh | number }}}} kWh</td>"
    '<td>{{{{ one.cents | money("{currency}") }}}}</td></tr>{{% endfor %}}</table>'
    "{{% if more > 0 %}}<p>{more}</p>{{% endif %}}"
)

_SAID: Final = {
    "en": (
        "Your statement for {month}",
        (
            "{name}, in {month} your device delivered {kwh} kWh. {total} is due, with what "
            "was carried over ({carried})."
        ),
        "And {more} more days.",
    ),
    "de": (
        "Ihre Abrechnung für {month}",
        (
            "{name}, im Monat {month} hat Ihr Gerät {kwh} kWh geliefert. Fällig sind {total}, mit "
            "dem Übertrag ({carried})."
        ),
        "Und {more} weitere Tage.",
    ),
    "fi": (
        "Laskusi: {month}",
        (
            "{name}, laitteesi tuotti {kwh} kWh kuukautena {month}. Maksettavaa on {total}, siirto "
            "mukaan lukien ({carried})."
        ),
        "Ja {more} päivää lisää.",
    ),
}


def statement_words(currency: str) -> dict[str, Words]:
    """The message in each language; its places are those of `Metered`'s data.

    Args:
        currency: Three letters (ISO 4217), in which cents are shown.
    """
    places = {
        "name": "{{ name }}",
        "month": "{{ month }}",
        "kwh": "{{ kwh | number }}",
        "total": f'{{{{ total_cents | money("{currency}") }}}}',
        "carried": f'{{{{ carried_cents | money("{currency}") }}}}',
        "more": "{{ more }}",
    }
    found = {}
    for language, (subject, text, more) in _SAID.items():
        said = text.format(**places)
        page = _PAGE.format(text=said, more=more.format(**places), currency=currency)
        found[language] = Words(subject=subject.format(**places), text=said, html=page)
    return found
