"""Services: the twins of outside companies, between supervisors and providers."""

from typing import Any

import pytest
from support.city import city
from support.world import World

from actors.testing import FakeProvider, Fault
from twins.handler import Origin, told
from twins.services.messages import Answer, Availability, Card, Held, Moved
from twins.services.service import MAX_HOLDS
from twins.twin import Twin

ASKER, TOW, URL = "test_asker/a1", "tow_operator/t1", "http://127.0.0.1:9/providers/t1"
OFFER = {"offer_id": "truck", "title": "truck", "price_cents": 100, "currency": "EUR",
         "eta_s": 60.0, "details": {"secret": 1}}  # fmt: skip
WAY = {"near": [60.0, 24.0]}


class Asker(Twin, kind="test_asker"):
    """Takes every answer, and does nothing about it."""

    @told("availability.answered")
    def availability_answered(self, answer: Availability) -> None:
        """What could be had."""

    @told("hold.answered")
    def hold_answered(self, answer: Held) -> None:
        """What was taken."""

    @told("confirm.answered")
    @told("release.answered")
    def settled(self, answer: Answer) -> None:
        """What was confirmed or given back."""

    @told("position.answered")
    def position_answered(self, answer: Moved) -> None:
        """Where it is."""

    @told("card.answered")
    def card_answered(self, card: Card) -> None:
        """Who it is."""


def service(offers: list[dict[str, Any]] | None = None) -> tuple[World, FakeProvider]:
    """A tow operator with one truck."""
    world = World()
    provider = world.providers[URL] = FakeProvider("tow", [OFFER] if offers is None else offers)
    world.send(TOW, "configured", {"base_url": URL, "name": "Tow", "position": [60.1, 24.0]})
    world.run()
    return world, provider


def ask(world: World, call: str, **more: Any) -> Any:
    """Ask the service, and return the answer that the asker got."""
    request = {"asker": ASKER, "arrangement_id": "a-1", "leg": "tow", "round": 3, **more}
    world.send(TOW, f"{call}.requested", request, origin=Origin.TWIN)
    world.run()
    to, name, payload = world.log[-1][1:]

    assert (to, name) == (ASKER, f"{call}.answered")

    return world.twin(ASKER).kind.handler(name).decode(payload).data


def hold(world: World, hold_id: str = "a-1.tow.1") -> Any:
    """Ask what there is, and hold it."""
    ask(world, "availability", body=WAY)
    return ask(world, "hold", hold_id=hold_id, body={"offer_id": "truck", **WAY})


def test_a_hold_goes_from_asked_to_confirmed() -> None:
    """Each call reaches the provider with its body, and its answer the asker."""
    world, provider = service()
    offered = ask(world, "availability", body=WAY)

    assert (offered.round, offered.name, offered.service) == (3, "Tow", TOW)
    assert [(offer.offer_id, offer.eta_s, offer.details) for offer in offered.offers] == [
        ("truck", 60.0, {})
    ]

    held = hold(world)

    assert (held.ok, held.price_cents, held.currency) == (True, 100, "EUR")
    assert provider.holds["a-1.tow.1"].body["arrangement_id"] == "a-1"
    assert ask(world, "confirm", hold_id="a-1.tow.1").ok
    assert not ask(world, "position", hold_id="a-1.tow.1").arrived

    world.now += 60.0

    assert ask(world, "position", hold_id="a-1.tow.1").arrived
    assert ask(world, "release", hold_id="a-1.tow.1").ok
    assert world.twin(TOW).holds["a-1.tow.1"].state == "released"


def test_one_order_for_all_calls_of_an_arrangement() -> None:
    """So that a release never overtakes its hold, and another arrangement need not wait."""
    world, _ = service()
    hold(world)
    ask(world, "release", hold_id="a-1.tow.1")
    ask(world, "availability", arrangement_id="a-2", body=WAY)

    assert [effect.order for effect in world.effects] == [f"a-1 {TOW}"] * 3 + [f"a-2 {TOW}"]


