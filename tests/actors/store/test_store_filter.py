"""The search language: what parses, what an error says, and that both translations agree."""

import sqlite3
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from actors.errors import BadFilter
from actors.store.filter import MAX_DEPTH, MAX_TERMS, MAX_TEXT, parse, parse_field
from actors.store.filter_sql import to_sql, value_sql
from actors.store.filter_tree import (
    And,
    Compare,
    Exists,
    Field,
    Filter,
    Glob,
    In,
    Not,
    Or,
    matches,
    pinned_kind,
)

COOLANT = Field(("coolant_c",))
KIND = Field(("kind",))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", And(())),
        ("coolant_c > 100", Compare(COOLANT, ">", 100)),
        ("coolant_c != -1.5e1", Compare(COOLANT, "!=", -15.0)),
        ("kind = vehicle", Compare(KIND, "=", "vehicle")),
        ("key = 007", Compare(Field(("key",)), "=", "007")),
        ("id = vehicle/WDB-1", Compare(Field(("id",)), "=", "vehicle/WDB-1")),
        ("position.lat <= 48", Compare(Field(("position", "lat")), "<=", 48)),
        ('name = "a \\"b\\" \\\\ and"', Compare(Field(("name",)), "=", 'a "b" \\ and')),
        ("owner = null", Compare(Field(("owner",)), "=", None)),
        ("locked = TRUE", Compare(Field(("locked",)), "=", True)),  # noqa: FBT003  # the value
        ("n = 9223372036854775808", Compare(Field(("n",)), "=", 2.0**63)),
        ("n in (1, two, null)", In(Field(("n",)), (1, "two", None))),
        ('vin ~ "WDB*"', Glob(Field(("vin",)), "WDB*")),
        ("exists vin", Exists(Field(("vin",)))),
        ("not not exists vin", Not(Not(Exists(Field(("vin",)))))),
        (
            "exists a or exists b AND exists c",
            Or((Exists(Field(("a",))), And((Exists(Field(("b",))), Exists(Field(("c",))))))),
        ),
        (
            "(exists a or exists b) and exists c",
            And((Or((Exists(Field(("a",))), Exists(Field(("b",))))), Exists(Field(("c",))))),
        ),
    ],
)
def test_filter_parses(text: str, expected: Filter) -> None:
    """Each form of the language gives its tree; `and` binds closer than `or`."""
    actual = parse(text)

    assert expected == actual


@pytest.mark.parametrize(
    ("text", "column", "expected"),
    [
        ("coolant_c >", 12, "a value after >"),
        ("coolant_c > > 1", 13, "a value after >"),
        ("coolant_c 100", 11, "= != < <= > >= in or ~ after coolant_c"),
        ("kind = vehicle coolant_c > 1", 16, "and, or, or the end"),
        ("(kind = vehicle", 16, "), found the end"),
        ("kind = vehicle)", 15, "and, or, or the end"),
        ('name = "open', 8, 'a closing "'),
        ('name = "bad \\n"', 8, 'a closing "'),
        ("name = a; drop", 9, "found ';'"),
        ("and = 1", 1, "a field's name"),
        ("a..b = 1", 1, "a field's name such as"),
        ("a/b = 1", 1, "a field's name such as"),
        ("a.b.c.d.e.f.g.h.i = 1", 1, "at most 8 names"),
        ("n in 1", 6, "(, found '1'"),
        ("n in ()", 7, "a value after ("),
        ("n in (1 2)", 9, "), found '2'"),
        ("n < null", 5, "have no order"),
        ("n ~ 5", 4, "a glob in quotes"),
        ("n = 1e999", 5, "a number that a double can hold"),
        ("n = 5 \0", 7, "no NUL character"),
        ("exists", 7, "a field's name"),
        ("(" * (MAX_DEPTH + 1), MAX_DEPTH + 1, "levels of parentheses"),
        ("not " * (MAX_DEPTH + 1), MAX_DEPTH * 4 + 1, "levels of parentheses"),
        ("a" * (MAX_TEXT + 1), MAX_TEXT + 1, f"at most {MAX_TEXT} characters"),
        (f"n in ({','.join('1' * (MAX_TERMS + 1))})", 407, f"at most {MAX_TERMS} comparisons"),
    ],
)
def test_bad_filter_names_the_column(text: str, column: int, expected: str) -> None:
    """An error says where, counting from 1, and what was expected there."""
    with pytest.raises(BadFilter) as raised:
        parse(text)

    assert str(raised.value).startswith(f"filter, column {column}: expected")
    assert expected in str(raised.value)


def test_bad_field_is_refused() -> None:
    """A field to sort or index by obeys the same rule, so it can stand in SQL."""
    with pytest.raises(BadFilter, match='found "a\'b"'):
        parse_field("a'b")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("kind = vehicle and a > 1", "vehicle"),
        ("kind = vehicle", "vehicle"),
        ("kind = vehicle or a > 1", None),
        ("not kind = vehicle", None),
        ("kind != vehicle and a > 1", None),
    ],
)
def test_pinned_kind(text: str, expected: str | None) -> None:
    """A kind is pinned only where nothing else can be found."""
    actual = pinned_kind(parse(text))

    assert expected == actual


