"""Operators that look back, beside oracles that look at the whole history again each time.

Readings come at any sampling, late, again, and without the field; what a rule does is compared, so
that the way of a reading through the twin and the generated code is compared as well.
"""

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Struct, msgpack
from support.feed import Feed, device
from support.kiln import Kilned, compiled, is_open

from actors.block import Entry
from twins.event import encode_message
from twins.handler import Origin
from twins.ids import partition_of
from twins.rulebook.messages import Published
from twins.rules.windows import BUCKETS

WITHIN_S = 24.0
RULES = compiled(
    """
    - {rule: rise, when: "rising(temp_c, 2, band=5, above=50, clear=40)"}
    - {rule: climb, when: "rising(temp_c, 2, band=5)"}
    - {rule: sink, when: "falling(temp_c, 2, band=5, below=60, clear=70)"}
    - {rule: drop, when: "falling(temp_c, 2)"}
    - {rule: often, when: "count(temp_c > 60, 24s) >= 3"}
    - {rule: mean, when: "avg(temp_c, 24s) > 60"}
    - {rule: least, when: "min(temp_c, 24s) > 45"}
    - {rule: most, when: "max(temp_c, 24s) < 80"}
    - {rule: fast, when: "rate(temp_c, 24s) > 1"}
    - {rule: long, when: temp_c > 60, for: 10s}
    - {rule: lost, when: silent(20s)}
    - {rule: moved, when: changed(mode), then: {signal: moved, data: [mode]}}
    - {rule: jump, when: temp_c - was(temp_c) > 20, then: {signal: jump, data: {from: was(temp_c)}}}
    """
)


class Sample(Struct, frozen=True):
    """One reading."""

    after_s: float
    """Since the one before arrived."""
    late_s: float
    temp_c: float | None
    mode: str | None


SAMPLES = st.lists(
    st.builds(
        Sample,
        after_s=st.sampled_from([0.0, 0.5, 1.0, 3.0, 9.0, 21.0]),
        late_s=st.sampled_from([0.0, 0.0, 0.0, 1.0, 4.0, 30.0]),
        temp_c=st.none() | st.sampled_from([30.0, 42.0, 48.0, 55.0, 62.0, 68.0, 75.0, 90.0]),
        mode=st.sampled_from([None, "idle", "fire"]),
    ),
    max_size=30,
)
Series = list[tuple[float, float]]
"""(time, value)."""


