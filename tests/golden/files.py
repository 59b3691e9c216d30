"""The files of the golden logs: what lay in a log, and what it had come to when it was recorded.

A file holds the messages of one partition's log, the checkpoint in the midst of it, and the one at
its end, with all outputs. States are readable JSON, so that a change shows in a review; what only
the partition reads is base64.
"""

from base64 import b64decode, b64encode
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct
from support.feed import START, Feed

from actors.block import FORMAT as BLOCK_FORMAT
from actors.block import chain
from actors.cell import Book
from actors.parked import parked_since
from actors.store.base import FORMAT as CHECKPOINT_FORMAT
from actors.store.base import Head, ReminderRow, TwinRow

FOLDER = Path(__file__).parent


class Message(Struct):
    """One message of the log."""

    stamp: float
    body: str


class Row(Struct):
    """One twin."""

    position: int
    schema: int
    key_id: int
    state: dict[str, Any]
    book: str


class State(Struct):
    """A whole checkpoint."""

    head: dict[str, Any]
    body: str
    twins: dict[str, Row]
    reminders: list[tuple[float, str, str]]

    @classmethod
    def of(cls, feed: Feed) -> "State":
        """Everything that the store holds after a checkpoint of all that was applied."""
        feed.checkpoint()
        head = feed.store.head(0)
        assert head is not None
        known = msgspec.to_builtins(head)
        return cls(
            head={name: value for name, value in known.items() if name != "body"},
            body=as_text(head.body),
            twins={row.id: _row(row) for row in feed.store.all_twins(0).values()},
            reminders=[(row.due, row.twin_id, row.name) for row in feed.store.reminders(0)],
        )

    def load(self) -> tuple[Head, list[TwinRow], list[ReminderRow]]:
        """The rows as a store would give them."""
        head = Head(**self.head, body=b64decode(self.body))
        rows = [
            TwinRow(
                twin_id, row.position, row.schema, row.key_id, msgspec.json.encode(row.state),
                book := b64decode(row.book), parked_since(book),
            )
            for twin_id, row in self.twins.items()
        ]  # fmt: skip
        return head, rows, [ReminderRow(*reminder) for reminder in self.reminders]


class Outputs(Struct):
    """What the log caused."""

    told: list[tuple[int, str]]
    """(position, hash of the message)."""
    effects: list[tuple[str, str, str, str]]
    """(id, name, key, hash of the effect)."""
    answers: dict[str, Any]


class Golden(Struct):
    """One file."""

    about: str
    block_format: int
    checkpoint_format: int
    messages: list[Message]
    middle: State
    end: State
    outputs: Outputs


def recorded(about: str, feed: Feed) -> Golden:
    """What is to be kept of a story."""
    half = len(feed.log) // 2
    middle, end = Feed(), Feed()
    for number, (body, stamp) in enumerate(feed.log):
        for replayed in (middle, end) if number < half else (end,):
            replayed.take(body, stamp - START)
    return Golden(
        about=about,
        block_format=BLOCK_FORMAT,
        checkpoint_format=CHECKPOINT_FORMAT,
        messages=[Message(stamp, as_text(body)) for body, stamp in feed.log],
        middle=State.of(middle),
        end=State.of(end),
        outputs=outputs(end),
    )


def outputs(feed: Feed) -> Outputs:
    """All that a partition caused, when nobody acknowledged any of it."""
    partition = feed.partition
    pair = partition.outbox.pairs.get(0)
    return Outputs(
        told=[(position, chain(body).hex()) for position, body in (pair.waiting if pair else [])],
        effects=[
            (effect.id, effect.name, effect.key, chain(msgspec.msgpack.encode(effect)).hex())
            for caused in partition.outbox.effects
            for effect in caused.effects
        ],
        answers={key: msgspec.to_builtins(reply) for key, reply in partition.replies.items()},
    )


def log_of(golden: Golden) -> list[tuple[bytes, float]]:
    """The messages, as they were."""
    return [(b64decode(message.body), message.stamp) for message in golden.messages]


def read(name: str) -> Golden:
    """A file of the folder."""
    return msgspec.json.decode((FOLDER / f"{name}.json").read_bytes(), type=Golden)


def write(name: str, golden: Golden) -> None:
    """Replace a file of the folder."""
    text = msgspec.json.format(msgspec.json.encode(golden), indent=1)
    (FOLDER / f"{name}.json").write_bytes(text + b"\n")


def comparable(state: State, format_: int) -> State:
    """A checkpoint, recorded or made now, without what its recorded format said otherwise.

    Format 1 recognised outcomes among a twin's last ids; since 2 its book notes open effects.
    """
    if format_ == CHECKPOINT_FORMAT:
        return state

    def book(text: str) -> str:
        found = msgspec.msgpack.decode(b64decode(text), type=Book)
        found.open = found.ids = None
        return as_text(msgspec.msgpack.encode(found))

    twins = {
        twin_id: msgspec.structs.replace(row, book=book(row.book))
        for twin_id, row in state.twins.items()
    }
    head = {**state.head, "format": CHECKPOINT_FORMAT}
    return msgspec.structs.replace(state, head=head, twins=twins)


def _row(row: TwinRow) -> Row:
    state = msgspec.json.decode(row.state)
    return Row(row.position, row.schema, row.key_id, state, as_text(row.book))


def as_text(octets: bytes) -> str:
    """Octets as base64."""
    return b64encode(octets).decode()
