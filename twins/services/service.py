"""Service: the base of the twins of outside companies. Supervisors ask them; they call providers.

A service keeps no order book: the provider's is the truth. What it keeps is a bounded view of the
holds it asked for and of its provider's health, for people and dashboards.
"""

from typing import Any, ClassVar, Literal

import msgspec
from msgspec import Struct, field

from twins.handler import done, failed, told
from twins.outputs import Outcome, Target
from twins.services.call import Call, call_of, key_of
from twins.services.messages import (
    MAX_OFFERS,
    Answer,
    Availability,
    Card,
    CardRequest,
    Held,
    Hold,
    Moved,
    Offered,
    Offers,
    Place,
    Repositioned,
    Request,
)
from twins.settings import UNSET, Settings, UnsetType
from twins.twin import Twin
from twins.units import Position, Short, Url

MAX_HOLDS = 64
"""How many holds a service shows; those that are over leave first."""

_OVER = ("confirmed", "released", "failed")


class ServiceSettings(Settings):
    """Master data of a service: `configured`."""

    base_url: Url | UnsetType = UNSET
    """Of its provider, for example `http://host:port/providers/t1`; empty: nobody to call."""
    name: Short | UnsetType = UNSET
    position: Position | UnsetType | None = UNSET


class Health(Struct, omit_defaults=True):
    """How the provider has answered so far."""

    answers: int = 0
    refusals: int = 0
    """Answers that were a no."""
    failures: int = 0
    """Calls without an answer, or with one that makes no sense."""
    last_seen_at: float | None = None
    """When it last answered (log time)."""
    last_failure_at: float | None = None
    last_failure: str = ""


class HoldView(Struct, kw_only=True, omit_defaults=True):
    """A hold as this twin last heard of it."""

    arrangement_id: str
    leg: str
    state: Literal["asked", "held", "confirmed", "released", "failed"] = "asked"
    price_cents: int | None = None
    currency: str | None = None
    expires_at: float | None = None
    at: float = 0.0
    """When that became known (log time)."""


class _Moves(Struct):
    """A provider's answer to `reposition`, where it says what drives."""

    moves: list[dict[str, Any]] = []


