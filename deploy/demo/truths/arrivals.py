"""Arrivals: the times that customers were told, against when their trucks were really there.

Two sorts of times are promised: while she waits for her turn (`wait`), and when a truck is on its
way (`coming`). Of the first the last one counts that she was told before her truck set out. Those
before it were taken back, as she was told that they might be, when a case that is worse came in
between: so they may be off, but not for long. When a truck was with her says its company's own
book, by its clock.
"""

from collections.abc import Iterator, Sequence
from statistics import median
from typing import Any, Final

from msgspec import Struct

from deploy.demo.truths.truth import Truth
from deploy.demo.truths.world import Booked

NAME: Final = "arrivals"

WAIT, COMING = "wait", "coming"


class Promise(Struct, kw_only=True, frozen=True):
    """A time that she was told; seconds since the epoch."""

    what: str
    """`wait` or `coming`."""
    at: float
    """When."""
    arrives_at: float
    heard: bool
    """Whether a message with this time has really reached her."""


class Caller(Struct, kw_only=True, frozen=True):
    """Who has called for a truck."""

    customer_id: str
    called_at: float
    promises: tuple[Promise, ...] = ()
    """In order."""


class Bounds(Struct, kw_only=True, frozen=True):
    """How far off a promise may be, in seconds, sooner or later."""

    wait_s: float
    coming_s: float
    misled_s: float
    """How long, all together, she may be told a time that is off by more than `wait_s`."""


def compare(callers: Sequence[Caller], booked: Sequence[Booked], bounds: Bounds) -> Truth:
    """Hold what was promised against what came.

    Args:
        callers: Whom trucks are for.
        booked: What the tow companies have given, to whomever.
        bounds: A promise that is farther off is not honest.
    """
    rows = [_row(caller, _truck_of(caller, booked), bounds) for caller in callers]
    off = {what: [row[f"{what}_off_s"] for row in rows] for what in (WAIT, COMING)}
    known: dict[str, list[float]] = {
        what: [each for each in found if each is not None] for what, found in off.items()
    }
    figures: dict[str, Any] = {
        what: {
            "promises": len(found),
            "median_s": round(median(found), 3) if found else None,
            "worst_s": _worst(found) if found else None,
        }
        for what, found in known.items()
    }
    replaced = sum(row["replaced"] for row in rows)
    misled = max((row["misled_s"] for row in rows), default=0.0)
    waited = [row["waited_s"] for row in rows if row["waited_s"] is not None]
    return Truth(
        name=NAME,
        says=(
            f"{len(waited)} of {len(rows)} trucks came, after {_list(waited)}; later than told "
            f"while waiting: {_spread(known[WAIT])}; when on its way: {_spread(known[COMING])}; "
            f"times taken back: {replaced}; at most {misled:.1f} s with a time that was off"
        ),
        figures={**figures, "replaced": replaced, "bounds": bounds, "callers": rows},
        problems=tuple(_problems(callers, booked, bounds)),
    )


def _list(waited: Sequence[float]) -> str:
    return ", ".join(f"{each:.1f}" for each in waited) + " s" if waited else "no time"


def _spread(off: Sequence[float]) -> str:
    if not off:
        return "nobody was told"
    return f"{median(off):+.1f} s (median), {_worst(off):+.1f} s (worst of {len(off)})"


def _worst(off: Sequence[float]) -> float:
    return max(off, key=abs)


def _truck_of(caller: Caller, booked: Sequence[Booked]) -> Booked | None:
    """The one that has set out for her."""
    return next(
        (
            each
            for each in booked
            if each.customer_id == caller.customer_id and each.live and each.set_out_at is not None
        ),
        None,
    )


def _counts(caller: Caller, truck: Booked) -> dict[str, Promise]:
    """The promise of each sort that counts; the last one, of the waiting ones before it set out."""
    found = {}
    for promise in caller.promises:
        if promise.what == COMING or promise.at <= (truck.set_out_at or 0.0):
            found[promise.what] = promise
    return found


def _row(caller: Caller, truck: Booked | None, bounds: Bounds) -> dict[str, Any]:
    there_at = None if truck is None else truck.there_at
    row: dict[str, Any] = {
        "customer_id": caller.customer_id,
        "called_at": caller.called_at,
        "there_at": there_at,
        "waited_s": None if there_at is None else round(there_at - caller.called_at, 3),
        "wait_off_s": None,
        "coming_off_s": None,
        "misled_s": 0.0,
        "replaced": 0,
        "promises": [[each.what, each.at, each.arrives_at] for each in caller.promises],
    }
    if truck is None or there_at is None:
        return row
    counts = _counts(caller, truck)
    for what, promise in counts.items():
        row[f"{what}_off_s"] = round(there_at - promise.arrives_at, 3)
    row["misled_s"] = round(_misled_s(caller, truck, bounds), 3)
    row["replaced"] = len(caller.promises) - len(counts)
    return row


def _misled_s(caller: Caller, truck: Booked, bounds: Bounds) -> float:
    """How long she waited with a time that was not honest."""
    until, misled_s = truck.set_out_at or 0.0, 0.0
    for promise in reversed([each for each in caller.promises if each.what == WAIT]):
        if abs((truck.there_at or 0.0) - promise.arrives_at) > bounds.wait_s:
            misled_s += max(0.0, until - promise.at)
        until = min(until, promise.at)
    return misled_s


def _problems(callers: Sequence[Caller], booked: Sequence[Booked], bounds: Bounds) -> Iterator[str]:
    if not callers:
        yield "nobody has called"
    for caller in callers:
        truck = _truck_of(caller, booked)
        if truck is None or truck.there_at is None:
            yield f"no truck has come to {caller.customer_id}"
            continue
        yield from _untold(caller, truck, bounds)
        for what, promise in _counts(caller, truck).items():
            off_s = truck.there_at - promise.arrives_at
            bound_s = bounds.wait_s if what == WAIT else bounds.coming_s
            if abs(off_s) > bound_s:
                how = "later" if off_s > 0 else "sooner"
                yield (
                    f"the truck of {caller.customer_id} came {abs(off_s):.1f} s {how} than she was "
                    f"told ({what}); at most {bound_s:g} s is honest"
                )


def _untold(caller: Caller, truck: Booked, bounds: Bounds) -> Iterator[str]:
    """What she should have been told, and was not."""
    counts = _counts(caller, truck)
    if COMING not in counts:
        yield f"{caller.customer_id} was not told that her truck is on its way"
    waited_s = (truck.set_out_at or 0.0) - caller.called_at
    if WAIT not in counts and waited_s > bounds.wait_s:
        yield f"{caller.customer_id} was told no time while she waited {waited_s:.1f} s"
    if not all(promise.heard for promise in counts.values()):
        yield f"no message with what {caller.customer_id} was promised has reached her"
    misled_s = _misled_s(caller, truck, bounds)
    if misled_s > bounds.misled_s:
        yield (
            f"{caller.customer_id} waited {misled_s:.1f} s with a time that was off by more "
            f"than {bounds.wait_s:g} s; at most {bounds.misled_s:g} s are honest"
        )
