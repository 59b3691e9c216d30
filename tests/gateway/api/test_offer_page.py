"""The customer's page: looking answers nothing, one tap counts once, every end has its words."""

import re
from typing import Any

import httpx2
import pytest
from support.api_server import OFFER_KEY, client_of
from support.arrangements import ENDS, ID, SUPERVISOR, accepted, arrangement, put, truck
from support.fake_services import FakeServices

from actors.supervisors.arrangement import LegState
from actors.supervisors.arrangement import State as Stage
from actors.supervisors.standing import CaseView
from gateway.api.services import Refusal
from gateway.offers import sign_offer

TOKEN = sign_offer(OFFER_KEY, SUPERVISOR, ID, ENDS)
PATH = f"/offers/{TOKEN}"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def services_with(**change: Any) -> FakeServices:
    """A cluster with one arrangement."""
    services = FakeServices()
    put(services, arrangement(**change))
    return services


async def page_of(services: FakeServices, path: str = PATH, **headers: str) -> httpx2.Response:
    """The page, as a browser gets it."""
    async with client_of(services) as client:
        return await client.get(path, headers=headers)


async def post(services: FakeServices, **given: Any) -> httpx2.Response:
    """An answer, as a browser or a program sends it."""
    async with client_of(services) as client:
        return await client.post(PATH, **given)


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


async def test_accepting_tells_the_supervisor_once() -> None:
    """Every tap on one link has the same event id; the browser is sent back to the page."""
    services = services_with()
    body = "answer=accept&keep=tow&keep=slot&keep=rental"

    first = await post(services, content=body, headers=FORM)
    second = await post(services, content=body, headers=FORM)
    sent = services.sent

    assert (303, f"{PATH}?after=1") == (first.status_code, first.headers["location"])
    assert 303 == second.status_code
    assert (SUPERVISOR, "offer.answered", "inside") == (
        sent[0].twin_id,
        sent[0].type,
        sent[0].sender,
    )
    said = {"arrangement_id": ID, "accept": True, "answered_by": "customer", "until": ENDS}
    assert said == sent[0].message.data
    assert sent[0].message.id == sent[1].message.id


async def test_unticked_lines_are_declined() -> None:
    """What is not kept is left out; what cannot be declined is not asked about."""
    services = services_with()

    await post(services, content="answer=accept&keep=tow&keep=slot", headers=FORM)

    assert ["rental"] == services.sent[0].message.data["declined"]


async def test_declining_says_no_to_all_of_it() -> None:
    """The other button."""
    services = services_with()

    await post(services, content="answer=decline&keep=tow&keep=slot&keep=rental", headers=FORM)

    assert services.sent[0].message.data["accept"] is False


@pytest.mark.parametrize("reply", ["another_time", "call_me", "fine"])
async def test_she_can_say_more_than_yes_and_no(reply: str) -> None:
    """Each by one tap, and once; by a program too."""
    services = services_with()
    page = await page_of(services)

    assert f'value="{reply}"' in page.text

    first = await post(services, content=f"answer={reply}", headers=FORM)
    second = await post(services, json={"reply": reply})
    one, two = services.sent

    assert (303, 202) == (first.status_code, second.status_code)
    assert (SUPERVISOR, "reply.given", "inside") == (one.twin_id, one.type, one.sender)
    assert {"arrangement_id": ID, "reply": reply, "answered_by": "customer", "until": ENDS} == (
        one.message.data
    )
    assert one.message.id == two.message.id


async def test_what_is_booked_can_be_cancelled_after_the_links_time() -> None:
    """As long as the page is shown; another time cannot be asked for any more."""
    services = FakeServices(now=ENDS + 3600.0)
    put(services, arrangement(Stage.CLOSED, verdict=accepted()))
    cancel = await post(services, content="answer=cancel", headers=FORM)
    later = await post(services, content="answer=another_time", headers=FORM)

    assert (303, 410) == (cancel.status_code, later.status_code)
    assert ["cancel"] == [it.message.data["reply"] for it in services.sent]


async def test_an_older_link_answers_nothing() -> None:
    """She asked for another time, and there is a newer offer with a link of its own."""
    services = services_with()
    older = f"/offers/{sign_offer(OFFER_KEY, SUPERVISOR, ID, ENDS - 60.0)}"
    page = await page_of(services, older)
    async with client_of(services) as client:
        answer = await client.post(older, content="answer=accept", headers=FORM)

    assert 'value="accept"' not in page.text
    assert (410, []) == (answer.status_code, services.sent)


async def test_programs_answer_in_json() -> None:
    """The same event, and its position as the answer."""
    services = services_with()

    answer = await post(services, json={"accept": True, "declined": ["rental"]})

    assert (202, 1, SUPERVISOR) == (
        answer.status_code,
        answer.json()["position"],
        answer.json()["twin_id"],
    )
    assert ["rental"] == services.sent[0].message.data["declined"]


@pytest.mark.parametrize(
    "given",
    [
        {"content": "", "headers": FORM},
        {"content": "answer=maybe", "headers": FORM},
        {"content": "answer=accept&answer=decline", "headers": FORM},
        {"content": "keep=tow", "headers": FORM},
        {"content": "&".join("keep=x" for _ in range(100)), "headers": FORM},
        {"content": b"\xff\xfe", "headers": FORM},
        {"content": b"answer=accept", "headers": {"Content-Type": "multipart/form-data"}, "x": 1},
        {"json": {"accept": "yes"}},
        {"json": {"accept": True, "declined": ["a b"]}},
        {"json": {"accept": True, "declined": ["x"] * 65}},
        {"json": {"accept": True, "more": 1}},
        {"json": {"accept": True, "reply": "fine"}},
        {"json": {"reply": "words"}},
        {"json": {}},
        {"json": []},
        {"content": b"[" * 50_000, "headers": {"Content-Type": "application/json"}},
    ],
)
async def test_garbled_answers_reach_nobody(given: dict[str, Any]) -> None:
    """What the supervisor could not read would set it aside; so it is refused here."""
    services = services_with()
    if given.pop("x", None):
        given["content"] = b"--x\r\nContent-Disposition: form-data\r\n\r\naccept\r\n--x--"

    answer = await post(services, **given)

    assert (422, []) == (answer.status_code, services.sent)


async def test_answer_waits_until_it_shows() -> None:
    """After the redirect the page knows the answer, or says that it has arrived."""
    services = services_with()
    put(services, arrangement(Stage.CONFIRMING, verdict=accepted()), position=8)

    page = await page_of(services, f"{PATH}?after=8")

    assert "Booking it now" in page.text
    assert 'http-equiv="refresh"' in page.text


async def test_answer_that_does_not_show_yet_is_acknowledged(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """No second form, so that nobody answers twice for want of a sign."""
    monkeypatch.setattr("gateway.api.offer.CATCH_UP_S", 0.01)

    page = await page_of(services_with(), f"{PATH}?after=9")

    assert "Your answer has arrived" in page.text
    assert "<form" not in page.text


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


async def test_refused_answer_is_no_success() -> None:
    """The page of trouble, not a redirect to thanks."""
    services = services_with()
    services.refusals[SUPERVISOR] = Refusal(503, "no gateway")

    answer = await post(services, content="answer=accept", headers=FORM)

    assert 503 == answer.status_code


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
