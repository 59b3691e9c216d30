"""Sealing of checkpoints: the rows of a person's twins, on their way into a store and out of it."""

from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import json, structs

from actors.keyring import Keyring
from actors.keys import Key, key_id_of
from actors.store.base import PLAIN, Checkpoint, TwinRow
from twins.kind import KINDS, Kind

SEALED = "sealed"
"""The one field of a record that is sealed."""

_MARK = b'{"sealed":"'


def sealed(checkpoint: Checkpoint, keyring: Keyring | None) -> Checkpoint:
    """The checkpoint as the store shall hold it."""
    persons = checkpoint.persons
    if keyring is None:
        return checkpoint
    rows = [_sealed(row, persons.get(row.id), keyring) for row in checkpoint.twins]
    return structs.replace(checkpoint, twins=rows)


def _sealed(row: TwinRow, person: str | None, keyring: Keyring) -> TwinRow:
    """A person's row, or one with records of several persons, sealed; any other as it is."""
    if person is not None:
        return seal_row(row, keyring.of(person))
    parts = _parts(row.id)
    return structs.replace(row, state=_seal_parts(row, parts, keyring)) if parts else row


def seal_row(row: TwinRow, key: Key) -> TwinRow:
    """One twin's row, sealed: its state and its book."""
    about = row.id.encode()
    return structs.replace(
        row, key_id=key.id, state=key.seal(row.state, about), book=key.seal(row.book, about)
    )


def opened(rows: Iterable[TwinRow], keyring: Keyring | None) -> list[TwinRow]:
    """The rows, opened; those whose key is gone are left out: their twins begin anew.

    Without a keyring they come as they lie there.
    """
    if keyring is None:
        return list(rows)
    found = (_opened(row, keyring) for row in rows)
    return [row for row in found if row is not None]


def _opened(row: TwinRow, keyring: Keyring) -> TwinRow | None:
    if row.key_id == PLAIN:
        parts = _parts(row.id)
        holds = parts and _MARK in row.state
        return structs.replace(row, state=_open_parts(row, parts, keyring)) if holds else row
    key = keyring.get(row.key_id)
    if key is None:
        return None
    about = row.id.encode()
    return structs.replace(
        row, key_id=PLAIN, state=key.open(row.state, about), book=key.open(row.book, about)
    )


def opened_book(key_id: int, twin_id: str, book: bytes, keyring: Keyring | None) -> bytes | None:
    """A row's book alone, opened; None where its key is not to be had."""
    if key_id == PLAIN:
        return book
    key = None if keyring is None else keyring.get(key_id)
    return None if key is None else key.open(book, twin_id.encode())


# -- records of several persons in one twin ------------------------------------------------------


def _parts(twin_id: str) -> Mapping[str, str]:
    kind = KINDS.get(twin_id.partition("/")[0])
    return {} if kind is None else kind.cls.parts


def _seal_parts(row: TwinRow, parts: Mapping[str, str], keyring: Keyring) -> bytes:
    """The state with each record that is a person's sealed."""
    state: dict[str, Any] = json.decode(row.state)
    for name, attribute in parts.items():
        for record_id, record in state.get(name, {}).items():
            person = record.get(attribute)
            if person is not None:
                sealed = keyring.of(person).seal(json.encode(record), _about(row, name, record_id))
                state[name][record_id] = {SEALED: b64encode(sealed).decode()}
    return json.encode(state)


def _open_parts(row: TwinRow, parts: Mapping[str, str], keyring: Keyring) -> bytes:
    """The state as it was, without those records whose key is gone."""
    state: dict[str, Any] = json.decode(row.state)
    for name in parts:
        records = state.get(name, {})
        for record_id, record in list(records.items()):
            if SEALED not in record:
                continue
            sealed = b64decode(record[SEALED])
            key = keyring.get(key_id_of(sealed))
            if key is None:
                del records[record_id]
            else:
                records[record_id] = json.decode(key.open(sealed, _about(row, name, record_id)))
    return json.encode(state)


def sealed_parts(kind: Kind, state: dict[str, Any]) -> set[int]:
    """The ids of the keys with which records of a twin are sealed, as a search finds it."""
    return {
        key_id_of(b64decode(record[SEALED]))
        for name in kind.cls.parts
        for record in (state.get(name) or {}).values()
        if SEALED in record
    }


def _about(row: TwinRow, name: str, record_id: str) -> bytes:
    return f"{row.id} {name} {record_id}".encode()
