"""What do you know about me? Her own data by the link, in plain words, and nothing more."""

import re
from typing import Any

import pytest
from support.api_server import OFFER_KEY, client_of
from support.arrangements import ENDS, ID, SUPERVISOR, arrangement, put
from support.fake_services import START, FakeServices

import twins.people
from gateway.api.offer_about import shortened
from gateway.offers import sign_offer
from gateway.wording import LANGUAGES

assert twins.people, "importing it registers the kinds"

PATH = f"/offers/{sign_offer(OFFER_KEY, SUPERVISOR, ID, ENDS)}/about"
HERS: dict[str, Any] = {
    "name": "Aino <Virtanen>",
    "language": "fi",
    "channels": [{"channel": "email", "address": "aino.virtanen@example.com"},
                 {"channel": "sms", "address": "+358401234567"}],
    "position": [60.1712, 24.9433],
    "calendar": [{"starts_at": START, "ends_at": START + 60}],
    "policy": "P-17",
    "lifetime_value_cents": 123_450,
    "devices": {"vehicle/v1": {"since": 0.0, "description": "a red estate car, ABC-123",
                               "availability": 0.987}},
    "consents": {"marketing": {"purpose": "marketing", "given": False, "how": "web", "at": START},
                 "learning": {"purpose": "learning", "given": True, "how": "web", "at": START}},
    "visitors": {"visitor/a": {}},
    "contacts": [{"at": START - 60, "what": "offer.sent", "detail": "a note of an employee"}],
}  # fmt: skip


def services_with(speaks: str = "en", **state: Any) -> FakeServices:
    """A cluster with her offer, and what is known of her."""
    services = FakeServices()
    offered = arrangement()
    assert offered.offer is not None
    offered.offer["language"] = speaks
    put(services, offered)
    if state:
        # Given apart: `add` has a position of its own, that in the log.
        services.add("customer/c1").state.update(state)
    return services


async def about(services: FakeServices, path: str = PATH) -> Any:
    """The page, as a browser gets it."""
    async with client_of(services) as client:
        return await client.get(path)


async def test_it_says_what_is_known_in_plain_words() -> None:
    """Her name, things, words and time, each as people say it."""
    page = (await about(services_with(**HERS))).text

    for text in (
        "What we know about you", "Aino &lt;Virtanen&gt;", "Suomi", "email: a…@example.com",
        "sms: …4567", "around 60.17, 24.94", "busy times that we know: 1", "P-17", "€1,234.50",
        "a red estate car, ABC-123", "working 99\N{NO-BREAK SPACE}% of the time", "no, since",
        "Advertising",
        "Learning what suits you", "yes, since", "in all: 1", "erased",
    ):  # fmt: skip
        assert text in page


async def test_whoever_has_the_link_does_not_get_her_addresses() -> None:
    """Nor her exact place, nor what others have written about her."""
    page = (await about(services_with(**HERS))).text

    for text in ("aino.virtanen", "+358401234567", "60.1712", "24.9433", "a note of an employee"):
        assert text not in page


@pytest.mark.parametrize("language", LANGUAGES)
async def test_every_language_says_it(language: str) -> None:
    """The offer's, which is hers."""
    answer = await about(services_with(language, **HERS))

    assert (200, True) == (answer.status_code, f'<html lang="{language}">' in answer.text)


@pytest.mark.parametrize("state", [{}, {"name": 17}, {"devices": [1]}])
async def test_of_whom_nothing_is_known_it_says_so(state: dict[str, Any]) -> None:
    """An erased customer, or one that is kept otherwise: no error, and nothing made up."""
    answer = await about(services_with(**state))

    assert 200 == answer.status_code
    assert "Nothing but this link." in answer.text
    assert "You have said nothing yet." in answer.text


@pytest.mark.parametrize(
    "token",
    ["x", sign_offer(b"another key of thirty-two bytes.", SUPERVISOR, ID, ENDS), "%00", "a" * 600],
)
async def test_who_guesses_a_link_is_told_nothing(token: str) -> None:
    """The same page, whether or not there is such an offer or customer."""
    known, unknown = services_with(**HERS), FakeServices()
    answers = [await about(each, f"/offers/{token}/about") for each in (known, unknown)]

    pages = [re.sub(r"urn:vigil:request:\w+", "", answer.text) for answer in answers]
    assert pages[0] == pages[1]
    assert {404, 422} >= {answer.status_code for answer in answers}
    assert "Aino" not in answers[0].text


async def test_the_link_ends_for_this_page_as_for_the_other() -> None:
    """A day after the offer; and a forgotten arrangement tells of nobody."""
    late, forgotten = services_with(**HERS), FakeServices()
    late.now = ENDS + 90_000
    forgotten.add(SUPERVISOR)
    answers = [await about(each) for each in (late, forgotten)]

    assert [410, 410] == [answer.status_code for answer in answers]
    assert all("Aino" not in answer.text for answer in answers)


async def test_looking_tells_nobody() -> None:
    """No event leaves, for her twin or for anybody's."""
    services = services_with(**HERS)
    await about(services)

    assert [] == services.sent


@pytest.mark.parametrize(
    ("address", "shown"),
    [("a@b.fi", "a…@b.fi"), ("+358401234567", "…4567"), ("1234", "…"), ("", "…"),
     ("https://h.example/u:p@x/c1", "…x/c1")],
)  # fmt: skip
def test_addresses_are_shortened(address: str, shown: str) -> None:
    """Enough to know one's own; of a short one nothing."""
    assert shown == shortened(address)
