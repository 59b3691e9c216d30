"""`vigil cases`: what persons have to decide, with the plan, and their word on it."""

import time
from typing import Annotated

import typer
from rich.text import Text

from deploy.cli import values
from deploy.cli.connection import client
from deploy.cli.output import Json, cell, clean, console, put_json, table
from deploy.cli.rule_show import By, who
from deploy.cli.values import BadValue
from gateway.case_views import CaseLies

CaseId = Annotated[str, typer.Argument(metavar="CASE", help="Its id; `vigil cases list` has it.")]

_STYLES = {"high": "bold red", "normal": "", "low": "dim"}


def list_cases(
    ctx: typer.Context,
    desk: Annotated[str | None, typer.Option(help="Only of this desk: desk/north.")] = None,
    *,
    closed: Annotated[bool, typer.Option("--closed", help="Those closed last.")] = False,
    json: Json = False,
) -> None:
    """List cases, the most urgent first."""
    with client(ctx, json=json) as api:
        found = api.cases.all(desk=desk, closed=closed)
    if json:
        put_json(found)
        return
    now = time.time()
    rows = table("case", "urgency", "worth", "state", "who", "about", "age", "reason")
    for one in found.items:
        reason = one.reason if one.note is None else f"{one.note} ({one.reason})"
        rows.add_row(
            Text(one.id, "bold"), Text(one.urgency, _STYLES[one.urgency]), _worth(one.value_cents),
            f"{one.state}{', proposes' if one.proposes else ''}", one.employee or "nobody",
            one.subject, values.age(now - one.opened_at), cell(reason),
        )  # fmt: skip
    console().print(rows)
    if found.more:
        console().print(Text("There are more; name a desk with --desk.", "yellow"))


def _worth(cents: int | None) -> str:
    return "" if cents is None else f"{cents / 100:,.0f}"


def show(ctx: typer.Context, case_id: CaseId, json: Json = False) -> None:
    """Show one case: what is proposed, why, and all that is known."""
    with client(ctx, json=json) as api:
        found = api.cases.one(case_id)
    if json:
        put_json(found)
        return
    out, one = console(), found.case
    out.print(Text.assemble((one.id, "bold"), f": {one.state} at {one.desk}, ",
                            one.employee or "nobody", ", ",
                            (one.urgency, _STYLES[one.urgency])))  # fmt: skip
    out.print(Text(clean(one.reason)))
    if found.plan:
        rows = table("plan", "required", "after")
        for leg in found.plan:
            rows.add_row(
                cell(leg.get("leg")), "yes" if leg.get("required") else "no",
                ", ".join(map(str, leg.get("after") or [])),
            )  # fmt: skip
        out.print(rows)
    if len(found.tried) > 1:
        out.print(Text(f"given to: {', '.join(found.tried)}"))
    for letter in found.letters:
        became = "on its way" if letter.settled_at is None else letter.channel or letter.reason
        out.print(Text(f"written: {clean(letter.subject)} ({became or 'not told'})"))
    for note in found.notes:
        out.print(Text(f"note: {clean(note)}"))
    if found.context:
        rows = table("known", "")
        for name, value in found.context.items():
            rows.add_row(cell(name), cell(value))
        out.print(rows)
    if one.state != "closed" and one.proposes:
        out.print(Text(f"vigil cases close {one.id} --accept, or --decline", "green"))


def close(
    ctx: typer.Context,
    case_id: CaseId,
    *,
    accept: Annotated[bool, typer.Option("--accept", help="Have it done.")] = False,
    without: Annotated[
        list[str] | None,
        typer.Option("--without", help="With --accept: leave a leg of the plan out: rental."),
    ] = None,
    decline: Annotated[bool, typer.Option("--decline", help="It is not done.")] = False,
    note: Annotated[str, typer.Option("--note", "-m", help="What others should know.")] = "",
    called: Annotated[bool, typer.Option("--called", help="The customer had called.")] = False,
    helped: Annotated[bool, typer.Option("--helped", help="Help is there by now.")] = False,
    cost: Annotated[
        str | None, typer.Option(metavar="CENTS[:CUR]", help="What that cost: 18000:EUR")
    ] = None,
    false_alarm: Annotated[
        bool, typer.Option("--false-alarm", help="There was nothing wrong.")
    ] = False,
    by: By = None,
    json: Json = False,
) -> None:
    """Close a case, in the name of the employee who has it."""
    if accept and decline:
        raise BadValue("--accept and --decline contradict each other")
    verdict = "accept" if accept else "decline" if decline else None
    cents, _, currency = (cost or "").partition(":")
    if cost is not None and not cents.isdecimal():
        raise BadValue(f"{cost!r} is no cost; write whole cents, and a currency: 18000:EUR")
    with client(ctx, json=json) as api:
        found = api.cases.close(
            case_id, who(by), verdict, note, called=called, helped=helped,
            cost_cents=int(cents) if cents else None, currency=currency or None,
            false_alarm=false_alarm, without=without or [],
        )  # fmt: skip
    if json:
        put_json(found)
    else:
        said = f" with {found.verdict}" if found.verdict else ""
        console().print(Text(f"{found.id}: closed{said}, as {found.employee}"))


