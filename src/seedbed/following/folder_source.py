# SPDX-License-Identifier: Apache-2.0
"""A published catalogue in a folder: on a disk that somebody brought, or out of the catalogue's own torrent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seedbed.catalog.trust.source import MissingError
from seedbed.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_PART_BYTES = 1 << 20


class FolderSource:
    """A catalogue's folder.

    Args:
        folder: What ``seedbed catalog init`` made, or a copy of it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def name(self) -> str:
        """The folder."""
        return f"{self._folder}/"

    def read(self, path: str) -> Iterator[bytes]:
        """A file's bytes, in parts.

        Raises:
            MissingError: there is no such file.
            SourceError: it cannot be read.
        """
        try:
            with (self._folder / path).open("rb") as file:
                while part := file.read(_PART_BYTES):
                    yield part
        except (FileNotFoundError, NotADirectoryError) as error:
            raise MissingError(f"{self._folder / path}: not there") from error
        except OSError as error:
            raise SourceError(f"{self._folder / path}: {error.strerror}") from error
