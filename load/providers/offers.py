"""What a provider has to offer, and at what price: a function of world, stock and clock.

An offer's id says all that the provider needs to make it again (item, and period where there is
one); so offers are not stored, and a hold prices its item anew.
"""

import math
import re
from collections.abc import Iterator
from typing import Final, Protocol

from pydantic import BaseModel, ConfigDict, JsonValue

from load.providers.contract import (
    LATEST_TIME,
    MAX_OFFERS,
    AvailabilityRequest,
    HoldRequest,
    Offer,
    Position,
)
from load.providers.errors import InvalidRequestError, UnavailableError
from load.providers.movement import Path, Route, distance_m
from load.providers.roads import Roads, no_roads
from load.providers.slots import DAY_S, horizon, slot_times
from load.providers.world import Car, Dealer, Fleet, Good, Insurer, Provider, RentalDepot, Store

_PERIOD: Final = re.compile(
    r"(?P<item>[A-Za-z0-9_-]{1,64})\.(?P<starts>[0-9]{1,12})-(?P<ends>[0-9]{1,12})"
)
_SLOT: Final = re.compile(r"(?P<bay>[A-Za-z0-9_-]{1,64})\.(?P<starts>[0-9]{1,12})")
_CLAIM: Final = re.compile(r"(?P<number>[A-Za-z0-9_-]{1,64})\.claim-(?P<claim>[0-9]{1,3})")
_UNIT: Final = re.compile(r"(?P<item>[A-Za-z0-9_-]{1,64})\.(?P<unit>[1-9][0-9]{0,4})")
_FETCH_LATE_S: Final = 3600.0  # so long may a rental have begun when it is held


class Stock(Protocol):
    """What is taken at this moment, by the provider's truth."""

    def is_free(self, item: str, busy_from: float, busy_until: float) -> bool:
        """Return whether no live hold has the item at any time of the period."""

    def stand(self, item: str) -> Position | None:
        """Return where the vehicle is: where its last job ended, or on its way to elsewhere.

        None before all that.
        """

    def cars(self, depot: RentalDepot) -> dict[str, tuple[Car, float]]:
        """Return the cars that can be fetched at a depot, by item, and from when."""


class Quote(BaseModel):
    """An offer as the provider sees it: with what it occupies.

    Invariant: two live holds of one item never occupy it at the same time.
    """

    model_config = ConfigDict(frozen=True)

    offer: Offer
    busy_from: float = 0.0
    busy_until: float = LATEST_TIME
    """The default, always, is right for what is free again only when its job is done."""
    route: Route | None = None
    """Tow and ride: the way to drive once confirmed."""
    over_at: float | None = None
    """All others: when a confirmed hold is done, by the clock."""


def find_offers(
    provider: Provider,
    request: AvailabilityRequest,
    now: float,
    stock: Stock,
    roads: Roads = no_roads,
) -> list[Offer]:
    """Return at most 20 offers, the best first; none where the provider has no such service.

    Raises:
        InvalidRequestError: the request lacks what this service needs.
    """
    if request.service != provider.sells:
        return []
    quotes: Iterator[Quote]
    if isinstance(provider, Fleet):
        quotes = iter(_nearest(provider, request.near, request.to, stock, roads))
    elif isinstance(provider, RentalDepot):
        quotes = _rentals(provider, request, now, stock)
    elif isinstance(provider, Dealer):
        quotes = _slots(provider, request, now)
    elif isinstance(provider, Store):
        quotes = _goods(provider, stock)
    else:
        quotes = _claims(provider, request, now)
    offers: list[Offer] = []
    for quote in quotes:
        if stock.is_free(quote.offer.item, quote.busy_from, quote.busy_until):
            offers.append(quote.offer)
        # A policy's claims are alike: the first free one is enough.
        if len(offers) == MAX_OFFERS or (offers and isinstance(provider, Insurer)):
            break
    return offers


