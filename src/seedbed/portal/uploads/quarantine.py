# SPDX-License-Identifier: Apache-2.0
"""Where received bytes lie until they are published: a folder for each upload, from which nothing is ever served.

::

    DIR/uploads/<upload>/incoming/<file>          bytes that come in, with <file>.state beside them
                         data/<path>              files that are whole, under their own paths
                         book                     hashes of those files (hash_book)
                         cache/                   the same as a journal that ``seedbed publish`` takes up (handing_over)
"""

from __future__ import annotations

import os
import re
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from seedbed.core import names
from seedbed.errors import NotFoundError
from seedbed.portal.uploads.tables import ID_CHARACTERS

if TYPE_CHECKING:
    from pathlib import Path

_ID = re.compile(rf"[A-Za-z0-9_-]{{{ID_CHARACTERS}}}")


def check_id(text: str) -> str:
    """An id, as we gave it out.

    Raises:
        NotFoundError: it never was one (U37): whatever else is in it, no path is made of it.
    """
    if not _ID.fullmatch(text):
        raise NotFoundError("there is no such upload")
    return text


@dataclass(frozen=True, slots=True)
class Den:
    """The folder of one upload."""

    folder: Path

    @classmethod
    def of(cls, quarantine: Path, upload_id: str) -> Den:
        """Of an upload.

        Raises:
            NotFoundError: not an id.
        """
        return cls(quarantine / check_id(upload_id))

    @property
    def data(self) -> Path:
        """Files that are whole."""
        return self.folder / "data"

    @property
    def book(self) -> Path:
        """Hashes of the files."""
        return self.folder / "book"

    @property
    def cache(self) -> Path:
        """The cache folder (XDG) of whoever publishes it."""
        return self.folder / "cache"

    def incoming(self, file_id: str) -> Path:
        """Where a file comes in."""
        return self.folder / "incoming" / check_id(file_id)

    def make(self) -> None:
        """Make the folders.

        Raises:
            OSError: the disk refuses.
        """
        for path in (self.data, self.folder / "incoming"):
            path.mkdir(parents=True, exist_ok=True, mode=0o700)

    def place(self, path: str) -> Path:
        """Where a whole file lies.

        Raises:
            NameRefusedError: the path is not good on every system.
        """
        parts = path.split("/")
        names.check_path(parts)
        return self.data.joinpath(*parts)

    def take_in(self, file_id: str, path: str) -> Path:
        """Put a file that is whole under its own path, durably; whatever was there goes.

        Raises:
            OSError: the disk refuses.
        """
        target = self.place(path)
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.incoming(file_id).replace(target)
        flush_folder(target.parent)
        return target

    def forget_file(self, file_id: str, path: str) -> None:
        """Delete a file, wherever it is."""
        coming = self.incoming(file_id)
        for one in (coming, coming.with_name(coming.name + ".state"), self.place(path)):
            one.unlink(missing_ok=True)

    def remove(self) -> None:
        """Delete everything of the upload."""
        shutil.rmtree(self.folder, ignore_errors=True)


def flush_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
