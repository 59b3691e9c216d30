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
        self._lives: dict[str, int] = {}
        self.erased_to: dict[int, int] = {}
        """Partition -> position of the checkpoint that settled an erasure."""

    def throw(self, person: str) -> None:
        """Throw her key away; what comes for her from now on is sealed with another one."""
        del self._keys[self.of(person).id]
        self._lives[person] = self._lives.get(person, 0) + 1

    def is_hers(self, twin_id: str, person: str) -> bool:
        """Whether a twin is sealed with her key."""
        return twin_id == person or self._owners.get(twin_id) == person

    def of(self, person: str) -> Key:
        """Hers."""
        life = f"{person} {self._lives[person]}" if person in self._lives else person
        secret = blake2b(life.encode(), digest_size=32).digest()
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
