# SPDX-License-Identifier: Apache-2.0
"""A published catalogue in its own torrent: only the files that verification asks for are fetched.

Who attacks: whoever holds the pointer key, or answers in its place. How: a torrent of ten terabytes, or of a million
names. So the torrent's size is looked at before anything but its metadata is fetched, and each file that is asked for
has a signed length that the reader holds it to.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from seedbed.catalog.trust.source import MissingError
from seedbed.core import magnet
from seedbed.core.ids import InfoHashes
from seedbed.errors import SeedbedError, SourceError
from seedbed.fetching.flow import fetch_found
from seedbed.fetching.torrent.torrent_file import find_torrent
from seedbed.following.folder_source import FolderSource

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from seedbed.fetching.options import Options
    from seedbed.fetching.result import Progress
    from seedbed.fetching.torrent.found import FoundTorrent

MAX_TORRENT_BYTES = 16 << 30
"""A catalogue of 50 million rows; more is no catalogue."""
MAX_FILES = 2_000
"""Two tables, a log, and each root that ever was."""
SMALL = "metadata/*"
"""What is fetched at once, before it is known which table is wanted."""


class TorrentSource:
    """A catalogue's torrent.

    Args:
        info_hash: v1, 20 bytes.
        options: Where to, and from whom; the folder is for what is not verified yet.
        on_progress: Told a few times a second.
    """

    def __init__(
        self, info_hash: bytes, options: Options, *, on_progress: Callable[[Progress], object] = lambda _: None
    ) -> None:
        self._link = magnet.render(magnet.Magnet(InfoHashes(info_hash, None)))
        self._options = options
        self._on_progress = on_progress
        self._found: FoundTorrent | None = None
        self._have: set[str] = set()
        self._short = info_hash.hex()[:16]

    @property
    def name(self) -> str:
        """The torrent's, for people."""
        return f"torrent {self._short}…/"

    def read(self, path: str) -> Iterator[bytes]:
        """A file's bytes, in parts.

        Raises:
            MissingError: the torrent does not hold it.
            SourceError: nobody sends it.
        """
        found = self._find()
        metainfo = found.metainfo
        if path not in {file.display for file in metainfo.files}:
            raise MissingError(f"{self.name}{path}: not in the torrent")
        if path not in self._have:
            self._fetch(found, (SMALL, path) if path.startswith("metadata/") else (path,))
        yield from FolderSource(self._options.folder / metainfo.name).read(path)

    def take(self, found: FoundTorrent) -> FoundTorrent:
        """Use a torrent that was found already.

        Raises:
            SourceError: it cannot be a catalogue's.
        """
        metainfo = found.metainfo
        size = sum(file.length for file in metainfo.files)
        if metainfo.is_single_file or len(metainfo.files) > MAX_FILES or size > MAX_TORRENT_BYTES:
            raise SourceError(f"{self.name}: it holds {len(metainfo.files):,} files and {size:,} bytes: no catalogue")
        self._found = found
        return found

    def _find(self) -> FoundTorrent:
        if self._found is None:
            try:
                found = asyncio.run(find_torrent(self._link, self._options))
            except SeedbedError as error:
                raise SourceError(f"{self.name}: {error.message}", hint=error.hint) from error
            return self.take(found)
        return self._found

    def _fetch(self, found: FoundTorrent, globs: tuple[str, ...]) -> None:
        wanted = replace(found, options=replace(found.options, files=globs))
        try:
            fetched = asyncio.run(fetch_found(wanted, on_progress=self._on_progress))
        except SeedbedError as error:
            raise SourceError(f"{self.name}: {error.message}", hint=error.hint) from error
        self._have |= {path.relative_to(fetched.root).as_posix() for path in fetched.paths}
