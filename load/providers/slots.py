"""Service slots: the times within a dealer's working hours, on a fixed grid."""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from load.providers.world import Dealer

DAY_S = 86_400.0


def slot_times(dealer: Dealer, earliest: float, latest: float) -> Iterator[tuple[int, int]]:
    """Yield (starts_at, ends_at) of the slots that lie wholly within [earliest, latest].

    A day's grid begins when the dealer opens, local time, and advances in real seconds; so a day
    on which the clocks change has a slot more or less only if they change in working hours.

    Args:
        dealer: Its working hours, weekdays, time zone and the length of a slot.
        earliest: Seconds since the epoch.
        latest: Seconds since the epoch.
    """
    zone = ZoneInfo(dealer.timezone)
    opens, closes = time.fromisoformat(dealer.opens), time.fromisoformat(dealer.closes)
    day = datetime.fromtimestamp(earliest, UTC).astimezone(zone).date()
    last_day = datetime.fromtimestamp(latest, UTC).astimezone(zone).date()
    while day <= last_day:
        if day.weekday() in dealer.weekdays:
            start = int(datetime.combine(day, opens, zone).timestamp())
            closing = int(datetime.combine(day, closes, zone).timestamp())
            for begin in range(start, closing - dealer.slot_s + 1, dealer.slot_s):
                if earliest <= begin and begin + dealer.slot_s <= latest:
                    yield begin, begin + dealer.slot_s
        day += timedelta(days=1)


def horizon(dealer: Dealer, now: float) -> float:
    """Return until when the dealer gives slots, in seconds since the epoch."""
    return now + dealer.horizon_days * DAY_S
