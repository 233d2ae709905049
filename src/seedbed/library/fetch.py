# SPDX-License-Identifier: Apache-2.0
"""A release of the catalogue becomes verified files: what is here already is used, only the rest is fetched."""

from __future__ import annotations

import asyncio
import shutil
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from seedbed.catalog.ids import Ref
from seedbed.errors import NoSourceError
from seedbed.fetching.choice import wanted_files
from seedbed.fetching.disk.store import state_error
from seedbed.fetching.flow import fetch_found, fetch_part
from seedbed.fetching.result import Fetched, Progress
from seedbed.fetching.torrent.found import FoundTorrent
from seedbed.fetching.torrent.torrent_file import find_torrent
from seedbed.hashing.roots import file_has_root
from seedbed.library import contents, torrents
from seedbed.library.cache import Kept, is_own
from seedbed.library.copies import further_copies
from seedbed.library.parts import PartShelf

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from seedbed.catalog.model import Release
    from seedbed.core.metainfo import Metainfo
    from seedbed.fetching.options import Options
    from seedbed.library.cache import Cache


@dataclass(frozen=True, slots=True)
class Wanted:
    """A release, and where its torrent may be had."""

    release: Release
    places: tuple[str, ...] = ()
    """Addresses or paths of published catalogues, each ending in ``/``."""
    part: int = 0
    """Number of the part that is wanted, from 1; 0 is all of it."""
    pieces: range = range(0)
    """The part's pieces."""

    @property
    def ref(self) -> Ref:
        """Dataset and version."""
        return Ref(self.release.dataset, self.release.version)


async def fetch(
    wanted: Wanted,
    cache: Cache,
    options: Options,
    *,
    into: Path | None = None,
    offline: bool = False,
    on_progress: Callable[[Progress], object] = lambda _: None,
) -> Fetched:
    """Get a release.

    Args:
        wanted: What.
        cache: Where contents are kept and looked for.
        options: From whom, and which files; its folder is not used.
        into: Folder for the data instead of the cache; the cache still gives what it has.
        offline: Ask nobody.
        on_progress: Told a few times a second.

    Raises:
        NoSourceError: offline, and not all of it is here; or nobody sends it.
        NotFoundError: no file matches.
        DataError: the sources sent wrong bytes only.
        NoSpaceError: the disk is full; what came is kept.
        InputError: the destination holds something else.
    """
    if wanted.part:
        return await _fetch_part(wanted, cache, options, on_progress)
    if into is None and (ready := _ready(wanted, cache, options)):
        return ready
    chosen = _options(options, cache, wanted, into, offline=offline)
    found = _with_mirrors(await _find_torrent(wanted, cache, chosen, offline=offline), wanted.release)
    await asyncio.to_thread(_use_what_is_here, found, cache, wanted, into)
    try:
        fetched = await fetch_found(found, on_progress=on_progress)
    except NoSourceError as error:
        if offline:
            raise _not_here(wanted.release) from error
        raise
    if into is None:
        await asyncio.to_thread(_keep, found.metainfo, cache, wanted, fetched)
    return fetched


async def _fetch_part(
    wanted: Wanted, cache: Cache, options: Options, on_progress: Callable[[Progress], object]
) -> Fetched:
    """Into the cache always; files that are here whole, in the cache or in parts of the dataset, are linked first."""
    shelf = PartShelf(cache, wanted.ref)
    options = replace(options, folder=shelf.folder, files=())
    found = _with_mirrors(await _find_torrent(wanted, cache, options, offline=False), wanted.release)
    await asyncio.to_thread(_begin_part, found.metainfo, cache, wanted)
    fetched = await fetch_part(found, wanted.pieces, on_progress=on_progress)
    await asyncio.to_thread(shelf.keep, wanted.part, found.metainfo, wanted.pieces)
    return fetched


def _begin_part(metainfo: Metainfo, cache: Cache, wanted: Wanted) -> None:
    shelf = PartShelf(cache, wanted.ref)
    shelf.begin(wanted.part, metainfo, wanted.pieces)
    roots = set(contents.keys(metainfo).values())
    here = {root: blob for root in roots if is_own(blob := cache.blob(root))}
    for ref in (ref for ref in cache.refs() if ref.dataset == wanted.ref.dataset and ref != wanted.ref):
        other = PartShelf(cache, ref)
        for kept in filter(None, map(other.kept, other.numbers()[:1])):
            if of := torrents.kept_metainfo(cache, kept.info_hash):
                here |= {root: path for root, path in other.whole_files(of) if root in roots}
    shelf.lay_out(metainfo, wanted.pieces, here)


