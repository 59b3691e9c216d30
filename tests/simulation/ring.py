"""Keys in memory, made of nothing but their persons' names, so that a seed decides everything."""

from hashlib import blake2b

from actors.block import Entry
from actors.keys import Key, Opened, seal_entry
from twins.kind import KINDS


class Ring:
    """Seals as `actors.keyring` does.

    Args:
        owners: Device -> whose it is.
    """

    def __init__(self, owners: dict[str, str]) -> None:
        self._owners = owners
        self._keys: dict[int, Key] = {}

    def of(self, person: str) -> Key:
        """Hers."""
        secret = blake2b(person.encode(), digest_size=32).digest()
        key_id = int.from_bytes(secret[:7], "big")
        return self._keys.setdefault(key_id, Key(key_id, person, secret))

    def get(self, key_id: int) -> Key | None:
        """By its id."""
        return self._keys.get(key_id)

    def seal(self, entries: list[Entry]) -> tuple[list[Entry], bool]:
        """As a gateway does, for persons, their devices, and what their events caused."""
        out = [self._sealed(entry) for entry in entries]
        return out, any(one is not entry for one, entry in zip(out, entries, strict=True))

    def _sealed(self, entry: Entry) -> Entry:
        kind = KINDS.get(entry.subject.partition("/")[0])
        if kind is not None and kind.personal == "id":
            return seal_entry(entry, self.of(entry.subject))
        owner = self._owners.get(entry.subject)
        if owner is not None:
            return seal_entry(entry, self.of(owner))
        key = self.get(entry.key_id) if type(entry) is Opened else None
        return entry if key is None else seal_entry(entry, key)
