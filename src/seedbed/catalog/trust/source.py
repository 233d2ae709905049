# SPDX-License-Identifier: Apache-2.0
"""Where a catalogue's bytes come from, as verification sees it: an untrusted giver of files by path."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from tuf.api.exceptions import DownloadError, DownloadHTTPError
from tuf.ngclient import FetcherInterface

from seedbed.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator

BASE = "source:///"
"""What stands before a path where TUF's client expects a URL."""


class MissingError(SourceError):
    """The source answers, and does not have this path."""


class Source(Protocol):
    """A published catalogue somewhere. Nothing that it gives is believed before it is verified."""

    @property
    def name(self) -> str:
        """For people: an address or a path."""
        ...

    def read(self, path: str) -> Iterator[bytes]:
        """A file's bytes, in parts; the reader stops when it has had enough.

        Raises:
            MissingError: there is no such file.
            SourceError: it does not come.
        """
        ...


class SourceFetcher(FetcherInterface):
    """TUF's way to a source; counts what comes.

    Args:
        source: Where the bytes come from.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self.received_bytes = 0
        self.trouble: SourceError | None = None
        """The last failure other than a missing file, in our own words."""

    def _fetch(self, url: str) -> Iterator[bytes]:
        parts = self._guarded(url.removeprefix(BASE))
        first = next(parts, b"")  # so that a missing file is told now, and not while it is read
        return _chain(first, parts)

    def _guarded(self, path: str) -> Iterator[bytes]:
        try:
            for part in self._source.read(path):
                self.received_bytes += len(part)
                yield part
        except MissingError as error:
            raise DownloadHTTPError(f"{path}: not there", 404) from error
        except SourceError as error:
            self.trouble = error
            raise DownloadError(error.message) from error


def _chain(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def read_whole(source: Source, path: str, *, max_bytes: int) -> bytes:
    """A small file.

    Raises:
        MissingError: there is no such file.
        SourceError: it does not come, or is longer than ``max_bytes``.
    """
    data = bytearray()
    for part in source.read(path):
        data += part
        if len(data) > max_bytes:
            raise SourceError(f"{source.name}{path}: longer than {max_bytes:,} bytes")
    return bytes(data)
