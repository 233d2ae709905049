# SPDX-License-Identifier: Apache-2.0
"""Signed change files that somebody made to do harm, or badly: the child that merges them ends, and nobody else."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from seedbed.catalog.model import Site
from seedbed.catalog.releasing.parquet_tables import ParquetTables
from seedbed.catalog.table import rows, schema, writer
from seedbed.catalog.table.limits import ExamineLimits
from seedbed.catalog.table.merge_changes import Merging, merge_changes
from seedbed.catalog.trust.store import Store
from seedbed.errors import CatalogError
from tests import followers, releases

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from seedbed.catalog.model import FileRow, Release
    from tests.followers import Follower
    from tests.publishers import Keeper

Spoil = Callable[["Path", Site], None]
SITE = Site("site", serial=2)
MERGED_BYTES = 100 << 20


def bomb(path: Path, site: Site) -> None:
    """Two hundred rows share one text of 100 MB: 20 GB of strings in a small file."""
    texts = pa.DictionaryArray.from_arrays(pa.array([0] * 200, pa.int32()), pa.array(["x" * 100_000_000]))
    some = [rows.to_row(one, root="") for one in releases.versions("a", 200)]
    table = pa.Table.from_pylist(some, schema=schema.CATALOG)
    at = table.schema.get_field_index("description")
    write(path, table.set_column(at, "description", texts), site)


def no_parquet(path: Path, _site: Site) -> None:
    """Something else under the name."""
    path.write_bytes(b"PAR1 this is nothing PAR1")


def other_columns(path: Path, site: Site) -> None:
    """Parquet, and another table."""
    write(path, pa.table({"id": ["a@1"], "seedbed:dataset": [7]}), site)


def write(path: Path, table: pa.Table, site: Site) -> None:
    """Any table, as a catalogue says of itself."""
    with pq.ParquetWriter(path, table.schema, compression="zstd", store_schema=False) as file:
        file.write_table(table)
        file.add_key_value_metadata({"seedbed": json.dumps(asdict(site))})


class SpoiledChanges(ParquetTables):
    """The catalogue is as it should be; what is published as its change is not.

    Args:
        spoil: Writes the change file instead.
    """

    def __init__(self, spoil: Spoil) -> None:
        self._spoil = spoil

    def write_catalog(self, path: Path, releases: Iterable[Release], site: Site) -> None:
        """Write something else where a change is expected."""
        if "changes" in path.parts:
            self._spoil(path, site)
        else:
            super().write_catalog(path, releases, site)


class SpoiledFileChanges(ParquetTables):
    """As :class:`SpoiledChanges`, for the table of files."""

    def write_files(self, path: Path, rows: Iterable[FileRow]) -> None:
        """Write something else where a change is expected."""
        if "changes" in path.parts:
            no_parquet(path, SITE)
        else:
            super().write_files(path, rows)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[Keeper, Follower]:
    """A catalogue long enough for changes to be worth it, and somebody who has pulled it."""
    place = tmp_path_factory.mktemp("world")
    keeper = followers.keeper(place)
    followers.publish_many(keeper, 600)
    follower = followers.follower(place, keeper.folder)
    follower.look()
    return keeper, follower


@pytest.mark.parametrize(
    "tables",
    [
        pytest.param(SpoiledChanges(bomb), marks=pytest.mark.slow, id="bomb"),
        pytest.param(SpoiledChanges(no_parquet), id="no-parquet"),
        pytest.param(SpoiledChanges(other_columns), id="other-columns"),
        pytest.param(SpoiledFileChanges(), id="files"),
    ],
)
def test_c19_after_a_bad_change_the_whole_catalogue_is_got(
    tmp_path: Path, world: tuple[Keeper, Follower], tables: ParquetTables
) -> None:
    """The whole one is good: it is adopted, and what was signed besides is remembered."""
    for one in world[0].folder.parent.iterdir():
        shutil.copytree(one, tmp_path / one.name)
    keeper = replace(world[0], folder=tmp_path / "site", keys=tmp_path / "keys")
    follower = followers.Follower(Store(tmp_path / "follower"), keeper.folder)
    followers.publish(replace(keeper, tables=tables), "wells", "1")
    source = followers.BentSource(keeper.folder)

    adopted = follower.look(source)

    assert any("changes/" in path for path in source.asked)
    assert not adopted.by_changes
    assert follower.active.serial == 2
    assert follower.active.is_exact
    assert [one.rule for one in follower.alarms] == ["changes"]
    assert "changes were refused" in adopted.alarms[0]
    assert not follower.store.work.exists()


@pytest.mark.parametrize("spoil", [bomb, no_parquet, other_columns])
def test_c19_our_table_stays_as_it_is(tmp_path: Path, spoil: Spoil) -> None:
    """The error is ours, and names a rule; nothing is left beside the old table."""
    old, change, out = (tmp_path / f"{name}.parquet" for name in ("old", "change", "out"))
    writer.write_catalog(old, [releases.release()], SITE)
    spoil(change, SITE)
    before = old.read_bytes()

    rule = refused(Merging(old, [change], out), ExamineLimits(memory_bytes=2 << 30))

    assert rule in {"C16", "C17", "C19", "C25"}
    assert old.read_bytes() == before
    assert not out.exists()


def test_c19_more_is_not_written_than_was_allowed(tmp_path: Path) -> None:
    """A change that swells our table fills no disk."""
    old, change, out = (tmp_path / f"{name}.parquet" for name in ("old", "change", "out"))
    writer.write_catalog(old, [releases.release()], SITE)
    writer.write_catalog(change, releases.versions("b", 20), SITE)
    merging = Merging(old, [change], out)

    assert refused(merging, ExamineLimits(), max_written_bytes=1_000) == "C16"
    assert not out.exists()
    assert merge_changes(merging, None, max_written_bytes=MERGED_BYTES) == 21


def refused(merging: Merging, limits: ExamineLimits, *, max_written_bytes: int = MERGED_BYTES) -> str:
    """The rule by which changes are refused."""
    with pytest.raises(CatalogError) as caught:
        merge_changes(merging, None, max_written_bytes=max_written_bytes, limits=limits)
    return str(caught.value.data["rule"])
