# SPDX-License-Identifier: Apache-2.0
"""What of older releases stays: enough for who is reading them right now, and no more."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from seedbed.catalog import paths

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from seedbed.catalog.releasing.disk import Disk
    from seedbed.catalog.signing.repository import TargetFacts

KEPT_RELEASES = 3
"""Of whose targets the unchanging names stay."""
KEPT_SNAPSHOTS = 10
"""A daily refresh makes one a week."""
KEPT_CHANGES = 30
"""Releases whose ``changes/`` files stay in any case; more while all together are smaller than the catalogue."""
_TARGETS = re.compile(r"([1-9][0-9]*)\.targets\.json", re.ASCII)
_SNAPSHOT = re.compile(r"([1-9][0-9]*)\.snapshot\.json", re.ASCII)
_HASHED = re.compile(r"[0-9a-f]{64}\..+", re.ASCII)
_CHANGE = re.compile(r"changes/([0-9]+)(\.files)?\.parquet", re.ASCII)


def kept_changes(known: Mapping[str, TargetFacts], catalog_bytes: int) -> dict[str, TargetFacts]:
    """The ``changes/`` targets that stay in the next release, of those that are there.

    Args:
        known: Target path -> what is signed of it; other targets are passed over.
        catalog_bytes: Length of ``catalog.parquet``: who lags further behind gets that instead.
    """
    by_serial: dict[int, dict[str, TargetFacts]] = {}
    for path, facts in known.items():
        if found := _CHANGE.fullmatch(path):
            by_serial.setdefault(int(found[1]), {})[path] = facts
    kept: dict[str, TargetFacts] = {}
    total_bytes = 0
    for place, serial in enumerate(sorted(by_serial, reverse=True)):
        total_bytes += sum(facts.length for facts in by_serial[serial].values())
        if place >= KEPT_CHANGES and total_bytes > catalog_bytes:
            break
        kept |= by_serial[serial]
    return kept


def clean(folder: Path, disk: Disk) -> None:
    """Remove metadata and unchanging names of releases long gone; roots and torrents stay for ever."""
    metadata = folder / paths.METADATA
    old_targets = _numbered(metadata, _TARGETS)[:-KEPT_RELEASES]
    for path in [*old_targets, *_numbered(metadata, _SNAPSHOT)[:-KEPT_SNAPSHOTS]]:
        disk.unlink(path)
    signed = [_signed_targets(path) for path in _numbered(metadata, _TARGETS)]
    if not signed:
        return
    names = {paths.hashed(path, facts["hashes"]["sha256"]) for targets in signed for path, facts in targets.items()}
    for place in ("", paths.CHANGES):
        for path in sorted((folder / place).glob("*")):
            name = path.relative_to(folder).as_posix()
            is_old_change = bool(_CHANGE.fullmatch(name)) and name not in signed[-1]
            if is_old_change or (_HASHED.fullmatch(path.name) and name not in names):
                disk.unlink(path)


def _numbered(folder: Path, pattern: re.Pattern[str]) -> list[Path]:
    """Files of one kind, the oldest version first."""
    found = [(int(match[1]), path) for path in folder.glob("*.json") if (match := pattern.fullmatch(path.name))]
    return [path for _, path in sorted(found)]


def _signed_targets(path: Path) -> dict[str, Any]:
    targets: dict[str, Any] = json.loads(path.read_bytes())["signed"]["targets"]
    return targets
