"""Commands that texts name: what `vigil` is said to take, it takes."""

import re
from pathlib import Path

from typer.main import get_command

from deploy.cli.app import make_app

ROOT = Path(__file__).parents[3]
NAMED = re.compile(r"[`$\n] ?vigil ([a-z][a-z-]+)")
PLACES = ("README.md", "docs/*.md", "docs/decisions/*.md", "deploy/**/*.py", "gateway/**/*.py")


def test_each_command_that_a_text_names_is_one() -> None:
    """In messages, docstrings and documents: nobody is sent to a command that is not there."""
    commands = set(getattr(get_command(make_app()), "commands", {}))
    named = {
        (word, str(path.relative_to(ROOT)))
        for place in PLACES
        for path in sorted(ROOT.glob(place))
        for word in NAMED.findall(path.read_text("utf-8"))
    }

    assert {"get", "undo", "policies"} <= {word for word, _ in named}
    assert [] == sorted((word, where) for word, where in named if word not in commands)
