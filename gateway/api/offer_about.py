"""What do you know about me? Her own data in plain words, behind the link of an offer.

Whoever has the link sees it: a message that was passed on, or lay open. So contact addresses are
shortened, her place is told by the street's name or to a kilometre, and what others have written
about her stays inside. All of it, as a file, is `vigil export person`.
"""

from collections.abc import Iterable
from typing import Any

import msgspec
from fastapi.responses import HTMLResponse
from msgspec import Struct

from gateway.api.assets import escape
from gateway.api.offer_page import framed, header
from gateway.streets import Atlas, StreetsError
from gateway.wording import known, moment, money, say
from twins.units import Position

MAX_SHOWN = 12
"""So many things of one sort are named."""

SHOWN = 4
"""So many characters of an address that is no e-mail's are shown."""

_MORE = "\N{HORIZONTAL ELLIPSIS}"

NEAR_M = 300.0
"""A street farther away than this says nothing about where she is."""

LANGUAGE_NAMES = {"en": "English", "de": "Deutsch", "fi": "Suomi"}


class _Way(Struct):
    channel: str = ""
    address: str = ""


class _Said(Struct):
    given: bool = False
    at: float = 0.0


class _Had(Struct):
    description: str = ""
    availability: float | None = None


class _Booked(Struct):
    what: str = ""
    by: str = ""
    starts_at: float = 0.0
    cancelled: bool = False


class _Spoken(Struct):
    at: float = 0.0


class Known(Struct):
    """What is shown of a customer's twin; what it has beside that is no matter here."""

    name: str = ""
    language: str = ""
    channels: list[_Way] = []
    position: Position | None = None
    calendar: list[Any] = []
    bookings: dict[str, _Booked] | None = None
    policy: str | None = None
    lifetime_value_cents: int = 0
    currency: str = "EUR"
    devices: dict[str, _Had] | None = None
    consents: dict[str, _Said] | None = None
    visitors: dict[str, Any] | None = None
    contacts: list[_Spoken] = []


def known_of(state: dict[str, Any]) -> Known:
    """Read a twin's state; of one that is kept otherwise, nothing."""
    try:
        return msgspec.convert(state, Known)
    except msgspec.ValidationError:
        return Known()


def shortened(address: str) -> str:
    """An address that its owner knows again, and nobody else learns: `a…@example.com`, `…4567`."""
    name, at, host = address.partition("@")
    if at and "/" not in address:
        return f"{name[:1]}{_MORE}@{host}"
    return _MORE + (address[-SHOWN:] if len(address) > 2 * SHOWN else "")


def street_of(atlas: Atlas, place: Position | None) -> str:
    """The name of the street on which a place lies; empty where no map tells it."""
    if place is None:
        return ""
    try:
        network, spot = atlas.nearest(place, NEAR_M)
    except StreetsError:
        return ""
    return network.map.streets[spot.street].name


def about_page(
    found: Known, things: Iterable[str], street: str, action: str, language: str
) -> HTMLResponse:
    """The page.

    Args:
        found: What is known of her.
        things: What the arrangement is about, in words, where her twin has no list of it.
        street: Where she lives, as far as a map tells it.
        action: Path of the offer's page.
        language: Hers.
    """
    sections = [
        _section("about.you", _you(found, street, language), language),
        _section("about.things", _things(found, things, language), language),
        _section("about.agreed", _agreed(found, language), language),
        _section("about.spoken", _spoken(found, language), language),
    ]
    back = f'<p class="about"><a href="{escape(action)}">{_t(language, "page.back")}</a></p>'
    body = "\n".join(part for part in sections if part)
    return framed(
        language,
        "about",
        f"{header(language, 'about')}\n{body}\n<p>{_t(language, 'about.rights')}</p>\n{back}",
    )


def _t(language: str, name: str, **data: str) -> str:
    return escape(say(language, name, **data))


def _section(title: str, rows: list[tuple[str, str]], language: str) -> str:
    if not rows:
        return ""
    if any(name for name, _ in rows):
        lines = "".join(f"<div><dt>{name}</dt><dd>{text}</dd></div>" for name, text in rows)
        listed = f"<dl>{lines}</dl>"
    else:
        listed = f"<ul>{''.join(f'<li>{text}</li>' for _, text in rows)}</ul>"
    return f'<h2>{_t(language, title)}</h2><div class="card facts">{listed}</div>'


def _you(found: Known, street: str, language: str) -> list[tuple[str, str]]:
    rows = [("about.name", escape(found.name))]
    rows.append(("about.language", escape(LANGUAGE_NAMES.get(found.language, found.language))))
    ways = (f"{each.channel}: {shortened(each.address)}" for each in found.channels[:MAX_SHOWN])
    rows.append(("about.reach", "<br>".join(map(escape, ways))))
    if street:
        rows.append(("about.place", _t(language, "about.near", street=street)))
    elif found.position is not None:
        lat, lon = (f"{degrees:.2f}" for degrees in found.position)
        rows.append(("about.place", _t(language, "about.around", lat=lat, lon=lon)))
    if found.calendar:
        count = str(len(found.calendar))
        rows.append(("about.time", _t(language, "about.busy", count=count)))
    booked = [each for each in (found.bookings or {}).values() if not each.cancelled]
    lines = (
        f"{each.what} {moment(each.starts_at, language)}" for each in booked[:MAX_SHOWN]
    )  # fmt: skip
    rows.append(("about.booked", "<br>".join(map(escape, lines))))
    rows.append(("about.insured", escape(found.policy or "")))
    if found.lifetime_value_cents:
        value = money(found.lifetime_value_cents, found.currency, language)
        rows.append(("about.value", escape(value)))
    if found.visitors:
        rows.append(("about.seen", str(len(found.visitors))))
    said = [(_t(language, name), text) for name, text in rows if text]
    return said or [("", _t(language, "about.nobody"))]


def _things(found: Known, things: Iterable[str], language: str) -> list[tuple[str, str]]:
    rows = []
    for id_, each in list((found.devices or {}).items())[:MAX_SHOWN]:
        text = escape(each.description or id_.partition("/")[0])
        if each.availability is not None:
            text += f", {_t(language, 'about.use', share=f'{100 * each.availability:.0f}')}"
        rows.append(("", text))
    return rows or [("", escape(each)) for each in things if each]


def _agreed(found: Known, language: str) -> list[tuple[str, str]]:
    rows = []
    for purpose, said in (found.consents or {}).items():
        name = f"about.{purpose}"
        words = "about.yes" if said.given else "about.no"
        when = moment(said.at, language)
        rows.append((_t(language, name) if known(name) else escape(purpose),
                     _t(language, words, when=when)))  # fmt: skip
    return rows or [("", _t(language, "about.silent"))]


def _spoken(found: Known, language: str) -> list[tuple[str, str]]:
    if not found.contacts:
        return []
    when = moment(max(each.at for each in found.contacts), language)
    return [("", _t(language, "about.last", count=str(len(found.contacts)), when=when))]
