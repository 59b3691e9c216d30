"""What a provider has to do, as checks: each one function, whose docstring is the demand.

Each check works on holds of its own, with ids that nobody used before, and the kit releases them
after it. They run one after the other; the provider should serve nobody else meanwhile.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from load.providers.contract import Description, Repositioned, VehiclePosition
from load.providers.probe import CREATED, NOT_FOUND, OK, Probe, answered, demand, in_state, refused

_RIVALS: Final = 6
_LAPSE_S: Final = 2.0
_MONTH_S: Final = 30 * 86_400.0
_SLACK_S: Final = 60.0  # between two looks at a provider's clock


async def availability_yields_valid_offers(probe: Probe) -> None:
    """The trial request yields offers as the contract describes them, each with its own id."""
    offers = await probe.offers()
    demand(bool(offers), "the trial request yields no offer")
    ids = [offer.offer_id for offer in offers]
    demand(len(set(ids)) == len(ids), f"two offers have one id: {ids}")


async def availability_reserves_nothing(probe: Probe) -> None:
    """What was offered is still offered when asked again."""
    first, second = await probe.offers(), await probe.offers()
    before, after = {offer.item for offer in first}, {offer.item for offer in second}
    demand(before == after, f"items {before ^ after} came or went between two requests")


async def broken_requests_are_refused(probe: Probe) -> None:
    """Requests that break the contract get 422 with problem details."""
    whole = probe.trial.model_dump(mode="json")
    for change in (
        {"service": "Tea time"},
        {"near": [91.0, 0.0]},
        {"near": [0.0, "east"]},
        {"earliest": -1},
        {"earliest": 2000.0, "latest": 1000.0},
        {"misspelt": 1},
    ):
        refused(await probe.post("/availability", {**whole, **change}), 422, "invalid")
    refused(await probe.post("/availability", []), 422, "invalid")


async def a_hold_takes_the_item(probe: Probe) -> None:
    """A hold is answered with 201, and then seen; its item is gone for everybody else."""
    hold_id, request = probe.new_id(), await probe.request()
    response = await probe.put(hold_id, request)
    answered(response, CREATED)
    hold = in_state(response, "held", hold_id)
    demand(hold.item is not None, "the hold names no item")
    seen = in_state(await probe.get(f"/holds/{hold_id}"), "held", hold_id)
    demand(seen == hold, f"GET shows {seen}, PUT answered {hold}")
    offered = {offer.item for offer in await probe.offers()}
    demand(hold.item not in offered, "what is held is still offered")
    refused(await probe.put(probe.new_id(), request), 409, "unavailable")


async def an_unknown_offer_is_unavailable(probe: Probe) -> None:
    """A hold of something that was never offered gets 409, unavailable."""
    request = await probe.request(offer_id="conformance: never offered")
    refused(await probe.put(probe.new_id(), request), 409, "unavailable")


async def the_provider_bounds_the_expiry(probe: Probe) -> None:
    """A hold lapses no later than was asked, and no later than the provider's own limit."""
    description = Description.model_validate(answered(await probe.get("")))
    limit = description.hold_limit_s
    for asked_s in (limit / 2, _MONTH_S, None):
        expires_at = None if asked_s is None else description.at + asked_s
        hold_id, request = probe.new_id(), await probe.request(expires_at=expires_at)
        granted = in_state(await probe.put(hold_id, request), "held", hold_id).expires_at
        demand(granted is not None, "the hold says not when it lapses")
        latest = description.at + limit + _SLACK_S
        latest = latest if expires_at is None else min(latest, expires_at)
        demand(
            granted is not None and granted <= latest,
            f"asked for {asked_s} s with a limit of {limit} s, the hold lapses at {granted}, "
            f"by a clock that says {description.at}",
        )
        await probe.clean_up()


async def a_repeated_hold_changes_nothing(probe: Probe) -> None:
    """The same hold again gets 200 and the same answer."""
    hold_id, request = probe.new_id(), await probe.request()
    first = answered(await probe.put(hold_id, request), CREATED)
    second = answered(await probe.put(hold_id, request), OK)
    demand(first == second, f"first {first}, then {second}")


async def another_body_is_a_conflict(probe: Probe) -> None:
    """The id of a hold with another body gets 422, conflict, and changes nothing."""
    hold_id, request = await probe.held()
    before = answered(await probe.get(f"/holds/{hold_id}"))
    other = request.model_copy(update={"customer_id": "customer/another"})
    refused(await probe.put(hold_id, other), 422, "conflict")
    demand(before == answered(await probe.get(f"/holds/{hold_id}")), "the hold changed")