@pytest.mark.parametrize("call", ["availability", "hold", "confirm", "release", "position"])
@pytest.mark.parametrize("reason", ["refused", "expired", "unknown"])
def test_a_failure_is_said_with_its_reason(call: str, reason: str) -> None:
    """Whatever fails, the asker hears of it, and health counts it as a no or as no answer."""
    world, _ = service()
    world.fault = lambda _: Fault(carried_out=False, reason=reason, detail="why")
    more = {} if call == "availability" else {"hold_id": "a-1.tow.1"}
    answer = ask(world, call, **more)
    health = world.twin(TOW).health

    assert (answer.ok, answer.reason, answer.detail) == (False, reason, "why")
    assert (health.refusals, health.failures) == ((1, 0) if reason == "refused" else (0, 1))


@pytest.mark.parametrize(
    ("call", "result"),
    [
        ("availability", None),
        ("availability", {"offers": [{"offer_id": "x"}]}),
        ("availability", {"offers": [{**OFFER, "price_cents": -5}]}),
        ("availability", {"offers": [{**OFFER, "eta_s": float("nan")}]}),
        ("hold", {"hold_id": "other", "state": "held"}),
        ("hold", {"hold_id": "a-1.tow.1", "state": "released"}),
        ("confirm", {"hold_id": "a-1.tow.1", "state": "held"}),
        ("release", {"hold_id": "a-1.tow.1", "state": "confirmed"}),
        ("release", "done"),
        ("position", {"position": [91, 0], "eta_s": 1, "arrived": False, "at": 1}),
    ],
)
def test_an_answer_that_makes_no_sense_is_garbled(call: str, result: Any) -> None:
    """A provider's answers are checked here, so that no supervisor stumbles over them."""
    world, _ = service()
    key = f"{ASKER} a-1 tow 1 {'-' if call == 'availability' else 'a-1.tow.1'}"
    world.send(TOW, f"{call}.done", {"effect_id": "e", "key": key, "result": result})
    world.run()
    to, name, payload = world.log[-1][1:]
    answer = world.twin(to).kind.handler(name).decode(payload).data

    assert (name, answer.reason) == (f"{call}.answered", "garbled")
    assert world.twin(TOW).health.last_failure.startswith(f"{call}: garbled")


def test_without_a_provider_it_says_so() -> None:
    """A service that nobody configured answers at once, and calls nobody."""
    world = World()
    answer = ask(world, "hold", hold_id="a-1.tow.1", body={"offer_id": "truck"})

    assert (answer.reason, world.effects) == ("unconfigured", [])


def test_nothing_is_tried_after_its_time() -> None:
    """The asker's limit is the effect's."""
    world, _ = service()
    ask(world, "availability", body=WAY, by=world.now + 10.0)

    assert world.effects[0].expires_at == world.now + 10.0


def test_details_that_nobody_needs_are_dropped() -> None:
    """An insurer's offer keeps what it covers; the rest of a provider's JSON goes no further."""
    here = city()
    request = {"asker": ASKER, "arrangement_id": "a-1", "leg": "cover", "body": {"details": {}}}
    here.world.send("insurer/i1", "availability.requested", request, origin=Origin.TWIN)
    here.world.run()
    name, payload = here.world.log[-1][2:]
    answer = here.world.twin(ASKER).kind.handler(name).decode(payload).data

    assert set(answer.offers[0].details) == {"policy", "covers", "deductible_cents"}


def test_the_view_is_bounded_and_keeps_what_lives() -> None:
    """So many holds are shown; those that are over leave first."""
    world, _ = service()
    hold(world, "live")
    for number in range(MAX_HOLDS + 4):
        ask(world, "hold", hold_id=f"h-{number}", body={"offer_id": "truck", **WAY})
    shown = world.twin(TOW).holds

    assert len(shown) == MAX_HOLDS
    assert shown["live"].state == "held"
    assert "h-0" not in shown


def test_says_who_and_where_it_is() -> None:
    """A card for whoever has to plan with it."""
    world, _ = service()
    request = {"asker": ASKER, "arrangement_id": "a-1"}
    world.send(TOW, "card.requested", request, origin=Origin.TWIN)
    world.run()
    card = world.twin(ASKER).kind.handler("card.answered").decode(world.log[-1][3]).data

    assert (card.service, card.name, card.position) == (TOW, "Tow", (60.1, 24.0))
