# SPDX-License-Identifier: Apache-2.0
"""A client fetches a version into the node's folder; the node proves every byte before it believes that it is there."""

from __future__ import annotations

import asyncio
import contextlib
import os
import stat
from dataclasses import replace
from typing import TYPE_CHECKING

from seedbed.core import metainfo_reader
from seedbed.errors import DataError, NoSourceError, SourceError, StateError
from seedbed.fetching.result import Fetched, Progress
from seedbed.hashing.roots import file_has_root
from seedbed.library import contents, torrents
from seedbed.library.fetch import fetch as prove
from seedbed.node.clients.engine import GONE_LOOKS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from seedbed.core.metainfo import Metainfo
    from seedbed.fetching.options import Options
    from seedbed.library.cache import Cache
    from seedbed.library.fetch import Wanted
    from seedbed.node.clients.base import Seen
    from seedbed.node.clients.engine import ClientEngine

AWAY_S = 600.0
"""So long a client may be away in the middle of a fetch: it is being updated."""


class ClientFetch:
    """See :class:`seedbed.node.parts.Fetch`.

    Args:
        engine: The client; open.
        now_s: The clock that nobody sets.
    """

    def __init__(self, engine: ClientEngine, now_s: Callable[[], float]) -> None:
        self._engine, self._now_s = engine, now_s

    async def __call__(
        self, wanted: Wanted, cache: Cache, options: Options, /, *, on_progress: Callable[[Progress], object]
    ) -> Fetched:
        """Bring a release.

        Raises:
            NoSourceError: its torrent cannot be had, or not all of it.
            SourceError: the client refuses it, is away, or has it for somebody else.
            DataError: the client says that it is complete, and its bytes are wrong.
            StateError: it says so, and no file is to be seen here; or our disk refuses.
        """
        if wanted.part:
            raise StateError(f"{wanted.release.id}: a client fetches whole versions only")
        on_progress(Progress("torrent", name=wanted.release.id))
        torrent = await asyncio.to_thread(_torrent, wanted, cache, options)
        metainfo = metainfo_reader.parse(torrent)
        self._require_taken(metainfo)
        seen = self._engine.find(metainfo.info_hashes)
        if seen and not self._engine.is_ours(seen):
            source = self._engine.paths.from_client(seen.folder)
            modes = await asyncio.to_thread(self._share, seen, metainfo, source, cache.data(wanted.ref))
            fetched = await self._prove(wanted, cache, options, on_progress)
            await asyncio.to_thread(_restore, source, modes)
            return fetched
        folder = cache.data(wanted.ref)
        await asyncio.to_thread(_prepare, metainfo, cache, wanted)
        seen = await self._engine.run(torrent, metainfo.info_hashes, folder)
        is_done = False
        try:
            brought = await self._complete(metainfo, wanted, on_progress)
            await asyncio.to_thread(_make_empty, metainfo, folder)
            await asyncio.to_thread(_require_visible, self._engine.client.name, metainfo, folder)
            fetched = await self._prove(wanted, cache, options, on_progress)
            is_done = True
        finally:
            await self._engine.done_with(seen, stops=not is_done)
        return replace(
            fetched, bytes_from_peers=min(brought, fetched.size_bytes),
            bytes_reused=max(fetched.size_bytes - brought, 0),
        )  # fmt: skip

    def _require_taken(self, metainfo: Metainfo) -> None:
        hashes = metainfo.info_hashes
        if not self._engine.client.takes(v1=bool(hashes.v1), v2=bool(hashes.v2)):
            raise SourceError(f"{metainfo.name}: {self._engine.client.name} takes no torrents of this version")

    async def _complete(self, metainfo: Metainfo, wanted: Wanted, on_progress: Callable[[Progress], object]) -> int:
        """Wait until the client says that all is there; returns the bytes that it received since."""
        began, last_s, missed = -1, self._now_s(), 0
        while True:
            await self._engine.looked()
            if self._engine.calls.trouble:
                if self._now_s() - last_s > AWAY_S:
                    raise SourceError(self._engine.calls.trouble)
                continue
            last_s = self._now_s()
            seen = self._engine.find(metainfo.info_hashes)
            missed = 0 if seen else missed + 1
            if seen is None and missed < GONE_LOOKS:  # it was just started, and lists them one by one
                continue
            if seen is None:
                raise SourceError(
                    f"{wanted.release.id}: it was removed in the client's own window",
                    hint=f"seedbed node evict {wanted.release.id} has the node leave it.",
                )
            if seen.error:
                raise SourceError(f"{wanted.release.id}: {self._engine.client.name}: {seen.error}")
            began = seen.downloaded_bytes if began < 0 else began
            stage = "checking" if seen.is_checking else "fetching"
            on_progress(Progress(stage, seen.done_bytes, seen.total_bytes, 0, seen.peers, wanted.release.id))
            if seen.is_complete:
                return seen.downloaded_bytes - began

    async def _prove(
        self, wanted: Wanted, cache: Cache, options: Options, on_progress: Callable[[Progress], object]
    ) -> Fetched:
        try:
            return await prove(wanted, cache, options, offline=True, on_progress=on_progress)
        except NoSourceError as error:
            raise DataError(
                f"{wanted.release.id}: {self._engine.client.name} says that it is complete, and its bytes are wrong"
            ) from error

    def _share(self, seen: Seen, metainfo: Metainfo, source: Path, folder: Path) -> dict[str, int]:
        """Have the files of a torrent that somebody else added: linked, never copied; returns their modes."""
        if not seen.is_complete:
            raise SourceError(f"{metainfo.name}: the client has it for somebody else, and not all of it yet")
        _require_visible(self._engine.client.name, metainfo, source)
        return _link_all(contents.paths(metainfo), source, folder)


