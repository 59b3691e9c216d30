"""The contract over HTTP: every call, its repeats and its refusals."""

import httpx2
import pytest
from provider_kit import HOSPITAL, SCENE, START, Clock, hold_body

TOW = "/providers/t1"
PROBLEM = "application/problem+json"


def problem_of(response: httpx2.Response) -> tuple[int, str]:
    """Return status and reason of a refusal, having checked its form."""
    assert response.headers["content-type"] == PROBLEM, response.text
    body = response.json()
    assert body["status"] == response.status_code
    assert body["type"] == f"urn:vigil:problem:{body['reason']}"
    assert body["title"]
    assert body["detail"]
    return response.status_code, body["reason"]


async def test_tow_offers_come_nearest_first(client: httpx2.AsyncClient) -> None:
    """ETA is the geodesic distance at the average speed; the nearest truck leads."""
    response = await client.post(
        f"{TOW}/availability", json={"service": "tow", "near": SCENE, "to": HOSPITAL}
    )
    offers = response.json()["offers"]

    assert [offer["item"] for offer in offers] == ["truck-1", "truck-2"]
    # 0.05 degrees of latitude at 60.2 N are 5,571 m (WGS 84); 36 km/h are 10 m/s.
    assert pytest.approx(557.1, abs=0.5) == offers[0]["eta_s"]
    assert offers[0]["position"] == [60.25, 24.9]


async def test_offers_reserve_nothing(client: httpx2.AsyncClient) -> None:
    """Asking twice shows the same offers, and the journal stays empty."""
    request = {"service": "tow", "near": SCENE}
    first = (await client.post(f"{TOW}/availability", json=request)).json()
    second = (await client.post(f"{TOW}/availability", json=request)).json()

    assert first == second
    assert (await client.get(f"{TOW}/journal")).json()["changes"] == []


async def test_a_hold_is_made_once(client: httpx2.AsyncClient) -> None:
    """The first call is answered 201, its repeat 200 with the same hold; one change is noted."""
    first = await client.put(f"{TOW}/holds/h:1", json=hold_body())
    second = await client.put(f"{TOW}/holds/h:1", json=hold_body())

    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json()
    assert {
        "hold_id": "h:1",
        "state": "held",
        "item": "truck-1",
        "title": "Tows, truck 1",
        "price_cents": 9000 + round(250 * 5.571),
        "currency": "EUR",
        "eta_s": 557.1,
        "starts_at": None,
        "ends_at": None,
        "expires_at": START + 600,
        "details": {},
    } == first.json()
    assert len((await client.get(f"{TOW}/journal")).json()["changes"]) == 1


async def test_a_hold_id_stands_for_one_body(client: httpx2.AsyncClient) -> None:
    """Another body under a used id is a conflict; the order of keys makes no other body."""
    details = {"a": 1, "b": {"c": 2, "d": 3}}
    shuffled = {"b": {"d": 3, "c": 2}, "a": 1}
    await client.put(f"{TOW}/holds/h1", json=hold_body(details=details))
    same = await client.put(f"{TOW}/holds/h1", json=hold_body(details=shuffled))
    other = await client.put(f"{TOW}/holds/h1", json=hold_body(details={"a": 2}))

    assert same.status_code == 200
    assert problem_of(other) == (422, "conflict")
    assert (other.json()["provider_id"], other.json()["hold_id"]) == ("t1", "h1")


async def test_a_taken_item_is_unavailable(client: httpx2.AsyncClient) -> None:
    """An item that is held is neither offered nor given to another hold."""
    await client.put(f"{TOW}/holds/h1", json=hold_body())
    rival = await client.put(f"{TOW}/holds/h2", json=hold_body())
    offers = await client.post(f"{TOW}/availability", json={"service": "tow", "near": SCENE})

    assert problem_of(rival) == (409, "unavailable")
    assert [offer["item"] for offer in offers.json()["offers"]] == ["truck-2"]


async def test_confirming_repeats_and_keeps_its_evidence(client: httpx2.AsyncClient) -> None:
    """A confirmation can be repeated, with its details or none; other details are refused."""
    await client.put(f"{TOW}/holds/h1", json=hold_body())
    path, evidence = f"{TOW}/holds/h1/confirm", {"details": {"photo": "p-1"}}
    first = await client.post(path, json=evidence)
    repeats = [await client.post(path, json=evidence), await client.post(path)]
    other = await client.post(path, json={"details": {"photo": "p-2"}})

    assert first.json()["state"] == "confirmed"
    assert [first.json()] * 2 == [repeat.json() for repeat in repeats]
    assert problem_of(other) == (422, "conflict")


async def test_a_hold_repeated_after_its_confirmation_shows_it(client: httpx2.AsyncClient) -> None:
    """A late repeat of the hold does not take the confirmation back."""
    await client.put(f"{TOW}/holds/h1", json=hold_body())
    await client.post(f"{TOW}/holds/h1/confirm")
    repeat = await client.put(f"{TOW}/holds/h1", json=hold_body())

    assert (repeat.status_code, repeat.json()["state"]) == (200, "confirmed")


