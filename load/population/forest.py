"""Forest: differences with their intervals and the truth, as a drawing; each measure to scale."""

from html import escape
from typing import Final

from load.population.findings import Finding, Findings

WIDTH: Final = 760
ROW: Final = 64
TOP: Final = 74
LEFT: Final = 250
RIGHT: Final = 40

INK, SOFT, LINE = "#14201d", "#55645f", "#dde4e1"
FOUND, TRUE = "#0b6e58", "#b45309"


def forest(found: Findings, title: str) -> str:
    """An SVG: a row for each measure, with 0, the difference, its interval, and the truth."""
    height = TOP + ROW * len(found.measures) + 34
    parts = [
        _tag("svg", xmlns="http://www.w3.org/2000/svg", viewBox=f"0 0 {WIDTH} {height}",
             role="img", aria_label=title, font_family="sans-serif", font_size=13)[:-2] + ">",
        _tag("rect", width=WIDTH, height=height, fill="#ffffff"),
        _text(20, 28, title, INK, font_size=16, font_weight="bold"),
        _text(20, 48, f"treated ({found.treated}) less held out ({found.held_out}), "
              "with intervals of 95 %", SOFT),
    ]  # fmt: skip
    for number, one in enumerate(found.measures):
        parts += _row(one, TOP + ROW * number + ROW / 2)
    y = height - 16
    parts += [
        _tag("circle", cx=26, cy=y - 4, r=5, fill=FOUND),
        _text(38, y, "as vigil outcomes says", SOFT),
        _diamond(226, y - 4),
        _text(238, y, "the truth of this population", SOFT),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _row(one: Finding, y: float) -> list[str]:
    measure, difference = one.measure, one.measure.difference
    parts = [
        _text(20, y - 2, measure.name, INK, font_weight="bold"),
        _text(20, y + 16, _said(one), SOFT),
        _tag("line", x1=20, x2=WIDTH - 20, y1=y + ROW / 2, y2=y + ROW / 2, stroke=LINE),
    ]
    if difference.value is None or difference.interval is None:
        return parts
    low, high = difference.interval
    least, most = min(low, one.truth, 0.0), max(high, one.truth, 0.0)
    span = (most - least) or 1.0

    def x(value: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * (value - least) / span

    none, found = round(x(0.0), 1), round(x(difference.value), 1)
    return [
        *parts,
        _tag("line", x1=none, x2=none, y1=y - 18, y2=y + 20, stroke=SOFT, stroke_dasharray="3 3"),
        _text(none, y - 20, "0", SOFT, text_anchor="middle", font_size=11),
        _tag("line", x1=round(x(low), 1), x2=round(x(high), 1), y1=y, y2=y, stroke=FOUND,
             stroke_width=3),
        _tag("circle", cx=found, cy=y, r=6, fill=FOUND),
        _diamond(x(one.truth), y + 14),
    ]  # fmt: skip


def _tag(name: str, **attributes: object) -> str:
    said = (f'{key.replace("_", "-")}="{escape(str(at))}"' for key, at in attributes.items())
    return f"<{name} {' '.join(said)}/>"


def _text(x: float, y: float, text: str, fill: str, **attributes: object) -> str:
    tag = _tag("text", x=x, y=y, fill=fill, **attributes)
    return f"{tag[:-2]}>{escape(text)}</text>"


def _diamond(x: float, y: float) -> str:
    return _tag("path", d=f"M{x:.1f} {y - 6:.1f}l6 6l-6 6l-6 -6z", fill=TRUE, stroke="#ffffff")


def _said(one: Finding) -> str:
    value, interval = one.measure.difference.value, one.measure.difference.interval
    if value is None or interval is None:
        return "too few"
    form, unit = ("{:+.0%}", "") if one.measure.unit == "share" else ("{:+.1f}", one.measure.unit)
    if unit.startswith("cents "):
        unit, value = unit[6:], value / 100
        interval = (interval[0] / 100, interval[1] / 100)
    low, high = map(form.format, interval)
    return f"{form.format(value)} ({low} to {high}) {unit}".strip()
