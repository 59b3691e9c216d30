"""Roadside: a car's engine overheats; it is towed, and its driver stays mobile.

tow ─▶ slot ─▶ rental      The tow brings the car to her dealer, and only then can it be served;
ride ─────────▶ rental     the rental is there when the ride ends, until the slot does.
cover                      What her insurer pays for; its confirmation opens the claim.
"""

from typing import Any, ClassVar

import msgspec
from msgspec import Struct, to_builtins

from actors.supervisors.arrangement import Arrangement, Leg, LegState, Option
from actors.supervisors.estimates import away_m, ridden_s, towed_s
from actors.supervisors.following import Following
from actors.supervisors.offer import Line, Notice, Offer, priced
from actors.supervisors.supervisor import HOLD_LIFE_S
from actors.supervisors.wording import notice_of, words
from twins.devices.commands import CommandChanged, CommandRequest
from twins.devices.vehicle import OVERHEATING, EvidenceAnswer, EvidenceRequest
from twins.handler import heeds, told
from twins.ids import CustomerId, DealerId, DeskId, digest
from twins.outputs import Signal
from twins.people.messages import Directory, DirectoryRequest, Profile, ProfileRequest
from twins.services.companies import Cover
from twins.services.messages import Card, CardRequest
from twins.units import Position

DAY_S = 86_400.0

TOW_ROUNDS = 2
TOW_PAUSE_S = 10.0
"""Where no truck is free, all operators are asked once more after a while: trucks get free."""

MOST_ASKED = 8
"""So many services of a kind are asked at once, the nearest ones."""

MOST_DEPOTS = 3
"""So many rental depots are tried, one after the other: the ride goes to each."""

COMMANDS = ("warn_driver", "pull_over", "open_trunk")


class Why(Struct):
    """Why the rule fired, as far as it matters here."""

    words: str = ""
    readings: list[tuple[float, float]] = []
    """(time, coolant_c) of each step that counted, oldest first."""


class Overheating(Struct):
    """What the signal says; the vehicles' rule fills it in."""

    position: Position | None = None
    coolant_c: float | None = None
    speed_kmh: float | None = None
    owner: CustomerId | None = None
    dealer: DealerId | None = None
    desk: DeskId | None = None
    description: str = ""
    why: Why = msgspec.field(default_factory=Why)


