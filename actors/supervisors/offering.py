"""Offering: the customer is asked once, and what she accepts is confirmed.

Where she may not be disturbed now, all is given back, and arranged anew when she may be, if it is
of use then; else a person has it at once. Nothing is held through a night. See `confirming` for
what follows when she accepts.
"""

from msgspec import to_builtins

from actors.supervisors.arrangement import Arrangement, Leg, LegState, State
from actors.supervisors.confirming import CONFIRM_S, Confirming
from actors.supervisors.offer import (
    FOLLOWED,
    Line,
    Notice,
    Offer,
    OfferAnswer,
    another,
    first_alternative,
)
from actors.supervisors.replying import REPLACED, times_anew
from actors.supervisors.standing import Return, Verdict
from actors.supervisors.supervisor import SLACK_S
from actors.supervisors.telling import NEWS
from twins.handler import told
from twins.people.messages import Contact, MessageRequest, MessageSettled, Words

OFFER_MARGIN_S = CONFIRM_S + SLACK_S
"""How long before the first hold lapses the offer ends, so that a late yes can be confirmed."""

PUT_OFF = "put_off"
"""Fact of an arrangement: how often its offer was put off."""

MAX_PUT_OFF = 3
"""So often an offer is put off because she may not be disturbed; then a person has it."""

LEAST_ANSWER_S = 30.0
"""An offer that would end sooner is not worth making."""


