# SPDX-License-Identifier: Apache-2.0
"""Getting the signed catalogue: by its changes when we hold an earlier one, else whole.

Every change file is signed and verified like the catalogue itself, so a catalogue that is put together from them is as
good. It may differ from the signed file byte for byte (another version of the Parquet library writes other bytes);
then it is used, and not given to others.
"""

from __future__ import annotations

import logging
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from seedbed.catalog import paths
from seedbed.catalog.trust.store import file_sha256
from seedbed.errors import CatalogError, SourceError, StateError, TrustError

if TYPE_CHECKING:
    from pathlib import Path

    from seedbed.catalog.trust.metadata import Verified
    from seedbed.catalog.trust.record import Active

log = logging.getLogger(__name__)

MAX_SHARE = 0.5
"""Changes that are longer than this part of the catalogue are not worth putting together."""
MAX_GROWTH, _SPARE_BYTES = 2, 16 << 20
"""A table that is put together may be this many times as long as the signed one, and some: another version of the
Parquet library packs otherwise."""


@dataclass(frozen=True, slots=True)
class Got:
    """Verified files, not adopted yet."""

    catalog: Path
    files: Path | None
    log: Path | None
    by_changes: bool
    doubt: str = ""
    """Why signed changes were refused; empty when they were not."""

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
    doubt = ""
    if serials and before and old_folder:
        try:
            old = _Held(old_folder / paths.CATALOG, old_folder / paths.FILES if with_files else None, before)
            return _by_changes(verified, work, old, serials, releases_log)
        except SourceError as error:  # a change file is gone already: the whole may still be there
            log.info("changes cannot be had, getting the whole catalogue: %s", error)
        except CatalogError as error:  # signed, and harmful or damaged: the whole is judged for itself
            log.warning("changes cannot be read, getting the whole catalogue: %s", error)
            doubt = f"changes were refused, the whole catalogue was got instead: {error.message}"
    verified.download(paths.CATALOG, work / paths.CATALOG)
    files = None
    if with_files and paths.FILES in verified.targets:
        files = work / paths.FILES
        verified.download(paths.FILES, files)
    return Got(work / paths.CATALOG, files, releases_log, by_changes=False, doubt=doubt)


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
    """Get all changes, then let a child process with limits merge them.

    Raises:
        SourceError: they cannot be had, or do not lead to what was signed.
        CatalogError: they cannot be read.
    """
    from seedbed.catalog.table.merge_changes import Merging, merge_changes  # noqa: PLC0415  # as in adopt

    _require_unchanged(held.catalog, held.active.local_sha256)
    if held.files:
        _require_unchanged(held.files, held.active.files_sha256)
    changes = _download(verified, work, [paths.change(serial) for serial in serials])
    catalog = Merging(held.catalog, changes, work / f"merged.{paths.CATALOG}")
    files = None
    if held.files:
        listed = (paths.file_change(serial) for serial in serials)
        changes = _download(verified, work, [path for path in listed if path in verified.targets])
        files = Merging(held.files, changes, work / f"merged.{paths.FILES}")
    whole = max(verified.targets[path].length for path in (paths.CATALOG, paths.FILES) if path in verified.targets)
    rows = merge_changes(catalog, files, max_written_bytes=MAX_GROWTH * whole + _SPARE_BYTES)
    _require_rows(rows, verified)
    kept_files = _moved(files.out if files.changes else files.old, work / paths.FILES) if files else None
    return Got(_moved(catalog.out, work / paths.CATALOG), kept_files, releases_log, by_changes=True)


def _download(verified: Verified, work: Path, targets: list[str]) -> list[Path]:
    """Verified change files, in the work folder."""
    got = [work / path.rpartition("/")[2] for path in targets]
    for path, to in zip(targets, got, strict=True):
        verified.download(path, to)
    return got


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
    """``path`` under the name ``to``; our old file stays where it is.

    Raises:
        StateError: the disk refuses.
    """
    try:
        if path.parent == to.parent:
            return path.rename(to)
        try:
            to.hardlink_to(path)
        except OSError:  # a file system without links
            shutil.copyfile(path, to)
    except OSError as error:
        raise StateError(f"{to}: {error.strerror}") from error
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
