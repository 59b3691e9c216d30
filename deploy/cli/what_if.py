"""`vigil what-if`: an incident once more, with something otherwise, beside what happened."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text

from deploy.cli import values
from deploy.cli.connection import client
from deploy.cli.output import Json, cell, clean, console, put_json, table
from deploy.cli.rule_trials import read_file
from deploy.cli.values import BadValue
from gateway.what_if_views import WhatIfRule, WhatIfRun, WhatIfView


def what_if(
    ctx: typer.Context,
    supervisor: Annotated[str, typer.Argument(help="Who arranged it: roadside/v17.")],
    arrangement: Annotated[
        str | None, typer.Argument(help="Which one. Default: the one that is open, or the last.")
    ] = None,
    *,
    busy: Annotated[
        list[str] | None, typer.Option(help="A service that has nothing to offer.")
    ] = None,
    refusing: Annotated[
        list[str] | None, typer.Option(help="A service that offers, and refuses to hold.")
    ] = None,
    silent: Annotated[
        list[str] | None, typer.Option(help="A service that does not answer.")
    ] = None,
    later: Annotated[
        list[str] | None,
        typer.Option(help="Its vehicle comes so much later: tow_operator/t2=10m; sooner: =-10m."),
    ] = None,
    noticed: Annotated[
        str | None, typer.Option(help="The signal came so much later: 5m; earlier: -5m.")
    ] = None,
    rule: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Another rule: the signal came when it would have noticed it."
        ),
    ] = None,
    answers_after: Annotated[
        str | None, typer.Option(help="So long after the offer the customer answers it: 5m.")
    ] = None,
    accept: Annotated[
        bool | None, typer.Option("--accept/--decline", help="What she says to the offer.")
    ] = None,
    without: Annotated[list[str] | None, typer.Option(help="A part that she declines.")] = None,
    no_answer: Annotated[bool, typer.Option("--no-answer", help="She says nothing.")] = False,
    assume: Annotated[
        bool,
        typer.Option("--assume/--no-assume", help="Go on where nobody was asked in truth."),
    ] = True,
    json: Json = False,
) -> None:
    """Play an incident once more with something otherwise; nothing of it leaves Vigil."""
    said: dict[str, Any] = {"accept": accept, "declined": without, "silent": no_answer or None}
    if answers_after is not None:
        said["after_s"] = values.length(answers_after)
    shifts = [_shift(text) for text in later or ()]
    change = {
        "busy": busy, "refusing": refusing, "silent": silent, "later_s": dict(shifts) or None,
        "noticed_s": None if noticed is None else _signed(noticed),
        "rule": None if rule is None else asdict(read_file(rule)),
        "customer": {name: value for name, value in said.items() if value is not None} or None,
        "assume": assume,
    }  # fmt: skip
    given = {name: value for name, value in change.items() if value is not None}
    with client(ctx, json=json) as api:
        id_ = arrangement or _last(api.state(supervisor).state, supervisor)
        found = api.post(f"/v1/arrangements/{supervisor}/{id_}/what-if", WhatIfView, given)
    if json:
        put_json(found)
    else:
        _show(found)


def _last(state: dict[str, Any], supervisor: str) -> str:
    found = state.get("arrangement")
    if not isinstance(found, dict):
        raise BadValue(f"{supervisor} has arranged nothing; `vigil search 'exists arrangement.id'`")
    return str(found["id"])


def _signed(text: str) -> float:
    """A length of time, below 0 with a minus before it."""
    return -values.length(text[1:]) if text.startswith("-") else values.length(text)


def _shift(text: str) -> tuple[str, float]:
    service, equals, length = text.partition("=")
    if not equals:
        raise BadValue(f"{text!r}: write a service and how much later it comes: SERVICE=10m")
    return service, _signed(length)


def _show(found: WhatIfView) -> None:
    out, began = console(), found.real.began_at or found.simulated_run.began_at or 0.0
    out.print(Text(f"{found.supervisor_id} {found.arrangement_id}: simulated; nothing of it "
                   "happened", "bold yellow"))  # fmt: skip
    rows = table("step", "twin", "real", "simulated", right=("real", "simulated"))
    for step in found.steps:
        alone = step.real_at is None or step.simulated_at is None
        rows.add_row(
            cell(step.name, "bold" if alone else ""), step.twin_id,
            _after(step.real_at, began), _after(step.simulated_at, began),
        )  # fmt: skip
    out.print(rows)
    if found.rule is not None:
        out.print(Text(_rule(found.rule)))
    for name, run in (("real", found.real), ("simulated", found.simulated_run)):
        out.print(Text(f"{name}: {_ending(run)}"))
    for title, texts in (("assumed", found.assumed), ("nobody can say", found.unanswered)):
        for text in texts:
            out.print(Text(f"{title}: {clean(text)}", "dim"))
    if found.caveat is not None:
        out.print(Text(clean(found.caveat), "yellow"))


def _after(at: float | None, began: float) -> str:
    return "" if at is None else f"{at - began:+.1f} s"


def _rule(rule: WhatIfRule) -> str:
    if rule.candidate_at is None:
        return f"{rule.signal} would not have come; {rule.readings} events were replayed"
    by = rule.candidate_at - rule.real_at
    word = "earlier" if by < 0 else "later"
    bound = ", or before the history begins" if rule.at_least else ""
    others = f"; and {rule.others} times before, which is not played" if rule.others else ""
    return f"{rule.signal} would have come {abs(by):.1f} s {word}{bound}{others}"


def _ending(run: WhatIfRun) -> str:
    legs = ", ".join(
        f"{leg.name} {leg.service}" for leg in run.legs if leg.state in ("held", "confirmed")
    )
    parts = [run.state or "nothing arranged", legs, run.reason or "", run.stopped or ""]
    return clean("; ".join(part for part in parts if part))


def register(app: typer.Typer) -> None:
    """Add `what-if`."""
    app.command("what-if")(what_if)
