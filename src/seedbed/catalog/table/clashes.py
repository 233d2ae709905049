# SPDX-License-Identifier: Apache-2.0
"""Changed rows that would make followers refuse the catalogue: a torrent of another version, a DOI of another dataset.

Looked for while rows are merged, under the publisher's lock: so nothing is signed that nobody would take (C28, C29).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from seedbed.errors import CatalogError

if TYPE_CHECKING:
    from pathlib import Path

    from seedbed.catalog.model import Release

_DOI, _DATASET = "sci:doi", "seedbed:dataset"


def refuse_clash(catalog: Path, new: Release) -> None:
    """Compare a version with a catalogue that it is not yet in; for those who do much before they merge.

    Raises:
        CatalogError: rule ``C28`` or ``C29``; or the catalogue cannot be read.
    """
    ours = {
        "id": new.id, _DATASET: new.dataset, _DOI: new.doi or None,
        "bt:infohash_v1": new.torrent.info_hash_v1 or None, "bt:infohash_v2": new.torrent.info_hash_v2 or None,
    }  # fmt: skip
    try:
        old = pq.read_table(catalog, columns=list(ours), partitioning=None, arrow_extensions_enabled=False)
    except (pa.ArrowException, OSError) as error:
        raise CatalogError(f"{catalog}: cannot be read: {error!s:.300}", rule="C16") from error
    kept = old.filter(pc.not_equal(old["id"], new.id))
    refuse_clashes(kept, pa.Table.from_pylist([ours], schema=old.schema.remove_metadata()))


def refuse_clashes(kept: pa.Table, changed: pa.Table) -> None:
    """Compare rows that stay with rows that come.

    Raises:
        CatalogError: rule ``C28`` or ``C29``.
    """
    for key in ("bt:infohash_v1", "bt:infohash_v2"):
        for other in _sharing(kept, changed, key):
            ours = next(row for row in changed.select(["id", key]).to_pylist() if row[key] == other[key])
            raise CatalogError(
                f"{ours['id']}: this very data is published as {other['id']} already",
                rule="C28",
                hint="One torrent is one version of one dataset. Use the one that is there.",
            )
    datasets = {row[_DOI].lower(): row for row in changed.select([_DOI, _DATASET, "id"]).to_pylist() if row[_DOI]}
    for other in _sharing(kept, changed, _DOI):
        ours = datasets[other[_DOI].lower()]
        if ours[_DATASET] != other[_DATASET]:
            raise CatalogError(
                f"{ours['id']}: its DOI {ours[_DOI]} is that of {other['id']}",
                rule="C29",
                hint="A DOI means one dataset. Leave it out, or publish a new version of the other.",
            )


def _sharing(kept: pa.Table, changed: pa.Table, key: str) -> list[dict[str, str]]:
    """Rows that stay with a value that comes; case does not matter."""
    hits = pc.is_in(pc.utf8_lower(kept[key]), value_set=pc.utf8_lower(pc.unique(changed[key]).drop_null()))
    if not pc.any(hits).as_py():
        return []
    found: list[dict[str, str]] = kept.select(["id", _DATASET, key]).filter(hits).to_pylist()
    return found
