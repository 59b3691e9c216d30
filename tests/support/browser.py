"""A real browser: the system's Chromium, driven by Playwright, which downloads none of its own.

    @needs_chromium
    async def test_something() -> None:
        async with browsing() as browser:
            page = await browser.new_page()

`VIGIL_CHROMIUM` names one that is elsewhere. On Debian: `apt-get install chromium`.
"""

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Browser, async_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")

# Containers give Chromium neither a sandbox nor a GPU, and a test calls nobody but its own servers.
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")


def chromium() -> str | None:
    """The browser's path; None where there is none."""
    found = (shutil.which(name) for name in (os.environ.get("VIGIL_CHROMIUM", ""), *NAMES) if name)
    return next((path for path in found if path is not None), None)


needs_chromium = pytest.mark.skipif(
    chromium() is None, reason="no chromium here: apt-get install chromium, or VIGIL_CHROMIUM=PATH"
)


@asynccontextmanager
async def browsing() -> AsyncIterator[Browser]:
    """Start a browser for this block, with nothing kept of an earlier one."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium(), args=list(FLAGS))
        try:
            yield browser
        finally:
            await browser.close()
