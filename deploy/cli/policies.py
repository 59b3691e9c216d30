"""`vigil policies`, `outcomes`, `undo`: how far supervisors act, and what that changed."""

import time
from typing import Annotated, Any

import msgspec
import typer
from rich.text import Text

from deploy.cli import values
from deploy.cli.connection import client
from deploy.cli.output import Json, cell, clean, console, put_json, table
from deploy.cli.rule_show import By, who
from deploy.cli.values import BadValue
from gateway.policy_views import EstimateView, MeasureView, OutcomesView, PolicyView

Name = Annotated[str, typer.Argument(metavar="POLICY", help="For example roadside; or all.")]
Reason = Annotated[str, typer.Option("--reason", "-m", help="Why.")]

_STYLES = {"act": "green", "propose": "yellow", "shadow": "dim"}


def list_policies(ctx: typer.Context, json: Json = False) -> None:
    """List policies: their level, how they stand, and what they have done."""
    with client(ctx, json=json) as api:
        found = api.policies.all()
    if json:
        put_json(found)
        return
    rows = table("policy", "level", "state", "right", "under way", "last hour", "used today",
                 right=("under way", "last hour"))  # fmt: skip
    for one in found.items:
        rows.add_row(
            Text(one.name, "bold"), Text(one.level, _STYLES.get(one.level, "")), _state(one),
            _precision(one), str(one.under_way), str(one.begun), _money(one.used_today),
        )  # fmt: skip
    console().print(rows)
    if len(found.items) == 1:
        console().print(Text("No policy has been asked for leave yet.", "yellow"))


def show(ctx: typer.Context, name: Name, json: Json = False) -> None:
    """Show one policy: its level and why it has it, its settings, and who changed what."""
    with client(ctx, json=json) as api:
        found = api.policies.one(name)
    _show(found, json=json)


def _show(one: PolicyView, *, json: bool) -> None:
    if json:
        put_json(one)
        return
    out = console()
    out.print(Text.assemble((one.name, "bold"), ": ", (one.level, _STYLES.get(one.level, "")),
                            ", ", _state(one)))  # fmt: skip
    if not one.exists:
        out.print(Text("No supervisor has asked it for anything yet.", "yellow"))
    rows = table("setting", "value")
    for setting, value in one.settings.items():
        rows.add_row(setting, cell(value))
    out.print(rows)
    out.print(Text(f"right: {_precision(one)}; under way: {one.under_way}; "
                   f"begun in the last hour: {one.begun}; "
                   f"used today: {_money(one.used_today) or 'nothing'}"))  # fmt: skip
    given = ", ".join(f"{leave} {count}" for leave, count in one.given.items())
    if given:
        out.print(Text(f"leave given: {given}"))
    if one.changes:
        now = time.time()
        rows = table("changed", "by", "what")
        for change in one.changes:
            rows.add_row(values.age(now - change.at), clean(change.by), cell(change.what))
        out.print(rows)


def _state(one: PolicyView) -> Text:
    if one.stopped is not None:
        return Text(clean(one.stopped), "bold red")
    if one.breaker is not None:
        away = one.breaker.turned_away
        return Text(f"breaker open, {away} turned away, case {one.breaker.case_id}", "bold red")
    return Text("running", "green")


def _precision(one: PolicyView) -> str:
    found = one.precision
    if not found.n:
        return "no verdicts"
    return f"{found.right} of {found.n} ({found.low:.0%} to {found.high:.0%})"


def _money(cents: dict[str, int]) -> str:
    return ", ".join(f"{amount / 100:.2f} {name}" for name, amount in sorted(cents.items()))


def set_policy(
    ctx: typer.Context,
    name: Name,
    settings: Annotated[
        list[str],
        typer.Argument(metavar="KEY=VALUE…", help="level=propose holdout=0.1 day_cents.EUR=500000"),
    ],
    reason: Reason = "",
    by: By = None,
    json: Json = False,
) -> None:
    """Change settings of a policy, live. `policies show` lists what there is.

    Limits are in cents by currency, `day_cents.EUR=500000`; those that are not named stay.
    `day_cents.EUR=null` takes one away, `day_cents={}` all of them.
    """
    with client(ctx, json=json) as api:
        given = given_settings(settings, api.policies.one(name).settings)
        found = api.policies.set(name, who(by), given, reason)
    _show(found, json=json)


