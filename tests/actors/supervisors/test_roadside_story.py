"""The roadside story when all goes well, and when the customer or the world wants it otherwise."""

from typing import Any

import msgspec
import pytest
from support.city import CAR, DESK, OWNER, SUPERVISOR, City, city
from support.world import START, replay

from actors.supervisors.arrangement import LegState, State
from twins.outputs import Target

YES = {"accept": True}


def rescued(**said: Any) -> City:
    """A city in which the car overheated and the arrangement has ended."""
    here = city()
    here.world.customer = lambda _: {**YES, **said}
    here.overheat()
    here.world.run_until(here.ended)
    return here


def before(steps: list[str], *names: str) -> bool:
    """Whether these steps came in this order."""
    positions = [steps.index(name) for name in names]
    return positions == sorted(positions)


def test_rescued_from_signal_to_arrival() -> None:
    """Warned, asked, held, offered once, accepted, confirmed, claimed, followed, closed."""
    here = rescued()
    steps = here.steps

    assert here.arrangement.state is State.CLOSED
    assert before(
        steps, "signal.noticed", "profile.answered", "cover.held", "tow.asked", "tow.held",
        "slot.held", "rental.held", "offer.sent", "offer.answered", "tow.confirmed",
        "cover.confirmed", "claim.opened", "tow.arrived", "arrangement.closed",
    )  # fmt: skip
    assert before(steps, "ride.held", "rental.asked")
    assert {"warn_driver.done", "pull_over.done", "open_trunk.requested"} <= set(steps)
    assert len(here.world.notices) == 1
    assert (here.count("held"), here.count("confirmed")) == (0, 5)


def test_every_step_carries_its_ids() -> None:
    """When, at which twin, of which signal and arrangement."""
    here = rescued()
    arr = here.arrangement
    signal = here.world.signals[0]

    for step in arr.steps:
        assert (step.signal_id, step.arrangement_id) == (signal.id, arr.id)
        assert "/" in step.twin_id
        assert START <= step.at <= here.world.now
    assert [step.at for step in arr.steps] == sorted(step.at for step in arr.steps)


def test_the_soonest_truck_of_all_operators() -> None:
    """The one with the smallest ETA, though it costs more."""
    here = rescued()

    assert here.arrangement.legs["tow"].service == "tow_operator/t2"
    assert here.arrangement.legs["ride"].service == "ride_company/r1"


def test_the_slot_fits_her_calendar_and_the_tow() -> None:
    """At her dealer, none of her busy time in it, and after the truck can be there."""
    here = rescued()
    slot, tow = here.arrangement.legs["slot"], here.arrangement.legs["tow"]

    assert slot.service == "dealer/x1"
    assert slot.starts_at >= START + 6 * 3600
    assert slot.starts_at > tow.held_at + tow.eta_s

    free = city()
    free.world.send(OWNER, "configured", {"calendar": []})
    free.world.customer = lambda _: YES
    free.overheat()
    free.world.run_until(free.ended)

    # 600 s that she may take, 600 s until the truck is there, 900 s to load, 114 s to the dealer.
    assert free.arrangement.legs["slot"].starts_at == START + 3600


def test_a_slot_is_checked_whoever_offers_it() -> None:
    """A dealer that offers what was not asked for does not get her car."""
    here = city()
    here.dealer.stubborn = True
    here.world.send(OWNER, "configured", {"calendar": []})
    here.world.customer = lambda _: YES
    here.overheat()
    here.world.run_until(here.ended)

    assert here.dealer.holds == {}
    assert here.arrangement.legs["slot"].state is LegState.FAILED
    assert here.arrangement.state is State.CLOSED


def test_the_rental_is_there_when_the_ride_ends() -> None:
    """At the depot that the ride goes to, until her car is serviced."""
    here = rescued()
    legs = here.arrangement.legs
    ride = here.rides[0].holds[legs["ride"].hold_id]

    assert legs["rental"].service == "rental_depot/d1"
    assert ride.body["to"] == [60.18, 24.94]
    # 300 s until it comes, 120 s to board, 1,114 m at 30 km/h.
    assert legs["rental"].starts_at == pytest.approx(START + 11 + 1 + 300 + 120 + 133.7, abs=0.1)
    assert legs["rental"].ends_at == legs["slot"].ends_at


def test_the_offer_says_what_it_costs() -> None:
    """Covered legs cost her the deductible together; the rest its price; in her language."""
    here = rescued()
    notice = here.world.notices[0]
    offer = notice["offer"]

    assert {line["leg"]: line["price_cents"] for line in offer["lines"]} == {
        "tow": 0, "slot": 9900, "ride": 2000, "rental": 0, "cover": 5000,
    }  # fmt: skip
    assert (offer["total_cents"], offer["currency"]) == (16_900, "EUR")
    assert (offer["supervisor"], offer["arrangement_id"]) == (SUPERVISOR, here.arrangement.id)
    assert notice["to"] == OWNER
    assert notice["subject"].startswith("Ihr Motor")
    assert notice["text"].startswith("Kaisa, bitte")
    assert offer["expires_at"] < START + 12 + 600


def test_the_claim_carries_its_evidence() -> None:
    """The readings and their times, the signal, what was arranged, how long the part will live.

    And whoever asks is told the insurer's number of it.
    """
    here = rescued()
    opened = next(step for step in here.arrangement.steps if step.name == "claim.opened")
    claim = here.insurer.holds[here.arrangement.legs["cover"].hold_id]
    evidence = claim.evidence or {}

    assert claim.state == "confirmed"
    assert (claim.offer["offer_id"], claim.hold_id) == (opened.detail, opened.hold_id)
    assert evidence["signal_id"] == here.world.signals[0].id
    assert evidence["readings"] == [[START + 2 + n, 95.0 + n] for n in range(11)]
    assert evidence["remaining_life_h"] == 1.5
    assert {leg["leg"] for leg in evidence["legs"]} == {"tow", "slot", "ride", "rental"}


