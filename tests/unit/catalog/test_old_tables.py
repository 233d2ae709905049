# SPDX-License-Identifier: Apache-2.0
"""A catalogue that was written before there were layouts of mirrors: read, searched, followed and continued."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq

from seedbed.catalog.ids import Ref
from seedbed.catalog.model import Mirror, Site
from seedbed.catalog.query.index import Index
from seedbed.catalog.table import inspection, merge, reader, rows, schema, writer
from seedbed.catalog.table.limits import ExamineLimits
from tests.releases import release, versions

OLD = Path(__file__).parents[2] / "data" / "catalog-2026-11.parquet"
"""Written by the program as it was on 2026-11-21, by ``write_catalog``: two versions of ``rivers`` with two mirrors."""
SITE = Site("example", url="https://data.example/", serial=7)
MIRRORS = (Mirror("source-coop", "https://data.source.coop/a/"), Mirror("own", "https://o.example/", "Own"))
EXPECTED = versions("rivers", 2, mirrors=MIRRORS)
FLAT = Mirror("zenodo", "https://z.example/", layout="flat")


def test_it_lacks_the_later_columns() -> None:
    """It is what it is said to be, and the later columns are named as they are."""
    found = set(schema.leaves(pq.read_schema(OLD)))
    late = {leaf for leaf in schema.leaves(schema.CATALOG) if leaf not in found}

    assert late
    assert all(any(leaf == path or leaf.startswith(path + ".") for path in schema.LATER) for leaf in late)


def test_it_is_read_and_searched() -> None:
    """Every release comes back as it was."""
    assert list(reader.read_catalog(OLD)) == EXPECTED
    with Index(OLD) as index:
        assert index.get(Ref("rivers", "1")) == EXPECTED[0]


def test_followers_accept_it() -> None:
    """What it lacks is no fault; also beside a newer one."""
    assert inspection.inspect(OLD, None, OLD, ExamineLimits()).rows == 2


def test_it_is_continued(tmp_path: Path) -> None:
    """New rows are put into it, and the same comes out as from writing all anew, also by a file of changes."""
    more = release("lakes", mirrors=(*MIRRORS, FLAT))
    whole, merged, change = tmp_path / "whole", tmp_path / "merged", tmp_path / "change"
    writer.write_catalog(whole, [more, *EXPECTED], SITE)
    writer.write_catalog(change, [more], SITE)

    merge.merge_catalog(OLD, [more], SITE, merged)
    assert merged.read_bytes() == whole.read_bytes()

    merge.merge_catalog_file(OLD, change, SITE, merged)
    assert merged.read_bytes() == whole.read_bytes()

    merge.merge_catalog_file(change, OLD, SITE, merged)
    assert merged.read_bytes() == whole.read_bytes()


def test_mirrors_of_later_times_are_passed_over() -> None:
    """A key or a field that we do not know is no fault in a table: readers pass over columns that they do not know."""
    row = rows.to_row(release(mirrors=MIRRORS), root="")
    row["assets"]["package"]["alternate"]["moon"] = {"href": "https://moon.example/", "moon:phase": "full"}

    assert rows.to_release(row).mirrors == MIRRORS