def find_quote(
    provider: Provider, request: HoldRequest, now: float, stock: Stock, roads: Roads = no_roads
) -> Quote:
    """Return what the hold would take, priced now. It may be taken: ask the stock.

    Raises:
        UnavailableError: the provider does not, or not any more, offer this.
        InvalidRequestError: the request lacks what this service needs.
    """
    found: Quote | None
    if isinstance(provider, Fleet):
        quotes = _nearest(provider, request.near, request.to, stock, roads)
        found = next((quote for quote in quotes if quote.offer.offer_id == request.offer_id), None)
    elif isinstance(provider, RentalDepot):
        found = _rental_of(provider, request.offer_id, now, stock.cars(provider))
    elif isinstance(provider, Dealer):
        found = _slot_of(provider, request.offer_id, now)
    elif isinstance(provider, Store):
        found = _good_of(provider, request.offer_id)
    else:
        found = _claim_of(provider, request.offer_id, now)
    if found is None:
        raise UnavailableError(
            f"Provider {provider.provider_id} does not offer {request.offer_id!r} (any more): "
            "ask for offers again.",
            provider_id=provider.provider_id,
        )
    return found


def _nearest(
    fleet: Fleet, near: Position | None, to: Position | None, stock: Stock, roads: Roads
) -> list[Quote]:
    """Return the vehicles within range, soonest first."""
    if near is None:
        raise InvalidRequestError(
            f"Provider {fleet.provider_id} drives to a place: give `near`.",
            provider_id=fleet.provider_id,
        )
    quotes = []
    path_on = None if to is None else Path.along(roads(near, to))
    for vehicle in fleet.vehicles:
        stands = stock.stand(vehicle.item) or vehicle.base
        if distance_m(stands, near) > fleet.range_km * 1000:
            continue
        route = Route(
            origin=stands,
            near=near,
            to=to,
            speed_kmh=fleet.speed_kmh,
            stop_s=fleet.stop_s,
            path=Path.along(roads(stands, near)),
            path_on=path_on,
        )
        offer = Offer(
            offer_id=vehicle.item,
            item=vehicle.item,
            title=f"{fleet.name}, {vehicle.title}",
            price_cents=fleet.base_cents + round(fleet.km_cents * route.length_km),
            currency=fleet.currency,
            eta_s=route.eta_s,
            position=stands,
        )
        quotes.append(Quote(offer=offer, route=route))
    return sorted(quotes, key=lambda quote: (quote.offer.eta_s, quote.offer.item))


def _rentals(
    depot: RentalDepot, request: AvailabilityRequest, now: float, stock: Stock
) -> Iterator[Quote]:
    """Yield every car for the period asked for; a day where no end is given."""
    starts = math.ceil(max(now, request.earliest or 0.0))
    ends = math.ceil(request.latest) if request.latest is not None else starts + int(DAY_S)
    cars = stock.cars(depot)
    for item in cars:
        quote = _rental_of(depot, f"{item}.{starts}-{ends}", now, cars)
        if quote is not None:
            yield quote


def _rental_of(
    depot: RentalDepot, offer_id: str, now: float, cars: dict[str, tuple[Car, float]]
) -> Quote | None:
    parts = _PERIOD.fullmatch(offer_id)
    if parts is None:
        return None
    starts, ends = int(parts["starts"]), int(parts["ends"])
    car, ready_at = cars.get(parts["item"], (None, 0.0))
    longest_s = depot.longest_days * DAY_S
    in_time = now - _FETCH_LATE_S <= starts <= now + longest_s and now < ends <= LATEST_TIME
    if car is None or starts < ready_at or not in_time or not 0 < ends - starts <= longest_s:
        return None
    offer = Offer(
        offer_id=offer_id,
        item=car.item,
        title=f"{depot.name}, {car.title}",
        price_cents=car.day_cents * math.ceil((ends - starts) / DAY_S),
        currency=depot.currency,
        starts_at=starts,
        ends_at=ends,
        position=depot.position,
    )
    return Quote(offer=offer, busy_from=starts, busy_until=ends, over_at=ends)


def _slots(dealer: Dealer, request: AvailabilityRequest, now: float) -> Iterator[Quote]:
    """Yield the slots of all bays within the window asked for, earliest first."""
    until = horizon(dealer, now)
    earliest = max(now, request.earliest or 0.0)
    latest = until if request.latest is None else min(request.latest, until)
    if latest <= earliest:
        return
    for starts, ends in slot_times(dealer, earliest, latest):
        for bay in dealer.bays:
            yield _slot_quote(dealer, bay, starts, ends)


