"""The page of an offer with alternatives: a button for each, and the tap says which."""

import re
from typing import Any

import httpx2
import pytest
from offer_kit import FORM, PATH, PRICES, choice
from support.api_server import client_of
from support.arrangements import put
from support.fake_services import START, FakeServices


@pytest.fixture
def services() -> FakeServices:
    """A cluster with that offer."""
    services = FakeServices()
    put(services, choice())
    return services


async def call(services: FakeServices, method: str, **given: Any) -> httpx2.Response:
    """As a browser or a program calls it."""
    async with client_of(services) as client:
        return await client.request(method, PATH, **given)


def said(services: FakeServices) -> Any:
    """What the supervisor was told."""
    return services.sent[-1].message.data


async def test_what_is_put_first_is_shown_first(services: FakeServices) -> None:
    """And counts in the total of the view."""
    arr = choice()
    assert arr.offer is not None
    arr.offer["first"] = 2
    put(services, arr)
    page = (await call(services, "GET")).text

    assert ["2", "1"] == re.findall(r'value="accept:(\d+)"', page)


@pytest.mark.parametrize(
    ("first", "rental_1", "rental_2", "why"),
    [
        (0, 5_400, 5_400, "Recommended: the soonest"),
        (2, 5_400, 4_000, "Recommended: costs you least"),
        (2, 5_400, 10_800, None),
        (2, 5_400, 5_400, None),
    ],
)
async def test_what_is_put_first_for_a_reason_says_so(
    services: FakeServices, first: int, rental_1: int, rental_2: int, why: str | None
) -> None:
    """Beside its lines, and with its button for whoever hears the page; else nothing is marked."""
    arr = choice()
    assert arr.offer is not None
    arr.offer["first"] = first
    for line in arr.offer["lines"]:
        line["price_cents"] = {"rental_1": rental_1, "rental_2": rental_2}.get(
            line["leg"], line["price_cents"]
        )
    put(services, arr)
    page = (await call(services, "GET")).text
    marks = re.findall(r'<p class="best" id="(best-\d)"><svg.*?</svg>(.*?)</p>', page)
    described = re.findall(r'value="accept:(\d)" aria-describedby="([\w-]+)"', page)
    number = first or 1

    assert ([(f"best-{number}", why)] if why else []) == marks
    assert ([(str(number), f"best-{number}")] if why else []) == described


async def test_times_that_begin_alike_are_no_reason(services: FakeServices) -> None:
    """Nor prices: then one is first since one has to be."""
    arr = choice()
    for leg in arr.legs.values():
        leg.starts_at = START
    assert arr.offer is not None
    for line in arr.offer["lines"]:
        line["price_cents"] = 100
    put(services, arr)

    assert "Recommended" not in (await call(services, "GET")).text


async def test_each_has_a_button_and_its_own_total(services: FakeServices) -> None:
    """What belongs to both counts in each; there is no button for all of it."""
    page = (await call(services, "GET")).text

    assert ["1", "2"] == re.findall(r'value="accept:(\d+)"', page)
    assert 'value="accept"' not in page
    assert ["15300", "20700"] == re.findall(r'data-total="(\d+)"', page)
    assert [("tow", "0"), ("slot_1", "1"), ("rental_1", "1"), ("slot_2", "2"), ("rental_2", "2")] \
        == re.findall(r'name="keep" value="(\w+)"[^>]*data-alternative="(\d)"', page)  # fmt: skip
    assert 2 == page.count("Take this one")


@pytest.mark.parametrize("number", [1, 2])
async def test_the_tap_says_which(services: FakeServices, number: int) -> None:
    """With what she has unticked in it."""
    kept = "&".join(f"keep={name}" for name in PRICES if name != f"rental_{number}")
    answer = await call(
        services, "POST", content=f"answer=accept%3A{number}&{kept}", headers=FORM
    )  # fmt: skip

    assert 303 == answer.status_code
    assert (True, number, [f"rental_{number}"]) == (
        said(services)["accept"], said(services)["alternative"], said(services)["declined"],
    )  # fmt: skip


@pytest.mark.parametrize("answer", ["accept:3", "accept:0", "accept:x", "accept:1:2", "other:1"])
async def test_a_tap_on_nothing_is_refused(services: FakeServices, answer: str) -> None:
    """Only what is on the page can be taken."""
    refused = await call(services, "POST", content=f"answer={answer}", headers=FORM)

    assert 422 == refused.status_code
    assert [] == services.sent


async def test_programs_say_it_by_json(services: FakeServices) -> None:
    """`alternative` is a number from 1; anything else is refused."""
    taken = await call(services, "POST", json={"accept": True, "alternative": 2})
    refused = await call(services, "POST", json={"accept": True, "alternative": "2"})

    assert (202, 422) == (taken.status_code, refused.status_code)
    assert 2 == said(services)["alternative"]
