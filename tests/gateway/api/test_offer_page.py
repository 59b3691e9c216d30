"""The customer's page: looking answers nothing, one tap counts once, every end has its words."""

import re
from typing import Any

import pytest
from offer_kit import FORM, PATH, page_of, post, services_with
from support.arrangements import ENDS, ID, SUPERVISOR, accepted, arrangement, put, truck
from support.fake_services import FakeServices

from actors.supervisors.arrangement import LegState
from actors.supervisors.arrangement import State as Stage
from actors.supervisors.standing import CaseView
from gateway.api.services import Refusal


async def test_page_shows_all_of_it_and_one_button() -> None:
    """Names, prices, who pays, the total; and nothing is answered by looking."""
    services = services_with()

    page = await page_of(services)

    assert 200 == page.status_code
    for text in ("Tow truck", "tow &amp; Sons", "€149.00", "€89.00", "€293.00", "10 min"):
        assert text in page.text
    assert 1 == page.text.count('value="accept"')
    assert ["tow", "slot", "rental"] == re.findall(r'name="keep" value="(\w+)"', page.text)
    assert [] == services.sent


async def test_page_carries_everything_and_allows_only_that() -> None:
    """No resource from elsewhere; the policy names hashes, and no inline code beside."""
    page = await page_of(services_with())
    policy = page.headers["content-security-policy"]

    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert [] == re.findall(r"""(?:src|href)=["']?(?:https?:)?//""", page.text)
    assert [] == re.findall(r"\son\w+=|\sstyle=", page.text)
    assert "noindex" in page.headers["x-robots-tag"]


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"stage": Stage.CONFIRMING, "verdict": accepted()}, "Booking it now"),
        ({"stage": Stage.UNDERWAY, "verdict": accepted(), "track": truck()}, "Help is on its way"),
        (
            {"stage": Stage.UNDERWAY, "verdict": accepted(), "track": truck(arrived=True)},
            "Help has arrived",
        ),
        ({"stage": Stage.CLOSED, "verdict": accepted()}, "All done"),
        ({"stage": Stage.COMPENSATED, "verdict": accepted(accept=False)}, "You declined"),
        ({"stage": Stage.COMPENSATED}, "This offer has ended"),
        (
            {"stage": Stage.WITH_PERSON, "case": CaseView(id="c", desk="desk/d", reason="r")},
            "A person is taking over",
        ),
    ],
)
async def test_every_end_has_its_words(change: dict[str, Any], text: str) -> None:
    """And none asks her again."""
    page = await page_of(services_with(**change))

    assert (200, True) == (page.status_code, text in page.text)
    assert 'value="accept"' not in page.text
    booked = change["stage"] in (Stage.CONFIRMING, Stage.UNDERWAY, Stage.CLOSED)
    arrived = "arrived" in text
    assert (booked and not arrived) == ('value="cancel"' in page.text)


async def test_helper_on_the_way_is_drawn_with_its_distance() -> None:
    """2.2 km south, four minutes away, a truck and a place."""
    change = {"stage": Stage.UNDERWAY, "verdict": accepted(), "track": truck()}

    page = await page_of(services_with(**change))

    assert "2.2 km away" in page.text
    assert "there in about 4 min" in page.text
    assert 'class="truck"' in page.text


async def test_names_from_outside_are_text_never_markup() -> None:
    """A company called <script> is called that, and runs nothing."""
    services = FakeServices()
    arr = arrangement()
    assert arr.offer is not None
    arr.offer["lines"][0]["what"] = "<script>alert(1)</script>"
    choice = arr.legs["tow"].choice
    assert choice is not None
    choice.name = '"><img src=x onerror=alert(1)>'
    put(services, arr)

    page = await page_of(services)

    assert "<script>alert" not in page.text
    assert "<img" not in page.text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page.text


async def test_page_speaks_the_customers_language() -> None:
    """The offer's language, whatever the browser's; amounts as that language writes them."""
    services = FakeServices()
    arr = arrangement()
    assert arr.offer is not None
    arr.offer["language"] = "de-AT"
    put(services, arr)

    page = await page_of(services, **{"Accept-Language": "fi"})

    assert '<html lang="de">' in page.text
    assert "Hilfe steht für Sie bereit" in page.text
    assert "293,00\N{NO-BREAK SPACE}€" in page.text


