"""What earlier code wrote, taken over by this one: `PYTHONPATH=.:tests python -m golden.upgrade`.

The files `upgrade-…` hold a log and the checkpoint in the midst of it, byte for byte as they were
written by the code of their day. These stay for ever: nobody can write them again. What this code
makes of the rest of the log, from that checkpoint on, is `end` and `outputs`; the command records
these two anew, where a story is meant to go on otherwise.
"""

from hashlib import sha256

import golden.stories  # noqa: F401 - it registers the kinds
import msgspec
from golden.files import Golden, State, log_of, outputs, read, write
from support.feed import Feed

from actors.store.base import Checkpoint

WRITTEN = {
    "upgrade-1": "2d8b8d271de9dc1e0951aadc02bd3c4d2d7eda366c6099f6aca0d4c22a92b94b",
    "upgrade-2": "20995a879e1e858a4eba206ac883805abe2d0eda1d2d74e709482ae386cbccf1",
}
"""File -> hash of what was written then."""


def written(golden: Golden) -> str:
    """The hash of log and checkpoint."""
    return sha256(msgspec.json.encode([golden.messages, golden.middle])).hexdigest()


def taken_over(golden: Golden) -> Feed:
    """The checkpoint, and the rest of the log, applied by this code."""
    head, rows, reminders = golden.middle.load()
    feed = Feed()
    feed.store.commit(Checkpoint(head, rows, reminders))
    feed.log = log_of(golden)
    feed.crash()
    return feed


def main() -> None:
    """Record how it goes on."""
    for name in WRITTEN:
        golden = read(name)
        feed = taken_over(golden)
        made = outputs(feed)
        write(name, msgspec.structs.replace(golden, end=State.of(feed), outputs=made))


if __name__ == "__main__":
    main()
