"""How rules are shown to people, and what several commands about them share."""

import getpass
import time
from typing import Annotated

import typer
from rich.text import Text

from deploy.cli import values
from deploy.cli.output import cell, clean, console, put_json, table
from gateway.rule_views import BookView, DraftView, EditionView, HitsView, StandingView

KindName = Annotated[str, typer.Argument(metavar="KIND", help="For example vehicle.")]
DraftId = Annotated[str, typer.Argument(metavar="DRAFT", help="For example d3.")]
By = Annotated[
    str | None,
    typer.Option("--by", envvar="VIGIL_BY", help="Who you are. Default: your user name here."),
]
Note = Annotated[str, typer.Option("--note", "-m", help="Why.")]


def who(by: str | None) -> str:
    """The person's name: as given, or the user's on this machine."""
    return by or getpass.getuser()


def show_versions(book: BookView) -> None:
    """Show drafts, and the versions that can be gone back to."""
    out, now = console(), time.time()
    out.print(Text(f"{book.kind}, version {book.version}: {len(book.rules)} rules", "bold"))
    if book.drafts:
        rows = table("draft", "of version", "by", "changes", "state", "note")
        for draft in book.drafts:
            rows.add_row(
                Text(draft.id, "bold"), str(draft.base), clean(draft.by), _changes(draft),
                _state(draft, book), cell(draft.note),
            )  # fmt: skip
        out.print(rows)
    if book.editions:
        rows = table("version", "published", "by", "approved by", "rules", "note")
        for edition in book.editions:
            back = "" if edition.back_to is None else f"back to {edition.back_to}. "
            rows.add_row(
                Text(str(edition.number), "bold"), values.age(now - edition.at), clean(edition.by),
                clean(edition.approved_by or ""), str(edition.rules), cell(back + edition.note),
            )  # fmt: skip
        out.print(rows)


def _changes(draft: DraftView) -> str:
    put = [f"+{clean(rule.name)}" for rule in draft.put]
    return " ".join([*put, *(f"-{clean(name)}" for name in draft.remove)])


def _state(draft: DraftView, book: BookView) -> Text:
    if draft.problems:
        return Text("cannot run", "red")
    if draft.base != book.published:
        return Text(f"{book.published} is published since", "yellow")
    if draft.approved_by is not None:
        return Text(f"approved by {clean(draft.approved_by)}", "green")
    return Text("needs approval", "yellow") if book.approval else Text("ready", "green")


def show_standings(standings: list[StandingView], published: int) -> None:
    """Show what each partition runs."""
    rows = table("partition", "version", "since position", "heard", "problem",
                 right=("partition", "version", "since position"))  # fmt: skip
    now = time.time()
    for one in standings:
        heard = "" if one.at is None else values.age(now - one.at)
        problem = "" if one.refused is None else f"cannot run {one.refused}: {one.problem}"
        style = "" if one.version == published else "yellow"
        rows.add_row(
            str(one.partition), Text(str(one.version), style), str(one.position), heard,
            cell(problem, "red") if problem else "",
        )  # fmt: skip
    console().print(rows)


def show_hits(shadows: list[HitsView]) -> None:
    """Show what shadow rules saw."""
    if not shadows:
        return
    rows = table("shadow rule", "hits", "last", "on", right=("hits",))
    now = time.time()
    for one in shadows:
        last = "" if one.last_at is None else values.age(now - one.last_at)
        rows.add_row(clean(one.rule), str(one.count), last, cell(" ".join(reversed(one.twins))))
    console().print(rows)


def show_draft(kind: str, draft: DraftView, book: BookView) -> None:
    """Say what a draft changes, and what has to come next."""
    out = console()
    out.print(Text(f"draft {draft.id} of {kind}, version {draft.base}: {_changes(draft)}", "bold"))
    for problem in draft.problems:
        out.print(Text(clean(problem.text), "red"))
    for warning in draft.warnings:
        out.print(Text(f"warning: {clean(warning.text)}", "yellow"))
    if draft.problems:
        again = f"vigil rules draft FILE --into {draft.id}"
        out.print(Text(f"It is kept, and cannot be published so; put it right with `{again}`."))
    elif book.approval and draft.approved_by is None:
        out.print(
            f"Somebody else has to approve it: `vigil rules approve {kind} {draft.id} --by NAME`"
        )
    else:
        out.print(f"`vigil rules publish {kind} {draft.id}` makes it live.")


def show_edition(kind: str, edition: EditionView, *, json: bool) -> None:
    """Say what was published."""
    if json:
        put_json(edition)
        return
    back = "" if edition.back_to is None else f", which is {edition.back_to} again"
    text = f"version {edition.number} of {kind} is published{back}: {edition.rules} rules"
    console().print(Text(text, "green"))
    console().print(Text(f"`vigil rules status {kind}` says where it is live", "dim"))
