"""A person is told as it was learned, if she allows it; else, and whatever fails, as she likes."""

from random import Random
from typing import Any

import pytest

import actors.supervisors
from actors.errors import AskFailed
from actors.testing import Fault, Fleet
from twins.learning.messages import ALL, learner_of
from twins.people.consents import ConsentSaid
from twins.people.engaged import ADVICE_S

assert actors.supervisors, "importing it registers the kinds"

HER, LEARNER = "customer/c1", "engagement/offer_service"
NO_CHANCE = {"exploration": 0.0, "control": 0.0}
HOUR = 3600.0


def person(fleet: Fleet, her: str = HER, *, allows: bool = True, **settings: Any) -> None:
    """Somebody who prefers SMS, and has mail."""
    ways = [{"channel": name, "address": her[-12:]} for name in ("sms", "email")]
    fleet.tell(her, "configured", {"channels": ways, **settings})
    if allows:
        said = ConsentSaid(purpose="learning", given=True, how="web form", text_version="1")
        fleet.tell(her, "consent.said", said)


def offer(fleet: Fleet, id_: str, her: str = HER, hours: float = 0.5, **more: Any) -> None:
    """She is offered something."""
    until = fleet.now + hours * HOUR
    fleet.tell(her, "message.requested", {
        "id": id_, "about": "vehicle/v1", "template": "offer.service", "until": until,
        "texts": {"en": {"subject": id_, "text": id_}},
        "offer": {"supervisor": "x/y", "arrangement_id": id_, "expires_at": until}, **more,
    })  # fmt: skip


def answer(fleet: Fleet, id_: str, said: str = "accepted", her: str = HER) -> None:
    """She says something to it."""
    what = {"accepted": "offer.answered", "declined": "offer.answered"}.get(said, said)
    fleet.tell(her, "contact.noted", {
        "at": fleet.now, "what": what, "arrangement_id": id_, "detail": said,
    })  # fmt: skip


def heard_from_all(fleet: Fleet) -> None:
    """Let the learner begin."""
    person(fleet, "customer/first")
    offer(fleet, "first", "customer/first", 0.01)
    fleet.advance(HOUR)
    fleet.effects.clear()


def taught(fleet: Fleet, segment: str = "any.sms") -> None:
    """E-mail is always accepted, SMS never."""
    heard_from_all(fleet)
    fleet.tell(LEARNER, "configured", NO_CHANCE)
    for number in range(60):
        for channel, what in (("email", "accepted"), ("sms", "ignored")):
            fleet.tell(LEARNER, "engagement.tried", {
                "contact": f"t{number}{channel}", "segment": segment, "how": "learned",
                "taken": {"channel": channel}, "what": what, "after_s": 1.0,
            })  # fmt: skip


def ways(fleet: Fleet) -> list[str]:
    """By which channels something left."""
    return [it.address.partition(":")[0] for it in fleet.effects]


def test_what_was_learned_is_done_and_what_she_did_is_learned() -> None:
    """The other channel comes first; her answer is one more contact; a replay says the same."""
    fleet = Fleet()
    taught(fleet)
    person(fleet)
    offer(fleet, "o1")
    answer(fleet, "o1")
    known = fleet.twin(LEARNER)

    assert ["email"] == ways(fleet)
    assert 61 == known.segments["any.sms"]["channel"]["email"].n == known.did["accepted"]
    assert fleet.twin(HER).trials is None
    assert fleet.replay().states() == fleet.states()


def test_a_new_segment_begins_with_what_the_others_know() -> None:
    """As some contacts' worth: most of its first persons get mail."""
    fleet = Fleet()
    taught(fleet)
    for number in range(40):
        person(fleet, f"customer/n{number}", tier="gold")
        offer(fleet, f"o{number}", f"customer/n{number}")

    assert ways(fleet).count("email") > 30


