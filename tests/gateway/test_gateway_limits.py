"""How much one device may send."""

import random

from gateway.limits import FURTHER_BYTES, RateLimiter


def taken(limiter: RateLimiter, device: str, times: list[float], size: int = 0) -> int:
    """How many messages at these times are within the limit."""
    return sum(limiter.take(device, at, size) == 0.0 for at in times)


def test_a_burst_passes_and_no_more() -> None:
    """After a silence exactly the burst is taken at once."""
    limiter = RateLimiter(rate=10.0, burst=20, most=100)

    count = taken(limiter, "meter/m1", [1000.0] * 30)

    assert 20 == count


def test_the_rate_holds_in_the_long_run() -> None:
    """Whoever sends too much all the time gets through at the rate."""
    limiter = RateLimiter(rate=10.0, burst=20, most=100)

    count = taken(limiter, "meter/m1", [1e6 + i / 100 for i in range(10_000)])

    assert 20 + 999 <= count <= 20 + 1000


def test_whoever_keeps_to_the_rate_is_never_refused() -> None:
    """Messages at the rate, with jitter within the burst, all pass."""
    chance = random.Random(1)
    limiter = RateLimiter(rate=10.0, burst=20, most=100)
    times = sorted(1000.0 + i / 10 + chance.uniform(0, 1) for i in range(2000))

    assert 2000 == taken(limiter, "meter/m1", times)


def test_it_says_how_long_to_wait() -> None:
    """After the wait that it names, the message passes."""
    limiter = RateLimiter(rate=4.0, burst=1, most=100)
    limiter.take("meter/m1", 50.0)

    wait_s = limiter.take("meter/m1", 50.0)

    assert 0.0 < wait_s <= 0.25
    assert 0.0 == limiter.take("meter/m1", 50.0 + wait_s)


def test_a_refusal_costs_nothing() -> None:
    """Messages that are refused do not push the next one further away."""
    limiter = RateLimiter(rate=1.0, burst=1, most=100)
    limiter.take("meter/m1", 0.0)
    for _ in range(100):
        limiter.take("meter/m1", 0.5)

    assert 0.0 == limiter.take("meter/m1", 1.0)


def test_devices_do_not_disturb_one_another() -> None:
    """One device's flood leaves another's burst whole."""
    limiter = RateLimiter(rate=1.0, burst=5, most=100)
    taken(limiter, "meter/loud", [0.0] * 100)

    assert 5 == taken(limiter, "meter/calm", [0.0] * 10)


def test_large_messages_count_as_several() -> None:
    """Each further 4 KB count as one more message."""
    limiter = RateLimiter(rate=1.0, burst=10, most=100)

    assert 4 == taken(limiter, "meter/m1", [0.0] * 10, size=2 * FURTHER_BYTES + 1)


def test_memory_is_bounded() -> None:
    """However many devices come, no more than the bound are remembered."""
    limiter = RateLimiter(rate=0.001, burst=5, most=100)
    for number in range(10_000):
        limiter.take(f"meter/m{number}", 0.0)

    assert len(limiter) <= 100


def test_forgetting_by_time_changes_nothing() -> None:
    """Against a limiter that forgets nothing: every answer is the same, over many silences."""
    chance = random.Random(2)
    small = RateLimiter(rate=5.0, burst=10, most=1_000_000)
    tat: dict[str, float] = {}
    now = 1000.0
    for _ in range(20_000):
        now += chance.choice([0.0, 0.01, 0.3, 3.0])
        device = f"meter/m{chance.randrange(8)}"
        until = max(tat.get(device, 0.0), now)
        expected = until - now <= 9.01 / 5.0
        if expected:
            tat[device] = until + 0.2

        assert expected == (small.take(device, now) == 0.0)
