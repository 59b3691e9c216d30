"""Drives from folders of OBD-II CSV logs, read as they are.

Logs are untidy: cells are padded, rows end in a comma or break off, headers come again in the
middle, sensors send nothing for a while. What can be read is read; every row or cell that can't be
is named in a warning; a file that can't be used is named in an error, with what to do about it.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Final

import msgspec

from load.drives.clock import DAY_S, GAP_S, read_stamp, steps
from load.drives.columns import ENGINE_CLOCKS, QUANTITIES, REQUIRED, Column, Header, conversion
from load.drives.columns import read_header as read_header_cells
from load.drives.errors import DriveFileError
from load.drives.sample import Drive, Sample
from load.drives.table import Line, Table, read_table

MAX_WARNINGS: Final = 100
"""Warnings kept of one file; the rest are counted in a last one."""

_MIN_ROWS: Final = 2
_NEARLY_ALL: Final = 0.9
_NOTHING: Final = frozenset(
    ("", "-", "--", "nan", "null", "none", "n/a", "na", "nodata", "no data", "inf", "∞", "?")
)
_CELL: Final = re.compile(r"^(?P<number>[+-]?\d*(?:[.,]\d*)?(?:[eE][+-]?\d+)?)\s*(?P<unit>\S*)$")


class DriveWarning(msgspec.Struct, frozen=True):
    """A row or a cell of a log that could not be used; the rest of the log could."""

    file: str
    line: int
    """Counted from 1."""
    reason: str

    def __str__(self) -> str:
        return f"{self.file}, line {self.line}: {self.reason}"


class DriveSet(msgspec.Struct, frozen=True):
    """What a folder of logs gave."""

    drives: tuple[Drive, ...]
    """In the order of their file names; at least one."""
    warnings: tuple[DriveWarning, ...]
    """Rows and cells that were skipped."""
    errors: tuple[DriveFileError, ...] = ()
    """Files that gave no drive at all, each with its reason and remedy."""


def read_drives(folder: Path) -> DriveSet:
    """Read every `*.csv` file of a folder (not of the folders in it).

    A file that can't be used does not keep the others from being read.

    Raises:
        DriveFileError: The folder can't be listed, has no such file, or none of them can be used.
    """
    remedy = "Name the folder which holds the CSV logs themselves"
    try:
        paths = sorted(p for p in folder.iterdir() if p.suffix.lower() == ".csv" and p.is_file())
    except OSError as error:
        reason = f"the folder can't be listed ({error.strerror})"
        raise DriveFileError(folder, reason=reason, remedy=remedy) from error
    if not paths:
        raise DriveFileError(folder, reason="no file in it ends in .csv", remedy=remedy)
    drives: list[Drive] = []
    warnings: list[DriveWarning] = []
    errors: list[DriveFileError] = []
    for path in paths:
        try:
            drive, noted = read_drive(path)
        except DriveFileError as error:
            errors.append(error)
        else:
            drives.append(drive)
            warnings += noted
    if not drives:
        reason = f"none of its {len(paths)} CSV files can be used; the first one: {errors[0]}"
        raise DriveFileError(folder, reason=reason, remedy="Put one right") from errors[0]
    return DriveSet(tuple(drives), tuple(warnings), tuple(errors))


def read_drive(path: Path) -> tuple[Drive, tuple[DriveWarning, ...]]:
    """Read one log.

    Raises:
        DriveFileError: It has no header that we know, lacks a column that is needed, has no clock
            that runs, or fewer than two rows that can be used.
    """
    return _Log(path, read_table(path)).read()


class _Row(msgspec.Struct):
    """A row that can be used."""

    line: int
    stamp: float
    """Seconds from the log's own origin."""
    values: dict[str, float]