def _slot_of(dealer: Dealer, offer_id: str, now: float) -> Quote | None:
    parts = _SLOT.fullmatch(offer_id)
    if parts is None or parts["bay"] not in dealer.bays:
        return None
    starts = int(parts["starts"])
    ends = starts + dealer.slot_s
    if not now <= starts or ends > horizon(dealer, now):
        return None
    on_grid = (starts, ends) in slot_times(dealer, starts, ends)
    return _slot_quote(dealer, parts["bay"], starts, ends) if on_grid else None


def _slot_quote(dealer: Dealer, bay: str, starts: int, ends: int) -> Quote:
    slot = f"{bay}.{starts}"
    offer = Offer(
        offer_id=slot,
        item=slot,
        title=f"{dealer.name}, service slot",
        price_cents=dealer.slot_cents,
        currency=dealer.currency,
        starts_at=starts,
        ends_at=ends,
        position=dealer.position,
        details={"bay": bay},
    )
    return Quote(offer=offer, busy_from=starts, busy_until=ends, over_at=ends)


def _goods(store: Store, stock: Stock) -> Iterator[Quote]:
    """Yield the first unit of each sort that nobody has."""
    for good in store.goods:
        for unit in range(1, good.stock + 1):
            quote = _unit_quote(store, good, unit)
            if stock.is_free(quote.offer.item, quote.busy_from, quote.busy_until):
                yield quote
                break


def _good_of(store: Store, offer_id: str) -> Quote | None:
    parts = _UNIT.fullmatch(offer_id)
    good = next((good for good in store.goods if parts and good.item == parts["item"]), None)
    if parts is None or good is None or int(parts["unit"]) > good.stock:
        return None
    return _unit_quote(store, good, int(parts["unit"]))


def _unit_quote(store: Store, good: Good, unit: int) -> Quote:
    id_ = f"{good.item}.{unit}"
    offer = Offer(
        offer_id=id_,
        item=id_,
        title=f"{store.name}, {good.title}",
        price_cents=good.price_cents,
        currency=store.currency,
        eta_s=good.eta_s,
        details=good.details,
    )
    # What is sold is not there again: it is never over.
    return Quote(offer=offer, over_at=LATEST_TIME)


def _claims(insurer: Insurer, request: AvailabilityRequest, now: float) -> Iterator[Quote]:
    """Yield the claims of the policy named in the details."""
    number = request.details.get("policy")
    if not isinstance(number, str):
        raise InvalidRequestError(
            f"Insurer {insurer.provider_id} finds a policy by its number: give `details.policy`.",
            provider_id=insurer.provider_id,
        )
    policy = insurer.by_number.get(number)
    if policy is None:
        return
    for claim in range(1, policy.claims + 1):
        quote = _claim_of(insurer, f"{number}.claim-{claim}", now)
        if quote is not None:
            yield quote


def _claim_of(insurer: Insurer, offer_id: str, now: float) -> Quote | None:
    parts = _CLAIM.fullmatch(offer_id)
    policy = insurer.by_number.get(parts["number"]) if parts is not None else None
    if parts is None or policy is None or now >= policy.valid_until:
        return None
    claim = int(parts["claim"])
    # One spelling for one claim: "claim-01" would else be a second item for the same thing.
    if not 1 <= claim <= policy.claims or parts["claim"] != str(claim):
        return None
    covers: dict[str, JsonValue] = {
        service: service in policy.covers for service in ("tow", "ride", "rental")
    }
    details: dict[str, JsonValue] = {
        "policy": policy.number,
        "claim": claim,
        "covers": covers,
        "deductible_cents": policy.deductible_cents,
    }
    offer = Offer(
        offer_id=offer_id,
        item=offer_id,
        title=f"{insurer.name}, policy {policy.number}",
        price_cents=policy.deductible_cents,
        currency=insurer.currency,
        ends_at=policy.valid_until,
        details=details,
    )
    return Quote(offer=offer, over_at=policy.valid_until)
