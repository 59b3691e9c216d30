"""Stopped: addresses at which a person does not want to be told anything any more.

Her word holds for the address, however it is written and whoever brings it again: settings and
imports name it, and it stays silent, until she says otherwise. What it was used for, marketing
say, is a consent; see `twins.people.consents`.
"""

from typing import Final

from twins.handler import told
from twins.people.messages import Channel, Contact
from twins.people.replies import address_id
from twins.people.talking import Talking
from twins.units import Short

MAX_STOPPED: Final = 32
"""So many addresses are remembered; the one stopped longest ago leaves."""

UNSUBSCRIBED: Final = "unsubscribed"
"""Why a message was not sent."""


class ChannelWord(Channel, kw_only=True, omit_defaults=True):
    """She wants nothing more there, or again: `channel.stopped`, `channel.resumed`."""

    how: Short = ""
    """Where she said so: `link in an e-mail`, `telephone`."""


class Stopping(Talking):
    """Base of persons who can have an address left alone."""

    stopped: dict[str, float] | None = None
    """Address' twin -> since when (log time)."""

    @told("channel.stopped")
    def channel_stopped(self, word: ChannelWord) -> None:
        """Leave an address alone."""
        address = address_id(word.channel, word.address)
        if address in (self.stopped or {}):
            return
        stopped = {**(self.stopped or {}), address: self.now}
        last = sorted(stopped.items(), key=lambda one: (one[1], one[0]))[-MAX_STOPPED:]
        self.stopped = dict(last)
        self._note_word("channel.stopped", word)

    @told("channel.resumed")
    def channel_resumed(self, word: ChannelWord) -> None:
        """Use it again."""
        stopped = dict(self.stopped or {})
        if stopped.pop(address_id(word.channel, word.address), None) is not None:
            self.stopped = stopped or None
            self._note_word("channel.resumed", word)

    def is_stopped(self, channel: str, address: str) -> bool:
        """Whether an address is left alone."""
        return self.stopped is not None and address_id(channel, address) in self.stopped

    def _note_word(self, what: str, word: ChannelWord) -> None:
        self.note(Contact(at=self.now, what=what, channel=word.channel, detail=word.how or None))
