"""Instruments: everything that Vigil counts and times, each with its unit, made once a process.

Two ways in. What a part counts anyway is *observed*: `observe(name, read)`, read when somebody
asks for the metrics, so that it costs the hot path nothing. What nobody keeps is *recorded* where
it happens, once a block or rarer, for one record takes about as long as one event (measured:
5 us). While metrics are off, the recording instruments are OpenTelemetry's own no-ops.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Literal

from msgspec import Struct
from opentelemetry.metrics import CallbackOptions, Meter, NoOpMeter, Observation

__all__ = ["OBSERVED", "Instruments", "Reading", "instruments"]

Reading = tuple[float, Mapping[str, str | int]]
"""A value and what tells it from others: `(17, {"partition": 3})`."""

Read = Callable[[], Iterable[Reading]]

SECONDS = (0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30)
"""Bounds of durations: from a block applied in memory to a provider that takes its time."""

BLOCK = (1, 4, 16, 64, 256, 1024)
"""Bounds of the events in a block; 1,024 is the most it holds."""

TWINS = tuple(4**n for n in range(11))
"""Bounds of the twins in a checkpoint: from one to a million."""


class Observed(Struct, frozen=True):
    """An instrument that is read when somebody asks."""

    kind: Literal["counter", "gauge"]
    unit: str
    description: str


OBSERVED = {
    "vigil.messages.accepted": Observed("counter", "{message}", "Durable and acknowledged [way]"),
    "vigil.messages.refused": Observed("counter", "{message}", "Refused at the edge [reason]"),
    "vigil.events.applied": Observed("counter", "{event}", "Events that twins took [partition]"),
    "vigil.events.repeated": Observed("counter", "{event}", "Recognised as repeats [partition]"),
    "vigil.events.refused": Observed("counter", "{event}", "In the log, of no kind [partition]"),
    "vigil.log.position": Observed("gauge", "{position}", "Where the partition stands [partition]"),
    "vigil.log.lag": Observed("gauge", "s", "Age of the last block when applied [partition]"),
    "vigil.twins.hot": Observed("gauge", "{twin}", "Twins in memory [partition]"),
    "vigil.twins.hot.size": Observed("gauge", "By", "Memory of these twins [partition]"),
    "vigil.outbox.size": Observed("gauge", "{output}", "Not yet acknowledged [partition]"),
    "vigil.effects.waiting": Observed("gauge", "{effect}", "Effects without an outcome yet"),
}
"""Observed instruments by name; attributes in brackets."""


class Instruments:
    """The instruments of one process; attributes in brackets."""

    def __init__(self, meter: Meter) -> None:
        self._reads: dict[str, Read] = {}
        self.create(meter)

    def create(self, meter: Meter) -> None:
        """Make all of them on a meter; those made before are told nothing more."""
        counter, histogram = meter.create_counter, meter.create_histogram
        self.block_size = histogram(
            "vigil.block.size",
            "{event}",
            "Events in a block [partition]",
            explicit_bucket_boundaries_advisory=BLOCK,
        )
        self.append_duration = histogram(
            "vigil.append.duration",
            "s",
            "From sending a block until it is durable [partition]",
            explicit_bucket_boundaries_advisory=SECONDS,
        )
        self.apply_duration = histogram(
            "vigil.apply.duration",
            "s",
            "Time to apply one block [partition]",
            explicit_bucket_boundaries_advisory=SECONDS,
        )
        self.checkpoint_duration = histogram(
            "vigil.checkpoint.duration",
            "s",
            "Time to make and commit a checkpoint [partition]",
            explicit_bucket_boundaries_advisory=SECONDS,
        )
        self.checkpoint_twins = histogram(
            "vigil.checkpoint.twins",
            "{twin}",
            "Twins written by a checkpoint [partition]",
            explicit_bucket_boundaries_advisory=TWINS,
        )
        self.signals_raised = counter("vigil.signals.raised", "{signal}", "Signals [signal]")
        self.twins_parked = counter("vigil.twins.parked", "{twin}", "Twins parked [partition]")
        self.rules_refused = counter(
            "vigil.rules.refused", "{version}", "Versions that this code cannot run [partition]"
        )
        self.effects_delivered = counter(
            "vigil.effects.delivered", "{effect}", "Effects delivered [target]"
        )
        self.effects_failed = counter(
            "vigil.effects.failed", "{effect}", "Effects given up [target, reason]"
        )
        self.effects_duration = histogram(
            "vigil.effects.duration",
            "s",
            "From acceptance to outcome [target]",
            explicit_bucket_boundaries_advisory=SECONDS,
        )
        self.partitions_moved = counter(
            "vigil.partitions.moved", "{partition}", "Changes of ownership [role]"
        )
        for name, observed in OBSERVED.items():
            make = (
                meter.create_observable_counter
                if observed.kind == "counter"
                else meter.create_observable_gauge
            )
            make(name, [self._callback(name)], observed.unit, observed.description)

    def observe(self, name: str, read: Read) -> None:
        """Say where an observed instrument's values come from; a later call replaces an earlier.

        Args:
            name: One of `OBSERVED`; raises `KeyError` for any other.
            read: Returns the values of now. It is called in the thread that renders the metrics,
                and must be quick. A counter's values must never fall.
        """
        if name not in OBSERVED:
            raise KeyError(f"{name!r} is not observed; known: {', '.join(OBSERVED)}")
        self._reads[name] = read

    def _callback(self, name: str) -> Callable[[CallbackOptions], Iterable[Observation]]:
        def observe(_options: CallbackOptions) -> Iterable[Observation]:
            read = self._reads.get(name)
            if read is not None:
                for value, attributes in read():
                    yield Observation(value, attributes)

        return observe


instruments = Instruments(NoOpMeter("vigil"))
"""The instruments of this process; `configure` brings them to life."""
