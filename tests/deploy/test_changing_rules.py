"""docs/changing-rules.md: its rule passes its test, and its commands exist."""

import re
from pathlib import Path

import pytest
from support.fake_services import FakeServices
from typer.main import get_group

import twins.devices
from deploy.cli.app import make_app
from gateway.api.access import Keys
from gateway.api.app import create_app
from twins.rules.document import read_rules
from twins.rules.ruleset import compile_rules
from twins.rules.testing import read_tests, run_test

assert twins.devices, "the kind that the page writes rules for"

PAGE = (Path(__file__).parents[2] / "docs" / "changing-rules.md").read_text("utf-8")
RULE, TEST = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)


def test_the_rule_passes_its_test() -> None:
    """And without it the same test fails."""
    (test,) = read_tests(TEST)
    passed = run_test(test, compile_rules("vehicle", read_rules(RULE)))

    assert passed.passed, passed.lines
    assert not run_test(test, compile_rules("vehicle", [])).passed


def test_every_command_is_there() -> None:
    """All that the page calls `vigil …`, with the options that it names."""
    group = get_group(make_app())
    rules = group.commands["rules"]
    called = re.findall(r"vigil (rules )?([a-z-]+)", PAGE)

    for of_rules, name in called:
        commands = rules.commands if of_rules else group.commands  # type: ignore[attr-defined] # a group

        assert name in commands


@pytest.mark.parametrize("path", re.findall(r"/v1/[a-z{}/-]+", PAGE))
def test_every_call_is_there(path: str) -> None:
    """As OpenAPI has it."""
    paths = create_app(FakeServices(), Keys("t" * 32, b"d" * 32, b"o" * 32)).openapi()["paths"]

    assert path in paths
