"""The truth of holds: a stateful property test against a model, and durability of the ledger."""

import sqlite3
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)
from provider_kit import SCENE, START, Clock, hold_request, small_world

from load.providers.contract import AvailabilityRequest, ConfirmRequest, Hold, HoldRequest
from load.providers.errors import ProviderError
from load.providers.inventory import Inventory
from load.providers.ledger import Ledger

_STOP_S = 600
_SCALE = 60
_HOUR = 3600
_FAR = 1e15

# Three periods of one car, each overlapping the next; two trucks; one slot; one claim.
RENTALS = [(0, 2), (1, 3), (2, 4)]
OFFERS = {
    "truck-1": "t1",
    "truck-2": "t1",
    f"bay-1.{int(START) + _HOUR}": "dealer1",
    "P-1.claim-1": "i1",
    **{
        f"car-1.{int(START) + start * _HOUR}-{int(START) + end * _HOUR}": "d1"
        for start, end in RENTALS
    },
}


@dataclass
class Expected:
    """What the model knows of one hold."""

    state: str
    request: HoldRequest | None = None
    item: str | None = None
    busy: tuple[float, float] = (0, _FAR)
    due_at: float = _FAR
    confirm_s: float = 0.0
    over_at: float | None = None

    @property
    def live(self) -> bool:
        """Whether it has its item."""
        return self.state in {"held", "confirmed"}


