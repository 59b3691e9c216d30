"""The lines and cells of a CSV file, whatever program wrote it."""

import codecs
import csv
import io
from pathlib import Path
from typing import Final, NamedTuple

from load.drives.columns import REQUIRED, Header, read_header, split_title
from load.drives.errors import DriveFileError

MAX_BYTES: Final = 64 * 1024 * 1024
"""A larger file is refused: more than a day at two rows a second with 27 columns is smaller."""

_HEADER_LINES: Final = 20  # Some loggers write a few lines about themselves first.


class Line(NamedTuple):
    """A line that isn't blank."""

    number: int
    """Counted from 1, as editors do."""
    cells: list[str]
    """Without the blanks around them."""


class Table(NamedTuple):
    """A log taken apart: its header, and the lines below it."""

    header: Header
    header_line: int
    above: int
    """How many lines that aren't blank stand above the header."""
    lines: list[Line]
    decimal_comma: bool
    """Whether a comma in a number is its decimal point: it can't be where it separates cells."""


def read_table(path: Path) -> Table:
    """Return the header of a log and the lines below it.

    Raises:
        DriveFileError: The file can't be read, is no CSV, or has no header that we know.
    """
    text = _read_text(path)
    best: Table | None = None
    failure: DriveFileError | None = None
    # Whichever delimiter shows the most columns that we know is the file's own.
    for delimiter in (",", ";", "\t"):
        try:
            lines = _split(path, text, delimiter)
        except DriveFileError as error:
            failure = failure or error
            continue
        at, header = _find_header(lines)
        if header.fields and (best is None or len(header.fields) > len(best.header.fields)):
            best = Table(header, lines[at].number, at, lines[at + 1 :], delimiter != ",")
    if best is None:
        raise failure or _no_header(path, text)
    return best


def _find_header(lines: list[Line]) -> tuple[int, Header]:
    """Return where the header is, and what it says: nothing where there is none.

    The first line that names all that is needed; otherwise the one that names the most, so that the
    error can tell what it lacks.
    """
    best = 0, read_header(lines[0].cells if lines else ())
    for at, line in enumerate(lines[:_HEADER_LINES]):
        header = read_header(line.cells)
        if header.clocks and all(field in header.fields for field in REQUIRED):
            return at, header
        if len(header.fields) > len(best[1].fields):
            best = at, header
    return best


def _no_header(path: Path, text: str) -> DriveFileError:
    """Return the error for a file whose first lines name no column that we know."""
    first = text.lstrip().split("\n", 1)[0]
    names = {split_title(title.strip('" \r'))[0] for title in first.replace(";", ",").split(",")}
    if {"pid", "value"} <= names:
        reason = "each row is one reading, not one moment"
        remedy = "Export it as a table with one column a sensor"
    else:
        reason = f"none of the first {_HEADER_LINES} lines names a sensor that we know"
        remedy = "Export the log with its header line, such as 'Time,Vehicle Speed,Coolant (°C)'"
    return DriveFileError(path, line=1, reason=reason, remedy=remedy)


def _read_text(path: Path) -> str:
    """Return the file's text in whichever of the usual charsets it is."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise DriveFileError(
                path,
                reason=f"the file is larger than {MAX_BYTES // 1024 // 1024} MB",
                remedy="Split it into single drives",
            )
        data = path.read_bytes()
    except OSError as error:
        raise DriveFileError(
            path,
            reason=f"the file can't be read ({error.strerror})",
            remedy="Give this process the right to read it",
        ) from error
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", errors="replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        # Western Windows: the only sign that matters to us is the one in °C.
        return data.decode("cp1252", errors="replace")


def _split(path: Path, text: str, delimiter: str) -> list[Line]:
    """Return the lines that aren't blank."""
    source = io.StringIO(text.replace("\0", ""), newline="")
    parsed = csv.reader(source, delimiter=delimiter, skipinitialspace=True)
    lines: list[Line] = []
    number = 1
    try:
        for cells in parsed:
            stripped = [cell.strip() for cell in cells]
            if any(stripped):
                lines.append(Line(number, stripped))
            # A quoted cell may span lines, so that the row begins before `line_num`.
            number = parsed.line_num + 1
    except csv.Error as error:
        raise DriveFileError(
            path,
            line=number,
            reason=f"the file is not CSV ({error})",
            remedy="Look for an unclosed quotation mark, or export the log again",
        ) from error
    return lines
