"""Commands about rules: look at them, draft, approve, publish, go back, and see what is live."""

import time
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from deploy.cli import rule_sync, rule_trials, values
from deploy.cli.connection import client
from deploy.cli.output import FAILED, Json, clean, console, put_json, table
from deploy.cli.rule_files import read_files, written
from deploy.cli.rule_show import (
    By,
    DraftId,
    KindName,
    Note,
    show_draft,
    show_edition,
    show_hits,
    show_standings,
    show_versions,
    who,
)
from deploy.cli.rule_trials import files_of, located
from deploy.cli.values import BadValue

# -- looking -------------------------------------------------------------------------------------


def list_books(ctx: typer.Context, json: Json = False) -> None:
    """List the kinds that have rules or drafts."""
    with client(ctx, json=json) as api:
        books = api.rules.books()
    if json:
        put_json(books)
        return
    if not books.items:
        console().print(Text("No kind has rules; `vigil rules draft FILE` begins.", "yellow"))
        return
    rows = table("kind", "version", "rules", "shadows", "drafts", "published",
                 right=("version", "rules", "shadows", "drafts"))  # fmt: skip
    now = time.time()
    for book in books.items:
        when = (
            "never" if book.at is None else f"{values.age(now - book.at)} by {clean(book.by or '')}"
        )
        rows.add_row(
            Text(book.kind, "bold"), str(book.published), str(book.rules), str(book.shadows),
            str(book.drafts), when,
        )  # fmt: skip
    console().print(rows)


def show(
    ctx: typer.Context,
    kind: KindName,
    rule: Annotated[str | None, typer.Argument(metavar="RULE", help="Only this one.")] = None,
    version: Annotated[int | None, typer.Option(min=0, help="An earlier version.")] = None,
    json: Json = False,
) -> None:
    """Show a kind's rules, its drafts, and the versions that can be gone back to."""
    with client(ctx, json=json) as api:
        book = api.rules.book(kind, version)
    if rule is not None:
        book.rules = [one for one in book.rules if one.name == rule]
        if not book.rules:
            raise BadValue(f"version {book.version} of {kind} has no rule {rule}")
    if json:
        put_json(book.rules[0] if rule is not None else book)
        return
    out = console()
    for one in book.rules:
        out.print(Text(clean(written(one))))
    if rule is None:
        show_versions(book)


def status(
    ctx: typer.Context,
    kind: Annotated[
        str | None, typer.Argument(metavar="KIND", help="Default: all that have rules.")
    ] = None,
    json: Json = False,
) -> None:
    """Say in which partitions which version is live, and what shadow rules saw.

    Fails (1) while a published version is not live everywhere.
    """
    with client(ctx, json=json) as api:
        kinds = [book.kind for book in api.rules.books().items] if kind is None else [kind]
        found = [api.rules.status(name) for name in kinds]
    if json:
        put_json(found)
    else:
        for one in found:
            out = console()
            style = "bold green" if one.everywhere else "bold yellow"
            where = "live everywhere" if one.everywhere else "not live everywhere"
            out.print(Text(f"{one.kind}: version {one.published}, {where}", style))
            show_standings(one.partitions, one.published)
            show_hits(one.shadows)
    if not all(one.everywhere for one in found):
        raise typer.Exit(FAILED)


# -- changing ------------------------------------------------------------------------------------


def draft(
    ctx: typer.Context,
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="Rules, YAML or JSON.")],
    remove: Annotated[
        list[str] | None, typer.Option("--remove", metavar="RULE", help="A rule to take out.")
    ] = None,
    into: Annotated[
        str | None, typer.Option("--into", metavar="DRAFT", help="A draft to add this to.")
    ] = None,
    shadow: Annotated[
        bool, typer.Option("--shadow", help="As shadow rules: count, and let nothing follow.")
    ] = False,
    note: Note = "",
    by: By = None,
    json: Json = False,
) -> None:
    """Write a draft of rules of one kind; nothing changes before it is published."""
    found = read_files(files)
    if len(found) != 1:
        raise BadValue(f"a draft is of one kind; these are of {', '.join(sorted(found))}")
    ((kind, rules),) = found.items()
    for rule in rules if shadow else ():
        rule.document, rule.text = {**rule.document, "shadow": True}, ""
    with client(ctx, json=json) as api:
        made = api.rules.draft(kind, who(by), rules, remove or (), note=note, draft=into)
        book = api.rules.book(kind)
        made.problems = located(api, files_of(files), made.problems)
    if json:
        put_json(made)
    else:
        show_draft(kind, made, book)
    if made.problems:
        raise typer.Exit(FAILED)


def approve(
    ctx: typer.Context, kind: KindName, draft_id: DraftId, by: By = None, json: Json = False
) -> None:
    """Agree to a draft that somebody else wrote."""
    with client(ctx, json=json) as api:
        found = api.rules.approve(kind, draft_id, who(by))
    if json:
        put_json(found)
        return
    console().print(Text(f"{draft_id} is approved by {clean(who(by))}", "green"))


def discard(
    ctx: typer.Context, kind: KindName, draft_id: DraftId, by: By = None, json: Json = False
) -> None:
    """Throw a draft away."""
    with client(ctx, json=json) as api:
        found = api.rules.discard(kind, draft_id, who(by))
    if json:
        put_json(found)
        return
    console().print(Text(f"{draft_id} is gone", "green"))


def publish(
    ctx: typer.Context,
    kind: KindName,
    draft_id: DraftId,
    force: Annotated[
        bool,
        typer.Option("--force", help="Put its changes on top of what was published meanwhile."),
    ] = False,
    by: By = None,
    json: Json = False,
) -> None:
    """Make a draft the next version; every partition takes it up within moments."""
    with client(ctx, json=json) as api:
        edition = api.rules.publish(kind, draft_id, who(by), force=force)
    show_edition(kind, edition, json=json)


def rollback(
    ctx: typer.Context,
    kind: KindName,
    version: Annotated[int, typer.Argument(metavar="VERSION", min=0, help="Which comes back.")],
    note: Note = "",
    by: By = None,
    json: Json = False,
) -> None:
    """Publish an earlier version again, as the next one."""
    with client(ctx, json=json) as api:
        edition = api.rules.rollback(kind, version, who(by), note)
    show_edition(kind, edition, json=json)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(no_args_is_help=True, help="What Vigil watches for, and what follows.")
    group.command("list")(list_books)
    for command in (show, status, draft, approve, discard, publish, rollback):
        group.command()(command)
    rule_sync.register(group)
    rule_trials.register(app, group)
    app.add_typer(group, name="rules")
