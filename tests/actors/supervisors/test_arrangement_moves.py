"""The engine of arrangements by itself: a policy of three legs that has nothing to do with cars."""

from typing import Any, ClassVar

import pytest
from msgspec import to_builtins
from msgspec.structs import replace
from support.world import START, World

from actors.supervisors.arrangement import (
    MAX_STEPS,
    Arrangement,
    Leg,
    LegState,
    State,
)
from actors.supervisors.offer import Line, Notice, Offer, priced
from actors.supervisors.offering import Offering
from actors.supervisors.supervisor import ARRANGE_S
from actors.testing import FakeProvider, Fault
from twins.handler import Origin, heeds
from twins.outputs import Effect, Signal
from twins.services.messages import Availability

ROOM, COOK, BAND = "dealer/room", "ride_company/cook", "tow_operator/band"


class Party(Offering, kind="test_party"):
    """A room, a cook for when the room is free, and a band if there is one."""

    skill: ClassVar[str] = "parties"

    @heeds("party.wanted")
    def wanted(self, signal: Signal) -> None:
        """Somebody wants a party."""
        self.take_up(signal, "desk/d")

    def begin(self, arr: Arrangement) -> None:
        """There is nothing to gather."""

    def plan(self, arr: Arrangement) -> str | None:
        """The cook comes after the room."""
        arr.add(Leg(name="room", required=True), Leg(name="cook", required=True, after=["room"]),
                Leg(name="band", after=["no such leg"]))  # fmt: skip
        return None

    def customer(self, arr: Arrangement) -> str | None:
        """The guest."""
        return arr.cause.twin_id

    def currency(self, arr: Arrangement) -> str:  # noqa: ARG002 - a hook
        """Crowns."""
        return "SEK"

    def wishes(self, arr: Arrangement, leg: Leg) -> dict[str, dict[str, Any]]:
        """The cook is asked for the time that the room was given for."""
        room = arr.got("room")
        body = {"earliest": room.starts_at} if leg.name == "cook" and room is not None else {}
        return {{"room": ROOM, "cook": COOK, "band": BAND}[leg.name]: body}

    def lines(self, arr: Arrangement) -> list[Line]:
        """All of it, at its price."""
        held = arr.in_state(LegState.HELD)
        return priced(held, {}, covered=[], cover=None, deductible_cents=0)

    def notice(self, arr: Arrangement, offer: Offer) -> Notice:  # noqa: ARG002 - a hook
        """A line."""
        return Notice(to="x", name="", language="en", subject="Party?", text="", offer=offer)


class Patient(Party, kind="test_patient"):
    """Waits for a band for ever."""

    def replan(self, arr: Arrangement, leg: Leg) -> bool:  # noqa: ARG002 - a hook
        """Ask again after a quarter of an hour."""
        leg.again(self.now + 900.0)
        return True


def offer(price_cents: int) -> dict[str, Any]:
    """Something to be had."""
    return {"offer_id": "x", "title": "x", "price_cents": price_cents, "currency": "SEK"}


def party(
    *, fault: Any = None, said: dict[str, Any] | None = None, policy: str = "test_party/c1"
) -> tuple[World, Arrangement]:
    """Want a party, and see how it ends."""
    world = World()
    world.fault = fault or (lambda _: Fault())
    world.customer = lambda _: {"accept": True} if said is None else said
    for twin_id, sells in ((ROOM, "slot"), (COOK, "ride"), (BAND, "tow")):
        url = f"http://127.0.0.1:9/{twin_id}"
        world.providers[url] = FakeProvider(sells, [offer(100)])
        world.send(twin_id, "configured", {"base_url": url})
    ways = [{"channel": "sms", "address": "1"}]
    world.send("customer/c1", "configured", {"channels": ways})
    signal = Signal("s1", "party.wanted", "customer/c1", START, {})
    world.send(policy, "signal.party.wanted", signal, origin=Origin.TWIN)
    world.run_until(lambda: bool(world.twin(policy).arrangement.ended))
    return world, world.twin(policy).arrangement


def fails(name: str, leg: str, **how: Any) -> Any:
    """Every effect of this name for this leg fails so."""

    def decide(effect: Effect) -> Fault:
        return Fault(**how) if effect.name == name and f" {leg} " in effect.key else Fault()

    return decide


def test_a_leg_is_asked_for_with_what_another_one_got() -> None:
    """The cook is asked after the room is held, for the room's time; the band at once."""
    world, arr = party()
    asked = [
        effect.request["body"] for effect in world.effects
        if effect.name == "availability" and " cook " in effect.key
    ]  # fmt: skip
    names = [step.name for step in arr.steps]

    assert asked == [{"earliest": arr.legs["room"].starts_at, "service": "ride"}]
    assert names.index("band.asked") < names.index("room.held") < names.index("cook.asked")
    assert arr.state is State.CLOSED


