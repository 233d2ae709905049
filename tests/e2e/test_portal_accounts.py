# SPDX-License-Identifier: Apache-2.0
"""People at the portal in a real browser: getting in, one's own account, review, report, takedown, administration."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

import pytest

from seedbed.portal.accounts import invitations, organisations, people
from seedbed.portal.review import jobs
from seedbed.portal.uploads import draft_files, drafts
from seedbed.portal.uploads.tables import uploads
from tests import openid
from tests.browsers import SIZES, barriers, chromium, page_of, picture
from tests.portal_people import PASSWORD, password_hash
from tests.portals import small_catalog
from tests.portals_online import Online, online

if TYPE_CHECKING:
    from collections.abc import Iterator

    import sqlalchemy as sa
    from playwright.sync_api import Browser, Page

    from tests.openid import OpenId

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(120)]

METADATA = {"title": "Lakes of the town, 2027", "description": "Outlines of all lakes.", "license": "CC-BY-4.0",
            "dataset": "lakes", "keywords": ["water"]}  # fmt: skip


@pytest.fixture(scope="module")
def provider() -> Iterator[OpenId]:
    """Of log-ins."""
    with openid.running(time.time()) as running:
        yield running


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, provider: OpenId) -> Iterator[Online]:
    """With somebody of each role, an organisation, an upload in review."""
    folder = tmp_path_factory.mktemp("accounts")
    small_catalog(folder / "catalog")
    oidc = {"oidc_issuer": provider.url, "oidc_client": openid.CLIENT, "oidc_secret": openid.SECRET}
    with online(folder, **oidc, oidc_name="Town login") as running:
        yield _peopled(running)


def _peopled(site: Online) -> Online:
    now_s = time.time()
    with site.portal.store.begin() as connection:
        for name, roles in (("Rex", ("reviewer",)), ("Uma", ("uploader",)), ("Ada", ("uploader", "admin"))):
            made = people.make(connection, name, password=password_hash(), roles=roles, now_s=now_s)
            if name == "Uma":
                organisations.make(connection, "town", "The town", now_s=now_s)
                organisations.put_member(connection, "town", made, is_owner=True)
                _hand_in(connection, made, now_s)
    return site


def _hand_in(connection: sa.Connection, person_id: str, now_s: float) -> None:
    upload = drafts.begin(connection, drafts.New("files", person_id, "lakes"), now_s=now_s)
    paths = {f"part-{number}.parquet": 10**7 for number in range(30)}
    draft_files.replace(connection, upload, paths, now_s=now_s)
    values = {"state": "in-review", "title": METADATA["title"], "dataset": "lakes", "metadata": METADATA,
              "size_bytes": 3 * 10**8, "organisation_id": "town", "remarks": ["part-7 is empty"]}  # fmt: skip
    connection.execute(uploads.update().where(uploads.c.id == upload).values(**values))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for all."""
    with chromium() as opened:
        yield opened


def _log_in(page: Page, site: Online, name: str, *, to: str = "") -> None:
    page.goto(f"{site.url}/login" + (f"?next={to}" if to else ""))
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(f"{site.url}{to or '/account'}")


def test_the_first_admin_comes_by_the_link(site: Online, browser: Browser) -> None:
    """It works once."""
    link = invitations.make_admin_link(site.portal)
    with page_of(browser, java_script_enabled=False) as page:
        page.goto(link)
        page.get_by_label("Name").fill("Root")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_label("The same once more").fill(PASSWORD)
        page.get_by_role("button", name="Save").click()
        page.wait_for_url(f"{site.url}/account")
        page.get_by_role("link", name="Administration").click()
        page.get_by_role("heading", name="Log").wait_for()
        again = page.goto(link)

    assert again is not None
    assert again.status == 404


def test_somebody_signs_up_makes_a_token_and_leaves(site: Online, browser: Browser) -> None:
    """Without scripts; what is wrong stands beside the field; the token works."""
    with page_of(browser, java_script_enabled=False) as page:
        page.goto(f"{site.url}/login")
        page.get_by_role("link", name="Make an account").click()
        page.get_by_label("Name").fill("Zoë")
        for label in ("Password", "The same once more"):
            page.get_by_label(label).fill("password1234")
        page.get_by_role("button", name="Make an account").click()
        assert page.locator("#password-wrong").is_visible()
        assert page.get_by_label("Name").input_value() == "Zoë"
        for label in ("Password", "The same once more"):
            page.get_by_label(label).fill(PASSWORD)
        page.get_by_role("button", name="Make an account").click()
        page.wait_for_url(f"{site.url}/account")
        page.get_by_label("Used for").fill("laptop")
        page.get_by_role("button", name="Make the token").click()
        token = page.locator("pre").inner_text()
        me = page.request.get(f"{site.url}/api/v1/me", headers={"Authorization": f"Bearer {token}"}).json()
        page.get_by_role("button", name="Log out").click()
        page.wait_for_url(f"{site.url}/")
        page.goto(f"{site.url}/account")
        assert page.url == f"{site.url}/login?next=/account"

    assert (me["name"], me["via_token"], me["roles"]) == ("Zoë", True, ["uploader"])