async def confirming_is_final_and_repeatable(probe: Probe) -> None:
    """A confirmation, repeated, gets the same answer; the hold repeated does not undo it."""
    hold_id, request = await probe.held()
    body = {"details": {"evidence": ["photo-1"]}}
    first = await probe.post(f"/holds/{hold_id}/confirm", body)
    in_state(first, "confirmed", hold_id)
    second = answered(await probe.post(f"/holds/{hold_id}/confirm", body))
    demand(first.json() == second, f"first {first.json()}, then {second}")
    in_state(await probe.put(hold_id, request), "confirmed", hold_id)
    in_state(await probe.get(f"/holds/{hold_id}"), "confirmed", hold_id)
    other = {"details": {"evidence": ["photo-2"]}}
    refused(await probe.post(f"/holds/{hold_id}/confirm", other), 422, "conflict")


async def releasing_frees_the_item(probe: Probe) -> None:
    """A release, repeated, gets the same answer; the item can be had again, the hold cannot."""
    hold_id, request = await probe.held()
    first = await probe.post(f"/holds/{hold_id}/release")
    in_state(first, "released", hold_id)
    second = answered(await probe.post(f"/holds/{hold_id}/release"))
    demand(first.json() == second, f"first {first.json()}, then {second}")
    refused(await probe.put(hold_id, request), 409, "released")
    refused(await probe.post(f"/holds/{hold_id}/confirm"), 409, "released")
    next_id = probe.new_id()
    in_state(await probe.put(next_id, request), "held", next_id)


async def a_confirmed_hold_may_be_released(probe: Probe) -> None:
    """Releasing after confirming calls the job off; it cannot be confirmed again."""
    hold_id, _ = await probe.held()
    in_state(await probe.post(f"/holds/{hold_id}/confirm"), "confirmed", hold_id)
    in_state(await probe.post(f"/holds/{hold_id}/release"), "released", hold_id)
    in_state(await probe.get(f"/holds/{hold_id}"), "released", hold_id)
    refused(await probe.post(f"/holds/{hold_id}/confirm"), 409, "released")


async def a_release_beats_a_late_hold(probe: Probe) -> None:
    """A release of an unknown hold is remembered, so that the hold is refused when it arrives."""
    hold_id, request = probe.new_id(), await probe.request()
    in_state(await probe.post(f"/holds/{hold_id}/release"), "released", hold_id)
    refused(await probe.put(hold_id, request), 409, "released")
    refused(await probe.post(f"/holds/{hold_id}/confirm"), 409, "released")
    in_state(await probe.get(f"/holds/{hold_id}"), "released", hold_id)
    next_id = probe.new_id()
    in_state(await probe.put(next_id, request), "held", next_id)


async def a_hold_lapses_by_itself(probe: Probe) -> None:
    """At its expiry a hold is over: it cannot be confirmed, and its item can be had again."""
    hold_id = probe.new_id()
    request = await probe.request(expires_at=await probe.now() + _LAPSE_S)
    granted = in_state(await probe.put(hold_id, request), "held", hold_id).expires_at
    demand(granted is not None, "the hold says not when it lapses")
    for _ in range(5):
        left_s = (granted or 0.0) - await probe.now()
        if left_s <= 0:
            break
        await probe.sleep(left_s)
    demand(left_s <= 0, "the provider's clock (`at` of its description) does not advance")
    refused(await probe.post(f"/holds/{hold_id}/confirm"), 409, "expired")
    in_state(await probe.get(f"/holds/{hold_id}"), "expired", hold_id)
    refused(await probe.put(hold_id, request), 409, "expired")
    next_id, again = probe.new_id(), request.model_copy(update={"expires_at": None})
    in_state(await probe.put(next_id, again), "held", next_id)
    in_state(await probe.post(f"/holds/{hold_id}/release"), "released", hold_id)


async def a_hold_that_comes_too_late_is_refused(probe: Probe) -> None:
    """A hold that was to lapse before it arrived gets 409, expired."""
    request = await probe.request(expires_at=await probe.now() - _LAPSE_S)
    refused(await probe.put(probe.new_id(), request), 409, "expired")


async def unknown_holds_are_not_found(probe: Probe) -> None:
    """Looking at, confirming and following an unknown hold get 404."""
    hold_id = probe.new_id()
    refused(await probe.get(f"/holds/{hold_id}"), 404, "unknown_hold")
    refused(await probe.get(f"/holds/{hold_id}/position"), 404, "unknown_hold")
    refused(await probe.post(f"/holds/{hold_id}/confirm"), 404, "unknown_hold")


async def hold_ids_are_checked(probe: Probe) -> None:
    """Ids of [A-Za-z0-9_.:-], up to 128 characters, are taken; others get 422."""
    longest = f"{probe.new_id()}_Az09-.:".ljust(128, "x")
    refused(await probe.get(f"/holds/{longest}"), 404, "unknown_hold")
    request = await probe.request()
    for bad in (f"{longest}x", "with%20space", "caf%C3%A9", "star*"):
        refused(await probe.put(bad, request), 422, "invalid")


