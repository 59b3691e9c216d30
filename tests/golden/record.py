"""Record the golden logs anew: `PYTHONPATH=.:tests python -m golden.record [name …]`.

Do so when a kind of Vigil's own is meant to act differently on what lies in old logs, and read
what changes in the files. Where a format changes, raise its number, and record a new file beside
the old one, which must stay readable.
"""

import sys

from golden.files import recorded, write
from golden.stories import STORIES


def main(names: list[str]) -> None:
    """Record the stories of these names, or all of them."""
    for name in names or STORIES:
        story = STORIES[name]
        write(name, recorded((story.__doc__ or "").strip(), story()))


if __name__ == "__main__":
    main(sys.argv[1:])