class Offering(Confirming):
    """Base of policies that ask the customer before anything is final."""

    # -- hooks -------------------------------------------------------------------------------

    def lines(self, arr: Arrangement) -> list[Line]:
        """What is offered, with prices."""
        raise NotImplementedError

    def notice(self, arr: Arrangement, offer: Offer) -> Notice:
        """The message that carries the offer, to the customer's twin."""
        raise NotImplementedError

    def language(self, arr: Arrangement) -> str:  # noqa: ARG002 - a hook: policies look at what this default does not need
        """The customer's."""
        return "en"

    def patience_s(self, arr: Arrangement) -> float | None:  # noqa: ARG002 - a hook: policies look at what this default does not need
        """How long the customer may think; None: as long as everything is held."""
        return None

    def useful_until(self, arr: Arrangement) -> float | None:  # noqa: ARG002 - a hook: policies look at what this default does not need
        """Until when it is of use to make the offer (log time); None: at any time."""
        return None

    def asks(self, arr: Arrangement) -> bool:  # noqa: ARG002 - a hook: policies look at what this default does not need
        """Whether the customer has to say yes; not where she gets what she has paid for."""
        return True

    # -- moving on ---------------------------------------------------------------------------

    def lapsed(self, arr: Arrangement, name: str) -> None:
        """A deadline is over."""
        if name == "offer":
            if arr.state is State.OFFERED:
                self.hand_over(arr, "the customer did not answer the offer in time")
        else:
            super().lapsed(arr, name)

    # -- offering ----------------------------------------------------------------------------

    def all_settled(self, arr: Arrangement) -> None:
        """Every leg is held, or out: have its price reserved, if there is something to ask."""
        self.trim(arr)
        held = arr.in_state(LegState.HELD)
        if all(leg.last for leg in held):
            self.hand_over(arr, "nothing could be had")
            return
        self.reserve(arr, self.held_cents(arr), self.currency(arr))

    def affordable(self, arr: Arrangement) -> None:
        """Ask the customer, once."""
        held = arr.in_state(LegState.HELD)
        expires_at = min(leg.expires_at or 0.0 for leg in held) - OFFER_MARGIN_S
        patience_s = self.patience_s(arr)
        if patience_s is not None:
            expires_at = min(expires_at, self.now + max(patience_s, LEAST_ANSWER_S))
        if (replaced := arr.facts.get(REPLACED)) is not None:
            # Offers are told apart by their ends, and what is held still may lapse as before.
            expires_at = min(expires_at, replaced - 1.0)
        if expires_at < self.now + LEAST_ANSWER_S:
            self.hand_over(arr, "what is held lapses before the customer could answer")
            return
        if not self.asks(arr):
            self._take_for_granted(arr, expires_at)
            return
        arr.deadlines["offer"] = expires_at
        arr.state = State.OFFERED
        offer = self._offer(arr, expires_at)
        self._send(arr, offer)

    def _take_for_granted(self, arr: Arrangement, expires_at: float) -> None:
        arr.verdict = Verdict(accept=True, declined=[], answered_by=self.id, at=self.now)
        self._offer(arr, expires_at)
        self._accept(arr, [], [])

    def _offer(self, arr: Arrangement, expires_at: float) -> Offer:
        lines = self.lines(arr)
        first = first_alternative(line.alternative for line in lines)
        offer = Offer(
            supervisor=self.id,
            arrangement_id=arr.id,
            customer=self.customer(arr) or "",
            language=self.language(arr),
            currency=self.currency(arr),
            lines=lines,
            total_cents=sum(line.price_cents for line in lines if line.alternative in (0, first)),
            expires_at=expires_at,
        )
        arr.offer = to_builtins(offer)
        return offer

    def _send(self, arr: Arrangement, offer: Offer) -> None:
        """Have her twin tell her: it knows how, and when she may be disturbed."""
        customer = self.customer(arr)
        if customer is None:
            self.hand_over(arr, "there is nobody to ask")
            return
        notice = self.notice(arr, offer)
        before = times_anew(arr)
        request = MessageRequest(
            id=f"{arr.id}.again-{before}" if before else arr.id,
            about=arr.cause.twin_id,
            asker=self.id,
            template=f"offer.{self.called(arr)}"[:200],
            texts={
                notice.language: Words(subject=notice.subject, text=notice.text, html=notice.html)
            },
            data=notice.data,
            urgency=notice.urgency,
            offer=to_builtins(offer),
            until=offer.expires_at,
            wordings={
                name: {notice.language: words} for name, words in self.wordings(arr, notice).items()
            },
            offers=self.others(arr, offer),
        )
        self.tell(customer, "message.requested", request)
        arr.step("offer.sending", self.now, customer)
        self.inform(arr)

    @told("message.settled")
    def message_settled(self, settled: MessageSettled) -> None:
        """She was told, or nobody could tell her; then a person has to."""
        about, _, news = settled.id.partition(NEWS)
        if news:
            self.news_settled(about, news, settled)
            return
        id_, _, again = settled.id.partition(".again-")
        arr = self.open(id_)
        if arr is None or (again or "0") != str(times_anew(arr)):
            return
        customer = self.customer(arr) or self.id
        for failure in settled.tried:
            arr.step("offer.not_sent", self.now, customer, detail=failure)
        if settled.channel is not None:
            arr.step("offer.sent", self.now, customer, detail=settled.channel)
            if settled.followed and arr.offer is not None:
                arr.facts[FOLLOWED] = arr.offer["expires_at"]
        elif arr.state is State.OFFERED and self._may_wait(arr, settled.free_at):
            assert settled.free_at is not None
            arr.step("offer.put_off", self.now, customer, detail=settled.reason)
            self.put_off(arr, settled.free_at)
        elif arr.state is State.OFFERED:
            self.hand_over(arr, f"the customer could not be told: {settled.reason or 'unknown'}")
        self.go_on()

    def _may_wait(self, arr: Arrangement, until: float | None) -> bool:
        useful_until = self.useful_until(arr)
        return (
            until is not None
            and (useful_until is None or until < useful_until)
            and arr.facts.get(PUT_OFF, 0) < MAX_PUT_OFF
        )

    def put_off(self, arr: Arrangement, until: float) -> None:
        """She may not be disturbed: give all back, and arrange it anew when she may be."""
        arr.facts[PUT_OFF] = arr.facts.get(PUT_OFF, 0) + 1
        arr.deadlines["refresh"] = until
        self.ask_anew(arr, "she may not be disturbed", until)

    @told("offer.answered")
    def offer_answered(self, answer: OfferAnswer) -> None:
        """The customer has decided; the first answer counts, and only while the offer stands."""
        arr = self.open(answer.arrangement_id)
        if arr is None or arr.state is not State.OFFERED or arr.offer is None:
            return
        if answer.until is not None and answer.until != arr.offer["expires_at"]:
            return  # it answers an older offer
        held = [leg for leg in arr.in_state(LegState.HELD) if not leg.last]
        # Legs of all alternatives have the number 0: that is no choice.
        numbers = {leg.alternative for leg in held if leg.alternative}
        taken = answer.alternative or 0
        if taken not in numbers:
            taken = first_alternative(numbers, arr.offer.get("first", 0))
        others = [leg for leg in held if leg.alternative not in (0, taken)]
        held = [leg for leg in held if leg.alternative in (0, taken)]
        declined = [leg for leg in held if leg.name in answer.declined]
        accept = answer.accept and len(declined) < len(held)
        arr.deadlines.pop("offer", None)
        arr.verdict = Verdict(
            accept=accept,
            declined=[leg.name for leg in declined],
            answered_by=answer.answered_by[:200],
            at=self.now,
            alternative=taken or None,
        )
        said = "accepted" if accept else "declined"
        customer = self.customer(arr)
        arr.step("offer.answered", self.now, customer or self.id,
                 detail=f"{said} by {answer.answered_by[:100]}")  # fmt: skip
        if customer is not None:
            contact = Contact(
                at=self.now, what="offer.answered", arrangement_id=arr.id, detail=said,
                by=another(answer.answered_by, customer),
            )  # fmt: skip
            self.tell(customer, "contact.noted", contact)
        self.report(arr, right=accept, why=f"the customer {said}")
        if accept:
            self._accept(arr, declined, others)
        else:
            self.undo(arr, State.COMPENSATED, f"declined by {answer.answered_by[:100]}")
        self.go_on()

    # -- accepted ----------------------------------------------------------------------------

    def _accept(self, arr: Arrangement, declined: list[Leg], others: list[Leg]) -> None:
        # What she does not want is given back after what she wants is confirmed: a company may
        # take its time for a release, and it takes an arrangement's calls one after the other.
        backs: list[tuple[str, Return] | None] = []
        for leg in others:
            if leg.required:
                _require(arr, leg.sort_name)
            why = "another alternative was taken"
            backs.append(self.set_aside(arr, leg, LegState.RELEASED, why))
        for leg in declined:
            why = "declined by the customer"
            backs.append(self.set_aside(arr, leg, LegState.DECLINED, why))
            arr.step(f"{leg.name}.declined", self.now, leg.service or "", hold_id=leg.hold_id)
        self.trim(arr)
        assert arr.offer is not None
        self._offer(arr, arr.offer["expires_at"])
        arr.state = State.CONFIRMING
        held = arr.in_state(LegState.HELD)
        for leg in held:
            leg.accepted_cents = leg.price_cents
        for leg in held:
            if not leg.last:
                self._confirm(arr, leg)
        for back in backs:
            if back is not None:
                self.give(arr, *back)
        self.inform(arr)


def _require(arr: Arrangement, sort: str) -> None:
    """What one alternative cannot do without, the one that was taken cannot, either."""
    for leg in arr.in_state(LegState.HELD):
        leg.required = leg.required or leg.sort_name == sort
