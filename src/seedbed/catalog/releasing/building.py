# SPDX-License-Identifier: Apache-2.0
"""The files of a new release, written below a stage."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from seedbed.catalog import ids, metalink, paths
from seedbed.catalog.model import Collection
from seedbed.catalog.releasing import cleaning, log
from seedbed.catalog.releasing.pages import pages
from seedbed.catalog.signing.repository import TargetFacts
from seedbed.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from seedbed.catalog.model import Change, FileRow, Release, Site
    from seedbed.catalog.releasing.stage import Stage
    from seedbed.catalog.releasing.tables import Tables


@dataclass(frozen=True, slots=True)
class Built:
    """What was written."""

    site: Site
    targets: Mapping[str, TargetFacts]
    """Everything to be signed, also what stays from before."""
    added: int
    changed: int

    @property
    def sha256(self) -> str:
        """Of ``catalog.parquet``."""
        return self.targets[paths.CATALOG].sha256


def empty(stage: Stage, tables: Tables, site: Site) -> Built:
    """A catalogue without rows: serial 0, which the first release follows."""
    tables.write_catalog(stage.path(paths.CATALOG), [], site)
    tables.write_files(stage.path(paths.FILES), [])
    stage.put({paths.RELEASES_LOG: b""})
    stage.put(dict(pages(stage.tree, site, [])))
    return Built(site, _facts(stage.tree, site, 0), 0, 0)


def build(
    folder: Path, stage: Stage, tables: Tables, change: Change, *, site: Site, known: Mapping[str, TargetFacts]
) -> Built:
    """Write everything that a release changes.

    Args:
        folder: The published catalogue.
        stage: Where to write.
        tables: Reads and writes rows.
        change: What is new.
        site: What the catalogue says of itself now.
        known: What is signed now.

    Raises:
        InputError: the change does not fit to what is published.
    """
    tracker = site.tracker if change.tracker is None else change.tracker
    site = replace(site, serial=site.serial + 1, collections=_collections(site, change), tracker=tracker)
    rows = tables.merge_catalog(folder / paths.CATALOG, change.releases, site, stage.path(paths.CATALOG))
    before = (known[paths.CATALOG].custom or {}).get("rows", 0)
    added = rows - int(before)
    new = {row.item_id for row in change.files}
    if added != len([one for one in change.releases if one.id in new]):
        raise InputError(
            f"release {site.serial}: expected {len(new)} new version(s), got {added}: a version without files, or one "
            "that is published already",
            hint="Ask the catalogue for its versions while you hold it open.",
        )
    tables.merge_files(folder / paths.FILES, change.files, stage.path(paths.FILES))
    tables.write_catalog(stage.path(paths.change(site.serial)), change.releases, site)
    tables.write_files(stage.path(paths.file_change(site.serial)), change.files)
    stage.put({paths.torrent(name): data for name, data in change.torrents.items()})
    stage.put(dict(pages(folder, site, change.releases)))
    stage.put(dict(_metalinks(folder, stage, tables, change, site)))
    stage.put({_descriptor(name): _json(package) for name, package in change.datapackages.items()})
    changed = len(change.releases) - added
    _log(folder, stage, site, rows=rows, added=added, changed=changed)
    return Built(site, targets(stage.tree, site, rows, known), added, changed)


def _metalinks(folder: Path, stage: Stage, tables: Tables, change: Change, site: Site) -> Iterator[tuple[str, bytes]]:
    """Path and bytes of each Metalink that is new, or other than before."""
    new: dict[str, list[FileRow]] = {}
    for row in change.files:
        new.setdefault(row.item_id, []).append(row)
    for release in filter(metalink.is_made, change.releases):
        files = new.get(release.id) or tables.files(stage.tree / paths.FILES, release.id)
        torrent_url = site.url and site.url + paths.torrent(release.torrent.best_hex)
        path = paths.metalink(release.torrent.best_hex)
        data = metalink.render(release, files, torrent_url=torrent_url)
        if not (folder / path).is_file() or (folder / path).read_bytes() != data:
            yield path, data


def targets(tree: Path, site: Site, rows: int, known: Mapping[str, TargetFacts]) -> dict[str, TargetFacts]:
    """All that is to be signed of a release, also what stays from before.

    Args:
        tree: Holds its files.
        site: What the catalogue then says of itself.
        rows: Versions in it.
        known: What is signed before it.
    """
    facts = _facts(tree, site, rows)
    changes = cleaning.kept_changes({**known, **facts}, facts[paths.CATALOG].length)
    return {path: facts[path] for path in (paths.CATALOG, paths.FILES, paths.RELEASES_LOG)} | changes


def check_torrents(change: Change) -> None:
    """Do nothing when each new version comes with the torrent that its row names.

    Raises:
        InputError: it does not.
    """
    new = {row.item_id for row in change.files}
    ids = [release.id for release in change.releases]
    twice = next((one for one in ids if ids.count(one) > 1), None) if len(set(ids)) != len(ids) else None
    if twice:
        raise InputError(f"{twice}: it is in one release twice")
    for release in change.releases:
        if release.id in new:
            _check_torrent(release, change.torrents.get(release.torrent.best_hex))


def _check_torrent(release: Release, data: bytes | None) -> None:
    facts = release.torrent
    if data is None:
        raise InputError(f"{release.id}: its torrent {facts.best_hex} is not given")
    if hashlib.sha256(data).hexdigest() != facts.sha256 or len(data) != facts.length:
        raise InputError(f"{release.id}: the torrent given is not the one that its row names: expected {facts.sha256}")


def _collections(site: Site, change: Change) -> tuple[Collection, ...]:
    """Those there are, and those that new versions name."""
    known = {one.id for one in site.collections}
    wanted = sorted({release.collection for release in change.releases} - known)
    return (*site.collections, *(Collection(name, title=name) for name in wanted))


def _descriptor(item_id: str) -> str:
    ref = ids.parse_ref(item_id)
    return paths.datapackage(ref.dataset, ref.version)


def _json(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1).encode()


def _log(folder: Path, stage: Stage, site: Site, *, rows: int, added: int, changed: int) -> None:
    path = folder / paths.RELEASES_LOG
    before = path.read_bytes() if path.exists() else b""
    sha256 = _sha256(stage.tree / paths.CATALOG)
    line = log.append(before, serial=site.serial, sha256=sha256, rows=rows, added=added, changed=changed)
    stage.put({paths.RELEASES_LOG: line})


def _facts(tree: Path, site: Site, rows: int) -> dict[str, TargetFacts]:
    custom: dict[str, dict[str, object]] = {
        paths.CATALOG: {"serial": site.serial, "rows": rows, "site": site.id},
        paths.change(site.serial): {"serial": site.serial},
        paths.file_change(site.serial): {"serial": site.serial},
    }
    found = [*custom, paths.FILES, paths.RELEASES_LOG]
    return {
        path: TargetFacts((tree / path).stat().st_size, _sha256(tree / path), custom.get(path))
        for path in found
        if (tree / path).exists()
    }


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
