"""The part of the client that is about rules: `Client(…).rules`."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, TypeVar

import msgspec

from gateway.rule_findings import Checked, FieldCatalogue, FiringView, RuleFile, Tested, WhyNot
from gateway.rule_views import Books, BookView, DraftView, EditionView, RulesStatus, RuleView

T = TypeVar("T")

PART_BYTES = 40 * 1024
"""So much of a draft is sent at once; a larger one goes in parts."""


class Calls(Protocol):
    """What `Client` does."""

    def get(self, path: str, answer: type[T], params: Mapping[str, str] | None = None) -> T:
        """See `Client.get`."""

    def post(
        self,
        path: str,
        answer: type[T],
        data: Any,
        event_id: str | None = None,
        params: Mapping[str, str] | None = None,
    ) -> T:
        """See `Client.post`."""

    def call(
        self,
        method: str,
        path: str,
        answer: type[T] | None,
        data: Any = None,
        *,
        event_id: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> T:
        """See `Client.call`."""


class RulesClient:
    """Rules of kinds. Every method raises as those of `Client` do.

    `by` is the name of the person who does it.
    """

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def books(self) -> Books:
        """All kinds that have rules or drafts."""
        return self._calls.get("/v1/rules", Books)

    def book(self, kind: str, version: int | None = None) -> BookView:
        """A kind's rules: of a version, or the published ones; its drafts and versions."""
        params = {} if version is None else {"version": str(version)}
        return self._calls.get(f"/v1/rules/{kind}", BookView, params)

    def status(self, kind: str) -> RulesStatus:
        """Where which version is live, and what shadow rules saw."""
        return self._calls.get(f"/v1/rules/{kind}/status", RulesStatus)

    # -- finding out -------------------------------------------------------------------------

    def check(self, files: Sequence[RuleFile]) -> Checked:
        """Check rules, together with what is published."""
        return self._calls.post("/v1/rules/check", Checked, {"files": files})

    def test(self, tests: Sequence[RuleFile], rules: Sequence[RuleFile] = ()) -> Tested:
        """Run tests, of these rules or of the published ones."""
        return self._calls.post("/v1/rules/test", Tested, {"tests": tests, "rules": rules})

    def fields(self, kind: str) -> FieldCatalogue:
        """What rules of a kind may name."""
        return self._calls.get(f"/v1/fields/{kind}", FieldCatalogue)

    def explain(self, signal: str) -> FiringView:
        """Why a rule fired, by the id of what followed."""
        return self._calls.get("/v1/explain", FiringView, {"signal": signal})

    def why_not(self, rule: str, twin_id: str) -> WhyNot:
        """Why a rule has not fired for a twin."""
        return self._calls.get("/v1/why-not", WhyNot, {"rule": rule, "twin": twin_id})

    # -- changing ----------------------------------------------------------------------------

    def draft(
        self,
        kind: str,
        by: str,
        put: Sequence[RuleView] = (),
        remove: Sequence[str] = (),
        *,
        note: str = "",
        base: int | None = None,
        draft: str | None = None,
    ) -> DraftView:
        """Write a draft, or add to one; a large one is sent in parts."""
        more: dict[str, Any] = {"remove": list(remove), "note": note, "base": base}
        found: DraftView | None = None
        for part in _parts(put):
            rules = [{"document": rule.document, "text": rule.text} for rule in part]
            data = {"by": by, "put": rules, "draft": draft, **more}
            found = self._calls.post(f"/v1/rules/{kind}/drafts", DraftView, data)
            draft, more = found.id, {}
        assert found is not None, "there is always a part"
        return found

    def approve(self, kind: str, draft: str, by: str) -> DraftView:
        """Agree to a draft that somebody else wrote."""
        return self._calls.post(f"/v1/rules/{kind}/drafts/{draft}/approve", DraftView, {"by": by})

    def discard(self, kind: str, draft: str, by: str) -> DraftView:
        """Throw a draft away."""
        return self._calls.post(f"/v1/rules/{kind}/drafts/{draft}/discard", DraftView, {"by": by})

    def publish(self, kind: str, draft: str, by: str, *, force: bool = False) -> EditionView:
        """Make a draft the next version; `force`: also onto one that it was not made from."""
        data = {"by": by, "force": force}
        return self._calls.post(f"/v1/rules/{kind}/drafts/{draft}/publish", EditionView, data)

    def rollback(self, kind: str, version: int, by: str, note: str = "") -> EditionView:
        """Publish an earlier version again."""
        data = {"version": version, "by": by, "note": note}
        return self._calls.post(f"/v1/rules/{kind}/rollback", EditionView, data)


def _parts(rules: Sequence[RuleView]) -> list[list[RuleView]]:
    """The rules in their order, in parts that fit into a call; at least one part."""
    parts: list[list[RuleView]] = [[]]
    size = 0
    for rule in rules:
        more = len(msgspec.json.encode(rule.document)) + len(rule.text.encode())
        if parts[-1] and size + more > PART_BYTES:
            parts.append([])
            size = 0
        parts[-1].append(rule)
        size += more
    return parts