class HoldMachine(RuleBasedStateMachine):
    """Any order of calls, repeats, lapses of time and restarts, against a model of the contract."""

    def __init__(self) -> None:
        super().__init__()
        self.directory = tempfile.TemporaryDirectory()
        self.path = Path(self.directory.name) / "providers.db"
        self.clock = Clock()
        self.inventory = Inventory(small_world(), self.path, self.clock)
        self.model: dict[tuple[str, str], Expected] = {}
        self.count = 0

    def teardown(self) -> None:
        """Close and remove the database."""
        self.inventory.close()
        self.directory.cleanup()

    def settle(self) -> None:
        """Let the model's holds lapse and finish."""
        for expected in self.model.values():
            if expected.live and expected.due_at <= self.clock.now:
                expected.state = "expired" if expected.state == "held" else "done"

    def hold_outcome(self, provider: str, hold_id: str, request: HoldRequest) -> str:
        """Return what the contract demands of a hold: a state, or the reason of a refusal."""
        known = self.model.get((provider, hold_id))
        if known is not None:
            if known.state != "released" and known.request != request:
                return "conflict!"
            return f"{known.state}!" if known.state in {"released", "expired"} else known.state
        limit = self.clock.now + 600
        due_at = limit if request.expires_at is None else min(limit, request.expires_at)
        if due_at <= self.clock.now:
            return "expired!"
        item, busy, oldest = self.claim(provider, request.offer_id)
        taken = any(
            other.live
            and (owner, other.item) == (provider, item)
            and (other.busy[0] < busy[1] and busy[0] < other.busy[1])
            for (owner, _), other in self.model.items()
        )
        if taken or busy[0] < oldest or busy[1] <= self.clock.now:
            return "unavailable!"
        over_at = {"d1": busy[1], "dealer1": busy[1], "i1": START + 86_400}.get(provider)
        self.model[provider, hold_id] = Expected("held", request, item, busy, due_at, 0.0, over_at)
        return "held"

    def claim(self, provider: str, offer_id: str) -> tuple[str, tuple[float, float], float]:
        """Return an offer's item, the period that it occupies, and when that begins at earliest."""
        _, _, rest = offer_id.partition(".")
        if provider == "d1":
            start, end = map(float, rest.split("-"))
            return "car-1", (start, end), self.clock.now - _HOUR
        if provider == "dealer1":
            return offer_id, (float(rest), float(rest) + _HOUR), self.clock.now
        return offer_id, (0.0, _FAR), 0.0

    def outcome_of(self, provider: str, hold_id: str, call: str, request: HoldRequest) -> str:
        """Make the call; return the state answered, or the reason of the refusal."""
        try:
            answer: Hold
            if call == "hold":
                answer, _ = self.inventory.hold(provider, hold_id, request)
            elif call == "confirm":
                answer = self.inventory.confirm(provider, hold_id, ConfirmRequest())
            elif call == "release":
                answer = self.inventory.release(provider, hold_id)
            else:
                answer = self.inventory.look(provider, hold_id)
        except ProviderError as refusal:
            return f"{refusal.reason}!"
        known = self.model.get((provider, hold_id))
        if known is not None and answer.eta_s is not None:
            known.confirm_s = (answer.eta_s + _STOP_S) / _SCALE
        return answer.state

    def twice(self, provider: str, hold_id: str, call: str, request: HoldRequest) -> str:
        """Make the call, and once more: a repeat has to change nothing, and says the same."""
        first = self.outcome_of(provider, hold_id, call, request)
        journal = self.inventory.changes(provider)
        second = self.outcome_of(provider, hold_id, call, request)
        note(f"{self.clock.now - START:g} {call} {provider} {hold_id}: {first}")

        assert first == second
        assert journal == self.inventory.changes(provider)
        return first

    @initialize(at=st.sampled_from([0, 1800]))
    def begin(self, at: int) -> None:
        """Begin on the hour or between."""
        self.clock.now += at

    def place(self, provider: str, hold_id: str, request: HoldRequest) -> None:
        """Place a hold, and compare with what the contract demands."""
        self.settle()
        expected = self.hold_outcome(provider, hold_id, request)

        assert expected == self.twice(provider, hold_id, "hold", request)

    @rule(
        offer_id=st.sampled_from(sorted(OFFERS)), expires_s=st.sampled_from([None, 20, 90, 0, 1e6])
    )
    def hold(self, offer_id: str, expires_s: float | None) -> None:
        """Place a hold under a new id."""
        self.count += 1
        expires_at = None if expires_s is None else self.clock.now + expires_s
        request = hold_request(offer_id, expires_at=expires_at)
        self.place(OFFERS[offer_id], f"h{self.count}", request)

    @precondition(lambda self: self.model)
    @rule(data=st.data(), customer=st.sampled_from(["customer/c-42", "customer/c-1"]))
    def hold_again(self, data: st.DataObject, customer: str) -> None:
        """Repeat a hold, with the same body or another, or place one that was released first."""
        provider, hold_id = data.draw(st.sampled_from(sorted(self.model)))
        request = self.model[provider, hold_id].request or hold_request()
        self.place(provider, hold_id, request.model_copy(update={"customer_id": customer}))

    @precondition(lambda self: self.model)
    @rule(data=st.data(), call=st.sampled_from(["confirm", "confirm", "look"]))
    def known(self, data: st.DataObject, call: str) -> None:
        """Confirm a hold that was placed or released, or look at it."""
        provider, hold_id = data.draw(st.sampled_from(sorted(self.model)))
        self.settle()
        expected = self.model[provider, hold_id]
        outcome = expected.state
        if call == "confirm" and expected.state in {"released", "expired"}:
            outcome = f"{expected.state}!"
        elif call == "confirm" and expected.state == "held":
            outcome = expected.state = "confirmed"
            expected.due_at = expected.over_at or self.clock.now + expected.confirm_s

        assert outcome == self.twice(provider, hold_id, call, hold_request())

    @precondition(lambda self: self.model)
    @rule(data=st.data())
    def release(self, data: st.DataObject) -> None:
        """Release a hold in any state."""
        provider, hold_id = data.draw(st.sampled_from(sorted(self.model)))
        self.settle()
        expected = self.model[provider, hold_id]
        if expected.state != "done":
            expected.state = "released"
        outcome = "done!" if expected.state == "done" else "released"

        assert outcome == self.twice(provider, hold_id, "release", hold_request())

    @rule(provider=st.sampled_from(["t1", "d1", "dealer1", "i1"]))
    def release_first(self, provider: str) -> None:
        """Release a hold that has not arrived."""
        self.count += 1
        self.model[provider, f"h{self.count}"] = Expected("released")

        assert self.twice(provider, f"h{self.count}", "release", hold_request()) == "released"

    @rule(seconds=st.sampled_from([20, 30, 600, 7200]))
    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.clock.now += seconds

    @rule()
    def restart(self) -> None:
        """Close the service and start it anew: nothing may be forgotten."""
        self.inventory.close()
        self.inventory = Inventory(small_world(), self.path, self.clock)

    @invariant()
    def no_item_is_held_twice(self) -> None:
        """By the journal alone: at no time do two live holds have one truck, slot or claim."""
        for provider in ("t1", "dealer1", "i1"):
            holder: dict[str, str] = {}
            for change in self.inventory.changes(provider):
                if change.item is None:
                    continue
                if change.to_state in {"held", "confirmed"}:
                    holds = holder.setdefault(change.item, change.hold_id)
                    assert holds == change.hold_id
                elif holder.get(change.item) == change.hold_id:
                    del holder[change.item]

    @invariant()
    def the_journal_is_a_chain_of_legal_steps(self) -> None:
        """Each change begins where the hold's last one ended, in order of time, by a legal step."""
        legal = {
            (None, "held"), (None, "released"), ("held", "confirmed"), ("held", "released"),
            ("held", "expired"), ("confirmed", "released"), ("confirmed", "done"),
            ("expired", "released"),
        }  # fmt: skip
        for provider in ("t1", "d1", "dealer1", "i1"):
            last: dict[str, str] = {}
            times = []
            for change in self.inventory.changes(provider):
                assert last.get(change.hold_id) == change.from_state
                assert (change.from_state, change.to_state) in legal
                last[change.hold_id] = change.to_state
                times.append(change.at)
            assert sorted(times) == times
            self.settle()
            model = {i: each.state for (owner, i), each in self.model.items() if owner == provider}
            assert model == last


