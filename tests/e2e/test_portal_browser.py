# SPDX-License-Identifier: Apache-2.0
"""A reader's journey in a real browser: find, look, fetch within the page; on every size, with and without scripts."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browsers import SIZES, barriers, chromium, page_of, picture
from tests.servers import Server, serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(180)]

SAMPLE = Path(__file__).parents[2] / "examples/data/sample"
PAGES = ("/", "/datasets", "/datasets/cities-and-lakes", "/datasets/cities-and-lakes/2026-11/files", "/at-risk",
         "/recent", "/commons", "/collections", "/login")  # fmt: skip
MOST_BYTES = 200_000


def publish(server: Server, source: Path, version: str) -> None:
    """As the server's worker does it."""
    mirror = f"file://{server.folder}/data?public={server.files}/webseed/"
    words = [
        "--dataset",
        "cities-and-lakes",
        "--version",
        version,
        "--title",
        "Cities and lakes",
        "--license",
        "CC0-1.0",
    ]
    catalog = ["--catalog", str(server.folder / "catalog"), "--mirror", mirror, "--lan", "--keyword", "lakes"]
    command = [sys.executable, "-m", "seedbed", "publish", str(source), *words, *catalog, "--threat", "at-risk"]
    subprocess.run(command, env=server.environment, check=True, capture_output=True, timeout=60)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """With two versions of a dataset: lakes to draw, cities to list."""
    folder = tmp_path_factory.mktemp("portal")
    with serving(folder / "server") as opened:
        source = folder / "cities-and-lakes"
        shutil.copytree(SAMPLE, source)
        publish(opened, source, "2026-10")
        (source / "NOTES.txt").write_text("Cities of one more month.\n")
        publish(opened, source, "2026-11")
        opened.until("cities-and-lakes/2026-11")
        yield opened


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for all."""
    with chromium() as opened:
        yield opened


def test_a_reader_finds_a_dataset_and_fetches_it_in_the_page(server: Server, browser: Browser, tmp_path: Path) -> None:
    """From the first word to the saved file: its bytes are the publisher's, every piece was proved."""
    with page_of(browser, accept_downloads=True) as page:
        page.goto(server.url)
        page.get_by_placeholder("Lakes, orthophoto").fill("lak")
        page.get_by_role("button", name="Search").click()
        page.get_by_role("link", name="Cities and lakes").first.click()
        page.get_by_role("button", name="Fetch here, verified").click()
        page.wait_for_selector('[data-state="done"]', timeout=60_000)
        picture(page, "fetched-here")
        with page.expect_download() as download:
            page.locator("#fetch-files").get_by_role("link", name="world-cities.csv").click()
        download.value.save_as(tmp_path / "got.csv")

    assert (tmp_path / "got.csv").read_bytes() == (SAMPLE / "world-cities.csv").read_bytes()


def draw(page: Page, first: tuple[float, float], last: tuple[float, float]) -> None:
    """A box on the map of the world, by parts of its width and height."""
    frame = page.locator("#map-box svg").bounding_box()
    assert frame
    for at, (x, y) in enumerate((first, last)):
        page.mouse.move(frame["x"] + frame["width"] * x, frame["y"] + frame["height"] * y)
        (page.mouse.up if at else page.mouse.down)()


def test_hits_come_while_somebody_types_and_the_address_follows(server: Server, browser: Browser) -> None:
    """A bookmark leads to the same list; a box drawn on the map narrows it down."""
    with page_of(browser) as page:
        page.goto(f"{server.url}/datasets")
        page.get_by_label("Words").press_sequentially("lakez")
        page.get_by_text("0 found").wait_for()
        page.get_by_label("Words").fill("lakes")
        page.get_by_text("1 found").wait_for()
        assert page.url.endswith("/datasets?q=lakes")
        page.get_by_text("Place and time").click()
        draw(page, (0.9, 0.9), (0.95, 0.95))  # of Antarctica nothing is here
        page.get_by_text("0 found").wait_for()
        draw(page, (0.2, 0.2), (0.4, 0.4))
        page.get_by_text("1 found").wait_for()
        assert "west=-108" in page.url
        page.get_by_role("button", name="Clear the box").click()
        page.wait_for_url(lambda url: "west" not in url)


def test_a_look_inside_comes_after_the_page(server: Server, browser: Browser) -> None:
    """The map of the lakes."""
    with page_of(browser) as page:
        page.goto(f"{server.url}/datasets/cities-and-lakes")
        page.locator("#preview svg").wait_for(timeout=30_000)


@pytest.mark.parametrize(("size", "scheme"), [("desktop", "light"), ("desktop", "dark"), ("tablet", ""), ("phone", "")])
def test_every_page_fits_every_size_and_keeps_nobody_out(
    server: Server, browser: Browser, size: str, scheme: str
) -> None:
    """No page is wider than its window; none has a serious barrier, light or dark."""
    with page_of(browser, size=size, dark=scheme == "dark") as page:
        for path in PAGES:
            page.goto(server.url + path)
            picture(page, f"{path.strip('/').replace('/', '-') or 'start'}-{size}-{scheme or 'light'}")
            assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[size][0], path
            if size != "tablet":
                assert barriers(page) == [], path


def test_the_checker_sees_a_barrier(browser: Browser) -> None:
    """It is there, and looks."""
    with page_of(browser) as page:
        page.set_content("<html lang=en><title>x</title><main><input><img src=x></main>")
        assert len(barriers(page)) == 2


def test_without_scripts_a_reader_finds_and_downloads_too(server: Server, browser: Browser) -> None:
    """By links and forms alone; the first page is small."""
    with page_of(browser, java_script_enabled=False) as page:
        sizes: list[int] = []
        page.on("response", lambda answer: sizes.append(len(answer.body())))
        page.goto(server.url)
        assert sum(sizes) < MOST_BYTES
        page.get_by_placeholder("Lakes, orthophoto").fill("cities")
        page.get_by_role("button", name="Search").click()
        page.get_by_role("link", name="Cities and lakes").first.click()
        assert page.get_by_role("link", name=".torrent").get_attribute("href")
        link = page.get_by_role("link", name="world-cities.csv").get_attribute("href")
        assert link
        assert page.request.get(link).body() == (SAMPLE / "world-cities.csv").read_bytes()


def test_the_keyboard_alone_is_enough(server: Server, browser: Browser) -> None:
    """The first stop leads past the menu, and what is chosen is seen."""
    with page_of(browser) as page:
        page.goto(f"{server.url}/datasets")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "main"
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.id") == "q"
        page.keyboard.type("lakes")
        page.get_by_text("1 found").wait_for()
