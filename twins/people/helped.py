"""Helped: what becomes of a person, for policies that see whether they changed anything for her.

Whether she had to call, when help was there, what it cost and how satisfied she is arises at her
twin: by whom she spoke with, by the telephone system or a claim, by her own answer. Her twin knows
no policy. It tells all of them (`policy/all`), with the time at which it happened; each sees
whether it follows her. Nothing of it is kept here but the contact and the answer.
"""

from typing import Final

from msgspec import Struct

from twins.errors import BadPayload
from twins.handler import told
from twins.ids import digest
from twins.people.engaged import Engaged
from twins.people.messages import CALL, Contact
from twins.people.serviced import Satisfaction
from twins.policies.messages import ALL, OutcomeNoted
from twins.units import Cents, Currency, Short, Text, Time, Token

_STEP: Final = 0.4
"""She answers from 0 to 10; policies compare from 1 to 5."""


class Call(Struct, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """She called: `call.received`, as a telephone system tells it."""

    id: Short | None = None
    """The same whenever it is told again; default: the event's."""
    at: Time | None = None
    """When; default: the event's time."""
    arrangement_id: Token | None = None
    text: Text = ""
    """What about."""


class Help(Struct, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """What became of her: `help.noted`, by an employee, an insurer, herself."""

    id: Short | None = None
    """Of the case, the claim, the invoice: told again it counts once. Default: the event's."""
    at: Time | None = None
    """When the need arose, or it became known; default: the event's time."""
    arrangement_id: Token | None = None
    """Which arrangement it is about; None: whatever happened to her last by then."""
    called: bool = False
    """She had to call."""
    helped_at: Time | None = None
    """When help was there."""
    cost_cents: Cents | None = None
    """What it cost beside what Vigil booked; the costs of different ids are added up."""
    currency: Currency | None = None
    """None: hers."""
    false_alarm: bool = False
    """There was nothing wrong."""


class Helped(Engaged):
    """Base of persons of whom it is seen what changed for them."""

    @told("call.received")
    def call_received(self, call: Call) -> None:
        """Keep that she called."""
        if self.passed_on("call.received", self._dated(call)):
            return
        contact = Contact(
            at=self._time(call.at), what=CALL, channel="phone",
            arrangement_id=call.arrangement_id, detail=call.text or None,
        )  # fmt: skip
        super().contact_noted(contact)
        self._tell_policies(
            OutcomeNoted(
                id=self._id(call.id), at=contact.at, arrangement_id=call.arrangement_id, called=True
            )
        )

    @told("contact.noted")
    def contact_noted(self, contact: Contact) -> None:
        """Somebody spoke with her; where she had called, policies hear of it."""
        super().contact_noted(contact)
        if contact.what == CALL and self.merged_into is None:
            self._tell_policies(
                OutcomeNoted(
                    id=self._id(None),
                    at=contact.at,
                    arrangement_id=contact.arrangement_id,
                    called=True,
                )
            )

    @told("help.noted")
    def help_noted(self, help_: Help) -> None:
        """Tell what became of her."""
        if help_.currency is not None and help_.cost_cents is None:
            raise BadPayload(f"{self.id}: help.noted names a currency without `cost_cents`")
        if self.passed_on("help.noted", self._dated(help_)):
            return
        self._tell_policies(
            OutcomeNoted(
                id=self._id(help_.id),
                at=self._time(help_.at),
                arrangement_id=help_.arrangement_id,
                called=help_.called,
                helped_at=help_.helped_at,
                cost_cents=help_.cost_cents,
                currency=None if help_.cost_cents is None else help_.currency or self.currency,
                false_alarm=help_.false_alarm,
            )
        )

    @told("satisfaction.answered")
    def satisfaction_answered(self, said: Satisfaction) -> None:
        """Keep it, with how well she was served, and tell policies."""
        super().satisfaction_answered(said)
        self._tell_policies(
            OutcomeNoted(
                id=self._id(None),
                at=self._time(said.at),
                arrangement_id=said.arrangement_id,
                satisfaction=1.0 + said.score * _STEP,
            )
        )

    @told("outcome.told")
    def outcome_told(self, noted: OutcomeNoted) -> None:
        """One that was merged into this one tells what she said."""
        self._tell_policies(noted)

    def _tell_policies(self, noted: OutcomeNoted) -> None:
        """Say it of all that she is called; whoever stays knows that."""
        if self.passed_on("outcome.told", noted):
            return
        noted.customer, *noted.also = self._members()
        self.tell(ALL, "outcome.noted", noted)

    def _dated(self, said: Call | Help) -> Call | Help:
        """The same with the id and time that the event has here, for whoever it is passed on to."""
        said.id, said.at = said.id or self.event.id, self._time(said.at)
        return said

    def _id(self, given: str | None) -> str:
        return digest(given or self.event.id)

    def _time(self, given: float | None) -> float:
        return self.event.time if given is None else given