def given_settings(settings: list[str], before: dict[str, Any]) -> dict[str, Any]:
    """Settings as typed: JSON, or a word; `a.b=c` is an entry of `a`, gone by null."""
    given: dict[str, Any] = {}
    for one in settings:
        key, equals, text = one.partition("=")
        if not equals or not key:
            raise BadValue(f"{one!r} is no setting; write level=propose or day_cents.EUR=500000")
        try:
            value = msgspec.json.decode(text)
        except msgspec.DecodeError:
            value = text
        outer, dot, inner = key.partition(".")
        if dot:
            entries = given.get(outer, before.get(outer, {}))
            if not isinstance(entries, dict):
                raise BadValue(f"{outer} has no entries; write {outer}={text}")
            value = {**entries, inner: value}
            if value[inner] is None:
                del value[inner]
        given[outer] = value
    return given


def stop(
    ctx: typer.Context, name: Name, reason: Reason = "", by: By = None, json: Json = False
) -> None:
    """Stop a policy, or `all`: nothing new is held or confirmed, what is held is given back."""
    with client(ctx, json=json) as api:
        found = api.policies.stop(name, who(by), reason)
    _show(found, json=json)


def resume(
    ctx: typer.Context, name: Name, reason: Reason = "", by: By = None, json: Json = False
) -> None:
    """Let a policy, or `all`, go on; closes the breaker, too."""
    with client(ctx, json=json) as api:
        found = api.policies.resume(name, who(by), reason)
    _show(found, json=json)


# -- outcomes ------------------------------------------------------------------------------------


def outcomes(
    ctx: typer.Context,
    name: Annotated[
        str | None, typer.Argument(metavar="POLICY", help="Default: each of them.")
    ] = None,
    so_far: Annotated[
        bool,
        typer.Option("--so-far", help="With those who are still followed, as it stands by now."),
    ] = False,
    json: Json = False,
) -> None:
    """Say what a policy changed for customers: those treated against those held out."""
    with client(ctx, json=json) as api:
        found = api.policies.outcomes(name, so_far=so_far)
    if json:
        put_json(found)
        return
    if not found:
        console().print(Text("No policy has been asked for leave yet.", "yellow"))
    for one in found:
        show_outcomes(one)


def show_outcomes(one: OutcomesView) -> None:
    """Print what a policy changed, as a table."""
    out = console()
    out.print(Text(f"{one.policy}: {one.holdout:.1%} held out, {one.following} still followed",
                   "bold"))  # fmt: skip
    rows = table("measure", "treated", "n", "held out", "n", "difference", right=("n",))
    for measure in one.measures:
        rows.add_row(
            f"{measure.name} ({measure.unit})", _figure(measure, measure.treated),
            str(measure.treated.n), _figure(measure, measure.held_out), str(measure.held_out.n),
            _figure(measure, measure.difference),
        )  # fmt: skip
    out.print(rows)
    avoided = one.calls_avoided
    if avoided.value is None or avoided.interval is None:
        out.print(Text("calls avoided: unknown, nobody is held out or followed to the end yet"))
    else:
        low, high = avoided.interval
        out.print(Text(f"calls avoided: {avoided.value:.0f} of {avoided.n} ({low:.0f} to "
                       f"{high:.0f})"))  # fmt: skip


def figure(unit: str, value: float) -> str:
    """One figure of a measure."""
    return f"{value:.1%}" if unit == "share" else f"{value:.1f}"


def _figure(measure: MeasureView, one: EstimateView) -> str:
    if one.value is None:
        return "-"
    text = figure(measure.unit, one.value)
    if one.interval is None:
        return f"{text} (too few)"
    low, high = (figure(measure.unit, end) for end in one.interval)
    return f"{text} ({low} to {high})"


# -- undo ----------------------------------------------------------------------------------------


def undo(
    ctx: typer.Context,
    arrangement_id: Annotated[str, typer.Argument(metavar="ARRANGEMENT")],
    supervisor: Annotated[
        str | None, typer.Option("--supervisor", help="Whose it is. Default: it is searched.")
    ] = None,
    by: By = None,
    json: Json = False,
) -> None:
    """Take an arrangement back, as far as providers take it back; says what stays."""
    with client(ctx, json=json) as api:
        found = api.policies.undo(arrangement_id, who(by), supervisor)
    if json:
        put_json(found)
        return
    out = console()
    if found.undoing:
        out.print(Text(f"being given back: {', '.join(map(clean, found.undoing))}", "green"))
        out.print(Text(f"`vigil get {clean(found.supervisor)}` says what providers answer."))
    else:
        out.print(Text("Nothing of it is held or booked.", "yellow"))
    for what, why in found.cannot.items():
        out.print(Text(f"cannot be undone: {clean(what)}: {clean(why)}", "yellow"))


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(no_args_is_help=True, help="How far supervisors may act by themselves.")
    group.command("list")(list_policies)
    group.command("set")(set_policy)
    for command in (show, stop, resume):
        group.command()(command)
    app.add_typer(group, name="policies")
    app.command()(outcomes)
    app.command()(undo)
