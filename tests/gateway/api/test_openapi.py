"""The document that clients are made from: whole, named for good, and the same everywhere."""

import re
from collections import Counter
from typing import Any

import pytest
from msgspec import json
from typer.testing import CliRunner

from deploy.cli.app import make_app
from gateway.api.openapi import METHODS, TAGS, document, text


@pytest.fixture(scope="module")
def spec() -> dict[str, Any]:
    """What the API says of itself."""
    return document()


def operations(spec: dict[str, Any]) -> list[dict[str, Any]]:
    """All calls."""
    return [
        operation
        for path in spec["paths"].values()
        for method, operation in path.items()
        if method in METHODS
    ]


def test_each_call_has_a_name_of_its_own(spec: dict[str, Any]) -> None:
    """By which clients in other languages call it: a verb and what it is about."""
    names = Counter(operation["operationId"] for operation in operations(spec))

    assert {} == {name: count for name, count in names.items() if count > 1}
    assert [] == [name for name in names if not re.fullmatch("[a-z]+([A-Z][a-z]*)*", name)]


def test_each_answer_of_data_has_a_named_schema(spec: dict[str, Any]) -> None:
    """Else a client has no name for its type."""
    unnamed = [
        operation["operationId"]
        for operation in operations(spec)
        for status, response in operation["responses"].items()
        if status[0] == "2"
        for media, content in response.get("content", {}).items()
        if media == "application/json"
        and "$ref" not in content["schema"]
        and "$ref" not in content["schema"].get("items", {})
    ]

    assert [] == unnamed


def test_names_of_schemas_are_those_of_people(spec: dict[str, Any]) -> None:
    """Two of one name would be called by their modules."""
    assert [] == [name for name in spec["components"]["schemas"] if "__" in name]


def test_each_refusal_is_problem_details(spec: dict[str, Any]) -> None:
    """Those that are named, and any other; a customer's page may say it in words, too."""
    expected = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    refusals = [
        response["content"]
        for operation in operations(spec)
        for status, response in operation["responses"].items()
        if status[0] in "45d"
    ]

    assert len(operations(spec)) <= len(refusals)
    assert all(expected.items() <= content.items() for content in refusals)
    assert {"application/problem+json", "text/html"} == {it for one in refusals for it in one}


def test_nothing_is_named_that_is_not_there(spec: dict[str, Any]) -> None:
    """Every reference leads somewhere, and every tag is explained."""
    referred = set(re.findall(r'"#/components/schemas/([^"]+)"', text()))
    used = {tag for operation in operations(spec) for tag in operation["tags"]}

    assert set() == referred - spec["components"]["schemas"].keys()
    assert set() == used - TAGS.keys()
    assert "3.1.0" == spec["openapi"]


def test_command_writes_the_document(spec: dict[str, Any], tmp_path: Any) -> None:
    """To standard output, or into a file; without a cluster."""
    file = tmp_path / "openapi.json"
    said = CliRunner().invoke(make_app(), ["openapi"])
    written = CliRunner().invoke(make_app(), ["openapi", str(file)])

    assert (0, 0) == (said.exit_code, written.exit_code)
    assert spec == json.decode(said.stdout.encode())
    assert said.stdout == file.read_text("utf-8")
