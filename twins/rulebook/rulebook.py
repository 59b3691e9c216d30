"""Rulebook: the twin that keeps the rules of one kind, and publishes them.

`rulebook/vehicle` holds the rules of all vehicles. Its version 0 are those that the kind brings;
what is published takes their place. A change is a draft (rules to put, rules to remove, and the
version that its author saw); publishing it makes the next version, and tells it to every partition,
where it takes effect at one position of the log.
"""

from typing import Any

from msgspec import Struct, field

from twins.errors import RulebookRefused
from twins.handler import ask, told
from twins.ids import EVERY_PARTITION
from twins.kind import kind_of
from twins.rulebook.messages import (
    APPLIED,
    PUBLISHED,
    REFUSED,
    ApproveRequest,
    DiscardRequest,
    DraftRequest,
    Page,
    Published,
    PublishRequest,
    RollbackRequest,
    ShowRequest,
    VersionApplied,
    VersionRefused,
)
from twins.rulebook.pages import brought, merged, name_of, page_id, problems_of
from twins.rules.errors import Problem
from twins.twin import Twin

MAX_DRAFTS = 20

MAX_EDITIONS = 50
"""Versions that can be gone back to; older ones are forgotten."""


class Edition(Struct, kw_only=True, omit_defaults=True):
    """A version that was published: who, when, why, and which pages."""

    number: int
    at: float
    by: str
    note: str = ""
    approved_by: str | None = None
    back_to: int | None = None
    """The earlier version that this one repeats."""
    pages: dict[str, str] = {}
    """Rule -> id of its page."""


class Draft(Struct, kw_only=True, omit_defaults=True):
    """A change that is not published yet."""

    id: str
    by: str
    """Who wrote to it last."""
    authors: list[str] = []
    """All who wrote to it, each once: none of them can be the second person."""
    note: str = ""
    base: int
    """The version that it was made from."""
    at: float
    put: dict[str, Page] = {}
    remove: list[str] = []
    problems: list[Problem] = []
    """Why it cannot be published, together with the rules of the base."""
    approved_by: str | None = None
    approved_at: float | None = None


class Standing(Struct, kw_only=True, omit_defaults=True):
    """What a partition last said."""

    version: int = 0
    """The version that is live in it; 0 before any."""
    position: int = 0
    """Of its log, since which that version is live."""
    at: float = 0.0
    """When the rulebook heard of it, log time."""
    refused: int | None = None
    """A later version that its code cannot run."""
    problem: str | None = None