def test_a_log_in_by_the_provider(site: Online, browser: Browser, provider: OpenId) -> None:
    """There and back through redirects of two hosts, with the cookies and policies of a real browser."""
    provider.person |= {"sub": "browser", "preferred_username": "Olga"}
    provider.now_s = time.time()
    with page_of(browser) as page:
        page.goto(f"{site.url}/login?next=/commons")
        page.get_by_role("link", name="Log in with Town login").click()
        page.wait_for_url(f"{site.url}/commons")
        assert page.get_by_role("link", name="Olga").is_visible()


def test_report_takedown_and_appeal(site: Online, browser: Browser) -> None:
    """A stranger reports; a reviewer takes down; who gave it appeals; another one puts it back."""
    item = site.portal.shelf.newest("census").id
    now_s = time.time()
    with site.portal.store.begin() as connection:
        uma = people.by_name(connection, "Uma")
        assert uma is not None
        given = drafts.begin(connection, drafts.New("files", uma.id, "census"), now_s=now_s)
        connection.execute(uploads.update().where(uploads.c.id == given).values(state="published", item_id=item))
    with page_of(browser, java_script_enabled=False) as page:
        page.goto(f"{site.url}/report?item={item}")
        page.get_by_label("Personal data").check()
        page.get_by_label("What is wrong, and where").fill("There are names of people in rows 7 to 9.")
        page.get_by_role("button", name="Send").click()
        page.get_by_text("waits for a reviewer").wait_for()
        report = re.sub(r"\?.*", "", page.url.removeprefix(site.url))
    with page_of(browser) as page:
        _log_in(page, site, "Rex", to="/review")
        page.get_by_role("link", name="Personal data").click()
        page.get_by_label("Reason").fill("It names people.")
        page.get_by_role("button", name="Take down").click()
        page.get_by_text("the signed catalogue follows").wait_for()
    with page_of(browser) as page:
        _log_in(page, site, "Uma", to="/notices")
        picture(page, "notices")
        page.get_by_role("link", name=item).click()
        page.get_by_label("Why it may stay").fill("They are mayors, of 1850.")
        page.get_by_role("button", name="Send").click()
        page.get_by_text("Your appeal was sent").wait_for()
        assert page.url.startswith(site.url + report)
    with page_of(browser) as page:
        _log_in(page, site, "Ada", to="/review")
        page.get_by_role("link", name="Personal data").click()
        page.get_by_label("Reason").fill("True.")
        page.get_by_role("button", name="Put back").click()
        page.get_by_text("Put back:").wait_for()
    with site.portal.store.read() as connection:
        assert [(one.kind, one.item_id) for one in jobs.listed(connection)] == [("restore", item), ("withdraw", item)]


@pytest.mark.parametrize("look", ["desktop", "desktop-dark", "phone"])
def test_every_page_fits_every_size_and_keeps_nobody_out(site: Online, browser: Browser, look: str) -> None:
    """No page is wider than its window; none has a serious barrier."""
    size, _, dark = look.partition("-")
    with site.portal.store.read() as connection:
        upload = connection.execute(uploads.select().where(uploads.c.state == "in-review")).first()
        uma = people.by_name(connection, "Uma")
    assert upload is not None
    assert uma is not None
    strangers = ("/login", "/signup", "/report", invitations.make_admin_link(site.portal).removeprefix(site.url))
    admins = ("/account", "/review", f"/review/uploads/{upload.id}", "/notices", "/admin", "/admin/people",
              f"/admin/people/{uma.id}", "/admin/organisations", "/admin/organisations/town", "/admin/log")  # fmt: skip
    with page_of(browser, size=size, dark=bool(dark)) as page:
        for path in () if dark else strangers:
            _look(page, site, path, look)
        _log_in(page, site, "Ada")
        for path in admins[:3] if dark else admins:
            _look(page, site, path, look)


def _look(page: Page, site: Online, path: str, look: str) -> None:
    page.goto(site.url + path)
    name = re.sub(r"[^a-z]+", "-", re.sub(r"/[\w-]{21,}", "/one", path)).strip("-")
    picture(page, f"accounts-{name}-{look}")
    assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[look.partition("-")[0]][0], path
    if look != "phone" or path in {"/account", "/admin/log"}:  # where tables are wider than the window
        assert barriers(page) == [], path


def test_a_review_is_decided_in_the_browser(site: Online, browser: Browser) -> None:
    """Without scripts; the last test, for it empties the queue."""
    with page_of(browser, java_script_enabled=False) as page:
        _log_in(page, site, "Rex", to="/review")
        page.get_by_role("link", name="Lakes of the town, 2027").click()
        page.get_by_role("button", name="Refuse").click()
        page.get_by_text("a refusal needs one at least").wait_for()
        page.get_by_role("button", name="Approve").click()
        page.get_by_text("Approved.").wait_for()
    with site.portal.store.read() as connection:
        assert jobs.listed(connection, states=("waiting",))[0].kind == "publish"
