"""Calls about backtests: try rules on history, see how far it is, and what came of it."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, Field

from actors.backtest.contest import Contest
from actors.backtest.job import KindSpec, Spec
from actors.backtest.replay import EXAMPLES
from gateway import trials
from gateway.api.context import Context
from gateway.api.errors import Invalid
from gateway.api.needs import Authors, Reads
from gateway.api.rules import PROBLEMS, book_of
from gateway.backtest_views import Backtests, BacktestView
from gateway.rule_findings import RuleFile
from twins.rules.document import Document
from twins.rules.errors import BadRule
from twins.rules.ruleset import compile_rules

MOST_EXAMPLES = 200
MAX_KINDS = 20

router = APIRouter(prefix="/v1/backtests", tags=["rules"], responses=PROBLEMS)

BacktestId = Annotated[
    str, Path(pattern="^b[1-9][0-9]{0,11}$", description="As `start` said, `b1764140400`.")
]


class BacktestGiven(BaseModel):
    """Rules to try on history."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    files: Annotated[list[RuleFile], Field(min_length=1, max_length=1000)]
    """The candidates. Those of a kind are put over its published rules."""
    whole: Annotated[list[str], Field(max_length=MAX_KINDS)] = []
    """Kinds of which the candidates are all rules: published ones that are not among them are
    missing."""
    kind: Annotated[str, Field(max_length=64)] | None = None
    """Only rules of this kind."""
    since: Annotated[float, Field(ge=0, lt=1e11)]
    """From when on firings count, seconds since the epoch."""
    share: Annotated[float, Field(gt=0, le=1)] = 1.0
    """Of the twins; which ones depends on their ids alone, so that it is always the same."""
    examples: Annotated[int, Field(ge=1, le=MOST_EXAMPLES)] = EXAMPLES
    """Firings that are told of each rule and sort; all are counted."""


@router.post("", status_code=202)
async def start_backtest(given: BacktestGiven, shared: Authors) -> BacktestView:
    """Begin to replay history with these rules beside the published ones; nothing is touched.

    It runs by itself, one at a time; ask for it by its id.
    """
    now = shared.services.clock()
    if given.since >= now:
        raise Invalid("since: a span begins before now")
    read = await asyncio.to_thread(trials.read_files, given.files)
    documents = read.documents
    broken = [str(problem) for found in read.problems.values() for problem in found]
    if broken:
        raise Invalid("\n".join(broken))
    if given.kind is not None:
        documents = {kind: mine for kind, mine in documents.items() if kind == given.kind}
        if not documents:
            raise Invalid(f"none of these rules is of kind {given.kind!r}")
    if len(documents) > MAX_KINDS:
        raise Invalid(f"rules of {len(documents)} kinds; try at most {MAX_KINDS} at once")
    contests = [
        await contest_of(shared, kind, mine, whole=kind in given.whole)
        for kind, mine in documents.items()
    ]
    kinds = [
        KindSpec(one.kind, one.live.version, one.live.documents, one.candidate.documents)
        for one in contests
    ]
    spec = Spec(kinds, given.since, given.share, given.examples)
    return await shared.backtests.start(spec, [one.about for one in contests])


async def contest_of(
    shared: Context, kind: str, mine: list[Document], *, whole: bool = False
) -> Contest:
    """The published rules of a kind, and those with `mine` in their place, or `mine` alone.

    Raises `Invalid`, with the place of every mistake.
    """
    book = await book_of(shared, kind)
    live = [page.document for page in book.pages_of().values()]
    names = {document.rule for document in mine}
    others = [] if whole else [one for one in live if one["rule"] not in names]
    try:
        return await asyncio.to_thread(
            lambda: Contest(
                kind,
                compile_rules(kind, live, book.version),
                compile_rules(kind, [*others, *mine]),
            )
        )
    except BadRule as error:
        raise Invalid(str(error)) from None


@router.get("")
async def list_backtests(shared: Reads) -> Backtests:
    """List the one under way and the last ones, newest first, without their reports."""
    return Backtests(shared.backtests.views())


@router.get("/{backtest}")
async def get_backtest(backtest: BacktestId, shared: Reads) -> BacktestView:
    """Say how far one is, or what came of it."""
    return await shared.backtests.view(backtest)


@router.post("/{backtest}/cancel")
async def cancel_backtest(backtest: BacktestId, shared: Authors) -> BacktestView:
    """End one. One that has ended stays as it is."""
    return await shared.backtests.cancel(backtest)
