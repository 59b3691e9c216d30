"""Observing: what applying a block shows to those who operate: metrics and log lines."""

import structlog

from actors.applied import Applied
from actors.partition import Partition
from actors.telemetry import instruments
from twins.rulebook.messages import VersionApplied, VersionRefused

logger = structlog.get_logger(__name__)


def observe(partition: Partition, applied: Applied) -> None:
    """Count and log what one block caused."""
    for signal in applied.signals:
        instruments.signals_raised.add(1, {"signal": signal.name})
    if applied.parked:
        instruments.twins_parked.add(len(applied.parked), {"partition": partition.number})
        for twin_id in applied.parked:
            cell = partition.peek(twin_id)
            reason = cell.book.parked.reason if cell and cell.book.parked else ""
            logger.error(
                "parked", twin_id=twin_id, partition=partition.number,
                position=applied.position, reason=reason,
            )  # fmt: skip
    if applied.rules:
        _rules(partition.number, applied.rules)


def _rules(partition: int, said: list[VersionApplied | VersionRefused]) -> None:
    for one in said:
        about = {"kind": one.kind, "version": one.version, "partition": partition}
        if isinstance(one, VersionApplied):
            logger.info("rules are live", since=one.position, **about)
        else:
            instruments.rules_refused.add(1, {"partition": partition})
            logger.error("rules cannot run here", problem=one.problem, **about)
