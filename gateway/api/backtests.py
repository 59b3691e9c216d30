"""Calls about backtests: try rules on history, see how far it is, and what came of it."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, Field

from actors.backtest.job import KindSpec, Spec
from actors.backtest.replay import EXAMPLES
from gateway import trials
from gateway.api.context import Context, Operator
from gateway.api.errors import Invalid
from gateway.api.rules import PROBLEMS, book_of
from gateway.backtest_views import Backtests, BacktestView
from gateway.rule_findings import RuleFile
from twins.rules.document import Document
from twins.rules.errors import BadRule

MOST_EXAMPLES = 200
MAX_KINDS = 20

router = APIRouter(prefix="/v1/backtests", tags=["rules"], responses=PROBLEMS)

BacktestId = Annotated[str, Path(pattern="^b[1-9][0-9]{0,8}$", description="For example `b3`.")]


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
async def start(given: BacktestGiven, shared: Operator) -> BacktestView:
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
    kinds = [await _kind_spec(shared, kind, mine, given) for kind, mine in documents.items()]
    spec = Spec(kinds, given.since, given.share, given.examples)
    try:
        contests = await asyncio.to_thread(spec.contests)
    except BadRule as error:
        raise Invalid(str(error)) from None
    return await shared.backtests.start(spec, [one.about for one in contests.values()])


async def _kind_spec(
    shared: Context, kind: str, mine: list[Document], given: BacktestGiven
) -> KindSpec:
    book = await book_of(shared, kind)
    live = {name: page.document for name, page in book.pages_of().items()}
    candidate = {document.rule: document.plain for document in mine}
    if kind not in given.whole:
        candidate = {**live, **candidate}
    return KindSpec(kind, book.version, list(live.values()), list(candidate.values()))


@router.get("")
async def list_backtests(shared: Operator) -> Backtests:
    """List the one under way and the last ones, newest first, without their reports."""
    return Backtests(shared.backtests.views())


@router.get("/{backtest}")
async def get_backtest(backtest: BacktestId, shared: Operator) -> BacktestView:
    """Say how far one is, or what came of it."""
    return await shared.backtests.view(backtest)


@router.post("/{backtest}/cancel")
async def cancel(backtest: BacktestId, shared: Operator) -> BacktestView:
    """End one. One that has ended stays as it is."""
    return await shared.backtests.cancel(backtest)