class Service(Twin):
    """Base of all companies: dealer, rental depot, tow operator, ride company, insurer, …."""

    sells: ClassVar[str] = ""
    """What to ask the provider for: tow, ride, rental, slot, cover, …"""
    keeps: ClassVar[tuple[str, ...]] = ()
    """Which of an offer's details go on to the asker; a provider's may be large."""

    base_url: str = ""
    name: str = ""
    position: Position | None = None
    holds: dict[str, HoldView] = field(default_factory=dict)
    health: Health = field(default_factory=Health)

    @told("configured")
    def configured(self, settings: ServiceSettings) -> None:
        """Take over master data."""
        settings.apply(self)

    @told("card.requested")
    def card_requested(self, request: CardRequest) -> None:
        """Say who and where this is."""
        card = Card(
            arrangement_id=request.arrangement_id,
            service=self.id,
            name=self.name,
            position=self.position,
        )
        self.tell(request.asker, "card.answered", card)

    # -- calls -------------------------------------------------------------------------------

    @told("availability.requested")
    def availability_requested(self, request: Request) -> None:
        """Ask what could be had."""
        self._do("availability", request, {**request.body, "service": self.sells})

    @told("hold.requested")
    def hold_requested(self, request: Request) -> None:
        """Take what an offer named, for a while."""
        if request.hold_id is not None and self.base_url:
            self._view(request, "asked")
        body = {**request.body, "arrangement_id": request.arrangement_id}
        self._do("hold", request, body)

    @told("confirm.requested")
    def confirm_requested(self, request: Request) -> None:
        """Make a hold final."""
        self._do("confirm", request, request.body)

    @told("release.requested")
    def release_requested(self, request: Request) -> None:
        """Give a hold up, whatever became of it."""
        self._do("release", request, {})

    @told("position.requested")
    def position_requested(self, request: Request) -> None:
        """Ask where the vehicle of a confirmed hold is."""
        self._do("position", request, {})

    @told("reposition.requested")
    def reposition_requested(self, request: Request) -> None:
        """Ask to have what is idle where it will be needed."""
        self._do("reposition", request, request.body)

    def _do(self, name: str, request: Request, body: dict[str, Any]) -> None:
        if not self.base_url:
            self._fail(name, call_of(key_of(request)), "unconfigured", f"{self.id} has no base_url")
            return
        call: dict[str, Any] = {"call": name}
        if request.hold_id is not None:
            call["hold_id"] = request.hold_id
        if body:
            call["body"] = body
        self.effect(
            name,
            Target.PROVIDER,
            self.base_url,
            call,
            key=key_of(request),
            # One order for all calls of an arrangement: a release never overtakes its hold.
            order=f"{request.arrangement_id} {self.id}",
            expires_at=request.by,
        )

    # -- answers -----------------------------------------------------------------------------

    @done("availability")
    def availability_known(self, outcome: Outcome) -> None:
        """Pass on what could be had."""
        call = call_of(outcome.key)
        try:
            offers = msgspec.convert(outcome.result, Offers).offers[:MAX_OFFERS]
        except msgspec.ValidationError as error:
            self._garbled("availability", call, error)
            return
        self._seen()
        answer = Availability(
            arrangement_id=call.arrangement_id,
            leg=call.leg,
            service=self.id,
            round=call.round,
            name=self.name,
            offers=[self._lean(offer) for offer in offers],
        )
        self.tell(call.asker, "availability.answered", answer)

    def _lean(self, offer: Offered) -> Offered:
        details = {name: offer.details[name] for name in self.keeps if name in offer.details}
        return msgspec.structs.replace(offer, title=offer.title[:200], details=details)

    @done("hold")
    def hold_known(self, outcome: Outcome) -> None:
        """Pass on what was taken."""
        call = call_of(outcome.key)
        hold = self._hold("hold", call, outcome, ("held",))
        if hold is None:
            return
        view = self.holds.get(hold.hold_id)
        if view is not None:
            view.price_cents, view.currency = hold.price_cents, hold.currency
            view.expires_at = hold.expires_at
        self._note(hold.hold_id, "held")
        answer = Held(
            arrangement_id=call.arrangement_id,
            leg=call.leg,
            service=self.id,
            hold_id=hold.hold_id,
            price_cents=hold.price_cents,
            currency=hold.currency,
            eta_s=hold.eta_s,
            starts_at=hold.starts_at,
            ends_at=hold.ends_at,
            expires_at=hold.expires_at,
        )
        self.tell(call.asker, "hold.answered", answer)

    @done("confirm")
    def confirm_known(self, outcome: Outcome) -> None:
        """Pass on that it is final."""
        self._settled("confirm", outcome, ("confirmed", "done"), "confirmed")

    @done("release")
    def release_known(self, outcome: Outcome) -> None:
        """Pass on that it was given up."""
        self._settled("release", outcome, ("released",), "released")

    @done("position")
    def position_known(self, outcome: Outcome) -> None:
        """Pass on where the vehicle is."""
        call = call_of(outcome.key)
        try:
            place = msgspec.convert(outcome.result, Place)
        except msgspec.ValidationError as error:
            self._garbled("position", call, error)
            return
        self._seen()
        answer = Moved(
            arrangement_id=call.arrangement_id,
            leg=call.leg,
            service=self.id,
            hold_id=call.hold_id,
            position=place.position,
            eta_s=place.eta_s,
            arrived=place.arrived,
            at=place.at,
        )
        self.tell(call.asker, "position.answered", answer)

    @done("reposition")
    def reposition_known(self, outcome: Outcome) -> None:
        """Pass on that it follows; how far is its own matter."""
        self._seen()
        call = call_of(outcome.key)
        try:
            moves = len(msgspec.convert(outcome.result, _Moves).moves)
        except msgspec.ValidationError:
            moves = 0  # it need not say
        answer = Repositioned(
            arrangement_id=call.arrangement_id, leg=call.leg, service=self.id, moves=moves
        )
        self.tell(call.asker, "reposition.answered", answer)

    @failed("reposition")
    def reposition_failed(self, outcome: Outcome) -> None:
        """Say so; nothing depends on it."""
        self._failed("reposition", outcome)

    @failed("availability")
    def availability_failed(self, outcome: Outcome) -> None:
        """Say so."""
        self._failed("availability", outcome)

    @failed("hold")
    def hold_failed(self, outcome: Outcome) -> None:
        """Say so."""
        self._failed("hold", outcome)

    @failed("confirm")
    def confirm_failed(self, outcome: Outcome) -> None:
        """Say so."""
        self._failed("confirm", outcome)

    @failed("release")
    def release_failed(self, outcome: Outcome) -> None:
        """Say so."""
        self._failed("release", outcome)

    @failed("position")
    def position_failed(self, outcome: Outcome) -> None:
        """Say so."""
        self._failed("position", outcome)

    def _hold(
        self, name: str, call: Call, outcome: Outcome, states: tuple[str, ...]
    ) -> Hold | None:
        """The hold that a provider answered with, if it is the one, in one of these states."""
        try:
            hold = msgspec.convert(outcome.result, Hold)
        except msgspec.ValidationError as error:
            self._garbled(name, call, error)
            return None
        if hold.hold_id != call.hold_id or hold.state not in states:
            said = f"hold {hold.hold_id!r} is {hold.state!r}; asked about {call.hold_id!r}"
            self._garbled(name, call, said)
            return None
        self._seen()
        return hold

    def _settled(
        self,
        name: str,
        outcome: Outcome,
        states: tuple[str, ...],
        state: Literal["confirmed", "released"],
    ) -> None:
        call = call_of(outcome.key)
        if self._hold(name, call, outcome, states) is None:
            return
        self._note(call.hold_id, state)
        self.tell(call.asker, f"{name}.answered", self._answer(call))

    def _answer(self, call: Call) -> Answer:
        return Answer(
            arrangement_id=call.arrangement_id,
            leg=call.leg,
            service=self.id,
            hold_id=call.hold_id,
        )

    def _failed(self, name: str, outcome: Outcome) -> None:
        reason = outcome.reason or "unknown"
        health = self.health
        if reason == "refused":
            self._seen()
            health.refusals += 1
        else:
            self._broken(f"{name}: {reason}")
        self._fail(name, call_of(outcome.key), reason, outcome.detail)

    def _garbled(self, name: str, call: Call, error: object) -> None:
        self._broken(f"{name}: garbled: {error}")
        self._fail(name, call, "garbled", str(error))

    def _fail(self, name: str, call: Call, reason: str, detail: str | None) -> None:
        if name in ("hold", "confirm"):
            self._note(call.hold_id, "failed")
        answer = self._answer(call)
        if name == "availability":
            answer = Availability(
                arrangement_id=call.arrangement_id,
                leg=call.leg,
                service=self.id,
                round=call.round,
                name=self.name,
            )
        answer.reason = reason[:200]
        answer.detail = None if detail is None else detail[:2000]
        self.tell(call.asker, f"{name}.answered", answer)

    # -- the view ----------------------------------------------------------------------------

    def _seen(self) -> None:
        self.health.answers += 1
        self.health.last_seen_at = self.now

    def _broken(self, why: str) -> None:
        health = self.health
        health.failures += 1
        health.last_failure_at = self.now
        health.last_failure = why[:200]

    def _view(self, request: Request, state: Literal["asked"]) -> None:
        holds = self.holds
        assert request.hold_id is not None
        holds[request.hold_id] = HoldView(
            arrangement_id=request.arrangement_id, leg=request.leg, state=state, at=self.now
        )
        if len(holds) > MAX_HOLDS:
            over = (id_ for id_, view in holds.items() if view.state in _OVER)
            del holds[next(over, next(iter(holds)))]

    def _note(
        self, hold_id: str | None, state: Literal["held", "confirmed", "released", "failed"]
    ) -> None:
        view = self.holds.get(hold_id or "")
        if view is not None:
            view.state = state
            view.at = self.now
