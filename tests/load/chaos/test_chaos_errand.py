"""An errand's wish becomes one hold, which is kept or given back."""

from typing import Any

from load.chaos.errand import Errand, Wish
from twins.event import Event
from twins.outputs import Effect, Outcome

COMPANY = "http://127.0.0.1:1/providers/seats"


def receive(twin: Errand, type_: str, data: Any) -> Effect | None:
    """Let it handle something; what it calls, if it calls."""
    turn = twin.receive(Event(f"e-{type_}", type_, twin.id, 1000.0, twin.id, data))
    return turn.effects[0] if turn.effects else None


def wished(*, keep: bool) -> tuple[Errand, Effect]:
    """One that has asked for wish 4."""
    twin = Errand.new("e1")
    call = receive(twin, "wanted", Wish(4, COMPANY, keep))
    assert call is not None
    return twin, call


def outcome(**more: Any) -> Outcome:
    """Of a call for wish 4."""
    return Outcome(effect_id="0" * 16, key="4", **more)


def test_a_hold_is_asked_for_by_what_the_twin_has_handled() -> None:
    """Its id counts, its arrangement names the wish."""
    _, call = wished(keep=True)

    assert ("hold", "e1.1", "seat.5", "wish-4") == (
        call.request["call"],
        call.request["hold_id"],
        call.request["body"]["offer_id"],
        call.request["body"]["arrangement_id"],
    )


def test_it_is_kept() -> None:
    """Held, confirmed, over; all in one order."""
    twin, first = wished(keep=True)
    second = receive(twin, "hold.done", outcome())

    assert second is not None
    assert ("confirm", "e1.1", first.order) == (
        second.request["call"], second.request["hold_id"], second.order,
    )  # fmt: skip
    assert receive(twin, "confirm.done", outcome()) is None
    assert (1, 0, {}) == (twin.kept, twin.returned, twin.open)


def test_it_is_given_back() -> None:
    """Held, released, over."""
    twin, _ = wished(keep=False)
    call = receive(twin, "hold.done", outcome())

    assert call is not None
    assert "release" == call.request["call"]
    assert receive(twin, "release.done", outcome()) is None
    assert (0, 1, {}) == (twin.kept, twin.returned, twin.open)


def test_what_failed_is_given_back_until_it_is() -> None:
    """Nobody can say whether it is held."""
    twin, _ = wished(keep=True)
    calls = [
        receive(twin, "hold.failed", outcome(reason="unknown")),
        receive(twin, "release.failed", outcome(reason="unknown")),
    ]

    assert ["release", "release"] == [call.request["call"] for call in calls if call]
    assert 1 == twin.lost