class Roadside(Following, kind="roadside"):
    """Watches over the vehicle of the same key."""

    skill: ClassVar[str] = "roadside"

    # -- the signal and the facts ------------------------------------------------------------

    @heeds(OVERHEATING)
    def overheating(self, signal: Signal) -> None:
        """An engine overheats: warn its driver, and arrange help."""
        self.take_up(signal, msgspec.convert(signal.data, Overheating).desk)

    def begin(self, arr: Arrangement) -> None:
        """Have the driver warned at once; then ask who she is and whom there is to help."""
        vehicle, said = arr.cause.twin_id, self._said(arr)
        for name in COMMANDS:
            command = CommandRequest(
                name=name, id=digest(arr.id, name), asker=self.id, ref=arr.id,
                data={"reason": OVERHEATING, "coolant_c": said.coolant_c},
            )  # fmt: skip
            self.tell(vehicle, "command.requested", command)
            arr.step(f"{name}.requested", self.now, vehicle)
        evidence = EvidenceRequest(asker=self.id, arrangement_id=arr.id, readings=said.why.readings)
        self.tell(vehicle, "evidence.requested", evidence)
        if said.owner is None:
            self.hand_over(arr, f"{vehicle} has no owner: there is nobody to ask")
            return
        self._ask_fact(arr, "profile", said.owner, ProfileRequest)
        self._ask_fact(arr, "directory", arr.desk, DirectoryRequest)
        if said.dealer is not None:
            self._ask_fact(arr, "card", said.dealer, CardRequest)

    def _ask_fact(
        self, arr: Arrangement, name: str, twin_id: str,
        request: type[ProfileRequest | DirectoryRequest | CardRequest],
    ) -> None:  # fmt: skip
        arr.awaited.append(name)
        self.tell(twin_id, f"{name}.requested", request(asker=self.id, arrangement_id=arr.id))
        arr.step(f"{name}.requested", self.now, twin_id)

    @told("profile.answered")
    def profile_answered(self, profile: Profile) -> None:
        """Who the owner is."""
        self.know(profile.arrangement_id, "profile", profile.customer, profile)

    @told("directory.answered")
    def directory_answered(self, directory: Directory) -> None:
        """With whom the desk works."""
        self.know(directory.arrangement_id, "directory", directory.desk, directory)

    @told("card.answered")
    def card_answered(self, card: Card) -> None:
        """Where her dealer is."""
        self.know(card.arrangement_id, "card", card.service, card)

    @told("evidence.answered")
    def evidence_answered(self, answer: EvidenceAnswer) -> None:
        """How long the part will live; an arrangement does not wait for it."""
        arr = self.find(answer.arrangement_id)
        if arr is not None and answer.remaining_life_h is not None:
            arr.facts["remaining_life_h"] = answer.remaining_life_h
            arr.step("evidence.answered", self.now, arr.cause.twin_id)

    @told("command.changed")
    def command_changed(self, changed: CommandChanged) -> None:
        """How far the car has come with what it was told."""
        arr = self.find(changed.ref or "")
        if arr is not None:
            arr.step(f"{changed.name}.{changed.state}", changed.at, changed.twin_id,
                     detail=changed.detail)  # fmt: skip

    def _said(self, arr: Arrangement) -> Overheating:
        return msgspec.convert(arr.cause.data, Overheating)

    def _profile(self, arr: Arrangement) -> Profile:
        return msgspec.convert(arr.facts["profile"], Profile)

    def _directory(self, arr: Arrangement) -> Directory:
        return msgspec.convert(arr.facts["directory"], Directory)

    def _dealer(self, arr: Arrangement) -> Card | None:
        card = arr.facts.get("card")
        return None if card is None else msgspec.convert(card, Card)

    # -- the plan ----------------------------------------------------------------------------

    def plan(self, arr: Arrangement) -> str | None:
        """The legs, or why a person has to find another way."""
        for fact in ("profile", "directory"):
            if fact not in arr.facts:
                return f"no answer to {fact}.requested"
        here = self._said(arr).position
        if here is None:
            return f"nobody knows where {arr.cause.twin_id} is"
        if not self._profile(arr).channels:
            return "the customer has no channel"
        depots = [entry for entry in self._directory(arr).rental_depots if entry.position]
        depots.sort(key=lambda entry: (away_m(here, entry.position), entry.id))
        arr.facts["depots"] = [to_builtins(entry) for entry in depots[:MOST_DEPOTS]]
        arr.facts["depot"] = 0
        arr.add(Leg(name="tow", required=True))
        if self._dealer(arr) is not None:
            arr.add(Leg(name="slot", after=["tow"]))
        arr.add(Leg(name="ride"))
        arr.add(Leg(name="rental", after=["ride", "slot"]))
        if self._profile(arr).insurer is not None:
            arr.add(Leg(name="cover", last=True))
        return None

    def customer(self, arr: Arrangement) -> str | None:
        """The owner."""
        return self._said(arr).owner

    def currency(self, arr: Arrangement) -> str:
        """The desk's."""
        return self._directory(arr).currency

    def wishes(self, arr: Arrangement, leg: Leg) -> dict[str, dict[str, Any]]:
        """Whom to ask for a leg, and what."""
        if leg.name in ("tow", "ride"):
            directory, here = self._directory(arr), self._here(arr)
            tows, rides = directory.tow_operators, directory.ride_companies
            entries = tows if leg.name == "tow" else rides
            nearest = sorted((away_m(here, entry.position), entry.id) for entry in entries)
            body = self.hold_body(arr, leg)
            return {service: body for _, service in nearest[:MOST_ASKED]}
        if leg.name == "slot":
            dealer = self._dealer(arr)
            assert dealer is not None
            earliest = max(self._towed_at(arr), arr.facts.get("slot_from", 0.0))
            return {dealer.service: {"earliest": earliest}}
        if leg.name == "rental":
            return self._rental(arr)
        profile = self._profile(arr)
        if profile.insurer is None or profile.policy is None:
            return {}
        return {profile.insurer: {"details": {"policy": profile.policy}}}

    def _rental(self, arr: Arrangement) -> dict[str, dict[str, Any]]:
        """The depot that the ride goes to; without a ride she does not get there."""
        ride, depot = arr.got("ride"), self._depot(arr)
        if ride is None or depot is None:
            return {}
        earliest = self._ride_ends_at(arr, ride)
        slot = arr.got("slot")
        latest = earliest + DAY_S
        if slot is not None and slot.ends_at is not None:
            latest = max(slot.ends_at, earliest + 3600.0)
        return {depot["id"]: {"earliest": earliest, "latest": latest}}

    def _depot(self, arr: Arrangement) -> dict[str, Any] | None:
        depots, index = arr.facts["depots"], arr.facts["depot"]
        found: dict[str, Any] | None = depots[index] if index < len(depots) else None
        return found

    def _here(self, arr: Arrangement) -> Position:
        """Where the car was when the signal came; without it there is no plan."""
        here = self._said(arr).position
        assert here is not None
        return here

    def _goal(self, arr: Arrangement, leg: Leg) -> Position | None:
        """A tow goes to the dealer; a ride to the rental depot, and where there is none, too."""
        dealer, depot = self._dealer(arr), self._depot(arr)
        if leg.name == "ride" and depot is not None:
            goal: Position = msgspec.convert(depot["position"], Position)
            return goal
        return None if dealer is None else dealer.position

    def _towed_at(self, arr: Arrangement) -> float:
        """When the car is at the dealer, however late she accepts."""
        tow = arr.got("tow")
        if tow is None:
            return self.now
        way_s = towed_s(tow.eta_s, self._here(arr), self._goal(arr, tow))
        return tow.held_at + HOLD_LIFE_S + way_s

    def _ride_ends_at(self, arr: Arrangement, ride: Leg) -> float:
        """When she is there, if she accepts at once."""
        return ride.held_at + ridden_s(ride.eta_s, self._here(arr), self._goal(arr, ride))

    def suits(self, arr: Arrangement, leg: Leg, option: Option) -> bool:
        """Slots must fit her calendar and the tow; rentals must be there when the ride ends."""
        starts_at, ends_at = option.offer.starts_at, option.offer.ends_at
        if leg.name in ("tow", "ride"):
            return option.offer.eta_s is not None
        if leg.name == "cover":
            return _cover(option) is not None
        if starts_at is None or ends_at is None or ends_at <= starts_at:
            return False
        if leg.name == "slot":
            calendar = self._profile(arr).calendar
            free = all(ends_at <= busy.starts_at or busy.ends_at <= starts_at for busy in calendar)
            return free and starts_at >= self._towed_at(arr)
        ride = arr.got("ride")
        # A provider may round up to its own grid; a minute's wait is no reason to refuse a car.
        return ride is not None and starts_at <= self._ride_ends_at(arr, ride) + 60.0

    def rank(self, arr: Arrangement, leg: Leg, option: Option) -> tuple[float, ...]:  # noqa: ARG002 - a hook
        """Trucks and rides: the soonest; slots: the earliest; the rest: the cheapest."""
        offer = option.offer
        if leg.name in ("tow", "ride"):
            return (offer.eta_s or 0.0, float(offer.price_cents))
        if leg.name == "slot":
            return (offer.starts_at or 0.0, float(offer.price_cents))
        return (float(offer.price_cents),)

    def hold_body(self, arr: Arrangement, leg: Leg) -> dict[str, Any]:
        """Tow and ride must know from where, and where to."""
        if leg.name not in ("tow", "ride"):
            return {}
        goal = self._goal(arr, leg)
        way: dict[str, Any] = {"near": self._here(arr)}
        return way if goal is None else {**way, "to": goal}

    def replan(self, arr: Arrangement, leg: Leg) -> bool:
        """Look again for trucks; look further for slots; bring her to the next depot, or dealer."""
        if leg.name == "tow" and leg.round < TOW_ROUNDS:
            leg.again(self.now + TOW_PAUSE_S)
            return True
        if leg.name == "slot" and leg.seen_to is not None:
            further: bool = leg.seen_to >= arr.facts.get("slot_from", 0.0)
            if further:
                arr.facts["slot_from"] = leg.seen_to + 1.0
                leg.again()
            return further
        return leg.name == "rental" and self._next_depot(arr, leg)

    def _next_depot(self, arr: Arrangement, rental: Leg) -> bool:
        """Let the ride go elsewhere; whether there is a depot left to ask for a rental."""
        ride = arr.legs["ride"]
        if ride.state is not LegState.HELD or self._depot(arr) is None:
            return False
        arr.facts["depot"] += 1
        left = self._depot(arr) is not None
        if left or self._dealer(arr) is not None:
            self.give_back(arr, ride, LegState.RELEASED, "it goes elsewhere")
            ride.again()
        if left:
            rental.again()
        return left

    def replaces(self, arr: Arrangement, leg: Leg, option: Option) -> bool:
        """Another truck must still bring the car in time for its slot."""
        slot = arr.got("slot")
        if leg.name != "tow" or slot is None or slot.starts_at is None:
            return True
        way_s = towed_s(option.offer.eta_s, self._here(arr), self._goal(arr, leg))
        return self.now + way_s <= slot.starts_at

    # -- the offer, and what follows ---------------------------------------------------------

    def channels(self, arr: Arrangement) -> list[str]:
        """Hers, in her order."""
        return [f"{way.channel}:{way.address}" for way in self._profile(arr).channels]

    def language(self, arr: Arrangement) -> str:
        """Hers."""
        return self._profile(arr).language

    def _covered(self, arr: Arrangement) -> tuple[Leg | None, list[str], int]:
        """The insurer's leg, the legs that it pays for, and what she pays of these together."""
        leg = arr.got("cover")
        cover = _cover(leg.choice) if leg is not None and leg.choice is not None else None
        if cover is None:
            return None, [], 0
        covered = [name for name in arr.legs if cover.covers.get(name, False) and arr.got(name)]
        return leg, covered, cover.deductible_cents

    def trim(self, arr: Arrangement) -> None:
        """Without anything that is covered there is no claim."""
        leg, covered, _ = self._covered(arr)
        if leg is not None and not covered:
            self.give_back(arr, leg, LegState.RELEASED, "nothing of it is covered")

    def lines(self, arr: Arrangement) -> list[Line]:
        """What is held, with what the insurer pays deducted."""
        cover, covered, deductible_cents = self._covered(arr)
        held = [leg for leg in arr.in_state(LegState.HELD) if not leg.last]
        return priced(
            held,
            words(self.language(arr)),
            covered=covered,
            cover=cover,
            deductible_cents=deductible_cents,
        )

    def notice(self, arr: Arrangement, offer: Offer) -> Notice:
        """The message."""
        return notice_of(offer, self._profile(arr).name)

    def evidence(self, arr: Arrangement, leg: Leg) -> dict[str, Any]:
        """What the insurer gets with the claim."""
        if leg.name != "cover":
            return {}
        said = self._said(arr)
        return {
            "signal_id": arr.cause.id,
            "signal": arr.cause.name,
            "noticed_at": arr.cause.time,
            "vehicle": arr.cause.twin_id,
            "customer": said.owner,
            "rule": said.why.words,
            "readings": [list(reading) for reading in said.why.readings],
            "position": None if said.position is None else list(said.position),
            "coolant_c": said.coolant_c,
            "speed_kmh": said.speed_kmh,
            "remaining_life_h": arr.facts.get("remaining_life_h"),
            "legs": [
                {"leg": other.name, "service": other.service, "hold_id": other.hold_id,
                 "price_cents": other.price_cents, "currency": other.currency}
                for other in arr.in_state(LegState.CONFIRMED)
            ],
        }  # fmt: skip

    def started(self, arr: Arrangement) -> None:
        """All is confirmed: the claim is open, and the truck is on its way."""
        claim = arr.legs.get("cover")
        if claim is not None and claim.state is LegState.CONFIRMED:
            arr.step("claim.opened", self.now, claim.service or "", hold_id=claim.hold_id)
        super().started(arr)

    def followed(self, arr: Arrangement) -> str | None:  # noqa: ARG002 - a hook
        """The tow truck."""
        return "tow"

    def followers(self, arr: Arrangement) -> list[str]:
        """The car, and its owner."""
        customer = self.customer(arr)
        return [arr.cause.twin_id] if customer is None else [arr.cause.twin_id, customer]


def _cover(option: Option) -> Cover | None:
    """What an insurer's offer covers; None where it does not say so."""
    try:
        return msgspec.convert(option.offer.details, Cover)
    except msgspec.ValidationError:
        return None
