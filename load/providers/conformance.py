"""The conformance kit: does a provider keep the contract?

`python -m load.providers.conformance http://127.0.0.1:8080/providers/t1` holds, confirms and
releases what the provider offers for its trial request, so run it where that costs nothing. It
takes a few seconds, most of them to see a hold lapse. Exit status 1 if a check fails.
"""

import asyncio
import json
import uuid
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Annotated, Final

import httpx2
import typer
from pydantic import ValidationError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from load.providers.checks import CHECKS
from load.providers.contract import AvailabilityRequest, Description
from load.providers.probe import CheckFailedError, Probe, answered

DESCRIPTION_CHECK: Final = "the provider describes itself"
CHECK_NAMES: Final = (DESCRIPTION_CHECK, *(check.__name__.replace("_", " ") for check in CHECKS))

# What a broken provider can do to its caller: refuse, garble, hang up, or not be there at all.
_FAULTS: Final = (
    CheckFailedError,
    ValidationError,
    ValueError,
    RecursionError,
    OSError,
    httpx2.HTTPError,
    httpx2.InvalidURL,
)


@dataclass(frozen=True)
class CheckResult:
    """How one check went."""

    name: str
    passed: bool
    detail: str
    """What the provider did instead; empty if it passed."""


async def check_provider(
    base_url: str,
    client: httpx2.AsyncClient,
    *,
    trial: AvailabilityRequest | None = None,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    on_result: Callable[[CheckResult], None] | None = None,
) -> list[CheckResult]:
    """Check whether a provider keeps the contract.

    Args:
        base_url: Of the provider, `http://host:port/providers/{provider_id}`.
        client: Calls it; its timeouts decide when an answer counts as missing.
        trial: A request that yields an offer; None: the one of the provider's description.
        sleep: Waits for a hold to lapse, in seconds of the provider's clock.
        on_result: Told of each result as it comes.

    Returns:
        One result for each name in `CHECK_NAMES`, in order. A provider that cannot be reached or
        answers nonsense fails checks; it raises nothing.
    """
    results: list[CheckResult] = []

    def note(name: str, detail: str) -> None:
        result = CheckResult(name, passed=not detail, detail=detail)
        results.append(result)
        if on_result is not None:
            on_result(result)

    base_url = base_url.rstrip("/")
    try:
        description = Description.model_validate(answered(await client.get(base_url)))
        trial = trial or description.trial
        note(DESCRIPTION_CHECK, "")
    except _FAULTS as fault:
        note(DESCRIPTION_CHECK, _told(fault))
    for name, check in zip(CHECK_NAMES[1:], CHECKS, strict=True):
        if trial is None:
            note(name, "not run: the provider names no trial request, and none was given")
            continue
        # Each check has a probe of its own: what one leaves behind is no other's fault.
        probe = Probe(base_url, client, trial, uuid.uuid4().hex[:12], sleep)
        try:
            await check(probe)
        except _FAULTS as fault:
            note(name, _told(fault))
        else:
            note(name, "")
        # What the provider does wrong here, a check of releases reports.
        with suppress(*_FAULTS):
            await probe.clean_up()
    return results


def _told(fault: Exception) -> str:
    """Return in one line what went wrong."""
    if isinstance(fault, CheckFailedError):
        return str(fault)
    if isinstance(fault, ValidationError):
        faults = "; ".join(
            f"{'.'.join(map(str, each['loc'])) or 'all of it'}: {each['msg']}"
            for each in fault.errors()[:4]
        )
        return f"the answer is no {fault.title}: {faults}"
    if isinstance(fault, (ValueError, RecursionError)):
        return f"the answer is no JSON: {fault}"
    return f"no answer: {type(fault).__name__} {fault}".rstrip()


async def _run(
    url: str, trial: AvailabilityRequest | None, timeout_s: float, console: Console
) -> list[CheckResult]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("conformance", total=len(CHECK_NAMES))

        def advance(result: CheckResult) -> None:
            progress.update(task, advance=1, description=result.name)

        async with httpx2.AsyncClient(timeout=timeout_s) as client:
            return await check_provider(url, client, trial=trial, on_result=advance)


def main(
    url: Annotated[str, typer.Argument(help="http://host:port/providers/{provider_id}")],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Results as JSON.")] = False,
    trial: Annotated[
        str | None, typer.Option(help="Availability request that yields an offer, as JSON.")
    ] = None,
    timeout_s: Annotated[float, typer.Option(min=0.1, help="For each answer.")] = 5.0,
) -> None:
    """Check a provider against the contract; exit status 1 if a check fails."""
    try:
        request = AvailabilityRequest.model_validate_json(trial) if trial else None
    except ValidationError as error:
        raise typer.BadParameter(f"--trial: {error}") from error
    # The progress goes to stderr, so that stdout is the results alone.
    results = asyncio.run(_run(url, request, timeout_s, Console(stderr=True)))
    failed = sum(not result.passed for result in results)
    if as_json:
        typer.echo(json.dumps([asdict(result) for result in results], indent=2))
    else:
        table = Table("", "check", "what it did instead")
        for result in results:
            mark = "[green]ok" if result.passed else "[red]FAILED"
            table.add_row(mark, result.name, result.detail.replace("[", "\\["))
        console = Console()
        console.print(table)
        console.print(f"{len(results) - failed} of {len(results)} checks passed: {url}")
    raise typer.Exit(1 if failed else 0)


if __name__ == "__main__":
    typer.run(main)
