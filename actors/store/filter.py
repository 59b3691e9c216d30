"""The search language: its text, its tree, and the meaning that every translation keeps.

    kind = vehicle and (coolant_c > 100 or not exists position.lat) and name ~ "Lisa*"

    filter := and-terms joined by `or`; terms joined by `and`; `not` term; `(` filter `)`
    term   := field (= != < <= > >=) value | field in (value, …) | field ~ "glob" | exists field
    value  := "text" | bare-word | number | true | false | null

An empty filter finds every twin. `id`, `kind` and `key` are the twin's id and its two parts, and
hide fields of those names; what stands against them is always read as text.

Meaning, the same in `matches` and in each store's SQL:

- A field that is missing, or null, has no value. `exists f` and `f != null` say that it has one,
  `f = null` that it has none. Every other comparison with no value is false, `!=` included.
- Values of two types (number, text, boolean, list or object) are unequal and not ordered:
  `=`, `<`, `<=`, `>`, `>=`, `in` and `~` are false, `!=` is true.
- `not` turns true into false and false into true; there is no third truth value.
- Numbers compare as numbers (3 = 3.0; beyond 64 bit as doubles), text by code point.
- In a glob `*` is any run of characters and `?` is one; it covers the whole text, case matters.
"""

import math
import re
from collections.abc import Callable
from typing import NoReturn

from msgspec import Struct

from actors.errors import BadFilter
from actors.store.filter_tree import (
    MAX_INT,
    OPERATORS,
    And,
    Compare,
    Exists,
    Field,
    Filter,
    Glob,
    In,
    Not,
    Or,
    Value,
    matches,
)

__all__ = ["Field", "Filter", "matches", "parse", "parse_field"]

MAX_TEXT = 4096
"""Longest filter, in characters."""
MAX_DEPTH = 32
"""Deepest nesting of parentheses and `not`."""
MAX_TERMS = 200
"""Most comparisons in one filter; a list after `in` counts as its values."""
MAX_PATH = 8
"""Most names in one nested field."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")


def parse(text: str) -> Filter:
    """Read a filter, or raise `BadFilter` naming the column (from 1) and what was expected."""
    return _Parser(text).filter()


def parse_field(text: str) -> Field:
    """Read a field's name such as `position.lat`, or raise `BadFilter`."""
    return _field(text, 1)


_TOKEN = re.compile(
    r"""(?P<space>\s+)
    | (?P<text>"(?:[^"\\]|\\["\\])*")
    | (?P<number>-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)
    | (?P<word>[A-Za-z_][A-Za-z0-9_./-]*)
    | (?P<sign>!=|<=|>=|[=<>~(),])""",
    re.VERBOSE,
)
_RESERVED = {"and", "or", "not", "in", "exists"}
_CONSTANTS: dict[str, Value] = {"true": True, "false": False, "null": None}


class _Token(Struct):
    what: str
    text: str
    column: int

    def __str__(self) -> str:
        return "the end" if self.what == "end" else repr(self.text)


def _fail(column: int, expected: str) -> NoReturn:
    raise BadFilter(f"filter, column {column}: expected {expected}")


def _field(text: str, column: int) -> Field:
    path = tuple(text.split("."))
    if len(path) > MAX_PATH:
        _fail(column, f"a field of at most {MAX_PATH} names, found {len(path)}")
    if not all(_NAME.fullmatch(name) for name in path):
        _fail(column, f"a field's name such as coolant_c or position.lat, found {text[:64]!r}")
    return Field(path)


def _tokens(text: str) -> list[_Token]:
    if len(text) > MAX_TEXT:
        _fail(MAX_TEXT + 1, f"at most {MAX_TEXT} characters, found {len(text)}")
    if "\0" in text:
        _fail(text.index("\0") + 1, "no NUL character")
    tokens = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            rest = (
                'a closing " (inside, only \\" and \\\\ are escapes)' if text[at] == '"' else None
            )
            _fail(at + 1, rest or f"a field, value, operator or parenthesis, found {text[at]!r}")
        if match.lastgroup != "space":
            tokens.append(_Token(str(match.lastgroup), match[0], at + 1))
        at = match.end()
    tokens.append(_Token("end", "", len(text) + 1))
    return tokens


