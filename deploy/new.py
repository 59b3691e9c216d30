"""New: an empty folder becomes a package beside Vigil, with a kind, a rule, a supervisor, tests."""

import re
import sys
from importlib.resources import files
from importlib.resources.abc import Traversable
from importlib.util import find_spec
from keyword import iskeyword
from pathlib import Path

from deploy.errors import NotNew
from twins.kind import KINDS

SUFFIX = ".tmpl"

_NAME = re.compile(r"[a-z][a-z0-9_]{0,31}")
_IGNORED = {".git", ".gitignore", ".venv", ".vigil"}
"""What an empty folder may hold."""

_MARK = "@name@"
"""Stands for the name, in the template's texts and in the names of its files."""


def new_package(name: str, folder: Path) -> list[Path]:
    """Write a package into a folder, which is made where it is not there.

    Args:
        name: Of the package and of its kind, in lower case: `oven`.
        folder: Empty, but for what Git and Vigil put there.

    Returns:
        The files, relative to the folder, in alphabetical order.

    Raises:
        NotNew: The name cannot be one, or is taken; the folder is not empty.
    """
    if _NAME.fullmatch(name) is None or iskeyword(name):
        raise NotNew(f"{name!r} cannot be a package's name: lower case, digits and _, as in oven")
    if name in sys.stdlib_module_names or name in KINDS or find_spec(name) is not None:
        raise NotNew(f"there is a {name} already, in Python or in Vigil; choose another name")
    there = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
    found = [each for each in there if each not in _IGNORED]
    if found:
        raise NotNew(f"{folder} is not empty: it holds {', '.join(found[:5])}; make a new folder")
    written = []
    for path, text in _templates(files("deploy") / "template"):
        target = Path(path.replace(_MARK, name))
        (folder / target).parent.mkdir(parents=True, exist_ok=True)
        (folder / target).write_text(text.replace(_MARK, name), encoding="utf-8")
        written.append(target)
    return sorted(written)


def _templates(folder: Traversable, inside: str = "") -> list[tuple[str, str]]:
    """(path, text) of all templates."""
    found = []
    for each in folder.iterdir():
        path = f"{inside}{each.name}"
        if each.is_dir():
            found += _templates(each, f"{path}/")
        elif path.endswith(SUFFIX):
            found.append((path.removesuffix(SUFFIX), each.read_text(encoding="utf-8")))
    return found
