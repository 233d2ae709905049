# SPDX-License-Identifier: Apache-2.0
"""Getting the signed catalogue: by its changes when we hold an earlier one, else whole.

Every change file is signed and verified like the catalogue itself, so a catalogue that is put together from them is as
good. It may differ from the signed file byte for byte (another version of the Parquet library writes other bytes);
then it is used, and not given to others.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from seedbed.catalog import paths
from seedbed.catalog.trust.store import file_sha256
from seedbed.errors import SourceError, TrustError

if TYPE_CHECKING:
    from pathlib import Path

    from seedbed.catalog.trust.metadata import Verified
    from seedbed.catalog.trust.record import Active

log = logging.getLogger(__name__)

MAX_SHARE = 0.5
"""Changes that are longer than this part of the catalogue are not worth putting together."""


@dataclass(frozen=True, slots=True)
class Got:
    """Verified files, not adopted yet."""

    catalog: Path
    files: Path | None
    log: Path | None
    by_changes: bool

    @property
    def all(self) -> tuple[Path, ...]:
        """All of them."""
        return tuple(path for path in (self.catalog, self.files, self.log) if path)


def get(verified: Verified, work: Path, *, before: Active | None, old_folder: Path | None, with_files: bool) -> Got:
    """Get the catalogue into the work folder.

    Args:
        verified: What is signed.
        work: Empty.
        before: The catalogue that we hold.
        old_folder: Its folder.
        with_files: Whether ``files.parquet`` is wanted.

    Raises:
        TrustError: what comes is not what was signed.
        SourceError: it does not come.
        StateError: or NoSpaceError: our disk.
    """
    serials = _missing_serials(verified, before, with_files=with_files)
    releases_log = _get_log(verified, work)
    if serials and before and old_folder:
        try:
            old = _Held(old_folder / paths.CATALOG, old_folder / paths.FILES if with_files else None, before)
            return _by_changes(verified, work, old, serials, releases_log)
        except SourceError as error:  # a change file is gone already: the whole may still be there
            log.info("changes cannot be had, getting the whole catalogue: %s", error)
    verified.download(paths.CATALOG, work / paths.CATALOG)
    files = None
    if with_files and paths.FILES in verified.targets:
        files = work / paths.FILES
        verified.download(paths.FILES, files)
    return Got(work / paths.CATALOG, files, releases_log, by_changes=False)


def _missing_serials(verified: Verified, before: Active | None, *, with_files: bool) -> range:
    """Which changes lead from our catalogue to the signed one; empty when the whole is better."""
    if before is None or (with_files and not before.files_sha256):
        return range(0)
    serials = range(before.serial + 1, verified.serial + 1)
    wanted = [paths.change(n) for n in serials] + [paths.file_change(n) for n in serials if with_files]
    if not all(path in verified.targets for path in wanted if not path.endswith(".files.parquet")):
        return range(0)
    size = sum(verified.targets[path].length for path in wanted if path in verified.targets)
    whole = [paths.CATALOG, *([paths.FILES] if with_files else [])]
    return serials if size <= MAX_SHARE * sum(verified.targets[one].length for one in whole) else range(0)


@dataclass(frozen=True, slots=True)
class _Held:
    """What we hold from before."""

    catalog: Path
    files: Path | None
    active: Active


def _by_changes(verified: Verified, work: Path, held: _Held, serials: range, releases_log: Path | None) -> Got:
    from seedbed.catalog.table.merge import merge_catalog_file, merge_files_file  # noqa: PLC0415  # Parquet is heavy
    from seedbed.catalog.table.reader import read_site  # noqa: PLC0415

    rows = -1
    catalog, files = held.catalog, held.files
    _require_unchanged(catalog, held.active.local_sha256)
    if files:
        _require_unchanged(files, held.active.files_sha256)
    for serial in serials:
        change = work / f"{serial}.parquet"
        verified.download(paths.change(serial), change)
        merged = work / f"catalog-{serial}.parquet"
        rows = merge_catalog_file(catalog, change, read_site(change), merged)
        catalog = merged
        if files and paths.file_change(serial) in verified.targets:
            change = work / f"{serial}.files.parquet"
            verified.download(paths.file_change(serial), change)
            merged = work / f"files-{serial}.parquet"
            merge_files_file(files, change, merged)
            files = merged
    _require_rows(rows, verified)
    kept_files = _moved(files, work / paths.FILES) if files else None
    return Got(_moved(catalog, work / paths.CATALOG), kept_files, releases_log, by_changes=True)


def _require_unchanged(path: Path, sha256: str) -> None:
    """Raises SourceError when our own file is not what was verified: then the whole is got."""
    if not path.is_file() or file_sha256(path) != sha256:
        raise SourceError(f"{path}: it was changed after it was verified")


def _require_rows(rows: int, verified: Verified) -> None:
    """Raises SourceError when the changes do not lead to what was signed."""
    expected = (verified.catalog.custom or {}).get("rows")
    if rows != expected:
        raise SourceError(f"{verified.source}: changes lead to {rows:,} rows, expected {expected}")


def _moved(path: Path, to: Path) -> Path:
    """``path`` under the name ``to``; our old file stays where it is."""
    if path.parent == to.parent:
        return path.rename(to)
    to.hardlink_to(path)
    return to


def _get_log(verified: Verified, work: Path) -> Path | None:
    if paths.RELEASES_LOG not in verified.targets:
        return None
    try:
        verified.download(paths.RELEASES_LOG, work / paths.RELEASES_LOG)
    except TrustError:
        raise
    except SourceError:
        return None  # a mirror without it serves as well
    return work / paths.RELEASES_LOG
