"""What an offer costs, and in which words."""

from itertools import combinations

import pytest

from actors.supervisors.arrangement import Leg, LegState, Option
from actors.supervisors.offer import Line, Offer, priced, put_first
from actors.supervisors.wording import notice_of, words
from twins.services.messages import Offered

COST = {"tow": 17_000, "slot": 9900, "ride": 2000, "rental": 4500}


def leg(name: str, price_cents: int) -> Leg:
    """A leg that is held."""
    offered = Offered(offer_id=name, price_cents=price_cents, currency="EUR", title=f"a {name}")
    choice = Option(service=f"x/{name}", offer=offered)
    return Leg(name=name, state=LegState.HELD, choice=choice, price_cents=price_cents)


def lines(names: tuple[str, ...], covered: list[str], deductible_cents: int = 5000) -> list[Line]:
    """The lines of these legs, under a policy that covers some of them."""
    return priced(
        [leg(name, COST[name]) for name in names],
        words("en"),
        covered=covered,
        cover=leg("cover", deductible_cents),
        deductible_cents=deductible_cents,
    )


def total(found: list[Line]) -> int:
    """What she pays."""
    return sum(line.price_cents for line in found)


def test_covered_legs_cost_the_deductible_together() -> None:
    """Once for all of them, as a line of its own; what they cost is still said."""
    found = lines(tuple(COST), ["tow", "rental"])

    assert [(line.leg, line.price_cents, line.cost_cents) for line in found] == [
        ("tow", 0, 17_000), ("slot", 9900, 9900), ("ride", 2000, 2000), ("rental", 0, 4500),
        ("cover", 5000, 5000),
    ]  # fmt: skip
    assert [line.leg for line in found if not line.declinable] == ["cover"]


def test_the_deductible_is_never_more_than_the_cost() -> None:
    """Insured or not, nobody pays more than it costs."""
    assert total(lines(("ride",), ["ride"], 5000)) == 2000
    assert total(lines(("ride", "tow"), ["ride", "tow"], 19_000)) == 19_000
    assert total(lines(("ride", "tow"), ["ride", "tow"], 30_000)) == 19_000


def test_without_cover_everything_costs_its_price() -> None:
    """And there is no line for it."""
    found = priced([leg("tow", 100)], words("en"), covered=["tow"], cover=None, deductible_cents=0)

    assert [(line.leg, line.price_cents) for line in found] == [("tow", 100)]


@pytest.mark.parametrize("deductible_cents", [0, 1000, 5000, 50_000])
def test_declining_never_makes_it_dearer(deductible_cents: int) -> None:
    """For every choice of lines, with every cover: leaving one out costs no more."""
    for size in range(2, 5):
        for names in combinations(COST, size):
            for covered in ([], ["tow"], ["tow", "rental"], list(COST)):
                whole = total(lines(names, covered, deductible_cents))
                for left_out in names:
                    rest = tuple(name for name in names if name != left_out)

                    assert total(lines(rest, covered, deductible_cents)) <= whole


def alternatives(cents: dict[str, int], deductible_cents: int) -> Offer:
    """A ride for all, and a covered rental for each alternative at its price."""
    legs = [leg("ride", 2000)]
    for number, (name, price_cents) in enumerate(cents.items(), 1):
        rental = leg(name, price_cents)
        rental.sort, rental.alternative = "rental", number
        legs.append(rental)
    found = priced(
        legs, words("en"), covered=["ride", *cents], cover=leg("cover", deductible_cents),
        deductible_cents=deductible_cents,
    )  # fmt: skip
    return Offer(
        supervisor="roadside/v1", arrangement_id="a-1", customer="customer/c1", language="en",
        currency="EUR", lines=found, expires_at=1.0,
        total_cents=sum(line.price_cents for line in found if line.alternative in (0, 1)),
    )  # fmt: skip


def test_the_deductible_is_that_of_the_alternative() -> None:
    """Where they cost less than it, or one of them does, each has its own line and its own sum."""
    offer = alternatives({"rental_1": 1000, "rental_2": 9000}, 5000)
    cover = [line for line in offer.lines if line.leg == "cover"]

    assert [(1, 3000, False), (2, 5000, False)] == [
        (line.alternative, line.price_cents, line.declinable) for line in cover
    ]
    assert 3000 == offer.total_cents
    assert {"2 first": 5000} == {name: each.total_cents for name, each in put_first(offer).items()}


def test_one_line_where_the_deductible_is_the_same() -> None:
    """All alternatives cost more than it: then it belongs to all."""
    offer = alternatives({"rental_1": 4000, "rental_2": 9000}, 5000)
    cover = [line for line in offer.lines if line.leg == "cover"]

    assert [(0, 5000)] == [(line.alternative, line.price_cents) for line in cover]


@pytest.mark.parametrize(
    ("language", "subject"),
    [("de", "Ihr Motor"), ("de-AT", "Ihr Motor"), ("fi", "Moottorisi"), ("xx", "Your engine"),
     ("en-GB", "Your engine")],
)  # fmt: skip
def test_in_her_language_or_english(language: str, subject: str) -> None:
    """Of a regional language the main one; braces in a name are just braces."""
    offer = Offer(
        supervisor="roadside/v1", arrangement_id="a-1", customer="customer/c1", language=language,
        currency="EUR", lines=[], total_cents=0, expires_at=1.0,
    )  # fmt: skip
    notice = notice_of(offer, "{name} {total}", "overheating")

    assert notice.subject.startswith(subject)
    assert notice.text.startswith("{name} {total}, ")


def test_every_language_has_every_word() -> None:
    """None of them falls back in the middle of a message."""
    assert words("de").keys() == words("en").keys() == words("fi").keys()