async def _find_torrent(wanted: Wanted, cache: Cache, options: Options, *, offline: bool) -> FoundTorrent:
    """The torrent from a catalogue's folder, or from the peers that have the data.

    Raises:
        NoSourceError: nobody gives it, or we may not ask.
    """
    release = wanted.release
    places = () if offline else wanted.places
    said: list[str] = []
    metainfo = await asyncio.to_thread(torrents.found, release, cache, places, options.rules, said)
    if metainfo is not None:
        return FoundTorrent(metainfo, options)
    known = torrents.kept_info(cache, release)
    if known is not None:
        return FoundTorrent(replace(known, trackers=_tiers(release)), options)
    if offline:
        raise _not_here(release)
    told = "".join(f"\n    {line}" for line in said)
    if not release.torrent.magnet:
        raise NoSourceError(f"{release.id}: no catalogue gives its torrent, and it has no magnet link{told}")
    try:
        found = await find_torrent(release.torrent.magnet, options)
    except NoSourceError as error:
        raise NoSourceError(
            f"{release.id}: neither a catalogue nor a peer gives its torrent:{told}\n    {error.message}",
            hint="Try again later, or name somebody who has it with --peer HOST:PORT.",
            sources=said,
        ) from error
    torrents.require_same(found.metainfo, release, "the magnet link")
    await asyncio.to_thread(cache.put_info, release.torrent.best_hex, found.metainfo.info)
    return found


def _with_mirrors(found: FoundTorrent, release: Release) -> FoundTorrent:
    """Mirrors of the entry are asked like the torrent's own web seeds, wherever they have the files."""
    seeds = (*found.options.web_seeds, *further_copies(release, found.metainfo))
    return replace(found, options=replace(found.options, web_seeds=seeds))


def _tiers(release: Release) -> tuple[tuple[str, ...], ...]:
    return tuple((url,) for url in release.torrent.trackers)


def _not_here(release: Release) -> NoSourceError:
    return NoSourceError(
        f"{release.id}: not in the cache, or not all of it, and --offline asks nobody",
        hint="Run it once without --offline.",
    )


def _options(options: Options, cache: Cache, wanted: Wanted, into: Path | None, *, offline: bool) -> Options:
    """In the cache a damaged file is replaced without asking: nobody else's is there."""
    folder = cache.data(wanted.ref) if into is None else into
    if offline:
        options = replace(options, uses_peers=False, uses_web_seeds=False, uses_trackers=False, uses_dht=False)
    return replace(options, folder=folder, replaces=options.replaces or into is None)


def _ready(wanted: Wanted, cache: Cache, options: Options) -> Fetched | None:
    """The version as it lies in the cache, if all that is wanted is there."""
    kept = cache.kept(wanted.ref)
    if kept is None or kept.info_hash != wanted.release.torrent.best_hex or not (kept.is_whole and not options.files):
        return None
    folder = cache.data(wanted.ref)
    size = sum(kept.sizes.values())
    return Fetched(
        root=folder / kept.root,
        paths=tuple(folder / path for path in kept.sizes),
        info_hash=kept.info_hash,
        size_bytes=size,
        bytes_from_mirrors=0,
        bytes_from_peers=0,
        bytes_reused=size,
        proof="the cache's record; 'seedbed cache verify' hashes it again",
        was_complete=True,
    )


def _use_what_is_here(found: FoundTorrent, cache: Cache, wanted: Wanted, into: Path | None) -> None:
    """Contents of other versions go to their places first; the fetch proves them like everything else."""
    blobs = contents.keys(found.metainfo, wanted_files(found.metainfo, found.options.files, found.select_only))
    if into is None:
        cache.lay_out(wanted.ref, blobs)
        return
    try:
        for path, key in blobs.items():
            target, blob = into / path, cache.blob(key)
            if blob.is_file() and _wants(target, blob, key, replaces=found.options.replaces):
                target.parent.mkdir(parents=True, exist_ok=True)
                _copy(blob, target)
    except OSError as error:
        raise state_error(error, into) from error


def _wants(target: Path, blob: Path, key: str, *, replaces: bool) -> bool:
    """Whether a content goes to its place: what differs is replaced by what is right only."""
    if not target.exists():
        return True
    root = bytes.fromhex(key)
    return replaces and target.is_file() and not file_has_root(target, root) and file_has_root(blob, root)


def _copy(source: Path, target: Path) -> None:
    """A file of the person's own: what they change in it must not reach the cache."""
    part = target.with_name(f".{target.name}.part")
    shutil.copyfile(source, part)
    part.replace(target)


def _keep(metainfo: Metainfo, cache: Cache, wanted: Wanted, fetched: Fetched) -> None:
    folder = cache.data(wanted.ref)
    before = cache.kept(wanted.ref)
    sizes = dict(before.sizes) if before and before.info_hash == metainfo.info_hashes.best_hex else {}
    sizes |= {path.relative_to(folder).as_posix(): path.stat().st_size for path in fetched.paths}
    whole = len(sizes) == len(metainfo.files)
    kept = Kept(metainfo.info_hashes.best_hex, fetched.root.name, sizes, is_whole=whole)
    cache.keep(wanted.ref, kept, {path: key for path, key in contents.keys(metainfo).items() if path in sizes})
