"""Memory: what the demo's next start carries on with, in one file of its data folder."""

import shutil
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct, field

from deploy import running
from deploy.errors import AlreadyRunning, DeployError
from gateway.secrets import FILE as SECRETS_FILE

FILE = "demo.json"
SUBFOLDER = "demo"
"""Of the node's data folder; each story has a folder in it."""

LAST = "story"
"""Within it: which story was told last."""

OURS = (
    SUBFOLDER, SECRETS_FILE, running.RUN_FILE, "nats", "store", "history", "effects", "vigil.log",
    "streets",
)  # fmt: skip
"""All that Vigil keeps in a data folder, beside the lock."""


class Memory(Struct, kw_only=True):
    """What is kept between starts."""

    runs: int = 0
    """How often the demo was started here."""
    tellings: int = 0
    """How often the story was told here after another one."""
    ports: dict[str, int] = field(default_factory=dict)
    """Service -> port. Links and addresses handed out earlier stay good if it can be had again."""
    heated: list[str] = field(default_factory=list)
    """Keys of cars that got hot, oldest first; other cars come next."""
    messages: list[dict[str, Any]] = field(default_factory=list)
    """Customers' messages whose offers were not answered when the demo ended."""

    @classmethod
    def load(cls, folder: Path) -> "Memory":
        """What the folder remembers; anew where there is nothing, or nothing that can be read."""
        try:
            return msgspec.json.decode((folder / FILE).read_bytes(), type=cls)
        except (OSError, msgspec.DecodeError):
            return cls()

    def save(self, folder: Path) -> None:
        """Keep it; whole or not at all."""
        folder.mkdir(parents=True, exist_ok=True)
        draft = folder / f".{FILE}"
        draft.write_bytes(msgspec.json.format(msgspec.json.encode(self), indent=2))
        draft.replace(folder / FILE)


def note_story(folder: Path, story: str, memory: Memory) -> None:
    """Keep which story is told in a data folder, and count where another one was told before."""
    last = folder / SUBFOLDER / LAST
    try:
        before = last.read_text("utf-8")
    except OSError:
        before = ""
    if before != story:
        memory.tellings += 1
        last.parent.mkdir(parents=True, exist_ok=True)
        last.write_text(story, "utf-8")


def home_of(folder: Path, story: str) -> Path:
    """Where a story keeps what is its own: its companies' books, its memory, its log."""
    return folder / SUBFOLDER / story


def prepare(folder: Path, *, fresh: bool) -> None:
    """Make sure that nothing runs on the folder; with `fresh` take out what Vigil keeps there.

    Raises:
        AlreadyRunning: Something runs on it.
        DeployError: It is to be emptied, and is none of Vigil's.
    """
    if not folder.exists():
        return
    if running.locked(folder):
        raise AlreadyRunning(running.describe(folder))
    if not fresh:
        return
    names = {path.name for path in folder.iterdir()} - {running.LOCK_FILE, running.WATCH_FILE}
    if names and not names & {SECRETS_FILE, SUBFOLDER}:
        raise DeployError(
            f"{folder} is no data folder of Vigil, so --fresh does not touch it; name another "
            "with --folder"
        )
    # What others put there stays: the name may have been a typing error.
    for name in sorted(names & set(OURS)):
        path = folder / name
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
