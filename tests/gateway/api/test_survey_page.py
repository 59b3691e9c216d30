"""The page of a survey: looking answers nothing, and the first tap counts."""

from typing import Any

import httpx2
import pytest
from support.api_server import OFFER_KEY, client_of
from support.fake_services import START, FakeServices

from gateway.links import BadLink, sign_link
from gateway.offers import sign_offer
from gateway.surveys import SurveyLink, sign_survey, verify_survey
from twins.errors import BadTwinId

HER, ABOUT, UNTIL = "customer/c1", "a04d33f16f702b89", START + 3600.0
TOKEN = sign_survey(OFFER_KEY, HER, ABOUT, UNTIL)
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture
def services() -> FakeServices:
    """A cluster."""
    return FakeServices()


async def call(
    services: FakeServices, method: str, token: str = TOKEN, **given: Any
) -> httpx2.Response:
    """As a browser or a program calls it."""
    async with client_of(services) as client:
        return await client.request(method, f"/surveys/{token}", **given)


@pytest.mark.parametrize(
    ("language", "title"), [("fi", "Kuinka tyytyväinen olet?"), ("fr", "How satisfied are you?")]
)
async def test_looking_shows_a_button_for_each_score(
    services: FakeServices, language: str, title: str
) -> None:
    """In the browser's language; nothing is answered by it."""
    page = await call(services, "GET", headers={"accept-language": f"{language}-XX,en;q=0.5"})

    assert (200, True) == (page.status_code, title in page.text)
    assert 11 == page.text.count('name="score"')
    assert [] == services.sent


@pytest.mark.parametrize("score", [0, 7, 10])
async def test_a_tap_tells_her_twin(services: FakeServices, score: int) -> None:
    """Every tap by one link has the same id, so that the first one counts."""
    page = await call(services, "POST", content=f"score={score}", headers=FORM)
    other = await call(services, "POST", json={"score": 10 - score})

    assert (200, 202) == (page.status_code, other.status_code)
    assert "Your answer has arrived" in page.text
    assert [(HER, "satisfaction.answered")] * 2 == [(it.twin_id, it.type) for it in services.sent]
    assert {"score": score, "arrangement_id": ABOUT} == services.sent[0].message.data
    assert 1 == len({it.message.id for it in services.sent})


@pytest.mark.parametrize(
    "body", ["", "score=", "score=11", "score=-1", "score=x", "score=5&score=6", "score=5.5", "x=5",
             "score=%ff", "ü"],
)  # fmt: skip
async def test_what_is_no_score_is_refused(services: FakeServices, body: str) -> None:
    """Before anything is sent."""
    refused = await call(services, "POST", content=body.encode(), headers=FORM)

    assert 422 == refused.status_code
    assert [] == services.sent


@pytest.mark.parametrize("said", [{}, {"score": 11}, {"score": "5"}, {"score": 5, "more": 1}, [5]])
async def test_programs_are_as_strict(services: FakeServices, said: Any) -> None:
    """An answer is one whole number."""
    assert 422 == (await call(services, "POST", json=said)).status_code
    assert [] == services.sent


async def test_a_late_answer_counts_no_more(services: FakeServices) -> None:
    """The page says so, to programs too."""
    services.now = UNTIL
    ends = [
        await call(services, "GET"),
        await call(services, "POST", content="score=5", headers=FORM),
        await call(services, "POST", json={"score": 5}),
    ]

    assert [410] * 3 == [end.status_code for end in ends]
    assert "too late" in ends[0].text
    assert "too late" in ends[1].text
    assert [] == services.sent


@pytest.mark.parametrize(
    "token",
    ["", "x", "a.b", TOKEN[:-1], f"{TOKEN}x", "ü.ü", "x" * 600,
     sign_offer(OFFER_KEY, HER, ABOUT, UNTIL), sign_survey(b"k" * 16, HER, ABOUT, UNTIL)],
)  # fmt: skip
async def test_other_links_are_worth_nothing(services: FakeServices, token: str) -> None:
    """One of an offer neither: what was signed for one is signed for that alone."""
    found = await call(services, "GET", token)
    said = await call(services, "POST", token, json={"score": 5})

    assert {404} == {found.status_code, said.status_code}
    assert [] == services.sent


def test_a_link_says_what_it_was_made_of() -> None:
    """And no more; what is no customer, or no body of ours, is no link."""
    assert SurveyLink(HER, ABOUT, UNTIL) == verify_survey(OFFER_KEY, TOKEN)
    with pytest.raises(BadTwinId):
        sign_survey(OFFER_KEY, "nobody", ABOUT, UNTIL)
    for body in (b"", b"\x93\xa1x\xa1x\x01", b"\x93\xa3a/b\xa1x\xcb\x7f\xf0\0\0\0\0\0\0"):
        with pytest.raises(BadLink, match="another version"):
            verify_survey(OFFER_KEY, sign_link(OFFER_KEY, "vigil.survey.1", body))
