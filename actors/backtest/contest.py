"""Contest: the two rule sets of one kind that a backtest compares, and what they look back on."""

from collections.abc import Iterable
from typing import Any

from msgspec import Struct
from pydantic import BaseModel

from actors.backtest.report import Change, KindRules
from twins.rules import tree
from twins.rules.plan import Plan
from twins.rules.ruleset import RuleSet


class Contest(Struct, frozen=True):
    """Candidate rules beside the live ones."""

    kind: str
    live: RuleSet
    candidate: RuleSet

    @property
    def about(self) -> KindRules:
        """What is compared, for the report."""
        return KindRules(
            self.kind, self.live.version, len(self.live.rules), len(self.candidate.rules)
        )

    def changes(self) -> dict[str, Change]:
        """Rule -> what the candidate does to it; live rules first, each in its order."""
        live, candidate = _meanings(self.live), _meanings(self.candidate)
        found = {}
        for name in {**live, **candidate}:
            if name not in candidate:
                found[name] = Change.REMOVED
            elif name not in live:
                found[name] = Change.NEW
            else:
                same = live[name] == candidate[name]
                found[name] = Change.SAME if same else Change.CHANGED
        return found

    @property
    def looks_back_s(self) -> float:
        """How far back the longest window, wait or question of any rule reaches, in seconds."""
        rules = [*self.live.rules.values(), *self.candidate.rules.values()]
        return max((reach for rule in rules for reach in _reaches(rule.plan)), default=0.0)


def _meanings(rules: RuleSet) -> dict[str, list[Any]]:
    """Rule -> its document, and those of the tables and templates that it names."""
    documents = {document["rule"]: document for document in rules.documents}
    used = {name: one for name, one in documents.items() if name not in rules.rules}
    return {
        name: [documents[name], *(used[other] for other in _named(rule.plan) if other in used)]
        for name, rule in rules.rules.items()
    }


def _named(plan: Plan) -> Iterable[str]:
    for one in plan.then:
        yield from _texts(one.said)


def _texts(said: Any) -> Iterable[str]:
    """All texts of an action, also of its parts: an offer's templates say."""
    for value in vars(said).values():
        for part in value if isinstance(value, list | tuple) else (value,):
            if isinstance(part, str):
                yield part
            elif isinstance(part, BaseModel):
                yield from _texts(part)


def _reaches(plan: Plan) -> Iterable[float]:
    document = plan.document
    yield document.for_ or 0.0
    yield document.every or 0.0
    yield document.at_most.within if document.at_most else 0.0
    for condition in plan.conditions:
        for node in tree.walk(condition):
            if isinstance(node, tree.Call):
                yield float(node.values.get("within") or 0.0)
