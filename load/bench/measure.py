"""Measuring a node from outside: CPU of its processes, and what its twins hold."""

from typing import Any

import psutil
from msgspec import Struct

from actors.cell import Cell
from actors.store.base import Store
from twins.ids import partition_of

GROUPS = ("nats", "gateway", "host", "effects", "ray")


class Usage(Struct):
    """CPU seconds used so far, by group of processes."""

    seconds: dict[str, float]


def usage(groups: dict[str, list[int]]) -> Usage:
    """Read the CPU time of processes, with all the threads they have."""
    seconds: dict[str, float] = {}
    for group, pids in groups.items():
        total = 0.0
        for pid in pids:
            try:
                times = psutil.Process(pid).cpu_times()
            except psutil.NoSuchProcess:
                continue
            total += times.user + times.system
        seconds[group] = total
    return Usage(seconds)


def groups_of(root: psutil.Process, named: dict[str, list[int]]) -> dict[str, list[int]]:
    """All processes below one, by group; those that nobody named are Ray's own."""
    groups = {group: list(named.get(group, [])) for group in GROUPS}
    known = {pid for pids in groups.values() for pid in pids}
    skip = set(named.get("generator", []))
    groups["ray"] += [
        child.pid
        for child in root.children(recursive=True)
        if child.pid not in known and child.pid not in skip
    ]
    return groups


class Held(Struct):
    """What the store's twins say they took."""

    twins: int = 0
    numbered: int = 0
    reordered: int = 0
    repeats: int = 0
    lost: int = 0
    duplicated: int = 0


def read_back(store: Store, sent: dict[str, tuple[int, int]], partitions: int) -> Held:
    """Compare, twin by twin, how many numbers were sent and acknowledged with those it took.

    Args:
        store: With a checkpoint that is newer than the last acknowledgement.
        sent: Twin id -> (how many of its numbers were acknowledged, how many it was sent).
        partitions: Of the cluster.
    """
    held = Held()
    shares: dict[int, list[str]] = {}
    for twin_id in sent:
        shares.setdefault(partition_of(twin_id, partitions), []).append(twin_id)
    for partition, ids in shares.items():
        found: dict[str, Any] = {}
        for start in range(0, len(ids), 10_000):
            for row in store.twins(partition, ids[start : start + 10_000]):
                found[row.id] = Cell.load(row).book
        for twin_id in ids:
            book = found.get(twin_id)
            taken = book.numbered if book is not None else 0
            held.twins += 1
            held.numbered += taken
            acknowledged, all_sent = sent[twin_id]
            held.lost += max(0, acknowledged - taken)
            held.duplicated += max(0, taken - all_sent)
            if book is not None:
                held.reordered += book.reordered
                held.repeats += book.duplicates
    return held
