# SPDX-License-Identifier: Apache-2.0
"""A range of a torrent's pieces, in files that have their full length and holes where nothing is.

Other ranges of the same files may be there, come, or go: nothing is moved or cut. What is there counts once it is
proved, and somebody else notes that (:mod:`seedbed.library.parts`), for the names say nothing.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from seedbed.core.layout import Layout
from seedbed.fetching.disk.flushing import flush_tree
from seedbed.fetching.disk.store import Store, state_error

if TYPE_CHECKING:
    from pathlib import Path

    from seedbed.core.metainfo import Metainfo
    from seedbed.fetching.proving.pieces import PieceMap


class PartStore(Store):
    """See the module's text. Open with ``with``: one part of a torrent at a time is fetched into a folder.

    Args:
        metainfo: Of which it is a part.
        pieces: What the torrent's pieces consist of.
        folder: Holds the torrent's file or folder.
        part: The pieces that are wanted.
    """

    stays_in_place = True

    def __init__(self, metainfo: Metainfo, pieces: PieceMap, folder: Path, *, part: range) -> None:
        super().__init__(metainfo, pieces, folder, wanted=files_of(Layout.of(metainfo), part))
        self._part = part
        self.data_folder = folder
        self._data_name = str(folder)

    def wanted_pieces(self) -> set[int]:
        """All of the part."""
        return set(self._part)

    def size_bytes(self) -> int:
        """Bytes of files in the part."""
        return sum(self.map.data_size(piece) for piece in self._part)

    def needed_bytes(self, good: set[int]) -> int:
        """Bytes that are still to come."""
        return sum(self.map.data_size(piece) for piece in self._part if piece not in good)

    def finish(self) -> None:
        """All is proved: make it durable.

        Raises:
            StateError: the disk refused.
        """
        try:
            self._complete_sizes()
            flush_tree(self.folder, [self.work_path(index) for index in self.growing])
        except OSError as error:
            raise state_error(error, self.folder) from error

    def clean_up(self) -> None:
        """Nothing but the lock is ours to remove."""
        (self.work_folder / "lock").unlink(missing_ok=True)
        with suppress(OSError):
            self.work_folder.rmdir()

    def _make_folder(self) -> None:
        self.work_folder.mkdir(parents=True, exist_ok=True)

    def _holds_data(self) -> bool:
        return False


def files_of(layout: Layout, part: range) -> frozenset[int]:
    """The files that have bytes in a range of pieces."""
    return frozenset(span.file_index for span in layout.spans_of(part) if span.file_index is not None)
