"""Syntax: the text of an expression as Python's tree, and where in the text each node stands.

What Python reads and no condition says (comments, backslashes, letters beyond ASCII) is refused
here, before there is a tree; so are texts that are too long. A duration becomes a name, since
Python knows none: `avg(x, 5m)`.
"""

import ast
import re
from typing import Final

from twins.rules import tree
from twins.rules.document import MAX_CONDITION
from twins.rules.duration import DURATION, seconds

_PIECE = re.compile(rf""""(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|(?P<duration>{DURATION.pattern})""")
_STUCK: Final = re.compile(r"(?<![\w.])[0-9][\w.]*(?:and|or|in|is|if|else|for|not)(?!\w)")
_WRITTEN: Final = {
    "&&": "write `and` for &&", "||": "write `or` for ||", ":=": "nothing can be assigned here",
    "<>": "write `!=` for <>",
}  # fmt: skip


class BadExpression(Exception):
    """A text that is no condition; `span` is the part at fault."""

    def __init__(self, message: str, span: tree.Span) -> None:
        self.span = span
        super().__init__(message)


class Syntax:
    """One text, read by Python's parser. Raises `BadExpression`."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._durations: dict[int, float] = {}
        self._bytes = b""
        self._indent = 0
        self.root = self._read()

    def _read(self) -> ast.expr:
        text = self._text
        if len(text) > MAX_CONDITION:
            raise BadExpression(
                f"longer than {MAX_CONDITION} characters; make two rules of it", (0, len(text))
            )
        # Of the same length, so that whatever is said of it later stands at the same place.
        clean = re.sub(r"[\s\x00-\x1f]", " ", _PIECE.sub(self._name_duration, text))
        bare = _PIECE.sub(lambda match: " " * len(match[0]), text)
        _refuse(bare)
        if "\\" in text:
            raise _bad_at("a condition has no backslashes", text.index("\\"), 1)
        indent = self._indent = len(clean) - len(clean.lstrip())
        clean = clean.strip()
        if not clean:
            raise BadExpression("there is nothing here", (0, len(text)))
        try:
            self._bytes = b"" if clean.isascii() else clean.encode()
            return ast.parse(clean, mode="eval").body
        except SyntaxError as error:
            # Where the parser ran out of text, the last letter is where.
            at = min((error.offset or len(clean)) - 1, len(clean) - 1) + indent
            word = re.compile(r"[\w.]+|\S").match(text, at)
            raise _bad_at(_said(error, bare), at, len(word[0]) if word else 1) from None
        except (ValueError, RecursionError, MemoryError):
            raise BadExpression("this is no condition", (0, len(text))) from None

    def _name_duration(self, match: re.Match[str]) -> str:
        """Put a name in a duration's place; the name's place tells the duration."""
        if match["duration"] is None:
            return match[0]
        self._durations[match.start()] = seconds(match[0])
        return "d" * len(match[0])

    # -- places ------------------------------------------------------------------------------

    def span(self, node: ast.AST) -> tree.Span:
        """Where a node stands."""
        start, end = node.col_offset, node.end_col_offset  # type: ignore[attr-defined] # expressions have them
        return self._offset(start), self._offset(end)

    def _offset(self, column: int) -> int:
        if self._bytes:
            column = len(self._bytes[:column].decode())
        return column + self._indent

    def words(self, span: tree.Span) -> str:
        """A part of the text, with single spaces."""
        return " ".join(self._text[slice(*span)].split())

    def place(self, node: ast.AST) -> tuple[str, tree.Span]:
        """A node as it was written, and where."""
        span = self.span(node)
        return self.words(span), span

    def duration(self, node: ast.expr) -> float | None:
        """The seconds of a duration; None: it is something else."""
        return self._durations.get(self.span(node)[0]) if isinstance(node, ast.Name) else None

    def bad(self, node: ast.AST, message: str) -> BadExpression:
        """An error about one node."""
        return BadExpression(message, self.span(node))


def _refuse(bare: str) -> None:
    """What Python would read, outside of texts, and no condition says."""
    if "#" in bare:
        raise _bad_at("a condition has no comments; say it in `about`", bare.index("#"), 1)
    for written, remedy in _WRITTEN.items():
        if written in bare:
            raise _bad_at(remedy, bare.index(written), len(written))
    stuck = _STUCK.search(bare)
    if stuck is not None:
        # Python reads it, and warns: whether it is taken must not depend on what warnings do.
        raise _bad_at("write a blank behind the number", stuck.start(), len(stuck[0]))
    odd = re.search(r"[^\x00-\x7f]", bare)
    if odd is not None:
        raise _bad_at("letters like this stand in texts only", odd.start(), 1)


def _bad_at(message: str, at: int, length: int) -> BadExpression:
    return BadExpression(message, (at, at + length))


def _said(error: SyntaxError, bare: str) -> str:
    if re.search(r"(?<![=!<>])=(?!=)", bare):
        return "this is no condition; write == to compare"
    if "!" in bare.replace("!=", ""):
        return "this is no condition; write `not` for !"
    return f"this is no condition: {error.msg}"
