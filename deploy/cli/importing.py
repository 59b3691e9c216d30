"""`vigil import customers`: customers from a table (CSV) that lies elsewhere."""

import csv
import io
import sys
from collections.abc import Iterator
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Annotated

import typer
from msgspec import Struct
from rich.console import Console
from rich.progress import Progress
from rich.text import Text

from deploy.cli.connection import client
from deploy.cli.output import FAILED, Json, clean, console, errors, put_json
from deploy.cli.values import BadValue
from gateway.client import Client
from twins.people.rows import BadCell, BadRow, ImportedEvent, events_of, unknown_columns

MAX_BYTES = 256 * 1024 * 1024
MAX_SHOWN = 20
"""So many mistakes are told one by one."""

AT_ONCE = 8
"""So many rows are on their way at a time."""

STEP = 1000
"""Rows that are handed out at a time, so that a failure stops soon."""


class Mistake(Struct, frozen=True):
    """Where a table is wrong."""

    line: int
    column: str
    why: str


class Row(Struct, frozen=True):
    """One row that is right."""

    line: int
    events: list[ImportedEvent]


class Checked(Struct):
    """A table that was read to its end."""

    rows: list[Row]
    mistakes: list[Mistake]


def read_table(text: str) -> Checked:
    """Read a table of customers: comma, semicolon or tab between cells, names in the first line."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    checked = Checked([], [])
    try:
        head = [name.strip().lower() for name in next(reader, [])]
        checked.mistakes += _mistakes(1, unknown_columns(head))
        if not checked.mistakes:
            _read_rows(reader, head, checked)
    except csv.Error as error:
        checked.mistakes.append(Mistake(reader.line_num, "", f"this is no CSV: {error}"))
    return checked


def _read_rows(reader: Iterator[list[str]], head: list[str], checked: Checked) -> None:
    known: dict[str, int] = {}
    line = 2
    for cells in reader:
        # A cell may hold line breaks: a row's line is where it begins.
        here, line = line, reader.line_num + 1  # type: ignore[attr-defined]  # csv's readers have it
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(head):
            why = f"the row has {len(cells)} cells, the first line {len(head)}"
            checked.mistakes.append(Mistake(here, "", why))
            continue
        row = dict(zip(head, cells, strict=True))
        before = known.setdefault(row["id"].strip(), here)
        if before != here:
            why = f"{row['id'].strip()!r} stands in line {before} already"
            checked.mistakes.append(Mistake(here, "id", why))
            continue
        try:
            checked.rows.append(Row(here, events_of(row)))
        except BadRow as error:
            checked.mistakes += _mistakes(here, error.cells)


def _mistakes(line: int, cells: list[BadCell]) -> list[Mistake]:
    return [Mistake(line, cell.column, cell.why) for cell in cells]


def _delimiter(text: str) -> str:
    head = text.partition("\n")[0]
    return max((",", ";", "\t"), key=head.count)


def customers(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV in UTF-8; - is the input.")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only check; nothing is sent, no cluster needed.")
    ] = False,
    json: Json = False,
) -> None:
    """Take customers over from a table; nothing is sent while anything in it is wrong."""
    checked = read_table(_text(file))
    if checked.mistakes:
        _complain(file, checked, json=json)
        raise typer.Exit(FAILED)
    events = sum(len(row.events) for row in checked.rows)
    if not dry_run:
        with client(ctx, json=json) as api:
            _send(api, checked.rows)
    if json:
        put_json({"customers": len(checked.rows), "events": events, "sent": not dry_run})
        return
    what = "would be sent; nothing was" if dry_run else "sent; each is durable"
    console().print(Text(f"{len(checked.rows)} customers, {events} events {what}", "green"))


def _text(file: Path) -> str:
    try:
        data = sys.stdin.buffer.read(MAX_BYTES + 1) if str(file) == "-" else _bytes(file)
        if len(data) > MAX_BYTES:
            raise BadValue(f"{file}: more than {MAX_BYTES} bytes; cut it into several files")
        return data.decode("utf-8-sig")
    except OSError as error:
        raise BadValue(f"{file}: it cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise BadValue(f"{file}, line {line}: this is not UTF-8; save it as such") from error


def _bytes(file: Path) -> bytes:
    with file.open("rb") as opened:
        return opened.read(MAX_BYTES + 1)


def _complain(file: Path, checked: Checked, *, json: bool) -> None:
    if json:
        put_json({"mistakes": checked.mistakes, "sent": False})
        return
    out = errors()
    for mistake in checked.mistakes[:MAX_SHOWN]:
        column = f", column {mistake.column}" if mistake.column else ""
        out.print(Text(clean(f"{file}, line {mistake.line}{column}: {mistake.why}")))
    more = len(checked.mistakes) - MAX_SHOWN
    if more > 0:
        out.print(Text(f"and {more} more; --json tells all"))
    out.print(Text("Nothing was sent.", style="bold red"))


def _send(api: Client, rows: list[Row]) -> None:
    """Send all; events of one customer in their order. What fails is raised, and ends it."""

    def send(row: Row) -> None:
        for event in row.events:
            api.send(event.twin_id, event.type, event.data)

    progress = Progress(console=Console(stderr=True), transient=True)
    with progress, ThreadPoolExecutor(AT_ONCE) as pool:
        task = progress.add_task("customers", total=len(rows))
        for start in range(0, len(rows), STEP):
            sending: list[Future[None]] = [pool.submit(send, row) for row in rows[start:][:STEP]]
            _, left = wait(sending, return_when=FIRST_EXCEPTION)
            for one in left:
                one.cancel()
            for one in sending:
                if not one.cancelled():
                    one.result()
            progress.advance(task, len(sending))


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(
        name="import",
        help="Take over what lies elsewhere. Importing it again changes nothing.",
        no_args_is_help=True,
    )
    group.command()(customers)
    app.add_typer(group)


__all__ = ["register"]
