"""Values: what people type, and how times and sizes are written for them."""

import re
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
_KB = 1024
_ROWS = 500
"""Rows that are sent at once."""


class BadValue(ValueError):
    """The caller's fault: a value that cannot be read; the text says how to write it."""


def json_value(text: str | None) -> Any:
    """JSON as typed: the text itself, `@file`, or `-` for standard input; none is no data."""
    if text is None:
        return None
    if text == "-":
        source, where = sys.stdin.read(), "standard input"
    elif text.startswith("@"):
        where = text[1:]
        try:
            source = Path(where).read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise BadValue(f"{where} cannot be read: {error}") from error
    else:
        source, where = text, "the data"
    try:
        return msgspec.json.decode(source)
    except (msgspec.DecodeError, RecursionError) as error:
        raise BadValue(
            f"{where} is no JSON: {error}; write it in quotes of the shell: '{{\"speed_kmh\": 50}}'"
        ) from error


def moment(text: str | None, now: float) -> float | None:
    """A time as typed: `90s`, `15m`, `1h`, `2d` ago, or ISO 8601 (local unless it says else)."""
    if text is None:
        return None
    match = re.fullmatch(r"([0-9]{1,9}(?:\.[0-9]{1,6})?)([smhdw])", text)
    if match is not None:
        return now - float(match[1]) * _UNITS[match[2]]
    if text == "now":
        return now
    try:
        return datetime.fromisoformat(text).astimezone().timestamp()
    except (ValueError, OverflowError, OSError):
        raise BadValue(
            f"{text!r} is no time; write 90s, 15m, 1h or 2d (ago), or 2026-05-01T12:00"
        ) from None


def length(text: str) -> float:
    """A length of time as typed, in seconds: `90s`, `30m`, `2h`, `1d`."""
    match = re.fullmatch(r"([0-9]{1,9}(?:\.[0-9]{1,6})?)([smhdw])", text)
    if match is None:
        raise BadValue(f"{text!r} is no length of time; write 30m, 2h or 1d")
    return float(match[1]) * _UNITS[match[2]]


def portions(text: str, *, headed: bool) -> Iterator[tuple[int, str]]:
    """A table in parts, each with its first line where it has one, and the lines before it.

    A quoted cell that holds line breaks is not cut: where there are quotes, there is one part, or
    the API says that it is too large.
    """
    lines = text.splitlines(keepends=True)
    head, rows = (lines[:1], lines[1:]) if headed else ([], lines)
    if '"' in text and headed:
        yield 0, text
        return
    for first in range(0, max(len(rows), 1), _ROWS):
        yield first, "".join([*head, *rows[first : first + _ROWS]])


def share(text: str) -> float:
    """A share as typed: `1%`, `0.5 %`, or `0.01`; above 0 and at most 1."""
    match = re.fullmatch(r"([0-9]{1,9}(?:\.[0-9]{1,9})?) ?(%?)", text)
    found = float(match[1]) / (100 if match[2] else 1) if match is not None else 0.0
    if not 0.0 < found <= 1.0:
        raise BadValue(f"{text!r} is no share of a whole; write 1%, 12.5% or 0.01")
    return found


def iso(at: float, *, parts: str = "seconds") -> str:
    """A time as local ISO 8601, for people."""
    try:
        return datetime.fromtimestamp(at).astimezone().isoformat(sep=" ", timespec=parts)
    except (ValueError, OverflowError, OSError):
        return f"{at:g} s since the epoch"


def age(seconds: float) -> str:
    """How long ago, in words."""
    if seconds < 0:
        return "just now" if seconds > -1 else f"in {words(-seconds)}"
    return "just now" if seconds < 1 else f"{words(seconds)} ago"


def words(seconds: float) -> str:
    """A duration in words: `12 s`, `5 min`, `3 h 20 min`, `2 days`."""
    if seconds < _MINUTE:
        return f"{seconds:.0f} s"
    if seconds < _HOUR:
        return f"{seconds / _MINUTE:.0f} min"
    if seconds < _DAY:
        hours, rest = divmod(int(seconds), _HOUR)
        return f"{hours} h {rest // _MINUTE} min"
    days = seconds / _DAY
    return f"{days:.0f} days" if days >= 1.5 else "1 day"  # noqa: PLR2004 - rounds to one


def size(count: float) -> str:
    """Bytes for people: `512 B`, `1.5 MB` (powers of 1024)."""
    for unit in ("B", "KB", "MB", "GB"):
        if count < _KB:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= _KB
    return f"{count:.1f} TB"