@pytest.mark.parametrize("why", ["no consent", "urgent", "off", "all off"])
def test_otherwise_she_is_told_as_she_likes(why: str) -> None:
    """And nothing is learned from it."""
    fleet = Fleet()
    taught(fleet)
    before = fleet.twin(LEARNER).segments
    person(fleet, allows=why != "no consent")
    if "off" in why:
        fleet.ask(ALL if "all" in why else LEARNER, "engagement.set",
                  {"by": "ann", "learning": False})  # fmt: skip
        fleet.run()
    offer(fleet, "o1", urgency="high" if why == "urgent" else "normal")
    answer(fleet, "o1")

    assert ["sms"] == ways(fleet)
    assert before == fleet.twin(LEARNER).segments
    assert fleet.twin(HER).trials is None


def test_all_may_be_switched_on_again() -> None:
    """Learning goes on with what was known."""
    fleet = Fleet()
    taught(fleet)
    person(fleet)
    for learning in (False, True):
        fleet.tell(ALL, "configured", {"learning": learning})
    offer(fleet, "o1")

    assert ["email"] == ways(fleet)


def test_what_nobody_answered_counts_as_ignored() -> None:
    """When the offer is over; what was opened counts more."""
    fleet = Fleet()
    taught(fleet)
    person(fleet)
    offer(fleet, "o1")
    offer(fleet, "o2")
    answer(fleet, "o2", "offer.opened")
    fleet.advance(HOUR)
    did = fleet.twin(LEARNER).did

    assert (61, 1) == (did["ignored"], did["opened"])


@pytest.mark.parametrize(("said", "what"), [
    ("declined", "declined"), ("reply.fine", "fine"), ("reply.call_me", "call_me"),
    ("reply.another_time", "another_time"), ("reply.cancel", "cancel"), ("reply.words", "words"),
])  # fmt: skip
def test_whatever_she_says_is_learned(said: str, what: str) -> None:
    """Once: a second answer counts no more."""
    fleet = Fleet()
    taught(fleet)
    person(fleet)
    offer(fleet, "o1")
    answer(fleet, "o1", said)
    answer(fleet, "o1", said)

    assert 1 == fleet.twin(LEARNER).did[what]


def test_what_she_opens_is_not_remembered_without_her_consent() -> None:
    """Who has withdrawn it leaves no trace of that; who has not, does."""
    fleet = Fleet()
    taught(fleet)
    person(fleet)
    offer(fleet, "o1")
    answer(fleet, "o1", "offer.opened")
    kept = [contact.what for contact in fleet.twin(HER).contacts]
    said = ConsentSaid(purpose="learning", given=False, how="telephone")
    fleet.tell(HER, "consent.said", said)
    answer(fleet, "o1", "offer.opened")

    assert ["offer.sent", "offer.opened"] == kept
    assert kept == [contact.what for contact in fleet.twin(HER).contacts]


@pytest.mark.parametrize("what", ["offer.answered", "reply.fine", "reply.call_me"])
def test_what_another_answers_for_her_is_not_hers(what: str) -> None:
    """Neither as an experiment nor for the channel; her contacts say who it was."""
    fleet = Fleet()
    taught(fleet)
    person(fleet)
    offer(fleet, "o1")
    before = fleet.twin(LEARNER).did
    said = {"at": fleet.now, "what": what, "arrangement_id": "o1", "detail": "accepted"}
    fleet.tell(HER, "contact.noted", {**said, "by": "employee/ann"})
    fleet.advance(HOUR)
    her = fleet.twin(HER)

    assert before == fleet.twin(LEARNER).did
    assert (None, None, None) == (her.trials, her.asked, her.worked)
    assert "employee/ann" == her.contacts[-1].by
    assert fleet.replay().states() == fleet.states()


def test_who_withdraws_teaches_nothing_more() -> None:
    """What is under way is let go."""
    fleet = Fleet()
    taught(fleet)
    person(fleet)
    offer(fleet, "o1")
    before = fleet.twin(LEARNER).did
    said = ConsentSaid(purpose="learning", given=False, how="telephone")
    fleet.tell(HER, "consent.said", said)
    answer(fleet, "o1")

    assert before == fleet.twin(LEARNER).did
    assert fleet.twin(HER).trials is None


