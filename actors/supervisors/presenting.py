"""Presenting: how an offer may be put, and in which way the customer is shown it.

Which way is answered best is learned, for who allows it (`twins.people.engaged`): her twin chooses,
and says what it chose, so that her answer means what she was shown.
"""

from typing import Any

from msgspec import convert, to_builtins

from actors.supervisors.arrangement import Arrangement, LegState, State
from actors.supervisors.offer import FOLLOWED, Notice, Offer, OfferOpened, put_first
from actors.supervisors.replying import Replying
from twins.handler import told
from twins.people.messages import MAX_OFFERS, Contact, OfferChosen, Words


class Presenting(Replying):
    """Base of policies that can put an offer in several ways."""

    # -- hooks -------------------------------------------------------------------------------

    def wordings(self, arr: Arrangement, notice: Notice) -> dict[str, Words]:  # noqa: ARG002 - a hook: policies look at what this default does not need
        """Other wordings of the message, by name, in its language: the best one is learned."""
        return {}

    def variants(self, arr: Arrangement, offer: Offer) -> dict[str, Offer]:  # noqa: ARG002 - a hook: policies look at what this default does not need
        """Other offers that could be made instead, by name, until the same time.

        The best one is learned. One may have its lines in another order, or lack some of them:
        what it lacks is given back when it is chosen, also what was required; so name none that
        makes no sense. By default, where there are alternatives, another one comes first.
        """
        return put_first(offer)

    def trim(self, arr: Arrangement) -> None:
        """Take out legs that make no sense without others, before and after the customer chose."""

    # -- what she is shown -------------------------------------------------------------------

    def others(self, arr: Arrangement, offer: Offer) -> dict[str, dict[str, Any]]:
        """What could be offered instead, as a message carries it."""
        variants = list(self.variants(arr, offer).items())[:MAX_OFFERS]
        return {name: to_builtins(other) for name, other in variants}

    @told("offer.opened")
    def offer_opened(self, opened: OfferOpened) -> None:
        """Let her twin know, once an offer, if she lets it be learned."""
        arr, customer = self.open(opened.arrangement_id), None
        if arr is not None:
            customer = self.customer(arr)
        if arr is None or customer is None or arr.facts.get(FOLLOWED) != opened.until:
            return
        del arr.facts[FOLLOWED]
        arr.step("offer.opened", self.now, customer)
        contact = Contact(at=self.now, what="offer.opened", arrangement_id=arr.id)
        self.tell(customer, "contact.noted", contact)

    @told("offer.chosen")
    def offer_chosen(self, chosen: OfferChosen) -> None:
        """She is shown another one of the offers that could be made: her answer means that one."""
        arr = self.open(chosen.arrangement_id)
        if arr is None or arr.state is not State.OFFERED or arr.offer is None:
            return
        offer = convert(arr.offer, Offer)
        other = self.variants(arr, offer).get(chosen.name)
        if other is None or offer.expires_at != chosen.until:
            return  # it is about an older offer
        names = {line.leg for line in other.lines}
        for leg in arr.in_state(LegState.HELD):
            if leg.name not in names and not leg.last:
                self.give_back(arr, leg, LegState.RELEASED, "not offered")
        self.trim(arr)
        arr.offer = to_builtins(other)
        arr.step("offer.chosen", self.now, self.customer(arr) or self.id, detail=chosen.name)
        self.inform(arr)
        self.go_on()
