"""Tracing: the stages of a block at its host, for messages that are traced and for slow blocks.

`log`: from the log server's stamp until the host began to apply it. `apply`: until that was done.
The stages are the block's, so all messages in it share them.
"""

import msgspec
from msgspec import Struct, msgpack

from actors.block import Block
from actors.telemetry import record, slow, slow_after

_MARK = b"traceparent"
"""The field's name, which stands in a payload that has one."""


class _Traced(Struct):
    traceparent: str | None = None


_decode = msgpack.Decoder(_Traced).decode


def trace_block(
    block: Block,
    body: bytes,
    partition: int,
    position: int,
    stamp: float,
    began: float,
    ended: float,
) -> None:
    """Record the stages of a block that was applied; times are seconds since the epoch.

    A block without a traced message costs one look for the field's name in its bytes, `body`, less
    than 0.1 µs a message; one with sealed entries, a look into each of them.
    """
    count = len(block.entries)
    # The stamp is of the server's clock, which may run ahead of this machine's.
    stages = [("log", min(stamp, began), began), ("apply", began, ended)]
    if count and ended - stamp > slow_after():
        slow(
            f"log {partition} {position}", stages, partition=partition, position=position,
            twin_id=block.entries[0].subject, type=block.entries[0].type, events=count,
        )  # fmt: skip
    if not block.key_id and _MARK not in body:
        return
    for entry in block.entries:
        if _MARK not in entry.payload:
            continue
        try:
            traceparent = _decode(entry.payload).traceparent
        except msgspec.DecodeError:
            continue  # it parks its twin, and says so there
        if traceparent is not None:
            for name, start, end in stages:
                record(
                    name, traceparent, start, end, twin_id=entry.subject, type=entry.type,
                    partition=partition, position=position, events=count,
                )  # fmt: skip
