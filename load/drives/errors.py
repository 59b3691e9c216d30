"""What can go wrong with drives, and whose fault it is.

DriveError              anything below
├── DriveFileError      a log can't be used: the file's fault; says where and what to do
└── FaultError          a fault can't be added to this drive: the caller's fault
"""

from pathlib import Path


class DriveError(Exception):
    """Base of all errors about drives."""


class DriveFileError(DriveError):
    """A log, or a folder of logs, can't be used.

    Attributes:
        path: The file or folder at fault.
        line: The line in it, counted from 1; 0 where no single line is at fault.
        column: The column's name as it stands in the header, if one is at fault.
        reason: What is wrong.
        remedy: What its owner can do about it.
    """

    def __init__(
        self, path: Path, *, reason: str, remedy: str, line: int = 0, column: str | None = None
    ) -> None:
        self.path = path
        self.line = line
        self.column = column
        self.reason = reason
        self.remedy = remedy
        where = str(path)
        if line:
            where += f", line {line}"
        if column is not None:
            where += f", column {column!r}"
        super().__init__(f"{where}: {reason}. {remedy}.")


class FaultError(DriveError, ValueError):
    """A fault was asked of a drive that can't show it; the text says what to change."""
