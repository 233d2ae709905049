# SPDX-License-Identifier: Apache-2.0
"""One measured step of ``catalog.py`` in a process of its own.

python benchmarks/catalog_step.py STEP COUNT FILE
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import time
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import catalog_data

from seedbed.catalog.ids import Ref
from seedbed.catalog.model import FileRow
from seedbed.catalog.stac.item import to_item

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

BATCH = 20_000
EVEN_BATCH = 24_000
"""The reference library wants the same fields in the same order in each batch: our data repeats every 240 rows."""
ROUNDS = 9


def main() -> None:
    """Do one step."""
    step, count, path = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]).absolute()
    {
        "releases": lambda: _exhaust(catalog_data.releases(count)),
        "items": lambda: _exhaust(items(count)),
        "seedbed": lambda: seedbed(count, path),
        "rustac": lambda: asyncio.run(rustac(count, path)),
        "stac-geoparquet": lambda: stac_geoparquet(count, path),
        "files": lambda: files(count, path),
        "append": lambda: append(count, path),
        "append-100": lambda: append(count, path, changed=100),
        "examine": lambda: examine(path),
        "queries": lambda: print(json.dumps(queries(count, path))),
    }[step]()


def items(count: int) -> Iterator[dict[str, Any]]:
    """The same releases as STAC items, for writers that take those."""
    return (to_item(one, root=catalog_data.SITE.url) for one in catalog_data.releases(count))


def _exhaust(values: Iterator[object]) -> None:
    for _ in values:
        pass


def seedbed(count: int, path: Path) -> None:
    """Our writer."""
    from seedbed.catalog.table.writer import write_catalog  # noqa: PLC0415  # only what this step needs

    write_catalog(path, catalog_data.releases(count), catalog_data.SITE)


async def rustac(count: int, path: Path) -> None:
    """Rustac's writer in batches, so that its memory is bounded too."""
    import rustac  # noqa: PLC0415

    source = items(count)
    writer = await rustac.GeoparquetWriter.open(list(islice(source, BATCH)), str(path))
    while batch := list(islice(source, BATCH)):
        await writer.write(batch)
    await writer.finish()


def stac_geoparquet(count: int, path: Path) -> None:
    """The reference library, with the schema of its first batch."""
    from stac_geoparquet.arrow import parse_stac_items_to_parquet  # noqa: PLC0415

    parse_stac_items_to_parquet(items(count), output_path=path, chunk_size=EVEN_BATCH)


def files(count: int, path: Path) -> None:
    """``files.parquet`` with three files for each release."""
    from seedbed.catalog.table.writer import write_files  # noqa: PLC0415

    write_files(path, _file_rows(count))


def _file_rows(count: int) -> Iterator[FileRow]:
    for one in catalog_data.releases(count):
        for at in range(3):
            yield FileRow(
                item_id=one.id,
                path=f"{one.dataset}/part-{at}.csv",
                size_bytes=one.size_bytes // 3,
                sha256=one.torrent.info_hash_v2[at:] + one.torrent.info_hash_v2[:at],
                md5=one.torrent.info_hash_v2[at : 32 + at],
                pieces_root=one.torrent.sha256[at:] + one.torrent.sha256[:at],
                media_type="text/csv",
                torrent_infohash=one.torrent.best_hex,
                offset_bytes=at * (one.size_bytes // 3),
            )


def append(count: int, path: Path, *, changed: int = 1) -> None:
    """Put new versions of some datasets into a catalogue, beside the old one."""
    from seedbed.catalog.table.merge import merge_catalog  # noqa: PLC0415

    merge_catalog(path, list(new_versions(count, changed)), catalog_data.SITE, path.with_name("appended.parquet"))


def new_versions(count: int, changed: int) -> Iterator[Any]:
    """A fifth version for some datasets, spread over the catalogue, and the fourth which is not the latest any more."""
    datasets = count // catalog_data.VERSIONS
    for at in range(changed):
        *_, fourth, fifth = catalog_data.dataset(datasets * at // changed, versions=5)
        yield fourth
        yield replace(fifth, torrent=replace(fifth.torrent, info_hash_v1=f"{at:040x}", info_hash_v2=f"{at:064x}"))


def examine(path: Path) -> None:
    """The whole judgement of a stranger's catalogue, in its child process."""
    from seedbed.catalog.table.examine import examine as judge  # noqa: PLC0415

    judge(path)


def queries(count: int, path: Path) -> dict[str, dict[str, float]]:
    """Each question asked several times of one open catalogue: first and median time."""
    from seedbed.catalog.query.index import Index  # noqa: PLC0415
    from seedbed.catalog.query.search import Search  # noqa: PLC0415

    datasets = count // catalog_data.VERSIONS
    middle = list(catalog_data.dataset(datasets // 2))
    file_list = path.with_name(f"files-{count}.parquet")
    start_s = time.perf_counter()
    index = Index(path, file_list if file_list.exists() else None)
    found = {"open": {"first_ms": (time.perf_counter() - start_s) * 1e3, "median_ms": 0.0}}
    asked: dict[str, Callable[[], object]] = {
        "id": lambda: index.get(Ref(middle[1].dataset, middle[1].version)),
        "newest version": lambda: index.get(Ref(middle[0].dataset)),
        "all versions": lambda: index.versions(middle[0].dataset),
        "two words": lambda: index.search(Search(words="calidad rios")),
        "rare words": lambda: index.search(Search(words=middle[0].title)),
        "box": lambda: index.search(Search(bbox=(-99.3, 19.3, -99.0, 19.6))),
        "year": lambda: index.search(Search(start=middle[3].created, end=middle[3].created)),
        "licence": lambda: index.search(Search(license="odbl-1.0")),
        "publisher": lambda: index.search(Search(provider="conagua")),
        "keyword": lambda: index.search(Search(keyword="ríos")),
        "DOI": lambda: index.search(Search(doi=middle[3].doi)),
        "info-hash": lambda: index.find_hash(middle[1].torrent.info_hash_v1),
        "near names": lambda: index.near("datset-0000001"),
    }
    if file_list.exists():
        asked |= {
            "files of a release": lambda: index.files(middle[1].id),
            "file's pieces root": lambda: index.find_hash(middle[1].torrent.sha256),
            "file name": lambda: index.search(Search(file_name=f"{middle[1].dataset}/part-1")),
        }
    return found | {name: _times(ask) for name, ask in asked.items()}


def _times(ask: Callable[[], object]) -> dict[str, float]:
    times = []
    for _ in range(ROUNDS):
        start_s = time.perf_counter()
        ask()
        times.append((time.perf_counter() - start_s) * 1e3)
    return {"first_ms": times[0], "median_ms": statistics.median(times)}


if __name__ == "__main__":
    main()
