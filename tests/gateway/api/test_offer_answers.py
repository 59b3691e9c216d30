"""Answers to an offer: each tap counts once, and what is garbled reaches nobody."""

from typing import Any

import pytest
from offer_kit import FORM, PATH, page_of, post, services_with
from support.api_server import OFFER_KEY, client_of
from support.arrangements import ENDS, ID, SUPERVISOR, accepted, arrangement, put
from support.fake_services import FakeServices

from actors.supervisors.arrangement import State as Stage
from gateway.api.services import Refusal
from gateway.offers import sign_offer


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


async def test_refused_answer_is_no_success() -> None:
    """The page of trouble, not a redirect to thanks."""
    services = services_with()
    services.refusals[SUPERVISOR] = Refusal(503, "no gateway")

    answer = await post(services, content="answer=accept", headers=FORM)

    assert 503 == answer.status_code
