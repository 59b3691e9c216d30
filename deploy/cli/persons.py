"""Commands about one person: export, erase. They use the node's privacy token."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.text import Text

from deploy.cli import values
from deploy.cli.connection import target
from deploy.cli.output import FAILED, Json, clean, console, put_json, table
from deploy.cli.values import BadValue
from deploy.remains import Sought, search, sorted_out, texts_of
from gateway.certifying import BadCertificate, check_certificate
from twins.ids import split

PRIVATE = 0o600

PersonId = Annotated[
    str, typer.Argument(metavar="PERSON", help="The person's twin, for example customer/c1.")
]

exporting = typer.Typer(name="export", help="Write out what Vigil holds.", no_args_is_help=True)


@exporting.callback()
def _exporting() -> None:
    """Write out what Vigil holds."""


@exporting.command()
def person(
    ctx: typer.Context,
    person_id: PersonId,
    to: Annotated[Path, typer.Option("--to", help="The file to write: JSON lines.")],
) -> None:
    """Write all that Vigil holds of a person: her twins, and their events while they were hers."""
    split(person_id)
    lines = 0
    draft = to.with_name(f".{to.name}.part")
    with target(ctx).privacy_client() as api, _private(draft) as file:
        for item in api.export(person_id):
            file.write(msgspec.json.encode(item) + b"\n")
            lines += 1
    draft.replace(to)
    console().print(Text(f"{lines} items in {to}", "green"))


@contextmanager
def _private(path: Path) -> Iterator[Any]:
    """A new file that its owner alone may read."""
    path.unlink(missing_ok=True)
    path.touch(mode=PRIVATE)
    with path.open("wb") as file:
        yield file


def erase(
    ctx: typer.Context,
    person_id: PersonId,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    check: Annotated[
        bool,
        typer.Option("--check", help="Erase nothing: search all files for what is left of her."),
    ] = False,
    export: Annotated[
        Path | None,
        typer.Option(
            "--export",
            exists=True,
            dir_okay=False,
            help="With --check: an export of hers, made before, whose texts are searched for.",
        ),
    ] = None,
    value: Annotated[
        list[str] | None,
        typer.Option("--value", help="With --check: one more text to search for."),
    ] = None,
    shared: Annotated[
        list[Path] | None,
        typer.Option(
            "--shared",
            exists=True,
            help="With --export: a file or folder without anything of hers, another's export or "
            "the rules say; texts that stand there, too, are not hers alone, and left out.",
        ),
    ] = None,
    where: Annotated[
        Path | None,
        typer.Option(
            "--in", exists=True, file_okay=False, help="With --check: a folder, a backup say."
        ),
    ] = None,
    certificate: Annotated[
        Path | None,
        typer.Option(
            "--certificate",
            exists=True,
            dir_okay=False,
            help="Erase nothing: check a certificate of hers that was kept, as JSON.",
        ),
    ] = None,
    signer: Annotated[
        str | None,
        typer.Option("--signer", help="With --certificate: whose it must be; default: the node's."),
    ] = None,
    json: Json = False,
) -> None:
    """Erase a person for good: what she said, what her devices measured, what was arranged.

    Her key is thrown away, so that logs and backups show nothing of her either. There is no way
    back. Keep the certificate that is printed.
    """
    split(person_id)
    if check:
        folder = where or target(ctx, json=json).folder
        _check(folder, person_id, value or [], _sought(export, shared or []), json=json)
        return
    if certificate is not None:
        with ExitStack() as stack:
            if signer is None:
                signer = stack.enter_context(target(ctx, json=json).privacy_client()).signer()
            _verify(certificate, person_id, signer, json=json)
        return
    if not yes:
        typer.confirm(
            f"Erase {person_id}, and all that is hers, for good? Nobody can undo it", abort=True
        )
    with target(ctx, json=json).privacy_client() as api:
        erased = api.erase(person_id)
    if json:
        put_json(erased)
        return
    _show(erased)


def _verify(file: Path, person_id: str, signer: str, *, json: bool) -> None:
    """Check a certificate that was kept; raises `BadValue` where it is not good."""
    try:
        certificate = msgspec.json.decode(file.read_bytes(), type=dict[str, Any])
        check_certificate(certificate, signer)
    except (msgspec.DecodeError, UnicodeDecodeError, BadCertificate) as error:
        raise BadValue(f"{file} is no good certificate: {error}") from error
    if certificate.get("person") != person_id or certificate.get("done") is None:
        raise BadValue(f"{file} says nothing of {person_id} being erased")
    if json:
        put_json(certificate)
    else:
        _show(certificate)
        console().print(Text(f"signed by {signer}", "green"))


def _show(certificate: dict[str, Any]) -> None:
    out = console()
    out.print(Text(f"{certificate['person']} is erased", "bold green"))
    rows = table("what", "")
    rows.add_row("erasure", certificate["id"])
    rows.add_row("done", values.iso(certificate["done"]))
    rows.add_row("keys thrown away", ", ".join(map(str, certificate["key_ids"])))
    for twin, (partition, position) in sorted(certificate["twins"].items()):
        rows.add_row(clean(twin), f"position {position} of partition {partition}")
    rows.add_row("dead letters deleted", str(certificate["letters"]))
    rows.add_row("signed by", clean(certificate["signed_by"]))
    out.print(rows)


def _sought(export: Path | None, shared: list[Path]) -> Sought:
    """Which texts of an export are searched for. Raises `BadValue` where it is none."""
    if export is None:
        return sorted_out([], [])
    try:
        items = [msgspec.json.decode(line) for line in export.read_bytes().splitlines()]
    except msgspec.DecodeError as error:
        raise BadValue(f"{export} is no export of a person: {error}") from error
    return sorted_out(texts_of(items), shared)


def _check(folder: Path, person_id: str, more: list[str], sought: Sought, *, json: bool) -> None:
    texts = [*more, *sought.hers]
    ids = list(dict.fromkeys([person_id, *sought.ids]))
    remains = search(folder, [*ids, *texts])
    found = [one for one in remains if one.text in texts]
    left = [one for one in remains if one.text not in texts]
    if json:
        put_json(
            {
                "searched": len(texts), "found": found, "pseudonyms": left,
                "shared": sought.shared,
            }
        )  # fmt: skip
    else:
        out = console()
        for one in found:
            text = f"{one.file}: {clean(one.text)!r} {one.count} times"
            out.print(Text(text, "red"))
        files = len({one.file for one in left})
        out.print(
            Text(
                f"{len(texts)} texts searched for in {folder}, {len(found)} finds; {len(ids)} ids "
                f"stand in {files} files, as pseudonyms; {len(sought.shared)} texts are others', "
                "too, and left out",
                "red" if found else "green",
            )
        )
        if not texts:
            out.print(Text("Give --export or --value: there was nothing to search for.", "yellow"))
    if found:
        raise typer.Exit(FAILED)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(exporting)
    app.command()(erase)
