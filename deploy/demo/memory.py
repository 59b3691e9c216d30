"""Memory: what the demo's next start carries on with, in one file of its data folder."""

from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct, field

FILE = "demo.json"


class Memory(Struct, kw_only=True):
    """What is kept between starts."""

    seed: int
    runs: int = 0
    """How often the demo was started here."""
    ports: dict[str, int] = field(default_factory=dict)
    """Service -> port. Links and addresses handed out earlier stay good if it can be had again."""
    heated: list[str] = field(default_factory=list)
    """Keys of cars that got hot, oldest first; other cars come next."""
    messages: list[dict[str, Any]] = field(default_factory=list)
    """Customers' messages whose offers were not answered when the demo ended."""

    @classmethod
    def load(cls, folder: Path, seed: int) -> "Memory":
        """What the folder remembers; anew where there is nothing, or nothing that can be read."""
        try:
            return msgspec.json.decode((folder / FILE).read_bytes(), type=cls)
        except (OSError, msgspec.DecodeError):
            return cls(seed=seed)

    def save(self, folder: Path) -> None:
        """Keep it; whole or not at all."""
        folder.mkdir(parents=True, exist_ok=True)
        draft = folder / f".{FILE}"
        draft.write_bytes(msgspec.json.format(msgspec.json.encode(self), indent=2))
        draft.replace(folder / FILE)

    def avoid(self, cars: int) -> set[str]:
        """Cars that must not get hot: those of earlier runs, until too few are left."""
        recent = self.heated[-(cars // 2) :]
        return set(recent)
