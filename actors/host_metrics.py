"""What a host's metrics are read from, when somebody asks for them."""

from collections.abc import Callable, Iterable, Mapping

from actors.serving import Serving
from actors.telemetry import instruments
from actors.telemetry.instruments import Reading

Look = Callable[[Serving], float]

LOOKS: Mapping[str, Look] = {
    "vigil.events.applied": lambda serving: serving.partition.events,
    "vigil.events.repeated": lambda serving: serving.partition.repeats,
    "vigil.events.refused": lambda serving: serving.partition.refused,
    "vigil.log.position": lambda serving: serving.partition.position,
    "vigil.log.lag": lambda serving: serving.lag_s,
    "vigil.twins.hot": lambda serving: serving.partition.hot[0],
    "vigil.twins.hot.size": lambda serving: serving.partition.hot[1],
    "vigil.outbox.size": lambda serving: serving.partition.outbox.size,
}
"""Instrument -> how it is read of one partition."""


def observe_host(serving: Mapping[int, Serving]) -> None:
    """Let the process' metrics read these partitions, as they are when somebody asks."""

    def reader(look: Look) -> Callable[[], Iterable[Reading]]:
        return lambda: [
            (look(one), {"partition": number}) for number, one in sorted(serving.items())
        ]

    for name, look in LOOKS.items():
        instruments.observe(name, reader(look))