def test_what_is_not_required_may_be_missing() -> None:
    """No band, but a party."""
    _, arr = party(fault=fails("hold", "band", carried_out=False, reason="refused"))

    assert arr.state is State.CLOSED
    assert arr.offer is not None
    assert [line["leg"] for line in arr.offer["lines"]] == ["room", "cook"]


@pytest.mark.parametrize("leg", ["room", "cook"])
def test_what_is_required_may_not(leg: str) -> None:
    """No room, or no cook: all that was held is given back, and a person has the case."""
    world, arr = party(fault=fails("hold", leg, carried_out=False, reason="refused"))

    assert arr.state is State.WITH_PERSON
    assert arr.case is not None
    assert world.twin("desk/d").cases[arr.case.id].skill == "parties"
    assert all(
        record.state == "released" for provider in world.providers.values()
        for record in provider.holds.values()
    )  # fmt: skip


def test_a_required_leg_may_be_declined() -> None:
    """Required is what an offer must have, not what the customer must want."""
    _, arr = party(said={"accept": True, "declined": ["cook"]})

    assert arr.state is State.CLOSED
    assert arr.legs["cook"].state is LegState.DECLINED
    assert arr.legs["room"].state is LegState.CONFIRMED


def test_a_policy_without_anything_to_follow_closes_when_confirmed() -> None:
    """Nobody drives anywhere: it ends with the last confirmation."""
    _, arr = party()

    assert arr.ended_at == START + 20.0
    assert arr.track is None


def test_arranging_has_an_end() -> None:
    """A policy that would wait for ever hands over after a while, and gives back what it has."""
    fault = fails("hold", "band", carried_out=False, reason="refused")
    world, arr = party(fault=fault, policy="test_patient/c1")

    assert arr.state is State.WITH_PERSON
    assert arr.reason == "arranging took too long"
    assert arr.ended_at == START + ARRANGE_S
    assert [len(provider.holds) for provider in world.providers.values()] == [1, 1, 0]


# -- the parts -------------------------------------------------------------------------------


def new() -> Arrangement:
    """An arrangement of nothing."""
    return Arrangement.of(Signal("s", "x", "customer/c1", START, {}), "test_party/c1", "d", START)


def test_ids_are_constant() -> None:
    """The same signal at the same supervisor: the same arrangement, and the same holds."""
    arr, other = new(), new()
    leg = Leg(name="room", attempt=2)

    assert arr.id == other.id
    assert arr.hold_id(leg) == f"{other.id}.room.3"


def test_deadlines_are_taken_in_order_and_once() -> None:
    """By time, then by name; what is not over stays."""
    arr = new()
    arr.deadlines = {"c": 5.0, "b": 3.0, "a": 3.0, "d": 9.0}

    assert arr.take_due(5.0) == ["a", "b", "c"]
    assert arr.take_due(5.0) == []
    assert arr.deadlines == {"d": 9.0}


def test_steps_are_bounded() -> None:
    """The first ones stay, and the last one."""
    arr = new()
    for number in range(MAX_STEPS + 10):
        arr.step(f"step-{number}", START, "customer/c1", detail="x" * 1000)

    assert len(arr.steps) == MAX_STEPS
    assert (arr.steps[0].name, arr.steps[-1].name) == ("step-0", f"step-{MAX_STEPS + 9}")
    assert len(arr.steps[0].detail or "") == 200


def test_a_leg_waits_for_its_time() -> None:
    """Set back for a while, it is not asked for before."""
    arr = new()
    arr.add(Leg(name="room"))
    arr.legs["room"].again(START + 10.0)

    assert not arr.may_ask(arr.legs["room"], START + 9.0)
    assert arr.may_ask(arr.legs["room"], START + 10.0)


def test_only_answers_that_are_waited_for_count() -> None:
    """Of this asking, of a service that was asked, and once."""
    leg = Leg(name="room")
    leg.ask(["dealer/a"])
    leg.ask(["dealer/b"])
    answer = Availability(arrangement_id="a", leg="room", service="dealer/b", round=1)

    assert leg.answered(answer) is None
    assert leg.answered(replace(answer, round=2, service="dealer/a")) is None
    assert leg.answered(replace(answer, round=2)) == []
    assert leg.answered(replace(answer, round=2)) is None


def test_what_was_never_planned_is_not_waited_for() -> None:
    """A leg comes only after legs that there are: no circle, no waiting for ever."""
    arr = new()
    arr.add(Leg(name="a", after=["b"]), Leg(name="b", after=["a"]))

    assert to_builtins(arr.legs["a"]).get("after") is None
    assert arr.legs["b"].after == ["a"]
