"""Limits: how much one device may send. Pure; the caller brings the clock."""

FURTHER_BYTES = 4096
"""Each so many bytes of a message, beyond the first, count as one more message."""


class RateLimiter:
    """A token bucket for each device, kept as one number: the virtual time up to which it has sent.

    That is the generic cell rate algorithm (ITU-T I.371): a message moves the device's time on by
    1 / rate; it may run ahead of the clock by burst / rate and no further.

    Invariant: two dictionaries. What was not touched while one of them filled, or for as long as
    a full bucket takes to drain, is forgotten with the older one. After such a silence a bucket is
    full again, so forgetting by time changes nothing; forgetting by number, when more than `most`
    devices send at once, is lenient.

    Args:
        rate: Messages a second, in the long run.
        burst: Messages at once after a silence.
        most: Devices remembered at a time.
    """

    def __init__(self, rate: float, burst: int, most: int) -> None:
        self._step = 1.0 / rate
        # A hundredth of a step of slack, for the rounding of sums.
        self._ahead = (burst - 0.99) / rate
        self._keep = burst / rate
        self._half = max(1, most // 2)
        self._young: dict[str, float] = {}
        self._old: dict[str, float] = {}
        self._turned = 0.0

    def take(self, device: str, now: float, size: int = 0) -> float:
        """Count one message of `size` bytes.

        Returns 0.0 when it is within the limit, else the seconds to wait; then it is not counted.
        `now` is a monotonic clock in seconds.
        """
        young = self._young
        until = young.get(device)
        if until is None:
            until = self._recall(device, now)
        if until < now:
            until = now
        elif until - now > self._ahead:
            return until - now - self._ahead
        young = self._young
        if size > FURTHER_BYTES:
            young[device] = until + self._step * (1 + (size - 1) // FURTHER_BYTES)
        else:
            young[device] = until + self._step
        return 0.0

    def _recall(self, device: str, now: float) -> float:
        if len(self._young) >= self._half or now - self._turned > self._keep:
            self._old, self._young = self._young, {}
            if now - self._turned > 2 * self._keep:
                self._old = {}
            self._turned = now
        return self._old.get(device, 0.0)

    def __len__(self) -> int:
        """Devices remembered now; one may count twice."""
        return len(self._young) + len(self._old)
