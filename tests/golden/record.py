"""Record the golden logs anew: `PYTHONPATH=.:tests python -m golden.record [name …]`.

Do so when a kind of Vigil's own is meant to act differently on what lies in old logs, and read
what changes in the files. Where a format changes, raise its number, and record a new file beside
the old one, which must stay readable.

`python -m golden.record --older name …` keeps the logs and checkpoints of older formats as they
are, and records what these come to now. Where what the story's twins tell each other has changed,
so that its old log is no story any more, `golden.older` makes both anew.
"""

import sys

from golden.files import State, log_of, outputs, read, recorded, write
from golden.stories import OLDER, STORIES
from msgspec.structs import replace
from support.feed import replay


def main(names: list[str]) -> None:
    """Record the stories of these names, or all of them."""
    if names[:1] == ["--older"]:
        for name in names[1:] or OLDER:
            golden = read(name)
            feed = replay(log_of(golden))
            write(name, replace(golden, outputs=outputs(feed), end=State.of(feed)))
        return
    for name in names or STORIES:
        story = STORIES[name]
        write(name, recorded((story.__doc__ or "").strip(), story()))


if __name__ == "__main__":
    main(sys.argv[1:])
