"""Records anew what the checker's tests look at: `python tests/deploy/demo/record.py`.

Tells roadside for real, in two minutes, and writes what all witnesses said at its end. To be done
when the story's steps come in another order, or have other contents.
"""

import sys
from pathlib import Path
from typing import Final

import msgspec

import deploy.demo.watch
from deploy.cli.app import main
from deploy.demo.plot import Facts, Plot, Verdict, judge

RECORDED: Final = Path(__file__).parent / "recorded"
ARGS: Final = ("demo", "--story", "roadside", "--fresh", "--no-screen")


def keeping(plot: Plot, facts: Facts) -> Verdict:
    """Judge, and keep what was judged: the last time is the story's end."""
    place = RECORDED / f"{plot.name.replace(' ', '_')}.json"
    written = msgspec.json.encode(facts)
    place.write_bytes(msgspec.json.format(written, indent=1))
    return judge(plot, facts)


if __name__ == "__main__":
    deploy.demo.watch.judge = keeping
    sys.argv = ["vigil", *ARGS]
    main()
