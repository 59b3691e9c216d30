"""Texts for customers: complete in every language, filled exactly."""

import pytest

from gateway.wording import UnknownTemplate, check, decimal, duration, language_of, money, say


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
