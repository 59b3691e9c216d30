"""`vigil demo --incidents N`: many incidents of a population whose truth is known, in minutes.

No node is started: real partitions run in this process, on a simulated clock, and nothing is read
from or written to a data folder.
"""

from pathlib import Path

import msgspec
import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from deploy.cli.output import console, errors, put_json, table
from deploy.cli.policies import figure, show_outcomes
from gateway.outcomes import outcomes_of
from load.population import Findings, Town, findings, forest

STORY = "roadside"
"""The one that has a population."""


def incidents(
    story: str | None, count: int, holdout: float, seed: int, plot: Path | None, *, json: bool
) -> None:
    """Play so many, and show what Vigil says that it changed, beside what is so.

    Args:
        story: As asked for.
        count: How many cars overheat.
        holdout: Share of their owners for whom nothing is done.
        seed: Draws the persons.
        plot: Where a drawing is written; None: nowhere.
        json: Print `load.population.Findings` instead of a table.
    """
    if story not in (None, STORY):
        raise typer.BadParameter(f"only {STORY} has a population; leave --incidents out")
    if plot is not None and not plot.absolute().parent.is_dir():
        raise typer.BadParameter(f"{plot.absolute().parent} is no folder")
    town = Town(seed, count, holdout)
    with Progress(
        TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), console=errors()
    ) as bar:
        task = bar.add_task(f"{count} cars overheat", total=1.0)
        town.play(lambda share: bar.update(task, completed=share))
    found = findings(town.policy, town.people)
    if plot is not None:
        title = f"What {STORY} changed: {count} incidents, seed {seed}"
        plot.write_text(forest(found, title), "utf-8")
    if json:
        put_json(msgspec.to_builtins(found))
        return
    show_outcomes(outcomes_of(STORY, town.policy))
    _show_truth(found, seed)


def _show_truth(found: Findings, seed: int) -> None:
    out = console()
    out.print(Text(f"The truth of this population, of {found.incidents} persons (seed {seed}):"))
    rows = table("measure", "helping her changes it by", "within the interval")
    for one in found.measures:
        within = Text("yes", "green") if one.covered else Text("no", "yellow")
        measure = one.measure
        rows.add_row(f"{measure.name} ({measure.unit})", figure(measure.unit, one.truth), within)
    out.print(rows)
    out.print(Text(f"calls truly avoided: {found.calls_truly_avoided:.0f}"))
