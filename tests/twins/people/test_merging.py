"""Merging and taking it back: whatever happens in whatever order, nothing is lost or doubled."""

from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from support.world import World

import actors.supervisors
from twins.handler import Origin
from twins.people.identity import email_id, phone_id
from twins.testing import START

assert actors.supervisors, "who asks for profiles"

CUSTOMERS = [f"customer/c{number}" for number in range(4)]
VISITORS = [f"visitor/v{number}" for number in range(3)]
EMAILS = ["aino@example.com", "ben@example.com", "cleo@example.com"]


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("  Aino@Example.COM ", "aino@example.com"),
        ("o'neil+x@mail.example.org", "O'Neil+X@mail.example.org"),
    ],
)
def test_an_address_is_one_however_it_is_written(text: str, same: str) -> None:
    """Its letters' case and the spaces around it mean nothing."""
    assert email_id(text) == email_id(same) is not None


@pytest.mark.parametrize("text", ["", "aino", "@example.com", "a b@example.com", "a@localhost"])
def test_what_is_no_address_is_nobody(text: str) -> None:
    """Else all who typed `none` would be one person."""
    assert email_id(text) is None


def test_a_number_is_one_however_it_is_written() -> None:
    """With or without its country's code; and no number is nobody's."""
    assert phone_id("040 123 4567", "FI") == phone_id("+358 40-1234567") is not None
    assert phone_id("040 123 4567", "DE") != phone_id("040 123 4567", "FI")
    assert [phone_id(text, "FI") for text in ("", "none", "12", "+")] == [None] * 4
    assert phone_id("040 123 4567") is None


def paid(world: World, order: str, customer: str, cents: int) -> None:
    """Somebody bought something."""
    world.send(order, "order.placed",
               {"customer": customer, "total_cents": cents, "currency": "EUR"})  # fmt: skip
    world.send(order, "payment.received", {"id": "p", "cents": cents})
    world.run()


def test_what_is_meant_for_the_person_goes_on() -> None:
    """A supervisor that asks the one that was merged is answered by who stays."""
    world = World()
    world.send(CUSTOMERS[0], "configured", {"name": "Aino"})
    world.send(CUSTOMERS[1], "merge.requested", {"into": CUSTOMERS[0]})
    world.send(CUSTOMERS[1], "profile.requested",
               {"asker": "roadside/v1", "arrangement_id": "a"}, origin=Origin.TWIN)  # fmt: skip
    world.run()
    answer = world.twin("roadside/v1").kind.handler("profile.answered").decode(world.log[-1][3])

    assert (answer.data.customer, answer.data.name) == (CUSTOMERS[0], "Aino")


def test_a_circle_is_undone() -> None:
    """Two that are merged into each other at one time both stand for themselves again."""
    world = World()
    for one, other in ((0, 1), (1, 0)):
        world.send(CUSTOMERS[one], "merge.requested", {"into": CUSTOMERS[other]})
    world.run()
    twins = [world.twin(customer) for customer in CUSTOMERS[:2]]

    assert [(twin.merged_into, twin.absorbed) for twin in twins] == [(None, None)] * 2


def test_her_devices_are_shown_where_she_is() -> None:
    """Also those that join later; and no more when it was a mistake."""
    world = World()
    world.send(CUSTOMERS[1], "merge.requested", {"into": CUSTOMERS[0]})
    world.send("vehicle/v1", "configured", {"owner": CUSTOMERS[1]})
    world.run()
    assert world.twin(CUSTOMERS[0]).absorbed[CUSTOMERS[1]].devices == ["vehicle/v1"]
    world.send(CUSTOMERS[1], "merge.undone")
    world.run()

    assert world.twin(CUSTOMERS[0]).absorbed is None
    assert list(world.twin(CUSTOMERS[1]).devices) == ["vehicle/v1"]


