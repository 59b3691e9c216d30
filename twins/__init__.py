"""Twins: what a twin is, and the twins we have. Pure Python: no Ray, no NATS, no I/O.

- `twin`, `handler`, `kind`, `turn`: the base class, its decorators, the registry, one turn
- `event`, `outputs`, `ids`: the envelope, what handling may cause, ids and partitions
- `rules`: conditions over readings; `devices`, `people`, `services`: the kinds
"""

from twins.event import Event, Message, Reading
from twins.handler import Origin, ask, done, due, failed, heeds, on, told
from twins.ids import partition_of, split
from twins.kind import KINDS, Kind, kind_of
from twins.outputs import Effect, Outcome, Reply, Signal, Target, Tell
from twins.twin import Twin

__all__ = [
    "KINDS",
    "Effect",
    "Event",
    "Kind",
    "Message",
    "Origin",
    "Outcome",
    "Reading",
    "Reply",
    "Signal",
    "Target",
    "Tell",
    "Twin",
    "ask",
    "done",
    "due",
    "failed",
    "heeds",
    "kind_of",
    "on",
    "partition_of",
    "split",
    "told",
]
