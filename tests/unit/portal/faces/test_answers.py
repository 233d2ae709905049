# SPDX-License-Identifier: Apache-2.0
"""Answers that may be kept: ETags, conditions, other sites, refusals."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from seedbed.health.current import CurrentHealth, Health
from seedbed.health.risk import Copies
from seedbed.portal.datasets.health import FRESH_S, HealthDesk
from tests.portals import small_releases, write_tables
from tests.releases import NOW, release

if TYPE_CHECKING:
    from pathlib import Path

    from tests.portals import Stand

ADDRESSES = (
    "/api/v1/datasets", "/api/v1/stats", "/stac/", "/stac/search", "/rss.xml", "/catalog.ttl", "/sitemap.xml",
    "/database.xml", "/collection/water.csv", "/generate_torrents?max_tb=1", "/datasets/lakes/2.magnet",
    "/datasets/lakes.jsonld", "/api/v1/openapi.json",
)  # fmt: skip


@pytest.mark.parametrize("path", ADDRESSES)
def test_who_has_it_is_sent_nothing(shown: Stand, path: str) -> None:
    """An ETag, and 304 to whoever shows it; any website may read."""
    first = shown.web.get(path)
    again = shown.web.get(path, headers={"If-None-Match": f'"other", W/{first.headers["etag"]}'})

    assert (first.status_code, again.status_code, again.content) == (200, 304, b"")
    assert first.headers["access-control-allow-origin"] == "*"
    assert "max-age" in first.headers["cache-control"]


def test_a_release_changes_the_etag(stand: Stand) -> None:
    """What was kept is asked for anew after each release of the catalogue."""
    before = stand.web.get("/rss.xml").headers["etag"]
    write_tables(stand.portal.settings.catalog, [*small_releases(), release("rivers")])
    stand.portal.shelf.refresh()

    after = stand.web.get("/rss.xml", headers={"If-None-Match": before})

    assert after.status_code == 200
    assert "About rivers" in after.text


def test_a_browser_asks_before_it_sends_json(shown: Stand) -> None:
    """A search by POST is allowed to other sites; a preflight says so."""
    asked = shown.web.options(
        "/stac/search", headers={"Origin": "https://x.example", "Access-Control-Request-Method": "POST"}
    )

    assert asked.status_code == 204
    assert "POST" in asked.headers["access-control-allow-methods"]
    assert asked.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize(
    "path", ["/api/v1/datasets/none", "/stac/collections/none", "/rss/tag/x/y", "/datasets/none.ttl"]
)
def test_a_refusal_is_json_for_programs(shown: Stand, path: str) -> None:
    """What is wrong, and what to do; other sites can read that too."""
    answer = shown.web.get(path, headers={"Accept": "application/json"})

    assert answer.status_code == 404
    assert answer.json()["error"]["what"]


@pytest.mark.parametrize(
    "path",
    [
        "mistake/1.torrent",
        "mistake/1.magnet",
        "mistake/1.bib",
        "mistake/1.ttl",
        "mistake.ttl",
        "mistake/1.linkset.json",
    ],
)
def test_what_is_withdrawn_is_gone(shown: Stand, path: str) -> None:
    """410 with the reason, in each form of it."""
    answer = shown.web.get(f"/datasets/{path}")

    assert answer.status_code == 410
    assert "It named people." in answer.json()["error"]["what"]
    assert answer.headers["access-control-allow-origin"] == "*"


def test_no_list_has_what_is_withdrawn(shown: Stand) -> None:
    """Not one list or feed names it."""
    paths = (
        *ADDRESSES[:1],
        *ADDRESSES[3:10],
        "/rss/at-risk.rss",
        "/rss/fits/1tb.rss",
        "/sitemap-0.xml",
        "/collection/datasets.csv",
    )
    for path in (*paths, "/stac/collections/datasets/items"):
        assert "mistake" not in shown.web.get(path).text, path


def test_new_numbers_of_health_change_the_etag(tmp_path: Path) -> None:
    """Not before they are shown: else an old answer would be kept under a new name."""
    path, clock = tmp_path / "health.sqlite", [0.0]
    desk = HealthDesk(path, lambda: clock[0])
    first = (desk.changed_s, desk.all())
    with CurrentHealth(path) as record:
        record.note([Health("lakes@2", Copies(unproved=1))], NOW)
    clock[0] = FRESH_S + 1
    second = (desk.changed_s, desk.all())
    os.utime(path, (1, 1))
    before = desk.changed_s
    clock[0] *= 3

    assert first == (0.0, {})
    assert second[0] > 0
    assert set(second[1]) == {"lakes@2"}
    assert (before, desk.changed_s) == (second[0], 1.0)


def test_what_takes_long_is_worked_out_once(stand: Stand) -> None:
    """For each release, and for each of what else it is made of."""
    made = list[int]()

    def make() -> int:
        made.append(1)
        return len(made)

    shelf = stand.portal.shelf
    assert [shelf.derived("x", of, make) for of in (1, 1, 2)] == [1, 1, 2]
    write_tables(shelf.folder, [*small_releases(), release("rivers")])
    shelf.refresh()
    assert shelf.derived("x", 2, make) == 3


def test_a_name_with_an_ending_has_its_page(stand: Stand) -> None:
    """A dataset may be called ``cities.nt``, a version ``1.ttl``: their pages are there, and their faces."""
    write_tables(stand.portal.settings.catalog, [release("cities.nt", "1.ttl", title="Of all cities")])
    stand.portal.shelf.refresh()

    for path in ("cities.nt", "cities.nt/1.ttl"):
        page = stand.web.get(f"/datasets/{path}")
        assert (page.status_code, "etag" in page.headers) == (200, False), path
        assert "Of all cities" in page.text
        assert stand.web.get(f"/datasets/{path}.ttl").headers["content-type"].startswith("text/turtle")
    assert stand.web.get("/datasets/none.nt").status_code == 404