def test_the_truck_is_followed() -> None:
    """Every few seconds car and customer are told where it is, until it is there."""
    here = rescued()
    arr, car, owner = here.arrangement, here.world.twin(CAR), here.world.twin(OWNER)
    polls = [call for call, _ in here.tows[1].calls if call == "position"]

    assert arr.track.arrived
    assert arr.track.position == (60.17, 24.94)
    assert car.helper == owner.arrangements[arr.id].helper
    assert car.helper.arrived
    assert len(polls) == 600 / 5 + 1


def test_the_customer_sees_how_it_stands() -> None:
    """Her twin knows the offer while it stands, what was said, and that it is over."""
    here = city()
    here.overheat()
    shown = here.world.twin(OWNER).arrangements[here.arrangement.id]

    assert (shown.state, shown.open) == ("offered", True)
    assert shown.offer["total_cents"] == 16_900

    done = rescued()
    shown = done.world.twin(OWNER).arrangements[done.arrangement.id]

    assert (shown.state, shown.open) == ("closed", False)
    assert [contact.what for contact in done.world.twin(OWNER).contacts] == [
        "offer.sent", "offer.answered",
    ]  # fmt: skip


def test_the_trunk_opens_when_the_car_stands() -> None:
    """Refused while it drives; the twin sends it again, and the arrangement hears of it."""
    here = city()
    here.overheat()
    here.world.advance(5.0)

    assert here.steps[-1] == "open_trunk.queued"

    here.reading(106.0, speed_kmh=0.0)
    here.world.advance(2.0)

    assert here.steps[-1] == "open_trunk.done"


def test_declined_in_part() -> None:
    """The rental is given back, the rest goes on; the price follows."""
    here = rescued(declined=["rental", "nothing of that name"])
    arr = here.arrangement

    assert arr.state is State.CLOSED
    assert arr.legs["rental"].state is LegState.DECLINED
    assert "rental.released" in here.steps
    assert [provider.count("confirmed", here.world.now) for provider in here.depots] == [0, 0]
    assert here.count("confirmed") == 4
    assert arr.offer["total_cents"] == 16_900


def test_without_anything_covered_there_is_no_claim() -> None:
    """She declines what the insurer pays for: the claim is given back, too."""
    here = rescued(declined=["rental", "tow"])

    assert here.arrangement.state is State.CLOSED
    assert here.arrangement.legs["cover"].state is LegState.RELEASED
    assert here.insurer.count("confirmed", here.world.now) == 0
    assert here.arrangement.offer["total_cents"] == 11_900
    assert here.arrangement.track is None


@pytest.mark.parametrize(
    "said", [{"accept": False}, {"declined": ["tow", "slot", "ride", "rental"]}]
)
def test_declined_as_a_whole(said: dict[str, Any]) -> None:
    """Everything is given back, and nobody has to do anything."""
    here = rescued(**said)

    assert here.arrangement.state is State.COMPENSATED
    assert (here.count("held"), here.count("confirmed")) == (0, 0)
    assert here.world.twin(DESK).cases == {}


def test_the_cover_cannot_be_declined() -> None:
    """It is no line of its own to choose; naming it means nothing."""
    here = rescued(declined=["cover"])

    assert here.arrangement.legs["cover"].state is LegState.CONFIRMED


def test_a_second_answer_means_nothing() -> None:
    """The first one counts, whoever taps again."""
    here = city()
    here.world.customer = lambda _: YES
    here.overheat()
    here.world.advance(30.0)
    no = {"arrangement_id": here.arrangement.id, "accept": False, "answered_by": "her"}
    here.world.send(SUPERVISOR, "offer.answered", no)
    here.world.run_until(here.ended)

    assert here.arrangement.state is State.CLOSED
    assert here.count("confirmed") == 5


def test_a_signal_while_it_is_open_starts_no_second_one() -> None:
    """It is counted; once the arrangement is over the next signal opens another one."""
    here = city()
    here.world.customer = lambda _: YES
    here.overheat()
    first = here.arrangement.id
    for signal_id in ("again", "and-again"):
        signal = msgspec.structs.replace(here.world.signals[0], id=signal_id)
        here.world.send(SUPERVISOR, "signal.engine.overheating", signal)
    here.world.run()

    assert (here.arrangement.id, here.arrangement.repeats) == (first, 2)

    here.world.run_until(here.ended)
    here.world.send(SUPERVISOR, "signal.engine.overheating", here.world.signals[0], id_="late")
    here.world.run()

    assert here.arrangement.id == first

    for degree in (91.0, *map(float, range(95, 107))):
        here.reading(degree)

    assert here.arrangement.id != first
    assert [arr.id for arr in here.supervisor.past] == [first]


def test_a_replay_gives_the_same_bytes() -> None:
    """The same log on new twins: the same states, and the same outputs with the same ids."""
    here = rescued(declined=["rental"])
    states, outputs = replay(here.world.log)

    assert outputs == here.world.outputs
    assert states == {id_: msgspec.json.encode(twin) for id_, twin in here.world.twins.items()}


def test_only_known_targets_are_used() -> None:
    """Everything that leaves goes to a provider, a channel, the car, or a computation."""
    here = rescued()

    assert {effect.target for effect in here.world.effects} == set(Target) - {Target.CALENDAR}
    assert all(effect.expires_at is not None for effect in here.world.effects)
    assert len({effect.id for effect in here.world.effects}) == len(here.world.effects)