def take(ctx: typer.Context, case_id: CaseId, by: By = None, json: Json = False) -> None:
    """Take a case, in the name of the employee who has it: it goes to nobody else."""
    with client(ctx, json=json) as api:
        _lies(api.cases.take(case_id, who(by)), json=json)


def note(
    ctx: typer.Context,
    case_id: CaseId,
    text: Annotated[str, typer.Argument(help="What others should know.")],
    by: By = None,
    json: Json = False,
) -> None:
    """Add a note to a case."""
    with client(ctx, json=json) as api:
        _lies(api.cases.note(case_id, who(by), text), json=json)


def hand_over(
    ctx: typer.Context,
    case_id: CaseId,
    to: Annotated[
        str | None,
        typer.Option("--to", help="employee/ben, or desk/south; default: whoever comes next."),
    ] = None,
    note: Annotated[str, typer.Option("--note", "-m", help="What she should know.")] = "",
    by: By = None,
    json: Json = False,
) -> None:
    """Give a case to a colleague at the same desk, or to another desk, taken or not."""
    desk = to if to is not None and to.startswith("desk/") else None
    with client(ctx, json=json) as api:
        found = api.cases.hand_over(case_id, who(by), None if desk else to, note, desk=desk)
        _lies(found, json=json)


def write(
    ctx: typer.Context,
    case_id: CaseId,
    subject: Annotated[str, typer.Argument(help="What it is about.")],
    text: Annotated[str, typer.Argument(help="What is said.")],
    *,
    urgent: Annotated[bool, typer.Option("--urgent", help="Also in her quiet hours.")] = False,
    by: By = None,
    json: Json = False,
) -> None:
    """Write to the customer whose case it is, as her consents and quiet hours allow."""
    with client(ctx, json=json) as api:
        found = api.cases.write(case_id, who(by), subject, text, "high" if urgent else "normal")
    if json:
        put_json(found)
    else:
        console().print(Text(f"{found.customer_id} is written to: message {found.message_id}"))


def caller(
    ctx: typer.Context,
    address: Annotated[str, typer.Argument(help="An e-mail address, or +358 40 123 4567.")],
    country: Annotated[
        str | None, typer.Option(help="Where a number without a country's code is one: FI")
    ] = None,
    json: Json = False,
) -> None:
    """Say who calls or writes, and what of hers is open."""
    with client(ctx, json=json) as api:
        found = api.cases.person(address, country)
    if json:
        put_json(found)
        return
    out = console()
    worth = f"{_worth(found.value_cents)} {found.currency}"
    rest = f": {clean(found.name)}, {found.language}, {worth}"
    out.print(Text.assemble((found.customer_id, "bold"), rest))
    for one in found.cases:
        out.print(Text(f"case {one.id}, {one.urgency}: {clean(one.reason)}", _STYLES[one.urgency]))
    for device in found.devices:
        out.print(Text(f"has {device}"))
    for one_more in found.also:
        out.print(Text(f"perhaps also {one_more}", "yellow"))


def _lies(found: CaseLies, *, json: bool) -> None:
    if json:
        put_json(found)
    else:
        whose = found.desk or found.employee or "nobody"
        console().print(Text(f"{found.id}: {found.state}, {whose}"))


def register(app: typer.Typer) -> None:
    """Add `cases`."""
    cases = typer.Typer(
        help="What persons have to decide: list, show, take, hand over, write, close.",
        no_args_is_help=True,
    )
    cases.command("list")(list_cases)
    cases.command("show")(show)
    cases.command("take")(take)
    cases.command("note")(note)
    cases.command("hand-over")(hand_over)
    cases.command("write")(write)
    cases.command("caller")(caller)
    cases.command("close")(close)
    app.add_typer(cases, name="cases")