class History:
    """All that was measured, as far as it came."""

    def __init__(self) -> None:
        self.stamp = 0.0
        self.all: Series = []
        """Every value, in the order of arrival."""
        self.fresh: Series = []
        """Those that came in order."""
        self.modes: list[str] = []

    def take(self, at: float, sample: Sample) -> bool:
        """One more; False: it is late."""
        fresh = at >= self.stamp
        self.stamp = max(self.stamp, at)
        if sample.temp_c is not None:
            self.all.append((at, sample.temp_c))
            if fresh:
                self.fresh.append((at, sample.temp_c))
        if sample.mode is not None and fresh:
            self.modes.append(sample.mode)
        return fresh

    def buckets(self) -> list[list[float]]:
        """What the window that ends now holds, by the twelfth."""
        width = WITHIN_S / BUCKETS
        found: dict[float, list[float]] = {}
        for at, value in self.all:
            if at // width >= self.stamp // width - BUCKETS:
                found.setdefault(at // width, []).append(value)
        return list(found.values())

    def rate(self) -> float | None:
        """From the first value of the window to the last one, a second."""
        width = WITHIN_S / BUCKETS
        known = [one for one in self.fresh if one[0] // width >= self.stamp // width - BUCKETS]
        if not known or known[0][0] == known[-1][0]:
            return None
        return (known[-1][1] - known[0][1]) / (known[-1][0] - known[0][0])

    def rose(self, band: float, above: float | None, clear: float, sign: int = 1) -> bool:
        """Whether it rose twice in a row, and was not cleared since; with -1, whether it fell."""
        held, levels = False, list[float]()
        for _, value in self.fresh:
            height = sign * value
            if above is not None and height < above:
                held, levels = held and height >= clear, []
            elif levels and height < levels[-1] - band:
                held, levels = held and above is not None, [height]
            elif not levels or height > levels[-1] + band:
                levels.append(height)
                held = held or len(levels) > 2
        return held

    def holds(self) -> dict[str, bool]:
        """What holds now, by the rule."""
        buckets = self.buckets()
        values = [value for bucket in buckets for value in bucket]
        means = [sum(bucket) / len(bucket) for bucket in buckets]
        rate = self.rate()
        return {
            "rise": self.rose(5, 50, 40),
            "climb": self.rose(5, None, 0),
            "sink": self.rose(5, -60, -70, -1),
            "drop": self.rose(0, None, 0, -1),
            "often": sum(value > 60 for value in values) >= 3,
            "mean": bool(means) and sum(means) / len(means) > 60,
            "least": bool(values) and min(values) > 45,
            "most": bool(values) and max(values) < 80,
            "fast": rate is not None and rate > 1,
        }


@settings(max_examples=250, deadline=None)
@given(SAMPLES)
def test_a_rule_is_open_while_its_history_says_so(samples: list[Sample]) -> None:
    """Windows and trends, after each reading that is none of the late ones."""
    trial, history = Kilned("kiln/k1", {"kiln": RULES}), History()
    for sample in samples:
        trial.advance(sample.after_s)
        at = trial.now - sample.late_s
        trial.heat(sample.temp_c, at, mode=sample.mode)
        if history.take(at, sample) and at == trial.now:
            expected = history.holds()

            assert expected == {name: is_open(trial, name) for name in expected}


@settings(max_examples=250, deadline=None)
@given(SAMPLES)
def test_what_is_of_the_moment_is_told_of_each(samples: list[Sample]) -> None:
    """`changed` and `was`: from one reading with a value to the next, late ones passed over."""
    trial, history = Kilned("kiln/k1", {"kiln": RULES}), History()
    for sample in samples:
        trial.advance(sample.after_s)
        at = trial.now - sample.late_s
        trial.heat(sample.temp_c, at, mode=sample.mode)
        history.take(at, sample)
    told = {
        name: [next(iter(one.data.values())) for one in trial.signals if one.name == name]
        for name in ("moved", "jump")
    }
    values = [value for _, value in history.fresh]

    assert [new for old, new in pairwise(history.modes) if new != old] == told["moved"]
    assert values_before_a_jump(values) == told["jump"]


def values_before_a_jump(values: list[float]) -> list[float]:
    """A jump that lasts is one; it begins anew after a reading that is none."""
    return [
        old
        for number, (old, new) in enumerate(pairwise(values))
        if new - old > 20 and not (number and old - values[number - 1] > 20)
    ]


@settings(max_examples=250, deadline=None)
@given(SAMPLES)
def test_so_long_is_so_long(samples: list[Sample]) -> None:
    """`for` by readings in order, `silent` by whatever is heard; the rest of it in silence."""
    trial = Kilned("kiln/k1", {"kiln": RULES})
    stamp, since, heard = 0.0, None, list[float]()
    spans: Series = []
    for sample in samples:
        trial.advance(sample.after_s)
        at = trial.now - sample.late_s
        trial.heat(sample.temp_c, at)
        heard.append(trial.now)
        if at >= stamp:
            stamp = at
            if sample.temp_c is not None and sample.temp_c > 60:
                since = at if since is None else since
            elif sample.temp_c is not None and since is not None:
                spans.append((since, at))
                since = None
    trial.advance(100.0)
    if since is not None:
        spans.append((since, trial.now))
    heard.append(trial.now)
    gaps = sum(later - earlier >= 20 for earlier, later in pairwise(heard))
    fired = [one.name for one in trial.signals]

    assert gaps == fired.count("lost")
    if all(sample.late_s == 0 for sample in samples):
        assert sum(end - begin >= 10 for begin, end in spans) == fired.count("long")


# -- the same with a partition before it ---------------------------------------------------------

NUMBER = partition_of("kiln/k1", 1)


def heat(number: int, sample: Sample, at: float) -> Entry:
    """The reading as its device sends it."""
    data = {"temp_c": sample.temp_c, "mode": sample.mode}
    return device("kiln/k1", "heat", data, boot=1, sequence=number, time=at)


@settings(max_examples=100, deadline=None)
@given(SAMPLES.filter(bool), st.lists(st.integers(0, 30), max_size=20))
def test_what_a_device_sends_again_changes_nothing(
    samples: list[Sample], again: list[int]
) -> None:  # fmt: skip
    """Each reading as often as it comes, at once or later: the twin and its signals are the same.

    A device keeps at most 64 messages in flight, so no older one comes again.
    """
    found = []
    for repeats in (set[int](), {*again}):
        feed, now, sent = Feed(NUMBER), 100.0, list[Entry]()
        published = Published(kind="kiln", version=1, documents=RULES.documents)
        payload = encode_message(published, id="v1", source="rulebook/kiln")
        feed.apply(Entry(f"partition/{NUMBER}", "rules.published", Origin.TWIN, payload))
        signals = []
        for number, sample in enumerate(samples):
            now += sample.after_s
            sent.append(heat(number + 1, sample, 1_700_000_000.0 + now - sample.late_s))
            entries = sent[-1:] + ([sent[-1], sent[0]] if number in repeats else [])
            signals += feed.apply(*entries, at=now).signals
        signals += feed.tick(now + 100.0).signals
        found.append((msgpack.encode(feed.twin("kiln/k1")), signals))

    assert found[0] == found[1]
