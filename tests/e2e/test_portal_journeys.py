# SPDX-License-Identifier: Apache-2.0
"""The main journeys, by people in browsers: data is given and published, and something wrong is taken down."""

from __future__ import annotations

import hashlib
import urllib.error
import urllib.request
from contextlib import ExitStack, contextmanager
from random import Random
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browsers import barriers, chromium, page_of, picture
from tests.servers import Server, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(240)]

PASSWORD = "river mouse candle seven"
BODY = b"name,area\n" + b"".join(b"lake %d,%d\n" % (at, at % 977) for at in range(900_000))
LONG_S = 30_000  # Playwright counts in milliseconds


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """New: nobody has an account yet."""
    with serving(tmp_path_factory.mktemp("journeys") / "server") as opened:
        yield opened


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for all."""
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="module")
def admin(server: Server, browser: Browser) -> Iterator[Page]:
    """The keeper, who became the administrator by the link that the first run told."""
    with page_of(browser) as page:
        page.goto(server.facts["admin_link"])
        fill_account(page, "Keeper")
        yield page


@pytest.fixture(scope="module")
def ana(server: Server, browser: Browser) -> Iterator[Page]:
    """Somebody of a city's office who gives data."""
    with page_of(browser) as page:
        page.goto(f"{server.url}/signup")
        fill_account(page, "Ana")
        yield page


def fill_account(page: Page, name: str) -> None:
    """Name, and a password twice."""
    page.get_by_label("Name").fill(name)
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("input[name=again]").fill(PASSWORD)
    page.locator("main form button").first.click()
    page.get_by_role("link", name=name).first.wait_for()


def answer(url: str) -> tuple[int, bytes]:
    """Status and body."""
    try:
        with urllib.request.urlopen(url, timeout=10) as got:
            return got.status, got.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


def until_published(page: Page) -> None:
    """Look again and again, as somebody would who waits for it."""
    for _ in range(60):
        page.reload()
        if "Published" in page.inner_text("#state"):
            return
        page.wait_for_timeout(500)
    pytest.fail(page.inner_text("main"))


@contextmanager
def broken_line(page: Page, after: int) -> Iterator[None]:
    """The network goes away when so many parts of files were sent, and comes back at the end of the block."""
    seen = 0

    def watch(route: object) -> None:
        nonlocal seen
        seen += 1
        if seen > after:
            route.abort("connectionreset")  # type: ignore[attr-defined]  # of Playwright
        else:
            route.continue_()  # type: ignore[attr-defined]

    page.route("**/api/v1/uploads/*/files/*", watch)
    try:
        yield
    finally:
        page.unroute("**/api/v1/uploads/*/files/*")


def test_data_is_given_over_a_line_that_breaks_reviewed_published_and_fetched_by_another(
    server: Server, browser: Browser, admin: Page, ana: Page, tmp_path: Path
) -> None:
    """From the chosen file to a stranger's proved copy."""
    (tmp_path / "town lakes.csv").write_bytes(BODY)
    ana.goto(f"{server.url}/give")
    picture(ana, "give-desktop")
    assert barriers(ana) == []
    with broken_line(ana, after=1):
        ana.locator("#files").set_input_files(tmp_path / "town lakes.csv")
        ana.locator("#sending").wait_for()
        ana.wait_for_timeout(1_500)
        picture(ana, "give-line-broken")
    ana.wait_for_url("**/uploads/*", timeout=LONG_S)

    expect(ana.locator("#state")).to_contain_text("Checked", timeout=LONG_S)
    picture(ana, "upload-draft")
    assert barriers(ana) == []
    ana.get_by_label("Title").fill("Lakes of the town")
    ana.get_by_label("Description").fill("Every lake, with its area in square metres.")
    ana.locator("#f-license").fill("CC0-1.0")
    ana.get_by_role("button", name="Hand it in").click()
    expect(ana.locator("#state")).to_contain_text("In review", timeout=LONG_S)

    admin.goto(f"{server.url}/review")
    picture(admin, "review-queue")
    admin.get_by_role("link", name="Lakes of the town").click()
    picture(admin, "review-upload")
    assert barriers(admin) == []
    admin.get_by_role("button", name="Approve").click()

    until_published(ana)
    picture(ana, "upload-published")
    server.until("lakes-of-the-town")
    with page_of(browser, accept_downloads=True) as stranger:
        stranger.goto(f"{server.url}/datasets")
        stranger.get_by_role("link", name="Lakes of the town").click()
        stranger.get_by_role("button", name="Fetch here, verified").click()
        stranger.wait_for_selector('[data-state="done"]', timeout=LONG_S)
        with stranger.expect_download() as download:
            stranger.locator("#fetch-files a").first.click()
        download.value.save_as(tmp_path / "fetched.csv")
    assert hashlib.sha256((tmp_path / "fetched.csv").read_bytes()).digest() == hashlib.sha256(BODY).digest()


def test_a_report_leads_to_a_takedown_with_its_reason(
    server: Server, browser: Browser, admin: Page, ana: Page, tmp_path: Path
) -> None:
    """A stranger says what is wrong; the version's page says why it is gone; its files are served no longer."""
    names = tmp_path / "people.csv"
    names.write_bytes(b"name,street\n" + bytes(Random(7).choices(b"abcdefgh,\n", k=5_000)))
    ana.goto(f"{server.url}/give")
    ana.locator("#files").set_input_files(names)
    ana.wait_for_url("**/uploads/*", timeout=LONG_S)
    expect(ana.locator("#state")).to_contain_text("Checked", timeout=LONG_S)
    ana.get_by_label("Title").fill("Streets")
    ana.locator("#f-license").fill("CC0-1.0")
    ana.get_by_role("button", name="Hand it in").click()
    expect(ana.locator("#state")).to_contain_text("In review", timeout=LONG_S)
    admin.goto(f"{server.url}/review")
    admin.get_by_role("link", name="Streets").click()
    admin.get_by_role("button", name="Approve").click()
    until_published(ana)
    server.until("streets")

    with ExitStack() as stack:
        stranger = stack.enter_context(page_of(browser))
        stranger.goto(f"{server.url}/datasets/streets")
        link = stranger.get_by_role("link", name="people.csv").first.get_attribute("href")
        assert link
        assert answer(link) == (200, names.read_bytes())
        stranger.locator("main").get_by_role("link", name="Report a problem").click()
        stranger.get_by_label("Personal data").check()
        stranger.get_by_label("What is wrong").fill("This file names people and where they live.")
        picture(stranger, "report")
        assert barriers(stranger) == []
        stranger.get_by_role("button", name="Send").click()

        admin.goto(f"{server.url}/review")
        admin.get_by_role("link", name="Personal data").click()
        admin.get_by_label("Reason").fill("It names people who live there.")
        picture(admin, "review-report")
        admin.get_by_role("button", name="Take").first.click()

        for _ in range(100):
            stranger.goto(f"{server.url}/datasets/streets")
            if stranger.get_by_text("Withdrawn: do not use").count():
                break
            stranger.wait_for_timeout(200)
        expect(stranger.get_by_text("It names people who live there.")).to_be_visible()
        picture(stranger, "withdrawn")
    assert answer(link)[0] in {404, 410}
