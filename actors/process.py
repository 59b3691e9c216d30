"""Process: how Python itself is set in processes that hold very many long-lived objects."""

import gc

YOUNG, MIDDLE, OLD = 50_000, 50, 100
"""Thresholds of the garbage collector. Twins are trees without cycles: counting references frees
them, and looking through all of them again and again would find nothing, in pauses that grow with
their number. Cycles come from what is rare (tracebacks, closed connections)."""


def settle() -> None:
    """Collect garbage rarely; call it when a process has loaded its modules."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, MIDDLE, OLD)