async def positions_are_told(probe: Probe) -> None:
    """A confirmed tow or ride tells where its vehicle is; nothing else has a position."""
    hold_id, _ = await probe.held()
    path = f"/holds/{hold_id}/position"
    if probe.trial.service not in {"tow", "ride"}:
        refused(await probe.get(path), 404, "no_position")
        return
    refused(await probe.get(path), 409, "not_confirmed")
    confirmed = in_state(await probe.post(f"/holds/{hold_id}/confirm"), "confirmed", hold_id)
    first = VehiclePosition.model_validate(answered(await probe.get(path)))
    second = VehiclePosition.model_validate(answered(await probe.get(path)))
    demand(confirmed.eta_s is not None, "the hold of a vehicle has no eta_s")
    etas = [confirmed.eta_s or 0.0, first.eta_s, second.eta_s]
    demand(etas == sorted(etas, reverse=True), f"on a free road the ETA rises: {etas}")
    demand(not second.arrived or second.eta_s == 0, "it has arrived, and has an ETA all the same")
    answered(await probe.post(f"/holds/{hold_id}/release"))
    refused(await probe.get(path), 409, "released")


async def one_of_several_rivals_wins(probe: Probe) -> None:
    """Of several holds of one item at the same time one is held, and the others get 409."""
    request = await probe.request()
    ids = [probe.new_id() for _ in range(_RIVALS)]
    responses = await asyncio.gather(*(probe.put(hold_id, request) for hold_id in ids))
    won = [response for response in responses if response.is_success]
    demand(len(won) == 1, f"{len(won)} of {_RIVALS} rivals hold the item")
    for response in responses:
        if not response.is_success:
            refused(response, 409, "unavailable")


async def repeats_at_once_make_one_hold(probe: Probe) -> None:
    """Of several repeats of one hold at the same time one is answered 201, the others 200."""
    hold_id, request = probe.new_id(), await probe.request()
    responses = await asyncio.gather(*(probe.put(hold_id, request) for _ in range(_RIVALS)))
    answers = [answered(response, OK, CREATED) for response in responses]
    created = sum(response.status_code == CREATED for response in responses)
    demand(created == 1, f"{created} of {_RIVALS} repeats made a hold")
    demand(all(answer == answers[0] for answer in answers), f"the answers differ: {answers}")


async def a_release_beats_a_confirmation(probe: Probe) -> None:
    """Whichever of a confirmation and a release comes first, the hold ends released."""
    hold_id, _ = await probe.held()
    confirmed, released = await asyncio.gather(
        probe.post(f"/holds/{hold_id}/confirm"), probe.post(f"/holds/{hold_id}/release")
    )
    if not confirmed.is_success:
        refused(confirmed, 409, "released")
    in_state(released, "released", hold_id)
    in_state(await probe.get(f"/holds/{hold_id}"), "released", hold_id)


async def repositioning_takes_nothing_away(probe: Probe) -> None:
    """Who knows the call has what is idle elsewhere, once, and offers all of it as before."""
    before = await probe.offers()
    near = probe.trial.near or next((each.position for each in before if each.position), None)
    body = {"places": [{"near": near or (0.0, 0.0), "expected": 1.0}]}
    response = await probe.post("/reposition", body)
    if response.status_code == NOT_FOUND:
        return  # it need not know it
    Repositioned.model_validate(answered(response))
    again = Repositioned.model_validate(answered(await probe.post("/reposition", body)))
    demand(not again.moves, f"the same request again lets {again.moves} drive")
    items = {offer.item for offer in await probe.offers()}
    gone = {offer.item for offer in before} - items
    demand(not gone, f"items {gone} are not offered any more")
    for place in ({"near": near}, {"near": [91.0, 0.0], "expected": 1.0}, {"expected": 1.0}):
        refused(await probe.post("/reposition", {"places": [place]}), 422, "invalid")


Check = Callable[[Probe], Awaitable[None]]

CHECKS: Final[tuple[Check, ...]] = (
    availability_yields_valid_offers,
    availability_reserves_nothing,
    broken_requests_are_refused,
    a_hold_takes_the_item,
    an_unknown_offer_is_unavailable,
    the_provider_bounds_the_expiry,
    a_repeated_hold_changes_nothing,
    another_body_is_a_conflict,
    confirming_is_final_and_repeatable,
    releasing_frees_the_item,
    a_confirmed_hold_may_be_released,
    a_release_beats_a_late_hold,
    a_hold_lapses_by_itself,
    a_hold_that_comes_too_late_is_refused,
    unknown_holds_are_not_found,
    hold_ids_are_checked,
    positions_are_told,
    one_of_several_rivals_wins,
    repeats_at_once_make_one_hold,
    a_release_beats_a_confirmation,
    repositioning_takes_nothing_away,
)
