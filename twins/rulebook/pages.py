"""Pages: rules as they were written, put together to a set, and what is wrong with that set."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from msgspec import json, structs

from twins.errors import RulebookRefused, TwinError
from twins.ids import digest
from twins.kind import kind_of
from twins.rulebook.compiling import rules_of
from twins.rulebook.messages import Page
from twins.rules.errors import BadRule, Problem
from twins.rules.ruleset import RuleSet

MAX_RULES = 200
"""Rules of one kind: each is looked at with every event that it watches."""

MAX_BYTES = 96 * 1024
"""All rules of a kind, as JSON. They travel to each partition in one message, beside others that
the same block caused, and the log server takes messages of 1 MiB."""

MAX_REMEMBERED = 400
"""Operators of all rules of a kind that remember something: each of its twins may hold so many
windows, of some 400 bytes."""

MAX_PROBLEMS = 50
"""So many are kept; whoever has that many begins with the first."""

MAX_MESSAGE = 500
MAX_WORD = 64
"""Characters of a problem that are kept."""

_encode = json.Encoder(order="deterministic").encode


def name_of(document: Mapping[str, Any]) -> str:
    """What a rule is called, or raise `RulebookRefused`."""
    name = document.get("rule")
    if isinstance(name, str) and 0 < len(name) <= 64:  # noqa: PLR2004 - as `RuleName`
        return name
    raise RulebookRefused(
        "a rule has no name; write one under `rule`, at most 64 characters: `rule: door.left_open`"
    )


def page_id(page: Page) -> str:
    """A constant id of what is written on a page: two equal pages are one."""
    return digest(_encode(page.document).decode(), page.text)


def merged(
    pages: Mapping[str, Page], put: Mapping[str, Page], remove: Iterable[str]
) -> dict[str, Page]:
    """The set of rules after a change, by name in alphabetical order.

    The order is that of the names, not of the changes, so that two ways to the same set are equal.
    """
    after = {**pages, **put}
    for name in remove:
        after.pop(name, None)
    return {name: after[name] for name in sorted(after)}


def problems_of(kind: str, pages: Mapping[str, Page], version: int) -> list[Problem]:
    """Why this set cannot be published; empty when it can."""
    documents = [page.document for page in pages.values()]
    try:
        check_size(documents)
        check_memory(rules_of(kind, documents, version))
    except BadRule as error:
        return [_short(problem) for problem in error.problems[:MAX_PROBLEMS]]
    except TwinError as error:
        return [Problem(message=str(error))]
    return []


def check_size(documents: Collection[Mapping[str, Any]]) -> None:
    """Raise `BadRule` for more rules, or longer ones, than a kind may have."""
    if len(documents) > MAX_RULES:
        text = f"{len(documents)} rules are more than the {MAX_RULES} that a kind may have"
        raise BadRule([Problem(message=text)])
    size = sum(len(_encode(document)) for document in documents)
    if size > MAX_BYTES:
        text = f"the rules take {size} bytes, more than the {MAX_BYTES} that a kind may have"
        raise BadRule([Problem(message=text)])


def check_memory(rules: RuleSet) -> None:
    """Raise `BadRule` for rules that remember more of each twin than a kind's may."""
    many = sum(len(rule.plan.calls) for rule in rules.rules.values())
    if many > MAX_REMEMBERED:
        text = f"the rules have {many} operators that remember something, more than the "
        raise BadRule([Problem(message=f"{text}{MAX_REMEMBERED} that a kind may have")])


def _short(problem: Problem) -> Problem:
    """A problem that can be kept: it may quote what it is about."""
    word = None if problem.word is None else problem.word[:MAX_WORD]
    return structs.replace(problem, word=word, message=problem.message[:MAX_MESSAGE])


def brought(kind: str) -> dict[str, Page]:
    """The rules that a kind brings itself: what every rulebook begins with."""
    documents = kind_of(kind).ruleset.documents
    pages = {name_of(document): Page(document=document) for document in documents}
    return {name: pages[name] for name in sorted(pages)}
