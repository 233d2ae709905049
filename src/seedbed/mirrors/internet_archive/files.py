# SPDX-License-Identifier: Apache-2.0
"""An item's files as a mirror. What was accepted counts as there, and its deposit waits until it is in place."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from seedbed.errors import InputError, NotFoundError, SourceError
from seedbed.mirrors.base import Checksum, Stored, Traits, check_key, failure, taken
from seedbed.mirrors.content import Stream
from seedbed.mirrors.internet_archive.item import is_reserved
from seedbed.mirrors.rest import Ask

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from seedbed.mirrors.internet_archive.item import Item

TRAITS = Traits(is_writable=True, checksum=Checksum.MD5)
_BUSY_S = 60.0


@dataclass(frozen=True, slots=True)
class ItemFiles:
    """See :class:`seedbed.mirrors.base.Mirror`.

    Args:
        item: Whose files.
        headers: Which make the item when the first file comes.
        traits: What can be expected.
    """

    item: Item
    headers: Mapping[str, str]
    traits: Traits = TRAITS

    @property
    def name(self) -> str:
        """The archive's, and the item."""
        return f"{self.item.s3.name} item {self.item.identifier}"

    def find(self, key: str) -> Stored | None:
        """What is kept under a key, or was accepted from this program."""
        check_key(key)
        return self.item.look(is_fresh=False).files.get(key) or self.item.sent.get(key)

    def read(self, key: str, *, start: int, stop: int) -> bytes:
        """A part of a file, as anybody reads it: by a redirect to one of the archive's nodes."""
        check_key(key)
        if start == stop and self.find(key) is None:
            raise NotFoundError(f"{self.name}: {key}: there is no such file")
        try:
            return self.item.web.read(
                Ask("GET", self.public_url(key), "read the file", key, is_open=True), start=start, stop=stop
            )
        except NotFoundError:
            if key in self.item.sent:
                raise failure(self.name, key, "the archive is still taking it in", is_passing=True) from None
            raise

    def list(self, *, prefix: str = "") -> Iterator[Stored]:
        """All files that are in place or were accepted, by key."""
        found = {**self.item.sent, **self.item.look().files}
        return iter(sorted((one for key, one in found.items() if key.startswith(prefix)), key=lambda one: one.key))

    def put(self, key: str, stream: Stream) -> Stored:
        """Send a file. A small one goes with its MD5, so that the archive refuses what was damaged on its way."""
        check_key(key)
        if is_reserved(self.item.identifier, key):
            raise InputError(f"{self.name}: {key}: the archive has a file of its own under this name")
        if self.find(key):
            raise taken(self.name, key)
        summed = Stream(stream.content, Checksum.MD5, stream.told)
        try:
            self._send(key, summed)
        except SourceError as error:
            self._explain(key, error)
            raise
        stream.checksum = summed.checksum
        stored = Stored(key, stream.size_bytes, summed.checksum)
        self.item.sent[key] = stored
        return stored

    def _send(self, key: str, stream: Stream) -> None:
        if stream.size_bytes > stream.part_bytes:
            self.item.upload(key, stream, stream.size_bytes, self.headers)
            return
        data = b"".join(stream)
        md5 = base64.b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode()
        self.item.upload(key, data, len(data), {**self.headers, "Content-MD5": md5})

    def _explain(self, key: str, error: SourceError) -> None:
        """A refused upload may mean that our uploads are too many: then the archive says so when it is asked.

        Raises:
            SourceError: they are.
        """
        if error.data.get("status") == 503 and self.item.is_over_limit():
            what = "the archive takes no more uploads for now (503 SlowDown)"
            raise failure(self.name, key, what, is_passing=True, retry_after_s=_BUSY_S) from None

    def remove(self, key: str) -> None:
        """Delete a file."""
        check_key(key)
        self.item.delete(key)

    def public_url(self, key: str) -> str:
        """Where anybody reads it, once it is in place."""
        check_key(key)
        return f"{self.item.web.base}/download/{self.item.identifier}/{quote(key)}"

    def close(self) -> None:
        """The depository closes the connections."""
