"""The command that tries rules on history: what would have fired, beside what is live."""

import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, Progress, TaskID, TextColumn
from rich.text import Text

from deploy.cli import values
from deploy.cli.backtest_show import SHOWN, show_report
from deploy.cli.connection import client
from deploy.cli.output import FAILED, Json, complain, errors, put_json
from deploy.cli.rule_files import Folder
from deploy.cli.rule_trials import read_file
from deploy.cli.values import BadValue
from gateway.backtest_views import BacktestState, BacktestView
from gateway.client import ApiProblem, ApiUnreachable, Client
from gateway.rule_findings import RuleFile

LOOK_S = 0.25
"""How often it is asked how far the backtest is."""

MISSED_LOOKS = 20
"""So often in a row nobody may answer; the backtest goes on meanwhile."""

_NOT_NOW = 500
"""Problems from this status on may be over at the next look."""

EXAMPLES = 20
MOST_SHOWN = 200


def backtest(
    ctx: typer.Context,
    rules: Annotated[
        list[Path],
        typer.Argument(
            metavar="RULES…",
            help="Files, put over the published rules of their kinds; or a folder as `vigil rules "
            "pull` makes it, which holds all rules of its kinds.",
        ),
    ],
    since: Annotated[
        str,
        typer.Option(metavar="WHEN", help="From when on: 90s, 15m, 1h, 7d ago, or a time."),
    ] = "7d",
    kind: Annotated[
        str | None,
        typer.Option(help="Only rules of this kind; files may leave it out then."),
    ] = None,
    sample: Annotated[
        str, typer.Option(metavar="SHARE", help="Only a share of the twins, always the same: 1%.")
    ] = "100%",
    examples: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=MOST_SHOWN,
            help=f"Firings to tell of each rule and sort. Default: {SHOWN}; --json: {EXAMPLES}.",
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Replay history with these rules beside the live ones; nothing is touched.

    Says first how long it will take. Ctrl-C ends it.
    """
    now = time.time()
    began = values.moment(since, now)
    assert began is not None, "there is a default"
    files, whole = _candidates(rules, kind)
    with client(ctx, json=json) as api:
        view = api.backtests.start(
            files, began, whole=whole, kind=kind, share=values.share(sample),
            examples=examples or EXAMPLES,
        )  # fmt: skip
        try:
            view = _follow(api, view)
        except BaseException:
            # Whoever began it is gone; a report that nobody waits for is not worth the work.
            with suppress(ApiProblem, ApiUnreachable):
                api.backtests.cancel(view.id)
            raise
    if view.report is None:
        complain(ctx.obj, f"backtest {view.id} {view.state}: {view.problem or 'somebody ended it'}")
        raise typer.Exit(FAILED)
    if json:
        put_json(view.report)
        return
    show_report(view.report, examples or SHOWN)


def _candidates(paths: Iterable[Path], kind: str | None) -> tuple[list[RuleFile], list[str]]:
    """What is given, and the kinds of which it is all there is; raises `BadValue`."""
    files: list[RuleFile] = []
    whole: dict[str, None] = {}
    for path in paths:
        if not path.is_dir():
            files.append(read_file(path, kind))
            continue
        folder = Folder(path)
        for name in folder.kinds() if kind is None else [kind]:
            files += [read_file(one, name) for one in folder.files(name)]
            whole[name] = None
    if not files:
        raise BadValue("no rules are there to try")
    return files, list(whole)


def _follow(api: Client, view: BacktestView) -> BacktestView:
    """Wait for its end: first say how long it will take, then how far it is."""
    out = errors()
    with Progress(
        TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[rest]}"),
        console=out, transient=True, disable=not out.is_terminal,
    ) as bar:  # fmt: skip
        task: TaskID | None = None
        missed = 0
        while view.state is BacktestState.RUNNING:
            progress = view.progress
            if progress.eta_s is not None and task is None:
                out.print(Text(_estimate(view), "dim"))
                task = bar.add_task("replaying", total=max(1, progress.bytes), rest="")
            if task is not None:
                rest = "" if progress.eta_s is None else f"{values.words(progress.eta_s)} left"
                bar.update(task, completed=progress.bytes_done, rest=rest)
            time.sleep(LOOK_S)
            try:
                view, missed = api.backtests.get(view.id), 0
            except (ApiProblem, ApiUnreachable) as error:
                missed += 1
                if missed > MISSED_LOOKS or not _may_be_over(error):
                    raise
        if task is None and view.state is BacktestState.DONE:
            out.print(Text(_estimate(view), "dim"))
    return view


def _may_be_over(error: ApiProblem | ApiUnreachable) -> bool:
    return isinstance(error, ApiUnreachable) or error.problem.status >= _NOT_NOW


def _estimate(view: BacktestView) -> str:
    """How long it takes, and why."""
    progress = view.progress
    eta_s = (progress.eta_s or 0.0) + progress.seconds
    return (
        f"about {values.words(eta_s)}: {progress.blocks:,} blocks, {values.size(progress.bytes)}, "
        f"in {progress.partitions} partitions"
    )


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(backtest)