HoldMachine.TestCase.settings = settings(
    max_examples=100,
    stateful_step_count=30,
    deadline=None,
    derandomize=True,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
TestHolds = HoldMachine.TestCase


def test_rentals_of_one_car_may_follow_each_other(inventory: Inventory) -> None:
    """Two periods of one car that touch can both be held; one that overlaps cannot."""
    first, second, across = (
        f"car-1.{int(START) + start * _HOUR}-{int(START) + end * _HOUR}"
        for start, end in ((0, 2), (2, 4), (1, 3))
    )
    inventory.hold("d1", "a", hold_request(first))
    inventory.hold("d1", "b", hold_request(second))

    with pytest.raises(ProviderError, match="is taken"):
        inventory.hold("d1", "c", hold_request(across))


def test_a_released_truck_stays_where_it_was(inventory: Inventory, clock: Clock) -> None:
    """A truck that is called off under way is offered from the place that it had reached."""
    inventory.hold("t1", "a", hold_request("truck-1"))
    inventory.confirm("t1", "a", ConfirmRequest())
    clock.now += 5
    reached = inventory.position("t1", "a").position
    inventory.release("t1", "a")
    offers = inventory.offers("t1", AvailabilityRequest(service="tow", near=SCENE))

    assert (offers[0].item, offers[0].position) == ("truck-1", reached)
    assert reached not in {(60.25, 24.90), SCENE}


def test_a_job_under_way_ignores_a_change_of_the_world(
    tmp_path: Path, inventory: Inventory, clock: Clock
) -> None:
    """A restart with another time_scale leaves a drive as it was begun."""
    inventory.hold("t1", "a", hold_request("truck-1"))
    inventory.confirm("t1", "a", ConfirmRequest())
    slow = small_world().model_copy(update={"time_scale": 1.0})
    clock.now += 5
    expected = inventory.position("t1", "a")
    restarted = Inventory(slow, tmp_path / "inventory.db", clock)

    assert expected == restarted.position("t1", "a")
    restarted.close()


def test_the_database_syncs_every_commit(tmp_path: Path) -> None:
    """The ledger runs in WAL mode with synchronous=FULL (2): a commit is on the disk."""
    ledger = Ledger(tmp_path / "ledger.db")
    settings_ = [
        ledger._connection.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("journal_mode", "synchronous")
    ]
    ledger.close()

    assert settings_ == ["wal", 2]


def test_another_format_is_refused(tmp_path: Path) -> None:
    """A database of another format is left alone, and the error names it."""
    path = tmp_path / "other.db"
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()

    with pytest.raises(RuntimeError, match=r"other\.db has format 99"):
        Ledger(path)


def test_a_failed_transaction_leaves_nothing(tmp_path: Path) -> None:
    """What an exception interrupts is undone, and the next transaction begins afresh."""
    ledger = Ledger(tmp_path / "ledger.db")

    def interrupted() -> None:
        with ledger.transaction():
            ledger.count("t1", "a", "hold")
            raise KeyError

    with pytest.raises(KeyError):
        interrupted()
    with ledger.transaction():
        counts = ledger.counts("t1", ["a"])
    ledger.close()

    assert counts == {"a": {}}