class _Log:
    """One log while it is read, with what was noted on the way."""

    def __init__(self, path: Path, table: Table) -> None:
        self.path = path
        self.table = table
        self.header = table.header
        self.warnings: list[DriveWarning] = []
        self.warned = 0

    def read(self) -> tuple[Drive, tuple[DriveWarning, ...]]:
        """Return the drive and the warnings."""
        for field in REQUIRED:
            if field not in self.header.fields:
                raise self._lacks(field, None)
        for title, unit in self.header.unread:
            self._warn(
                self.table.header_line, f"column {title!r} not read: unit {unit!r} does not fit it"
            )
        if self.table.above:
            reason = f"this is the header; {self.table.above} lines above it not read"
            self._warn(self.table.header_line, reason)
        clock = self._choose_clock()
        rows = self._in_order(self._rows(clock), clock)
        if len(rows) < _MIN_ROWS:
            first = f"; the first one skipped: {self.warnings[0].reason}" if self.warnings else ""
            reason = (
                f"{len(rows)} of {len(self.table.lines)} rows can be used, not {_MIN_ROWS}{first}"
            )
            raise self._error(reason, "Check that the rows have the columns that the header names")
        for field in REQUIRED:
            if not any(field in row.values for row in rows):
                raise self._lacks(field, self.header.fields[field].title)
        samples = tuple(self._samples(rows, clock))
        if self.warned > len(self.warnings):
            more = self.warned - len(self.warnings)
            self.warnings.append(DriveWarning(str(self.path), rows[-1].line, f"{more} more"))
        drive = Drive(name=self.path.stem, source="recorded", samples=samples)
        return drive, tuple(self.warnings)

    def _error(self, reason: str, remedy: str, column: str | None = None) -> DriveFileError:
        line = self.table.header_line
        return DriveFileError(self.path, line=line, column=column, reason=reason, remedy=remedy)

    def _lacks(self, field: str, column: str | None) -> DriveFileError:
        """Return the error for a field without which a drive is of no use."""
        unfit = [title for title, _ in self.header.unread]
        reason = f"no row has a {field}" if column else f"no column is a {field}"
        if unfit and not column:
            reason += f" (not read, because of their unit: {', '.join(unfit)})"
        return self._error(reason, f"Log this sensor too, in a column such as {field!r}", column)

    def _warn(self, line: int, reason: str) -> None:
        self.warned += 1
        if len(self.warnings) < MAX_WARNINGS:
            self.warnings.append(DriveWarning(str(self.path), line, reason))

    def _choose_clock(self) -> Column:
        """Return the best clock column that runs, unless another is filled in many more rows."""
        rows = [line.cells for line in self.table.lines]
        filled: list[tuple[Column, int]] = []
        for clock in self.header.clocks:
            cells = [row[clock.at] for row in rows if len(row) > clock.at]
            stamps = [read_stamp(cell, clock.factor) for cell in cells]
            known = [stamp for stamp in stamps if stamp is not None]
            if len(set(known)) > 1:
                filled.append((clock, len(known)))
        most = max((count for _, count in filled), default=0)
        for clock, count in filled:
            if count >= _NEARLY_ALL * most:
                return clock
        titles = [clock.title for clock in self.header.clocks]
        raise self._error(
            f"no clock that runs (columns that could be one: {', '.join(titles) or 'none'})",
            "Add a column 'Time', in seconds or as YYYY-MM-DD HH:MM:SS",
            titles[0] if titles else None,
        )

    def _rows(self, clock: Column) -> Iterator[_Row]:
        """Yield the rows that can be used; warn of the others."""
        for line in self.table.lines:
            cells = self._trim(line)
            stamp = read_stamp(cells[clock.at], clock.factor) if cells else None
            if stamp is not None:
                values = self._values(line.number, cells)
                if values:
                    yield _Row(line.number, stamp, values)
                else:
                    self._warn(line.number, "no sensor has a value; row skipped")
                continue
            header = self._new_header(line, clock)
            if header is not None:
                self.header = header
                clock = next(c for c in header.clocks if c.name == clock.name)
                self._warn(line.number, "the header again; row skipped")
            elif cells:
                self._warn(
                    line.number, f"{clock.title} is no time: {cells[clock.at]!r}; row skipped"
                )
            else:
                self._warn(
                    line.number,
                    f"{len(line.cells)} cells instead of {self.header.width}: which of them are "
                    "missing is not known; row skipped",
                )

    def _trim(self, line: Line) -> list[str]:
        """Return the row's cells, as many as the header's; none if it is longer or shorter.

        A row of another length has lost or gained a cell somewhere, and every value behind that
        place would be taken for another sensor's.
        """
        width = self.header.width
        cells = line.cells
        if len(cells) > width and not any(cells[width:]):
            cells = cells[:width]
        return cells if len(cells) == width else []

    def _new_header(self, line: Line, clock: Column) -> Header | None:
        """Return what the line says if it is a header: some loggers write it again on a restart."""
        header = read_header_cells(line.cells)
        whole = all(field in header.fields for field in REQUIRED)
        return header if whole and any(c.name == clock.name for c in header.clocks) else None

    def _values(self, line: int, cells: Sequence[str]) -> dict[str, float]:
        """Return the values of a row in our units, by field."""
        values: dict[str, float] = {}
        for field, column in self.header.fields.items():
            text = cells[column.at]
            if text.casefold() in _NOTHING:
                continue
            value = self._number(text, field, column)
            if value is None:
                self._warn(line, f"{column.title} is no number: {text!r}; cell skipped")
            elif not QUANTITIES[field].low <= value <= QUANTITIES[field].high:
                self._warn(line, f"{column.title} can't be {text!r}; cell skipped")
            else:
                values[field] = value
        return values

    def _number(self, text: str, field: str, column: Column) -> float | None:
        """Return a cell's value in our unit; a unit in the cell counts before the header's."""
        if field == "engine_run_s" and ":" in text:
            return read_stamp(text)
        match = _CELL.match(text)
        if match is None:
            return None
        number, unit = match["number"], match["unit"].lstrip("°").casefold()
        if "," in number and not self.table.decimal_comma and number[-4:-3] == ",":
            # "1,234" may be a thousand or a fraction: not to be guessed.
            return None
        scale = conversion(field, unit) if unit else (column.factor, column.offset)
        try:
            value = float(number.replace(",", "."))
        except ValueError:
            return None
        return None if scale is None else round(value * scale[0] + scale[1], 4)

    def _in_order(self, rows: Iterator[_Row], clock: Column) -> list[_Row]:
        """Return the rows whose time does not fall; an engine's clock may fall at a restart."""
        if clock.name in ENGINE_CLOCKS:
            return list(rows)
        result: list[_Row] = []
        midnights = 0.0
        for row in rows:
            row.stamp += midnights
            if result and row.stamp < result[-1].stamp:
                if _passes_midnight(result[-1].stamp - midnights, row.stamp - midnights):
                    midnights += DAY_S
                    row.stamp += DAY_S
                elif _stands_alone(result, row.stamp):
                    self._warn(result[-1].line, f"{clock.title} leaps ahead; row skipped")
                    result.pop()
                else:
                    fall = result[-1].stamp - row.stamp
                    self._warn(row.line, f"{clock.title} falls by {fall:g} s; row skipped")
                    continue
            result.append(row)
        for before, row in pairwise(result):
            if row.stamp - before.stamp > GAP_S:
                self._warn(row.line, f"nothing was logged for {row.stamp - before.stamp:g} s")
        return result

    def _samples(self, rows: Sequence[_Row], clock: Column) -> Iterator[Sample]:
        """Yield the rows as samples, with seconds from the first one."""
        stamps = [row.stamp for row in rows]
        at_s = 0.0
        waits = steps(stamps, engine_clock=clock.name in ENGINE_CLOCKS)
        for row, wait in zip(rows, (0.0, *waits), strict=True):
            at_s += wait
            yield Sample(at_s=round(at_s, 3), **row.values)


def _passes_midnight(before: float, after: float) -> bool:
    """Return whether a clock that shows the time of day began a new one."""
    return 0 <= after < DAY_S / 2 <= before < DAY_S and before - after > DAY_S / 2


def _stands_alone(rows: Sequence[_Row], stamp: float) -> bool:
    """Return whether the last row's stamp is the wrong one, and not `stamp`, which is before it."""
    leap = rows[-1].stamp - (rows[-2].stamp if len(rows) > 1 else stamp)
    return leap > GAP_S and (len(rows) == 1 or stamp >= rows[-2].stamp)
