"""Replies: answers to `ask` that wait in a partition for whoever called."""

from collections import OrderedDict
from collections.abc import Iterable

from twins.outputs import Reply

KEPT_REPLIES = 256
"""So many are kept for callers who have not fetched them yet, the newest."""


class Replies(OrderedDict[str, Reply]):
    """By the id of the call, oldest first."""

    def keep(self, reply: Reply) -> None:
        """Keep one, and no more than there may be."""
        self[reply.event_id] = reply
        while len(self) > KEPT_REPLIES:
            self.popitem(last=False)

    def restore(self, replies: Iterable[Reply]) -> None:
        """Take over those of a checkpoint."""
        self.clear()
        self.update((reply.event_id, reply) for reply in replies)
