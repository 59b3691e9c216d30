"""Commands that find out about rules and change nothing: check, test, fields, explain."""

import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.text import Text

from deploy.cli import values
from deploy.cli.config import Config
from deploy.cli.connection import client, target
from deploy.cli.output import FAILED, Json, cell, clean, console, plain, put_json, table
from deploy.cli.rule_files import Folder
from deploy.cli.rule_show import KindName
from deploy.cli.values import BadValue
from gateway.client import Client
from gateway.rule_findings import FieldView, FiringView, RuleFile
from gateway.rule_views import ProblemView
from twins.ids import split
from twins.rules.happened import RuleTestResult
from twins.rules.standing import Part

Files = Annotated[
    list[Path], typer.Argument(metavar="PATH…", help="YAML or JSON; or a folder of rules.")
]
Offline = Annotated[
    bool,
    typer.Option("--offline", help="Without a cluster, against the rules that kinds bring."),
]

_STYLES = {"+": "yellow", "-": "red", "!": "red"}


def files_of(paths: Iterable[Path]) -> list[RuleFile]:
    """What stands in files, and in the files of folders of rules; raises `BadValue`."""
    found = []
    for path in paths:
        if path.is_dir():
            folder = Folder(path)
            found += [read_file(one, kind) for kind in folder.kinds() for one in folder.files(kind)]
        else:
            found.append(read_file(path))
    return found


def located(api: Client, files: list[RuleFile], problems: list[ProblemView]) -> list[ProblemView]:
    """The problems of a draft, with file and line where they are in these files.

    A rulebook knows only what the files say, not where.
    """
    checked = api.rules.check(files).kinds if problems else []
    return [problem for one in checked for problem in one.problems] or problems


def read_file(path: Path, kind: str | None = None) -> RuleFile:
    """A file's text; raises `BadValue`."""
    try:
        return RuleFile(path.read_text("utf-8"), str(path), kind)
    except (OSError, UnicodeDecodeError) as error:
        raise BadValue(f"{path} cannot be read: {error}") from error


def check(
    ctx: typer.Context,
    paths: Files,
    offline: Offline = False,
    config: Config = None,
    json: Json = False,
) -> None:
    """Check rules, together with the published ones of their kinds; nothing changes.

    Fails (1) when they could not be published; errors name file, line and word.
    """
    files = files_of(paths)
    if offline:
        target(ctx, json=json)
        found = _alone(config).check(files)
    else:
        with client(ctx, json=json) as api:
            found = api.rules.check(files)
    if json:
        put_json(found)
    else:
        for one in found.kinds:
            for problem in one.problems:
                console().print(Text(clean(problem.text), "red"))
            for warning in one.warnings:
                console().print(Text(f"warning: {clean(warning.text)}", "yellow"))
            if not one.problems:
                text = f"{one.kind}: {len(one.rules)} rules could be published on {one.published}"
                console().print(Text(text, "green"))
    if not found.ok:
        raise typer.Exit(FAILED)


def run_tests(
    ctx: typer.Context,
    paths: Files,
    rules: Annotated[
        list[Path] | None,
        typer.Option("--rules", metavar="PATH", help="Rules to test. Default: the published ones."),
    ] = None,
    offline: Offline = False,
    config: Config = None,
    json: Json = False,
) -> None:
    """Run tests of rules: events in, signals out, and no others. Fails (1) when one does."""
    tests, given = [read_file(path) for path in paths], files_of(rules or [])
    if offline:
        target(ctx, json=json)
        found = _alone(config).test(tests, given)
    else:
        with client(ctx, json=json) as api:
            found = api.rules.test(tests, given)
    if json:
        put_json(found)
    else:
        for result in found.results:
            _show_test(result)
        failed = sum(not result.passed for result in found.results)
        text = f"{len(found.results)} tests, {failed} failed"
        console().print(Text(text, "bold red" if failed else "bold green"))
    if not found.passed:
        raise typer.Exit(FAILED)


def _alone(config: Path | None) -> Any:
    """What the API does, done here, with the kinds that the settings name."""
    from deploy.cli.rule_offline import Offline as Alone  # noqa: PLC0415 - deploy.cli.rule_offline loads the settings and OpenTelemetry, 240 ms

    return Alone(config)


def _show_test(result: RuleTestResult) -> None:
    out = console()
    mark = ("ok    ", "green") if result.passed else ("FAILED", "bold red")
    out.print(Text.assemble(mark, f"  {result.kind}: {clean(result.test)}"))
    for line in () if result.passed else result.lines:
        out.print(Text(f"    {clean(line)}", _STYLES.get(line[:1], "")))


def fields(ctx: typer.Context, kind: KindName, json: Json = False) -> None:
    """List what rules of a kind may name: unit, range, and what twins have of it now."""
    with client(ctx, json=json) as api:
        found = api.rules.fields(kind)
    if json:
        put_json(found)
        return
    rows = table("field", "type", "unit", "range", "from", "known", "now")
    for one in found.fields:
        rows.add_row(
            Text(one.name, "cyan"), one.type, one.unit or "", _range(one), _origin(one),
            "" if one.known is None else f"{one.known} of {found.twins}", _now(one),
        )  # fmt: skip
    out = console()
    out.print(rows)
    out.print(Text(f"events: {', '.join(found.events)}", "dim"))


