"""docs/rules.md: each listing is a test, and passes; every key and operator has an example."""

import importlib.util
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
import yaml

import actors.supervisors
import twins.people
from twins.rules.actions import ACTIONS
from twins.rules.document import Document
from twins.rules.operators import OPERATORS
from twins.rules.testing import RuleTest, read_tests, run_test

assert actors.supervisors, "arrangements that rules ask for"
assert twins.people, "whom vehicles mirror"

PAGE = (Path(__file__).parents[2] / "docs" / "rules.md").read_text("utf-8")


def blocks(language: str) -> list[str]:
    """Every listing of a language, in order."""
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


TESTS = [test for text in blocks("yaml") for test in read_tests(text, "docs/rules.md")]


@pytest.fixture(scope="module", autouse=True)
def honk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    """The page's own action, loaded as it stands there."""
    (code,) = blocks("python")
    path = tmp_path_factory.mktemp("page") / "rules_page.py"
    path.write_text(code)
    spec = importlib.util.spec_from_file_location("rules_page", path)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules["rules_page"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module
    del sys.modules["rules_page"], ACTIONS["honk"]


@pytest.mark.parametrize("test", TESTS, ids=[test.test for test in TESTS])
def test_a_listing_does_what_it_says(test: RuleTest) -> None:
    """Events in, these signals out, and no others."""
    result = run_test(test)

    assert result.passed, "\n".join(result.lines)


def test_every_operator_has_an_example() -> None:
    """In a listing, not only in the text."""
    listings = "\n".join(blocks("yaml"))

    assert [] == [name for name in OPERATORS if f"{name}(" not in listings]


def test_every_key_has_an_example() -> None:
    """And stands in the table; tables and templates are documents of their own."""
    used = {key for test in TESTS for rule in test.rules or () for key in rule}
    keys = {field.alias or name for name, field in Document.model_fields.items()} - {
        "table",
        "template",
    }

    assert keys - {"kind"} <= used
    assert [] == [key for key in keys if f"| `{key}` |" not in PAGE]


def test_every_listing_is_yaml() -> None:
    """A test that names its rules, so that it can be copied."""
    assert len(TESTS) == sum(len(list(yaml.safe_load_all(text))) for text in blocks("yaml"))
    assert all(test.rules for test in TESTS)
