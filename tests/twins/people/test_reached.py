"""A person is told things when it suits her, and never too late, too often or twice."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from actors.testing import Fault, Fleet
from twins.ids import digest
from twins.outputs import Effect
from twins.people.pacing import day_of, is_quiet
from twins.people.reached import MAX_SENDING
from twins.testing import Trial

HER, CAR, ASKER = "customer/c1", "vehicle/v1", "invitation/i1"
ZONE = "Europe/Helsinki"
NIGHT = [{"starts_s": 22 * 3600, "ends_s": 7 * 3600}]
HOUR = 3600.0


def person(**settings: Any) -> Fleet:
    """Somebody with two channels, whose night begins in some hours."""
    fleet = Fleet()
    ways = [{"channel": name, "address": "1"} for name in ("sms", "email")]
    fleet.tell(HER, "configured", {"channels": ways, "timezone": ZONE, **settings})
    return fleet


def message(fleet: Fleet, id_: str, urgency: str = "normal", **more: Any) -> None:
    """Somebody has her told something."""
    texts = {"en": {"subject": id_, "text": id_}}
    fleet.tell(HER, "message.requested", {
        "id": id_, "about": CAR, "template": "t", "texts": texts, "urgency": urgency, **more,
    })  # fmt: skip


def to_night(fleet: Fleet) -> None:
    """Let it become an hour past ten in the evening."""
    while not is_quiet(fleet.twin(HER).quiet, ZONE, fleet.now):
        fleet.advance(HOUR)


def settled(fleet: Fleet) -> list[tuple[str, str]]:
    """(what, detail) of her contacts."""
    return [(it.what, it.detail) for it in fleet.twin(HER).contacts]


def test_at_night_only_what_is_urgent() -> None:
    """The rest comes in the morning, in order; a replay says the same."""
    fleet = person(quiet=NIGHT)
    to_night(fleet)
    message(fleet, "late", "low")
    message(fleet, "soon")
    message(fleet, "now", "high")

    assert ["now"] == [it["subject"] for it in fleet.notices]

    fleet.advance(12 * HOUR)

    assert ["now", "soon", "late"] == [it["subject"] for it in fleet.notices]
    assert fleet.replay().states() == fleet.states()
    assert fleet.twin(HER).sending is None


def test_what_would_come_too_late_is_settled_at_once() -> None:
    """Whoever asked can do something else meanwhile."""
    fleet = person(quiet=NIGHT)
    to_night(fleet)
    message(fleet, "m", until=fleet.now + HOUR)

    assert [("message.not_sent", "t: quiet_hours")] == settled(fleet)
    assert [] == fleet.effects


def test_who_asked_hears_when_she_may_be_told() -> None:
    """So that it can be told anew then; where no time comes, none is said."""
    for quiet, hears in ((NIGHT, True), ([{"starts_s": 0, "ends_s": 86_400}], False)):
        trial = Trial(HER)
        ways = [{"channel": "sms", "address": "1"}]
        trial.tell("configured", {"channels": ways, "timezone": ZONE, "quiet": quiet})
        while not is_quiet(trial.twin.quiet, ZONE, trial.now):
            trial.advance(HOUR)
        trial.tell("message.requested", {
            "id": "m", "about": CAR, "template": "t", "asker": CAR, "until": trial.now + HOUR,
            "texts": {"en": {"subject": "m", "text": "m"}},
        })  # fmt: skip
        (said,) = [tell.data for tell in trial.tells if tell.type == "message.settled"]

        assert hears == (said.free_at is not None)
        assert not hears or not is_quiet(trial.twin.quiet, ZONE, said.free_at)


def test_what_the_night_would_make_too_late_disturbs_her() -> None:
    """Only that; what is early enough in the morning waits for it."""
    fleet = person(quiet=NIGHT)
    to_night(fleet)
    message(fleet, "waits", by=fleet.now + 12 * HOUR)
    message(fleet, "hurries", by=fleet.now + 2 * HOUR)
    night = [(notice["subject"], notice["urgency"]) for notice in fleet.notices]
    fleet.advance(12 * HOUR)

    assert [("hurries", "high")] == night
    assert ["hurries", "waits"] == [notice["subject"] for notice in fleet.notices]


def test_so_often_a_day() -> None:
    """What is more comes on the next days; what is urgent counts, and is not held back."""
    fleet = person(contacts_a_day=2)
    for number in range(4):
        message(fleet, f"m{number}")
    message(fleet, "urgent", "high")

    assert ["m0", "m1", "urgent"] == [it["subject"] for it in fleet.notices]

    day = day_of(ZONE, fleet.now)
    fleet.run_until(lambda: len(fleet.notices) == 5, 48 * HOUR)

    assert day + 1 == day_of(ZONE, fleet.now)


def test_what_nobody_carried_does_not_count() -> None:
    """She was not contacted."""
    fleet = person(contacts_a_day=1)
    fleet.fault = lambda _: Fault(carried_out=False, reason="refused")
    message(fleet, "m0")
    fleet.fault = lambda _: Fault()
    message(fleet, "m1")

    assert ["m1"] == [it["subject"] for it in fleet.notices]


def test_a_second_channel_waits_for_the_morning_too() -> None:
    """The first one failed after the night had begun."""
    fleet = person(quiet=NIGHT)
    to_night(fleet)
    fleet.advance(24 * HOUR - 1.2 * HOUR)
    while not is_quiet(fleet.twin(HER).quiet, ZONE, fleet.now + HOUR / 2):
        fleet.advance(60.0)
    fleet.fault = lambda it: (
        Fault(carried_out=False, reason="refused", delay_s=0.75 * HOUR)
        if "sms" in it.address
        else Fault()
    )
    message(fleet, "m")
    fleet.advance(2 * HOUR)

    assert ["sms:1"] == [it.address for it in fleet.effects]
    assert (fleet.effects[0].expires_at or 0.0) <= fleet.now

    fleet.advance(10 * HOUR)

    assert ["sms:1", "email:1"] == [it.address for it in fleet.effects]
    assert not is_quiet(fleet.twin(HER).quiet, ZONE, fleet.now)


def test_held_back_is_bounded() -> None:
    """A person who is never to be disturbed does not fill her twin."""
    fleet = person(contacts_a_day=0)
    for number in range(MAX_SENDING + 3):
        message(fleet, f"m{number}")

    assert MAX_SENDING == len(fleet.twin(HER).sending)
    assert [("message.not_sent", "t: too_many")] * 3 == settled(fleet)


def test_an_answer_speaks_for_its_channel() -> None:
    """And an offer that runs out without one against it."""
    fleet = person()
    for number, way in enumerate(("sms", "sms", "email")):
        ends_at = fleet.now + 300.0
        offer = {"supervisor": "x/y", "arrangement_id": f"a{number}", "expires_at": ends_at}
        message(fleet, f"m{number}", "high", offer=offer, until=fleet.now + 300.0)

        assert f"{way}:1" == fleet.effects[-1].address

        fleet.advance(301.0)
    answered = {"at": fleet.now, "what": "offer.answered", "arrangement_id": "a2"}
    fleet.tell(HER, "contact.noted", answered)

    worked = fleet.twin(HER).worked

    assert (0.0, 2.0) == tuple(round(it, 1) for it in worked["sms:1"].counts(fleet.now))
    assert (1.0, 1.0) == tuple(round(it, 1) for it in worked["email:1"].counts(fleet.now))


URGENCIES = st.sampled_from(["low", "normal", "high"])
CAME = st.sampled_from([None, "refused", "expired", "unknown"])
SENT = st.lists(
    st.tuples(URGENCIES, st.floats(0, 9 * HOUR), st.none() | st.floats(60, 20 * HOUR)), max_size=14
)


@given(SENT, st.integers(0, 3), st.integers(0, 2**32))
def test_whatever_comes_her_wishes_hold(
    sent: list[tuple[str, float, float | None]], most: int, seed: int
) -> None:
    """No night is disturbed, no day has too many, nothing comes late or twice."""
    fleet = person(quiet=NIGHT, contacts_a_day=most)
    late: dict[str, float | None] = {}
    begun: list[tuple[float, Effect]] = []

    def fault(effect: Effect) -> Fault:
        begun.append((fleet.now, effect))
        drawn = int(digest(str(seed), effect.id), 16) % 5
        reason = (None, None, "refused", "expired", "unknown")[drawn]
        return Fault(carried_out=reason in (None, "unknown"), reason=reason, delay_s=drawn * 50.0)

    fleet.fault = fault
    for number, (urgency, wait_s, until_s) in enumerate(sent):
        fleet.advance(wait_s)
        late[f"m{number}"] = until = None if until_s is None else fleet.now + until_s
        message(fleet, f"m{number}", urgency, until=until)
    fleet.advance(2 * 86_400.0)
    days: dict[int, set[str]] = {}
    carried: dict[str, int] = {}
    for at, effect in begun:
        id_, urgency = effect.request["subject"], effect.request.get("urgency", "normal")
        until = late[id_]
        expires_at = effect.expires_at or 0.0
        assert until is None or expires_at <= until
        if at < expires_at and urgency != "high":
            assert not is_quiet(fleet.twin(HER).quiet, ZONE, at)
            days.setdefault(day_of(ZONE, at), set()).add(id_)
    for notice in fleet.notices:
        carried[notice["subject"]] = carried.get(notice["subject"], 0) + 1

    assert all(count == 1 for count in carried.values())
    ended = len(fleet.twin(HER).contacts) + len(fleet.twin(HER).sending or {})
    assert len(sent) == ended
    assert all(sum(id_ in carried for id_ in ids) <= most for ids in days.values())
    assert fleet.replay().states() == fleet.states()
