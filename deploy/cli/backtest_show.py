"""What a backtest found, for people."""

from collections.abc import Sequence

from rich.text import Text

from actors.backtest.report import Change, Fired, Report, RuleResult
from deploy.cli import values
from deploy.cli.output import cell, clean, console, table

SHOWN = 3
"""Firings of each sort that are printed, unless more are asked for."""

_STYLES = {Change.NEW: "green", Change.REMOVED: "red", Change.CHANGED: "yellow", Change.SAME: "dim"}


def show_report(report: Report, shown: int = SHOWN) -> None:
    """Print it, with so many firings of each rule and sort."""
    out = console()
    for kind in report.kinds:
        text = f"{kind.kind}: {kind.candidate} candidate rules beside {kind.live} live ones"
        out.print(Text(f"{text}, version {kind.version}", "bold"))
    span = f"{values.iso(report.since)} to {values.iso(report.until)}"
    share = "" if report.share >= 1.0 else f" ({report.share * 100:.3g} % of them)"
    took = f"{values.words(report.seconds)}, {report.events_per_second:,.0f} events a second"
    what = f"{report.events:,} events of {report.twins:,} twins{share}"
    out.print(Text(f"{what}, {span}; {took}", "dim"))
    _rules(report.rules)
    for rule in report.rules:
        _firings(f"{rule.rule}: would be added", "green", rule.only_candidate[:shown], _added(rule))
        _firings(f"{rule.rule}: would be missing", "red", rule.only_live[:shown], _missing(rule))
    _parked(report, shown)
    if not report.events:
        text = "No event of these twins lies in the span, so that it says nothing about the rules."
        out.print(Text(text, "bold yellow"))
    elif not report.differs:
        out.print(Text("The candidate rules fire as the live ones.", "bold green"))
    for caveat in report.caveats:
        out.print(Text.assemble(("! ", "yellow"), (clean(caveat.text), "dim")))


def _added(rule: RuleResult) -> int:
    return rule.candidate - rule.both


def _missing(rule: RuleResult) -> int:
    return rule.live - rule.both


def _rules(rules: Sequence[RuleResult]) -> None:
    numbers = ("candidate", "live", "both", "added", "missing", "twins", "new", "gone")
    rows = table("rule", "change", *numbers, right=numbers)
    for one in rules:
        counts = (
            one.candidate, one.live, one.both, _added(one), _missing(one), one.twins_candidate,
            one.twins_candidate - one.twins_both, one.twins_live - one.twins_both,
        )  # fmt: skip
        rows.add_row(
            Text(clean(one.rule), "bold"), Text(one.change, _STYLES[one.change]),
            *(f"{count:,}" for count in counts),
        )  # fmt: skip
    console().print(rows)


def _firings(title: str, style: str, firings: Sequence[Fired], count: int) -> None:
    if not count:
        return
    out = console()
    more = f", the first {len(firings)}" if count > len(firings) else ""
    out.print(Text(f"{clean(title)}: {count:,}{more}", style))
    rows = table("twin", "time", "why")
    for one in firings:
        rows.add_row(cell(one.twin_id), values.iso(one.at), cell(one.words))
    out.print(rows)


def _parked(report: Report, shown: int) -> None:
    if not report.parked_twins:
        return
    out = console()
    out.print(Text(f"{report.parked_twins:,} times a twin was set aside", "bold red"))
    rows = table("twin", "time", "with", "reason")
    for one in report.parked[:shown]:
        rows.add_row(cell(one.twin_id), values.iso(one.now), f"{one.where} rules", cell(one.reason))
    out.print(rows)
