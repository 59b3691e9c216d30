"""Her calendar: feeds are followed, their spans meet those by hand, and bookings are sent."""

from datetime import UTC, datetime
from typing import Any

import pytest
from icalendar import Calendar
from msgspec import msgpack

from twins.event import Message
from twins.handler import Origin
from twins.outputs import Target
from twins.people.calendar import AHEAD_S, MAX_BOOKINGS, REFRESH_S, FeedAnswer
from twins.people.invitation import calendar_text
from twins.people.messages import Booking
from twins.testing import START, Trial

URL = "https://calendar.example/aino.ics"
DAY = 86_400.0


def followed(**settings: Any) -> Trial:
    """A customer with a feed."""
    trial = Trial("customer/c1")
    trial.tell("configured", {"calendar_feeds": [URL], "timezone": "Europe/Helsinki", **settings})
    return trial


def answered(trial: Trial, **answer: Any) -> None:
    """The worker has fetched the feed that was asked for last."""
    effect = trial.effects[-1]
    trial.tell("calendar.done", {"effect_id": effect.id, "key": effect.key, "result": answer})


def busy(trial: Trial) -> list[tuple[float, float]]:
    """What a supervisor is told."""
    trial.tell("profile.requested", {"asker": "roadside/v1", "arrangement_id": "a"})
    profile = trial.tells[-1].data
    return [(one.starts_at, one.ends_at) for one in profile.calendar]


def test_a_new_feed_is_fetched_at_once_and_then_every_few_hours() -> None:
    """With her time zone, for three months ahead."""
    trial = followed()
    (effect,) = trial.effects

    assert (effect.target, effect.address) == (Target.CALENDAR, URL)
    assert effect.request == {"since": START, "until": START + AHEAD_S, "zone": "Europe/Helsinki"}
    trial.advance(2.2 * REFRESH_S)
    assert len(trial.effects) == 3


def test_spans_of_feeds_meet_those_by_hand() -> None:
    """As few spans; what is past is left out, and both may overlap."""
    trial = followed(calendar=[
        {"starts_at": START + 100, "ends_at": START + 200},
        {"starts_at": START - 100, "ends_at": START - 50},
    ])  # fmt: skip
    answered(
        trial, busy=[[START + 150, START + 300], [START + 900, START + 950]], until=START + DAY
    )

    assert busy(trial) == [(START + 100, START + 300), (START + 900, START + 950)]


def test_an_unchanged_feed_keeps_what_is_known_and_says_so_to_its_host() -> None:
    """The next fetch names what it has, as long as that reaches far enough ahead."""
    trial = followed()
    spans = [[START + 60 * DAY, START + 60 * DAY + 60]]
    answered(trial, busy=spans, until=START + AHEAD_S, etag='"a"', modified="yesterday")
    trial.advance(1.2 * REFRESH_S)

    assert ('"a"', "yesterday") == (
        trial.effects[-1].request["etag"],
        trial.effects[-1].request["modified"],
    )
    answered(trial, unchanged=True)
    assert len(busy(trial)) == 1
    trial.advance(31 * DAY)
    assert "etag" not in trial.effects[-1].request


def test_a_failure_keeps_what_is_known() -> None:
    """And says why nothing newer is there; the next one that works takes that away."""
    trial = followed()
    answered(trial, busy=[[START + 1, START + 2]], until=START + AHEAD_S)
    effect = trial.effects[-1]
    trial.tell("calendar.failed", {"effect_id": effect.id, "key": effect.key,
                                   "reason": "refused", "detail": "host_not_allowed"})  # fmt: skip
    (feed,) = trial.twin.feeds.values()

    assert feed.problem == "refused: host_not_allowed"
    assert busy(trial) == [(START + 1, START + 2)]
    answered(trial, unchanged=True)
    assert feed.problem is None


def test_a_garbled_answer_changes_nothing() -> None:
    """It is told with the feed."""
    trial = followed()
    answered(trial, busy=[[1]])

    (feed,) = trial.twin.feeds.values()
    assert feed.problem.startswith("garbled")


def test_a_feed_that_is_dropped_is_forgotten() -> None:
    """Also what was on its way; nobody is woken for it any more."""
    trial = followed()
    trial.tell("configured", {"calendar_feeds": []})
    answered(trial, busy=[[START, START + 9]], until=START + DAY)
    trial.advance(3 * REFRESH_S)

    assert trial.twin.feeds is None
    assert len(trial.effects) == 1


def test_another_time_zone_reads_the_feed_anew() -> None:
    """Her whole days begin elsewhere now."""
    trial = followed()
    answered(trial, busy=[[START, START + 9]], until=START + AHEAD_S, etag='"a"')
    trial.tell("configured", {"timezone": "Asia/Tokyo"})

    assert {"zone": "Asia/Tokyo"}.items() <= trial.effects[-1].request.items()
    assert "etag" not in trial.effects[-1].request


def test_state_is_stored_whole() -> None:
    """Feeds and bookings come back."""
    trial = followed()
    answered(trial, busy=[[START, START + 9]], until=START + AHEAD_S)
    news(trial, slot())
    before = trial.twin
    trial.restore()

    assert before == trial.twin


def test_the_simulation_may_send_what_the_worker_does() -> None:
    """An answer survives the wire."""
    answer = FeedAnswer(busy=[(1.0, 2.0)], until=3.0)
    body = msgpack.encode(Message(data=answer))

    assert msgpack.decode(body, type=Message[FeedAnswer]).data == answer


# -- bookings ------------------------------------------------------------------------------------