def say(world: World, customer: str, purpose: str, at: float, *, given: bool) -> None:
    """Her word, under one of her names."""
    world.send(customer, "consent.said", {
        "purpose": purpose, "given": given, "how": "paper", "text_version": "v1", "at": at,
    })  # fmt: skip
    world.run()


@pytest.mark.parametrize("first", [True, False])
def test_her_newest_word_holds_under_whichever_name_she_said_it(*, first: bool) -> None:
    """Said before or after the merge; taken back, each name has its own words again."""
    world = World()
    stays, goes = CUSTOMERS[:2]
    say(world, stays, "marketing", START - 50, given=True)
    if first:
        say(world, goes, "marketing", START - 10, given=False)
    world.send(goes, "merge.requested", {"into": stays})
    world.run()
    if not first:
        say(world, goes, "marketing", START - 10, given=False)
    withdrawn = world.twin(stays).allows("marketing")
    world.send(goes, "merge.undone")
    world.run()

    assert (False, True, False) == (
        withdrawn, world.twin(stays).allows("marketing"), world.twin(goes).allows("marketing"),
    )  # fmt: skip


def test_what_another_name_withdraws_is_let_go() -> None:
    """Her position is deleted where she is; and her address is left alone under both."""
    world = World()
    stays, goes = CUSTOMERS[:2]
    mail = {"channel": "email", "address": "aino@example.com"}
    world.send(stays, "configured", {"channels": [mail]})
    say(world, stays, "position", START - 50, given=True)
    world.send(stays, "position.reported", {"position": [60.0, 24.0]})
    world.send(goes, "merge.requested", {"into": stays})
    world.run()
    assert (60.0, 24.0) == world.twin(stays).position
    say(world, goes, "position", START - 10, given=False)
    world.send(goes, "channel.stopped", mail)
    world.run()

    assert world.twin(stays).position is None
    assert world.twin(stays).is_stopped("email", "Aino@Example.com")


@pytest.mark.parametrize("elsewhere", [False, True])
def test_what_she_takes_back_in_her_browser_holds(*, elsewhere: bool) -> None:
    """Her position goes with it, and with her last browser the consent to visits, too.

    What she has said elsewhere is not taken back by a browser.
    """
    world = World()
    her, browser = CUSTOMERS[0], VISITORS[0]
    mail = {"channel": "email", "address": "aino@example.com"}
    world.send(her, "configured", {"channels": [mail]})
    visit = {"consent": "v1", "position": [60.0, 24.0], "position_consent": "p1"}
    world.send(browser, "visit", visit, origin=Origin.DEVICE)
    world.run()
    world.send(browser, "visitor.identified", {"email": "aino@example.com"})
    world.run()
    world.send(browser, "visit", visit, origin=Origin.DEVICE)
    world.run()
    world.advance(100)
    if elsewhere:
        say(world, her, "position", START + 100, given=True)
    assert (60.0, 24.0) == world.twin(her).position
    world.send(browser, "visit.ended", None, origin=Origin.DEVICE)
    world.run()
    twin = world.twin(her)

    assert elsewhere == twin.allows("position") == (twin.position is not None)
    assert not twin.allows("web")
    assert twin.visitors is None


def test_numbers_are_written_as_providers_want_them() -> None:
    """Also where the country is told later; what is no number stays, for its channel to refuse."""
    world = World()
    her = CUSTOMERS[0]
    numbers = ["040 123 4567", "+44 20 7946 0958", "12"]
    channels = [{"channel": "sms", "address": number} for number in numbers]
    world.send(her, "configured", {"channels": channels})
    world.run()
    before = [way.address for way in world.twin(her).channels]
    world.send(her, "configured", {"country": "FI"})
    world.run()

    assert ["040 123 4567", "+442079460958", "12"] == before
    assert ["+358401234567", "+442079460958", "12"] == [
        way.address for way in world.twin(her).channels
    ]


