"""Commands about access: a link for a person, tokens for programs, and who did what."""

import time
from typing import Annotated, Any, Final, Literal

import typer
from rich.text import Text

from deploy.cli import values
from deploy.cli.connection import client
from deploy.cli.output import Json, cell, console, errors, put_json, table
from deploy.cli.rule_show import who
from deploy.cli.values import BadValue
from gateway.activity_views import Changed
from gateway.roles import Role

BAD: Final = 400

RoleOption = Annotated[
    list[Role] | None,
    typer.Option("--role", "-r", help="May be given more than once; docs/access.md has the table."),
]
TokenId = Annotated[str, typer.Argument(metavar="TOKEN", help="Its id; `vigil token list` has it.")]


def sign_in(
    ctx: typer.Context,
    role: RoleOption = None,
    name: Annotated[
        str | None, typer.Option(help="For whom. Default: your user name here.")
    ] = None,
    json: Json = False,
) -> None:
    """Print a link that signs a person in at the console: once, within ten minutes."""
    with client(ctx, json=json) as api:
        made = api.access.sign_in(who(name), role or [Role.ADMINISTRATOR])
        url = f"{api.base_url}{made.path}"
    if json:
        put_json({"url": url, "ends": made.ends})
        return
    console().print(Text(url, "bold"), soft_wrap=True)
    console().print(Text(f"Good once, until {values.iso(made.ends)}.", "dim"))


def create(
    ctx: typer.Context,
    name: Annotated[str, typer.Option(help="What it is for; it stands under what is done.")],
    role: RoleOption = None,
    days: Annotated[float, typer.Option(min=0.001, max=3660, help="How long it is good.")] = 90.0,
    forever: Annotated[bool, typer.Option("--forever", help="It never ends by itself.")] = False,
    json: Json = False,
) -> None:
    """Make a token for a program. It is printed once, and kept nowhere."""
    if not role:
        raise BadValue(f"say with --role what it may do: {', '.join(Role)}")
    with client(ctx, json=json) as api:
        made = api.access.make(name, role, None if forever else days)
    if json:
        put_json(made)
        return
    # To be piped into a file or another program: the secret alone.
    console().print(Text(made.secret), soft_wrap=True)
    ends = "never ends" if made.token.ends is None else f"ends {values.iso(made.token.ends)}"
    errors().print(Text(f"{made.token.id}: {', '.join(made.token.roles)}; {ends}", "dim"))


def list_tokens(
    ctx: typer.Context,
    sessions: Annotated[
        bool, typer.Option("--sessions", help="Those who are signed in at the console.")
    ] = False,
    json: Json = False,
) -> None:
    """List the tokens that are good."""
    with client(ctx, json=json) as api:
        found = api.access.tokens(sessions=sessions)
    if json:
        put_json(found)
        return
    rows = table("id", "name", "roles", "made", "by", "ends")
    for one in found.items:
        rows.add_row(
            Text(one.id, "bold"), cell(one.name), ", ".join(one.roles), values.iso(one.made),
            cell(one.by), "never" if one.ends is None else values.iso(one.ends),
        )  # fmt: skip
    console().print(rows)


def revoke(ctx: typer.Context, token_id: TokenId, json: Json = False) -> None:
    """Take a token or a session back; it is worth nothing from now on."""
    with client(ctx, json=json) as api:
        gone = api.access.revoke(token_id)
    if json:
        put_json(gone)
    else:
        console().print(Text(f"{gone.id}, {gone.name}, is revoked", "green"))


def activity(
    ctx: typer.Context,
    who: Annotated[str | None, typer.Option(help="Only what this one did.")] = None,
    what: Annotated[str | None, typer.Option(help="Only this call: publishDraft.")] = None,
    subject: Annotated[
        str | None, typer.Option("--on", help="Only what touched this: vehicle/v17.")
    ] = None,
    since: Annotated[str | None, typer.Option(help="2h, or a time.")] = None,
    refused: Annotated[
        bool, typer.Option("--refused", help="Only what was refused or failed.")
    ] = False,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=1000, help="So many.")] = 30,
    json: Json = False,
) -> None:
    """Show who changed what through the API, the newest first."""
    start = None if since is None else values.moment(since, time.time())
    with client(ctx, json=json) as api:
        page = api.access.activity(
            who=who, what=what, subject=subject, since=start, refused=refused or None, limit=limit
        )
    if json:
        put_json(page)
        return
    rows = table("when", "who", "what", "on", "before", "after", "answer")
    for entry in page.items:
        first = entry.changes[0] if entry.changes else None
        rows.add_row(
            values.iso(entry.at), cell(f"{entry.who} ({entry.via})"), entry.what,
            cell("" if first is None else first.subject), cell(_side(first, "before")),
            cell(_side(first, "after")),
            Text("unknown", "yellow") if entry.status is None
            else Text(str(entry.status), "red" if entry.status >= BAD else "green"),
        )  # fmt: skip
    console().print(rows)
    if page.cursor is not None:
        console().print(Text("There are more; narrow it, or raise --limit.", "dim"))


def _side(change: Changed | None, side: Literal["before", "after"]) -> Any:
    if change is None:
        return None
    found = change.before if side == "before" else change.after
    if found is None and change.masked:
        return f"({', '.join(change.fields) or 'a person'})" if side == "after" else None
    return found


def register(app: typer.Typer) -> None:
    """Add the commands."""
    tokens = typer.Typer(help="Tokens of programs: create, list, revoke.", no_args_is_help=True)
    tokens.command("create")(create)
    tokens.command("list")(list_tokens)
    tokens.command("revoke")(revoke)
    app.add_typer(tokens, name="token")
    app.command("sign-in")(sign_in)
    app.command()(activity)
