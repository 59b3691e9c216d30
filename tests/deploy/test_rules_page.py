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
from twins.rules import tree
from twins.rules.actions import ACTIONS
from twins.rules.document import Document
from twins.rules.operators import OPERATORS
from twins.rules.ruleset import compile_rules
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


def fired_with(test: RuleTest) -> Iterator[str]:
    """The operators of those rules of a listing that fire in it."""
    fired = {one.rule for one in run_test(test).happened}
    for name, rule in compile_rules(test.kind, test.rules or ()).rules.items():
        nodes = (node for condition in rule.plan.conditions for node in tree.walk(condition))
        if name in fired:
            yield from (node.operator.name for node in nodes if isinstance(node, tree.Call))


def test_every_operator_has_an_example() -> None:
    """In the condition of a rule that fires, not only in the text or in something else."""
    shown = {name for test in TESTS for name in fired_with(test)}

    assert {*OPERATORS} == shown


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
    """A test that names its rules, so that it can be copied, and expects something of them."""
    assert len(TESTS) == sum(len(list(yaml.safe_load_all(text))) for text in blocks("yaml"))
    assert all(test.rules and test.expect for test in TESTS)
    assert {"yaml", "python"} == {*re.findall(r"^```(\S+)", PAGE, re.MULTILINE)}
    fences = len(re.findall(r"^```", PAGE, re.MULTILINE))
    assert fences == 2 * (len(blocks("yaml")) + len(blocks("python")))
