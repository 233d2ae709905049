# SPDX-License-Identifier: Apache-2.0
"""One address for all: programs that know only the portal's reach catalogue, files and torrents through it."""

from __future__ import annotations

import json
import urllib.request
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import duckdb
import pandas as pd  # type: ignore[import-untyped]  # it ships no types
import pytest

from seedbed.catalog.ids import parse_ref
from seedbed.catalog.query.remote import RemoteCatalog
from seedbed.core.metainfo_reader import parse
from tests.e2e.portal_site import Town, town

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import Message

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(120)]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """Two published datasets behind a gateway, and a portal."""
    with town(tmp_path_factory.mktemp("town")) as made:
        yield made


def get(url: str, **headers: str) -> tuple[bytes, Message]:
    """Body and headers, after redirects."""
    asked = urllib.request.Request(url, headers=headers)
    with urllib.request.urlopen(asked, timeout=20) as answer:
        return answer.read(), answer.headers


def read(url: str) -> Any:
    """A JSON document."""
    return json.loads(get(url)[0])


def test_the_catalogue_is_a_table_at_the_portals_address(site: Town) -> None:
    """pandas reads it, and our own reader by ranges; what DuckDB says of it is what the API says.

    DuckDB reads no HTTP by itself: that is its extension httpfs, which is not here. It gets pandas' table.
    """
    url = f"{site.url}/catalog/catalog.parquet"
    rows = pd.read_parquet(url, columns=["id", "title", "seedbed:size_bytes"])
    total = duckdb.connect().execute('select sum("seedbed:size_bytes") from rows').fetchall()[0][0]
    with RemoteCatalog(url, whole_bytes=0) as catalog:
        release = catalog.get(parse_ref("set-1"))

    assert set(rows["id"]) == {"set-0@1", "set-1@1"}
    assert release.title == "set-1"
    assert total == read(f"{site.url}/api/v1/stats")["size_bytes"]


def test_every_link_to_a_file_leads_to_its_bytes(site: Town) -> None:
    """From the search to each file, through the JSON API; by range, too."""
    found = read(f"{site.url}/api/v1/datasets?q=set-1")["datasets"]
    files = read(found[0]["links"]["files"])["files"]

    for one in files:
        source = site.folder / "data/set-1/1/set-1" / one["path"]
        assert get(one["urls"][0])[0] == source.read_bytes()
        assert get(f"{site.url}/v/set-1/1/{one['path']}")[0] == source.read_bytes()
    part, headers = get(f"{site.url}/v/set-1/1/sub/a.bin", Range="bytes=5-9")
    assert (len(part), headers["Content-Range"].partition("/")[0]) == (5, "bytes 5-9")


def test_the_torrent_is_the_one_that_was_published(site: Town) -> None:
    """At its tidy address, by its hash, and in the list of what is needed: the same bytes, of the hash that is said."""
    listed = read(f"{site.url}/generate_torrents?max=1GB")[0]
    body, headers = get(listed["url"])
    torrent = parse(body)

    assert headers["Content-Type"] == "application/x-bittorrent"
    assert torrent.info_hashes.v1 is not None
    assert torrent.info_hashes.v1.hex() == listed["btih"]
    assert get(f"{site.url}/download/{listed['btih']}.torrent")[0] == body
    assert listed["torrent_size"] == len(body)


def test_descriptions_agree(site: Town) -> None:
    """Data package, STAC item, Metalink and sitemap of one version name the same things."""
    base = f"{site.url}/datasets/set-0/1"
    package, item = read(f"{base}.datapackage.json"), read(f"{base}.stac.json")
    metalink = ET.fromstring(get(f"{base}.meta4")[0])  # noqa: S314  # ours
    names = {one.get("name") for one in metalink.iter("{urn:ietf:params:xml:ns:metalink}file")}

    assert {f"set-0/{one['path']}" for one in package["resources"]} == names
    assert item["properties"]["seedbed:file_count"] == len(names)
    assert f"{site.url}/datasets/set-0<" in get(f"{site.url}/sitemap-0.xml")[0].decode()