def test_advice_that_does_not_come_is_not_awaited() -> None:
    """She is told as she likes; advice that comes then changes nothing."""
    fleet = Fleet()
    person(fleet)
    her = "customer/c1"
    fleet.send(her, "message.requested", {
        "id": "o1", "about": "vehicle/v1", "template": "offer.service",
        "texts": {"en": {"subject": "s", "text": "t"}},
        "offer": {"supervisor": "x/y", "arrangement_id": "o1", "expires_at": fleet.now + HOUR},
    })  # fmt: skip
    shard = fleet._shard(her)
    entry = fleet._outside.popleft()
    fleet._apply(shard, shard.block(entry))
    lost = fleet._shard(LEARNER)
    kept = list(lost.waiting)
    lost.waiting.clear()

    assert [] == fleet.effects

    fleet.advance(ADVICE_S + 1.0)

    assert (["sms"], True) == (ways(fleet), bool(kept))


def test_a_channel_that_failed_is_not_credited() -> None:
    """The one is that carried it."""
    fleet = Fleet()
    taught(fleet)
    person(fleet)
    fleet.fault = lambda it: (
        Fault(carried_out=False, reason="refused") if "email" in it.address else Fault()
    )
    offer(fleet, "o1")
    answer(fleet, "o1")
    known = fleet.twin(LEARNER).segments["any.sms"]["channel"]

    assert (["email", "sms"], 60, 61) == (ways(fleet), known["email"].n, known["sms"].n)


def test_the_time_of_her_day_is_learned() -> None:
    """Who answers in the evening is told in the evening, if half of the time is left then."""
    fleet = Fleet()
    heard_from_all(fleet)
    person(fleet)
    fleet.tell(LEARNER, "configured", NO_CHANCE)
    offer(fleet, "o0", hours=24.0)
    fleet.run_until(lambda: fleet.twin(HER).trials is not None, 12 * HOUR)
    here = fleet.twin(HER).trials["o0"].taken["time"]
    blocks = [f"{hour:02}-{hour + 4:02}" for hour in range(0, 24, 4)]
    later = blocks[(blocks.index(here) + 2) % len(blocks)]
    for number in range(60):
        for block in blocks:
            fleet.tell(LEARNER, "engagement.tried", {
                "contact": f"t{number}{block}", "segment": "any.sms", "how": "learned",
                "taken": {"time": block}, "what": "accepted" if block == later else "ignored",
                "after_s": 1.0,
            })  # fmt: skip
    fleet.effects.clear()
    offer(fleet, "o1", hours=24.0)

    assert [] == fleet.effects

    fleet.run_until(lambda: bool(fleet.effects), 12 * HOUR)

    assert later == fleet.twin(HER).trials["o1"].taken["time"]

    offer(fleet, "o2", hours=11.0)

    assert 2 == len(fleet.effects)


def test_the_wording_is_learned() -> None:
    """In her language; the channel carries what was chosen, and that is credited."""
    fleet = Fleet()
    heard_from_all(fleet)
    fleet.tell(LEARNER, "configured", NO_CHANCE)
    for number in range(60):
        for wording, what in (("short", "accepted"), ("plain", "ignored")):
            fleet.tell(LEARNER, "engagement.tried", {
                "contact": f"t{number}{wording}", "segment": "any.sms", "how": "learned",
                "taken": {"wording": wording}, "what": what, "after_s": 1.0,
            })  # fmt: skip
    person(fleet, language="de-AT")
    words = {"en": {"subject": "short", "text": "t"}, "de": {"subject": "kurz", "text": "k"}}
    plain = {"de": {"subject": "lang", "text": "l"}, "en": {"subject": "long", "text": "l"}}
    offer(fleet, "o1", texts=plain, wordings={"short": words, "odd": {"fi": words["en"]}})
    answer(fleet, "o1")

    assert ("kurz", "k") == (fleet.notices[-1]["subject"], fleet.notices[-1]["text"])
    assert 61 == fleet.twin(LEARNER).segments["any.sms"]["wording"]["short"].n
    assert fleet.replay().states() == fleet.states()