class _Parser:
    """Recursive descent, one method a line of the grammar."""

    def __init__(self, text: str) -> None:
        self._tokens = _tokens(text)
        self._at = 0
        self._depth = 0
        self._terms = 0

    def filter(self) -> Filter:
        """The whole text."""
        if self._peek().what == "end":
            return And(())
        tree = self._or()
        if self._peek().what != "end":
            _fail(self._peek().column, f"and, or, or the end, found {self._peek()}")
        return tree

    def _or(self) -> Filter:
        parts = [self._and()]
        while self._accept("or"):
            parts.append(self._and())
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def _and(self) -> Filter:
        parts = [self._not()]
        while self._accept("and"):
            parts.append(self._not())
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def _not(self) -> Filter:
        column = self._peek().column
        if self._accept("not"):
            return self._deeper(column, lambda: Not(self._not()))
        if self._accept("("):
            tree = self._deeper(column, self._or)
            self._expect(")")
            return tree
        return self._term()

    def _deeper(self, column: int, read: Callable[[], Filter]) -> Filter:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            _fail(column, f"at most {MAX_DEPTH} levels of parentheses and not")
        tree = read()
        self._depth -= 1
        return tree

    def _term(self) -> Filter:
        if self._accept("exists"):
            self._counted()
            return Exists(self._name())
        field = self._name()
        self._counted()
        token = self._next()
        if token.text in OPERATORS and token.what == "sign":
            return self._comparison(field, token)
        if token.text == "~":
            value = self._value(field, after="~")
            if not isinstance(value, str):
                _fail(token.column + 1, f'a glob in quotes after ~, such as "WDB*", found {value}')
            return Glob(field, value)
        if token.what == "word" and token.text.lower() == "in":
            return self._list(field)
        _fail(token.column, f"= != < <= > >= in or ~ after {field}, found {token}")

    def _comparison(self, field: Field, sign: _Token) -> Filter:
        column = self._peek().column
        value = self._value(field, after=sign.text)
        if sign.text not in {"=", "!="} and (value is None or isinstance(value, bool)):
            _fail(column, f"a number or text after {sign.text}; null, true and false have no order")
        return Compare(field, sign.text, value)  # type: ignore[arg-type]  # OPERATORS has these

    def _list(self, field: Field) -> Filter:
        self._expect("(")
        values = [self._value(field, after="(")]
        while self._accept(","):
            self._counted()
            values.append(self._value(field, after=","))
        self._expect(")")
        return In(field, tuple(values))

    def _name(self) -> Field:
        token = self._next()
        if token.what != "word" or token.text.lower() in _RESERVED:
            _fail(token.column, f"a field's name, exists, not or a parenthesis, found {token}")
        return _field(token.text, token.column)

    def _value(self, field: Field, *, after: str) -> Value:
        token = self._next()
        lower = token.text.lower()
        if token.what == "text":
            return re.sub(r"\\(.)", r"\1", token.text[1:-1])
        if token.what not in {"word", "number"} or lower in _RESERVED:
            _fail(token.column, f"a value after {after} (text in quotes), found {token}")
        if field.pseudo:
            return token.text  # a key may look like a number
        if token.what == "number":
            return _number(token)
        return _CONSTANTS.get(lower, token.text)

    def _counted(self) -> None:
        self._terms += 1
        if self._terms > MAX_TERMS:
            _fail(self._peek().column, f"at most {MAX_TERMS} comparisons and listed values")

    def _peek(self) -> _Token:
        return self._tokens[self._at]

    def _next(self) -> _Token:
        token = self._tokens[self._at]
        self._at = min(self._at + 1, len(self._tokens) - 1)
        return token

    def _accept(self, text: str) -> bool:
        token = self._peek()
        if token.what not in {"word", "sign"} or token.text.lower() != text:
            return False
        self._next()
        return True

    def _expect(self, text: str) -> None:
        token = self._peek()
        if not self._accept(text):
            _fail(token.column, f"{text}, found {token}")


def _number(token: _Token) -> int | float:
    """A number as a store keeps it: 64 bit whole, else a double."""
    if re.fullmatch(r"-?[0-9]{1,18}", token.text):
        return int(token.text)
    value = float(token.text)
    if not math.isfinite(value):
        _fail(token.column, f"a number that a double can hold, found {token.text[:32]}")
    if re.fullmatch(r"-?[0-9]{19}", token.text) and abs(int(token.text)) <= MAX_INT:
        return int(token.text)
    return value