def _range(one: FieldView) -> Text:
    if one.choices is not None:
        return cell(" ".join(one.choices))
    if one.low is None and one.high is None:
        return Text("")
    low, high = ("" if end is None else plain(end) for end in (one.low, one.high))
    return Text(f"{low} to {high}")


def _origin(one: FieldView) -> str:
    if one.events is not None:
        return ", ".join(one.events)
    return "readings" if one.measured else ""


def _now(one: FieldView) -> Text:
    if one.least is not None and one.most is not None and one.least < one.most:
        return Text(f"{plain(one.least)} to {plain(one.most)}")
    return cell(" ".join(plain(value) for value in one.samples))


def explain(
    ctx: typer.Context,
    signal: Annotated[
        str, typer.Argument(metavar="SIGNAL", help="Its id, for example vehicle/v17~0f3a….")
    ],
    json: Json = False,
) -> None:
    """Say why a rule fired, by the id of the signal that followed."""
    with client(ctx, json=json) as api:
        found = api.rules.explain(signal)
    if json:
        put_json(found)
        return
    show_firing(found)


def show_firing(found: FiringView) -> None:
    """Print why a rule fired, for people."""
    out, why = console(), found.why
    out.print(Text.assemble((found.rule, "bold"), f" of {found.twin_id}, {found.severity}"))
    when = f"{values.iso(found.at)} ({values.age(time.time() - found.at)})"
    shadow = ", in the shadow: nothing followed" if found.shadow else ""
    out.print(Text(f"{when}, by version {found.version} of the rules{shadow}", "dim"))
    out.print(Text(clean(str(why.get("words", ""))), "yellow"))
    rows = table("what", "value")
    for part in ("inputs", "values"):
        for name, value in (why.get(part) or {}).items():
            rows.add_row(Text(clean(name), "cyan"), cell(value))
    for name in ("before", "since", "readings", "undone"):
        if name in why:
            rows.add_row(Text(name, "cyan"), cell(_seen(name, why[name])))
    for name, decided in (why.get("decisions") or {}).items():
        for text in _decided(decided):
            rows.add_row(Text(clean(name), "cyan"), cell(text))
    out.print(rows)
    if found.document is not None:
        text = msgspec.json.format(msgspec.json.encode(found.document), indent=2).decode()
        out.print(Text(clean(text), "dim"))


def _decided(decision: dict[str, Any]) -> Iterator[str]:
    """Which row of a decision table said what, for which values; or why it said nothing."""
    for row in decision.get("rows") or ():
        yield f"row {row['row']} of {row['table']}, by {_pairs(row.get('inputs'))}"
    yield decision.get("failure") or _pairs(decision.get("outputs")) or "no row fits"


def _pairs(found: Any) -> str:
    if isinstance(found, dict):
        return ", ".join(f"{name} {plain(value)}" for name, value in found.items())
    return plain(found)


_STATE_STYLES = {"well": "green", "open": "bold red", "pending": "yellow", "spent": "yellow"}


def why_not(
    ctx: typer.Context,
    rule: Annotated[str, typer.Argument(metavar="RULE", help="For example engine.overheating.")],
    twin_id: Annotated[str, typer.Argument(metavar="TWIN", help="For example vehicle/v17.")],
    json: Json = False,
) -> None:
    """Say why a rule has not fired for a twin: the part of its condition that is false."""
    split(twin_id)
    with client(ctx, json=json) as api:
        found = api.rules.why_not(rule, twin_id)
    if json:
        put_json(found)
        return
    out = console()
    shadow = ", in the shadow" if found.shadow else ""
    out.print(
        Text.assemble(
            (found.rule, "bold"), f" of {found.twin_id} is ",
            (found.state, _STATE_STYLES.get(found.state, "")), f", version {found.version}{shadow}",
        )
    )  # fmt: skip
    out.print(Text(clean(found.words), "yellow"))
    for name, part in (("context", found.context), ("when", found.when)):
        if part is not None:
            out.print(Text(f"{name}:", "dim"))
            _show_part(part, 1)


def _show_part(part: Part, depth: int) -> None:
    marks = {True: ("yes", "green"), False: ("no ", "red"), None: ("   ", "")}
    shown = "" if part.holds is not None or part.value is None else f" is {plain(part.value)}"
    unknown = " is unknown" if part.holds is None and part.value is None else ""
    detail = f"  ({clean(part.detail)})" if part.detail else ""
    line = f"{'  ' * depth}{clean(part.text)}{shown}{unknown}{detail}"
    console().print(Text.assemble("  ", marks[part.holds], line))
    for inner in part.parts:
        _show_part(inner, depth + 1)


def _seen(name: str, value: Any) -> Any:
    return values.iso(value) if name == "since" and isinstance(value, float) else value


def register(app: typer.Typer, group: typer.Typer) -> None:
    """Add the commands: those about files to the group of rules, the others beside it."""
    group.command()(check)
    group.command("test")(run_tests)
    for command in (fields, explain, why_not):
        app.command()(command)
