"""Table: reports of runs as rows of a page.

python -m load.chaos.table kill-host.json kill-nats.json
"""

import sys
from pathlib import Path

import msgspec

from load.chaos.report import Report

COLUMNS = (
    "fault", "seed", "min", "played", "acknowledged", "applied", "lost", "doubled",
    "out of order", "effects doubled", "holds left", "at full rate after, s", "passed", "date",
)  # fmt: skip


def row(report: Report) -> list[str]:
    """The cells of one report."""
    recovered = sorted(report.recovery_seconds)
    spread = f"{recovered[0]:.1f} to {recovered[-1]:.1f}" if recovered else ""
    return [
        f"`{report.fault}`", str(report.seed), f"{report.minutes:g}", str(len(report.faults)),
        f"{report.acknowledged:,}", f"{report.applied:,}", str(report.lost),
        str(report.duplicated), str(report.out_of_order), str(report.effects_duplicated),
        str(report.holds_left), spread, "yes" if report.passed else "no", report.date,
    ]  # fmt: skip


def table(reports: list[Report]) -> str:
    """All of them as a table in Markdown."""
    lines = [COLUMNS, ["---"] * len(COLUMNS), *map(row, reports)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def main() -> None:
    """Print the table of the reports that are named."""
    reports = [msgspec.json.decode(Path(name).read_bytes(), type=Report) for name in sys.argv[1:]]
    sys.stdout.write(table(reports))


if __name__ == "__main__":
    main()