def _torrent(wanted: Wanted, cache: Cache, options: Options) -> bytes:
    said: list[str] = []
    path = torrents.obtain(wanted.release, cache, wanted.places, options.rules, said)
    if path is None:
        raise NoSourceError(f"{wanted.release.id}: no catalogue gives its torrent: {'; '.join(said)}", sources=said)
    return path.read_bytes()


def _prepare(metainfo: Metainfo, cache: Cache, wanted: Wanted) -> None:
    """What other versions share is linked, so that the client finds it; what is read-only and wrong is taken away.

    The client would write into such a file, and every version that shares it would change.
    """
    folder = cache.data(wanted.ref)
    blobs: dict[str, str] = {}
    for path, key in contents.keys(metainfo).items():
        root, blob = bytes.fromhex(key), cache.blob(key)
        _unlink_wrong(folder / path, root)
        if blob.is_file() and file_has_root(blob, root):
            blobs[path] = key
    folder.mkdir(parents=True, exist_ok=True)
    cache.lay_out(wanted.ref, blobs)


def _unlink_wrong(path: Path, root: bytes) -> None:
    with contextlib.suppress(OSError):
        is_shared = not path.lstat().st_mode & stat.S_IWUSR or path.is_symlink()
        if is_shared and (path.is_symlink() or not file_has_root(path, root)):
            path.unlink()


def _make_empty(metainfo: Metainfo, folder: Path) -> None:
    """Some clients (Transmission 3) make no files that have no bytes."""
    for path, file in zip(contents.paths(metainfo), metainfo.files, strict=True):
        if file.length == 0 and not (folder / path).exists():
            with contextlib.suppress(OSError):  # it is missed below
                (folder / path).parent.mkdir(parents=True, exist_ok=True)
                (folder / path).touch()


def _require_visible(client: str, metainfo: Metainfo, folder: Path) -> None:
    missing = [path for path in contents.paths(metainfo) if not (folder / path).is_file()]
    if missing:
        raise StateError(
            f"{client} says that {metainfo.name} is complete, and {folder / missing[0]} is not there",
            hint="--client-path HERE=THERE says how the client names the node's folder; it must not rename files.",
        )


def _link_all(paths: list[str], source: Path, folder: Path) -> dict[str, int]:
    """Returns the files' modes: the cache makes its files read-only, and these are somebody's."""
    for path in paths:
        _link(source / path, folder / path)
    return {path: stat.S_IMODE((source / path).stat().st_mode) for path in paths}


def _restore(source: Path, modes: dict[str, int]) -> None:
    for path, mode in modes.items():
        with contextlib.suppress(OSError):
            (source / path).chmod(mode)


def _link(source: Path, target: Path) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.unlink(missing_ok=True)
        os.link(source, target)
    except OSError as error:
        raise StateError(
            f"{source}: the client has it for somebody else, and it cannot be linked: {error.strerror}",
            hint="Files are shared on one disk only; 'seedbed node evict ID' has the node leave this one.",
        ) from error
