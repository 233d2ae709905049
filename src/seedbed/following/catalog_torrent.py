# SPDX-License-Identifier: Apache-2.0
"""A release of the catalogue as a torrent: whoever holds it makes the very same one.

It holds what a follower verifies, under the names that TUF's client asks for: all roots, the newest timestamp,
snapshot and targets, the two tables, and the log. A new timestamp is a new torrent; the tables in it stay the same
files, so nobody fetches them again.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from seedbed.catalog import paths
from seedbed.catalog.signing import repository, roles
from seedbed.catalog.trust.record import Record
from seedbed.catalog.trust.store import file_sha256
from seedbed.creating import create as making
from seedbed.creating.scan import scan
from seedbed.errors import StateError
from seedbed.fetching.disk.links import link_or_copy
from seedbed.hashing.choice import choose_engine
from seedbed.hashing.job import Threads
from seedbed.hashing.threads import default_workers

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from seedbed.creating.create import Created
    from seedbed.following.joined import Joined


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One state of a published catalogue, file by file."""

    site_id: str
    serial: int
    seq: int
    """Version of the timestamp: the pointer's sequence number."""
    pointer_key: str
    """64 hex digits, or empty: whom the root names as the pointer's key."""
    files: Mapping[str, Path]
    """Path in the torrent -> where it lies here."""

    @property
    def name(self) -> str:
        """The torrent's name."""
        return f"{self.site_id}-catalog-{self.serial}.{self.seq}"


def of_published(folder: Path) -> Snapshot:
    """The newest state of a catalogue that is published from a folder.

    Raises:
        NotFoundError: there is no catalogue here.
        CatalogError: its metadata cannot be read.
    """
    found = repository.load(folder)
    timestamp, snapshot = found.timestamp.signed, found.snapshot.signed
    names = {paths.TIMESTAMP, repository.role_path(roles.SNAPSHOT, timestamp.snapshot_meta.version)}
    names.add(repository.role_path(roles.TARGETS, snapshot.meta["targets.json"].version))
    names |= {repository.role_path(roles.ROOT, n) for n in range(1, found.root.signed.version + 1)}
    files = {name: folder / name for name in names if (folder / name).is_file()}
    targets = found.target_facts()
    for path in (paths.CATALOG, paths.FILES, paths.RELEASES_LOG):
        if path in targets:
            name = paths.hashed(path, targets[path].sha256)
            files[name] = folder / name
    serial = int((targets[paths.CATALOG].custom or {})["serial"])
    return Snapshot(found.site_id, serial, timestamp.version, found.pointer, files)


def of_followed(joined: Joined) -> Snapshot:
    """The state of a followed catalogue, as it was verified.

    Raises:
        NotFoundError: nothing was pulled yet.
        StateError: the files here are not the signed ones, byte for byte.
    """
    catalog, files = joined.catalog()
    metadata = joined.store.metadata
    versions = {role: _version(metadata / f"{role}.json") for role in (roles.TIMESTAMP, roles.SNAPSHOT, roles.TARGETS)}
    found = {repository.role_path(role, version): metadata / f"{role}.json" for role, version in versions.items()}
    history = sorted((metadata / "root_history").glob("*.root.json"))
    found |= {f"{paths.METADATA}/{path.name}": path for path in history}
    targets = _signed(metadata / "targets.json").get("targets", {})
    root = _signed(metadata / "root.json")
    log = catalog.with_name(paths.RELEASES_LOG)
    for path, here in ((paths.CATALOG, catalog), (paths.FILES, files), (paths.RELEASES_LOG, log)):
        if path in targets:
            found[paths.hashed(path, _require_exact(here, targets[path]["hashes"]["sha256"]))] = _there(here)
    with Record(joined.store.record_path) as record:
        active = record.active
    serial = active.serial if active else 0
    pointer = str(root.get(repository.POINTER_FIELD, ""))
    return Snapshot(joined.name, serial, versions[roles.TIMESTAMP], pointer, found)


def make(snapshot: Snapshot, stage: Path) -> tuple[Path, Created]:
    """Lay a state out as the torrent's folder, and make its torrent.

    Args:
        snapshot: What.
        stage: Where to; the folder below it gets the torrent's name.

    Returns:
        The .torrent file, beside its folder; and what it says.

    Raises:
        StateError: or NoSpaceError: our disk.
    """
    place = stage / snapshot.name
    try:
        shutil.rmtree(place, ignore_errors=True)
        for name, source in snapshot.files.items():
            target = place / name
            target.parent.mkdir(parents=True, exist_ok=True)
            link_or_copy(source, target)  # published files are replaced, never changed in place
    except OSError as error:
        raise StateError(f"{place}: {error.strerror}") from error
    plan = making.plan_torrent(scan(str(place)), making.Wish())
    workers = default_workers()
    wanted = making.wanted_hashes(plan, workers=workers)
    created = making.create(plan, Threads(choose_engine(), workers), wanted=wanted)
    torrent = stage / f"{snapshot.name}.torrent"
    torrent.write_bytes(created.torrent)
    return torrent, created


def _version(path: Path) -> int:
    version: int = _signed(path)["version"]
    return version


def _signed(path: Path) -> dict[str, Any]:
    """What our copy of verified metadata says.

    Raises:
        StateError: it is damaged.
    """
    try:
        signed: dict[str, Any] = json.loads(path.read_bytes())["signed"]
        signed["version"] = int(signed["version"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StateError(f"{path}: it cannot be read", hint="seedbed catalog pull gets it again.") from error
    return signed


def _require_exact(path: Path | None, sha256: str) -> str:
    if path is None or not path.is_file() or file_sha256(path) != sha256:
        raise StateError(
            "the catalogue here was put together from changes and is not the signed file byte for byte, so it cannot "
            "be given to others",
            hint="seedbed catalog pull --whole gets the signed files.",
        )
    return sha256


def _there(path: Path | None) -> Path:
    if path is None:
        raise StateError("a file of the catalogue is missing", hint="seedbed catalog pull --whole")
    return path
