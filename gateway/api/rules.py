"""Calls about rules: look at them, draft, approve, publish, go back, and see what is live where.

Whatever changes something is a call on the twin `rulebook/<kind>`, through the log.
"""

import asyncio
from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from actors.state import TwinState
from gateway.api.asking import asked, wire_size
from gateway.api.context import Context, Kind, within
from gateway.api.errors import Invalid, NotFound
from gateway.api.idempotency import IdempotencyKey
from gateway.api.models import Problem
from gateway.api.needs import Authors, Reads
from gateway.rule_views import (
    BookEntry,
    Books,
    BookView,
    DraftView,
    EditionView,
    HitsView,
    RulesStatus,
    RuleView,
    StandingView,
)
from gateway.trials import look, problem_view
from twins.errors import RulebookRefused
from twins.event import MAX_DATA_BYTES
from twins.kind import KINDS, kind_of
from twins.rulebook import Draft, Edition, LiveRules, Rulebook
from twins.rulebook.messages import Page
from twins.rulebook.pages import merged
from twins.rules.document import read_rules

MAX_LIMIT = 1000
PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"model": Problem} for status in (401, 404, 409, 422, 503, 504)
}

router = APIRouter(prefix="/v1/rules", tags=["rules"], responses=PROBLEMS)

DraftId = Annotated[str, Path(pattern="^d[1-9][0-9]{0,8}$", description="For example `d3`.")]
Person = Annotated[str, Field(min_length=1, max_length=200)]
Note = Annotated[str, Field(max_length=2000)]


class Given(BaseModel):
    """Base of what is given with a call."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)


class By(Given):
    """Who does it."""

    by: Person
    """The name of a person, as the others know her."""


class RulePut(Given):
    """A rule to add, or to write anew."""

    document: dict[str, Any] | None = None
    """Default: what the text says."""
    text: str = ""
    """As its author wrote it (YAML or JSON), to give it back so."""


class DraftPut(By):
    """A change of a kind's rules."""

    note: Note = ""
    """Why."""
    base: Annotated[int, Field(ge=0, le=2**31)] | None = None
    """The version that the change was made from; default: the published one."""
    put: Annotated[list[RulePut], Field(max_length=1000)] = []
    remove: Annotated[list[str], Field(max_length=1000)] = []
    draft: Annotated[str, Field(pattern="^d[1-9][0-9]{0,8}$")] | None = None
    """A draft to add this to; a large change comes in several calls of up to 64 KB."""


class Publish(By):
    """How a draft is published."""

    force: bool = False
    """Also onto a version that it was not made from."""


class Rollback(By):
    """Which version comes back."""

    version: Annotated[int, Field(ge=0, le=2**31)]
    note: Note = ""


# -- looking -------------------------------------------------------------------------------------


@router.get("")
async def list_rulebooks(shared: Reads) -> Books:
    """List the kinds that have rules or drafts, as of their last checkpoints."""
    found = await _searched(shared, "kind = rulebook")
    books = [msgspec.convert(state, Rulebook, strict=False) for _, state in found.items]
    known = {book.key: book for book in books if book.key in KINDS}
    bringing = [kind for kind in KINDS.values() if kind.ruleset.documents]
    known |= {kind.name: Rulebook.new(kind.name) for kind in bringing if kind.name not in known}
    entries = [_entry(book) for _, book in sorted(known.items())]
    items = [entry for entry in entries if entry.published or entry.rules or entry.drafts]
    return Books(items=items, as_of=found.as_of)


@router.get("/{kind}")
async def get_rulebook(
    kind: Kind, shared: Reads, version: Annotated[int | None, Query(ge=0)] = None
) -> BookView:
    """Read a kind's rules: those of a version, default the published one."""
    return _book_view(await book_of(shared, kind), shared, version)


