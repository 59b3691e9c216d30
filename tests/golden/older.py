"""Record roadside-1 anew from roadside-2: `PYTHONPATH=.:tests python -m golden.older`.

Format 1 is read and no longer written. When the story itself acts otherwise, its log is today's and
its checkpoints are today's as format 1 had them: without notes of open effects, with the ids of the
outcomes among those of the last events.
"""

from base64 import b64decode
from typing import Any

import golden.stories  # noqa: F401 - it registers the kinds
import msgspec
from golden.files import Golden, Row, State, as_text, log_of, read, write

from actors.block import decode_block
from actors.cell import Book, take_id
from twins.event import Message


def as_format_1(state: State, log: list[tuple[bytes, float]]) -> State:
    """A checkpoint as format 1 would have written it."""
    books = {
        twin_id: msgspec.msgpack.decode(b64decode(row.book), type=Book)
        for twin_id, row in state.twins.items()
    }
    for book in books.values():
        book.open = None
    for body, _ in log[: state.head["position"]]:
        for entry in decode_block(body).entries:
            if entry.type.endswith((".done", ".failed")):
                id_ = msgspec.msgpack.decode(entry.payload, type=Message[Any]).id
                take_id(books[entry.subject], (id_ or "").encode())
    twins: dict[str, Row] = {
        twin_id: msgspec.structs.replace(row, book=as_text(msgspec.msgpack.encode(books[twin_id])))
        for twin_id, row in state.twins.items()
    }
    return msgspec.structs.replace(state, head={**state.head, "format": 1}, twins=twins)


def main() -> None:
    """Replace the file."""
    new, old = read("roadside-2"), read("roadside-1")
    log = log_of(new)
    write(
        "roadside-1",
        Golden(
            about=old.about,
            block_format=old.block_format,
            checkpoint_format=old.checkpoint_format,
            messages=new.messages,
            middle=as_format_1(new.middle, log),
            end=as_format_1(new.end, log),
            outputs=new.outputs,
        ),
    )


if __name__ == "__main__":
    main()