class Merging(RuleBasedStateMachine):
    """Customers are merged and un-merged while orders are paid."""

    def __init__(self) -> None:
        super().__init__()
        self.into: dict[str, str] = {}
        self.paid: dict[str, int] = dict.fromkeys(CUSTOMERS, 0)
        self.orders = 0

    @initialize(seed=st.integers(0, 1000))
    def begin(self, seed: int) -> None:
        """The order of what may happen in any is drawn; twins are stored and restored."""
        self.world = World(seed)

    @rule(one=st.sampled_from(CUSTOMERS), into=st.sampled_from(CUSTOMERS))
    def merge(self, one: str, into: str) -> None:
        """One is another; a merge into somebody who is a part of it changes nothing."""
        self.world.send(one, "merge.requested", {"into": into})
        self.world.run()
        if one not in self.above(into):
            self.into[one] = into

    @rule(one=st.sampled_from(CUSTOMERS))
    def undo(self, one: str) -> None:
        """It was a mistake."""
        self.world.send(one, "merge.undone")
        self.world.run()
        self.into.pop(one, None)

    @rule(customer=st.sampled_from(CUSTOMERS), cents=st.integers(1, 10**6))
    def pay(self, customer: str, cents: int) -> None:
        """An order of hers is paid."""
        self.orders += 1
        paid(self.world, f"order/o{self.orders}", customer, cents)
        self.paid[customer] += cents

    @invariant()
    def sums_are_exact(self) -> None:
        """Everybody has her own and those of who are a part of her."""
        for customer in CUSTOMERS:
            parts = [one for one in CUSTOMERS if customer in self.above(one)]
            twin = self.world.twin(customer)

            assert twin.lifetime_value_cents == sum(self.paid[one] for one in parts)
            assert twin.merged_into == self.into.get(customer)

    def above(self, customer: str) -> list[str]:
        """She, and all into whom she was merged."""
        found = [customer]
        while found[-1] in self.into:
            found.append(self.into[found[-1]])
        return found


class Visiting(RuleBasedStateMachine):
    """Visitors sign in and out by addresses that customers claim and let go."""

    def __init__(self) -> None:
        super().__init__()
        self.visits: dict[str, int] = dict.fromkeys(VISITORS, 0)
        self.signed: dict[str, list[str]] = {visitor: [] for visitor in VISITORS}
        self.claims: dict[str, list[str]] = {email: [] for email in EMAILS}

    @initialize(seed=st.integers(0, 1000))
    def begin(self, seed: int) -> None:
        """As above."""
        self.world = World(seed)

    def send(
        self, twin_id: str, event_type: str, data: Any, origin: Origin = Origin.INSIDE
    ) -> None:
        """Send, and let all that follows happen."""
        self.world.send(twin_id, event_type, data, origin=origin)
        self.world.run()

    @rule(visitor=st.sampled_from(VISITORS), name=st.sampled_from(["/", "/cars"]))
    def visit(self, visitor: str, name: str) -> None:
        """It looks at a page."""
        acts = [{"what": "view", "name": name}]
        self.send(visitor, "visit", {"consent": "v1", "acts": acts}, Origin.DEVICE)
        self.visits[visitor] += 1

    @rule(visitor=st.sampled_from(VISITORS), email=st.sampled_from(EMAILS))
    def sign_in(self, visitor: str, email: str) -> None:
        """It is found to be somebody; without consent that is not kept."""
        self.send(visitor, "visitor.identified", {"email": email.upper()})
        if self.visits[visitor]:
            self.signed[visitor] = [*(one for one in self.signed[visitor] if one != email), email]

    @rule(visitor=st.sampled_from(VISITORS), email=st.sampled_from(EMAILS))
    def sign_out(self, visitor: str, email: str) -> None:
        """That was wrong."""
        self.send(visitor, "visitor.unidentified", {"email": email})
        self.signed[visitor] = [one for one in self.signed[visitor] if one != email]

    @rule(customer=st.sampled_from(CUSTOMERS[:2]), emails=st.sets(st.sampled_from(EMAILS)))
    def configure(self, customer: str, emails: set[str]) -> None:
        """A customer is to be reached by these addresses."""
        channels = [{"channel": "email", "address": email} for email in sorted(emails)]
        self.send(customer, "configured", {"channels": channels})
        for email, claims in self.claims.items():
            if email in emails and customer not in claims:
                claims.append(customer)
            elif email not in emails and customer in claims:
                claims.remove(customer)

    @invariant()
    def each_belongs_to_whom_it_should(self) -> None:
        """By its last address that is anybody's; and its own twin has all that it did."""
        hers: dict[str, dict[str, int]] = {customer: {} for customer in CUSTOMERS[:2]}
        for visitor in VISITORS:
            whose = [self.claims[email][0] for email in self.signed[visitor] if self.claims[email]]
            twin = self.world.twin(visitor)

            assert twin.views == self.visits[visitor]
            assert twin.customer == (whose[-1] if whose else None)
            if whose:
                hers[whose[-1]][visitor] = self.visits[visitor]
        for customer, visitors in hers.items():
            shown = self.world.twin(customer).visitors or {}

            assert {id_: seen.views for id_, seen in shown.items()} == visitors