async def test_bad_links_say_so_in_the_browsers_language() -> None:
    """A page, not a problem document: people open links."""
    page = await page_of(FakeServices(), "/offers/nonsense", **{"Accept-Language": "fi;q=0.9,en"})

    assert (404, True) == (page.status_code, "Linkki ei toimi" in page.text)


async def test_link_that_ended_still_shows_what_became_of_it() -> None:
    """For a day; then it is gone. It never answers again."""
    services = services_with(stage=Stage.UNDERWAY, verdict=accepted(), track=truck())
    services.now = ENDS + 3600

    shown = await page_of(services)
    answer = await post(services, content="answer=accept", headers=FORM)
    services.now = ENDS + 90_000
    gone = await page_of(services)

    assert (200, True) == (shown.status_code, "Help is on its way" in shown.text)
    assert (410, []) == (answer.status_code, services.sent)
    assert 410 == gone.status_code


async def test_offer_that_ended_unanswered_has_no_form() -> None:
    """The supervisor may be a moment behind; the link's time decides."""
    services = services_with()
    services.now = ENDS

    page = await page_of(services)

    assert ("<form" in page.text, "This offer has ended" in page.text) == (False, True)


async def test_forgotten_arrangement_has_ended() -> None:
    """The supervisor remembers only its last ones."""
    services = FakeServices()
    services.add(SUPERVISOR)

    page = await page_of(services)

    assert 410 == page.status_code


async def test_trouble_is_a_page_that_tries_again() -> None:
    """The customer never sees a stack trace, nor a dead end."""
    services = services_with()
    services.trouble = TimeoutError()

    page = await page_of(services)

    assert (503, True) == (page.status_code, 'http-equiv="refresh"' in page.text)


async def test_feed_ends_where_the_arrangement_has() -> None:
    """The page is told, and opens no feed again."""
    services = services_with(stage=Stage.CLOSED, verdict=accepted())

    feed = await page_of(services, f"{PATH}/live")

    assert "event: over" in feed.text
    assert "text/event-stream" in feed.headers["content-type"]


@pytest.mark.parametrize("follows", [True, False])
@pytest.mark.parametrize("trouble", [None, "refused", "silent"])
async def test_a_browser_that_opens_the_page_tells_it(
    monkeypatch: pytest.MonkeyPatch, *, follows: bool, trouble: str | None
) -> None:
    """By the feed alone, and only where she agreed; the feed goes on whatever comes."""
    monkeypatch.setattr("gateway.api.offer.LOOK_S", 0.0)
    services = services_with()
    if trouble == "refused":
        services.refusals[SUPERVISOR] = Refusal(503, "no gateway")
    elif trouble == "silent":
        services.silent.add(SUPERVISOR)
    offered = arrangement()
    if follows:
        offered.facts["followed"] = ENDS
    looks = iter([offered, offered, offered, arrangement(Stage.CLOSED, verdict=accepted())])
    put(services, offered)
    await page_of(services)  # as a mail filter does

    assert [] == services.sent

    state = services.state

    async def moving(*given: Any) -> Any:
        put(services, next(looks))
        return await state(*given)

    monkeypatch.setattr(services, "state", moving)
    feed = await page_of(services, f"{PATH}/live")
    told = [(it.type, it.message.data) for it in services.sent]
    opened = ("offer.opened", {"arrangement_id": ID, "until": ENDS})

    assert ([opened] if follows and trouble is None else []) == told
    assert "event: over" in feed.text


async def test_feed_says_when_the_page_would_look_different(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One word for each change that shows, none for those that do not."""
    monkeypatch.setattr("gateway.api.offer.LOOK_S", 0.0)
    services = services_with()
    stages = [
        arrangement(),
        arrangement(Stage.CONFIRMING, verdict=accepted()),
        arrangement(Stage.UNDERWAY, verdict=accepted(), track=truck()),
        arrangement(Stage.CLOSED, verdict=accepted()),
    ]
    stages[1].legs["tow"].state = LegState.CONFIRMING
    looks = iter([each for stage in stages for each in (stage, stage)])
    state = services.state

    async def moving(*given: Any) -> Any:
        put(services, next(looks))
        return await state(*given)

    monkeypatch.setattr(services, "state", moving)

    feed = await page_of(services, f"{PATH}/live")

    assert ["offered", "confirming", "underway", "over"] == re.findall(
        r'"state":"(\w+)"', feed.text
    )
