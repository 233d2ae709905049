# SPDX-License-Identifier: Apache-2.0
"""Look-ups in a catalogue behind a URL."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from seedbed.catalog.ids import Ref
from seedbed.catalog.model import Site as CatalogSite
from seedbed.catalog.query.index import Index
from seedbed.catalog.query.remote import RemoteCatalog, download
from seedbed.catalog.query.search import Search
from seedbed.catalog.table import schema, writer
from seedbed.errors import CatalogError, NotFoundError
from tests.releases import digest, release, versions
from tests.web import Site, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SITE = CatalogSite("example", serial=4)


@pytest.fixture
def site() -> Iterator[Site]:
    """A web server."""
    with serving(Site({})) as opened:
        yield opened


def catalogue(folder: Path, count: int, *, group_rows: int = 20_000, words: int = 1) -> bytes:
    """Three versions of some datasets; many words make it long."""
    layout = replace(schema.CATALOG_LAYOUT, group_rows=group_rows)
    some = [
        one
        for at in range(count)
        for one in versions(f"set-{at:05}", 3, description=" ".join(digest(at, word) for word in range(words)))
    ]
    writer.write_catalog(folder / "c", some, SITE, layout=layout)
    return (folder / "c").read_bytes()


def test_a_short_catalogue_is_got_whole(site: Site, tmp_path: Path) -> None:
    """One request to ask, one to get."""
    site.files["/catalog.parquet"] = catalogue(tmp_path, 5)

    with RemoteCatalog(f"{site.url}/catalog.parquet") as found:
        assert found.get(Ref("set-00002")).version == "3"
        assert [one.version for one in found.versions("set-00004")] == ["1", "2", "3"]
        assert found.count() == 15
        assert found.site() == SITE

    assert len(site.requests) == 2


def test_of_a_long_catalogue_only_a_part_is_read(site: Site, tmp_path: Path) -> None:
    """The footer and one row group: a part of the bytes, a handful of requests."""
    whole = catalogue(tmp_path, 300, group_rows=90, words=200)
    site.files["/catalog.parquet"] = whole

    with RemoteCatalog(f"{site.url}/catalog.parquet", whole_bytes=0) as found:
        assert found.get(Ref("set-00150", "2")).id == "set-00150@2"

    assert found.bytes_read < len(whole) / 2
    assert len(site.requests) < 12


def test_servers_without_ranges_are_read_whole(site: Site, tmp_path: Path) -> None:
    """It takes longer, and works."""
    site.files["/c"] = catalogue(tmp_path, 5)
    site.has_ranges = False

    with RemoteCatalog(f"{site.url}/c") as found:
        assert found.get(Ref("set-00002", "1")).version_seq == 1


def test_search_over_http(site: Site, tmp_path: Path) -> None:
    """All other questions need the whole file."""
    site.files["/c"] = catalogue(tmp_path, 5)

    download(f"{site.url}/c", tmp_path / "got")

    assert (tmp_path / "got").read_bytes() == site.files["/c"]
    with Index(tmp_path / "got") as index:
        assert index.search(Search(words="about set-00003")).total == 1


def test_what_is_not_there(site: Site, tmp_path: Path) -> None:
    """No file, no dataset, no version, no catalogue."""
    site.files |= {"/c": catalogue(tmp_path, 2), "/text": b"<html>" * 99}

    with pytest.raises(NotFoundError):
        RemoteCatalog(f"{site.url}/missing")
    with pytest.raises(CatalogError, match="not a catalogue"):
        RemoteCatalog(f"{site.url}/text")
    with RemoteCatalog(f"{site.url}/c") as found:
        with pytest.raises(NotFoundError, match="no such dataset"):
            found.get(Ref(release().dataset))
        with pytest.raises(NotFoundError, match="no such version") as caught:
            found.get(Ref("set-00001", "9"))
    assert caught.value.hint == "There are: 3, 2, 1."
