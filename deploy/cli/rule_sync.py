"""Commands that keep a folder and the rulebooks the same: pull and push, with Git as the source."""

from pathlib import Path
from typing import Annotated, Any

import typer
from msgspec import Struct, to_builtins
from rich.text import Text

from deploy.cli.connection import client
from deploy.cli.output import FAILED, Json, clean, console, put_json
from deploy.cli.rule_files import VERSIONS, Change, Folder, change
from deploy.cli.rule_show import By, Note, show_draft, who
from deploy.cli.rule_trials import located, read_file
from deploy.cli.values import BadValue
from gateway.client import Client
from gateway.rule_views import BookView, ProblemView

Dir = Annotated[Path, typer.Argument(metavar="DIR", help="One folder a kind, one file a rule.")]
Kinds = Annotated[
    list[str] | None, typer.Option("--kind", metavar="KIND", help="Only this one. Default: all.")
]

_STYLES = {"+": "green", "-": "red", "@": "cyan"}


class Pulled(Struct):
    """What was done to the files of one kind."""

    kind: str
    version: int
    written: list[str]
    removed: list[str]


def pull(
    ctx: typer.Context,
    folder: Dir,
    kinds: Kinds = None,
    force: Annotated[
        bool, typer.Option("--force", help="Also over what was changed here.")
    ] = False,
    json: Json = False,
) -> None:
    """Write the published rules into a folder, one YAML file a rule; others of the kind go."""
    here = Folder(folder)
    done: list[Pulled] = []
    with client(ctx, json=json) as api:
        for kind in kinds or [book.kind for book in api.rules.books().items]:
            book, rules = api.rules.book(kind), here.rules(kind)
            news = change(kind, rules, book.rules)
            mine = change(kind, _base(api, here, book), rules)
            if news and mine and rules and not force:
                names = ", ".join([*(rule.name for rule in mine.put), *mine.remove])
                raise BadValue(
                    f"{folder / kind} was changed since it was pulled ({names}); push it first, "
                    "or pull with --force to lose that"
                )
            here.write(kind, book.rules)
            here.note(kind, book.published)
            written = [rule.name for rule in news.put]
            done.append(Pulled(kind, book.published, written, news.remove))
    if json:
        put_json(done)
        return
    for one in done:
        text = (
            f"{one.kind}, version {one.version}: {len(one.written)} written, "
            f"{len(one.removed)} removed"
        )
        console().print(Text(text, "green" if one.written or one.removed else "dim"))


def _base(api: Client, here: Folder, book: BookView) -> Any:
    """The rules from which the folder's were made; none where that is not known any more."""
    version = here.versions.get(book.kind, 0)
    if version == book.published:
        return book.rules
    known = {edition.number for edition in book.editions}
    return api.rules.book(book.kind, version).rules if version in known else []


class Pushed(Struct, omit_defaults=True):
    """What came of one kind."""

    kind: str
    base: int
    published: int
    put: list[str] = []
    removed: list[str] = []
    draft: str | None = None
    """What is left for somebody to approve, or to put right."""
    problems: list[ProblemView] = []


def push(
    ctx: typer.Context,
    folder: Dir,
    kinds: Kinds = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", "-n", help="Only show the difference.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Also over what was published since the last pull.")
    ] = False,
    note: Note = "",
    by: By = None,
    json: Json = False,
) -> None:
    """Show how a folder differs from the published rules, and publish it.

    Where a second person has to approve, it leaves a draft. Fails (1) when rules cannot run.
    """
    here = Folder(folder)
    done = []
    with client(ctx, json=json) as api:
        books = [api.rules.book(kind) for kind in kinds or here.kinds()]
        changes = [_difference(here, book, force=force) for book in books]
        for book, news in zip(books, changes, strict=True):
            if not json:
                _show(book, news)
            done.append(
                Pushed(
                    kind=book.kind, base=book.published, published=book.published,
                    put=[rule.name for rule in news.put], removed=news.remove,
                )
            )  # fmt: skip
            if not news:
                here.note(book.kind, book.published)
            elif not dry_run:
                _push(api, here, book, news, done[-1], note=note, by=who(by), quiet=json)
    if json:
        put_json([to_builtins(one) for one in done])
    if any(one.problems for one in done):
        raise typer.Exit(FAILED)


def _difference(here: Folder, book: BookView, *, force: bool) -> Change:
    news = change(book.kind, book.rules, here.rules(book.kind))
    base = here.versions.get(book.kind, 0)
    if news and base != book.published and not force:
        later = [one for one in reversed(book.editions) if one.number > base]
        said = "; ".join(f"{one.number} by {clean(one.by)}" for one in later)
        raise BadValue(
            f"{here.path / book.kind} was made from version {base} of {book.kind} (see {VERSIONS}),"
            f" and since then others were published: {said}; pull first, or push with --force to "
            "undo what they changed"
        )
    return news


def _show(book: BookView, news: Change) -> None:
    out = console()
    if not news:
        out.print(Text(f"{book.kind}: the same as version {book.published}", "dim"))
    for line in news.lines:
        out.print(Text(clean(line), _STYLES.get(line[:1], "")))


def _push(
    api: Client, here: Folder, book: BookView, news: Change, done: Pushed,
    *, note: str, by: str, quiet: bool,
) -> None:  # fmt: skip
    draft = api.rules.draft(book.kind, by, news.put, news.remove, note=note, base=book.published)
    files = [read_file(path, book.kind) for path in here.files(book.kind)]
    draft.problems = located(api, files, draft.problems)
    done.draft, done.problems = draft.id, draft.problems
    if draft.problems or book.approval:
        if not quiet:
            show_draft(book.kind, draft, book)
        return
    edition = api.rules.publish(book.kind, draft.id, by)
    done.draft, done.published = None, edition.number
    here.note(book.kind, edition.number)
    if not quiet:
        console().print(Text(f"{book.kind}: version {edition.number} is published", "green"))


def register(group: typer.Typer) -> None:
    """Add the commands."""
    for command in (pull, push):
        group.command()(command)