@router.get("/{kind}/status")
async def get_rules_status(kind: Kind, shared: Reads) -> RulesStatus:
    """Say in which partitions which version is live, and what shadow rules saw."""
    book = await book_of(shared, kind)
    cluster = await within(shared.limits.read_s, shared.pulse.status(), "no status in time")
    numbers = [int(part["partition"]) for part in cluster["partitions"]]
    partitions = []
    for number in numbers:
        known = book.partitions.get(number)
        more = {} if known is None else msgspec.to_builtins(known)
        partitions.append(StandingView(partition=number, **more))
    found = await _searched(shared, "kind = partition")
    lives = [msgspec.convert(state, LiveRules, strict=False) for _, state in found.items]
    shadows = [page for page in book.pages_of().values() if page.document.get("shadow")]
    return RulesStatus(
        kind=kind,
        published=book.version,
        everywhere=all(standing.version == book.version for standing in partitions),
        partitions=partitions,
        shadows=[_hits(kind, page.document["rule"], lives) for page in shadows],
        as_of=found.as_of,
    )


# -- changing ------------------------------------------------------------------------------------


@router.post("/{kind}/drafts")
async def draft_rules(
    kind: Kind, given: DraftPut, shared: Authors, idempotency_key: IdempotencyKey = None
) -> DraftView:
    """Write a draft, or add to one; the answer says what is wrong with it."""
    put = [_page(kind, one) for one in given.put]
    data = {**given.model_dump(exclude_defaults=True), "put": put, "by": shared.sign(given.by)}
    if wire_size(data) > MAX_DATA_BYTES - 1024:
        raise Invalid(
            f"the draft takes more than {MAX_DATA_BYTES} bytes; write it in parts: begin with some "
            "of the rules, and add the others with `draft` set to the draft's id"
        )
    answer = await _ask(shared, kind, "draft", data, idempotency_key)
    made = msgspec.convert(answer, Draft)
    view = _draft_view(made)
    if not made.problems:
        before = (await book_of(shared, kind)).pages_of(made.base)
        after = merged(before, made.put, made.remove)
        sets = [{name: page.document for name, page in pages.items()} for pages in (before, after)]
        view.warnings = (await asyncio.to_thread(look, kind, *sets))[1]
    return view


def _page(kind: str, given: RulePut) -> dict[str, Any]:
    document = given.document
    if document is None:
        read = read_rules(given.text, kind=kind)
        if len(read) != 1:
            raise Invalid(f"a text is one rule, and there are {len(read)}; give each of its own")
        document = read[0].plain
    return {"document": document, "text": given.text}


@router.post("/{kind}/drafts/{draft_id}/approve")
async def approve_draft(
    kind: Kind, draft_id: DraftId, given: By, shared: Authors,
    idempotency_key: IdempotencyKey = None,
) -> DraftView:  # fmt: skip
    """Agree to a draft that somebody else wrote."""
    data = {"draft": draft_id, "by": shared.sign(given.by)}
    answer = await _ask(shared, kind, "approve", data, idempotency_key)
    return _draft_view(msgspec.convert(answer, Draft))


@router.post("/{kind}/drafts/{draft_id}/discard")
async def discard_draft(
    kind: Kind, draft_id: DraftId, given: By, shared: Authors,
    idempotency_key: IdempotencyKey = None,
) -> DraftView:  # fmt: skip
    """Throw a draft away."""
    data = {"draft": draft_id, "by": shared.sign(given.by)}
    answer = await _ask(shared, kind, "discard", data, idempotency_key)
    return _draft_view(msgspec.convert(answer, Draft))


@router.post("/{kind}/drafts/{draft_id}/publish")
async def publish_draft(
    kind: Kind, draft_id: DraftId, given: Publish, shared: Authors,
    idempotency_key: IdempotencyKey = None,
) -> EditionView:  # fmt: skip
    """Make a draft the next version; partitions take it up within moments, see `status`."""
    data = {
        "draft": draft_id, "by": shared.sign(given.by), "force": given.force,
        "approval": shared.rules.approval,
    }  # fmt: skip
    answer = await _ask(shared, kind, "publish", data, idempotency_key)
    return _edition_view(msgspec.convert(answer, Edition))