STATE = {"n": 5, "x": None, "s": "Lisa", "b": True, "p": {"lat": 48.5}, "l": [1]}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("n = 5.0", True),
        ("n != 5", False),
        ('n = "5"', False),
        ('n != "5"', True),
        ("missing != 5", False),
        ("x != 5", False),
        ("x = null", True),
        ("missing = null", True),
        ("n != null", True),
        ("exists x", False),
        ("exists l", True),
        ("l != 1", True),
        ("b = 1", False),
        ("b = true", True),
        ("b in (1, true)", True),
        ("p.lat >= 48.5", True),
        ("s.lat = 1", False),
        ("not missing > 5", True),
        ('s ~ "L*a"', True),
        ('s ~ "l*"', False),
        ('s ~ "L"', False),
        ('s ~ "[L]*"', False),
        ("kind = vehicle and key = v1", True),
        ("id > vehicle/v0", True),
    ],
)
def test_meaning(text: str, expected: bool) -> None:
    """The documented meaning, for the cases that are easily got wrong, in both translations."""
    tree = parse(text)

    assert expected == matches(tree, "vehicle/v1", STATE)
    assert expected == _in_sql(tree, "vehicle/v1", STATE)


_TABLE = sqlite3.connect(":memory:", check_same_thread=False)
_TABLE.execute("CREATE TABLE twins (id TEXT PRIMARY KEY, state TEXT NOT NULL)")


def _in_sql(tree: Filter, twin_id: str, state: dict[str, Any]) -> bool:
    condition, values = to_sql(tree)
    _TABLE.execute("DELETE FROM twins")
    _TABLE.execute(
        "INSERT INTO twins VALUES (?, ?)", (twin_id, msgspec.json.encode(state).decode())
    )
    return bool(_TABLE.execute(f"SELECT 1 FROM twins WHERE {condition}", values).fetchall())  # noqa: S608  # what is tested


# Few names, few texts and small numbers, so that fields and values often meet.
NAMES = st.sampled_from(["a", "b", "c-d", "e_1"])
TEXTS = st.one_of(
    st.sampled_from(["", "a", "ab", "b", "5", "true", "null", "vehicle", "v1", "é", "😀", "a[b]"]),
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=4),
)
NUMBERS = st.one_of(
    st.integers(-3, 3),
    st.sampled_from([0.5, -0.0, 1.0, 2.5, 1e300, 2**53, 2**53 + 1, float(2**53), 2**63 - 1]),
    st.integers(-(2**63), 2**63 - 1),
    st.decimals(-1000, 1000, places=3).map(float),
)
SCALARS = st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS)
STATES = st.dictionaries(
    NAMES,
    st.recursive(
        st.one_of(SCALARS, st.sampled_from([2**70, -(2**70), float("nan"), float("inf")])),
        lambda inner: st.one_of(
            st.lists(inner, max_size=2), st.dictionaries(NAMES, inner, max_size=3)
        ),
        max_leaves=6,
    ),
)
FIELDS = st.one_of(
    st.lists(NAMES, min_size=1, max_size=3).map(lambda path: Field(tuple(path))),
    st.sampled_from([Field(("id",)), Field(("kind",)), Field(("key",))]),
)
IDS = st.sampled_from(["vehicle/v1", "vehicle/5", "a/b", "a/a", "-/_"])


def _compare(field: Field, op: Any, value: Any) -> Filter:
    """A comparison as the parser would make it."""
    if field.pseudo:
        value = value if isinstance(value, str) else str(value)
    elif value is None or isinstance(value, bool):
        op = "!=" if "!" in op else "="
    return Compare(field, op, value)


def _in(field: Field, values: list[Any]) -> Filter:
    return In(field, tuple(map(str, values)) if field.pseudo else tuple(values))


GLOBS = st.lists(st.sampled_from(["*", "?", "a", "b", "[", "]", "!", "é"]), max_size=5).map("".join)
TERMS = st.one_of(
    st.builds(_compare, FIELDS, st.sampled_from(["=", "!=", "<", "<=", ">", ">="]), SCALARS),
    st.builds(_in, FIELDS, st.lists(SCALARS, min_size=1, max_size=4)),
    st.builds(Glob, FIELDS, GLOBS),
    st.builds(Exists, FIELDS),
)
FILTERS = st.recursive(
    TERMS,
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: And(tuple(parts))),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: Or(tuple(parts))),
    ),
    max_leaves=6,
)


@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(FILTERS, IDS, STATES)
@example(Not(Compare(Field(("a",)), ">", 1)), "a/a", {})
@example(Not(Glob(Field(("a",)), "*")), "a/a", {"a": 1})
@example(Not(Or((Compare(Field(("a",)), "!=", None), Exists(Field(("b",)))))), "a/a", {"a": None})
def test_python_and_sql_agree(tree: Filter, twin_id: str, state: dict[str, Any]) -> None:
    """`matches` and SQLite find the same twins, whatever is missing, null or of another type."""
    expected = _in_sql(tree, twin_id, state)

    assert expected == matches(tree, twin_id, state)


@settings(max_examples=400, deadline=None)
@given(
    st.text(max_size=60)
    | st.lists(st.sampled_from(list('ab.=!<>~(),"\\ 19-')), max_size=25).map("".join)
)
def test_any_text_parses_or_is_refused(text: str) -> None:
    """Whatever somebody sends gives a tree that runs in both translations, or `BadFilter`."""
    try:
        tree = parse(text)
    except BadFilter:
        return

    assert _in_sql(tree, "a/b", {"a": 1}) == matches(tree, "a/b", {"a": 1})


def test_value_sql_has_no_quote_but_its_own() -> None:
    """A path stands in SQL's text; its names cannot leave their quotes."""
    actual = value_sql(parse_field("position.lat-deg"))

    assert actual == """json_extract(state, '$."position"."lat-deg"')"""


def test_no_glob_is_slow() -> None:
    """Many stars on a text that almost fits do not backtrack without bound."""
    tree = Glob(Field(("s",)), "*a" * 100 + "b")

    assert not matches(tree, "a/b", {"s": "a" * 20_000})