async def test_a_release_beats_its_late_hold(client: httpx2.AsyncClient) -> None:
    """A release of an unknown id is remembered; the hold that arrives after it is refused."""
    released = await client.post(f"{TOW}/holds/h1/release")
    late = await client.put(f"{TOW}/holds/h1", json=hold_body())
    seen = await client.get(f"{TOW}/holds/h1")

    assert (
        released.status_code,
        released.json()["state"],
        released.json()["item"],
    ) == (200, "released", None)
    assert problem_of(late) == (409, "released")
    assert released.json() == seen.json()


async def test_a_confirmed_hold_may_be_released(client: httpx2.AsyncClient) -> None:
    """A cancellation frees the item, repeats harmlessly, and cannot be confirmed away."""
    await client.put(f"{TOW}/holds/h1", json=hold_body())
    await client.post(f"{TOW}/holds/h1/confirm")
    first = await client.post(f"{TOW}/holds/h1/release")
    second = await client.post(f"{TOW}/holds/h1/release")
    again = await client.post(f"{TOW}/holds/h1/confirm")
    rival = await client.put(f"{TOW}/holds/h2", json=hold_body())

    assert first.json()["state"] == "released"
    assert first.json() == second.json()
    assert problem_of(again) == (409, "released")
    assert rival.status_code == 201


async def test_a_hold_lapses_by_itself(client: httpx2.AsyncClient, clock: Clock) -> None:
    """One moment before its expiry a hold is held; at its expiry it is over and its item free."""
    await client.put(f"{TOW}/holds/h1", json=hold_body(expires_at=START + 30))
    clock.now = START + 29.999
    before = await client.get(f"{TOW}/holds/h1")
    clock.now = START + 30
    after = await client.get(f"{TOW}/holds/h1")

    assert (before.json()["state"], after.json()["state"]) == ("held", "expired")
    assert problem_of(await client.post(f"{TOW}/holds/h1/confirm")) == (409, "expired")
    assert problem_of(
        await client.put(f"{TOW}/holds/h1", json=hold_body(expires_at=START + 30))
    ) == (409, "expired")
    assert (await client.put(f"{TOW}/holds/h2", json=hold_body())).status_code == 201


async def test_the_expiry_is_capped(client: httpx2.AsyncClient) -> None:
    """A hold lapses after the provider's limit at the latest."""
    held = await client.put(f"{TOW}/holds/h1", json=hold_body(expires_at=START + 86_400))

    assert held.json()["expires_at"] == START + 600


async def test_a_hold_that_comes_after_its_expiry_is_refused(client: httpx2.AsyncClient) -> None:
    """A hold delayed beyond its own expiry takes nothing, and is not known afterwards."""
    late = await client.put(f"{TOW}/holds/h1", json=hold_body(expires_at=START))

    assert problem_of(late) == (409, "expired")
    assert problem_of(await client.get(f"{TOW}/holds/h1")) == (404, "unknown_hold")


async def test_a_job_that_is_done_cannot_be_released(
    client: httpx2.AsyncClient, clock: Clock
) -> None:
    """After drive and stop the hold is done; the truck is free, and stands where it ended."""
    await client.put(f"{TOW}/holds/h1", json=hold_body(to=HOSPITAL))
    await client.post(f"{TOW}/holds/h1/confirm")
    # 557 s of driving, 600 s on the spot and 125 s to the hospital pass in 21.4 s at time_scale 60.
    clock.now += 21.3
    before = await client.get(f"{TOW}/holds/h1")
    clock.now += 0.2
    seen = await client.get(f"{TOW}/holds/h1")
    offers = await client.post(f"{TOW}/availability", json={"service": "tow", "near": HOSPITAL})

    assert (before.json()["state"], seen.json()["state"]) == ("confirmed", "done")
    assert problem_of(await client.post(f"{TOW}/holds/h1/release")) == (409, "done")
    assert (await client.post(f"{TOW}/holds/h1/confirm")).json()["state"] == "done"
    assert ("truck-1", list(HOSPITAL), 0.0) == tuple(
        offers.json()["offers"][0][name] for name in ("item", "position", "eta_s")
    )


async def test_a_truck_can_be_followed(client: httpx2.AsyncClient, clock: Clock) -> None:
    """At time_scale 60 an ETA of 557.1 s passes in 9.3 s, and then the truck has arrived."""
    await client.put(f"{TOW}/holds/h1", json=hold_body())
    path = f"{TOW}/holds/h1/position"
    too_early = await client.get(path)
    await client.post(f"{TOW}/holds/h1/confirm")
    start = (await client.get(path)).json()
    clock.now += 5
    under_way = (await client.get(path)).json()
    clock.now += 5
    there = (await client.get(path)).json()

    assert problem_of(too_early) == (409, "not_confirmed")
    assert start == {"position": [60.25, 24.9], "eta_s": 557.1, "arrived": False, "at": START}
    assert (under_way["eta_s"], under_way["arrived"]) == (257.1, False)
    assert 60.2 < under_way["position"][0] < 60.25
    assert {
        "position": list(SCENE), "eta_s": 0.0, "arrived": True, "at": START + 10,
    } == there  # fmt: skip


