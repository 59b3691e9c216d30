"""Unsubscribing: one click is enough, looking is none, and a link tells nothing to a guesser."""

from typing import Any

import httpx2
import pytest
from support.api_server import OFFER_KEY, client_of
from support.fake_services import START, FakeServices

import twins.people
from gateway.api.calendars import calendar_path
from gateway.unsubscribing import LIFE_S, unsubscribe_link
from twins.people.consents import Consent
from twins.people.replies import address_id

assert twins.people, "importing it registers the kinds"

HER, MAIL = "customer/c1", "lisa@example.org"
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


def link_of(purpose: Any = "marketing", address: str = MAIL, at: float = START) -> str:
    """The path of a letter's link."""
    return f"/unsubscribe/{unsubscribe_link(OFFER_KEY, HER, 'email', address, purpose, at)}"


def services_with(**more: Any) -> FakeServices:
    """A cluster that knows her."""
    services = FakeServices()
    channels = [{"channel": "sms", "address": "+358401"}, {"channel": "email", "address": MAIL}]
    services.add(HER, name="Lisa", channels=channels, **more)
    return services


async def post(services: FakeServices, path: str, **given: Any) -> httpx2.Response:
    """What a mail program, or the page, sends."""
    async with client_of(services) as client:
        return await client.post(path, **given)


async def get(services: FakeServices, path: str, **headers: str) -> httpx2.Response:
    """The page."""
    async with client_of(services) as client:
        return await client.get(path, headers=headers)


def told(services: FakeServices) -> list[tuple[str, str, Any]]:
    """What was sent."""
    return [(one.twin_id, one.type, one.message.data) for one in services.sent]


@pytest.mark.parametrize(
    "given", [{"data": ONE_CLICK}, {"files": {"List-Unsubscribe": (None, "One-Click")}}, {}]
)
async def test_one_click_withdraws_what_the_letter_was_sent_for(given: dict[str, Any]) -> None:
    """As a form, in parts, or with nothing; at once, without a redirect, a cookie or a script."""
    services = services_with()
    answer = await post(services, link_of(), **given)
    ((whose, what, said),) = told(services)

    assert (200, None) == (answer.status_code, answer.headers.get("set-cookie"))
    assert (HER, "consent.said") == (whose, what)
    assert {"purpose": "marketing", "given": False, "how": "link in an e-mail"} == said
    assert "<script></script>" in answer.text


async def test_what_she_was_not_asked_for_is_told_elsewhere() -> None:
    """Her contract's letters go by her other channels; this address is left alone."""
    services = services_with()
    await post(services, link_of("devices"), data=ONE_CLICK)
    ((whose, what, said),) = told(services)

    assert (HER, "channel.stopped") == (whose, what)
    assert {"channel": "email", "address": MAIL, "how": "link in an e-mail"} == said


async def test_looking_changes_nothing() -> None:
    """Filters open links by themselves; the page has buttons, in the browser's language."""
    services = services_with()
    page = await get(services, link_of(), **{"accept-language": "fi-FI,fi;q=0.9"})

    assert 200 == page.status_code
    assert "Ei enää viestejä?" in page.text
    assert ["purpose", "address"] == [
        act for act in ("purpose", "address", "resume") if f'value="{act}"' in page.text
    ]
    assert [] == told(services)


async def test_a_second_click_changes_nothing() -> None:
    """It is answered all the same."""
    said = Consent(purpose="marketing", given=False, how="telephone", at=1.0)
    services = services_with(consents={"marketing": said}, stopped={address_id("email", MAIL): 1.0})
    answers = [await post(services, link_of(purpose)) for purpose in ("marketing", "devices")]

    assert [200, 200] == [answer.status_code for answer in answers]
    assert [] == told(services)


async def test_an_address_can_be_used_again() -> None:
    """The page that says so has the way back; a mail program never goes it."""
    services = services_with(stopped={address_id("email", MAIL): 1.0})
    done = await post(services, link_of("devices"), data=ONE_CLICK)
    await post(services, link_of("devices"), data={"answer": "resume"})
    ((_, what, _),) = told(services)

    assert 'value="resume"' in done.text
    assert "channel.resumed" == what


@pytest.mark.parametrize("act", ["", "address", "resume"])
async def test_nobody_is_begun_again_by_it(act: str) -> None:
    """An erased person, or an address that is not hers any more: the same page, and no event."""
    known, gone = services_with(), FakeServices()
    answers = [
        await post(services, link_of(address=address), data={"answer": act})
        for services, address in ((gone, MAIL), (known, "old@example.org"))
    ]
    expected = await post(services_with(), link_of(), data={"answer": act})

    assert [] == told(gone) + told(known)
    assert [expected.text] * 2 == [answer.text for answer in answers]


@pytest.mark.parametrize("method", ["get", "post"])
async def test_a_guesser_hears_the_same_of_everybody(method: str) -> None:
    """Not signed, signed for something else, cut, or changed: 404, of whoever it may be."""
    services = services_with()
    good = link_of().rpartition("/")[2]
    other = calendar_path(OFFER_KEY, "c1", 0).rpartition("/")[2].removesuffix(".ics")
    flipped = ("A" if good[0] != "A" else "B") + good[1:]
    bad = ["x", "a.b", good[:-1], flipped, other, "%00", "x" * 600]
    async with client_of(services) as client:
        answers = [await getattr(client, method)(f"/unsubscribe/{link}") for link in bad]
    pages = {answer.text for answer in answers if "%00" not in str(answer.url)}

    assert {404, 422} >= {answer.status_code for answer in answers}
    assert 1 == len(pages)
    assert [] == told(services)


async def test_neither_page_says_who_she_is() -> None:
    """No name, no address, no id."""
    services = services_with()
    pages = [await get(services, link_of()), await post(services, link_of())]

    assert not any(word in page.text for page in pages for word in ("Lisa", MAIL, "c1", "+358"))


async def test_a_link_ends() -> None:
    """After a year; to the last second it holds."""
    services = services_with()
    good, late = (link_of(at=START - LIFE_S + more) for more in (1.0, 0.0))

    assert 200 == (await get(services, good)).status_code
    assert 410 == (await get(services, late)).status_code
    assert 410 == (await post(services, late)).status_code
    assert [] == told(services)


async def test_while_the_log_is_away_it_says_so() -> None:
    """Nobody is told that it is done, when it is not."""
    services = services_with()
    services.silent.add(HER)
    answer = await post(services, link_of())

    assert 503 == answer.status_code
    assert "Nothing was changed" in answer.text