TestMerging = Merging.TestCase
TestVisiting = Visiting.TestCase
TestMerging.settings = TestVisiting.settings = settings(
    max_examples=40, stateful_step_count=25, deadline=None
)


def test_withdrawing_lets_her_visitors_go() -> None:
    """What they did is deleted everywhere, and nothing more is taken from them."""
    world = World()
    world.send(CUSTOMERS[0], "configured",
               {"channels": [{"channel": "email", "address": EMAILS[0]}]})  # fmt: skip
    visit = {"consent": "v1", "acts": [{"what": "click", "name": "buy"}]}
    world.send(VISITORS[0], "visit", visit, origin=Origin.DEVICE)
    world.send(VISITORS[0], "visitor.identified", {"email": EMAILS[0]})
    world.run()
    customer, visitor = world.twin(CUSTOMERS[0]), world.twin(VISITORS[0])
    assert customer.visitors[VISITORS[0]].clicks == 1
    assert customer.consents["web"].text_version == "v1"
    world.advance(10)
    world.send(CUSTOMERS[0], "consent.said", {"purpose": "web", "given": False, "how": "telephone",
                                              "at": world.now})  # fmt: skip
    world.run()
    world.send(VISITORS[0], "visit", visit, origin=Origin.DEVICE)
    world.run()
    customer, visitor = world.twin(CUSTOMERS[0]), world.twin(VISITORS[0])

    assert customer.visitors is None
    assert (visitor.clicks, visitor.acts, visitor.customer, visitor.dropped) == (0, [], None, 1)


def test_a_position_needs_its_own_consent() -> None:
    """The one to be seen on pages is not enough; with both it reaches her twin."""
    world = World()
    world.send(CUSTOMERS[0], "configured",
               {"channels": [{"channel": "email", "address": EMAILS[0]}]})  # fmt: skip
    visit: dict[str, Any] = {"consent": "v1", "position": [60.0, 24.0]}
    world.send(VISITORS[0], "visit", visit, origin=Origin.DEVICE)
    world.send(VISITORS[0], "visitor.identified", {"email": EMAILS[0]})
    world.run()
    world.send(VISITORS[0], "visit", visit, origin=Origin.DEVICE)
    world.run()
    assert world.twin(CUSTOMERS[0]).position is None
    world.send(VISITORS[0], "visit", {**visit, "position_consent": "p1"}, origin=Origin.DEVICE)
    world.run()

    assert world.twin(CUSTOMERS[0]).position == (60.0, 24.0)
    assert world.twin(CUSTOMERS[0]).position_at == START
