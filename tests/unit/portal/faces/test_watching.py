# SPDX-License-Identifier: Apache-2.0
"""Metrics, signs of life, and paths that are elsewhere; the page for programs."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest

from seedbed.portal.faces.watching.counters import ELSE, MAX_ROUTES, Counters
from tests.portals import URL, Stand, small_catalog

if TYPE_CHECKING:
    from pathlib import Path

NOW = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)


def test_what_is_counted(stand: Stand) -> None:
    """By route, never by path; what none fits is one line."""
    for path in ("/datasets/lakes", "/datasets/none", "/no/such/thing", "/nor/this"):
        stand.web.get(path)
    stand.web.request("BREW", "/api/v1/stats")
    text = stand.web.get("/metrics").text

    assert 'seedbed_portal_requests_total{route="/datasets/{dataset}",method="GET",status="200"} 1' in text
    assert 'seedbed_portal_requests_total{route="/datasets/{dataset}",method="GET",status="404"} 1' in text
    assert 'seedbed_portal_requests_total{route="else",method="GET",status="404"} 2' in text
    assert 'method="else"' in text
    assert "seedbed_portal_catalog_versions 3" in text
    assert "seedbed_portal_catalog_serial 3" in text
    assert "lakes" not in text


def test_the_histogram_adds_up() -> None:
    """Each bucket has all that were quicker; the last has all."""
    counters = Counters()
    for seconds in (0.001, 0.02, 0.02, 3.0, 99.0):
        counters.note("/x", "GET", 200, seconds)
    lines = "\n".join(counters.lines())

    assert 'seedbed_portal_request_seconds_bucket{route="/x",le="0.005"} 1' in lines
    assert 'seedbed_portal_request_seconds_bucket{route="/x",le="0.025"} 3' in lines
    assert 'seedbed_portal_request_seconds_bucket{route="/x",le="10.0"} 4' in lines
    assert 'seedbed_portal_request_seconds_bucket{route="/x",le="+Inf"} 5' in lines
    assert 'seedbed_portal_request_seconds_count{route="/x"} 5' in lines


def test_labels_have_an_end() -> None:
    """However many routes there were, so many labels and no more."""
    counters = Counters()
    for at in range(MAX_ROUTES + 50):
        counters.note(f"/{at}", "GET", 200, 0.1)

    assert sum("_count" in line for line in counters.lines()) == MAX_ROUTES + 1
    assert any(f'route="{ELSE}"' in line for line in counters.lines())


def test_alive_and_ready(tmp_path: Path) -> None:
    """It lives without a catalogue; it is ready when it has one."""
    with Stand.open(tmp_path, now=NOW) as stand:
        assert stand.web.get("/healthz").status_code == 200
        before = stand.web.get("/readyz")
        assert "seedbed_portal_catalog_readable 0" in stand.web.get("/metrics").text
        small_catalog(tmp_path / "catalog")
        after = stand.web.get("/readyz")

    assert (before.status_code, before.json()["catalog"], before.json()["database"]) == (503, "StateError", "ok")
    assert str(tmp_path) not in before.text
    assert (after.status_code, after.json()["ready"]) == (200, True)


@pytest.mark.parametrize(
    "path",
    ["/catalog/catalog.parquet", "/v/lakes/1/a%20b%2Fc.csv", "/latest/lakes/x?y=1&z", "/webseed/lakes/1/n/a%C3%A9"],
)
def test_the_gateway_is_found_at_our_address(tmp_path: Path, path: str) -> None:
    """Sent on with every byte of the path as it was."""
    small_catalog(tmp_path / "catalog")
    with Stand.open(tmp_path, now=NOW, data_url="https://files.example.org") as stand:
        answer = stand.web.get(path)

    assert answer.status_code == 307
    assert answer.headers["location"] == f"https://files.example.org{path}"
    assert answer.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize("data_url", ["", URL])
def test_nobody_is_sent_in_a_circle(tmp_path: Path, data_url: str) -> None:
    """Where the gateway is said to be here, and is not, that is told."""
    small_catalog(tmp_path / "catalog")
    with Stand.open(tmp_path, now=NOW, data_url=data_url, registry_url=f"{URL}/") as stand:
        for path in ("/catalog/catalog.parquet", "/v/x/1/y", "/lease", "/health"):
            assert stand.web.get(path).status_code == 404


def test_the_registry_is_found_at_our_address(tmp_path: Path) -> None:
    """A node that asks here is sent on to the tracker, with its body."""
    small_catalog(tmp_path / "catalog")
    with Stand.open(tmp_path, now=NOW, registry_url="http://tracker.example.org:6969/") as stand:
        assert stand.web.post("/lease", content=b"x").headers["location"] == "http://tracker.example.org:6969/lease"
        assert stand.web.get("/health").status_code == 307


@pytest.mark.parametrize("lang", ["en", "fr", "es"])
def test_the_page_for_programs(shown: Stand, lang: str) -> None:
    """It names each interface; every address that is a link answers."""
    text = shown.web.get(f"/machines?lang={lang}").text
    links = [part.split('"')[0] for part in text.split('href="')[1:]]

    assert f"{URL}/stac/" in links
    for link in links:
        if link.startswith(URL) and "/catalog/" not in link:
            assert shown.web.get(link.replace("&amp;", "&")).status_code == 200, link


def test_the_page_says_where_the_tracker_is(tmp_path: Path) -> None:
    """And the doors of the registry."""
    small_catalog(tmp_path / "catalog")
    settings = {"registry_url": "http://t.example.org/", "trackers": ("udp://t.example.org:6969/announce",)}
    with Stand.open(tmp_path, now=NOW, **settings) as stand:
        text = stand.web.get("/machines").text

    assert "udp://t.example.org:6969/announce" in text
    assert "http://t.example.org/lease" in text
