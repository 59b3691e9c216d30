"""Change: what is otherwise than it was. All of it is a stated input of the run."""

from typing import Any

from msgspec import Struct

from twins.ids import TwinId


class Said(Struct, kw_only=True, omit_defaults=True, frozen=True, forbid_unknown_fields=True):
    """What the customer says to the offer; what is not given is as it was."""

    after_s: float | None = None
    """So long after it was sent."""
    accept: bool | None = None
    declined: list[str] | None = None
    """Legs that she does not want."""
    alternative: int | None = None
    silent: bool = False
    """She says nothing."""


class Change(Struct, kw_only=True, omit_defaults=True, frozen=True, forbid_unknown_fields=True):
    """What is otherwise; as it is by default, nothing."""

    busy: list[TwinId] = []
    """Services that have nothing to offer."""
    refusing: list[TwinId] = []
    """Services that offer, and then refuse to hold."""
    silent: list[TwinId] = []
    """Services that do not answer."""
    later_s: dict[TwinId, float] = {}
    """Service -> so much later its vehicle is there, in seconds; below 0: sooner."""
    noticed_s: float = 0.0
    """So much later the signal came, in seconds; below 0: earlier, as another rule would have it.
    What nobody asked for keeps its distance from it."""
    cause: dict[str, Any] | None = None
    """What the signal says with it, instead of what it said; None: the same."""
    customer: Said = Said()
    assume: bool = True
    """Where the run asks what nobody was asked in truth, go on by assumptions, each of them stated;
    without, the run ends there."""
