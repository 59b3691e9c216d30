"""Trials of rules: checking and testing them, where nobody but this process is asked.

The API does it against what is published; `vigil rules check --offline`, without any cluster,
against what kinds bring.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from msgspec import Struct

from gateway.rule_findings import Checked, CheckedKind, RuleFile, Tested
from gateway.rule_views import ProblemView
from twins.errors import BadDocument
from twins.rulebook.pages import check_memory, check_size
from twins.rules.document import Document, read_rules
from twins.rules.errors import BadRule, Problem
from twins.rules.lint import lint
from twins.rules.ruleset import RuleSet, compile_rules
from twins.rules.testing import RuleTest, read_tests, run_test

MAX_WARNINGS = 100
"""So many are told at once."""


class Published(Struct, frozen=True):
    """What is live of a kind's rules."""

    version: int
    documents: dict[str, dict[str, Any]]
    """By name."""


class Read(Struct, frozen=True):
    """What stands in files, by kind; "" where the kind is not known."""

    documents: dict[str, list[Document]]
    problems: dict[str, list[Problem]]

    @property
    def kinds(self) -> list[str]:
        """The kinds that any of it is about, in alphabetical order."""
        return sorted({*self.documents, *self.problems} - {""})


def read_files(files: Iterable[RuleFile]) -> Read:
    """Read rules; what cannot be read is a problem."""
    read = Read({}, {})
    for file in files:
        problems = read.problems.setdefault(file.kind or "", [])
        try:
            documents = read_rules(file.text, file.name, file.kind)
        except BadRule as error:
            problems += error.problems
        except BadDocument as error:
            problems.append(Problem(message=str(error)))
        else:
            if not documents:
                problems.append(Problem(message="it is empty", file=file.name or None))
            for document in documents:
                read.documents.setdefault(document.kind, []).append(document)
    return read


def check(read: Read, published: Mapping[str, Published]) -> Checked:
    """Whether rules could be published, together with those that are.

    Args:
        read: The rules.
        published: What is, of all the kinds that they are of.
    """
    found = []
    for kind in ["", *read.kinds]:
        mine = read.documents.get(kind, [])
        one = CheckedKind(kind, 0, [document.rule for document in mine])
        one.problems = [problem_view(problem) for problem in read.problems.get(kind, ())]
        if kind:
            book = published[kind]
            one.published = book.version
            if not one.problems:
                after = {**book.documents, **{document.rule: document for document in mine}}
                one.problems, one.warnings = look(kind, book.documents, after)
        if mine or one.problems:
            found.append(one)
    return Checked(ok=not any(one.problems for one in found), kinds=found)


def look(
    kind: str, before: Mapping[str, Any], after: Mapping[str, Any]
) -> tuple[list[ProblemView], list[ProblemView]]:
    """What is wrong with a set of rules, and what looks odd that did not before.

    Rules are looked at in pairs: with 200 of them it takes a moment.
    """
    try:
        check_size([Document.of(document, kind).plain for document in after.values()])
        rules = compile_rules(kind, after.values())
        check_memory(rules)
    except BadRule as error:
        return [problem_view(problem) for problem in error.problems], []
    known = {(one.rule, one.message) for one in lint(compile_rules(kind, before.values()))}
    odd = [problem for problem in lint(rules) if (problem.rule, problem.message) not in known]
    more = len(odd) - MAX_WARNINGS
    if more > 0:
        odd = [*odd[:MAX_WARNINGS], Problem(message=f"and {more} warnings more")]
    return [], [problem_view(problem) for problem in odd]


def problem_view(problem: Problem) -> ProblemView:
    """What is wrong with a rule, with all of it in a line."""
    return ProblemView(
        str(problem), *(getattr(problem, name) for name in problem.__struct_fields__)
    )


def tests_of(files: Iterable[RuleFile]) -> list[RuleTest]:
    """The tests that stand in files. Raises `BadDocument`."""
    return [test for file in files for test in read_tests(file.text, file.name)]


def run(tests: Iterable[RuleTest], read: Read, published: Callable[[str], RuleSet]) -> Tested:
    """Run tests.

    Args:
        tests: The tests.
        read: The rules that they are of.
        published: Gives the rules of a kind of which none were read.

    Raises:
        BadDocument: A test, or a rule, is wrong.
    """
    broken = [problem for problems in read.problems.values() for problem in problems]
    if broken:
        raise BadRule(broken)
    sets: dict[str, RuleSet] = {}
    results = []
    for test in tests:
        kind = test.kind
        if kind not in sets:
            mine = read.documents.get(kind)
            sets[kind] = published(kind) if mine is None else compile_rules(kind, mine)
        results.append(run_test(test, sets[kind]))
    return Tested(passed=all(result.passed for result in results), results=results)
