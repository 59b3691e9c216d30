"""`vigil engagement`: what was learned of how persons are told best, and its switch."""

import time
from typing import Annotated

import typer
from rich.text import Text

from deploy.cli import values
from deploy.cli.connection import client
from deploy.cli.output import Json, cell, clean, console, put_json, table
from deploy.cli.policies import Reason, given_settings
from deploy.cli.rule_show import By, who
from gateway.engagement_views import LearnerView
from gateway.policy_views import EstimateView


def engagement(
    ctx: typer.Context,
    name: Annotated[
        str | None,
        typer.Argument(metavar="NAME", help="What persons are told, offer_service; or all."),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Argument(metavar="KEY=VALUE…", help="learning=false exploration=0.1 control=0.05"),
    ] = None,
    reason: Reason = "",
    by: By = None,
    json: Json = False,
) -> None:
    """Show what was learned of how persons are told best, by segment; or change its settings, live.

    `vigil engagement all learning=false` switches all of it off: everybody is told by the fixed
    policy.
    """
    with client(ctx, json=json) as api:
        if name is None:
            found = api.engagement.all().items
        elif settings:
            given = given_settings(settings, api.engagement.one(name).settings)
            found = [api.engagement.set(name, who(by), given, reason)]
        else:
            found = [api.engagement.one(name)]
    if json:
        put_json(found if name is None else found[0])
        return
    if name is None:
        _list(found)
    else:
        _show(found[0])


def _list(found: list[LearnerView]) -> None:
    rows = table("told", "learning", "contacts", "explored", "learned", "control", "uplift",
                 right=("contacts",))  # fmt: skip
    for one in found:
        rows.add_row(
            Text(clean(one.name), "bold"), _state(one), str(sum(one.did.values())),
            _share(one.explored), _figure(one.learned), _figure(one.control),
            _figure(one.uplift, "+"),
        )  # fmt: skip
    console().print(rows)
    if len(found) == 1:
        console().print(Text("Nobody who lets it be learned was told anything yet.", "yellow"))


def _show(one: LearnerView) -> None:
    out = console()
    out.print(Text.assemble((clean(one.name), "bold"), ": ", _state(one)))
    if not one.exists:
        out.print(Text("Nothing was learned yet.", "yellow"))
    if one.arms:
        rows = table("segment", "dimension", "option", "n", "rate", "95 %", "counts as",
                     right=("n", "rate", "counts as"))  # fmt: skip
        for arm in one.arms:
            rows.add_row(
                cell(arm.segment), arm.dimension, cell(arm.arm), str(arm.n), f"{arm.rate:.1%}",
                f"{arm.low:.1%} to {arm.high:.1%}", f"{arm.counts:.1f}",
            )  # fmt: skip
        out.print(rows)
        out.print(Text(f"learned {_figure(one.learned)}; control {_figure(one.control)}; "
                       f"uplift {_figure(one.uplift, '+')}"))  # fmt: skip
    given = ", ".join(f"{how} {count}" for how, count in one.given.items())
    if given:
        out.print(Text(f"advice: {given}; share of exploration {_share(one.explored)}"))
    did = ", ".join(f"{what} {count}" for what, count in one.did.items())
    if did:
        out.print(Text(f"they did: {did}"))
    rows = table("setting", "value")
    for setting, value in one.settings.items():
        rows.add_row(setting, cell(value))
    out.print(rows)
    if one.changes:
        now = time.time()
        rows = table("changed", "by", "what")
        for change in one.changes:
            rows.add_row(values.age(now - change.at), clean(change.by), cell(change.what))
        out.print(rows)


def _state(one: LearnerView) -> Text:
    return Text("on", "green") if one.learning else Text("off", "bold red")


def _share(share: float | None) -> str:
    return "-" if share is None else f"{share:.1%}"


def _figure(of: EstimateView, sign: str = "") -> str:
    if of.value is None:
        return "-"
    text = format(of.value, f"{sign}.1%")
    if of.interval is not None:
        low, high = of.interval
        text += f" ({low:{sign}.1%} to {high:{sign}.1%})"
    return text


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(engagement)
