"""Sequence: the order of one sender's messages, across a change of gateway. Pure.

A sender keeps up to 64 numbered messages in flight. When their partition moves to another gateway
in between, some of them are lost and later ones arrive; taken at once, they would stand in the log
before those that the sender then repeats. So each message of several in flight says with `base`
which is the oldest not yet acknowledged, and the gateway takes it only behind the number before
it. What it refuses, the sender repeats from `base` on (go-back-N), and so the order stays.
"""

from gateway.errors import Reason, Refused


class Sequences:
    """The last number taken of each sender to one partition.

    It is dropped with the partition, and whenever messages that were taken did not reach the log:
    then nobody knows what came before, and senders go back to their oldest.

    Args:
        most: Senders remembered at a time. One that is forgotten goes back to its oldest, too.
    """

    def __init__(self, most: int) -> None:
        self._half = max(1, most // 2)
        # Invariant: what was not touched while `_young` filled up is forgotten with `_old`.
        self._young: dict[str, tuple[int, int]] = {}
        self._old: dict[str, tuple[int, int]] = {}

    def take(self, sender: str, boot: int, sequence: int, base: int | None) -> None:
        """Note that a message is taken, or raise `Refused` (`gap`) when one before it is missing.

        Args:
            sender: Twin id, and the source that numbers where that is another one.
            boot: The sender's boot epoch.
            sequence: The message's number.
            base: The sender's oldest number not acknowledged; None when it is this one.
        """
        young = self._young
        known = young.get(sender)
        if known is None:
            young, known = self._recall(sender)
        if base is not None and base < sequence and not _follows(known, boot, sequence):
            raise Refused(Reason.GAP, f"sequence gap: send again from {base}")
        if known is None or known[0] != boot or known[1] < sequence:
            young[sender] = (boot, sequence)

    def _recall(self, sender: str) -> tuple[dict[str, tuple[int, int]], tuple[int, int] | None]:
        known = self._old.get(sender)
        if len(self._young) >= self._half:
            self._old, self._young = self._young, {}
        if known is not None:
            self._young[sender] = known
        return self._young, known

    def forget(self) -> None:
        """Drop all: what was noted may not be in the log."""
        self._young.clear()
        self._old.clear()

    def __len__(self) -> int:
        """Senders remembered now; one may count twice."""
        return len(self._young) + len(self._old)


def _follows(known: tuple[int, int] | None, boot: int, sequence: int) -> bool:
    return known is not None and known[0] == boot and sequence <= known[1] + 1
