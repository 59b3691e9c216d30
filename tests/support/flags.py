"""Flags: what the map says of each truck on its way, one word after the other.

await watch_flags(page)                       # from now on
away, left = await said_of(page, "tow_operator/t1")
"""

import re
from typing import Final

from playwright.async_api import Page

_WATCH: Final = """() => {
  const said = window.vigilFlags = {};
  const look = () => document.querySelectorAll(".flag").forEach(flag => {
    const all = said[flag.title.split(",")[0]] ??= [];
    if (all.at(-1)?.join() !== [flag.textContent, flag.title].join())
      all.push([flag.textContent, flag.title]);
  });
  new MutationObserver(look).observe(document.body, {
    subtree: true, childList: true, characterData: true, attributeFilter: ["title"],
  });
  look();
}"""

_UNITS: Final = {"km": 1.0, "m": 0.001, "s": 1.0, "min": 60.0, "h": 3600.0}


async def watch_flags(page: Page) -> None:
    """Write down what flags say, whenever one says something else."""
    await page.evaluate(_WATCH)


async def said_of(page: Page, company: str) -> tuple[list[float], list[float]]:
    """How far a company's truck was away, in km, and how long it still took, in seconds."""
    said: list[tuple[str, str]] = (await page.evaluate("window.vigilFlags"))[company]
    away = [_number(title, r"/\w+,") for _, title in said]
    left = [_number(text, "in") for text, _ in said]
    return [km for km in away if km is not None], [s for s in left if s is not None]


def _number(text: str, before: str) -> float | None:
    found = re.search(before + r" ([\d.]+) (km|m|min|s|h)\b", text)
    return float(found[1]) * _UNITS[found[2]] if found else None
