"""Merged: two customers that are one person, and that again when it was a mistake.

Nothing is moved. The one that is merged into another goes on as it was, tells the other what it
comes to whenever that changes, and passes on what is meant for her as a person. So taking a merge
back takes a summary away, and loses nothing.
"""

from typing import Any, Final, get_args

from msgspec import Struct

from twins.devices.serving import DeviceJoined, DeviceLeft
from twins.handler import told
from twins.ids import CustomerId
from twins.people.consents import Consent, ConsentSaid
from twins.people.messages import MessageRequest, Purpose
from twins.people.replies import address_id
from twins.people.stopped import ChannelWord
from twins.people.value import Ledger
from twins.people.visited import Visited

MAX_ABSORBED: Final = 8

PURPOSES: Final[tuple[Purpose, ...]] = get_args(Purpose)


class MergeRequest(Struct, kw_only=True):
    """She is the same person as another customer, who stays: `merge.requested`."""

    into: CustomerId


class Absorbed(Struct, kw_only=True, omit_defaults=True):
    """Tells who stays what this one comes to: `customer.absorbed`."""

    customer: CustomerId
    members: list[CustomerId]
    """This one, and those merged into it."""
    value: dict[str, Ledger] = {}
    """By currency, of all members."""
    opening_value_cents: int = 0
    devices: list[str] = []
    consents: dict[str, Consent] = {}
    """Her newest words under these names, by purpose."""
    stopped: dict[str, float] = {}
    """Addresses that she wants left alone."""


class Unabsorbed(Struct, kw_only=True):
    """It was a mistake: `customer.unabsorbed`."""

    customer: CustomerId


class Merged(Visited):
    """Base of persons who may stand in the books twice."""

    merged_into: CustomerId | None = None
    """Who stays; what is meant for the person goes on to her."""
    absorbed: dict[str, Absorbed] | None = None
    """Who was merged into this one, and what they come to."""

    # -- the one that goes -------------------------------------------------------------------

    @told("merge.requested")
    def merge_requested(self, request: MergeRequest) -> None:
        """Become a part of another one."""
        if request.into in self._members() or request.into == self.merged_into:
            return
        self.merge_undone()
        self.merged_into = request.into
        self._tell_survivor()

    @told("merge.undone")
    def merge_undone(self) -> None:
        """Stand for oneself again."""
        if self.merged_into is not None:
            self.tell(self.merged_into, "customer.unabsorbed", Unabsorbed(customer=self.id))
            self.merged_into = None

    def passed_on(self, event_type: str, data: Any) -> bool:
        """Whether a message was passed on, since the person is to be found elsewhere."""
        if self.merged_into is None:
            return False
        self.tell(self.merged_into, event_type, data)
        return True

    def _tell_survivor(self) -> None:
        if self.merged_into is None:
            return
        value: dict[str, Ledger] = {}
        for part in (self.value or {}, *(one.value for one in self._absorbed())):
            for currency, sums in part.items():
                value[currency] = value.get(currency, Ledger()).plus(sums)
        absorbed = Absorbed(
            customer=self.id,
            members=self._members(),
            value=value,
            opening_value_cents=self.opening_value_cents
            + sum(one.opening_value_cents for one in self._absorbed()),
            consents=self._words(),
            stopped=self._stops(),
            devices=sorted(
                {*(self.devices or ()), *(id_ for one in self._absorbed() for id_ in one.devices)}
            ),
        )
        self.tell(self.merged_into, "customer.absorbed", absorbed)

    # -- the one that stays ------------------------------------------------------------------

    @told("customer.absorbed")
    def customer_absorbed(self, absorbed: Absorbed) -> None:
        """Another one is a part of this one; this is what it comes to by now."""
        if self.id in absorbed.members:
            # Merged in a circle, by two who did not know of each other: nobody would stay.
            self.merge_undone()
            return
        known = self.absorbed or {}
        if absorbed.customer not in known and len(known) >= MAX_ABSORBED:
            self.tell(absorbed.customer, "merge.undone")
            return
        allowed = [purpose for purpose in PURPOSES if self.allows(purpose)]
        self.absorbed = {**known, absorbed.customer: absorbed}
        for purpose in allowed:
            if not self.allows(purpose):
                self.withdrawn(purpose)
        self.sum_value()

    @told("customer.unabsorbed")
    def customer_unabsorbed(self, unabsorbed: Unabsorbed) -> None:
        """It was a mistake."""
        if self.absorbed is not None and unabsorbed.customer in self.absorbed:
            self.absorbed = {
                id_: one for id_, one in self.absorbed.items() if id_ != unabsorbed.customer
            } or None
            self.sum_value()

    def _absorbed(self) -> list[Absorbed]:
        return list((self.absorbed or {}).values())

    def _members(self) -> list[str]:
        return [self.id, *(id_ for one in self._absorbed() for id_ in one.members)]

    # -- what she has said, under whichever name ----------------------------------------------

    def _words(self) -> dict[str, Consent]:
        """Her newest words by purpose; of two at one time the one that withdraws."""
        words = dict(self.consents or {})
        for purpose, word in ((p, w) for one in self._absorbed() for p, w in one.consents.items()):
            held = words.get(purpose)
            if held is None or (word.at, not word.given) > (held.at, not held.given):
                words[purpose] = word
        return words

    def _stops(self) -> dict[str, float]:
        stops = [*(one.stopped for one in self._absorbed()), self.stopped or {}]
        return {address: at for part in stops for address, at in part.items()}

    def allows(self, purpose: Purpose) -> bool:
        """Whether something may be done for a purpose; what she said as another counts, too."""
        word = self._words().get(purpose)
        return super().allows(purpose) if word is None else word.given

    def is_stopped(self, channel: str, address: str) -> bool:
        """Whether an address is left alone; what she said as another counts, too."""
        return address_id(channel, address) in self._stops()

    @told("consent.said")
    def consent_said(self, said: ConsentSaid) -> None:
        """Keep her word; who stays is told."""
        super().consent_said(said)
        self._tell_survivor()

    @told("channel.stopped")
    def channel_stopped(self, word: ChannelWord) -> None:
        """Leave an address alone; who stays is told."""
        super().channel_stopped(word)
        self._tell_survivor()

    @told("channel.resumed")
    def channel_resumed(self, word: ChannelWord) -> None:
        """Use it again; who stays is told."""
        super().channel_resumed(word)
        self._tell_survivor()

    # -- what changes ------------------------------------------------------------------------

    def sum_value(self) -> None:
        """Sum up with what the others bring; and tell who stays."""
        super().sum_value()
        self._tell_survivor()

    @told("device.joined")
    def device_joined(self, joined: DeviceJoined) -> None:
        """A device is hers now; who stays is told."""
        super().device_joined(joined)
        self._tell_survivor()

    @told("device.left")
    def device_left(self, left: DeviceLeft) -> None:
        """It is somebody else's; who stays is told."""
        super().device_left(left)
        self._tell_survivor()

    def summed(self) -> tuple[int, Ledger]:
        """What was there before, and the sums in her currency; those of the others included."""
        opening, ledger = super().summed()
        for one in self._absorbed():
            opening += one.opening_value_cents
            sums = one.value.get(self.currency)
            if sums is not None:
                ledger = ledger.plus(sums)
        return opening, ledger

    @told("message.requested")
    def message_requested(self, request: MessageRequest) -> None:
        """Tell the person, wherever she is to be found."""
        if not self.passed_on("message.requested", request):
            Visited.message_requested(self, request)
