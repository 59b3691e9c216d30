"""Keys: what is sealed comes back, and comes back to nobody else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.block import GENESIS, Entry, decode_block, encode_block
from actors.errors import Damaged
from actors.keys import (
    AROUND,
    Key,
    key_id_of,
    open_block,
    open_effect,
    open_outcome,
    open_reply,
    seal_effect,
    seal_entry,
    seal_outcome,
    seal_reply,
)
from twins.outputs import Effect, Outcome, Reply, Target

HERS = Key(7, "customer/c1", b"k" * 32)
OTHERS = Key(8, "customer/c2", b"o" * 32)
EFFECT = Effect(
    "e1", "customer/c1", "notice", Target.CHANNEL, "email:anna@home.test", "email:anna@home.test",
    {"name": "Anna Lindqvist"}, key="k", expires_at=5.0,
)  # fmt: skip


class Ring:
    """Some keys."""

    def __init__(self, *keys: Key) -> None:
        self._keys = {key.id: key for key in keys}

    def of(self, person: str) -> Key:
        """Hers."""
        return next(key for key in self._keys.values() if key.person == person)

    def get(self, key_id: int) -> Key | None:
        """By id."""
        return self._keys.get(key_id)


@given(data=st.binary(max_size=400), about=st.binary(max_size=40))
def test_what_is_sealed_comes_back(data: bytes, about: bytes) -> None:
    """It names its key, is 36 bytes longer, and always the same bytes."""
    sealed = HERS.seal(data, about)

    assert data == HERS.open(sealed, about)
    assert (HERS.id, len(data) + AROUND) == (key_id_of(sealed), len(sealed))
    assert sealed == Key(7, "customer/c1", b"k" * 32).seal(data, about)


@given(data=st.binary(min_size=1, max_size=100), at=st.integers(0, 10_000))
def test_what_was_altered_is_noticed(data: bytes, at: int) -> None:
    """One bit anywhere behind the key's id, another key, or another thing that it is about."""
    sealed = HERS.seal(data, b"vehicle/v1 telemetry")
    place = 8 + at % (len(sealed) - 8)
    altered = sealed[:place] + bytes([sealed[place] ^ 1]) + sealed[place + 1 :]

    for key, body, about in (
        (HERS, altered, b"vehicle/v1 telemetry"),
        (HERS, sealed[:12], b"vehicle/v1 telemetry"),
        (OTHERS, sealed, b"vehicle/v1 telemetry"),
        (HERS, sealed, b"vehicle/v2 telemetry"),
    ):
        with pytest.raises(Damaged, match="altered"):
            key.open(body, about)


def test_two_keys_seal_the_same_to_other_bytes() -> None:
    """Nobody sees that two persons said the same."""
    assert HERS.seal(b"same", b"")[20:] != OTHERS.seal(b"same", b"")[20:]


def test_a_key_does_not_show_its_secret() -> None:
    """Neither in a log line nor in an error."""
    assert "Key(7, customer/c1)" == repr(HERS)


def test_entries_are_opened_but_those_whose_key_is_gone() -> None:
    """The others stay, in order, plain ones too."""
    plain = Entry("tow_operator/t1", "configured", 2, b"plain")
    hers = Entry("customer/c1", "configured", 2, b"hers")
    others = Entry("customer/c2", "configured", 2, b"others")
    entries = [seal_entry(hers, HERS), plain, seal_entry(others, OTHERS)]
    block = decode_block(encode_block(1, GENESIS, entries, key_id=1))

    assert 1 == open_block(block, Ring(OTHERS))
    assert [b"plain", b"others"] == [entry.payload for entry in block.entries]
    assert [2, 2] == [entry.origin for entry in block.entries]


def test_a_sealed_effect_says_nothing() -> None:
    """Neither where it goes nor what it brings; opened it is what it was."""
    sealed = seal_effect(EFFECT, HERS)

    assert not [word for word in ("anna", "Anna", "home.test") if word in repr(sealed)]
    assert (EFFECT.id, EFFECT.twin_id, EFFECT.name) == (sealed.id, sealed.twin_id, sealed.name)
    assert (EFFECT, HERS.id) == (
        open_effect(sealed, Ring(HERS))[0],
        open_effect(sealed, Ring(HERS))[1].id,  # type: ignore[union-attr]  # the ring has the key
    )
    assert (None, None) == open_effect(sealed, Ring())
    assert (EFFECT, None) == open_effect(EFFECT, Ring())


def test_a_sealed_outcome_says_only_why_it_failed() -> None:
    """In one word, for counting."""
    outcome = Outcome(
        effect_id="e1", key="k", result={"to": "Anna"}, reason="refused", detail="no Anna", at=3.0
    )
    sealed = seal_outcome(outcome, HERS)

    assert "Anna" not in repr(sealed)
    assert "refused" == sealed.reason
    assert outcome == open_outcome(sealed, HERS)
    assert open_outcome(None, HERS) is None


def test_a_sealed_reply_says_nothing() -> None:
    """Whoever has the key reads the value; without it there is none."""
    reply = Reply("a1", {"name": "Anna"})
    sealed = seal_reply(reply, HERS)

    assert b"Anna" not in bytes(sealed.value.data)
    assert {"name": "Anna"} == open_reply(sealed, Ring(HERS))
    assert open_reply(sealed, Ring()) is None
    assert {"name": "Anna"} == open_reply(reply, Ring())