def slot(starts_at: float = START + DAY, **more: Any) -> dict[str, Any]:
    """A service appointment."""
    return {"leg": "slot", "what": "Service appointment", "by": "Helmi & Söhne; Espoo",
            "starts_at": starts_at, "ends_at": starts_at + 3600, **more}  # fmt: skip


def news(trial: Trial, *booked: dict[str, Any], state: str = "underway") -> None:
    """An arrangement says what it has booked."""
    trial.tell("arrangement.changed", {
        "arrangement_id": "a1", "supervisor": "roadside/v1", "state": state, "open": True,
        "at": trial.now, "booked": list(booked),
    })  # fmt: skip


def reached(**more: Any) -> Trial:
    """A customer with an e-mail address."""
    trial = Trial("customer/c1")
    trial.tell("configured", {"name": "Aino", "language": "fi", "channels": [
        {"channel": "sms", "address": "+358401234567"},
        {"channel": "email", "address": "aino@example.com"},
    ], **more})  # fmt: skip
    return trial


def only_event(text: str) -> Any:
    """The one event of a calendar, read by somebody else's eyes."""
    (event,) = Calendar.from_ical(text).walk("VEVENT")
    return event


def test_a_booking_is_sent_once_to_her_calendar() -> None:
    """By e-mail, in her language, with the calendar; told again it is no news."""
    trial = reached()
    news(trial, slot())
    news(trial, slot())
    (effect,) = trial.effects
    event = only_event(effect.request["calendar"])

    assert effect.address == "email:aino@example.com"
    assert effect.request["subject"] == "Varattu sinulle"
    assert effect.request["data"]["at0"] == START + DAY
    assert event["UID"] == "a1.slot@vigil"
    assert event["SEQUENCE"] == 0
    assert event["SUMMARY"] == "Service appointment (Helmi & Söhne; Espoo)"
    assert event["DTSTART"].dt == datetime.fromtimestamp(START + DAY, UTC)
    assert "METHOD:PUBLISH" in effect.request["calendar"]


def test_a_change_keeps_the_uid_and_raises_the_sequence() -> None:
    """So that calendars move what they have."""
    trial = reached()
    news(trial, slot())
    news(trial, slot(START + 2 * DAY))
    first, second = (only_event(effect.request["calendar"]) for effect in trial.effects)

    assert first["UID"] == second["UID"]
    assert (first["SEQUENCE"], second["SEQUENCE"]) == (0, 1)


def test_what_is_released_is_cancelled_once() -> None:
    """METHOD:CANCEL with a higher sequence; and booked again it goes on from there."""
    trial = reached()
    news(trial, slot())
    news(trial, state="settling")
    news(trial, state="compensated")
    news(trial, slot())
    texts = [effect.request["calendar"] for effect in trial.effects]

    assert ["PUBLISH", "CANCEL", "PUBLISH"] == [
        str(Calendar.from_ical(text)["METHOD"]) for text in texts
    ]
    assert [0, 1, 2] == [only_event(text)["SEQUENCE"] for text in texts]
    assert "CANCELLED" == only_event(texts[1])["STATUS"]


def test_without_an_address_for_files_it_stands_in_her_feed() -> None:
    """Nothing is sent; her twin has it."""
    trial = Trial("customer/c1")
    news(trial, slot())

    assert trial.effects == []
    assert list(trial.twin.bookings) == ["a1.slot"]


def test_what_became_of_the_letter_is_noted() -> None:
    """Among her contacts."""
    trial = reached()
    news(trial, slot())
    effect = trial.effects[-1]
    trial.tell("booking.done", {"effect_id": effect.id, "key": effect.key})
    trial.tell("booking.failed", {"effect_id": effect.id, "key": effect.key, "reason": "refused"})

    assert [("booking.sent", None), ("booking.not_sent", "refused")] == [
        (one.what, one.detail) for one in trial.twin.contacts
    ]


def test_old_bookings_leave() -> None:
    """So many stay, those that end last."""
    trial = Trial("customer/c1")
    for number in range(MAX_BOOKINGS + 3):
        trial.tell("arrangement.changed", {
            "arrangement_id": f"a{number}", "supervisor": "roadside/v1", "state": "closed",
            "open": False, "at": START, "booked": [slot(START + number * DAY)],
        })  # fmt: skip

    assert len(trial.twin.bookings) == MAX_BOOKINGS
    assert "a0.slot" not in trial.twin.bookings


def test_hostile_words_stay_words() -> None:
    """A name cannot bring lines of its own into the calendar."""
    booking = Booking(id="a.slot", arrangement_id="a", what="x\r\nATTENDEE:mailto:eve@example.com",
                      by="y;Z=1", starts_at=START)  # fmt: skip
    event = only_event(calendar_text([booking]))

    assert "ATTENDEE" not in event
    assert "eve@example.com" in event["SUMMARY"]


def test_an_invitation_names_who_is_invited() -> None:
    """A REQUEST without attendee is none."""
    booking = Booking(id="a.slot", arrangement_id="a", what="x", starts_at=START)
    text = calendar_text([booking], method="REQUEST", organizer="mailto:help@example.com",
                         attendee="mailto:aino@example.com")  # fmt: skip

    assert only_event(text)["ATTENDEE"] == "mailto:aino@example.com"
    with pytest.raises(ValueError, match="attendee"):
        calendar_text([booking], method="REQUEST")


def test_only_vigil_says_what_a_feed_holds() -> None:
    """No device and no other twin can fill her calendar."""
    assert Trial("customer/c1").twin.kind.handler("calendar.done").least is Origin.INSIDE
