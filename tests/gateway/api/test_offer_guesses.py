"""Who guesses a link of the customer's page: one answer for all, before anything is looked up."""

from typing import Any

import httpx2
import pytest
from offer_kit import FORM, TOKEN, services_with
from support.api_server import OFFER_KEY, client_of
from support.arrangements import ENDS, ID, SUPERVISOR
from support.fake_services import FakeServices

from gateway.offers import sign_offer

GUESSES = [
    "x",
    TOKEN[:-1],
    ("A" if TOKEN[0] != "A" else "B") + TOKEN[1:],
    TOKEN[:-1] + ("A" if TOKEN[-1] != "A" else "Q"),
    sign_offer(b"another key of thirty-two bytes.", SUPERVISOR, ID, ENDS),
    sign_offer(b"another key of thirty-two bytes.", SUPERVISOR, ID, 1.0),
    sign_offer(b"another key of thirty-two bytes.", "roadside/nobody", "arr-9", ENDS),
]
"""Made up, cut, changed, and signed by somebody else: of one that there is, was, and never was."""

WAYS: list[tuple[str, str, dict[str, Any]]] = [
    ("GET", "", {}),
    ("GET", "/about", {}),
    ("POST", "", {"content": "answer=accept", "headers": FORM}),
    ("POST", "", {"content": "answer=cancel", "headers": FORM}),
]


@pytest.fixture
def looked_up(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Which twins were looked up."""
    seen: list[str] = []
    state = FakeServices.state

    async def noted(self: FakeServices, twin_id: str, position: int | None = None) -> Any:
        seen.append(twin_id)
        return await state(self, twin_id, position)

    monkeypatch.setattr(FakeServices, "state", noted)
    return seen


def told_by(answer: httpx2.Response) -> tuple[Any, ...]:
    """All that an answer tells, but the id and the moment of the request."""
    own = {"date", "x-request-id", "traceparent", "server-timing"}
    headers = {name: value for name, value in answer.headers.items() if name not in own}
    return answer.status_code, headers, answer.text


@pytest.mark.parametrize(("method", "more", "given"), WAYS)
async def test_all_guesses_get_the_same_answer_and_nothing_is_looked_up(
    looked_up: list[str], method: str, more: str, given: dict[str, Any]
) -> None:
    """So the time that it takes says nothing either: no twin is asked, whatever there is."""
    there, empty = services_with(), FakeServices()
    answers = []
    for services in (there, empty):
        async with client_of(services) as client:
            answers += [
                await client.request(method, f"/offers/{token}{more}", **given) for token in GUESSES
            ]

    assert {404} == {answer.status_code for answer in answers}
    assert all(told_by(answers[0]) == told_by(answer) for answer in answers)
    assert ([], [], []) == (looked_up, there.sent, empty.sent)


@pytest.mark.parametrize(("method", "more", "given"), WAYS)
async def test_a_link_that_is_over_tells_nothing_of_what_there_was(
    looked_up: list[str], method: str, more: str, given: dict[str, Any]
) -> None:
    """A day after its end: the same for one that was taken, and for one that never was."""
    there, empty = services_with(), FakeServices()
    answers = []
    for services in (there, empty):
        services.now = ENDS + 86_400.0
        async with client_of(services) as client:
            answers.append(await client.request(method, f"/offers/{TOKEN}{more}", **given))

    assert 410 == answers[0].status_code
    assert told_by(answers[0]) == told_by(answers[1])
    assert ([], [], []) == (looked_up, there.sent, empty.sent)


async def test_a_used_link_answers_once_whatever_is_tapped_next() -> None:
    """Yes, and then no: both carry the id of the link's one answer, so that the first holds."""
    services = services_with()
    async with client_of(services) as client:
        for answer in ("accept", "decline"):
            await client.post(f"/offers/{TOKEN}", content=f"answer={answer}", headers=FORM)
    yes, no = services.sent

    assert (True, False) == (yes.message.data["accept"], no.message.data["accept"])
    assert yes.message.id == no.message.id


async def test_the_feed_of_a_guess_is_refused_in_the_same_way() -> None:
    """As a problem, since only a script reads it."""
    texts = set()
    for services in (services_with(), FakeServices()):
        async with client_of(services) as client:
            for token in GUESSES:
                answer = await client.get(f"/offers/{token}/live")
                assert (404, "not_found") == (answer.status_code, answer.json()["reason"])
                texts.add(answer.json()["detail"])

    assert 1 == len(texts)


def test_the_guesses_are_of_a_link_that_holds() -> None:
    """Or none of this would show anything."""
    assert TOKEN == sign_offer(OFFER_KEY, SUPERVISOR, ID, ENDS)
    assert TOKEN not in GUESSES
