# SPDX-License-Identifier: Apache-2.0
"""A folder behind a web server as a mirror (``http:``, ``https:``): read only, by ranges where it serves them."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from seedbed.errors import NotFoundError, SourceError
from seedbed.mirrors.base import Stored, Traits, check_key, failure, read_only
from seedbed.sources import http_file

if TYPE_CHECKING:
    from collections.abc import Iterator

    from seedbed.mirrors.content import Stream
    from seedbed.sources.http_file import HttpFile


class HttpMirror:
    """See :class:`seedbed.mirrors.base.Mirror`.

    Args:
        url: Of the folder, without query and password.
    """

    traits = Traits(is_writable=False, can_list=False)

    def __init__(self, url: str) -> None:
        self.name = url.rstrip("/") + "/"

    def find(self, key: str) -> Stored | None:
        """What is behind the key's URL."""
        try:
            return Stored(key, self._ask(key).length)
        except NotFoundError:
            return None

    def read(self, key: str, *, start: int, stop: int) -> bytes:
        """A part of a file; where the server has no ranges, everything before it is read too."""
        file = self._ask(key)
        if stop > file.length:
            raise failure(self.name, key, f"it is short: expected at least {stop:,} bytes, got {file.length:,}")
        data = bytearray(stop - start)
        opened = file.open()
        try:
            if not file.has_ranges:
                _skip(opened, start)
            got = opened.read_into(start, memoryview(data))
        except SourceError as error:
            raise failure(self.name, key, error.message, is_passing=True) from error
        finally:
            opened.close()
        if got != len(data):
            raise failure(self.name, key, f"expected {len(data):,} bytes, got {got:,}")
        return bytes(data)

    def list(self, *, prefix: str = "") -> Iterator[Stored]:  # noqa: ARG002  # the Protocol's
        """A web server has no list that programs can rely on."""
        raise failure(self.name, "", "a web server does not say which files it has")

    def put(self, key: str, stream: Stream) -> Stored:  # noqa: ARG002
        """It cannot be written to."""
        raise read_only(self.name, key)

    def remove(self, key: str) -> None:
        """It cannot be written to."""
        raise read_only(self.name, key)

    def public_url(self, key: str) -> str:
        """The file's own URL."""
        check_key(key)
        return self.name + quote(key)

    def close(self) -> None:
        """Nothing is held open: each read has its connection."""

    def _ask(self, key: str) -> HttpFile:
        try:
            return http_file.find(self.public_url(key))
        except SourceError as error:
            raise failure(self.name, key, error.message, is_passing=True) from error


def _skip(opened: http_file.HttpRanges | http_file.HttpStream, start: int) -> None:
    scrap = memoryview(bytearray(min(start, 1 << 20)))
    at = 0
    while at < start:
        at += opened.read_into(at, scrap[: start - at])
