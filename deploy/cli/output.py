"""Output: tables and colours for people, JSON for programs.

What comes from twins may have been written by anybody: it is printed without control characters,
so that no device can write to an operator's terminal.
"""

import sys
from collections.abc import Iterable
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from gateway.client import ProblemDetails

DONE = 0
FAILED = 1
USAGE = 2
NOT_RUNNING = 3

MAX_CELL = 120
WIDE = 200

Json = Annotated[bool, typer.Option("--json", help="Answer in JSON, for programs.")]


def console() -> Console:
    """The terminal, or whatever stands in its place: that is wide, so that nothing is cut off."""
    return Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else WIDE)


def errors() -> Console:
    """The same for errors."""
    return Console(highlight=False, soft_wrap=True, stderr=True)


def clean(text: str) -> str:
    """A text without control characters; they are written out, as Python would."""
    if text.isprintable():
        return text
    return "".join(
        each if each.isprintable() or each == "\n" else each.encode("unicode_escape").decode()
        for each in text
    )


def put_json(value: Any, *, pretty: bool = True) -> None:
    """Print a value as JSON: over several lines, or as one line of a stream."""
    body = msgspec.json.encode(value)
    if pretty:
        body = msgspec.json.format(body, indent=2)
    # Beyond ASCII only what is printable stands as it is; the rest is escaped, which JSON allows.
    text = "".join(
        each
        if each.isprintable() or each == "\n"
        else "".join(f"\\u{unit:04x}" for unit in _utf16(each))
        for each in body.decode()
    )
    typer.echo(text)


def _utf16(character: str) -> Iterable[int]:
    data = character.encode("utf-16-be", "surrogatepass")
    return [int.from_bytes(data[index : index + 2], "big") for index in range(0, len(data), 2)]


def plain(value: Any) -> str:
    """A value in one line."""
    if isinstance(value, str):
        return clean(value).replace("\n", "\\n")
    if isinstance(value, float):
        return f"{value:.6g}" if abs(value) < 1e6 else repr(value)  # noqa: PLR2004 - times stay whole
    return clean(msgspec.json.encode(value).decode())


def cell(value: Any, style: str = "") -> Text:
    """A value for a table: one line, not too long."""
    text = "" if value is None else plain(value)
    if len(text) > MAX_CELL:
        text = f"{text[: MAX_CELL - 1]}\N{HORIZONTAL ELLIPSIS}"
    return Text(text, style=style, overflow="fold")


def table(*columns: str, right: tuple[str, ...] = ()) -> Table:
    """A table with these columns; those in `right` hold numbers."""
    made = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for name in columns:
        made.add_column(name, justify="right" if name in right else "left", overflow="fold")
    return made


def complain(target: Any, text: str, problem: ProblemDetails | None = None) -> None:
    """Say on standard error what went wrong, in the form that the command answers in."""
    if getattr(target, "json", False):
        content: Any = problem or {"detail": text}
        body = msgspec.json.encode(content).decode()
        typer.echo(clean(body), err=True)
        return
    out = errors()
    out.print(Text.assemble(("error: ", "bold red"), clean(text)))
    if problem is not None and problem.instance:
        line = f"{problem.status} {problem.reason}, {problem.instance}"
        out.print(Text(clean(line), style="dim"))
