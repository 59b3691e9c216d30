"""Keys: what is a person's is sealed with a key of her own. Without the key nobody reads it.

Whose a twin is, its kind says (`Twin.personal`). Sealed are: the entries of the log for such a
twin, and what it causes; what its events cause at twins that are nobody's; its state and book in
checkpoints; its effects, and what came of them. Ids of twins and types of events stay readable:
an id is a pseudonym, and should say nothing of whom it names.

Sealing is AES-256-GCM under a nonce that is a keyed hash (BLAKE2b) of what is sealed. So the same
comes to the same bytes, and a replay makes the same messages; only that two equal ones are equal
shows. Decision 016 has the figures.
"""

from base64 import b64decode, b64encode
from collections.abc import Iterable
from hashlib import blake2b
from typing import Any, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from msgspec import msgpack, structs

from actors.block import SEALED, Block, Entry
from actors.errors import Damaged
from twins.outputs import Effect, Outcome, Reply

SECRET_BYTES = 32
KEY_HEADER = "Vigil_Key"
"""Header of what an effect worker sends a gateway: the id of the key that its effect came with."""

_ID_BYTES = 8
_NONCE_BYTES = 12
_TAG_BYTES = 16
AROUND = _ID_BYTES + _NONCE_BYTES + _TAG_BYTES
"""How many bytes longer something is when it is sealed."""

_ELSEWHERE = "sealed"
"""Address of an effect that is sealed; all of it lies in the request."""

_EXT = 1
"""Code of MessagePack's extension type for a sealed value."""

_encode = msgpack.Encoder().encode
_decode_effect = msgpack.Decoder(Effect).decode
_decode_outcome = msgpack.Decoder(Outcome).decode


class Key:
    """One key of one person. Making it costs 3 µs, so it is kept; sealing 150 bytes costs 1.5."""

    __slots__ = ("_cipher", "_head", "_marks", "id", "person")

    def __init__(self, key_id: int, person: str, secret: bytes) -> None:
        self.id = key_id
        self.person = person
        """Twin id."""
        self._head = key_id.to_bytes(_ID_BYTES, "big")
        self._cipher = AESGCM(blake2b(b"seal", key=secret, digest_size=32).digest())
        self._marks = blake2b(b"mark", key=secret, digest_size=32).digest()

    def __repr__(self) -> str:
        """Secrets do not belong into logs."""
        return f"Key({self.id}, {self.person})"

    def seal(self, data: bytes, about: bytes) -> bytes:
        """The data, sealed: key id, nonce, ciphertext. `about` must be known to open it."""
        nonce = blake2b(about + b"\0" + data, key=self._marks, digest_size=_NONCE_BYTES).digest()
        return self._head + nonce + self._cipher.encrypt(nonce, data, about)

    def open(self, sealed: bytes, about: bytes) -> bytes:
        """What was sealed; raises `Damaged` when it is not what this key sealed about it."""
        end = _ID_BYTES + _NONCE_BYTES
        try:
            return self._cipher.decrypt(sealed[_ID_BYTES:end], sealed[end:], about)
        except (InvalidTag, ValueError) as error:
            raise Damaged(
                f"{about.decode(errors='replace')}: what is sealed with key {self.id} was altered "
                "or cut off; restore it from a replica or a backup"
            ) from error

    def mark(self, text: str) -> str:
        """The same for the same text, and nothing to anybody without the key."""
        return blake2b(text.encode(), key=self._marks, digest_size=8).hexdigest()


class Keys(Protocol):
    """The keys of all persons, as whoever seals and opens needs them."""

    def of(self, person: str) -> Key:
        """Her key; made when she has none yet."""

    def get(self, key_id: int) -> Key | None:
        """A key by its id; None when it was thrown away."""


class Opened(Entry, array_like=True):
    """An entry that was sealed, opened again; in checkpoints it is like any other."""

    key_id: int = 0


def key_id_of(sealed: bytes) -> int:
    """Which key opens it."""
    return int.from_bytes(sealed[:_ID_BYTES], "big")


# -- entries of the log --------------------------------------------------------------------------


def seal_entry(entry: Entry, key: Key) -> Entry:
    """The entry as the log shall hold it."""
    payload = key.seal(entry.payload, f"{entry.subject} {entry.type}".encode())
    return Entry(entry.subject, entry.type, entry.origin | SEALED, payload)


def sealed_with(entries: Iterable[Entry]) -> set[int]:
    """The ids of the keys that these need."""
    return {key_id_of(entry.payload) for entry in entries if entry.origin & SEALED}


def open_block(block: Block, keys: Keys) -> int:
    """Open its entries; those whose key is gone leave it: tombstones. Returns how many."""
    if not block.key_id:
        return 0
    entries: list[Entry] = []
    gone = 0
    for entry in block.entries:
        if not entry.origin & SEALED:
            entries.append(entry)
            continue
        key = keys.get(key_id_of(entry.payload))
        if key is None:
            gone += 1
            continue
        payload = key.open(entry.payload, f"{entry.subject} {entry.type}".encode())
        entries.append(
            Opened(entry.subject, entry.type, entry.origin ^ SEALED, payload, key_id=key.id)
        )
    block.entries = entries
    return gone


# -- what a partition keeps and lets out ---------------------------------------------------------


def seal_effect(effect: Effect, key: Key) -> Effect:
    """The effect as outbox and ledger shall hold it: only what kind of effect of whom it is."""
    sealed = key.seal(_encode(effect), effect.id.encode())
    return structs.replace(
        effect, address=_ELSEWHERE, order=key.mark(effect.order), key="",
        request=b64encode(sealed).decode(),
    )  # fmt: skip


def open_effect(effect: Effect, keys: Keys | None) -> tuple[Effect | None, Key | None]:
    """The effect as it was, and its key; (None, None) when the key is gone."""
    if effect.address != _ELSEWHERE or keys is None:
        return effect, None
    sealed = b64decode(effect.request)
    key = keys.get(key_id_of(sealed))
    if key is None:
        return None, None
    return _decode_effect(key.open(sealed, effect.id.encode())), key


def seal_outcome(outcome: Outcome, key: Key) -> Outcome:
    """What came of an effect as the ledger shall hold it: only why it failed, in one word."""
    sealed = key.seal(_encode(outcome), outcome.effect_id.encode())
    return Outcome(
        effect_id=outcome.effect_id,
        result=b64encode(sealed).decode(),
        reason=outcome.reason,
        detail=_ELSEWHERE,
        at=outcome.at,
    )


def open_outcome(outcome: Outcome | None, key: Key) -> Outcome | None:
    """What came of an effect, as it was."""
    if outcome is None or outcome.detail != _ELSEWHERE:
        return outcome
    return _decode_outcome(key.open(b64decode(outcome.result), outcome.effect_id.encode()))


def seal_reply(reply: Reply, key: Key) -> Reply:
    """The answer to a call as checkpoints shall hold it."""
    sealed = key.seal(_encode(reply.value), reply.event_id.encode())
    return Reply(reply.event_id, msgpack.Ext(_EXT, sealed), reply.error)


def open_reply(reply: Reply, keys: Keys | None) -> Any:
    """The value of an answer; None when its key is gone."""
    value = reply.value
    if not isinstance(value, msgpack.Ext) or keys is None:
        return value
    sealed = bytes(value.data)
    key = keys.get(key_id_of(sealed))
    return None if key is None else msgpack.decode(key.open(sealed, reply.event_id.encode()))
