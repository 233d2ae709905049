# SPDX-License-Identifier: Apache-2.0
"""Debian's Chromium, driven by Playwright: pages as people see them, and what an accessibility checker says of them."""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.programs import require

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

AXE = Path(__file__).parent / "peers/webtorrent/node_modules/axe-core/axe.min.js"
SIZES = {"desktop": (1280, 900), "tablet": (820, 1100), "phone": (390, 844)}
"""Width and height in CSS pixels."""
SCREENS = os.environ.get("SEEDBED_SCREENS", "")
"""A folder for pictures of pages; none are taken without it."""
_GRAVE = {"serious", "critical"}


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser of its own, without a window."""
    program = require("chromium")
    from playwright.sync_api import sync_playwright  # noqa: PLC0415  # half a second

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def page_of(browser: Browser, *, size: str = "desktop", dark: bool = False, **more: Any) -> Iterator[Page]:
    """A page with a profile of its own; what it complains of fails the test at its end.

    Args:
        browser: Whose.
        size: Of :data:`SIZES`.
        dark: Whether the person likes it dark.
        **more: For the profile, such as ``java_script_enabled=False``.
    """
    width, height = SIZES[size]
    scheme: Any = "dark" if dark else "light"
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme, **more)
    complaints: list[str] = []
    page = context.new_page()
    page.on("pageerror", lambda error: complaints.append(str(error)))
    try:
        yield page
    finally:
        context.close()
    assert complaints == []


def picture(page: Page, name: str) -> None:
    """Keep a picture of the whole page, where somebody wants them."""
    if SCREENS:
        page.screenshot(path=Path(SCREENS) / f"{name}.png", full_page=True)


def barriers(page: Page) -> list[str]:
    """What keeps people from using a page (axe-core, serious and critical), each in a line."""
    if not AXE.exists():
        pytest.skip("axe-core is not installed (make peers)")
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{one['id']}: {node['html'][:150]}"
        for one in found["violations"]
        if one["impact"] in _GRAVE
        for node in one["nodes"]
    ]
