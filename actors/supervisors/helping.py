"""Helping: the base of policies that book legs for a customer. It asks who she is and who can help.

A policy says in `plan` which of `LEGS` it takes; whom to ask for each, which offer suits and what
to do when there is none stands in `legs`.
"""

from collections.abc import Collection
from typing import Any

from actors.supervisors.arrangement import Arrangement, Leg, LegState, Option
from actors.supervisors.errand import Errand
from actors.supervisors.legs import LEGS, in_order
from actors.supervisors.offer import Line, priced
from actors.supervisors.overriding import Overriding
from actors.supervisors.supervisor import HOLD_LIFE_S
from actors.supervisors.wording import words
from twins.handler import told
from twins.people.messages import Directory, DirectoryRequest, Profile, ProfileRequest
from twins.services.messages import Card, CardRequest


class Helping(Overriding):
    """Base of policies that help one customer; `Errand` tells what is known of her."""

    # -- facts -------------------------------------------------------------------------------

    def ask_facts(self, arr: Arrangement) -> None:
        """Ask who the customer is, whom there is to help, and where her dealer is."""
        need = Errand(self, arr).need
        if need.owner is None:
            return
        self._ask_fact(arr, "profile", need.owner, ProfileRequest)
        self._ask_fact(arr, "directory", arr.desk, DirectoryRequest)
        if need.dealer is not None:
            self._ask_fact(arr, "card", need.dealer, CardRequest)

    def _ask_fact(
        self, arr: Arrangement, name: str, twin_id: str,
        request: type[ProfileRequest | DirectoryRequest | CardRequest],
    ) -> None:  # fmt: skip
        arr.awaited.append(name)
        self.tell(twin_id, f"{name}.requested", request(asker=self.id, arrangement_id=arr.id))
        arr.step(f"{name}.requested", self.now, twin_id)

    def refresh(self, arr: Arrangement) -> None:
        """Her calendar, and how she is reached."""
        owner = Errand(self, arr).need.owner
        if owner is not None:
            self._ask_fact(arr, "profile", owner, ProfileRequest)

    @told("profile.answered")
    def profile_answered(self, profile: Profile) -> None:
        """Who the customer is."""
        self.know(profile.arrangement_id, "profile", profile.customer, profile)

    @told("directory.answered")
    def directory_answered(self, directory: Directory) -> None:
        """With whom the desk works."""
        self.know(directory.arrangement_id, "directory", directory.desk, directory)

    @told("card.answered")
    def card_answered(self, card: Card) -> None:
        """Where her dealer is."""
        self.know(card.arrangement_id, "card", card.service, card)

    # -- the plan ----------------------------------------------------------------------------

    def add_legs(
        self, arr: Arrangement, wanted: Collection[str], required: Collection[str],
        choice: Collection[str] = (), alternatives: int = 1,
    ) -> str | None:  # fmt: skip
        """Plan the legs that are wanted and possible, or say why nothing can be arranged.

        Args:
            arr: For what.
            wanted: Sorts of legs.
            required: Those without which it makes no sense.
            choice: Those that are held once for each alternative, of which she takes one.
            alternatives: How many there are.
        """
        unknown = self._unknown(arr)
        if unknown is not None:
            return unknown
        errand = Errand(self, arr)
        names = in_order(wanted)
        missing = {name: lacks for name in names if (lacks := LEGS[name].missing(errand))}
        for name, lacks in missing.items():
            if name in required:
                return lacks
        if "rental" in names:
            errand.find_depots()
        found = [name for name in names if name not in missing]
        for name in found:
            if name not in choice:
                self.add_leg(arr, name, name in required)
        for number in range(1, alternatives + 1):
            for name in found:
                if name in choice:
                    self.add_leg(arr, name, name in required and number == 1, number)
        return None

    def _unknown(self, arr: Arrangement) -> str | None:
        """What has to be known of anybody, and is not."""
        if Errand(self, arr).need.owner is None:
            return f"{arr.cause.twin_id} has no owner: there is nobody to ask"
        for fact in ("profile", "directory"):
            if fact not in arr.facts:
                return f"no answer to {fact}.requested"
        if not self.asks(arr) or Errand(self, arr).profile.channels:
            return None
        return "the customer has no channel"

    def add_leg(self, arr: Arrangement, sort: str, required: bool, alternative: int = 0) -> None:
        """Plan one leg, after those that it waits for."""
        kind = LEGS[sort]
        leg = Leg(
            name=f"{sort}_{alternative}" if alternative else sort,
            sort=sort if alternative else "",
            alternative=alternative,
            required=required,
            last=kind.last,
            ahead_s=kind.ahead_s,
        )
        before = [arr.beside(leg, name) for name in kind.after]
        leg.after = [other.name for other in before if other is not None]
        if kind.ahead_s is None:
            leg.after += [name for name, other in arr.legs.items() if other.ahead_s is not None]
        if alternative > 1:
            # One after the other: the next one has to differ from those that are held.
            leg.after.append(f"{sort}_{alternative - 1}")
        arr.add(leg)

    def customer(self, arr: Arrangement) -> str | None:
        """The owner of what the signal is about."""
        return Errand(self, arr).need.owner

    def lies_ahead(self, arr: Arrangement, sort: str) -> bool:
        """Whether a leg of this sort is booked, and has not begun."""
        return any(
            leg.sort_name == sort and leg.starts_at is not None and leg.starts_at > self.now
            for leg in arr.in_state(LegState.CONFIRMED)
        )

    def currency(self, arr: Arrangement) -> str:
        """The desk's."""
        return Errand(self, arr).directory.currency

    def wishes(self, arr: Arrangement, leg: Leg) -> dict[str, dict[str, Any]]:
        """Whom to ask for a leg, and what."""
        return LEGS[leg.sort_name].wishes(Errand(self, arr), leg)

    def suits(self, arr: Arrangement, leg: Leg, option: Option) -> bool:
        """Whether an option fits what is known by now."""
        return LEGS[leg.sort_name].suits(Errand(self, arr), leg, option)

    def rank(self, arr: Arrangement, leg: Leg, option: Option) -> tuple[float, ...]:
        """As the leg's sort says."""
        return LEGS[leg.sort_name].rank(Errand(self, arr), option)

    def hold_body(self, arr: Arrangement, leg: Leg) -> dict[str, Any]:
        """What a hold says beside offer, customer and expiry."""
        return LEGS[leg.sort_name].hold_body(Errand(self, arr), leg)

    def replan(self, arr: Arrangement, leg: Leg) -> bool:
        """Look again, or elsewhere."""
        return LEGS[leg.sort_name].replan(Errand(self, arr), leg)

    def replaces(self, arr: Arrangement, leg: Leg, option: Option) -> bool:
        """Whether an option may replace what the customer accepted."""
        return LEGS[leg.sort_name].replaces(Errand(self, arr), leg, option)

    # -- the offer, and what follows ---------------------------------------------------------

    def useful_until(self, arr: Arrangement) -> float | None:
        """As long as she can accept it before it has to be over."""
        latest = Errand(self, arr).latest
        return None if latest is None else latest - HOLD_LIFE_S

    def language(self, arr: Arrangement) -> str:
        """Hers."""
        return Errand(self, arr).profile.language

    def _covered(self, arr: Arrangement) -> tuple[Leg | None, list[str], int]:
        """The insurer's leg, the legs that it pays for, and what she pays of these together."""
        leg, cover = arr.got("cover"), Errand(self, arr).cover
        if cover is None:
            return None, [], 0
        covered = [
            name
            for name, other in arr.legs.items()
            if cover.covers.get(other.sort_name, False) and arr.got(name)
        ]
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

    def evidence(self, arr: Arrangement, leg: Leg) -> dict[str, Any]:
        """What goes with the confirmation of the last legs: why, for whom, and what is booked."""
        if not leg.last:
            return {}
        return {
            "signal_id": arr.cause.id,
            "signal": arr.cause.name,
            "noticed_at": arr.cause.time,
            "vehicle": arr.cause.twin_id,
            "customer": self.customer(arr),
            **self.reasons(arr),
            "legs": [
                {"leg": other.name, "service": other.service, "hold_id": other.hold_id,
                 "price_cents": other.price_cents, "currency": other.currency}
                for other in arr.in_state(LegState.CONFIRMED)
            ],
        }  # fmt: skip

    def reasons(self, arr: Arrangement) -> dict[str, Any]:
        """Why help was needed, for whoever has to pay for it."""
        raise NotImplementedError

    def started(self, arr: Arrangement) -> None:
        """All is confirmed: the claim is open, with its number, and somebody is on the way."""
        claim = arr.legs.get("cover")
        if claim is not None and claim.state is LegState.CONFIRMED:
            number = None if claim.choice is None else claim.choice.offer.offer_id
            arr.step("claim.opened", self.now, claim.service or "",
                     hold_id=claim.hold_id, detail=number)  # fmt: skip
        super().started(arr)

    def followers(self, arr: Arrangement) -> list[str]:
        """What the signal is about, and the customer, as far as they can be told."""
        customer = self.customer(arr)
        return [arr.cause.twin_id] if customer is None else [arr.cause.twin_id, customer]
