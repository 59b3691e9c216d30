"""What stories tell customers: in every language, with every place filled."""

from typing import Any

import pytest

from actors.supervisors import care, delivery, recall, updating
from actors.supervisors.wording import add_words, words
from gateway.wording import LANGUAGES, filled
from twins.people.messages import Words

TOLD: list[tuple[dict[str, Words], dict[str, Any]]] = [
    (delivery._SENT, {"what": "your lamp", "at": 1_800_000_000.0}),
    (delivery._LATER, {"what": "your lamp"}),
    (updating._DONE, {"version": "4.1.3"}),
    (care._TOLD, {}),
    (recall._CALLED, {}),
]


@pytest.mark.parametrize(("texts", "data"), TOLD)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_fills_every_place(
    texts: dict[str, Words], data: dict[str, Any], language: str
) -> None:
    """And her name is in it."""
    said = texts[language]
    subject, text = (filled(part, language, "Ada", data) for part in (said.subject, said.text))

    assert "$" not in subject + text
    assert text.startswith("Ada, ")
    assert set(texts) == set(LANGUAGES)


@pytest.mark.parametrize(
    "more",
    [
        {"en": {"sofa": "Sofa"}},
        {"en": {"sofa": "Sofa"}, "de": {"sofa": "Sofa"}, "fi": {}},
        {"en": {"sofa": "Sofa"}, "de": {"sofa": "Sofa"}, "fi": {"sohva": "Sohva"}},
    ],
)
def test_words_that_a_language_lacks_are_refused(more: dict[str, dict[str, str]]) -> None:
    """When the story is loaded, not when a customer reads it; and nothing of them is taken."""
    with pytest.raises(ValueError, match="the same names in en, de, fi"):
        add_words(more)

    assert "sofa" not in words("en")
