"""Undoing: a person takes an arrangement back, as far as the world allows it.

What is held is given back. What is confirmed is released while the provider takes it back; where
it does not, a person has to settle it, as with every release that fails. What has happened stays:
a truck that has come, a driver who was warned.
"""

from collections.abc import Collection

from msgspec import Struct

from actors.supervisors.arrangement import LIVE, OUT, Arrangement, Leg, LegState, State
from actors.supervisors.governed import Governed
from actors.supervisors.standing import Return
from twins.errors import BadPayload
from twins.handler import ask
from twins.people.casework import CaseNote
from twins.policies.messages import Person
from twins.units import Token


class UndoRequest(Struct, kw_only=True, forbid_unknown_fields=True):
    """`ask.undo`: take an arrangement back."""

    arrangement_id: Token
    by: Person


class Undone(Struct, kw_only=True):
    """What is being undone, and what cannot be."""

    arrangement_id: str
    supervisor: str
    undoing: list[str]
    """Legs that are being given back; the arrangement's steps say what their providers answered."""
    cannot: dict[str, str]
    """Leg, or what else was done -> why it stays."""


class Undoing(Governed):
    """Base of supervisors whose arrangements can be taken back."""

    def happened(self, arr: Arrangement) -> dict[str, str]:
        """What was done beside the legs, and cannot be undone -> why."""
        told = any(step.name == "offer.sent" for step in arr.steps)
        return {"offer": "the customer has been told of it"} if told else {}

    def stays(self, arr: Arrangement, leg: Leg) -> str | None:
        """Why a leg cannot be given back any more; None: its provider can be asked."""
        track = arr.track
        if track is not None and track.leg == leg.name and track.arrived:
            return f"{leg.service} has arrived"
        begun = leg.starts_at is not None and leg.starts_at <= self.now
        return f"it has begun at {leg.service}" if begun else None

    def supersede(self, arr: Arrangement, old: Arrangement, sorts: Collection[str]) -> None:
        """Give back what an earlier one had confirmed, now that this one has something better.

        Args:
            arr: It ends when that is settled.
            old: The earlier one.
            sorts: Of legs; what has begun stays.
        """
        for leg in old.in_state(LegState.CONFIRMED):
            if leg.sort_name in sorts and self.stays(old, leg) is None:
                assert leg.hold_id is not None
                assert leg.service is not None
                back = Return(
                    leg=leg.name, service=leg.service, firm=True, cents=leg.price_cents
                )  # fmt: skip
                self.give(arr, leg.hold_id, back)
                leg.out(LegState.RELEASED, f"{arr.id} has something better")
        self.report(old, settled=True)
        self.inform(old)

    @ask("undo")
    def undo_asked(self, request: UndoRequest) -> Undone:
        """Give back what can be given back; returns what that is, and what it is not."""
        arr = self.find(request.arrangement_id)
        if arr is None:
            raise BadPayload(f"{self.id} knows no arrangement {request.arrangement_id}")
        if arr is not self.arrangement:
            raise BadPayload(
                f"{arr.id} of {self.id} has ended, and another one has begun since; settle it with "
                "the providers"
            )
        live = [leg for leg in arr.legs.values() if leg.state in LIVE]
        if arr.state is State.SETTLING:
            live = []
        cannot = {leg.name: why for leg in live if (why := self.stays(arr, leg)) is not None}
        if cannot:
            # A claim is a part of what it pays for.
            cannot |= {leg.name: "it belongs to what stays" for leg in live if leg.last}
        undoing = [leg for leg in live if leg.name not in cannot]
        answer = Undone(
            arrangement_id=arr.id,
            supervisor=self.id,
            undoing=[leg.name for leg in undoing],
            cannot={**cannot, **self.happened(arr)},
        )
        if undoing or not (arr.ended or arr.state is State.SETTLING):
            self._take_back(arr, request.by, kept=list(cannot))
            self.go_on()
        return answer

    def _take_back(self, arr: Arrangement, by: str, kept: list[str]) -> None:
        reason = f"undone by {by}"
        arr.step("undo.asked", self.now, self.id, detail=by)
        self.drop_proposal(arr, reason)
        if arr.case is not None and arr.case.state != "closed":
            self.tell(arr.case.desk, "case.noted", CaseNote(id=arr.case.id, text=reason))
        for leg in arr.legs.values():
            if leg.state not in OUT and leg.name not in kept:
                self.give_back(arr, leg, LegState.RELEASED, reason)
        arr.ended_at = None
        self.settle(arr, State.CLOSED if kept else State.COMPENSATED, reason)
        self.inform(arr)