class Rulebook(Twin, kind="rulebook"):
    """The rules of one kind, which its key names."""

    version: int = 0
    pages: dict[str, Page] = field(default_factory=dict)
    """By id; what any kept edition has."""
    editions: list[Edition] = field(default_factory=list)
    """Oldest first; the last one is what is published now."""
    drafts: dict[str, Draft] = field(default_factory=dict)
    """By id, oldest first."""
    drafted: int = 0
    """Drafts ever begun."""
    partitions: dict[int, Standing] = field(default_factory=dict)

    # -- drafts ------------------------------------------------------------------------------

    @ask("rules.draft")
    def draft(self, request: DraftRequest) -> Draft:
        """Begin a draft, or add to one; returns it, with what is wrong with it."""
        kind_of(self.key)
        draft = self._begun(request) if request.draft is None else self._draft(request.draft)
        if request.base is not None and request.base != draft.base:
            raise RulebookRefused(
                f"draft {draft.id} of {self.id} was made from version {draft.base}, not from "
                f"{request.base}; write a new draft"
            )
        put, remove = dict(draft.put), dict.fromkeys(draft.remove)
        for page in request.put:
            name = name_of(page.document)
            put[name] = page
            remove.pop(name, None)
        for name in request.remove:
            put.pop(name, None)
            remove[name] = None
        draft.put, draft.remove = put, list(remove)
        draft.by, draft.at = request.by, self.now
        draft.authors = list(dict.fromkeys([*draft.authors, request.by]))
        draft.note = request.note or draft.note
        draft.approved_by = draft.approved_at = None
        draft.problems = self._problems(draft)
        self.drafts[draft.id] = draft
        return draft

    def _begun(self, request: DraftRequest) -> Draft:
        if len(self.drafts) >= MAX_DRAFTS:
            raise RulebookRefused(
                f"{self.id} has {MAX_DRAFTS} drafts, which is all that it keeps; publish or "
                f"discard one: {', '.join(self.drafts)}"
            )
        base = self.version if request.base is None else request.base
        self._edition(base)
        self.drafted += 1
        return Draft(id=f"d{self.drafted}", by=request.by, base=base, at=self.now)

    def _problems(self, draft: Draft) -> list[Problem]:
        before = self.pages_of(draft.base)
        missing = [name for name in draft.remove if name not in before]
        if missing:
            text = f"version {draft.base} has no such rule to remove"
            return [Problem(message=text, rule=name) for name in missing]
        return problems_of(self.key, merged(before, draft.put, draft.remove), self.version + 1)

    @ask("rules.approve")
    def approve(self, request: ApproveRequest) -> Draft:
        """Agree to a draft that somebody else wrote."""
        draft = self._draft(request.draft)
        if request.by in draft.authors:
            raise RulebookRefused(
                f"{request.by} wrote draft {draft.id} of {self.id}; somebody else has to approve it"
            )
        self._check(draft.id, draft.problems)
        draft.approved_by, draft.approved_at = request.by, self.now
        return draft

    @ask("rules.discard")
    def discard(self, request: DiscardRequest) -> Draft:
        """Throw a draft away."""
        draft = self._draft(request.draft)
        del self.drafts[draft.id]
        return draft

    def _draft(self, draft_id: str) -> Draft:
        draft = self.drafts.get(draft_id)
        if draft is None:
            raise RulebookRefused(
                f"{self.id} has no draft {draft_id}; it has: {', '.join(self.drafts) or 'none'}"
            )
        return draft

    def _check(self, what: str, problems: list[Problem]) -> None:
        if problems:
            said = "; ".join(map(str, problems))
            raise RulebookRefused(f"{what} of {self.id} cannot be run: {said}")

    # -- versions ----------------------------------------------------------------------------

    @ask("rules.publish")
    def publish(self, request: PublishRequest) -> Edition:
        """Make a draft the next version, which every partition then takes up."""
        draft = self._draft(request.draft)
        if draft.base != self.version and not request.force:
            raise RulebookRefused(
                f"draft {draft.id} of {self.id} was made from version {draft.base}, and "
                f"{self.version} is published now; look at what changed and draft again, or "
                "publish with force to put the draft's changes on top"
            )
        if request.approval and draft.approved_by is None:
            raise RulebookRefused(
                f"draft {draft.id} of {self.id} needs the approval of a second person; not of "
                f"{' or '.join(draft.authors)}, who wrote it"
            )
        pages = merged(self.pages_of(), draft.put, draft.remove)
        edition = Edition(
            number=self.version + 1, at=self.now, by=request.by, note=draft.note,
            approved_by=draft.approved_by,
        )  # fmt: skip
        self._publish(edition, pages, f"draft {draft.id}")
        del self.drafts[draft.id]
        return edition

    @ask("rules.rollback")
    def rollback(self, request: RollbackRequest) -> Edition:
        """Publish an earlier version again; it was agreed to once, so it needs no approval."""
        edition = Edition(
            number=self.version + 1, at=self.now, by=request.by, note=request.note,
            back_to=request.version,
        )  # fmt: skip
        self._publish(edition, self.pages_of(request.version), f"version {request.version}")
        return edition

    def _publish(self, edition: Edition, pages: dict[str, Page], what: str) -> None:
        self._check(what, problems_of(self.key, pages, edition.number))
        self.version = edition.number
        for name, page in pages.items():
            id_ = edition.pages[name] = page_id(page)
            self.pages[id_] = page
        self.editions.append(edition)
        del self.editions[:-MAX_EDITIONS]
        kept = {id_: None for one in self.editions for id_ in one.pages.values()}
        self.pages = {id_: page for id_, page in self.pages.items() if id_ in kept}
        documents = [page.document for page in pages.values()]
        published = Published(kind=self.key, version=edition.number, documents=documents)
        self.tell(EVERY_PARTITION, PUBLISHED, published)

    def pages_of(self, version: int | None = None) -> dict[str, Page]:
        """The pages of a version by rule, None being the published one.

        Raises `RulebookRefused` for a version that is not kept.
        """
        edition = self._edition(self.version if version is None else version)
        if edition is None:
            return brought(self.key)
        return {name: self.pages[id_] for name, id_ in edition.pages.items()}

    def _edition(self, number: int) -> Edition | None:
        """A kept edition; None for version 0, which is what the kind brings."""
        if number == 0:
            return None
        for edition in self.editions:
            if edition.number == number:
                return edition
        kept = f"{self.editions[0].number} to {self.version}" if self.editions else "none"
        raise RulebookRefused(f"{self.id} has no version {number}; it keeps: {kept}")

    @ask("rules.show")
    def show(self, request: ShowRequest) -> dict[str, Any]:
        """The rules of a version: `{"version", "rules": {name: page}}`."""
        version = self.version if request.version is None else request.version
        return {"version": version, "rules": self.pages_of(version)}

    # -- what partitions say -----------------------------------------------------------------

    @told(APPLIED)
    def applied(self, said: VersionApplied) -> None:
        """A partition has taken a version up."""
        self.partitions[said.partition] = Standing(
            version=said.version, position=said.position, at=self.now
        )

    @told(REFUSED)
    def refused(self, said: VersionRefused) -> None:
        """A partition's code cannot run a version; what was live in it stays."""
        standing = self.partitions.setdefault(said.partition, Standing())
        standing.refused, standing.problem, standing.at = said.version, said.problem, self.now