def test_the_offer_is_learned() -> None:
    """She is shown what was chosen; what is of another arrangement is no choice."""
    fleet = Fleet()
    heard_from_all(fleet)
    fleet.tell(LEARNER, "configured", NO_CHANCE)
    for number in range(60):
        for name, what in (("2 first", "accepted"), ("plain", "ignored"), ("odd", "accepted")):
            fleet.tell(LEARNER, "engagement.tried", {
                "contact": f"t{number}{name[0]}", "segment": "any.sms", "how": "learned",
                "taken": {"offer": name}, "what": what, "after_s": 1.0,
            })  # fmt: skip
    person(fleet)
    until = fleet.now + 0.5 * HOUR
    same = {"supervisor": "service/v1", "arrangement_id": "o1", "expires_at": until}
    odd = {**same, "arrangement_id": "o2"}
    offer(fleet, "o1", offer=same, offers={"2 first": {**same, "first": 2}, "odd": odd})
    answer(fleet, "o1")
    known = fleet.twin(LEARNER).segments["any.sms"]["offer"]

    assert {**same, "first": 2} == fleet.notices[-1]["offer"]
    assert (61, 60) == (known["2 first"].n, known["odd"].n)
    assert fleet.replay().states() == fleet.states()


def test_one_offer_is_no_choice() -> None:
    """Nobody is asked what to offer."""
    fleet = Fleet()
    taught(fleet)
    person(fleet)
    offer(fleet, "o1")

    assert "offer" not in fleet.twin(HER).trials["o1"].taken


def test_who_does_not_allow_it_reads_the_plain_wording() -> None:
    """Whatever else there is."""
    fleet = Fleet()
    heard_from_all(fleet)
    person(fleet, allows=False)
    offer(fleet, "o1", wordings={"short": {"en": {"subject": "short", "text": "t"}}})

    assert "o1" == fleet.notices[-1]["subject"]


def test_the_floor_of_exploration_and_the_control_hold() -> None:
    """Shares are as set, drawn from the contact; the same in every replay."""
    fleet = Fleet()
    taught(fleet)
    fleet.tell(LEARNER, "configured", {"exploration": 0.2, "control": 0.3})
    n = 300
    for number in range(n):
        person(fleet, f"customer/n{number}")
        offer(fleet, f"o{number}", f"customer/n{number}")
    given = fleet.twin(LEARNER).given

    assert abs(given["explored"] - 0.2 * n) < 4.0 * (n * 0.16) ** 0.5
    assert abs(given["control"] - 0.3 * n) < 4.0 * (n * 0.21) ** 0.5
    assert fleet.replay().states() == fleet.states()


def test_a_population_of_twins_is_told_better_and_better() -> None:
    """Through the twins: mail is accepted by 70 %, SMS by 30 %; a replay chooses the same."""
    fleet = Fleet(seed=7)
    chance = Random(7)
    heard_from_all(fleet)
    for number in range(200):
        her = f"customer/n{number}"
        person(fleet, her)
        offer(fleet, f"o{number}", her)
        channel = fleet.twin(her).trials[f"o{number}"].taken["channel"]
        if chance.random() < (0.7 if channel == "email" else 0.3):
            answer(fleet, f"o{number}", "accepted", her)
        fleet.advance(HOUR)
    sent = ways(fleet)

    assert sent[100:].count("email") > 75
    assert fleet.replay().states() == fleet.states()


def test_settings_that_leave_nothing_to_learn_from_are_refused() -> None:
    """And change nothing."""
    fleet = Fleet()
    with pytest.raises(AskFailed, match=r"more than 0\.5 together"):
        fleet.ask(LEARNER, "engagement.set", {"by": "ann", "exploration": 0.4, "control": 0.4})

    assert 0.05 == fleet.twin(LEARNER).settings.exploration


def test_names_of_learners() -> None:
    """Each template has its own; none is the switch for all."""
    names = [learner_of(name) for name in ("offer.service", "all", "ä ö", "x" * 200)]

    assert [LEARNER, "engagement/all_", "engagement/_", "engagement/" + "x" * 60] == names
