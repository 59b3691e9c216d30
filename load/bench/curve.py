"""The curve over numbers of partitions, as a drawing."""

import math
from collections.abc import Callable, Sequence

from load.bench.report import Report

PARTITIONS = (4, 8, 16, 32, 64)

WIDTH, HEIGHT, EDGE = 720, 380, 56
TOP = 84
"""Above the plot: room for what the lines are called."""
SERIES: tuple[tuple[str, str, Callable[[Report], float]], ...] = (
    ("CPU µs an event", "#2563eb", lambda report: report.cpu_us_per_event.total),
    ("p99 publish to applied, ms", "#dc2626", lambda r: r.latency_ms.publish_to_applied.p99),
    ("p50 publish to applied, ms", "#ea9a3e", lambda r: r.latency_ms.publish_to_applied.p50),
)


def _step(highest: float) -> float:
    """Between two lines of the grid, a round number: four to ten of them."""
    size: float = 10.0 ** math.floor(math.log10(highest))
    return next(size * part for part in (0.1, 0.2, 0.5, 1.0) if highest / (size * part) <= 10)  # noqa: PLR2004 - lines


def chart(reports: Sequence[Report]) -> str:
    """An SVG of what an event costs, and how long it takes, over the number of partitions."""
    highest = max(read(report) for report in reports for _, _, read in SERIES) or 1.0
    step = _step(highest)
    top = step * math.ceil(highest / step)
    inner_w, inner_h = WIDTH - 2 * EDGE, HEIGHT - EDGE - TOP

    def x(index: int) -> float:
        return EDGE + inner_w * index / max(1, len(reports) - 1)

    def y(value: float) -> float:
        return HEIGHT - EDGE - inner_h * value / top

    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
            'font-family="sans-serif" font-size="12">'
        ),
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
    ]
    for tick in range(round(top / step) + 1):
        value = step * tick
        parts += [
            (
                f'<line x1="{EDGE}" x2="{WIDTH - EDGE}" y1="{y(value):.1f}" y2="{y(value):.1f}" '
                'stroke="#e5e7eb"/>'
            ),
            (
                f'<text x="{EDGE - 8}" y="{y(value) + 4:.1f}" text-anchor="end" fill="#374151">'
                f"{value:g}</text>"
            ),
        ]
    for index, report in enumerate(reports):
        parts.append(
            f'<text x="{x(index):.1f}" y="{HEIGHT - EDGE + 20}" text-anchor="middle" '
            f'fill="#374151">P = {report.partitions}</text>'
        )
    for row, (label, colour, read) in enumerate(SERIES):
        points = " ".join(
            f"{x(index):.1f},{y(read(report)):.1f}" for index, report in enumerate(reports)
        )
        parts += [
            f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>',
            *(
                f'<circle cx="{x(index):.1f}" cy="{y(read(report)):.1f}" r="3.5" fill="{colour}"/>'
                for index, report in enumerate(reports)
            ),
            f'<text x="{EDGE + 12}" y="{24 + 15 * row}" fill="{colour}">{label}</text>',
        ]
    rate = reports[0].offered_events_per_second
    parts += [
        (
            f'<text x="{WIDTH - EDGE}" y="24" text-anchor="end" fill="#374151">'
            f"{rate:,.0f} messages a second offered</text>"
        ),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"
