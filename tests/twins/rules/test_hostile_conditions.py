"""Conditions that try to reach builtins, attributes, loops, or what has no bound."""

import pytest
from support.kiln import Kiln

from twins.rules.expression import parse_condition
from twins.rules.plan import Catalogue
from twins.rules.syntax import BadExpression

SCOPE = Catalogue.of(Kiln.kind).scope(["heat", "fault"])

HOSTILE = [
    "__import__('os').system('true')", "().__class__.__bases__", "temp_c.__class__", "temp_c.real",
    "name.upper()", "name.format(temp_c)", "(lambda: 1)()", "[x for x in (1, 2)]",
    "{x for x in (1,)}", "(x for x in (1,))", "(door := True)", "f'{temp_c}' == 'x'",
    "name[0] == 'a'", "name * 1000000000 == 'a'", "2 ** 10 ** 10 > temp_c", "1 << 1000000 > 5",
    "temp_c if door else load", "exec('1')", "eval('1')", "getattr(name, 'x')", "print(1)",
    "globals()", "_secret > 1", "__builtins__", "event.__class__", "owner.__class__",
    "self.temp_c > 1", "twin.temp_c > 1", "turn.now > 1", "await door", "yield door",
    "door @ door", "*door", "door; door", "import os", "while True: pass", "door\n\ndoor",
    "count(*door)", "count(**door)", "avg(temp_c, within=5m, within=5m) > 1", "temp_c > 1e400",
    "temp_c > 10000000000000000000000", "name == b'x'", "temp_c > 1j", "...",
    "name == '" + "x" * 300 + "'", "temp_c > " + "-" * 500 + "1", "not " * 200 + "door",
    "(" * 250 + "door" + ")" * 250, " and ".join(["door"] * 300), "x" * 2000, "\x00",
    "temp_c" + "*temp_c" * 20 + " > 1", "name == '\\u0000'", "door \x0c\x0b or", "'\ud800' == name",
    "\uff44oor", "\uff10 < temp_c", "mode in (" + "'x'," * 200 + ")", "kind.cls", "windows == 3",
    "record == 3", "older == 3",
]  # fmt: skip


@pytest.mark.parametrize("condition", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_conditions_are_refused(condition: str) -> None:
    """Builtins, attributes, loops, and whatever has no bound."""
    with pytest.raises(BadExpression):
        parse_condition(condition, SCOPE)
