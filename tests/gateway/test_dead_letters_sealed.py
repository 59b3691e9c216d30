"""Dead letters of persons' twins say nothing to whoever has no key."""

from pathlib import Path

import twins.people
from actors.keyring import Keyring
from gateway.dead_letters import DeadLetter, open_letter, seal_letter

assert twins.people, "the kinds"


def letter(kind: str, key: str) -> DeadLetter:
    """One that quotes what was refused."""
    return DeadLetter(
        1.0, 0, kind, key, "configured", "inside", "bad_data", "Anna Lindqvist is no number", 12,
        b"Anna Lindqvist",
    )  # fmt: skip


def test_hers_are_sealed_and_nobodys_are_not(tmp_path: Path) -> None:
    """Address and reason stay, for counting."""
    keyring = Keyring(tmp_path)
    keyring.prepare()
    hers, nobodys = letter("customer", "c1"), letter("desk", "d1")
    sealed = seal_letter(hers, keyring)

    assert "Anna" not in repr(sealed)
    assert ("customer", "c1", "bad_data") == (sealed.kind, sealed.key, sealed.reason)
    assert hers == open_letter(sealed, keyring)
    assert nobodys == seal_letter(nobodys, keyring) == open_letter(nobodys, keyring)

    erasure = keyring.begin_erasure("customer/c1", "e1")
    keyring.retire(erasure)
    keyring.throw(erasure)
    assert b"" == open_letter(sealed, keyring).payload
