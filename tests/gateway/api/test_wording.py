"""Texts for customers: complete in every language, filled exactly."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.wording import (
    MAX_TEXT,
    MAX_VALUE,
    UnknownTemplate,
    check,
    decimal,
    duration,
    filled,
    language_of,
    money,
    say,
)


def test_texts_that_differ_between_languages_stop_the_start() -> None:
    """A missing language, another place, a broken template."""
    good = {"en": "$a", "de": "$a", "fi": "$a"}

    check({"x": good})
    for bad in ({"en": "$a", "de": "$a"}, {**good, "fi": "$b"}, {**good, "fi": "$a $"}):
        with pytest.raises(ValueError, match=r"text 'x'|not a template"):
            check({"x": bad})


def test_unknown_texts_and_missing_data_are_named() -> None:
    """No half-filled message goes out."""
    with pytest.raises(UnknownTemplate, match="no text 'nothing'; known:"):
        say("en", "nothing")
    with pytest.raises(UnknownTemplate, match="needs 'left'"):
        say("en", "page.until")


@pytest.mark.parametrize(
    ("tag", "language"),
    [("en", "en"), ("de-AT", "de"), ("FI", "fi"), ("sv", "en"), ("", "en"), ("dex", "en")],
)
def test_nearest_language_is_taken(tag: str, language: str) -> None:
    """The region does not matter; English is for all others."""
    assert language == language_of(tag)


@pytest.mark.parametrize(
    ("cents", "currency", "language", "text"),
    [
        (0, "EUR", "en", "€0.00"),
        (123_456, "EUR", "en", "€1,234.56"),
        (123_456, "EUR", "de", "1.234,56_€"),
        (123_456_789, "EUR", "fi", "1_234_567,89_€"),
        (5, "CHF", "en", "CHF_0.05"),
        (-250, "EUR", "en", "-€2.50"),
    ],
)
def test_money_is_written_as_the_language_does(
    cents: int, currency: str, language: str, text: str
) -> None:
    """Without floats: cents are whole."""
    assert text.replace("_", "\N{NO-BREAK SPACE}") == money(cents, currency, language)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-5, "1 min"), (0, "1 min"), (60, "1 min"), (61, "2 min"), (3540, "59 min"),
     (3541, "1 h 0 min"), (5400, "1 h 30 min")],
)  # fmt: skip
def test_durations_are_rounded_up(seconds: float, text: str) -> None:
    """Nobody is told less time than there is until help comes."""
    assert text == duration(seconds, "en")


def test_decimals_follow_the_language() -> None:
    """A comma, except in English."""
    assert ("2.0", "2,0", "2,0") == tuple(decimal(2.04, tag) for tag in ("en", "de", "fi"))


SHOWN = "$name: $what ${c:number} ${left:duration} ${at:time} ${price:EUR} $$"
DATA = {"what": "$name", "c": 1234.56, "left": 5400.0, "at": 1_800_000_000.0, "price": 123450}


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", "Lisa: $name 1234.6 1 h 30 min 15 Jan 2027, 08:00 UTC €1,234.50 $"),
        ("de", "Lisa: $name 1234,6 1 Std. 30 Min. 15.1.2027 um 08:00 UTC 1.234,50 € $"),
        ("fi", "Lisa: $name 1234,6 1 h 30 min 15.1.2027 klo 08:00 UTC 1 234,50 € $"),
    ],
)
def test_a_rules_template_is_filled_as_the_language_writes(language: str, expected: str) -> None:
    """Numbers, durations, times and money; what stands in a value is not expanded."""
    assert expected == filled(SHOWN, language, "Lisa", DATA).replace("\N{NO-BREAK SPACE}", " ")


def test_a_value_of_another_type_is_shown_as_it_is() -> None:
    """Unknown as a dash, a text as one line of bounded length, a whole number without decimals."""
    data = {"a": None, "b": "two\r\nlines", "c": "x" * 900, "d": 95.0, "e": True, "f": [1]}
    text = "$a|${b:number}|$c|${d:number}|${e:EUR}|$f"

    assert f"\N{EN DASH}|two lines|{'x' * 200}|95|True|[1]" == filled(text, "en", "Lisa", data)


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("$missing", {}),
        ("100 $ only", {}),
        ("${x:wow}", {"x": 1}),
        ("${x:EUR}", {"x": float("inf")}),
    ],
)
def test_a_template_that_cannot_be_filled_is_named(text: str, data: dict[str, float]) -> None:
    """Nothing half-filled goes out."""
    with pytest.raises(UnknownTemplate, match="a template of a rule"):
        filled(text, "en", "Lisa", data)


WILD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@given(st.text(max_size=200), st.dictionaries(st.sampled_from("abc"), WILD), st.text(max_size=3))
def test_whatever_is_written_and_given_a_message_stays_bounded(
    text: str, data: dict[str, Any], language: str
) -> None:
    """Nothing but `UnknownTemplate` is raised."""
    shown = f"{text}$a ${{b:number}} ${{c:time}} ${{a:duration}} ${{b:USD}}"
    try:
        found = filled(shown, language, "Lisa", data)
    except UnknownTemplate:
        return

    assert len(found) <= len(shown) + 5 * MAX_VALUE
    assert len(filled("$a" * 1000, language, "Lisa", {"a": "x" * 99})) == MAX_TEXT
