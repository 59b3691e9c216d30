"""Calls that try rules and list what they may name; nothing changes."""

import asyncio
from collections.abc import Iterator
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from gateway import trials
from gateway.api.context import Context, Kind
from gateway.api.needs import Authors, Reads
from gateway.api.rules import PROBLEMS, book_of
from gateway.rule_findings import (
    Checked,
    FieldCatalogue,
    FieldView,
    RuleFile,
    Tested,
)
from twins.kind import kind_of
from twins.rulebook.compiling import rules_of
from twins.rules.fields import Field as RuleField
from twins.rules.fields import event_fields, fields_of, mirrored_fields
from twins.rules.ruleset import RuleSet

SAMPLED = 500
"""Twins looked at for a catalogue."""

SAMPLES = 3

router = APIRouter(prefix="/v1", tags=["rules"], responses=PROBLEMS)


class CheckGiven(BaseModel):
    """Rules to check."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    files: Annotated[list[RuleFile], Field(min_length=1, max_length=1000)]


class TestGiven(BaseModel):
    """Tests to run."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    tests: Annotated[list[RuleFile], Field(min_length=1, max_length=100)]
    rules: Annotated[list[RuleFile], Field(max_length=1000)] = []
    """The rules that are tested; kinds that none is of are tested with their published rules."""


# -- check and test ------------------------------------------------------------------------------


@router.post("/rules/check")
async def check_rules(given: CheckGiven, shared: Authors) -> Checked:
    """Check rules, together with the published ones of their kinds; nothing changes.

    Errors name file, line and word.
    """
    read = await asyncio.to_thread(trials.read_files, given.files)
    published = {kind: await _published(shared, kind) for kind in read.kinds}
    return await asyncio.to_thread(trials.check, read, published)


@router.post("/rules/test")
async def test_rules(given: TestGiven, shared: Authors) -> Tested:
    """Run tests of rules: events in, signals out, and no others. Nothing changes."""
    read = await asyncio.to_thread(trials.read_files, given.rules)
    tests = await asyncio.to_thread(trials.tests_of, given.tests)
    kinds = dict.fromkeys(test.kind for test in tests if test.kind not in read.documents)
    sets = {kind: await live_rules(shared, kind) for kind in kinds}
    return await asyncio.to_thread(trials.run, tests, read, sets.__getitem__)


async def _published(shared: Context, kind: str) -> trials.Published:
    book = await book_of(shared, kind)
    documents = {name: page.document for name, page in book.pages_of().items()}
    return trials.Published(book.version, documents)


async def live_rules(shared: Context, kind: str) -> RuleSet:
    """The published rules of a kind."""
    book = await _published(shared, kind)
    return rules_of(kind, list(book.documents.values()), book.version)


# -- fields --------------------------------------------------------------------------------------


@router.get("/fields/{kind}")
async def list_fields(kind: Kind, shared: Reads) -> FieldCatalogue:
    """List what rules of a kind may name: type, unit, range, and what twins have of it now."""
    declared = kind_of(kind)
    page = await shared.services.search(f"kind = {kind}", None, SAMPLED, None)
    states = [found.state for found in page.items]
    found = [
        _sampled(field, states, tuple(name.split(".")))
        for name, field in fields_of(declared).items()
    ]
    for link, names in mirrored_fields(declared).items():
        for name, field in names.items():
            view = _sampled(field, states, ("mirror", link, name))
            view.name = f"{link}.{name}"
            found.append(view)
    of_events: dict[str, FieldView] = {}
    for type_ in declared.handlers:
        for name, field in event_fields(declared, type_).items():
            view = of_events.setdefault(name, _view(field, f"event.{name}"))
            view.events = [*(view.events or []), type_]
    return FieldCatalogue(
        kind=kind,
        events=sorted(declared.handlers),
        fields=[*found, *of_events.values()],
        twins=len(states),
        as_of=page.as_of if states else None,
    )


def _view(field: RuleField, name: str) -> FieldView:
    return FieldView(
        name=name, type=field.type.value, optional=field.optional, unit=field.unit,
        low=field.low, high=field.high,
        choices=None if field.choices is None else list(field.choices), measured=field.measured,
    )  # fmt: skip


def _sampled(field: RuleField, states: list[dict[str, Any]], path: tuple[str, ...]) -> FieldView:
    view = _view(field, field.name)
    values = [value for state in states if (value := _at(state, path)) is not None]
    numbers = [value for value in values if isinstance(value, int | float)]
    view.known = len(values)
    if field.type.value == "number" and numbers:
        view.least, view.most = min(numbers), max(numbers)
    view.samples = list(_some(values))
    return view


def _at(state: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        state = state.get(name) if isinstance(state, dict) else None
    return state


def _some(values: list[Any]) -> Iterator[Any]:
    seen: list[Any] = []
    for value in values:
        if len(seen) < SAMPLES and value not in seen:
            seen.append(value)
            yield value
