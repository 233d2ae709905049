# SPDX-License-Identifier: Apache-2.0
"""Is the cache still what it was? Every file is hashed again against its torrent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from seedbed.errors import SeedbedError
from seedbed.hashing.check import check_files
from seedbed.library.contents import paths
from seedbed.library.torrents import kept_metainfo

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from seedbed.hashing.job import Progress
    from seedbed.library.cache import Cache, Snapshot


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is true of one version in the cache."""

    snapshot: Snapshot
    bad_paths: tuple[str, ...] = ()
    """Files that are not as their torrent says."""
    problem: str = ""
    """Why it could not be looked at."""

    @property
    def is_good(self) -> bool:
        """Whether all that is there is right."""
        return not self.bad_paths and not self.problem


def verify(cache: Cache, progress: Callable[[Progress], object] = lambda _: None) -> Iterator[Verdict]:
    """Hash every version in the cache again."""
    for snapshot in cache.snapshots():
        yield look(cache, snapshot, progress)


def look(cache: Cache, snapshot: Snapshot, progress: Callable[[Progress], object] = lambda _: None) -> Verdict:
    """Hash one version in the cache again."""
    try:
        metainfo = kept_metainfo(cache, snapshot.kept.info_hash)
    except SeedbedError as error:
        return Verdict(snapshot, problem=error.message)
    if metainfo is None:
        return Verdict(snapshot, problem="its torrent is not in the cache; 'seedbed cache rm' and fetch get it again")
    names = paths(metainfo)
    checked = check_files(metainfo, [str(snapshot.folder / name) for name in names], progress=progress)
    bad = [name for at, name in enumerate(names) if name in snapshot.kept.sizes and checked.bad_pieces(at)]
    return Verdict(snapshot, tuple(bad))
