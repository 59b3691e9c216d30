"""What a person writes back finds her twin, and from there whoever has to hear it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import actors.supervisors
from actors.testing import Fleet
from twins.people.replies import address_id, meant, numbered

assert actors.supervisors, "whose offer it was has to be a kind"

HER, DESK, ASKER = "customer/c1", "desk/default", "test_party/c1"
NUMBER = "+358 40 1234567"
SMS = address_id("sms", NUMBER)


def person(*, asked: bool = True) -> Fleet:
    """Somebody who was sent an offer by SMS."""
    fleet = Fleet()
    fleet.tell(DESK, "configured", {"name": "d"})
    ways = [{"channel": "sms", "address": NUMBER}]
    fleet.tell(HER, "configured", {"name": "Lisa", "channels": ways})
    if asked:
        offer = {"supervisor": "composed/x", "arrangement_id": "a1", "expires_at": fleet.now + 500}
        fleet.tell(HER, "message.requested", {
            "id": "m1", "about": "vehicle/v1", "template": "t", "offer": offer, "urgency": "high",
            "texts": {"en": {"subject": "s", "text": "t"}},
        })  # fmt: skip
    return fleet


def write(fleet: Fleet, text: str, **more: Any) -> None:
    """She writes."""
    said = {"channel": "sms", "at": fleet.now, "text": text, **more}
    fleet.tell(SMS, "reply.received", said)


def heard(fleet: Fleet) -> list[str]:
    """What the supervisor was told."""
    return [type_ for _, twin_id, type_ in fleet.handled if twin_id == "composed/x"]


@pytest.mark.parametrize(
    ("text", "type_"),
    [("Yes", "offer.answered"), ("Nein danke!", "offer.answered"), ("soita", "reply.given"),
     ("cancel", "reply.given"), ("yes, but can my dog come?", "reply.given")],
)  # fmt: skip
def test_an_answer_goes_to_whose_offer_it_was(text: str, type_: str) -> None:
    """Also what nobody understands."""
    fleet = person()
    write(fleet, text)

    assert [type_] == heard(fleet)
    assert ["offer.sent", "message.received"] == [it.what for it in fleet.twin(HER).contacts]


def test_by_another_channel_it_is_no_answer() -> None:
    """Nobody knows which offer is meant; a person reads it."""
    fleet = person()
    write(fleet, "yes", channel="email")

    assert [] == heard(fleet)
    assert 1 == len(fleet.twin(DESK).cases)


def test_what_is_tapped_names_its_offer() -> None:
    """Whichever she got last."""
    fleet = person()
    write(fleet, "", what="accept", supervisor="composed/x", arrangement_id="older", until=5.0)

    assert ["offer.answered"] == heard(fleet)


def test_what_she_writes_of_herself_is_one_case() -> None:
    """While it is open, the rest becomes its notes."""
    fleet = person(asked=False)
    fleet.tell(SMS, "address.used", {"person": HER})
    write(fleet, "Hello?")
    write(fleet, "Anybody?")
    (case,) = fleet.twin(DESK).cases.values()

    assert "Lisa wrote by sms: Hello?" == case.reason
    assert ["Lisa wrote by sms: Anybody?"] == case.notes


def test_strangers_are_counted() -> None:
    """Nobody's twin is made by a message from outside."""
    fleet = person(asked=False)
    write(fleet, "buy this")

    assert 1 == fleet.twin(SMS).strangers
    assert [] == fleet.twin(HER).contacts


def test_an_address_is_the_same_however_it_is_written() -> None:
    """Only where the channel does not care."""
    assert address_id("email", "Lisa@Example.org") == address_id("email", "lisa@example.org ")
    assert SMS == address_id("sms", "+358401234567")
    assert address_id("wechat", "oAb") != address_id("wechat", "oab")


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("YES!", "accept"), ("  ja, bitte. ", "accept"), ("2", None),
        ("Ei kiitos", "decline"),
        ("I\N{RIGHT SINGLE QUOTATION MARK}m fine", "fine"), ("Anderer Termin", "another_time"),
        ("yes\n\nOn Monday you wrote:\n> no", "accept"), ("yes but", None), ("", None),
        ("no yes", None), ("x" * 10_000, None),
    ],
)  # fmt: skip
def test_what_a_few_words_mean(text: str, what: str | None) -> None:
    """Only a whole line counts."""
    assert what == meant(text)


@pytest.mark.parametrize(
    ("text", "number"),
    [("2", 2), (" 2) ", 2), ("2.\n> 1) Tuesday", 2), ("4", None), ("0", None), ("12", None),
     ("two", None), ("2 please", None), ("-2", None), ("²", None), ("", None)],
)  # fmt: skip
def test_a_number_names_an_alternative(text: str, number: int | None) -> None:
    """One that stands in the letter, and nothing else."""
    assert number == numbered(text, [1, 2, 3])
    assert numbered(text, []) is None


@given(st.text())
def test_any_text_means_something_or_nothing(text: str) -> None:
    """It never fails."""
    assert meant(text) in {"accept", "decline", "another_time", "call_me", "fine", "cancel", None}
