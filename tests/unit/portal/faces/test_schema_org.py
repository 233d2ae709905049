# SPDX-License-Identifier: Apache-2.0
"""schema.org/Dataset by Google's rules, typed links, sitemaps; and the files of a version."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings

from seedbed.catalog import paths
from seedbed.portal.faces import schema_org, signposting, sitemap
from seedbed.portal.settings import Settings
from tests.portals import URL, write_tables
from tests.releases import release, releases
from tests.unit.portal.faces.hostile import hostile, parsed, with_the_worst

if TYPE_CHECKING:
    from pathlib import Path

    from seedbed.catalog.model import Release
    from tests.portals import Stand

SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


def test_a_dataset_as_google_wants_it(shown: Stand) -> None:
    """Required and recommended fields, each in its form."""
    one = shown.portal.shelf.release("lakes@2")
    made = schema_org.dataset(shown.portal, one, shown.portal.shelf.files(one.id))

    assert made["@type"] == "Dataset"
    assert made["name"] == "Lakes of the town"
    assert 50 <= len(made["description"]) <= 5_000
    assert made["license"] == "https://spdx.org/licenses/CC-BY-4.0.html"
    assert made["creator"] == [{"@type": "Organization", "name": "City of Edmonton"}]
    assert made["spatialCoverage"]["geo"]["box"] == "19.0 -99.5 19.6 -98.9"
    assert made["distribution"][0]["contentUrl"] == f"{URL}/datasets/lakes/2.torrent"
    assert made["distribution"][2]["encodingFormat"] == "text/csv"
    assert made["distribution"][2]["contentUrl"] == "https://data.example.org/lakes/tables/part-000.csv"
    assert made["alternateName"] == ["Lacs de la ville"]


def test_a_withdrawn_version_has_no_distribution(shown: Stand) -> None:
    """It says that it is withdrawn."""
    made = schema_org.dataset(shown.portal, shown.portal.shelf.release("mistake@1"))

    assert "distribution" not in made
    assert made["creativeWorkStatus"] == "Withdrawn"


class Scripts(HTMLParser):
    """Elements that a browser would see."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: object) -> None:  # noqa: ARG002  # as it is called
        """Note it."""
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        """Note it."""
        self.text += data


@settings(max_examples=25)
@with_the_worst
@given(hostile())
def test_nothing_ends_the_script(one: Release) -> None:
    """A title in JSON-LD inside HTML stays data, and says the same."""
    seen = Scripts()
    seen.feed(f'<script type="application/ld+json">{schema_org.in_html({"name": one.title})}</script>')

    assert seen.tags == ["script"]
    assert json.loads(seen.text)["name"] == one.title


@settings(max_examples=25)
@with_the_worst
@given(hostile() | releases())
def test_no_header_is_broken(one: Release) -> None:
    """One line of plain characters, every link whole; and the linkset is JSON that has them all."""
    own = Settings(None, URL)  # type: ignore[arg-type]  # no folder is looked at
    header = signposting.header(own, one)
    made = json.loads(json.dumps(signposting.linkset(own, one)))

    assert re.fullmatch(r'(<[!-;=?-~]+>; rel="[a-z-]+"(; type="[^"<>]+")?(; profile="[^"<>]+")?(, |$))+', header)
    assert 'rel="cite-as"' in header
    assert 'rel="linkset"' in header
    assert made["linkset"][0]["anchor"].startswith(f"{URL}/datasets/")


def test_typed_links(shown: Stand) -> None:
    """Signposting: what it is, how it is cited, its licence, its torrent, its files, and back."""
    made = shown.web.get("/datasets/lakes/2.linkset.json")
    own, *others = made.json()["linkset"]

    assert made.headers["content-type"] == "application/linkset+json"
    assert own["license"] == [{"href": "https://spdx.org/licenses/CC-BY-4.0.html"}]
    assert own["item"][0] == {"href": f"{URL}/datasets/lakes/2.torrent", "type": "application/x-bittorrent"}
    assert len(own["item"]) == 4
    assert {
        "anchor": own["item"][1]["href"],
        "collection": [{"href": f"{URL}/datasets/lakes/2", "type": "text/html"}],
    } in others


def test_sitemaps(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    """An index with parts; each dataset once, with its day."""
    write_tables(stand.portal.settings.catalog, [release(f"d{at}") for at in range(5)])
    stand.portal.shelf.refresh()
    monkeypatch.setattr(sitemap, "PART", 2)

    parts = [one.text or "" for one in parsed(stand.web.get("/sitemap.xml").text).iter(f"{SITEMAP}loc")]
    found = [one.text for part in parts for one in parsed(stand.web.get(part).text).iter(f"{SITEMAP}loc")]

    assert parts == [f"{URL}/sitemap-{at}.xml" for at in range(3)]
    assert [one for one in found if "/datasets/" in (one or "")] == [f"{URL}/datasets/d{at}" for at in range(5)]
    assert stand.web.get("/sitemap-9.xml").status_code == 404
    assert f"Sitemap: {URL}/sitemap.xml" in stand.web.get("/robots.txt").text


@pytest.mark.parametrize(
    ("ending", "kind", "says"),
    [
        (".magnet", "text/plain", "magnet:?xt=urn:btih:"),
        (".meta4", "application/metalink4+xml", "<metalink"),
        (".bib", "application/x-bibtex", "@dataset{lakes-2,"),
        (".ris", "application/x-research-info-systems", "TY  - DATA"),
        (".csl.json", "application/vnd.citationstyles.csl+json", '"type": "dataset"'),
        ("/citation?style=text", "text/plain", "(version 2)"),
        ("/citation?style=bibtex", "application/x-bibtex", "@dataset{"),
        (".stac.json", "application/geo+json", '"id":"lakes@2"'),
        (".ttl", "text/turtle", "dcat:Dataset"),
    ],
)
def test_files_of_a_version(shown: Stand, ending: str, kind: str, says: str) -> None:
    """Each at its tidy address, of its kind."""
    answer = shown.web.get(f"/datasets/lakes/2{ending}")

    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith(kind)
    assert says in answer.text


def test_the_torrent_and_the_data_package(stand: Stand) -> None:
    """Byte for byte as published; 404 while the catalogue has none."""
    folder: Path = stand.portal.shelf.folder
    assert stand.web.get("/datasets/lakes/2.torrent").status_code == 404
    assert stand.web.get("/datasets/lakes/2.datapackage.json").status_code == 404

    torrent = folder / paths.torrent(stand.portal.shelf.release("lakes@2").torrent.best_hex)
    package = folder / paths.datapackage("lakes", "2")
    for one, text in ((torrent, b"d4:infoe"), (package, b'{"name": "lakes"}')):
        one.parent.mkdir(parents=True)
        one.write_bytes(text)

    got = stand.web.get("/datasets/lakes/2.torrent")
    assert got.content == b"d4:infoe"
    assert 'filename="lakes-2.torrent"' in got.headers["content-disposition"]
    assert stand.web.get("/datasets/lakes/2.datapackage.json").json() == {"name": "lakes"}
    assert stand.web.get("/datasets/lakes/2/citation?style=poem").status_code == 400
    assert stand.web.get("/datasets/lakes/9.torrent").status_code == 404