@router.post("/{kind}/rollback")
async def roll_back_rules(
    kind: Kind, given: Rollback, shared: Authors, idempotency_key: IdempotencyKey = None
) -> EditionView:
    """Publish an earlier version again, as the next one. It needs no approval."""
    data = given.model_dump() | {"by": shared.sign(given.by)}
    answer = await _ask(shared, kind, "rollback", data, idempotency_key)
    return _edition_view(msgspec.convert(answer, Edition))


async def _ask(shared: Context, kind: str, name: str, data: dict[str, Any], key: str | None) -> Any:
    kind_of(kind)
    return await asked(shared, f"rulebook/{kind}", f"rules.{name}", data, key)


# -- reading twins -------------------------------------------------------------------------------


async def book_of(shared: Context, kind: str) -> Rulebook:
    """The rulebook of a kind, as it is now; raises `UnknownKind`."""
    kind_of(kind)
    state = await state_of(shared, f"rulebook/{kind}")
    return msgspec.convert(state.state, Rulebook, strict=False)


async def state_of(shared: Context, twin_id: str) -> TwinState:
    """A twin, as it is now."""
    return await within(
        shared.limits.read_s,
        shared.services.state(twin_id),
        f"{twin_id} did not answer within {shared.limits.read_s:g} s; "
        "`vigil status` says who owns it",
    )


class _Found(msgspec.Struct):
    items: list[tuple[str, dict[str, Any]]]
    as_of: float


async def _searched(shared: Context, where: str) -> _Found:
    """All twins that a filter finds."""
    items: list[tuple[str, dict[str, Any]]] = []
    cursor, as_of = None, float("inf")
    while True:
        page = await within(
            shared.limits.read_s,
            shared.services.search(where, None, MAX_LIMIT, cursor),
            f"the search took longer than {shared.limits.read_s:g} s",
        )
        items += [(found.id, found.state) for found in page.items]
        as_of, cursor = min(as_of, page.as_of), page.cursor
        if cursor is None:
            return _Found(items, as_of)


def _entry(book: Rulebook) -> BookEntry:
    pages = book.pages_of()
    last = book.editions[-1] if book.editions else None
    return BookEntry(
        kind=book.key,
        published=book.version,
        rules=len(pages),
        shadows=sum(bool(page.document.get("shadow")) for page in pages.values()),
        drafts=len(book.drafts),
        at=last.at if last else None,
        by=last.by if last else None,
    )


def _book_view(book: Rulebook, shared: Context, version: int | None) -> BookView:
    number = book.version if version is None else version
    try:
        pages = book.pages_of(number)
    except RulebookRefused as error:
        raise NotFound(str(error), twin_id=book.id) from None
    return BookView(
        kind=book.key,
        version=number,
        published=book.version,
        approval=shared.rules.approval,
        rules=_rule_views(pages),
        drafts=[_draft_view(draft) for draft in book.drafts.values()],
        editions=[_edition_view(edition) for edition in reversed(book.editions)],
    )


def _rule_views(pages: Mapping[str, Page]) -> list[RuleView]:
    return [
        RuleView(name, page.document, page.text, shadow=bool(page.document.get("shadow")))
        for name, page in pages.items()
    ]


def _draft_view(draft: Draft) -> DraftView:
    plain = {name: getattr(draft, name) for name in draft.__struct_fields__}
    problems = [problem_view(problem) for problem in draft.problems]
    return DraftView(**{**plain, "put": _rule_views(draft.put), "problems": problems})


def _edition_view(edition: Edition) -> EditionView:
    plain = {name: getattr(edition, name) for name in edition.__struct_fields__ if name != "pages"}
    return EditionView(**plain, rules=len(edition.pages))


def _hits(kind: str, rule: str, lives: list[LiveRules]) -> HitsView:
    """One shadow rule's hits of all partitions; twins of the newest ones last."""
    seen = [one for live in lives if (one := live.hits.get(kind, {}).get(rule)) is not None]
    seen.sort(key=lambda one: one.last_at)
    return HitsView(
        rule=rule,
        count=sum(one.count for one in seen),
        last_at=seen[-1].last_at if seen else None,
        twins=[twin_id for one in seen for twin_id in one.twins][-MAX_TWINS:],
    )


MAX_TWINS = 20
"""Of a shadow rule: shown together for all partitions."""