@pytest.mark.parametrize(("ending", "reason"), [("release", "released"), ("lapse", "expired")])
async def test_nothing_drives_for_a_hold_that_is_over(
    client: httpx2.AsyncClient, clock: Clock, ending: str, reason: str
) -> None:
    """A hold that was released or has lapsed has no position, and says why."""
    await client.put(f"{TOW}/holds/h1", json=hold_body())
    if ending == "release":
        await client.post(f"{TOW}/holds/h1/release")
    clock.now += 600

    assert (409, reason) == problem_of(await client.get(f"{TOW}/holds/h1/position"))


async def test_a_rental_has_no_position(client: httpx2.AsyncClient) -> None:
    """What does not drive says so."""
    offer_id = f"car-1.{int(START)}-{int(START) + 3600}"
    await client.put("/providers/d1/holds/h1", json=hold_body(offer_id))

    assert problem_of(await client.get("/providers/d1/holds/h1/position")) == (404, "no_position")


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", ""), ("GET", "/position"), ("POST", "/confirm")],
)
async def test_unknown_holds_are_not_found(
    client: httpx2.AsyncClient, method: str, path: str
) -> None:
    """A hold that was never placed nor released is 404."""
    response = await client.request(method, f"{TOW}/holds/h1{path}")

    assert problem_of(response) == (404, "unknown_hold")


@pytest.mark.parametrize("path", ["", "/holds/h1", "/holds/h1/position", "/journal", "/behaviour"])
async def test_unknown_providers_are_not_found(client: httpx2.AsyncClient, path: str) -> None:
    """Every call to a provider that does not exist is 404."""
    response = await client.get(f"/providers/t9{path}")

    assert problem_of(response) == (404, "unknown_provider")


async def test_the_journal_lists_changes_in_order(client: httpx2.AsyncClient, clock: Clock) -> None:
    """Every change is listed with its time, a lapse with the time of its expiry; pages join up."""
    await client.put(f"{TOW}/holds/h1", json=hold_body())
    await client.post(f"{TOW}/holds/h2/release")
    clock.now += 700
    changes = (await client.get(f"{TOW}/journal")).json()["changes"]
    first = (await client.get(f"{TOW}/journal?limit=1")).json()["changes"]
    rest = (await client.get(f"{TOW}/journal?after={first[-1]['sequence']}")).json()["changes"]
    of_h2 = (await client.get(f"{TOW}/journal?hold_id=h2")).json()["changes"]

    assert [
        tuple(change[k] for k in ("at", "hold_id", "arrangement_id", "item", "from", "to"))
        for change in changes
    ] == [
        (START, "h1", "arr-1", "truck-1", None, "held"),
        (START, "h2", None, None, None, "released"),
        (START + 600, "h1", "arr-1", "truck-1", "held", "expired"),
    ]
    assert changes == first + rest
    assert [changes[1]] == of_h2


async def test_every_call_is_counted(client: httpx2.AsyncClient) -> None:
    """Repeats, refusals and looks count; another provider's hold of that id does not."""
    await client.put(f"{TOW}/holds/h1", json=hold_body())
    await client.put(f"{TOW}/holds/h1", json=hold_body())
    await client.put(f"{TOW}/holds/h2", json=hold_body())
    await client.get(f"{TOW}/holds/h1")
    await client.get("/providers/r1/holds/h1")

    assert (await client.get(f"{TOW}/calls")).json() == {
        "calls": {"h1": {"hold": 2, "look": 1}, "h2": {"hold": 1}}
    }
    assert (await client.get("/providers/r1/calls?hold_id=h1")).json() == {
        "calls": {"h1": {"look": 1}}
    }


async def test_a_provider_describes_itself(client: httpx2.AsyncClient) -> None:
    """The description says services, limits and the clock; its trial yields an offer for each."""
    everybody = (await client.get("/providers")).json()["providers"]
    for description in everybody:
        base = f"/providers/{description['provider_id']}"
        offers = await client.post(f"{base}/availability", json=description["trial"])

        assert description == (await client.get(base)).json()
        assert offers.json()["offers"], description["provider_id"]
    assert [(each["provider_id"], each["services"]) for each in everybody][:4] == [
        ("t1", ["tow"]),
        ("r1", ["ride"]),
        ("d1", ["rental"]),
        ("dealer1", ["slot"]),
    ]
    assert tuple(everybody[0][name] for name in ("hold_limit_s", "time_scale", "at")) == (
        600.0,
        60.0,
        START,
    )


async def test_the_published_contract_names_problem_details(client: httpx2.AsyncClient) -> None:
    """OpenAPI shows every refusal as problem+json, and no answer of the framework's own form."""
    schema = (await client.get("/openapi.json")).json()
    refusals = [
        response
        for path in schema["paths"].values()
        for operation in path.values()
        for status, response in operation["responses"].items()
        if not status.startswith("2")
    ]

    assert len(refusals) > 20
    assert {PROBLEM} == {kind for response in refusals for kind in response["content"]}
    assert "HTTPValidationError" not in str([refusals, schema["paths"]])
