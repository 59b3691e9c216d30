"""What she said holds: for addresses, for what waits, and for what an import brings again."""

from typing import Any

import pytest

from actors.testing import Fault, Fleet

HER, CAR = "customer/c1", "vehicle/v1"
NIGHT = [{"starts_s": 22 * 3600, "ends_s": 7 * 3600}]
HOUR = 3600.0
MAIL = {"channel": "email", "address": "lisa@example.org"}
SMS = {"channel": "sms", "address": "+358401234567"}


def person(*channels: dict[str, str], **more: Any) -> Fleet:
    """Somebody with these channels."""
    fleet = Fleet()
    fleet.tell(HER, "configured", {"channels": list(channels), **more})
    return fleet


def message(fleet: Fleet, id_: str = "m", **more: Any) -> None:
    """Somebody has her told something."""
    texts = {"en": {"subject": id_, "text": id_}}
    fleet.tell(HER, "message.requested", {
        "id": id_, "about": CAR, "template": "t", "texts": texts, **more,
    })  # fmt: skip


def contacts(fleet: Fleet) -> list[tuple[str, str, str | None]]:
    """(what, channel, detail) of her contacts."""
    return [(one.what, one.channel, one.detail) for one in fleet.twin(HER).contacts]


def to_night(fleet: Fleet) -> None:
    """Let it become half past ten in the evening, by UTC."""
    fleet.advance((22.5 * HOUR - fleet.now) % (24 * HOUR))


def test_a_stopped_address_is_left_alone() -> None:
    """However it is written, and whoever brings it again; her other channels are used."""
    fleet = person(MAIL, SMS)
    fleet.tell(HER, "channel.stopped", {**MAIL, "address": "Lisa@Example.org", "how": "link"})
    fleet.tell(HER, "configured", {"channels": [MAIL, SMS]})
    message(fleet)

    assert [("channel.stopped", "email", "link"), ("message.sent", "sms", "t")] == contacts(fleet)
    assert fleet.replay().states() == fleet.states()


def test_where_nothing_is_left_whoever_asked_hears_it() -> None:
    """Also of what is urgent: she said it. Resumed, it is used again."""
    fleet = person(MAIL)
    fleet.tell(HER, "channel.stopped", MAIL)
    message(fleet, "a", urgency="high")
    fleet.tell(HER, "channel.resumed", MAIL)
    message(fleet, "b")

    assert [
        ("channel.stopped", "email", None), ("message.not_sent", "", "t: unsubscribed"),
        ("channel.resumed", "email", None), ("message.sent", "email", "t"),
    ] == contacts(fleet)  # fmt: skip


def test_bookings_go_to_no_stopped_address() -> None:
    """They stand in her feed none the less."""
    fleet = person(MAIL)
    fleet.tell(HER, "channel.stopped", MAIL)
    fleet.tell(HER, "arrangement.changed", {
        "arrangement_id": "a1", "supervisor": "service/v1", "state": "closed", "open": False,
        "at": fleet.now,
        "booked": [{"leg": "slot", "what": "Service", "starts_at": fleet.now + HOUR}],
    })  # fmt: skip

    assert [] == fleet.effects
    assert ["a1.slot"] == list(fleet.twin(HER).bookings)


@pytest.mark.parametrize(
    ("said", "data", "reason"),
    [
        ("consent.said", {"purpose": "marketing", "given": False, "how": "link"}, "no_consent"),
        ("channel.stopped", MAIL, "unsubscribed"),
        ("configured", {"channels": []}, "no_channel"),
    ],
)
def test_what_waits_for_the_morning_obeys_what_she_says_at_night(
    said: str, data: dict[str, Any], reason: str
) -> None:
    """It is looked at again before it leaves; whoever asked hears why it did not."""
    fleet = person(MAIL, quiet=NIGHT)
    agreed = {"purpose": "marketing", "given": True, "how": "web", "text_version": "v1"}
    fleet.tell(HER, "consent.said", agreed)
    to_night(fleet)
    message(fleet, urgency="low", purpose="marketing")
    fleet.tell(HER, said, data)
    fleet.advance(12 * HOUR)

    assert [] == fleet.notices
    assert ("message.not_sent", "", f"t: {reason}") == contacts(fleet)[-1]
    assert fleet.twin(HER).sending is None


def test_the_next_channel_may_be_stopped_meanwhile() -> None:
    """The first one fails, and by then she wants nothing by the second: nothing follows."""
    fleet = person(SMS, MAIL)
    fleet.fault = lambda _: Fault(carried_out=False, reason="refused", delay_s=10.0)
    message(fleet, asker="invitation/i1")
    fleet.tell(HER, "channel.stopped", MAIL)
    fleet.advance(60.0)

    assert ["sms:+358401234567"] == [effect.address for effect in fleet.effects]
    assert ("message.not_sent", "", "t: unsubscribed") == contacts(fleet)[-1]
    assert fleet.twin(HER).sending is None
